//! One consistent view of the whole ledger, read in input order, for making files from it.

use std::path::{Path, PathBuf};

use rusqlite::types::Type;
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::error::OfLedger as _;
use super::query;
use super::record::{Run, State, amount, amount_of, blob_of, id_of, optional_text_of, state_of, text_of, usage_of};
use crate::event::Counts;
use crate::outcome::{FailureKind, Usage};
use crate::task::{TaskId, TaskPath};

/// A read transaction. All that it returns belongs to one instant.
#[derive(Debug)]
pub struct Snapshot<'a> {
    transaction: Transaction<'a>,
    /// As messages show it.
    path: PathBuf,
}

/// The rows of a task, borrowed from the database.
#[derive(Clone, Copy, Debug)]
pub struct TaskRows<'a> {
    /// As [`TaskPath::key`](crate::task::TaskPath::key).
    pub key: &'a [u8],
    /// Rank of the task in input order, from 0.
    pub rank: u64,
    /// NDJSON; empty for a task without rows.
    pub rows: &'a str,
}

/// How a task ended, borrowed from the database.
#[derive(Clone, Copy, Debug)]
pub struct TaskEnd<'a> {
    /// As [`TaskPath::key`](crate::task::TaskPath::key).
    pub key: &'a [u8],
    pub offset: u64,
    pub state: State,
    /// Why it failed or was skipped; empty for a task that is done.
    pub message: &'a str,
}

/// Something that went wrong, with the id of the task it happened in.
#[derive(Clone, Copy, Debug)]
pub enum Problem<'a> {
    Failed(FailedTask<'a>),
    Reject { record: u64, byte_offset: Option<u64>, reason: &'a str },
}

/// A failure, as far as a table tells of it. The ledger has the backtrace and the log too.
#[derive(Clone, Copy, Debug)]
pub struct FailedTask<'a> {
    pub kind: FailureKind,
    pub message: &'a str,
    pub attempts: u32,
    pub usage: Usage,
}

impl<'a> Snapshot<'a> {
    pub(super) fn new(transaction: Transaction<'a>, path: &Path) -> Self {
        Self { transaction, path: path.to_path_buf() }
    }

    /// Hands over the rows of every task in input order, also of those that have none.
    pub fn for_each_rows(&self, mut visit: impl FnMut(TaskRows<'_>) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let mut statement = self.read(self.transaction.prepare_cached(
            "SELECT t.key, o.rows, t.output IS NOT NULL FROM task t \
             LEFT JOIN output o ON o.id = t.output ORDER BY t.key, t.offset",
        ))?;
        let mut found = self.read(statement.query([]))?;
        let mut rank = 0;
        while let Some(row) = self.read(found.next())? {
            let task_rows = || {
                let key = blob_of(row, 0)?;
                let rows = optional_text_of(row, 1)?;
                if rows.is_none() && row.get(2)? {
                    let detail = format!("the rows of {} are not there", TaskPath::from_key(key));
                    return Err(rusqlite::Error::FromSqlConversionFailure(1, Type::Null, detail.into()));
                }
                Ok(TaskRows { key, rank, rows: rows.unwrap_or_default() })
            };
            visit(self.read(task_rows())?)?;
            rank += 1;
        }
        Ok(())
    }

    /// Hands over every failure and every reject, in input order.
    pub fn for_each_problem(
        &self,
        mut visit: impl FnMut(&TaskId, Problem<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut statement = self.read(self.transaction.prepare_cached(
            "SELECT key, offset, state, kind, message, attempts, fuel, elapsed_us, peak_memory_bytes FROM task \
             WHERE state = 'failed' OR rejects > 0 ORDER BY key, offset",
        ))?;
        let mut found = self.read(statement.query([]))?;
        while let Some(row) = self.read(found.next())? {
            let id = self.read(id_of(row, 0, 1))?;
            let State::Failed(kind) = self.read(state_of(row, 2))? else {
                self.for_each_reject(&id, &mut visit)?;
                continue;
            };
            let failed_task = || {
                Ok(FailedTask {
                    kind,
                    message: optional_text_of(row, 4)?.unwrap_or_default(),
                    attempts: row.get(5)?,
                    usage: usage_of(row, 6)?,
                })
            };
            visit(&id, Problem::Failed(self.read(failed_task())?))?;
        }
        Ok(())
    }

    fn for_each_reject(
        &self,
        id: &TaskId,
        visit: &mut impl FnMut(&TaskId, Problem<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut statement = self.read(self.transaction.prepare_cached(
            "SELECT record, byte_offset, reason FROM reject WHERE key = ?1 AND offset = ?2 ORDER BY seq",
        ))?;
        let mut found = self.read(statement.query(params![id.path.key(), amount(id.offset)]))?;
        while let Some(row) = self.read(found.next())? {
            let reject = || {
                Ok(Problem::Reject {
                    record: row.get::<_, i64>(0)?.cast_unsigned(),
                    byte_offset: row.get::<_, Option<i64>>(1)?.map(i64::cast_unsigned),
                    reason: text_of(row, 2)?,
                })
            };
            visit(id, self.read(reject())?)?;
        }
        Ok(())
    }

    /// Hands over how every task ended, in input order.
    pub fn for_each_end(&self, mut visit: impl FnMut(TaskEnd<'_>) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let mut statement = self.read(
            self.transaction.prepare_cached("SELECT key, offset, state, kind, message FROM task ORDER BY key, offset"),
        )?;
        let mut found = self.read(statement.query([]))?;
        while let Some(row) = self.read(found.next())? {
            let end = || {
                Ok(TaskEnd {
                    key: blob_of(row, 0)?,
                    offset: amount_of(row, 1)?,
                    state: state_of(row, 2)?,
                    message: optional_text_of(row, 4)?.unwrap_or_default(),
                })
            };
            visit(self.read(end())?)?;
        }
        Ok(())
    }

    /// How one task ended; `None` if it is not on record.
    pub fn state_of(&self, key: &[u8], offset: u64) -> anyhow::Result<Option<State>> {
        let mut statement =
            self.read(self.transaction.prepare_cached("SELECT state, kind FROM task WHERE key = ?1 AND offset = ?2"))?;
        self.read(statement.query_row(params![key, amount(offset)], |row| state_of(row, 0)).optional())
    }

    /// Counts all tasks.
    pub fn counts(&self) -> anyhow::Result<Counts> {
        self.read(query::counts(&self.transaction))
    }

    /// All runs, the first one first.
    pub fn runs(&self) -> anyhow::Result<Vec<Run>> {
        self.read(query::runs(&self.transaction))
    }

    fn read<T>(&self, result: rusqlite::Result<T>) -> anyhow::Result<T> {
        result.of_ledger("read", &self.path)
    }
}
