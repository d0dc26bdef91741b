//! `sandmill export`.

use std::path::Path;

use crate::cli::args::ExportArgs;
use crate::cli::exit::Exit;
use crate::cli::printable::printable;
use crate::cli::request::view_change;
use crate::cli::terminal::Stdout;

/// # Errors
/// If the ledger cannot be read, a file not be written, or its name not be printed.
pub fn run(args: &ExportArgs) -> anyhow::Result<Exit> {
    let written = sandmill::export(&args.folder, view_change(args))?;
    let mut stdout = Stdout::open();
    for path in written.results.iter().chain([&written.errors]) {
        stdout.line(&shown(path))?;
    }
    stdout.finish()?;
    Ok(Exit::Success)
}

fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy()).into_owned()
}
