//! What the tests share.

pub mod components;
pub mod fuzz;
pub mod guests;
pub mod job;
pub mod program;
pub mod terminal;
