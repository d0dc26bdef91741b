//! The native peer: the same work in the same language, without a sandbox, a ledger or a way to resume.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rayon::ThreadPoolBuilder;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
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
    let produce: Produce<'_> = serde_json::from_slice(&bytes).with_context(|| format!("parse {}", path.display()))?;
    let sum = |counts: &HashMap<Cow<'_, str>, u64>| counts.values().sum();
    Ok([sum(&produce.fruits), sum(&produce.vegetables), sum(&produce.meat)])
}
