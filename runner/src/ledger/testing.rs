//! Outcomes and ledgers for the tests of this module and of `export`.

use std::path::Path;

use tempfile::TempDir;

use super::{Ledger, Lock, Reader, RunId, Snapshot};
use crate::outcome::{Failure, FailureKind, Finished, Outcome, Reject, Usage};
use crate::row::{Rows, Schema};
use crate::task::{Identity, Reason, Task, TaskId, TaskPath};

/// An output folder with a ledger in it and a run begun.
pub(crate) struct Out {
    pub(crate) folder: TempDir,
    pub(crate) ledger: Ledger,
    pub(crate) run: RunId,
    pub(crate) lock: Lock,
}

impl Out {
    pub(crate) fn new() -> Self {
        Self::at(tempfile::tempdir().unwrap())
    }

    pub(crate) fn at(folder: TempDir) -> Self {
        let lock = Lock::acquire(folder.path()).unwrap();
        let mut ledger = Ledger::create_or_open(&lock).unwrap();
        let run = ledger.begin_run("{}").unwrap();
        Self { folder, ledger, run, lock }
    }

    /// A folder with these outcomes.
    pub(crate) fn with(batch: &[Finished]) -> Self {
        let mut out = Self::new();
        out.commit(batch);
        out
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn commit(&mut self, batch: &[Finished]) {
        self.ledger.commit(self.run, batch).unwrap();
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(self.path()).unwrap()
    }

    pub(crate) fn snapshot<T>(&self, read: impl FnOnce(&Snapshot<'_>) -> T) -> T {
        let mut reader = self.reader();
        let snapshot = reader.snapshot().unwrap();
        read(&snapshot)
    }
}

pub(crate) fn id(path: impl AsRef<Path>) -> TaskId {
    TaskId::whole_file(TaskPath::from_path(path.as_ref()))
}

pub(crate) fn rows(json: &str) -> Rows {
    let mut rows = Rows::default();
    rows.push_json(json.as_bytes(), &Schema::default()).unwrap();
    rows
}

/// A task that ended so, for the first time.
pub(crate) fn finished(path: impl AsRef<Path>, outcome: Outcome) -> Finished {
    Finished {
        task: Task { id: id(path), reason: Reason::New, earlier_attempts: 0 },
        identity: Some(Identity { size_bytes: 260, mtime_ns: -1 }),
        params: None,
        outcome,
        usage: Usage { fuel: 7, elapsed_us: 8, peak_memory_bytes: 9 },
        attempts: 1,
        log: String::new(),
        files: Vec::new(),
    }
}

pub(crate) fn done(path: impl AsRef<Path>, json: &str) -> Finished {
    finished(path, Outcome::Done { rows: rows(json), rejects: Vec::new() })
}

pub(crate) fn with_rejects(path: impl AsRef<Path>, reasons: &[&str]) -> Finished {
    let reject = |(number, reason): (u64, &&str)| Reject {
        record: number,
        offset: Some(10 * number),
        reason: (*reason).to_owned(),
    };
    let rejects = (1..).zip(reasons).map(reject).collect();
    finished(path, Outcome::Done { rows: rows("{\"a\":1}"), rejects })
}

pub(crate) fn skipped(path: impl AsRef<Path>, reason: &str) -> Finished {
    finished(path, Outcome::Skipped { reason: reason.to_owned() })
}

pub(crate) fn failed(path: impl AsRef<Path>, kind: FailureKind, message: &str) -> Finished {
    finished(path, Outcome::Failed(Failure::new(kind, message)))
}

/// The same, as a further attempt.
pub(crate) fn again(mut finished: Finished) -> Finished {
    finished.task.reason = Reason::Retry;
    finished.attempts += 1;
    finished
}
