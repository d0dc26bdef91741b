//! The ledger: one SQLite database that is the truth about every task of an output folder. The only user of rusqlite.
//!
//! One process at a time writes ([`Lock`], [`Ledger`]); any number of processes read meanwhile ([`Reader`]). An outcome
//! with all that belongs to it is committed in one transaction, so after a kill at any instant it is there entirely or
//! not at all. Files that people look at are not made here: `export` makes them from a [`Snapshot`].

mod commit;
#[cfg(test)]
mod damage_tests;
mod error;
mod files;
mod fingerprint;
mod lock;
mod open;
mod query;
mod read;
mod record;
mod schema;
mod snapshot;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, params};

pub use self::error::Error;
pub use self::fingerprint::Fingerprint;
pub use self::lock::{Lock, Locked};
pub use self::open::{FILE, Journal};
pub use self::query::Cost;
pub use self::read::Reader;
pub use self::record::{Costly, Record, Run, RunId, State};
pub use self::snapshot::{FailedTask, Problem, Snapshot, TaskRows};

use self::commit::Keep;
use self::error::OfLedger as _;
use self::open::WAL_FILE;
use crate::event::Counts;
use crate::file::Move;
use crate::outcome::{Failure, Finished};
use crate::task::{TaskId, TaskPath};

/// The most that the rows of one task may take: SQLite's limit for a text, less a little. A budget of output must keep
/// them below it, and rows can be half as long again as what the guest wrote (`{}{}` is two lines).
pub const MAX_ROWS_BYTES: usize = 999_000_000;

/// A log longer than this, which readers have kept from being copied into the database, is worth waiting for them.
const WAL_LIMIT_BYTES: u64 = 256 << 20;

/// How long each commit may then wait for readers.
const WAL_WAIT: Duration = Duration::from_millis(200);

/// How long closing may wait for readers, to leave a folder with `ledger.db` alone in it.
const FINISH_WAIT: Duration = Duration::from_secs(2);

/// The writer's side of the ledger.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
    /// As messages show it.
    path: PathBuf,
    /// `None` for a ledger that nobody else sees.
    journal: Option<Journal>,
    keep: Keep,
    wal_limit_bytes: u64,
}

impl Ledger {
    /// Opens the ledger of the locked folder, or makes one if the folder has none. The lock must outlive the ledger.
    ///
    /// # Errors
    /// [`Error::Foreign`] if there is none, but files by the names of our views: they would be overwritten one day.
    pub fn create_or_open(lock: &Lock) -> anyhow::Result<Self> {
        let (connection, journal) = open::writer(lock.folder())?;
        Ok(Self {
            connection,
            path: lock.folder().join(FILE),
            journal: Some(journal),
            keep: Keep::Everything,
            wal_limit_bytes: WAL_LIMIT_BYTES,
        })
    }

    /// A ledger for a run that keeps nothing. It stores what [`Ledger::counts`] and [`Ledger::costliest`] need, in
    /// memory that does not grow with the run.
    pub fn temporary() -> anyhow::Result<Self> {
        let path = PathBuf::from("in a temporary file");
        let connection = open::temporary().of_ledger("create", &path)?;
        Ok(Self { connection, path, journal: None, keep: Keep::Figures, wal_limit_bytes: u64::MAX })
    }

    /// How transactions are made safe; `None` for a temporary ledger.
    pub fn journal(&self) -> Option<Journal> {
        self.journal
    }

    pub fn fingerprint(&self) -> anyhow::Result<Option<Fingerprint>> {
        query::fingerprint(&self.connection).of_ledger("read", &self.path)
    }

    pub fn set_fingerprint(&mut self, fingerprint: &Fingerprint) -> anyhow::Result<()> {
        query::set_fingerprint(&self.connection, fingerprint).of_ledger("write", &self.path)
    }

    /// Records that a run has begun. `document` is JSON: what runs, with which limits.
    pub fn begin_run(&mut self, document: &str) -> anyhow::Result<RunId> {
        let insert = "INSERT INTO run (started, document) VALUES (?1, ?2)";
        self.connection.execute(insert, params![now_ms(), document]).of_ledger("write", &self.path)?;
        Ok(RunId(self.connection.last_insert_rowid()))
    }

    /// Records how a run ended, its document now complete.
    pub fn end_run(&mut self, run: RunId, how: &str, document: &str) -> anyhow::Result<()> {
        let update = "UPDATE run SET ended = ?2, how = ?3, document = ?4 WHERE id = ?1";
        self.connection
            .execute(update, params![run.0, now_ms(), how, document])
            .of_ledger("write", &self.path)
            .map(|_| ())
    }

    /// Commits `batch`: when this returns, its outcomes are on disk and are what counts. An outcome that a task had
    /// before is gone, rows and all, in the same transaction. The moves on record, which must be made and synced, give
    /// way to those that follow from this one.
    ///
    /// Returns the tasks, by their index, whose files have no place beside those on record: they are on record as failed so.
    ///
    /// # Errors
    /// [`Error::Storage`] and the others; then nothing of the batch is on record.
    pub fn commit(&mut self, run: RunId, batch: &[Finished]) -> anyhow::Result<Vec<(usize, Failure)>> {
        let refused = commit::commit(&mut self.connection, run, batch, self.keep).of_ledger("write", &self.path)?;
        self.bound_wal();
        Ok(refused)
    }

    /// The next `limit` moves after `after`: those that remove a file, or those that put one.
    pub fn moves_after(&self, removing: bool, after: Option<&TaskPath>, limit: usize) -> anyhow::Result<Vec<Move>> {
        files::moves_after(&self.connection, removing, after, limit).of_ledger("read", &self.path)
    }

    /// Forgets the moves on record, which must be made and synced.
    pub fn forget_moves(&mut self) -> anyhow::Result<()> {
        files::forget_moves(&self.connection).of_ledger("write", &self.path)?;
        crate::fault::point(crate::fault::Point::MovesForgotten);
        Ok(())
    }

    /// Removes the outcomes of `tasks`, in one transaction; what [`Ledger::commit`] says of moves holds for it too. Returns
    /// how many were on record.
    pub fn drop_tasks(&mut self, tasks: &[TaskId]) -> anyhow::Result<u64> {
        let dropped = commit::drop_tasks(&mut self.connection, tasks, &[]).of_ledger("write", &self.path)?;
        self.bound_wal();
        Ok(dropped)
    }

    /// Removes the outcomes of `tasks`, whose files are lost, as [`Ledger::drop_tasks`] does, but leaves what is at
    /// `strangers` below `files` where it is.
    pub fn drop_lost(&mut self, tasks: &[TaskId], strangers: &[TaskPath]) -> anyhow::Result<u64> {
        commit::drop_tasks(&mut self.connection, tasks, strangers).of_ledger("write", &self.path)
    }

    /// Counts all tasks on record.
    pub fn counts(&self) -> anyhow::Result<Counts> {
        query::counts(&self.connection).of_ledger("read", &self.path)
    }

    /// All runs, the first one first.
    pub fn runs(&self) -> anyhow::Result<Vec<Run>> {
        query::runs(&self.connection).of_ledger("read", &self.path)
    }

    /// The costliest tasks on record, or of one run, the costliest first.
    pub fn costliest(&self, cost: Cost, run: Option<RunId>, most: usize) -> anyhow::Result<Vec<Costly>> {
        query::costliest(&self.connection, cost, run, most).of_ledger("read", &self.path)
    }

    /// Closes the ledger and leaves `ledger.db` as a single file that can be copied and read anywhere. Readers of this
    /// process must be closed before; one elsewhere makes its log stay beside it, which does no harm.
    ///
    /// # Errors
    /// If the disk is full or broken. Whatever was committed is safe all the same.
    pub fn finish(self) -> anyhow::Result<()> {
        if self.journal.is_none() {
            return Ok(());
        }
        crate::fault::point(crate::fault::Point::FinishBeforeFold);
        let fold = || {
            self.connection.busy_timeout(FINISH_WAIT)?;
            self.connection.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))
        };
        let folded = fold().map_err(|error| Error::from_sqlite(error, &self.path));
        crate::fault::point(crate::fault::Point::FinishAfterFold);
        match folded {
            Ok(()) | Err(Error::Busy { .. }) => Ok(()),
            Err(error) => Err(anyhow::Error::from(error).context(error::of("close", &self.path))),
        }
    }

    /// SQLite copies the log into the database as commits go by, but starts it anew only at a moment when nobody reads
    /// from it. Readers that take turns without a gap would let it grow without end: make them wait for once.
    fn bound_wal(&mut self) {
        if self.journal != Some(Journal::Wal) {
            return;
        }
        let wal_bytes = fs::metadata(self.path.with_file_name(WAL_FILE)).map_or(0, |metadata| metadata.len());
        if wal_bytes <= self.wal_limit_bytes {
            return;
        }
        // Best effort. What was committed is in the log; where it cannot be copied, the next commit will meet the
        // reason.
        let _ = self.connection.busy_timeout(WAL_WAIT);
        let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        let _ = self.connection.busy_timeout(open::BUSY_TIMEOUT);
    }
}

fn now_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

/// Whether `folder` has a ledger, in whatever state.
pub fn exists(folder: &Path) -> bool {
    folder.join(FILE).exists()
}
