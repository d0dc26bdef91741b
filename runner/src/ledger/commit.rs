//! Writing outcomes: one transaction for each batch, and no trace of what an outcome replaces.

use rusqlite::{CachedStatement, Connection, ErrorCode, Transaction, TransactionBehavior, params};

use super::files;
use super::record::{DONE, FAILED, RunId, SKIPPED, amount};
use crate::fault::{self, Point};
use crate::outcome::{Failure, Finished, Outcome, Reject};
use crate::row::Rows;
use crate::task::{Reason, TaskId, TaskPath};

/// How much of an outcome is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    Everything,
    /// What counts and summaries need: no rows, rejects, messages.
    Figures,
}

const INSERT_TASK: &str =
    "INSERT INTO task VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";
const INSERT_OUTPUT: &str = "INSERT INTO output (rows) VALUES (?1)";
const INSERT_REJECT: &str = "INSERT INTO reject VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const DELETE_OUTPUT: &str = "DELETE FROM output WHERE id = (SELECT output FROM task WHERE key = ?1 AND offset = ?2)";
const DELETE_REJECTS: &str = "DELETE FROM reject WHERE key = ?1 AND offset = ?2";
const DELETE_TASK: &str = "DELETE FROM task WHERE key = ?1 AND offset = ?2";

/// Stores `batch` as outcomes of `run`: all of it or, on an error or a kill, nothing.
/// Returns the tasks, by their index, that have failed for the sake of their files.
pub(super) fn commit(
    connection: &mut Connection,
    run: RunId,
    batch: &[Finished],
    keep: Keep,
) -> rusqlite::Result<Vec<(usize, Failure)>> {
    fault::point(Point::CommitBeforeBegin);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    fault::point(Point::CommitAfterBegin);
    files::forget_moves(&transaction)?;
    let mut refused = Vec::new();
    {
        let mut writer = Writer {
            transaction: &transaction,
            insert_task: transaction.prepare_cached(INSERT_TASK)?,
            insert_output: transaction.prepare_cached(INSERT_OUTPUT)?,
            run,
            keep,
        };
        for (index, finished) in batch.iter().enumerate() {
            refused.extend(writer.store(finished)?.map(|failure| (index, failure)));
            fault::point(Point::CommitMidBatch);
        }
    }
    fault::point(Point::CommitBeforeCommit);
    transaction.commit()?;
    fault::point(Point::CommitAfterCommit);
    Ok(refused)
}

/// Removes the outcomes of `tasks`: all or none. Their files are to go, but for what is at `strangers`. Returns how many of
/// them were on record.
pub(super) fn drop_tasks(
    connection: &mut Connection,
    tasks: &[TaskId],
    strangers: &[TaskPath],
) -> rusqlite::Result<u64> {
    fault::point(Point::DropBeforeBegin);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    files::forget_moves(&transaction)?;
    files::disown(&transaction, strangers)?;
    let mut dropped = 0;
    for id in tasks {
        dropped += u64::from(remove(&transaction, id)?);
        fault::point(Point::DropMidBatch);
    }
    fault::point(Point::DropBeforeCommit);
    transaction.commit()?;
    fault::point(Point::DropAfterCommit);
    Ok(dropped)
}

/// Removes all that is on record of a task. Returns whether there was anything.
fn remove(transaction: &Transaction<'_>, id: &TaskId) -> rusqlite::Result<bool> {
    let of_task = params![id.path.key(), amount(id.offset)];
    transaction.prepare_cached(DELETE_OUTPUT)?.execute(of_task)?;
    transaction.prepare_cached(DELETE_REJECTS)?.execute(of_task)?;
    files::remove(transaction, id)?;
    Ok(transaction.prepare_cached(DELETE_TASK)?.execute(of_task)? > 0)
}

/// A transaction with the statements that every task needs.
struct Writer<'a> {
    transaction: &'a Transaction<'a>,
    insert_task: CachedStatement<'a>,
    insert_output: CachedStatement<'a>,
    run: RunId,
    keep: Keep,
}

/// An outcome in the ledger's columns.
struct Columns<'a> {
    state: &'static str,
    kind: Option<&'static str>,
    message: Option<&'a str>,
    backtrace: Option<&'a str>,
    log: Option<&'a str>,
    rows: Option<&'a Rows>,
    rejects: &'a [Reject],
}

impl Writer<'_> {
    /// Returns the failure with which the task is on record if there is no place for its files.
    fn store(&mut self, finished: &Finished) -> rusqlite::Result<Option<Failure>> {
        let id = &finished.task.id;
        // Looking for an earlier outcome costs as much as an insert: it is done where there should be one.
        if finished.task.reason != Reason::New {
            remove(self.transaction, id)?;
        }
        let refused = files::conflict(self.transaction, finished)?;
        let failed = refused.clone().map(Outcome::Failed);
        let mut columns = Columns::of(failed.as_ref().unwrap_or(&finished.outcome), &finished.log);
        let rows = columns.rows.map_or(0, Rows::count);
        let rejects = columns.rejects.len() as u64;
        if self.keep == Keep::Figures {
            columns.keep_figures();
        }
        let output = match columns.rows {
            Some(rows) if rows.count() > 0 => Some(self.insert_output.insert([rows.as_ndjson()])?),
            _ => None,
        };
        if let Err(error) = self.insert_task(finished, &columns, [rows, rejects], output) {
            if !is_constraint(&error) {
                return Err(error);
            }
            // Called new and is not. A statement that fails leaves nothing behind, so it can be run once more.
            remove(self.transaction, id)?;
            self.insert_task(finished, &columns, [rows, rejects], output)?;
        }
        for (seq, reject) in (0_i64..).zip(columns.rejects) {
            // Numbers from the guest, stored with their 64 bits: an absurd one comes back as it was.
            self.transaction.prepare_cached(INSERT_REJECT)?.execute(params![
                id.path.key(),
                amount(id.offset),
                seq,
                reject.record.cast_signed(),
                reject.offset.map(u64::cast_signed),
                reject.reason,
            ])?;
        }
        if refused.is_none() && self.keep == Keep::Everything {
            files::store(self.transaction, finished)?;
        }
        Ok(refused)
    }

    fn insert_task(
        &mut self,
        finished: &Finished,
        columns: &Columns<'_>,
        [rows, rejects]: [u64; 2],
        output: Option<i64>,
    ) -> rusqlite::Result<()> {
        let Finished { task, identity, params, usage, attempts, .. } = finished;
        self.insert_task.execute(params![
            task.id.path.key(),
            amount(task.id.offset),
            identity.map(|identity| amount(identity.size_bytes)),
            identity.map(|identity| identity.mtime_ns),
            columns.state,
            columns.kind,
            amount(rows),
            amount(rejects),
            attempts,
            amount(usage.fuel),
            amount(usage.elapsed_us),
            amount(usage.peak_memory_bytes),
            self.run.0,
            params.as_ref().map(|params| params.to_json()),
            output,
            columns.message,
            columns.backtrace,
            columns.log,
        ])?;
        Ok(())
    }
}

impl<'a> Columns<'a> {
    fn of(outcome: &'a Outcome, log: &'a str) -> Self {
        let nothing =
            Self { state: DONE, kind: None, message: None, backtrace: None, log: None, rows: None, rejects: &[] };
        match outcome {
            Outcome::Done { rows, rejects } => Self { rows: Some(rows), rejects, ..nothing },
            Outcome::Skipped { reason } => Self { state: SKIPPED, message: Some(reason), ..nothing },
            Outcome::Failed(failure) => Self {
                state: FAILED,
                kind: Some(failure.kind.as_str()),
                message: Some(&failure.message),
                backtrace: failure.backtrace.as_deref(),
                log: Some(log).filter(|log| !log.is_empty()),
                ..nothing
            },
        }
    }

    fn keep_figures(&mut self) {
        *self = Self {
            state: self.state,
            kind: self.kind,
            message: None,
            backtrace: None,
            log: None,
            rows: None,
            rejects: &[],
        };
    }
}

fn is_constraint(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}
