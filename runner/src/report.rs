//! What is said of a run, while it is on record and when it has ended.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::{Command, Config, Views};
use crate::digest::hex;
use crate::event::{Counts, Stop};
use crate::lockdown;
use crate::param::Params;
use crate::sandbox::Processor;
use crate::task::{Reason, TaskPath};

/// How a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every input has an outcome.
    Completed,
    /// It was stopped, and the same command goes on where it left off.
    Stopped(Stop),
}

impl Ended {
    /// As the ledger and `run.json` have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Stopped(Stop::Interrupted) => "interrupted",
            Self::Stopped(Stop::Terminated) => "terminated",
            Self::Stopped(Stop::FailFast) => "stopped by --fail-fast",
            Self::Stopped(Stop::MaxErrors) => "stopped by --max-errors",
            Self::Stopped(Stop::MaxRejects) => "stopped by --max-rejects",
        }
    }
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Summary {
    pub ended: Ended,
    /// What this run did.
    pub run: Counts,
    /// What is on record now, that of earlier runs included.
    pub total: Counts,
    /// Inputs whose outcome was on record already.
    pub kept: u64,
    pub elapsed: Duration,
    /// The tasks on record that took the longest, in microseconds, longest first.
    pub slowest: Vec<(TaskPath, u64)>,
    /// The tasks on record that used the most fuel, most first.
    pub most_fuel: Vec<(TaskPath, u64)>,
    /// `None` without an output folder.
    pub views: Option<Written>,
    /// What the kernel kept this run from.
    pub lockdown: lockdown::State,
    /// Why another run over the same inputs might give other bytes; empty if it cannot.
    pub not_reproducible: Vec<String>,
}

/// The files that hold the results.
#[derive(Clone, Debug)]
pub struct Written {
    pub results: Vec<PathBuf>,
    pub errors: PathBuf,
    pub ledger: PathBuf,
}

/// What would become of one input: a line of `sandmill plan`.
#[derive(Clone, Debug)]
pub struct Planned {
    pub path: TaskPath,
    /// Where in the input the task begins; 0 unless it is a chunk.
    pub offset: u64,
    /// Parameters that it would get beside those of the run.
    pub params: Option<Arc<Params>>,
    pub verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Run(Reason),
    /// On record as done or skipped.
    KeepDone,
    /// On record as failed, and not to be retried.
    KeepFailed(crate::outcome::FailureKind),
    /// It changed, and `--on-change keep` leaves it.
    KeepChanged,
    /// On record as a chunk of a file that has changed, and is in other chunks now.
    Stale,
    /// On record, and no longer among the inputs.
    Missing {
        drop: bool,
    },
}

/// What is on record in an output folder: `sandmill status`.
#[derive(Clone, Debug)]
pub struct Status {
    pub counts: Counts,
    /// The process that is at work on it, if one is.
    pub running: Option<Running>,
    /// Of the last run.
    pub last_run: Option<RunRecord>,
    pub ledger: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    pub pid: Option<u32>,
}

/// One invocation, as the ledger has it.
#[derive(Clone, Debug)]
pub struct RunRecord {
    /// Its number in this folder, from 1.
    pub id: i64,
    /// Milliseconds since the Unix epoch.
    pub started_ms: i64,
    /// As `started_ms`; `None` while it runs, and if it was killed.
    pub ended_ms: Option<i64>,
    /// "completed", "interrupted" and so on.
    pub ended: Option<String>,
    pub document: Option<RunDocument>,
}

/// What ran, and within which limits: kept in the ledger for each run, and shown as `run.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunDocument {
    pub sandmill: String,
    /// Fuel counts can differ between versions of it.
    pub wasmtime: String,
    pub processor: PathBuf,
    pub processor_sha256: String,
    pub contract: String,
    pub params: BTreeMap<String, String>,
    /// Hash of the names and contents of the shared data.
    pub shared_sha256: Option<String>,
    pub isolation: String,
    pub input_mode: String,
    /// How a WASI command is called.
    pub command: Command,
    pub workers: usize,
    pub limits: Limits,
    pub views: Views,
    /// What the kernel kept the process from.
    #[serde(default)]
    pub lockdown: Option<String>,
    /// How inputs were split.
    #[serde(default)]
    pub split: Option<String>,
    /// Where tasks ran: thread or process.
    #[serde(default)]
    pub ring: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Limits {
    pub fuel: u64,
    pub fuel_per_input_byte: u64,
    pub timeout_ms: u64,
    pub memory_bytes: usize,
    pub stack_bytes: usize,
    pub output_bytes: usize,
    pub log_bytes: usize,
}

impl RunDocument {
    pub fn new(config: &Config, processor: &Processor, lockdown: &lockdown::State) -> Self {
        let budget = &config.budget;
        Self {
            sandmill: env!("CARGO_PKG_VERSION").to_owned(),
            wasmtime: crate::sandbox::WASMTIME_VERSION.to_owned(),
            processor: config.processor.clone(),
            processor_sha256: hex(&processor.sha256()),
            contract: processor.contract().to_string(),
            params: config.params.clone(),
            shared_sha256: processor.shared_sha256().map(str::to_owned),
            isolation: format!("{:?}", config.isolation).to_lowercase(),
            input_mode: format!("{:?}", config.input_mode).to_lowercase(),
            command: config.command.clone(),
            workers: config.workers.get(),
            limits: Limits {
                fuel: budget.fuel.base,
                fuel_per_input_byte: budget.fuel.per_input_byte,
                timeout_ms: u64::try_from(budget.timeout.as_millis()).unwrap_or(u64::MAX),
                memory_bytes: budget.memory_bytes,
                stack_bytes: budget.stack_bytes,
                output_bytes: budget.output_bytes,
                log_bytes: budget.log_bytes,
            },
            // As the rows were checked: with the columns that the processor declares.
            views: Views {
                columns: config.table_columns(processor.schema().columns.as_deref()),
                ..config.views.clone()
            },
            lockdown: Some(lockdown.to_string()),
            split: config.source.splitting.as_ref().map(|splitting| format!("{splitting:?}")),
            ring: Some(format!("{:?}", config.ring).to_lowercase()),
        }
    }
}
