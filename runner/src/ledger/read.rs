//! The reader's side of the ledger, for this process and for others, while a run writes or while none does.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::Fingerprint;
use super::error::OfLedger as _;
use super::open::{self, FILE};
use super::query;
use super::record::{Record, Run, amount, id_of, optional_text_of, state_of};
use super::snapshot::Snapshot;
use crate::event::Counts;
use crate::task::{Identity, TaskId};

/// A connection that only reads.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    /// As messages show it.
    path: PathBuf,
}

impl Reader {
    /// Opens the ledger of `folder`.
    ///
    /// # Errors
    /// [`Error::Missing`](super::Error::Missing) if there is none.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self { connection: open::reader(folder)?, path: folder.join(FILE) })
    }

    /// The next `limit` tasks after `after`, in input order. Every call is a transaction of its own, so that a walk
    /// over the ledger does not keep a writer from reusing its log; what is committed meanwhile may be seen or not.
    pub fn records_after(&self, after: Option<&TaskId>, limit: usize) -> anyhow::Result<Vec<Record>> {
        self.read_records(after, limit).of_ledger("read", &self.path)
    }

    pub fn fingerprint(&self) -> anyhow::Result<Option<Fingerprint>> {
        query::fingerprint(&self.connection).of_ledger("read", &self.path)
    }

    /// Counts all tasks on record.
    pub fn counts(&self) -> anyhow::Result<Counts> {
        query::counts(&self.connection).of_ledger("read", &self.path)
    }

    /// All runs, the first one first.
    pub fn runs(&self) -> anyhow::Result<Vec<Run>> {
        query::runs(&self.connection).of_ledger("read", &self.path)
    }

    /// The ledger as it is now, whatever is committed while the snapshot lives. A writer's log cannot be reused for as
    /// long, so it should not live longer than making the views takes.
    pub fn snapshot(&mut self) -> anyhow::Result<Snapshot<'_>> {
        let transaction = self.connection.transaction().of_ledger("read", &self.path)?;
        // The transaction begins in truth with the first thing that it reads.
        let first = transaction.query_row("SELECT count(*) FROM meta", [], |_| Ok(()));
        first.of_ledger("read", &self.path)?;
        Ok(Snapshot::new(transaction, &self.path))
    }

    fn read_records(&self, after: Option<&TaskId>, limit: usize) -> rusqlite::Result<Vec<Record>> {
        // Nothing comes before the empty key, and no task has an offset below 0.
        let (key, offset) = after.map_or((&[][..], -1), |id| (id.path.key(), amount(id.offset)));
        let mut statement = self.connection.prepare_cached(
            "SELECT key, offset, size_bytes, mtime_ns, state, kind, attempts, params FROM task \
             WHERE (key, offset) > (?1, ?2) ORDER BY key, offset LIMIT ?3",
        )?;
        let mut rows = statement.query(params![key, offset, i64::try_from(limit).unwrap_or(i64::MAX)])?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            let identity = match (row.get::<_, Option<i64>>(2)?, row.get(3)?) {
                (Some(size_bytes), Some(mtime_ns)) => {
                    Some(Identity { size_bytes: size_bytes.cast_unsigned(), mtime_ns })
                }
                _ => None,
            };
            records.push(Record {
                id: id_of(row, 0, 1)?,
                identity,
                params: optional_text_of(row, 7)?.map(Box::from),
                state: state_of(row, 4)?,
                attempts: row.get(6)?,
            });
        }
        Ok(records)
    }
}
