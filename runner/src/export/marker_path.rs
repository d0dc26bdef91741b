//! Which folder of the marker tree belongs to which task, and back.
//!
//! A task's folder is its path, an absolute one without its leading slash. Chunks other than the first have a folder
//! `@OFFSET` in it. Component names that the tree needs for itself (`done.job`, `@4096`) or that lead elsewhere (`..`)
//! get an `@` in front, and so do names that look like the result of that.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

pub(super) const DONE: &str = "done.job";
pub(super) const ERROR: &str = "error.job";

/// The folder of the task with this key and offset, relative to the base of the tree.
pub(super) fn folder_of(key: &[u8], offset: u64) -> PathBuf {
    let mut folder = PathBuf::new();
    for component in key.strip_prefix(b"\0").unwrap_or(key).split(|&byte| byte == 0) {
        push(&mut folder, component);
    }
    if offset > 0 {
        folder.push(format!("@{offset}"));
    }
    folder
}

/// The folder for a prefix that the user chose, relative to the root of the tree.
pub(super) fn prefix_folder(prefix: &Path) -> PathBuf {
    let mut folder = PathBuf::new();
    for component in prefix.components() {
        match component {
            Component::Normal(name) => push(&mut folder, name.as_bytes()),
            Component::ParentDir => push(&mut folder, b".."),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    folder
}

/// The key and offset of every task that may have this folder, the one that counts first. An absolute path loses its
/// slash on the way here, so there are two.
pub(super) fn tasks_of(folder: &Path) -> Vec<(Vec<u8>, u64)> {
    let components: Vec<&[u8]> = folder.iter().map(OsStr::as_bytes).collect();
    let mut tasks = vec![(components.as_slice(), 0)];
    if let Some((last, parents)) = components.split_last()
        && let Some(offset) = chunk_offset(last)
    {
        tasks.push((parents, offset));
    }
    let mut found = Vec::new();
    for (components, offset) in tasks {
        let names: Vec<&[u8]> = components.iter().map(|component| unescaped(component)).collect();
        let relative = names.join(&0);
        let absolute = [b"\0", relative.as_slice()].concat();
        found.extend([relative, absolute].into_iter().map(|key| (key, offset)));
    }
    // What does not lead back here was not made by us, whatever it looks like.
    found.retain(|(key, offset)| folder_of(key, *offset) == folder);
    found
}

fn push(folder: &mut PathBuf, component: &[u8]) {
    if is_reserved(component) {
        folder.push(OsStr::from_bytes(&[b"@", component].concat()));
    } else {
        folder.push(OsStr::from_bytes(component));
    }
}

fn unescaped(component: &[u8]) -> &[u8] {
    component.strip_prefix(b"@").filter(|name| is_reserved(name)).unwrap_or(component)
}

/// Whether a component of a path cannot stand in the tree as it is. What an `@` in front makes of such a component is
/// reserved too, which keeps all names apart.
fn is_reserved(component: &[u8]) -> bool {
    let marks = component.iter().take_while(|&&byte| byte == b'@').count();
    let core = &component[marks..];
    matches!(core, b"" | b"." | b"..")
        || core == DONE.as_bytes()
        || core == ERROR.as_bytes()
        || (marks > 0 && core.iter().all(u8::is_ascii_digit))
}

fn chunk_offset(component: &[u8]) -> Option<u64> {
    std::str::from_utf8(component.strip_prefix(b"@")?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::TaskPath;

    fn key(path: &str) -> Vec<u8> {
        TaskPath::from_path(Path::new(path)).key().to_vec()
    }

    #[test]
    fn usual_paths_stand_as_they_are() {
        assert_eq!(folder_of(&key("a/b c.json"), 0), Path::new("a/b c.json"));
        assert_eq!(folder_of(&key("/data/a"), 0), Path::new("data/a"));
        assert_eq!(folder_of(&key("a/2024/@home"), 0), Path::new("a/2024/@home"));
        assert_eq!(folder_of(&key("a"), 4096), Path::new("a/@4096"));
    }

    #[test]
    fn names_that_the_tree_needs_are_set_apart() {
        assert_eq!(folder_of(&key("x/done.job/error.job"), 0), Path::new("x/@done.job/@error.job"));
        assert_eq!(folder_of(&key("../../etc"), 0), Path::new("@../@../etc"));
        assert_eq!(folder_of(&key("a/@4096"), 0), Path::new("a/@@4096"));
        assert_eq!(prefix_folder(Path::new("/jobs/../done.job")), Path::new("jobs/@../@done.job"));
    }

    #[test]
    fn every_folder_leads_back_to_its_task() {
        let paths =
            ["a/b", "/a/b", "x/done.job", "x/@done.job", "../y", "@..", "@", "@@", "a//b", "a/@7", "a/@@7", "a/7", ""];
        let mut folders = Vec::new();
        for path in paths {
            for offset in [0, 7] {
                let folder = folder_of(&key(path), offset);
                assert!(folder.components().all(|component| matches!(component, Component::Normal(_))), "{path}");
                assert!(tasks_of(&folder).contains(&(key(path), offset)), "{path} {offset} {}", folder.display());
                folders.push(folder);
            }
        }
        folders.sort();
        folders.dedup();
        // "a/b" and "/a/b" have one in common.
        assert_eq!(folders.len(), 2 * (paths.len() - 1));
        assert!(tasks_of(Path::new("done.job")).is_empty());
    }
}
