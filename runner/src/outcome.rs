//! What a task ends in: done, skipped, or one failure out of a closed set.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::file::StagedFile;
use crate::param::Params;
use crate::row::Rows;
use crate::task::{Identity, Task};

/// The end of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The processor succeeded: its rows, and the records in the input that it could not use.
    Done { rows: Rows, rejects: Vec<Reject> },
    /// The processor declined the input.
    Skipped { reason: String },
    /// The task has no rows, and this is why.
    Failed(Failure),
}

/// A record within a task that could not be used.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Number of the record within the task, counted as the processor counts.
    pub record: u64,
    /// Offset of the record in the input, in bytes, if the processor knows it.
    pub offset: Option<u64>,
    pub reason: String,
}

/// Why a task failed.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    /// One line or a few, in the processor's words or ours. Any text: escape it before it goes to a terminal.
    pub message: String,
    /// The guest's stack, innermost frame first, one frame a line, where there was one.
    pub backtrace: Option<String>,
}

impl Failure {
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), backtrace: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl std::error::Error for Failure {}

/// The kinds of failure. Each has one cause; `docs/output.md` lists them.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureKind {
    /// The processor returned an error of its own.
    GuestError,
    /// A command left with an exit code other than 0.
    Exit,
    /// The guest trapped: unreachable, out-of-bounds access, division by zero, and their like.
    Trap,
    OutOfFuel,
    Timeout,
    /// The guest failed after its memory was not allowed to grow.
    OutOfMemory,
    StackOverflow,
    /// The guest wrote more than `--max-output`.
    OutputLimit,
    /// What the guest wrote is not JSON objects in UTF-8.
    BadOutput,
    /// A row that is not what the declared columns say.
    Schema,
    /// The input could not be read, or changed while it was read.
    Input,
    /// The input is not what it is taken for: it cannot be split or unpacked, or is larger than allowed.
    BadInput,
    /// Our own fault.
    Host,
}

impl FailureKind {
    pub const ALL: [Self; 13] = [
        Self::GuestError,
        Self::Exit,
        Self::Trap,
        Self::OutOfFuel,
        Self::Timeout,
        Self::OutOfMemory,
        Self::StackOverflow,
        Self::OutputLimit,
        Self::BadOutput,
        Self::Schema,
        Self::Input,
        Self::BadInput,
        Self::Host,
    ];

    /// The name in views, the ledger and flags.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GuestError => "guest_error",
            Self::Exit => "exit",
            Self::Trap => "trap",
            Self::OutOfFuel => "out_of_fuel",
            Self::Timeout => "timeout",
            Self::OutOfMemory => "out_of_memory",
            Self::StackOverflow => "stack_overflow",
            Self::OutputLimit => "output_limit",
            Self::BadOutput => "bad_output",
            Self::Schema => "schema",
            Self::Input => "input",
            Self::BadInput => "bad_input",
            Self::Host => "host",
        }
    }

    /// Whether the same input must fail the same way again. The others are retried by themselves (`--retries`).
    pub fn is_deterministic(self) -> bool {
        !matches!(self, Self::Timeout | Self::Input | Self::Host)
    }

    /// What to do about it, in one line.
    pub fn hint(self) -> &'static str {
        match self {
            Self::GuestError => "the processor reported this error for this input",
            Self::Exit => "the message is the end of what the processor wrote to stderr",
            Self::Trap => "a bug in the processor: run `sandmill test PROCESSOR FILE` to see its backtrace",
            Self::OutOfFuel => "if the input deserves more work: --retry-failed=out_of_fuel --fuel 10x",
            Self::Timeout => "if the input deserves more time: --retry-failed=timeout --timeout 10m",
            Self::OutOfMemory => "if the input deserves more memory: --retry-failed=out_of_memory --memory 2GiB",
            Self::StackOverflow => "endless recursion, or deep data: --retry-failed=stack_overflow --stack 4MiB",
            Self::OutputLimit => "if the rows are wanted: --retry-failed=output_limit --max-output 512MiB",
            Self::BadOutput => "rows are JSON objects, and nothing else goes to stdout; no file is in another's way",
            Self::Schema => "every row must have exactly the declared columns",
            Self::Input => "check the file, then --retry-failed=input",
            Self::BadInput => "the file is damaged, not in the format asked for, or too large for --max-input",
            Self::Host => "a fault of sandmill or this machine; --retry-failed=host, and please report it",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no failure kind.
#[derive(Debug, thiserror::Error)]
#[error("no failure kind is called {0:?}")]
pub struct UnknownFailureKind(pub String);

impl FromStr for FailureKind {
    type Err = UnknownFailureKind;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| UnknownFailureKind(name.to_owned()))
    }
}

/// What one attempt at a task consumed.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Fuel consumed. A lower bound if the attempt ended in a trap other than `out_of_fuel`.
    pub fuel: u64,
    pub elapsed_us: u64,
    /// The most that the guest's memories and tables held together.
    pub peak_memory_bytes: u64,
}

/// A task with its end: what a worker hands to the committer.
#[derive(Clone, Debug)]
pub struct Finished {
    pub task: Task,
    /// The input as it was read; `None` if it could not be opened.
    pub identity: Option<Identity>,
    /// Those of the input alone, with which it ran.
    pub params: Option<Arc<Params>>,
    pub outcome: Outcome,
    /// Of the last attempt.
    pub usage: Usage,
    /// All attempts, those of earlier runs included.
    pub attempts: u32,
    /// The end of what the guest wrote to its log or stderr. Any text.
    pub log: String,
    /// Of a task that is done.
    pub files: Vec<StagedFile>,
}

impl Finished {
    /// Bytes that this holds, near enough to bound a queue.
    pub fn weight_bytes(&self) -> usize {
        let text = match &self.outcome {
            Outcome::Done { rows, rejects } => {
                rows.as_ndjson().len() + rejects.iter().map(|reject| 48 + reject.reason.len()).sum::<usize>()
            }
            Outcome::Skipped { reason } => reason.len(),
            Outcome::Failed(failure) => failure.message.len() + failure.backtrace.as_ref().map_or(0, String::len),
        };
        // What is staged counts as if it were here: it takes disk until it is committed.
        let files = self.files.iter().map(|file| {
            let size_bytes = usize::try_from(file.size_bytes).unwrap_or(usize::MAX);
            size_bytes.saturating_add(size_of::<StagedFile>() + file.path.key().len())
        });
        let staged = files.fold(0, usize::saturating_add);
        (size_of::<Self>() + self.task.id.path.key().len() + self.log.len() + text).saturating_add(staged)
    }
}
