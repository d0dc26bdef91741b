//! What can be wrong with a ledger, told apart by SQLite's result codes and never by their text.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rusqlite::ErrorCode;
use rusqlite::ffi;

use super::MAX_ROWS_BYTES;

/// Why a ledger cannot be used. Messages do not name the file: the context around them does.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} has no ledger.db: it is not the output folder of a run", folder.display())]
    Missing { folder: PathBuf },
    /// The folder has a file by one of our names and no ledger that it could come from.
    #[error("{} has {name} and no ledger.db that it could come from", folder.display())]
    Foreign { folder: PathBuf, name: &'static str },
    #[error("it is not a ledger of sandmill")]
    NotALedger { path: PathBuf },
    #[error("it has format {found}, and this version of sandmill knows format {known}")]
    Format { path: PathBuf, found: i64, known: i64 },
    #[error("it is damaged, or was changed by another program: {detail}")]
    Damaged { path: PathBuf, detail: String },
    /// The file system refused: full, read-only, over quota, broken. [`io::Error::kind`] says which.
    #[error("{}", Refusal(cause))]
    Storage { path: PathBuf, cause: io::Error },
    #[error("another program has kept it locked for too long")]
    Busy { path: PathBuf },
    #[error("{detail}")]
    Other { path: PathBuf, detail: String },
}

impl Error {
    /// What to do about it, in one line, where there is something.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Missing { .. } => "name the folder that was given to `sandmill run` with -o",
            Self::Foreign { .. } | Self::NotALedger { .. } => {
                "choose another output folder, or move that file away: sandmill does not overwrite what it did not write"
            }
            Self::Format { .. } => "use the version of sandmill that made it, or another output folder",
            Self::Damaged { .. } => {
                "restore the folder from a copy, or run into another one; `sqlite3 ledger.db .recover` may save rows"
            }
            Self::Storage { cause, .. } => match cause.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "free some space and run the same command again: everything committed is kept"
                }
                _ => "make the folder writable and run the same command again: everything committed is kept",
            },
            Self::Busy { .. } => "close what has it open (a sqlite3 shell?) and run the same command again",
            Self::Other { .. } => return None,
        })
    }

    /// Gives a failure of SQLite with the ledger at `path` its meaning.
    pub(super) fn from_sqlite(error: rusqlite::Error, path: &Path) -> Self {
        let path = path.to_path_buf();
        let storage = |kind: io::ErrorKind| Self::Storage { path: path.clone(), cause: kind.into() };
        let rusqlite::Error::SqliteFailure(code, _) = &error else {
            return match error {
                // A query of ours does not fit what is in the file.
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::QueryReturnedNoRows
                | rusqlite::Error::SqlInputError { .. } => Self::Damaged { path, detail: error.to_string() },
                other => Self::Other { path, detail: other.to_string() },
            };
        };
        match code.code {
            ErrorCode::DiskFull => storage(io::ErrorKind::StorageFull),
            ErrorCode::ReadOnly => storage(io::ErrorKind::ReadOnlyFilesystem),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy { path },
            ErrorCode::NotADatabase => Self::NotALedger { path },
            // `Unknown` is a query that does not fit the tables.
            ErrorCode::DatabaseCorrupt
            | ErrorCode::ConstraintViolation
            | ErrorCode::TypeMismatch
            | ErrorCode::Unknown => Self::Damaged { path, detail: error.to_string() },
            ErrorCode::SystemIoFailure => match code.extended_code {
                ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_CORRUPTFS | ffi::SQLITE_IOERR_DATA => {
                    Self::Damaged { path, detail: error.to_string() }
                }
                _ => {
                    let cause = refusal_of_folder(&path).unwrap_or_else(|| io::Error::other(error));
                    Self::Storage { path, cause }
                }
            },
            ErrorCode::TooBig => {
                let detail =
                    format!("a task has rows of more than {} MB: lower --max-output", MAX_ROWS_BYTES / 1_000_000);
                Self::Other { path, detail }
            }
            _ => Self::Other { path, detail: error.to_string() },
        }
    }
}

/// A refusal of the file system in the words that people know.
struct Refusal<'a>(&'a io::Error);

impl fmt::Display for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            io::ErrorKind::StorageFull => f.write_str("disk full"),
            io::ErrorKind::QuotaExceeded => f.write_str("disk quota exceeded"),
            io::ErrorKind::ReadOnlyFilesystem => f.write_str("it is read-only"),
            _ => write!(f, "the file system failed: {}", self.0),
        }
    }
}

/// SQLite tells only a full disk from other failed writes, and keeps errno to itself. Writing something beside the
/// ledger mostly brings out what is the matter (a quota, say).
fn refusal_of_folder(ledger: &Path) -> Option<io::Error> {
    let probe = ledger.with_file_name(format!(".probe.{}.sandmill-tmp", std::process::id()));
    let write = || File::create(&probe)?.write_all(&[0; 64 << 10]);
    let refusal = write().err();
    // It is empty or small, and swept with the other temporary files if it stays.
    let _ = fs::remove_file(&probe);
    refusal
}

/// Gives results of SQLite their meaning and context.
pub(super) trait OfLedger<T> {
    /// The result, its error made an [`Error`] with the context "`verb` ledger `path`".
    fn of_ledger(self, verb: &str, path: &Path) -> anyhow::Result<T>;
}

impl<T> OfLedger<T> for rusqlite::Result<T> {
    fn of_ledger(self, verb: &str, path: &Path) -> anyhow::Result<T> {
        self.map_err(|error| Error::from_sqlite(error, path)).with_context(|| of(verb, path))
    }
}

/// The context of an error: "`verb` ledger `path`".
pub(super) fn of(verb: &str, path: &Path) -> String {
    format!("{verb} ledger {}", path.display())
}
