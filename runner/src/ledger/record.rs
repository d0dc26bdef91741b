//! What readers of the ledger get, and how numbers and words are written in it.

use std::str::FromStr as _;

use rusqlite::Row;
use rusqlite::types::{FromSqlError, Type};

use crate::outcome::{FailureKind, Usage};
use crate::task::{Identity, TaskId, TaskPath};

/// A run, by its number in the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub(super) i64);

impl RunId {
    /// Its number in this ledger, from 1.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// What is on record of one task, as far as deciding what to do with it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub id: TaskId,
    /// `None` if the input could not be opened.
    pub identity: Option<Identity>,
    /// The parameters that were the input's own, in the form of [`Params::to_json`](crate::param::Params::to_json).
    pub params: Option<Box<str>>,
    pub state: State,
    pub attempts: u32,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Done,
    Skipped,
    Failed(FailureKind),
}

/// A task and what it consumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Costly {
    pub id: TaskId,
    pub usage: Usage,
}

/// One invocation of the program on the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: RunId,
    /// Unix time in milliseconds.
    pub started_ms: i64,
    /// `None` for a run that goes on, or was killed.
    pub ended_ms: Option<i64>,
    pub how: Option<String>,
    /// JSON: what ran, with which limits.
    pub document: String,
}

pub(super) const DONE: &str = "done";
pub(super) const SKIPPED: &str = "skipped";
pub(super) const FAILED: &str = "failed";

/// A count or an amount as SQLite's integer. The most that it can hold stands for anything above, so that order is
/// kept.
pub(super) fn amount(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Reads a count or an amount.
pub(super) fn amount_of(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

/// Reads a task's id from its key and its offset.
pub(super) fn id_of(row: &Row<'_>, key: usize, offset: usize) -> rusqlite::Result<TaskId> {
    Ok(TaskId { path: TaskPath::from_key(blob_of(row, key)?), offset: amount_of(row, offset)? })
}

/// Reads the columns `fuel`, `elapsed_us` and `peak_memory_bytes`, which stand in this order.
pub(super) fn usage_of(row: &Row<'_>, column: usize) -> rusqlite::Result<Usage> {
    Ok(Usage {
        fuel: amount_of(row, column)?,
        elapsed_us: amount_of(row, column + 1)?,
        peak_memory_bytes: amount_of(row, column + 2)?,
    })
}

/// Reads a state from the columns `state` and `kind`, which stand in this order.
pub(super) fn state_of(row: &Row<'_>, column: usize) -> rusqlite::Result<State> {
    match text_of(row, column)? {
        DONE => Ok(State::Done),
        SKIPPED => Ok(State::Skipped),
        FAILED => {
            let kind = text_of(row, column + 1)?;
            let kind = FailureKind::from_str(kind)
                .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column + 1, Type::Text, Box::new(error)))?;
            Ok(State::Failed(kind))
        }
        other => {
            let error = format!("no state of a task is called {other:?}");
            Err(rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into()))
        }
    }
}

pub(super) fn blob_of<'row>(row: &'row Row<'_>, column: usize) -> rusqlite::Result<&'row [u8]> {
    row.get_ref(column)?.as_blob().map_err(|error| wrong_type(column, Type::Blob, error))
}

pub(super) fn text_of<'row>(row: &'row Row<'_>, column: usize) -> rusqlite::Result<&'row str> {
    row.get_ref(column)?.as_str().map_err(|error| wrong_type(column, Type::Text, error))
}

pub(super) fn optional_text_of<'row>(row: &'row Row<'_>, column: usize) -> rusqlite::Result<Option<&'row str>> {
    row.get_ref(column)?.as_str_or_null().map_err(|error| wrong_type(column, Type::Text, error))
}

fn wrong_type(column: usize, wanted: Type, error: FromSqlError) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, wanted, Box::new(error))
}
