//! The integration tests: one binary. Mechanics run in process, the command line is tested for its wiring, crash tests
//! kill the real program.

mod crash;
mod examples;
mod harness;
mod mapping;
mod resume;
mod sandbox;
mod tables;
