//! The folder that paths of inputs are relative to.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, statat};

use crate::task::{Identity, TaskPath};

/// It is held open, so it stays the same folder when it is renamed.
#[derive(Debug)]
pub struct Root {
    path: PathBuf,
    folder: OwnedFd,
    device: u64,
    inode: u64,
}

impl Root {
    /// # Errors
    /// If `path` is not a folder that can be opened.
    pub fn open(path: &Path) -> Result<Self> {
        let open = || -> io::Result<Self> {
            let path = path.canonicalize()?;
            let metadata = fs::metadata(&path)?;
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let folder = rustix::fs::open(&path, flags, Mode::empty())?;
            Ok(Self { path, folder, device: metadata.dev(), inode: metadata.ino() })
        };
        open().with_context(|| format!("open the folder {}", path.display()))
    }

    /// Its canonical path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the input `path` is now, to compare with what is on record.
    ///
    /// # Errors
    /// If there is nothing at `path`, or it cannot be looked at.
    pub fn stat(&self, path: &TaskPath) -> io::Result<Identity> {
        Ok(identity_of(&statat(&self.folder, path.to_path(), AtFlags::empty())?))
    }

    pub(super) fn folder(&self) -> &OwnedFd {
        &self.folder
    }

    pub(super) fn what(&self, path: &TaskPath) -> io::Result<What> {
        let stat = statat(&self.folder, path.to_path(), AtFlags::empty())?;
        Ok(match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => What::File,
            FileType::Directory => What::Folder,
            _ => What::Other,
        })
    }

    /// Whether this folder is the one at `path`.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|metadata| (metadata.dev(), metadata.ino()) == (self.device, self.inode))
    }
}

/// What is found at a path, links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    File,
    Folder,
    Other,
}

/// What there is to know of a file, to tell whether it has changed.
pub(super) fn identity_of(stat: &Stat) -> Identity {
    let seconds: i64 = widened(stat.st_mtime);
    let nanoseconds: i64 = widened(stat.st_mtime_nsec);
    Identity {
        size_bytes: widened(stat.st_size),
        mtime_ns: seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds),
    }
}

/// A field of `stat`, whose type differs from system to system and whose values all fit.
fn widened<T: Default>(value: impl TryInto<T>) -> T {
    value.try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_stays_the_same_folder_when_it_is_renamed() {
        let dir = tempfile::tempdir().unwrap();
        let [before, after] = ["before", "after"].map(|name| dir.path().join(name));
        fs::create_dir(&before).unwrap();
        fs::write(before.join("x"), "").unwrap();
        let root = Root::open(&before).unwrap();
        assert!(root.is_at(&before));
        fs::rename(&before, &after).unwrap();
        assert!(root.stat(&TaskPath::from_path(Path::new("x"))).is_ok());
        assert!(root.is_at(&after) && !root.is_at(&before));
    }
}
