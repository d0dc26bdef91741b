//! Identities: the one [`TaskPath`] of an input, whichever way it was named.
//!
//! `x`, `./x`, `a/../x` and `/where/we/are/x` are one input. The rule: a path is made absolute and loses its `.` and
//! `..`; if it lies in the root it is relative to it, and links on the way from the root to it keep their names; else
//! its folder is made canonical and only its last component is kept as named.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use crate::task::TaskPath;

use super::root::Root;

/// Names inputs relative to a root.
#[derive(Debug)]
pub(super) struct Namer<'a> {
    cwd: &'a Path,
    root: &'a Root,
    /// The key prefixes of folders named so far: a list has many entries in few folders, and finding out where a
    /// folder lies takes system calls.
    folders: HashMap<PathBuf, Vec<u8>>,
}

impl<'a> Namer<'a> {
    pub(super) fn new(cwd: &'a Path, root: &'a Root) -> Self {
        Self { cwd, root, folders: HashMap::new() }
    }

    /// The identity of what the user called `named`, which need not exist.
    pub(super) fn task_path(&mut self, named: &Path) -> TaskPath {
        if let (Some(folder), Some(name)) = (named.parent(), named.file_name()) {
            return self.in_folder(folder, name);
        }
        // `..`, `.`, `/`: the last component says nothing before it is resolved.
        let whole = normalised(&self.cwd.join(named));
        match (whole.parent(), whole.file_name()) {
            (Some(folder), Some(name)) => self.in_folder(folder, name),
            _ => TaskPath::from_path(&whole),
        }
    }

    fn in_folder(&mut self, folder: &Path, name: &OsStr) -> TaskPath {
        if !self.folders.contains_key(folder) {
            self.folders.insert(folder.to_owned(), self.prefix(folder));
        }
        let prefix = self.folders.get(folder).map_or(&[][..], Vec::as_slice);
        TaskPath::from_key(&[prefix, name.as_bytes()].concat())
    }

    fn prefix(&self, folder: &Path) -> Vec<u8> {
        let folder = normalised(&self.cwd.join(folder));
        if let Some(relative) = self.below_root(&folder) {
            return prefix_of(&TaskPath::from_path(relative));
        }
        // Outside the root, or in it by a way that does not pass through it. What does not exist stays as it is named.
        let folder = folder.canonicalize().unwrap_or(folder);
        let relative = folder.strip_prefix(self.root.path()).unwrap_or(&folder);
        prefix_of(&TaskPath::from_path(relative))
    }

    /// The rest of `folder` after the root, which may be there under another name than its canonical one: the current
    /// folder of a shell often is.
    fn below_root<'p>(&self, folder: &'p Path) -> Option<&'p Path> {
        if let Ok(relative) = folder.strip_prefix(self.root.path()) {
            return Some(relative);
        }
        let ancestors: Vec<&Path> = folder.ancestors().collect();
        let outermost = ancestors.into_iter().rev().find(|ancestor| self.root.is_at(ancestor))?;
        folder.strip_prefix(outermost).ok()
    }
}

/// What the keys of all that lies in a folder begin with.
pub(super) fn prefix_of(folder: &TaskPath) -> Vec<u8> {
    let mut prefix = folder.key().to_vec();
    // Nothing comes before what lies in the root, and the prefix of `/` ends in its separator already.
    if !matches!(prefix.last(), None | Some(0)) {
        prefix.push(0);
    }
    prefix
}

/// Whether `path` is `folder` or lies in it.
pub(super) fn is_within(path: &TaskPath, folder: &TaskPath) -> bool {
    // No component is empty, so only the keys of the root and of `/` end where a component of `path` may begin.
    let rest = path.key().strip_prefix(folder.key());
    rest.is_some_and(|rest| matches!(folder.key().last(), None | Some(0)) || matches!(rest.first(), None | Some(0)))
}

/// An absolute path without `.` and `..`. The folder above a link is the one above its target, as the system has it.
fn normalised(path: &Path) -> PathBuf {
    let mut normalised = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::Normal(name) => normalised.push(name),
            Component::ParentDir => {
                if normalised.is_symlink()
                    && let Ok(target) = normalised.canonicalize()
                {
                    normalised = target;
                }
                normalised.pop();
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    normalised
}

/// The canonical form of an absolute path that need not exist: that of what exists, and the rest as it is.
pub(super) fn canonical_although_missing(path: &Path) -> PathBuf {
    let path = normalised(path);
    for ancestor in path.ancestors() {
        if let (Ok(canonical), Ok(rest)) = (fs::canonicalize(ancestor), path.strip_prefix(ancestor)) {
            // Joining nothing would leave a `/` at the end.
            return if rest.as_os_str().is_empty() { canonical } else { canonical.join(rest) };
        }
    }
    path
}
