//! Which inputs need work: the inputs and the ledger, both in input order, joined in one pass.
//!
//! Nothing is held but a page of the ledger, so a million inputs on record cost no memory.

use std::collections::VecDeque;
use std::io;

use anyhow::bail;

use crate::config::{OnChange, OnMissing, Resume};
use crate::ledger::{Reader, Record, State};
use crate::report::Verdict;
use crate::source::{Iter, Root};
use crate::task::{Identity, Reason, Task, TaskId, TaskPath};

/// How many records are read from the ledger at a time: a few hundred KiB, in a read transaction of a few milliseconds.
const PAGE_RECORDS: usize = 4096;

/// One input, or one outcome without an input, and what is to become of it.
#[derive(Clone, Debug)]
pub struct Selected {
    pub id: TaskId,
    pub verdict: Verdict,
    pub earlier_attempts: u32,
}

impl Selected {
    /// The task, if there is one to run.
    pub fn task(self) -> Option<Task> {
        match self.verdict {
            Verdict::Run(reason) => Some(Task { id: self.id, reason, earlier_attempts: self.earlier_attempts }),
            _ => None,
        }
    }
}

/// The join. In input order.
pub struct Selection<'a> {
    inputs: Iter<'a>,
    /// The input that is next in line, looked up already.
    next_input: Option<TaskPath>,
    records: Records,
    root: &'a Root,
    resume: &'a Resume,
}

impl<'a> Selection<'a> {
    /// Joins `inputs` with what `reader` finds on record; without a reader every input is new.
    pub fn new(inputs: Iter<'a>, reader: Option<Reader>, root: &'a Root, resume: &'a Resume) -> Self {
        Self { inputs, next_input: None, records: Records::new(reader), root, resume }
    }

    /// The walk, to ask how it ended.
    pub fn inputs(&self) -> &Iter<'a> {
        &self.inputs
    }

    /// # Errors
    /// If the ledger cannot be read, or an input changed and the policy is to fail.
    pub fn next(&mut self) -> anyhow::Result<Option<Selected>> {
        if self.next_input.is_none() {
            self.next_input = self.inputs.next();
        }
        let Some(path) = &self.next_input else {
            // A walk that was stopped says nothing about what it did not reach.
            if self.inputs.stopped().is_some() {
                return Ok(None);
            }
            return Ok(self.records.pop()?.map(|record| self.missing(record)));
        };
        match self.records.peek()? {
            Some(record) if record.id.path < *path => Ok(self.records.pop()?.map(|record| self.missing(record))),
            Some(record) if record.id.path == *path => {
                let record = self.records.pop()?;
                self.next_input = None;
                record.map(|record| self.on_record(record)).transpose()
            }
            _ => {
                let path = self.next_input.take();
                Ok(path.map(|path| Selected {
                    id: TaskId::whole_file(path),
                    verdict: Verdict::Run(Reason::New),
                    earlier_attempts: 0,
                }))
            }
        }
    }

    fn missing(&self, record: Record) -> Selected {
        let drop = self.resume.on_missing == OnMissing::Drop;
        selected(record, Verdict::Missing { drop })
    }

    fn on_record(&self, record: Record) -> anyhow::Result<Selected> {
        let now = match self.root.stat(&record.id.path) {
            Ok(now) => now,
            // It was listed, and is gone.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(self.missing(record)),
            // It cannot be looked at, so nothing says that it changed.
            Err(_) => {
                let verdict = self.unchanged(record.state);
                return Ok(selected(record, verdict));
            }
        };
        let verdict = if record.identity.is_some_and(|identity| identity != now) {
            self.changed(&record, now)?
        } else {
            self.unchanged(record.state)
        };
        Ok(selected(record, verdict))
    }

    fn unchanged(&self, state: State) -> Verdict {
        match state {
            State::Failed(kind) if self.resume.retry_failed.includes(kind) => Verdict::Run(Reason::Retry),
            State::Failed(kind) => Verdict::KeepFailed(kind),
            State::Done | State::Skipped => Verdict::KeepDone,
        }
    }

    fn changed(&self, record: &Record, now: Identity) -> anyhow::Result<Verdict> {
        match self.resume.on_change {
            OnChange::Rerun => Ok(Verdict::Run(Reason::Changed)),
            OnChange::Keep => match self.unchanged(record.state) {
                retry @ Verdict::Run(_) => Ok(retry),
                _ => Ok(Verdict::KeepChanged),
            },
            OnChange::Fail => {
                let then = record.identity.map_or(0, |identity| identity.size_bytes);
                bail!(
                    "input {} changed since it was processed ({then} bytes then, {} now): \
                     --on-change rerun processes it again, --on-change keep leaves its outcome",
                    record.id.path,
                    now.size_bytes
                )
            }
        }
    }
}

fn selected(record: Record, verdict: Verdict) -> Selected {
    Selected { id: record.id, verdict, earlier_attempts: record.attempts }
}

/// The ledger's records, a page at a time.
struct Records {
    reader: Option<Reader>,
    page: VecDeque<Record>,
    last: Option<TaskId>,
}

impl Records {
    fn new(reader: Option<Reader>) -> Self {
        Self { reader, page: VecDeque::new(), last: None }
    }

    fn peek(&mut self) -> anyhow::Result<Option<&Record>> {
        self.fill()?;
        Ok(self.page.front())
    }

    fn pop(&mut self) -> anyhow::Result<Option<Record>> {
        self.fill()?;
        Ok(self.page.pop_front())
    }

    fn fill(&mut self) -> anyhow::Result<()> {
        let Some(reader) = &mut self.reader else { return Ok(()) };
        if self.page.is_empty() {
            self.page = reader.records_after(self.last.as_ref(), PAGE_RECORDS)?.into();
            match self.page.back() {
                Some(record) => self.last = Some(record.id.clone()),
                None => self.reader = None,
            }
        }
        Ok(())
    }
}
