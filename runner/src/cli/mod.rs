//! The command line: from words to a run, and from its end to an exit code.
//!
//! The library does the work and prints nothing; here nothing is worked, and all is printed.

mod args;
mod commands;
mod config_file;
mod error;
mod exit;
mod figures;
mod help;
mod imports;
mod interrupts;
mod invocation;
mod json;
mod languages;
mod names;
mod portrait;
mod printable;
mod progress;
mod request;
mod rows;
mod run_args;
mod split_args;
mod summary;
mod terminal;
mod values;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use args::Command;
use exit::Exit;
use invocation::Invocation;
use request::Request;

/// Does what the command line asks for.
pub fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    run(&words).unwrap_or_else(|error| error::report(&error)).into()
}

fn run(words: &[OsString]) -> anyhow::Result<Exit> {
    interrupts::survive_file_size_limit()?;
    let Invocation { command, file } = Invocation::parse(words)?;
    match command {
        Command::Run(args) => commands::run::run(&Request::new(*args, file)?),
        Command::Plan(args) => commands::plan::run(&Request::new(args.run, file)?, args.json),
        Command::Status(args) => commands::status::run(&args),
        Command::Export(args) => commands::export::run(&args),
        Command::Test(args) => commands::test::run(&args),
        Command::Inspect(args) => commands::inspect::run(&args),
        Command::Selftest(args) => commands::selftest::run(&args),
        Command::New(args) => commands::new::run(&args),
        Command::Spawner(args) => commands::ring::spawner(&args),
        Command::Child(args) => commands::ring::child(&args),
    }
}
