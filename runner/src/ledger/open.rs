//! Opening the database: for the one writer, for readers, and for a run that keeps nothing.
//!
//! None of this opens `ledger.db` other than through SQLite: its locks belong to the process, and closing any other
//! descriptor of the file would let go of them.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use super::error::{Error, OfLedger as _, of};
use super::schema::{self, Header};
use crate::fault::{self, Point};

/// The name of the ledger in its folder.
pub const FILE: &str = "ledger.db";
pub(super) const WAL_FILE: &str = "ledger.db-wal";

/// Names of ours. Where one of them is and no ledger, the folder is someone else's, or has lost its ledger.
const OUR_NAMES: [&str; 10] = [
    "results.csv",
    "results.ndjson",
    "results.parquet",
    "results.arrow",
    "errors.csv",
    "run.json",
    "tracking",
    "files",
    WAL_FILE,
    "ledger.db-journal",
];

/// How long to wait for another connection. Ours never hold a lock for long; an open `sqlite3` shell may.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(120);

/// Against 4 KiB: rows of 1,500 bytes go in 1.4 times as fast, those of 80 bytes no slower. 16 KiB would be faster
/// again for large rows, but costs twice as much where tasks come in no order and each touches a page of its own.
const PAGE_BYTES: i64 = 8 << 10;

/// The log is copied into the database when it has this size: 8 transactions of 2,000 small tasks.
const CHECKPOINT_BYTES: i64 = 16 << 20;

/// A log that a large transaction has made longer than this is cut when it is next reused.
const WAL_KEPT_BYTES: i64 = 64 << 20;

/// Room for pages in memory: for one who writes, so many that tasks which come in no order find theirs there most of the time,
const WRITER_CACHE_KIB: i64 = 16 << 10;
/// and for one who reads from one end to the other.
const READER_CACHE_KIB: i64 = 2 << 10;

/// How the ledger's transactions are made safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journal {
    /// A write-ahead log: readers and the writer do not wait for each other.
    Wal,
    /// A rollback journal, where the file system cannot do a log. Slower, and readers wait for commits.
    Rollback,
}

/// Opens the ledger of `folder` for writing, and makes it if it is not there.
pub(super) fn writer(folder: &Path) -> anyhow::Result<(Connection, Journal)> {
    let path = folder.join(FILE);
    let exists = path.try_exists().with_context(|| of("look for", &path))?;
    if !exists && let Some(name) = OUR_NAMES.into_iter().find(|name| folder.join(name).symlink_metadata().is_ok()) {
        return Err(Error::Foreign { folder: folder.to_path_buf(), name }.into());
    }
    let file = plain(&path)?;
    let mut opened = None;
    if !is_shared_between_machines(folder) {
        opened = match open_writer(&file, Journal::Wal) {
            Err(error) if lacks_shared_memory(&error) => None,
            other => other.of_ledger("open", &path)?.map(|(connection, header)| (connection, header, Journal::Wal)),
        };
    }
    let (mut connection, header, journal) = match opened {
        Some(opened) => opened,
        None => match open_writer(&file, Journal::Rollback).of_ledger("open", &path)? {
            Some((connection, header)) => (connection, header, Journal::Rollback),
            None => {
                let detail = "no rollback journal can be used".to_owned();
                return Err(Error::Other { path: path.clone(), detail }).with_context(|| of("open", &path));
            }
        },
    };
    refuse_strangers(header, &path)?;
    if header == Header::Empty {
        fault::point(Point::LedgerCreated);
        schema::create(&mut connection).of_ledger("create", &path)?;
        fault::point(Point::LedgerSchemaMade);
        // SQLite syncs what is in the file; that the file and its folder are there at all is for us to see to.
        sync_folder(folder).with_context(|| format!("sync folder {}", folder.display()))?;
        // One who may not read the parent cannot sync it either. No reason not to run.
        let _ = sync_folder(&folder.join(".."));
    }
    Ok((connection, journal))
}

/// Opens the ledger of `folder` for reading. Other processes may be writing to it.
pub(super) fn reader(folder: &Path) -> anyhow::Result<Connection> {
    let path = folder.join(FILE);
    let missing = || Error::Missing { folder: folder.to_path_buf() };
    if !path.try_exists().with_context(|| of("look for", &path))? {
        return Err(missing().into());
    }
    let file = plain(&path)?;
    let open = || {
        // Opened for writing where that is possible, for a journal that a killed run has left must be rolled back
        // before anything can be read. `query_only` sees to it that nothing else is written.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&file, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        harden(&connection, READER_CACHE_KIB)?;
        connection.pragma_update(None, "query_only", true)?;
        let header = schema::header(&connection)?;
        Ok((connection, header))
    };
    let (connection, header) = open().of_ledger("open", &path)?;
    refuse_strangers(header, &path)?;
    if header == Header::Empty { Err(missing().into()) } else { Ok(connection) }
}

/// Opens a database that nobody else sees: in memory up to the size of the cache, beyond that in a nameless temporary
/// file, so a long run does not fill the memory.
pub(super) fn temporary() -> rusqlite::Result<Connection> {
    let mut connection = Connection::open("")?;
    harden(&connection, WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    schema::create(&mut connection)?;
    Ok(connection)
}

/// Opens for writing. `None` if `journal` is not to be had; a stranger's file comes back as it is.
fn open_writer(file: &Path, journal: Journal) -> rusqlite::Result<Option<(Connection, Header)>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    if journal == Journal::Rollback {
        // A ledger in WAL mode, log and all, can be opened without shared memory only by one who excludes all others,
        // and says so before anything is read: settings too can be a reason to read.
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    }
    harden(&connection, WRITER_CACHE_KIB)?;
    let header = schema::header(&connection)?;
    if !matches!(header, Header::Empty | Header::Ours) {
        return Ok(Some((connection, header)));
    }
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    let mode = match journal {
        Journal::Wal => "wal",
        Journal::Rollback => "truncate",
    };
    let actual = connection.pragma_update_and_check(None, "journal_mode", mode, |row| row.get::<_, String>(0))?;
    if actual != mode {
        return Ok(None);
    }
    if journal == Journal::Rollback {
        connection.pragma_update(None, "locking_mode", "NORMAL")?;
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_BYTES / PAGE_BYTES)?;
    connection.pragma_update(None, "journal_size_limit", WAL_KEPT_BYTES)?;
    // Lets go of the exclusive lock, and finds out whether the file and the shared memory can be written to.
    connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK")?;
    Ok(Some((connection, header)))
}

/// Settings that make a damaged or doctored file fail early and do nothing else.
fn harden(connection: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    if connection.path().is_some_and(|path| !path.is_empty()) {
        // Nothing here sorts much, and a locked-down run has no other folder to put it in.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
    }
    connection.pragma_update(None, "cache_size", -cache_kib)
}

fn refuse_strangers(header: Header, path: &Path) -> anyhow::Result<()> {
    let path_buf = path.to_path_buf();
    let error = match header {
        Header::Empty | Header::Ours => return Ok(()),
        Header::OtherFormat(found) => Error::Format { path: path_buf, found, known: schema::FORMAT },
        Header::Foreign => Error::NotALedger { path: path_buf },
    };
    Err(error).with_context(|| of("open", path))
}

/// Whether an attempt at a write-ahead log failed for want of shared memory, or in a way that leaves it open.
fn lacks_shared_memory(error: &rusqlite::Error) -> bool {
    let rusqlite::Error::SqliteFailure(code, _) = error else { return false };
    matches!(code.code, ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::FileLockingProtocolFailed)
        || matches!(
            code.extended_code,
            ffi::SQLITE_IOERR_SHMOPEN
                | ffi::SQLITE_IOERR_SHMSIZE
                | ffi::SQLITE_IOERR_SHMMAP
                | ffi::SQLITE_IOERR_SHMLOCK
        )
}

/// Whether `folder` lies on a file system that other machines see too. The shared memory of a write-ahead log would
/// work here and mislead a reader there.
#[cfg(target_os = "linux")]
fn is_shared_between_machines(folder: &Path) -> bool {
    /// NFS, SMB (three of them), 9P, Ceph, Lustre, GPFS, AFS: `statfs(2)` and the file systems' own headers.
    const KINDS: [u32; 9] =
        [0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x0102_1997, 0x00C3_6400, 0x0BD0_0BD0, 0x4750_4653, 0x5346_414F];
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the type of f_type differs from machine to machine; the kinds have 32 bits"
    )]
    rustix::fs::statfs(folder).is_ok_and(|stat| KINDS.contains(&(stat.f_type as u32)))
}

#[cfg(not(target_os = "linux"))]
fn is_shared_between_machines(_folder: &Path) -> bool {
    false
}

/// The path in a form that SQLite cannot take for a `file:` URI or for a name with a meaning.
fn plain(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| of("find", path))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
