//! What the tests share.

pub mod archives;
pub mod components;
pub mod guests;
pub mod job;
pub mod program;
pub mod terminal;
