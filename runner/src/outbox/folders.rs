//! The folders below `files`: opened one in the other, never through a link, made and removed as files need them.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use crate::task::TaskPath;

pub const FOLDER_FLAGS: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The tree of folders, with the one that was used last.
pub struct Folders {
    root: OwnedFd,
    /// The components of the folder that was used last.
    last: Vec<OsString>,
    /// `None` for the root.
    last_folder: Option<OwnedFd>,
    name: OsString,
}

impl Folders {
    /// Opens the folder `name` in `out`, and makes it if it is not there.
    pub fn open(out: &Path, name: &str) -> io::Result<Self> {
        let out = rustix::fs::open(out, FOLDER_FLAGS.difference(OFlags::NOFOLLOW), Mode::empty())?;
        let root = open_or_make(&out, OsStr::new(name))?;
        Ok(Self { root, last: Vec::new(), last_folder: None, name: OsString::new() })
    }

    /// The folder that the file at `path` is in, made if it is not there, and the file's name in it.
    pub fn parent_of(&mut self, path: &TaskPath) -> io::Result<(&OwnedFd, &OsStr)> {
        let mut components = components(path);
        self.name = components.pop().unwrap_or_default();
        if components != self.last {
            (self.last, self.last_folder) = (Vec::new(), None);
            let folder = self.walk(&components, open_or_make)?;
            (self.last, self.last_folder) = (components, folder);
        }
        Ok((self.last_folder.as_ref().unwrap_or(&self.root), &self.name))
    }

    /// Removes the file at `path`, and the folders that are empty then. What is not there, or is no file, is left alone.
    pub fn remove(&mut self, path: &TaskPath) -> io::Result<()> {
        (self.last, self.last_folder) = (Vec::new(), None);
        let mut components = components(path);
        let mut flags = AtFlags::empty();
        while let Some(name) = components.pop() {
            let folder = match self.walk(&components, open) {
                Ok(folder) => folder,
                Err(error) if is_none_of_ours(&error) => return Ok(()),
                Err(error) => return Err(error),
            };
            match rustix::fs::unlinkat(folder.as_ref().unwrap_or(&self.root), &name, flags) {
                Ok(()) | Err(Errno::NOENT) => flags = AtFlags::REMOVEDIR,
                // No file in the first round, in use in the others.
                Err(Errno::ISDIR | Errno::PERM | Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR | Errno::BUSY) => {
                    return Ok(());
                }
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }

    /// Steps from folder to folder; `None` is the root. Two are open at any time, however deep it goes.
    fn walk(
        &self,
        components: &[OsString],
        step: fn(&OwnedFd, &OsStr) -> io::Result<OwnedFd>,
    ) -> io::Result<Option<OwnedFd>> {
        let mut folder = None;
        for component in components {
            folder = Some(step(folder.as_ref().unwrap_or(&self.root), component)?);
        }
        Ok(folder)
    }
}

fn components(path: &TaskPath) -> Vec<OsString> {
    path.key().split(|&byte| byte == 0).map(|component| OsString::from_vec(component.to_vec())).collect()
}

fn open(folder: &OwnedFd, name: &OsStr) -> io::Result<OwnedFd> {
    Ok(rustix::fs::openat(folder, name, FOLDER_FLAGS, Mode::empty())?)
}

fn open_or_make(folder: &OwnedFd, name: &OsStr) -> io::Result<OwnedFd> {
    match open(folder, name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            match rustix::fs::mkdirat(folder, name, Mode::from_raw_mode(0o777)) {
                Ok(()) | Err(Errno::EXIST) => open(folder, name),
                Err(errno) => Err(errno.into()),
            }
        }
        other => other,
    }
}

fn is_none_of_ours(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error().map(Errno::from_raw_os_error),
        Some(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::MLINK)
    )
}
