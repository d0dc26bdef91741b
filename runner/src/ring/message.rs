//! What a run and its children say to each other, and what is believed of it.

use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::config::CommandResult;
use crate::file::{GivenFile, GivenFiles};
use crate::input::ChunkFacts;
use crate::outcome::{Failure, FailureKind, Outcome, Reject, Usage};
use crate::param::Params;
use crate::sandbox::{Attempt, Processor, Settings, Share};
use crate::task::TaskId;

/// What a child is told first. It answers [`Ready`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hello {
    pub worker: usize,
    pub settings: Settings,
    pub shared: Option<Share>,
    /// The processor's file.
    pub source: Blob,
}

/// Whether a child can run tasks; else why it cannot.
pub type Ready = Result<(), String>;

/// What a child is told: a task, or what it asked for.
#[derive(Debug, Serialize, Deserialize)]
pub enum ToChild {
    Task {
        id: TaskId,
        size_bytes: Option<u64>,
        chunk: Option<ChunkFacts>,
        params: Option<Params>,
        content: Option<Result<Blob, Failure>>,
    },
    Read(Result<Blob, Failure>),
    Rewound(Result<(), Failure>),
    Verified(Result<(), Failure>),
    Place(u64),
}

/// What a child says of its task: what it wants of the input, and in the end what the task came to.
#[derive(Debug, Serialize, Deserialize)]
pub enum FromChild {
    Read { most_bytes: u64 },
    Rewind,
    Verify,
    Place { offset: u64 },
    Ended(Box<Report>),
}

/// An attempt at a task.
#[derive(Debug, Serialize, Deserialize)]
pub struct Report {
    end: End,
    usage: Usage,
    fuel_budget: u64,
    log: String,
    files: Vec<(Option<String>, Blob)>,
}

#[derive(Debug, Serialize, Deserialize)]
enum End {
    Done { rows: String, rejects: Vec<Reject> },
    Skipped { reason: String },
    Failed(Failure),
}

impl From<Attempt> for Report {
    fn from(attempt: Attempt) -> Self {
        let Attempt { outcome, usage, fuel_budget, log, files } = attempt;
        let end = match outcome {
            Outcome::Done { rows, rejects } => End::Done { rows: rows.into_ndjson(), rejects },
            Outcome::Skipped { reason } => End::Skipped { reason },
            Outcome::Failed(failure) => End::Failed(failure),
        };
        let files = files.into_iter().map(|file| (file.name, Blob(file.bytes))).collect();
        Self { end, usage, fuel_budget, log, files }
    }
}

impl Report {
    /// The attempt. Should a guest have taken over its child, it says no more by this than any guest could have.
    pub fn believe(self, processor: &Processor, task: &TaskId) -> Attempt {
        let Self { end, usage, fuel_budget, log, files } = self;
        let checked = match end {
            End::Done { rows, rejects } => {
                processor.rows_of(task).filled_with(rows, processor.schema()).and_then(|rows| {
                    Ok((Outcome::Done { rows, rejects }, given(files, &processor.settings().command.result)?))
                })
            }
            End::Skipped { reason } => Ok((Outcome::Skipped { reason }, Vec::new())),
            End::Failed(failure) => Ok((Outcome::Failed(failure), Vec::new())),
        };
        match checked {
            Ok((outcome, files)) => Attempt { outcome, usage, fuel_budget, log, files },
            Err(failure) => Attempt::failed(Failure::new(
                FailureKind::Host,
                format!("the process that ran it gave what no task can give: {}", failure.message),
            )),
        }
    }
}

fn given(files: Vec<(Option<String>, Blob)>, result: &CommandResult) -> Result<Vec<GivenFile>, Failure> {
    let mut named = GivenFiles::default();
    let mut whole = None;
    for (name, Blob(bytes)) in files {
        match name {
            Some(name) => *named.open(name.as_bytes())?.0 = bytes,
            None if whole.is_none() && matches!(result, CommandResult::File { .. }) => {
                whole = Some(GivenFile { name: None, bytes });
            }
            None => return Err(Failure::new(FailureKind::BadOutput, "a file without a name")),
        }
    }
    Ok(whole.into_iter().chain(named.into_files()).collect())
}

/// Bytes, which serde would take one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BlobVisitor;
        impl Visitor<'_> for BlobVisitor {
            type Value = Blob;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Blob, E> {
                Ok(Blob(bytes.to_vec()))
            }

            fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Blob, E> {
                Ok(Blob(bytes))
            }
        }
        deserializer.deserialize_byte_buf(BlobVisitor)
    }
}
