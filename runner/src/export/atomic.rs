//! Files that are there entirely or not at all: written under another name, synced, renamed, the folder synced.
//!
//! A process that dies leaves a temporary file. [`sweep`] tells those from the ones in use by a lock that dies with the
//! process.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Seek as _, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;

use super::replace::replace;
use crate::fault::{self, Point};

/// What a temporary file of ours ends in, and nobody else's.
const SUFFIX: &str = ".sandmill-tmp";

/// Large enough that system calls do not count, small enough for a few hundred tables at once.
const BUFFER_BYTES: usize = 128 << 10;

/// A file that takes the place of another when it is complete. Dropped before, it leaves no trace.
#[derive(Debug)]
pub struct AtomicFile {
    target: PathBuf,
    temporary: PathBuf,
    file: BufWriter<Traced>,
    is_committed: bool,
}

/// Writes the file at `path` through `write`, atomically.
pub fn write(path: &Path, write: impl FnOnce(&mut AtomicFile) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut file = AtomicFile::create(path)?;
    write(&mut file)?;
    file.commit()
}

/// Removes the temporary files that dead processes have left in `folder`.
pub fn sweep(folder: &Path) -> anyhow::Result<()> {
    let about = || format!("sweep folder {}", folder.display());
    for entry in fs::read_dir(folder).with_context(about)? {
        let path = entry.with_context(about)?.path();
        let is_temporary = path.file_name().is_some_and(|name| {
            let name = name.as_encoded_bytes();
            name.starts_with(b".") && name.ends_with(SUFFIX.as_bytes())
        });
        // Where locks cannot be had, the file or folder stays: it is harmless.
        if is_temporary
            && let Ok(file) = File::open(&path)
            && file.try_lock().is_ok()
        {
            remove(&path).with_context(|| format!("remove {}", path.display()))?;
        }
    }
    Ok(())
}

impl AtomicFile {
    /// Begins a new file that is to be at `target`.
    pub fn create(target: &Path) -> anyhow::Result<Self> {
        let about = || format!("write {}", target.display());
        loop {
            let temporary = temporary_name(target).with_context(about)?;
            let file = match File::options().write(true).create_new(true).open(&temporary) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error).with_context(about),
            };
            if lock_new(&file, &temporary).with_context(about)? {
                fault::point(Point::FileCreated);
                let file = BufWriter::with_capacity(BUFFER_BYTES, Traced(file));
                return Ok(Self { target: target.to_path_buf(), temporary, file, is_committed: false });
            }
        }
    }

    /// Forgets what was written.
    pub fn restart(&mut self) -> io::Result<()> {
        self.file.flush()?;
        let Traced(file) = self.file.get_mut();
        file.set_len(0)?;
        file.rewind()
    }

    /// Puts the file in its place. When this returns, it is there even after a power cut.
    pub fn commit(mut self) -> anyhow::Result<()> {
        self.put_in_place().with_context(|| format!("write {}", self.target.display()))
    }

    fn put_in_place(&mut self) -> io::Result<()> {
        self.file.flush()?;
        fault::point(Point::FileBeforeSync);
        self.file.get_ref().0.sync_all()?;
        fault::point(Point::FileAfterSync);
        replace(&self.temporary, &self.target)?;
        self.is_committed = true;
        fault::point(Point::FileAfterRename);
        File::open(folder_of(&self.target))?.sync_all()?;
        fault::point(Point::FileAfterFolderSync);
        // A folder of parts that was there before. What cannot be removed is left to the next sweep.
        let _ = remove(&self.temporary);
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if !self.is_committed {
            // Else the next sweep finds it.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Removes a file. Returns whether there was one.
pub(super) fn remove_if_there(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes a file, or a folder with all that is in it, if there is one.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => remove_if_there(path).map(|_| ()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Locks what was just made at `path`. False if a sweep was faster, and took it for a dead process's: locked and still
/// there, it is safe.
pub(super) fn lock_new(file: &File, path: &Path) -> io::Result<bool> {
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        return Ok(false);
    }
    let inode = file.metadata()?.ino();
    Ok(fs::symlink_metadata(path).is_ok_and(|metadata| metadata.ino() == inode))
}

/// A name beside `target` that nobody else uses.
pub(super) fn temporary_name(target: &Path) -> io::Result<PathBuf> {
    static FILES: AtomicU64 = AtomicU64::new(0);
    let Some(name) = target.file_name() else { return Err(io::ErrorKind::InvalidFilename.into()) };
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}-{}{SUFFIX}", std::process::id(), FILES.fetch_add(1, Ordering::Relaxed)));
    Ok(folder_of(target).join(temporary))
}

pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A file that passes a fault point whenever part of it was written.
#[derive(Debug)]
struct Traced(File);

impl Write for Traced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written_bytes = self.0.write(bytes)?;
        fault::point(Point::FilePartlyWritten);
        Ok(written_bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<OsString> {
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("view");
        fs::write(&path, "old and longer").unwrap();
        write(&path, |file| Ok(file.write_all(b"new")?)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["view"]);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("view");
        fs::write(&path, "old").unwrap();
        let failed = write(&path, |file| {
            file.write_all(&[b'x'; 2 * BUFFER_BYTES])?;
            anyhow::bail!("no")
        });
        assert_eq!(failed.unwrap_err().to_string(), "no");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["view"]);
    }

    #[test]
    fn a_restart_forgets_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("view");
        write(&path, |file| {
            file.write_all(&[b'x'; BUFFER_BYTES + 1])?;
            file.restart()?;
            Ok(file.write_all(b"y")?)
        })
        .unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"y");
    }

    #[test]
    fn a_sweep_removes_the_files_of_the_dead_only() {
        let folder = tempfile::tempdir().unwrap();
        let in_use = AtomicFile::create(&folder.path().join("view")).unwrap();
        fs::write(folder.path().join(".view.1-0.sandmill-tmp"), "left").unwrap();
        fs::write(folder.path().join(".other.tmp"), "not ours").unwrap();
        sweep(folder.path()).unwrap();
        assert_eq!(names(folder.path()), [OsString::from(".other.tmp"), in_use.temporary.file_name().unwrap().into()]);
        in_use.commit().unwrap();
        assert_eq!(names(folder.path()), [".other.tmp", "view"]);
    }
}
