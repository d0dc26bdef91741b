//! What a sandbox makes of its guests.
