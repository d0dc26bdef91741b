//! One file for each command: ask the library, show what it says, and tell how it ended.

pub mod export;
pub mod inspect;
pub mod new;
pub mod plan;
pub mod ring;
pub mod run;
pub mod selftest;
pub mod status;
pub mod test;
