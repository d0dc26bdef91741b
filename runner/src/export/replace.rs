//! Putting one file or folder in the place of another, whichever they are.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::atomic::temporary_name;

/// Puts what is at `temporary` where `target` is. Where one of the two is a folder, what was at `target` is at `temporary`
/// afterwards; a file of before is gone.
pub(super) fn replace(temporary: &Path, target: &Path) -> io::Result<()> {
    let is_folder = |path: &Path| path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
    if target.symlink_metadata().is_err() || !(is_folder(temporary) || is_folder(target)) {
        return fs::rename(temporary, target);
    }
    match renameat_with(CWD, temporary, CWD, target, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => replace_in_steps(temporary, target),
        Err(errno) => Err(errno.into()),
    }
}

/// Where the file system cannot exchange. For a moment there is nothing at `target`: a kill then costs a view that can be
/// made again, and nobody reads half of one.
fn replace_in_steps(temporary: &Path, target: &Path) -> io::Result<()> {
    let aside = temporary_name(target)?;
    fs::rename(target, &aside)?;
    fs::rename(temporary, target)?;
    fs::rename(&aside, temporary)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `new` with "1" in it or in a file of it, and `old` with "0".
    fn site(new_is_folder: bool, old_is_folder: bool) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, is_folder, content) in [("new", new_is_folder, "1"), ("old", old_is_folder, "0")] {
            let path = dir.path().join(name);
            if is_folder {
                fs::create_dir(&path).unwrap();
                fs::write(path.join("part"), content).unwrap();
            } else {
                fs::write(path, content).unwrap();
            }
        }
        dir
    }

    fn content(path: &Path) -> Option<String> {
        fs::read_to_string(path).or_else(|_| fs::read_to_string(path.join("part"))).ok()
    }

    #[test]
    fn files_and_folders_replace_each_other() {
        for step in [replace, replace_in_steps] {
            for (new_is_folder, old_is_folder) in [(false, false), (false, true), (true, false), (true, true)] {
                let dir = site(new_is_folder, old_is_folder);
                let (new, old) = (dir.path().join("new"), dir.path().join("old"));
                step(&new, &old).unwrap();
                assert_eq!(content(&old).as_deref(), Some("1"));
                assert!(content(&new).is_none_or(|content| content == "0"));
            }
        }
    }

    #[test]
    fn where_nothing_was_it_is_a_rename() {
        let dir = site(true, false);
        let (new, target) = (dir.path().join("new"), dir.path().join("none"));
        replace(&new, &target).unwrap();
        assert_eq!(content(&target).as_deref(), Some("1"));
        assert_eq!(content(&new), None);
    }
}
