//! When views are made: marker files after every commit, tables when a run ends and from time to time before that.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::json;

use crate::config::{self, Markers};
use crate::event::Counts;
use crate::export::{self, MarkerTree};
use crate::ledger::{self, Reader, Run};
use crate::outcome::Finished;
use crate::report::{RunDocument, Written};
use crate::task::TaskId;

/// Tables are made anew while a run goes on, but not more often than this,
const REFRESH_EVERY: Duration = Duration::from_secs(5 * 60);
/// and at most for this share of the time.
const REFRESH_SHARE: u32 = 50;

/// The views of one output folder.
pub struct Views {
    folder: PathBuf,
    config: config::Views,
    markers: Option<MarkerTree>,
    /// Tasks of this run that no marker could be made for.
    unmarked: u64,
    reader: Reader,
    refresh_at: Instant,
}

/// What making the tables found out.
#[derive(Debug)]
pub struct Made {
    pub written: Written,
    pub rows: u64,
    /// Columns that not every row has.
    pub sparse_columns: Vec<String>,
    /// Tasks of this run that no marker could be made for.
    pub unmarked: u64,
}

impl Views {
    /// # Errors
    /// If the ledger cannot be read, or something that is not ours is where a view would go.
    pub fn open(folder: &Path, config: &config::Views) -> anyhow::Result<Self> {
        export::check(config)?;
        let markers = match &config.markers {
            Markers::None => None,
            Markers::Tree { prefix } => Some(MarkerTree::new(folder, prefix)),
        };
        Ok(Self {
            folder: folder.to_owned(),
            config: config.clone(),
            markers,
            unmarked: 0,
            reader: Reader::open(folder)?,
            refresh_at: Instant::now() + REFRESH_EVERY,
        })
    }

    /// Makes the marker files agree with the ledger, whatever a kill has left of them.
    ///
    /// # Errors
    /// If the ledger cannot be read or a marker not be written.
    pub fn reconcile_markers(&mut self) -> anyhow::Result<()> {
        if let Some(markers) = &self.markers {
            markers.reconcile(&self.reader.snapshot()?)?;
        }
        Ok(())
    }

    /// Follows a commit: writes markers, and the tables if it is time.
    ///
    /// # Errors
    /// If a view cannot be written.
    pub fn after_commit(&mut self, finished: &[Finished]) -> anyhow::Result<()> {
        if let Some(markers) = &self.markers {
            self.unmarked += markers.write(finished)?.unmarkable;
        }
        if Instant::now() >= self.refresh_at {
            let started = Instant::now();
            self.make()?;
            self.refresh_at = Instant::now() + REFRESH_EVERY.max(started.elapsed() * REFRESH_SHARE);
        }
        Ok(())
    }

    /// Follows the end of outcomes whose inputs are gone.
    ///
    /// # Errors
    /// If a marker cannot be removed.
    pub fn after_drop(&mut self, tasks: &[TaskId]) -> anyhow::Result<()> {
        if let Some(markers) = &self.markers {
            markers.remove(tasks)?;
        }
        Ok(())
    }

    /// Makes all tables, and `run.json`.
    ///
    /// # Errors
    /// If the ledger cannot be read or a view not be written; the views that were there before stay then.
    pub fn make(&mut self) -> anyhow::Result<Made> {
        let snapshot = self.reader.snapshot()?;
        let tables = export::write_views(&snapshot, &self.folder, &self.config)?;
        write_run_json(&self.folder, &snapshot.runs()?, &snapshot.counts()?)?;
        let written = Written {
            results: export::result_files(&self.folder, &self.config),
            errors: self.folder.join(export::ERRORS),
            ledger: self.folder.join(ledger::FILE),
        };
        Ok(Made { written, rows: tables.rows, sparse_columns: tables.sparse, unmarked: self.unmarked })
    }
}

/// `run.json`: what ran, and what there is.
fn write_run_json(folder: &Path, runs: &[Run], counts: &Counts) -> anyhow::Result<()> {
    let path = folder.join("run.json");
    let runs: Vec<serde_json::Value> = runs
        .iter()
        .map(|run| {
            json!({
                "started_ms": run.started_ms,
                "ended_ms": run.ended_ms,
                "ended": run.how,
                "configuration": serde_json::from_str::<serde_json::Value>(&run.document).unwrap_or_default(),
            })
        })
        .collect();
    let document = json!({ "counts": counts_json(counts), "runs": runs });
    export::atomic::write(&path, |file| {
        serde_json::to_writer_pretty(&mut *file, &document)?;
        file.write_all(b"\n")?;
        Ok(())
    })
    .with_context(|| format!("write {}", path.display()))
}

/// Counts in the form of `run.json` and `status --json`.
pub fn counts_json(counts: &Counts) -> serde_json::Value {
    let failed: serde_json::Map<String, serde_json::Value> =
        counts.failed.iter().map(|(kind, tasks)| (kind.to_string(), (*tasks).into())).collect();
    json!({
        "tasks": counts.tasks(),
        "done": counts.done,
        "skipped": counts.skipped,
        "failed": counts.tasks_failed(),
        "failed_by_kind": failed,
        "rows": counts.rows,
        "rejects": counts.rejects,
        "files": counts.files,
    })
}

/// The configuration of the last run of a folder, by which its views are to be made.
pub fn last_document(runs: &[Run]) -> anyhow::Result<RunDocument> {
    let run = runs.last().context("the ledger has no run on record")?;
    serde_json::from_str(&run.document).context("read the configuration of the last run from the ledger")
}

/// How many different processors, parameters for them or data shared with them the runs had.
pub fn configurations(runs: &[Run]) -> usize {
    let parse = |run: &Run| serde_json::from_str::<RunDocument>(&run.document).ok();
    let different: BTreeSet<_> = runs
        .iter()
        .filter_map(parse)
        .map(|document| (document.processor_sha256, document.params, document.shared_sha256))
        .collect();
    different.len()
}
