//! Which inputs need work: the inputs and the ledger, both in input order, joined in one pass.
//!
//! Nothing is held but a page of the ledger, so a million inputs on record cost no memory.

use std::cmp::Ordering;
use std::collections::{HashSet, VecDeque};
use std::io;

use anyhow::bail;

use crate::config::{OnChange, OnMissing, Resume};
use crate::gate::Permit;
use crate::ledger::{Reader, Record, State};
use crate::report::Verdict;
use crate::source::{Content, Root, Unit, Units};
use crate::task::{Identity, Reason, Task, TaskId, TaskPath};

/// How many records are read from the ledger at a time: a few hundred KiB, in a read transaction of a few milliseconds.
const PAGE_RECORDS: usize = 4096;

/// One input, or one outcome without an input, and what is to become of it.
#[derive(Clone, Debug)]
pub struct Selected {
    pub id: TaskId,
    pub verdict: Verdict,
    pub earlier_attempts: u32,
    /// What there is to run.
    pub content: Content,
}

/// A task, and what of its input it is.
#[derive(Debug)]
pub struct Job {
    pub task: Task,
    pub content: Content,
    /// For what of the content is in memory, while it waits and while it is worked on.
    pub permit: Option<Permit>,
}

impl Job {
    /// How many bytes there are to read; 0 if that cannot be found out.
    pub fn size_bytes(&self, root: &Root) -> u64 {
        let of_chunk = self.content.size_bytes();
        of_chunk.unwrap_or_else(|| root.stat(&self.task.id.path).map_or(0, |identity| identity.size_bytes))
    }
}

impl Selected {
    /// The task, if there is one to run.
    pub fn job(self) -> Option<Job> {
        match self.verdict {
            Verdict::Run(reason) => {
                let task = Task { id: self.id, reason, earlier_attempts: self.earlier_attempts };
                Some(Job { task, content: self.content, permit: None })
            }
            _ => None,
        }
    }
}

/// The join. In input order.
pub struct Selection<'a> {
    units: Units<'a>,
    /// The one that is next in line, looked up already.
    next_unit: Option<Unit>,
    /// The input that the last unit was of.
    last_path: Option<TaskPath>,
    /// An input that changed and is to stay as it is on record, all of its chunks.
    kept_path: Option<TaskPath>,
    records: Records,
    root: &'a Root,
    resume: &'a Resume,
    /// What has been seen to otherwise.
    left_out: HashSet<TaskId>,
}

impl<'a> Selection<'a> {
    /// Joins `units` with what `reader` finds on record; without a reader every task is new.
    pub fn new(units: Units<'a>, reader: Option<Reader>, root: &'a Root, resume: &'a Resume) -> Self {
        let records = Records::new(reader);
        Self {
            units,
            next_unit: None,
            last_path: None,
            kept_path: None,
            records,
            root,
            resume,
            left_out: HashSet::new(),
        }
    }

    /// The inputs, to ask how the walk ended.
    pub fn units(&self) -> &Units<'a> {
        &self.units
    }

    /// Says nothing of `tasks`, which have been seen to.
    pub fn leave_out(&mut self, tasks: HashSet<TaskId>) {
        self.left_out = tasks;
    }

    /// How many are left out.
    pub fn left_out(&self) -> u64 {
        self.left_out.len() as u64
    }

    /// # Errors
    /// If the ledger cannot be read, or an input changed and the policy is to fail.
    pub fn next(&mut self) -> anyhow::Result<Option<Selected>> {
        loop {
            match self.any()? {
                Some(selected) if self.left_out.contains(&selected.id) => {}
                selected => return Ok(selected),
            }
        }
    }

    fn any(&mut self) -> anyhow::Result<Option<Selected>> {
        loop {
            if self.next_unit.is_none() {
                self.next_unit = self.units.next();
            }
            let Some(unit) = &self.next_unit else {
                // A walk that was stopped says nothing about what it did not reach.
                if self.units.paths().stopped().is_some() {
                    return Ok(None);
                }
                let Some(record) = self.records.pop()? else { return Ok(None) };
                match self.without_unit(record) {
                    Some(selected) => return Ok(Some(selected)),
                    None => continue,
                }
            };
            let record = self.records.peek()?;
            let known = record.map(|record| record.id.cmp(&unit.id));
            if self.resume.on_change == OnChange::Keep
                && self.last_path.as_ref() != Some(&unit.id.path)
                && let Some(record) = record.filter(|record| record.id.path == unit.id.path)
                && (has_other_params(record, &self.units)
                    || record.identity.zip(unit.content.identity()).is_some_and(|(then, now)| then != now))
            {
                self.kept_path = Some(unit.id.path.clone());
            }
            if known == Some(Ordering::Less) {
                match self.records.pop()?.and_then(|record| self.without_unit(record)) {
                    Some(selected) => return Ok(Some(selected)),
                    None => continue,
                }
            }
            let Some(unit) = self.next_unit.take() else { continue };
            self.last_path = Some(unit.id.path.clone());
            if known == Some(Ordering::Equal) {
                let record = self.records.pop()?;
                return record.map(|record| self.on_record(record, unit.content)).transpose();
            }
            // Chunks of a file that changed do not fit to those on record: some of it would be lost, or there twice.
            if self.kept_path.as_ref() == Some(&unit.id.path) {
                continue;
            }
            let Unit { id, content } = unit;
            return Ok(Some(Selected { id, verdict: Verdict::Run(Reason::New), earlier_attempts: 0, content }));
        }
    }

    /// What becomes of a record that no unit is; nothing if the run is not about it.
    fn without_unit(&self, record: Record) -> Option<Selected> {
        let next_path = self.next_unit.as_ref().map(|unit| &unit.id.path);
        // What was wrong with an archive is on record under its own name, which comes before those of its members.
        let next_archive = self.next_unit.as_ref().and_then(|unit| unit.content.archive());
        if next_archive == Some(&record.id.path) {
            return Some(selected(record, Verdict::Stale, Content::Whole));
        }
        if self.last_path.as_ref() == Some(&record.id.path) || next_path == Some(&record.id.path) {
            let is_kept = self.kept_path.as_ref() == Some(&record.id.path);
            let verdict = if is_kept { Verdict::KeepChanged } else { Verdict::Stale };
            return Some(selected(record, verdict, Content::Whole));
        }
        (!self.units.are_partial()).then(|| self.missing(record))
    }

    fn missing(&self, record: Record) -> Selected {
        let drop = self.resume.on_missing == OnMissing::Drop;
        selected(record, Verdict::Missing { drop }, Content::Whole)
    }

    fn on_record(&self, record: Record, content: Content) -> anyhow::Result<Selected> {
        let now = match content.identity().map_or_else(|| self.root.stat(&record.id.path), Ok) {
            Ok(now) => Some(now),
            // It was listed, and is gone.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(self.missing(record)),
            // It cannot be looked at, so nothing says that it changed.
            Err(_) => None,
        };
        let verdict = match (record.identity, now) {
            (Some(then), Some(now)) if then != now => self.changed(&record, Change::Content { then, now })?,
            _ if has_other_params(&record, &self.units) => self.changed(&record, Change::Params)?,
            _ => self.unchanged(record.state),
        };
        Ok(selected(record, verdict, content))
    }

    fn unchanged(&self, state: State) -> Verdict {
        match state {
            State::Failed(kind) if self.resume.retry_failed.includes(kind) => Verdict::Run(Reason::Retry),
            State::Failed(kind) => Verdict::KeepFailed(kind),
            State::Done | State::Skipped => Verdict::KeepDone,
        }
    }

    fn changed(&self, record: &Record, change: Change) -> anyhow::Result<Verdict> {
        match self.resume.on_change {
            OnChange::Rerun => Ok(Verdict::Run(Reason::Changed)),
            OnChange::Keep if self.kept_path.as_ref() == Some(&record.id.path) => Ok(Verdict::KeepChanged),
            OnChange::Keep => match self.unchanged(record.state) {
                retry @ Verdict::Run(_) => Ok(retry),
                _ => Ok(Verdict::KeepChanged),
            },
            OnChange::Fail => {
                let path = &record.id.path;
                let what = match change {
                    Change::Content { then, now } => format!(
                        "input {path} changed since it was processed ({} bytes then, {} now)",
                        then.size_bytes, now.size_bytes
                    ),
                    Change::Params => format!("the parameters of input {path} changed since it was processed"),
                };
                bail!("{what}: --on-change rerun processes it again, --on-change keep leaves its outcome")
            }
        }
    }
}

/// What of an input is not as it is on record.
enum Change {
    Content { then: Identity, now: Identity },
    Params,
}

/// Whether the parameters that the input has of its own are not those on record.
fn has_other_params(record: &Record, units: &Units<'_>) -> bool {
    match (&record.params, units.params_of(&record.id.path)) {
        (None, None) => false,
        (Some(then), Some(now)) => **then != *now.to_json(),
        _ => true,
    }
}

fn selected(record: Record, verdict: Verdict, content: Content) -> Selected {
    Selected { id: record.id, verdict, earlier_attempts: record.attempts, content }
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
