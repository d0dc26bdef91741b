//! What a sandbox makes of its guests: contracts, budgets, isolation, determinism, refusals.
//!
//! In process and without a run around it: nothing here knows of ledgers or the command line.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bounds;
mod budget;
mod columns;
mod command;
mod component;
mod determinism;
mod files;
mod init;
mod input;
mod isolation;
mod memory;
mod output;
mod poll;
mod reactor;
mod refusal;
mod script;
mod shared;
mod staging;
mod stdio;
mod told;
mod warm;
