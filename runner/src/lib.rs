//! sandmill maps a processor, a function compiled to WebAssembly, over every file of a tree, exactly once.
//!
//! [`run`] does it. It takes a [`Config`], tells a [`Monitor`] what happens, and returns a [`Summary`]; it prints nothing.
//! The modules stand in levels, and none imports from one above its own: see `docs/design.md`.

pub mod column;
pub mod config;
pub mod event;
pub mod file;
pub mod formula;
pub mod hostile;
pub mod input;
pub mod meter;
pub mod outcome;
pub mod param;
pub mod report;
pub mod ring;
pub mod row;
pub mod sandbox;
pub mod task;

mod apart;
mod commit;
mod control;
mod delivery;
mod digest;
mod export;
mod fault;
mod feed;
mod gate;
mod in_flight;
mod inspection;
mod ledger;
mod lockdown;
mod machine;
mod outbox;
mod panics;
mod pool;
mod run;
mod seat;
mod select;
mod source;
mod threads;
mod views;

use std::num::NonZeroUsize;
use std::path::Path;

use crate::config::{Config, ViewChange};
use crate::event::Monitor;
use crate::ledger::Reader;
use crate::report::{Planned, RunRecord, Running, Status, Summary, Written};
use crate::run::StagingFolder;
use crate::sandbox::{Attempt, Native};
use crate::seat::Seat;
use crate::select::Selection;
use crate::source::{Content, Handling, Inputs, Root};
use crate::task::{TaskId, TaskPath};
use crate::views::Views;

pub use crate::fault::Point as FaultPoint;
pub use crate::inspection::{Inspection, inspect};
pub use crate::ledger::{Error as LedgerError, Locked};
pub use crate::lockdown::State as LockdownState;
pub use crate::run::Prepared;
pub use crate::views::counts_json;

/// Maps the processor over its inputs, and returns when every one has an outcome or the run was stopped.
///
/// # Errors
/// If the run could not start, or not go on: what it committed stays.
pub fn run(config: &Config, monitor: &dyn Monitor) -> anyhow::Result<Summary> {
    prepare(config)?.run(monitor)
}

/// Like [`run`], but `native` does the work of the guest, outside of any sandbox: nothing meters, limits or contains it. The
/// benchmarks tell by this what a run costs besides the sandbox.
///
/// # Errors
/// Those of [`run`].
pub fn run_natively(config: &Config, native: Native, monitor: &dyn Monitor) -> anyhow::Result<Summary> {
    prepare(config)?.run_with(Some(native), monitor)
}

/// The first half of [`run`], for programs that start threads of their own: what it settles, and the lockdown that
/// `config` asks for. Threads that are there already are not bound by it.
///
/// # Errors
/// If the inputs cannot be found, the output folder not be made, or the lockdown that is required is not to be had.
pub fn prepare(config: &Config) -> anyhow::Result<Prepared<'_>> {
    Prepared::new(config)
}

/// Tells what [`run`] would do with each input, in input order, and runs nothing.
///
/// # Errors
/// If the inputs or the ledger cannot be read, or [`run`] would refuse to start.
pub fn plan(config: &Config, monitor: &dyn Monitor, each: &mut dyn FnMut(Planned)) -> anyhow::Result<()> {
    let processor = run::load(config, NonZeroUsize::MIN, None, run::share(config)?, false)?;
    let folder = run::output_folder(config);
    let inputs = Inputs::resolve(&config.source, folder)?;
    inputs.check_not_empty()?;
    if inputs.is_standard() {
        anyhow::bail!("nothing can be planned for standard input (-), which can be read only once");
    }
    let reader = match folder {
        Some(folder) if ledger::exists(folder) => Some(Reader::open(folder)?),
        _ => None,
    };
    if let Some(reader) = &reader {
        run::check_fingerprint(config, &processor, reader.fingerprint()?.as_ref())?;
    }
    let mut selection = Selection::new(inputs.units(monitor), reader, inputs.root(), &config.resume);
    while let Some(selected) = selection.next()? {
        let params = inputs.handling().params_of(&selected.id.path).cloned();
        each(Planned { path: selected.id.path, offset: selected.id.offset, params, verdict: selected.verdict });
    }
    Ok(())
}

/// What is on record in `folder`, also while a run is at work on it.
///
/// # Errors
/// If it holds no ledger, or one that cannot be read.
pub fn status(folder: &Path) -> anyhow::Result<Status> {
    let reader = Reader::open(folder)?;
    let last_run = reader.runs()?.pop().map(|run| RunRecord {
        id: run.id.number(),
        started_ms: run.started_ms,
        ended_ms: run.ended_ms,
        ended: run.how,
        document: serde_json::from_str(&run.document).ok(),
    });
    let running = ledger::Lock::holder(folder).map(|locked| Running { pid: locked.pid });
    Ok(Status { counts: reader.counts()?, running, last_run, ledger: folder.join("ledger.db") })
}

/// Makes the views of `folder` from its ledger, also while a run is at work on it: as the last run would, but for what
/// `change` asks for.
///
/// # Errors
/// If the ledger cannot be read or a view not be written.
pub fn export(folder: &Path, change: ViewChange) -> anyhow::Result<Written> {
    let document = views::last_document(&Reader::open(folder)?.runs()?)?;
    Ok(Views::open(folder, &document.views.with(change))?.make()?.written)
}

/// Runs one task in the foreground, by the same code as [`run`], and records nothing.
///
/// # Errors
/// If the processor is refused or the input cannot be opened. A failure of the task is in the attempt.
pub fn test(config: &Config, file: &Path) -> anyhow::Result<Attempt> {
    let staging = StagingFolder::of(config)?;
    let processor = run::load(config, NonZeroUsize::MIN, staging.path(), run::share(config)?, true)?;
    let root = Root::open(Path::new("."))?;
    let task = TaskId::whole_file(TaskPath::from_path(file));
    let input = source::open(&root, &task, &Content::Whole, &Handling::of(&config.source)).input?;
    Seat::new(&processor, 0)?.run(&task, input)
}
