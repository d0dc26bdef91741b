//! The native peers: the same work in the same language without a sandbox. Once bare, with neither a ledger nor a way to
//! resume; and once through sandmill, in the place of the guest.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use rayon::ThreadPoolBuilder;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use sandmill::config::{Config, Output, Source};
use sandmill::event::Silent;
use sandmill::input::{Input, read_exact};
use sandmill::outcome::{Failure, FailureKind, Outcome};
use sandmill::report::Ended;
use sandmill::row::{Rows, Schema};
use serde::Deserialize;

#[derive(Deserialize)]
struct Produce<'a> {
    #[serde(borrow)]
    fruits: HashMap<Cow<'a, str>, u64>,
    #[serde(borrow)]
    vegetables: HashMap<Cow<'a, str>, u64>,
    #[serde(borrow)]
    meat: HashMap<Cow<'a, str>, u64>,
}

pub fn run(folder: &Path, csv: &Path, workers: NonZeroUsize) -> anyhow::Result<()> {
    let pool = ThreadPoolBuilder::new().num_threads(workers.get()).build()?;
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            paths.push(entry.into_path());
        }
    }
    let rows: Vec<anyhow::Result<[u64; 3]>> = pool.install(|| paths.par_iter().map(|path| count(path)).collect());
    let mut writer = csv::Writer::from_path(csv)?;
    writer.write_record(["path", "fruits", "vegetables", "meat"])?;
    for (path, row) in paths.iter().zip(rows) {
        let row = row?;
        let path = path.strip_prefix(folder)?.to_string_lossy();
        writer.write_record([path.as_ref(), &row[0].to_string(), &row[1].to_string(), &row[2].to_string()])?;
    }
    writer.flush()?;
    Ok(())
}

fn count(path: &Path) -> anyhow::Result<[u64; 3]> {
    let bytes = fs::read(path).with_context(|| format!("read {}", path.display()))?;
    sums(&bytes).with_context(|| format!("parse {}", path.display()))
}

fn sums(bytes: &[u8]) -> serde_json::Result<[u64; 3]> {
    let produce: Produce<'_> = serde_json::from_slice(bytes)?;
    let sum = |counts: &HashMap<Cow<'_, str>, u64>| counts.values().sum();
    Ok([sum(&produce.fruits), sum(&produce.vegetables), sum(&produce.meat)])
}

/// A run of sandmill in which `sums` stands in for `processor`: all of its own work, and no sandbox.
pub fn through_sandmill(
    processor: &Path,
    folder: &Path,
    out: &Path,
    workers: NonZeroUsize,
    cache: &Path,
) -> anyhow::Result<()> {
    let source = Source { inputs: vec![folder.to_owned()], ..Source::default() };
    let mut config = Config::new(processor, source, Output::Folder(out.to_owned()));
    config.workers = workers;
    config.cache = Some(cache.to_owned());
    let summary = sandmill::run_natively(&config, in_place_of_the_guest, &Silent)?;
    if summary.ended != Ended::Completed || summary.run.tasks_failed() > 0 {
        bail!("not every task was done: {:?}", summary.run);
    }
    Ok(())
}

/// The row is written and checked as a guest's is: what differs is where the work is done, and nothing else.
fn in_place_of_the_guest(schema: &Schema, input: &mut dyn Input) -> Outcome {
    // The benchmarks' own files: none is decompressed on the way, so all have a size.
    let mut bytes = vec![0; input.size_bytes().unwrap_or(0) as usize];
    let mut rows = Rows::default();
    let done = read_exact(input, &mut bytes).and_then(|()| input.verify()).and_then(|()| {
        let [fruits, vegetables, meat] =
            sums(&bytes).map_err(|error| Failure::new(FailureKind::GuestError, error.to_string()))?;
        let row = format!(r#"{{"fruits":{fruits},"vegetables":{vegetables},"meat":{meat}}}"#);
        rows.push_json(row.as_bytes(), schema)
    });
    match done {
        Ok(()) => Outcome::Done { rows, rejects: Vec::new() },
        Err(failure) => Outcome::Failed(failure),
    }
}
