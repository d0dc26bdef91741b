//! The benchmarks' own programs: the data, the native peer, and the cost of a sandbox in process.
//!
//! `bench/run` calls them in turn; `METHODOLOGY.md` says what is compared with what.

mod data;
mod input;
mod metering;
mod native;
mod overhead;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Parser;

#[derive(Parser)]
enum Command {
    /// Writes FILES small JSON files below FOLDER, a thousand in each sub-folder, the same ones every time.
    Data { files: u32, folder: PathBuf },
    /// Does the work of `count-fruits` natively: no sandbox, no ledger, a thread pool and a CSV file.
    Native { folder: PathBuf, csv: PathBuf, workers: NonZeroUsize },
    /// Does the same in place of PROCESSOR, with all that sandmill does around it.
    Through { processor: PathBuf, folder: PathBuf, out: PathBuf, workers: NonZeroUsize, cache: PathBuf },
    /// Times a processor in process, task after task in one sandbox: no files, no ledger.
    Overhead(overhead::Overhead),
    /// Times compute-bound kernels natively and under each way to meter a guest; the least of ROUNDS counts.
    Metering { kernels: PathBuf, rounds: u32 },
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Data { files, folder } => data::write(files, &folder),
        Command::Native { folder, csv, workers } => native::run(&folder, &csv, workers),
        Command::Through { processor, folder, out, workers, cache } => {
            native::through_sandmill(&processor, &folder, &out, workers, &cache)
        }
        Command::Overhead(overhead) => overhead.run(),
        Command::Metering { kernels, rounds } => metering::run(&kernels, rounds),
    }
}
