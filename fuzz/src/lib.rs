//! What strangers write, in all the ways that a fuzzer thinks of. Nothing of it may be a panic, a hang, memory without bound or a
//! result that is wrong.
//!
//! Each target is a plain function. `fuzz_targets` has the programs in which libFuzzer calls them, watching which code is
//! reached (`just fuzz TARGET`); `replay.rs` calls them with all that is kept, in every run of the tests.

#![expect(clippy::unwrap_used, reason = "a target that cannot go on has failed")]

pub mod abi;
pub mod archives;
pub mod config;
pub mod inputs;
pub mod ledger;
pub mod modules;
#[cfg(test)]
mod replay;
pub mod rows;
mod site;
mod target;
pub mod wasi;

pub use libfuzzer_sys;
pub use target::{Check, Target};

#[path = "../../tests/harness/components.rs"]
pub mod components;
#[path = "../../tests/harness/guests.rs"]
pub mod guests;
#[path = "../../tests/harness/archives.rs"]
pub mod packed;

/// The parts of the command line that read a configuration file.
#[path = "../../runner/src/cli"]
#[expect(dead_code, reason = "the others need the rest of it")]
mod cli {
    pub mod args;
    pub mod config_file;
    pub mod error;
    pub mod exit;
    pub mod figures;
    pub mod help;
    pub mod languages;
    pub mod names;
    pub mod printable;
    pub mod run_args;
    pub mod split_args;
    pub mod terminal;
    pub mod values;
}

/// The program in which libFuzzer calls a target.
#[macro_export]
macro_rules! fuzz {
    ($target:path) => {
        std::thread_local! {
            static CHECK: std::cell::RefCell<$crate::Check> = std::cell::RefCell::new($target().check);
        }
        $crate::libfuzzer_sys::fuzz_target!(
            init: { $target().plant(); },
            |input: &[u8]| { CHECK.with_borrow_mut(|check| check(input)); }
        );
    };
}
