//! A task: one unit of work, and the identity by which the ledger knows it.
//!
//! Nothing here touches the file system.

use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The path of an input as the ledger and the views know it: relative to the root of the run, or absolute for an input
/// outside it. Any bytes but NUL.
///
/// It is kept as its *key*, the path with every `/` as a NUL byte. Comparing keys as plain bytes compares paths
/// component by component, which is the order of the walk, of the ledger and of every view.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskPath(Box<[u8]>);

impl TaskPath {
    /// The identity of the input at `path`, which must be normalised already (no `.`, no doubled separators).
    pub fn from_path(path: &Path) -> Self {
        let mut key: Box<[u8]> = path.as_os_str().as_bytes().into();
        for byte in &mut key {
            if *byte == b'/' {
                *byte = 0;
            }
        }
        Self(key)
    }

    /// The identity with this key, as [`TaskPath::key`] returned it.
    pub fn from_key(key: &[u8]) -> Self {
        Self(key.into())
    }

    /// The path with `/` as NUL.
    pub fn key(&self) -> &[u8] {
        &self.0
    }

    /// The path as the file system knows it.
    pub fn to_path(&self) -> PathBuf {
        let bytes: Vec<u8> = self.0.iter().map(|&byte| if byte == 0 { b'/' } else { byte }).collect();
        PathBuf::from(OsStr::from_bytes(&bytes))
    }
}

/// The form in which views show a path: valid UTF-8, reversible. Bytes that are not UTF-8 are `\xHH`, a backslash is
/// doubled; everything else, control characters included, stands as it is.
impl fmt::Display for TaskPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                match character {
                    '\0' => f.write_char('/')?,
                    '\\' => f.write_str("\\\\")?,
                    other => f.write_char(other)?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02X}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for TaskPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// What makes a task itself: its input and where in it the task begins. Ordered by path, then by offset.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    pub path: TaskPath,
    /// First byte of the task's chunk; 0 for a task that is a whole file.
    pub offset: u64,
}

impl TaskId {
    pub fn whole_file(path: TaskPath) -> Self {
        Self { path, offset: 0 }
    }
}

/// What the ledger remembers of an input, to tell whether it has changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    pub size_bytes: u64,
    /// Modification time, nanoseconds since the Unix epoch.
    pub mtime_ns: i64,
}

/// Why a task is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The ledger has no outcome for it.
    New,
    /// It failed before and `--retry-failed` asks for it.
    Retry,
    /// Its input is not the one on record.
    Changed,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Retry => "retry",
            Self::Changed => "changed",
        })
    }
}

/// One unit of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub id: TaskId,
    pub reason: Reason,
    /// Attempts that are on record already.
    pub earlier_attempts: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(bytes: &[u8]) -> TaskPath {
        TaskPath::from_path(Path::new(OsStr::from_bytes(bytes)))
    }

    #[test]
    fn keys_order_by_component() {
        assert!(path(b"a/z") < path(b"a.json"));
        assert!(path(b"a") < path(b"a/b"));
        assert!(path(b"/z") < path(b"a"));
    }

    #[test]
    fn paths_survive_the_key() {
        for bytes in [&b"a/b c/\n\"x\""[..], b"/abs/\xff\\", b"x"] {
            assert_eq!(path(bytes).to_path().as_os_str().as_bytes(), bytes);
            assert_eq!(TaskPath::from_key(path(bytes).key()), path(bytes));
        }
    }

    #[test]
    fn display_is_utf8_and_escapes_what_is_not() {
        assert_eq!(path(b"d/\xffa\\b\n").to_string(), "d/\\xFFa\\\\b\n");
    }
}
