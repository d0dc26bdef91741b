//! Where a table of results goes: one file, or a folder of parts. Either takes the place of what was there as a whole.

use std::fs::{self, File};
use std::io;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::atomic::{self, AtomicFile};
use super::replace::replace;
use crate::config::Format;
use crate::fault::{self, Point};

/// What the files of tables are called, before their number and what they end in.
const STEM: &str = "results";

/// The table of one format in the output folder `out`.
pub(super) fn target(out: &Path, format: Format) -> PathBuf {
    out.join(format!("{STEM}.{}", format.extension()))
}

/// A table in the making. Dropped before [`Place::commit`], it leaves what was there before.
#[derive(Debug)]
pub(super) struct Place {
    target: PathBuf,
    format: Format,
    parts: Option<Parts>,
}

#[derive(Debug)]
struct Parts {
    folder: AtomicFolder,
    part_bytes: NonZeroU64,
    files: usize,
}

impl Place {
    /// One file in `out`, or, given how large a part may grow, a folder by its name.
    pub(super) fn create(out: &Path, format: Format, part_bytes: Option<NonZeroU64>) -> anyhow::Result<Self> {
        let target = target(out, format);
        let parts = match part_bytes {
            Some(part_bytes) => Some(Parts { folder: AtomicFolder::create(&target)?, part_bytes, files: 0 }),
            None => None,
        };
        Ok(Self { target, format, parts })
    }

    /// What messages call it.
    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// The one file, or the next part. It is to be committed before the place is.
    pub(super) fn next_file(&mut self) -> anyhow::Result<AtomicFile> {
        match &mut self.parts {
            None => AtomicFile::create(&self.target),
            Some(parts) => {
                let name = format!("{STEM}-{:05}.{}", parts.files, self.format.extension());
                parts.files += 1;
                AtomicFile::create(&parts.folder.temporary.join(name))
            }
        }
    }

    /// Whether a file of this size has grown enough.
    pub(super) fn is_full(&self, file_bytes: u64) -> bool {
        self.parts.as_ref().is_some_and(|parts| file_bytes >= parts.part_bytes.get())
    }

    /// Every file is committed: the table is complete.
    pub(super) fn commit(self) -> anyhow::Result<()> {
        match self.parts {
            None => Ok(()),
            Some(Parts { folder, .. }) => folder.commit(),
        }
    }
}

/// A folder that takes the place of a file or folder when it is complete.
#[derive(Debug)]
struct AtomicFolder {
    target: PathBuf,
    temporary: PathBuf,
    /// Locked, so that no sweep takes it for a dead process's.
    _lock: File,
}

impl AtomicFolder {
    fn create(target: &Path) -> anyhow::Result<Self> {
        let about = || format!("write {}", target.display());
        loop {
            let temporary = atomic::temporary_name(target).with_context(about)?;
            match fs::create_dir(&temporary) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error).with_context(about),
            }
            // A sweep may have come between.
            let Ok(lock) = File::open(&temporary) else { continue };
            if atomic::lock_new(&lock, &temporary).with_context(about)? {
                fault::point(Point::PartsCreated);
                return Ok(Self { target: target.to_path_buf(), temporary, _lock: lock });
            }
        }
    }

    fn commit(self) -> anyhow::Result<()> {
        self.put_in_place().with_context(|| format!("write {}", self.target.display()))
    }

    fn put_in_place(&self) -> io::Result<()> {
        fault::point(Point::PartsBeforeRename);
        replace(&self.temporary, &self.target)?;
        fault::point(Point::PartsAfterRename);
        File::open(atomic::folder_of(&self.target))?.sync_all()
    }
}

impl Drop for AtomicFolder {
    fn drop(&mut self) {
        // What was never put in its place, or what was there before. Else the next sweep finds it.
        let _ = atomic::remove(&self.temporary);
    }
}
