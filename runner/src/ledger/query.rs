//! Questions that both the writer's connection and a reader's can answer.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::fingerprint::Fingerprint;
use super::record::{Costly, Run, RunId, State, amount_of, id_of, state_of, text_of, usage_of};
use crate::event::Counts;

/// Counts tasks by how they ended. One pass over them, or two if not all went well: 0.1 us a task each.
pub(super) fn counts(connection: &Connection) -> rusqlite::Result<Counts> {
    let (mut counts, tasks) = connection.query_row(
        "SELECT count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state = 'skipped'), \
         coalesce(sum(rows), 0), coalesce(sum(rejects), 0), count(*) FROM task",
        [],
        |row| {
            let counts = Counts {
                done: amount_of(row, 0)?,
                skipped: amount_of(row, 1)?,
                rows: amount_of(row, 2)?,
                rejects: amount_of(row, 3)?,
                ..Counts::default()
            };
            Ok((counts, amount_of(row, 4)?))
        },
    )?;
    counts.files = connection.query_row("SELECT count(*) FROM file", [], |row| amount_of(row, 0))?;
    if counts.tasks() == tasks {
        return Ok(counts);
    }
    // What is neither done nor skipped must be a failure of a kind that we know, or the ledger is not sound.
    let mut statement = connection.prepare(
        "SELECT state, kind, count(*) FROM task WHERE state NOT IN ('done', 'skipped') GROUP BY state, kind",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let State::Failed(kind) = state_of(row, 0)? {
            counts.failed.insert(kind, amount_of(row, 2)?);
        }
    }
    Ok(counts)
}

/// What makes a task costly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    ElapsedTime,
    Fuel,
}

/// The costliest tasks, the costliest first; only those of `run`, if one is given.
pub(super) fn costliest(
    connection: &Connection,
    cost: Cost,
    run: Option<RunId>,
    most: usize,
) -> rusqlite::Result<Vec<Costly>> {
    let column = match cost {
        Cost::ElapsedTime => "elapsed_us",
        Cost::Fuel => "fuel",
    };
    let mut statement = connection.prepare(&format!(
        "SELECT key, offset, fuel, elapsed_us, peak_memory_bytes FROM task WHERE run = ?1 OR ?1 IS NULL \
         ORDER BY {column} DESC, key, offset LIMIT ?2"
    ))?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let tasks = statement.query_map(params![run.map(|run| run.0), most], |row| {
        Ok(Costly { id: id_of(row, 0, 1)?, usage: usage_of(row, 2)? })
    })?;
    tasks.collect()
}

/// All runs, the first one first.
pub(super) fn runs(connection: &Connection) -> rusqlite::Result<Vec<Run>> {
    let mut statement = connection.prepare("SELECT id, started, ended, how, document FROM run ORDER BY id")?;
    let runs = statement.query_map([], |row| {
        Ok(Run {
            id: RunId(row.get(0)?),
            started_ms: row.get(1)?,
            ended_ms: row.get(2)?,
            how: row.get(3)?,
            document: row.get(4)?,
        })
    })?;
    runs.collect()
}

const FINGERPRINT: &str = "fingerprint";

pub(super) fn fingerprint(connection: &Connection) -> rusqlite::Result<Option<Fingerprint>> {
    let read = |row: &rusqlite::Row<'_>| {
        serde_json::from_str(text_of(row, 0)?)
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error)))
    };
    connection.query_row("SELECT value FROM meta WHERE key = ?1", [FINGERPRINT], read).optional()
}

pub(super) fn set_fingerprint(connection: &Connection, fingerprint: &Fingerprint) -> rusqlite::Result<()> {
    let text =
        serde_json::to_string(fingerprint).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", params![FINGERPRINT, text])?;
    Ok(())
}
