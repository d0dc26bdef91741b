//! The integration tests: one binary. Mechanics run in process, the command line is tested for its wiring, crash tests
//! kill the real program.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod advisories;
mod archives;
mod assemblyscript;
mod changing;
mod choosing;
mod cli;
mod compressed;
mod crash;
mod crash_matrix;
mod examples;
mod files;
mod foreign;
mod harness;
mod hostile;
mod javascript;
mod lockdown;
mod mapping;
mod matrix;
mod new;
mod output_files;
mod own_params;
mod python;
mod quotes;
mod real_use;
mod resume;
mod sandbox;
mod sdks;
mod splitting;
mod survival;
mod tables;
mod terminal;
