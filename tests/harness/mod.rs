//! What the tests share.

pub mod guests;
pub mod job;
pub mod program;
