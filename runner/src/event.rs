//! What a run tells the outside while it goes on. The library's only voice: it prints nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::meter::Meter;
use crate::outcome::{FailureKind, Finished, Outcome};
use crate::task::TaskId;

/// Whoever watches a run. Methods are called from many threads, and must return soon.
pub trait Monitor: Sync {
    fn event(&self, event: Event<'_>);

    /// Asked before every task. The first reason that is returned ends the run: what is in flight is finished and
    /// committed, nothing further starts.
    fn stop(&self) -> Option<Stop> {
        None
    }

    /// Whether the number of tasks should be found out ahead of them, which walks the inputs once more.
    fn wants_total(&self) -> bool {
        false
    }

    /// Whether [`Event::TaskStarted`] and the meters are of use.
    fn wants_task_starts(&self) -> bool {
        false
    }
}

/// A monitor that nobody looks at.
#[derive(Debug)]
pub struct Silent;

impl Monitor for Silent {
    fn event(&self, _event: Event<'_>) {}
}

/// One thing that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// The workers are about to start.
    Started {
        workers: usize,
        on_record: &'a Counts,
        /// How far each worker's task has come, by the worker's number. They move only if the monitor wants task starts.
        meters: &'a [Arc<Meter>],
    },
    /// Something that the user should know and that is no error.
    Notice(Notice),
    /// As many tasks as will be considered, those on record included.
    Total {
        tasks: u64,
    },
    /// `tasks` further inputs need no work: their outcome is on record.
    Kept {
        tasks: u64,
    },
    TaskStarted {
        worker: usize,
        task: &'a TaskId,
    },
    /// A transaction is on disk: these outcomes are final.
    Committed {
        finished: &'a [Finished],
    },
    /// The views are being made from the ledger.
    ViewsStarted,
}

/// Why a run ends before its inputs do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    Interrupted,
    Terminated,
    FailFast,
    MaxErrors,
    MaxRejects,
}

/// What is worth a line, and not a failure.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// Fewer workers than asked for, since together they could exceed the memory.
    WorkersLowered { from: usize, to: usize, memory_bytes: u64, available_bytes: u64 },
    /// Inputs that are not those on record, and what was done.
    InputsChanged { tasks: u64, rerun: bool },
    /// Outcomes of chunks that are no longer there, since their file changed; they were removed.
    ChunksStale { tasks: u64 },
    /// Outcomes on record whose inputs are not among this run's.
    InputsMissing { tasks: u64, dropped: bool },
    /// The folder's processor or parameters changed and `--accept-change` was given.
    ChangeAccepted { what: Vec<String> },
    /// A folder or entry that could not be read during the walk.
    Unreadable { path: PathBuf, error: String },
    /// A file that is named or matched and is not a regular file.
    NotAFile { path: PathBuf },
    /// The file system cannot do what a write-ahead log needs; a rollback journal is used.
    NoWal,
    /// These tasks were in flight when the process of an earlier run died.
    TriedApart { tasks: u64 },
    /// These columns are not in every row.
    SparseColumns { columns: Vec<String>, rows: u64 },
    /// Tasks of this run without a marker file, since there can be none at its path.
    Unmarked { tasks: u64 },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WorkersLowered { from, to, memory_bytes, available_bytes } => write!(
                f,
                "{} instead of {from}: each may use {} MiB (--memory), and {} MiB are available",
                counted(*to as u64, "worker"),
                memory_bytes >> 20,
                available_bytes >> 20
            ),
            Self::InputsChanged { tasks, rerun } => write!(
                f,
                "{} changed since processed; {}",
                counted(*tasks, "input"),
                if *rerun {
                    "each runs again (--on-change keep leaves it)"
                } else {
                    "each keeps its old outcome (--on-change rerun)"
                }
            ),
            Self::ChunksStale { tasks } => write!(
                f,
                "{} on record of files that changed are no longer where chunks begin; what was on record was dropped",
                counted(*tasks, "chunk")
            ),
            Self::InputsMissing { tasks, dropped } => write!(
                f,
                "{} on record not found among those of this run; {}",
                counted(*tasks, "input"),
                if *dropped {
                    "what was on record was dropped"
                } else {
                    "what is on record is kept (--on-missing drop removes it)"
                }
            ),
            Self::ChangeAccepted { what } => {
                write!(f, "accepted a change of {}: outcomes on record are kept, the rest runs as asked for now", what.join(" and "))
            }
            Self::Unreadable { path, error } => write!(f, "cannot read {}: {error}", path.display()),
            Self::NotAFile { path } => write!(f, "not a regular file, left out: {}", path.display()),
            Self::NoWal => f.write_str("this file system has no shared memory for a write-ahead log: the ledger uses a rollback journal, which is slower"),
            Self::TriedApart { tasks } => write!(
                f,
                "an earlier run ended in the middle of {}, by a crash, a kill or a second Ctrl-C: first each runs in a process of its own",
                counted(*tasks, "task")
            ),
            Self::SparseColumns { columns, rows } => {
                write!(f, "not every one of the {rows} rows has the columns {}; their cells are empty there", columns.join(", "))
            }
            Self::Unmarked { tasks } => write!(
                f,
                "{} without a marker: its path would be too long for the file system, or another marker has its place; the ledger and the tables have all",
                counted(*tasks, "task")
            ),
        }
    }
}

/// "1 input", "2 inputs".
pub fn counted(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// How many tasks ended how, and what they gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub done: u64,
    pub skipped: u64,
    pub failed: BTreeMap<FailureKind, u64>,
    pub rows: u64,
    pub rejects: u64,
    /// Files in `files`.
    pub files: u64,
}

impl Counts {
    /// Counts a task that has ended.
    pub fn add(&mut self, finished: &Finished) {
        match &finished.outcome {
            Outcome::Done { rows, rejects } => {
                self.done += 1;
                self.rows += rows.count();
                self.rejects += rejects.len() as u64;
                self.files += finished.files.len() as u64;
            }
            Outcome::Skipped { .. } => self.skipped += 1,
            Outcome::Failed(failure) => *self.failed.entry(failure.kind).or_default() += 1,
        }
    }

    pub fn tasks_failed(&self) -> u64 {
        self.failed.values().sum()
    }

    pub fn tasks(&self) -> u64 {
        self.done + self.skipped + self.tasks_failed()
    }
}
