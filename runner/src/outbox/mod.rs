//! Files on their way out: staged by the workers, and put in their place once the ledger says so. The only writer of
//! `files` in an output folder.
//!
//! Every step is taken relative to an open folder and follows no link, so nothing outside the output folder is ever
//! touched, whatever lies in it.

mod folders;
mod place;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, anyhow};
use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};

use self::folders::{FOLDER_FLAGS, Folders};
use crate::fault::{self, Point};
use crate::file::{GivenFile, Move, Put, StagedFile};
use crate::outcome::Failure;
use crate::task::{TaskId, TaskPath};

/// Where files are when they are in place.
pub const FOLDER: &str = "files";

/// Where they wait until then.
const STAGING: &str = ".staging-files";

const COMPARE_BYTES: usize = 128 << 10;

/// The way of files into one output folder.
#[derive(Debug)]
pub struct Outbox {
    out: PathBuf,
    /// What the name of a file that is a task's whole result ends in.
    suffix: String,
    /// Made when the first file is staged.
    staging: OnceLock<OwnedFd>,
    next_name: AtomicU64,
}

/// Why a file was not taken.
#[derive(Debug)]
pub enum Refused {
    /// It can have no place: the task has failed.
    Place(Failure),
    /// It could not be written: the run cannot go on.
    Disk(anyhow::Error),
}

impl Outbox {
    /// Nothing is made yet.
    pub fn new(out: &Path, suffix: &str) -> Self {
        Self { out: out.to_owned(), suffix: suffix.to_owned(), staging: OnceLock::new(), next_name: AtomicU64::new(0) }
    }

    /// Writes the files of a task to where they wait. They are not on disk before [`Outbox::sync`] returns.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn stage(&self, id: &TaskId, files: Vec<GivenFile>) -> Result<Vec<StagedFile>, Refused> {
        // The bytes of each are let go of as soon as they are written.
        files.into_iter().map(|file| self.stage_one(id, &file)).collect()
    }

    fn stage_one(&self, id: &TaskId, file: &GivenFile) -> Result<StagedFile, Refused> {
        let path = place::place(id, file, &self.suffix).map_err(Refused::Place)?;
        let staged = self.next_name.fetch_add(1, Ordering::Relaxed).to_string();
        self.write(&staged, &file.bytes)
            .with_context(|| format!("write {}", self.out.join(STAGING).join(&staged).display()))
            .map_err(Refused::Disk)?;
        let sha256 = Sha256::digest(&file.bytes).into();
        Ok(StagedFile { path, size_bytes: file.bytes.len() as u64, sha256, staged })
    }

    fn write(&self, staged: &str, bytes: &[u8]) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(rustix::fs::openat(self.staging()?, staged, flags, Mode::from_raw_mode(0o666))?);
        fault::point(Point::StagedCreated);
        file.write_all(bytes)?;
        fault::point(Point::StagedWritten);
        Ok(())
    }

    /// Writes to disk whatever was staged and moved so far. One call for all of it: a sync of each file would cost a
    /// commit of the file system's journal each.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn sync(&self) -> anyhow::Result<()> {
        fault::point(Point::FilesBeforeSync);
        let folder = File::open(&self.out).with_context(|| format!("open {}", self.out.display()))?;
        #[cfg(target_os = "linux")]
        rustix::fs::syncfs(&folder).with_context(|| format!("sync the file system of {}", self.out.display()))?;
        #[cfg(not(target_os = "linux"))]
        rustix::fs::sync();
        drop(folder);
        fault::point(Point::FilesAfterSync);
        Ok(())
    }

    /// Makes `moves` in their order. Those that were made already, by a run that was killed then, are no error. Returns the
    /// files that are lost: they are neither where they waited nor where they belong, or what is there is not ours to replace.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn deliver(&self, moves: &[Move]) -> anyhow::Result<Vec<Lost>> {
        if moves.is_empty() {
            return Ok(Vec::new());
        }
        let mut folders = Folders::open(&self.out, FOLDER).with_context(|| self.about(FOLDER))?;
        let staging = match rustix::fs::open(self.out.join(STAGING), FOLDER_FLAGS, Mode::empty()) {
            Ok(staging) => Some(staging),
            Err(Errno::NOENT) => None,
            Err(errno) => return Err(errno).with_context(|| self.about(STAGING)),
        };
        let mut lost = Vec::new();
        for Move { path, put } in moves {
            let Some(put) = put else {
                fault::point(Point::FileBeforeRemoval);
                folders.remove(path).with_context(|| self.about_path("remove", path))?;
                fault::point(Point::FileAfterRemoval);
                continue;
            };
            fault::point(Point::FileBeforePlacing);
            let placed = place_one(&mut folders, staging.as_ref(), path, put);
            if let Some(why) = placed.with_context(|| self.about_path("write", path))? {
                lost.push(Lost {
                    task: put.task.clone(),
                    path: path.clone(),
                    has_old: put.replaces,
                    shown: self.out.join(FOLDER).join(path.to_path()),
                    why,
                });
            }
            fault::point(Point::FileAfterPlacing);
        }
        Ok(lost)
    }

    /// Removes everything that was staged. For when nothing is to be delivered any more, and no worker is at work.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn sweep(&self) -> anyhow::Result<()> {
        match fs::remove_dir_all(self.out.join(STAGING)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error).with_context(|| self.about(STAGING)),
        }
        fault::point(Point::FilesSwept);
        Ok(())
    }

    fn staging(&self) -> io::Result<&OwnedFd> {
        if let Some(staging) = self.staging.get() {
            return Ok(staging);
        }
        let path = self.out.join(STAGING);
        // As private as the place where inputs are shown: the files have not been given yet.
        match rustix::fs::mkdir(&path, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno.into()),
        }
        let staging = rustix::fs::open(&path, FOLDER_FLAGS, Mode::empty())?;
        Ok(self.staging.get_or_init(|| staging))
    }

    fn about(&self, folder: &str) -> String {
        format!("use folder {}", self.out.join(folder).display())
    }

    fn about_path(&self, verb: &str, path: &TaskPath) -> String {
        format!("{verb} {}", self.out.join(FOLDER).join(path.to_path()).display())
    }
}

/// A file that is on record and cannot be had.
#[derive(Debug)]
pub struct Lost {
    pub task: TaskId,
    pub path: TaskPath,
    /// A file of ours may be in its place, of an earlier outcome.
    pub has_old: bool,
    shown: PathBuf,
    pub why: Loss,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Its bytes are nowhere.
    Gone,
    /// Something that is not sandmill's has its place.
    InTheWay,
}

impl Lost {
    /// As the error of a run.
    pub fn into_error(self) -> anyhow::Error {
        let path = self.shown.display();
        match self.why {
            Loss::Gone => anyhow!("the file for {path} was removed before it was in place; run the same command again"),
            Loss::InTheWay => anyhow!(
                "something is where {path} belongs, and was not written by sandmill or differs from its name in nothing but case: \
                 move it away, or --exclude one of the inputs, and run the same command again"
            ),
        }
    }
}

fn place_one(folders: &mut Folders, staging: Option<&OwnedFd>, path: &TaskPath, put: &Put) -> io::Result<Option<Loss>> {
    let (parent, name) = match folders.parent_of(path) {
        Ok(parent) => parent,
        Err(error) if is_in_the_way(&error) => return Ok(Some(Loss::InTheWay)),
        Err(error) => return Err(error),
    };
    fault::point(Point::FileAfterFolder);
    let renamed = staging.map_or(Err(Errno::NOENT), |staging| rename(staging, parent, name, put));
    match renamed {
        Ok(()) => Ok(None),
        Err(Errno::NOENT) if holds(parent, name, put)? => Ok(None),
        Err(Errno::NOENT) => Ok(Some(Loss::Gone)),
        Err(errno) if is_in_the_way(&errno.into()) => Ok(Some(Loss::InTheWay)),
        Err(errno) => Err(errno.into()),
    }
}

fn rename(staging: &OwnedFd, parent: &OwnedFd, name: &OsStr, put: &Put) -> rustix::io::Result<()> {
    if put.replaces {
        return rustix::fs::renameat(staging, &put.staged, parent, name);
    }
    match rustix::fs::renameat_with(staging, &put.staged, parent, name, RenameFlags::NOREPLACE) {
        // A file system that cannot look and rename in one go.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            match rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(_) => Err(Errno::EXIST),
                Err(_) => rustix::fs::renameat(staging, &put.staged, parent, name),
            }
        }
        other => other,
    }
}

fn is_in_the_way(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error().map(Errno::from_raw_os_error),
        Some(Errno::EXIST | Errno::NOTEMPTY | Errno::ISDIR | Errno::NOTDIR | Errno::LOOP | Errno::MLINK)
    )
}

/// Whether the file is in its place already.
fn holds(parent: &OwnedFd, name: &OsStr, put: &Put) -> io::Result<bool> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(file) = rustix::fs::openat(parent, name, flags, Mode::empty()) else { return Ok(false) };
    let mut file = File::from(file);
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() != put.size_bytes {
        return Ok(false);
    }
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; COMPARE_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(<[u8; 32]>::from(hasher.finalize()) == put.sha256),
            read_bytes => hasher.update(&buffer[..read_bytes]),
        }
    }
}
