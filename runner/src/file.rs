//! Files that processors give: their names as guests write them, checked, and what is known of one until it is in place.
//!
//! Nothing here touches the file system. Names come from the guest's author and may be made to do harm.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::outcome::{Failure, FailureKind};
use crate::task::{TaskId, TaskPath};

/// What a file costs of the output budget besides its bytes: about what a file system spends on one. It bounds their
/// number too.
pub const FILE_COST_BYTES: usize = 4 << 10;

/// The longest name of a file, folders included.
const NAME_BYTES: usize = 1 << 10;

/// The longest component of a name that every file system in use takes.
pub const COMPONENT_BYTES: usize = 255;

/// A file that a task has given, with its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct GivenFile {
    /// Its path in the task's folder, checked; `None` for the one file that is the task's whole result.
    pub name: Option<String>,
    pub bytes: Vec<u8>,
}

impl fmt::Debug for GivenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({} bytes)", self.name, self.bytes.len())
    }
}

/// A file of a task that is done: its bytes are staged, and the ledger is to say where they belong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedFile {
    /// Where it belongs below `files` in the output folder.
    pub path: TaskPath,
    pub size_bytes: u64,
    pub sha256: [u8; 32],
    /// The name of the staged file.
    pub staged: String,
}

/// What is to be done in `files`, as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    pub path: TaskPath,
    /// What is to be put there; `None` if what is there is to go.
    pub put: Option<Put>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The name of the staged file.
    pub staged: String,
    /// There is a file of ours in its place, of an earlier outcome.
    pub replaces: bool,
    pub size_bytes: u64,
    pub sha256: [u8; 32],
    pub task: TaskId,
}

/// The files of a task while it runs.
#[derive(Debug, Default)]
pub struct GivenFiles {
    files: BTreeMap<String, Vec<u8>>,
    /// Every file, and every folder above one, by its name in lower case: some file systems take `A` and `a` for one.
    entries: HashMap<String, Entry>,
}

#[derive(Debug)]
struct Entry {
    name: String,
    is_folder: bool,
}

impl GivenFiles {
    /// The file of this name, made if it is not there, and whether it was made. Its bytes are for the caller to bound.
    ///
    /// # Errors
    /// `bad_output` if no file can have this name, or none can beside the others.
    pub fn open(&mut self, name: &[u8]) -> Result<(&mut Vec<u8>, bool), Failure> {
        let name = checked(name)?;
        let is_new = !self.files.contains_key(name);
        if is_new {
            self.enter(name)?;
        }
        Ok((self.files.entry(name.to_owned()).or_default(), is_new))
    }

    /// All of them, by name.
    pub fn into_files(self) -> Vec<GivenFile> {
        self.files.into_iter().map(|(name, bytes)| GivenFile { name: Some(name), bytes }).collect()
    }

    fn enter(&mut self, name: &str) -> Result<(), Failure> {
        let folders = name.match_indices('/').map(|(end, _)| (&name[..end], true));
        for (name, is_folder) in folders.chain([(name, false)]) {
            let entry = Entry { name: name.to_owned(), is_folder };
            match self.entries.get(&name.to_lowercase()) {
                None => drop(self.entries.insert(name.to_lowercase(), entry)),
                Some(other) if other.is_folder && is_folder && other.name == name => {}
                Some(other) if other.is_folder != is_folder => {
                    return Err(bad_name(name, "is both a file and a folder"));
                }
                Some(other) => {
                    let reason = format!("differs from {:?} in nothing but case", other.name);
                    return Err(bad_name(name, &reason));
                }
            }
        }
        Ok(())
    }
}

/// A name as it may be used: relative, in UTF-8, with nothing in it that leads elsewhere or that nobody can type.
fn checked(name: &[u8]) -> Result<&str, Failure> {
    let Ok(text) = std::str::from_utf8(name) else {
        return Err(bad_name(&String::from_utf8_lossy(&name[..name.len().min(NAME_BYTES)]), "is not UTF-8"));
    };
    if text.len() > NAME_BYTES {
        let start: String = text.chars().take(40).collect();
        return Err(bad_name(&start, &format!("... is longer than {NAME_BYTES} bytes")));
    }
    if text.chars().any(|character| character.is_control() || character == '\\') {
        return Err(bad_name(text, "has a control character or a backslash"));
    }
    for component in text.split('/') {
        match component {
            "" => return Err(bad_name(text, "is empty, begins or ends in a slash, or has two in a row")),
            "." | ".." => return Err(bad_name(text, "has a component that leads elsewhere")),
            _ if component.len() > COMPONENT_BYTES => {
                return Err(bad_name(text, &format!("has a component of more than {COMPONENT_BYTES} bytes")));
            }
            _ => {}
        }
    }
    Ok(text)
}

pub fn bad_name(name: &str, reason: &str) -> Failure {
    Failure::new(FailureKind::BadOutput, format!("the file name {name:?} {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(names: &[&[u8]]) -> String {
        let mut files = GivenFiles::default();
        let (last, others) = names.split_last().unwrap();
        for name in others {
            files.open(name).unwrap();
        }
        let failure = files.open(last).unwrap_err();
        assert_eq!(failure.kind, FailureKind::BadOutput);
        failure.message
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["..", ".", "../a", "a/../b", "a/./b", "/etc/passwd", "", "a/", "a//b"] {
            refusal(&[name.as_bytes()]);
        }
    }

    #[test]
    fn names_that_nobody_can_type_are_refused() {
        for name in [&b"a\0b"[..], b"a\nb", b"\x1b[2J", b"a\x7f", "a\u{85}".as_bytes(), b"a\\b", b"\xff"] {
            refusal(&[name]);
        }
    }

    #[test]
    fn names_that_are_too_long_are_refused() {
        assert!(refusal(&["x".repeat(256).as_bytes()]).contains("255"));
        assert!(refusal(&["x/".repeat(600).as_bytes()]).contains("1024"));
        assert!(refusal(&[&[b'x'; 100_000]]).len() < 200);
        GivenFiles::default().open("x".repeat(255).as_bytes()).unwrap();
    }

    #[test]
    fn names_that_cannot_be_beside_each_other_are_refused() {
        assert!(refusal(&[b"a", b"a/b"]).contains("both a file and a folder"));
        assert!(refusal(&[b"a/b", b"a"]).contains("both a file and a folder"));
        assert!(refusal(&[b"a/b", b"A"]).contains("both a file and a folder"));
        assert!(refusal(&[b"read.me", b"READ.me"]).contains("case"));
        assert!(refusal(&[b"a/x", b"A/y"]).contains("case"));
        assert!(refusal(&["\u{e4}".as_bytes(), "\u{c4}".as_bytes()]).contains("case"));
    }

    #[test]
    fn files_are_opened_again_and_come_by_name() {
        let mut files = GivenFiles::default();
        for (name, text, is_new) in [("b/c", "1", true), ("a", "2", true), ("b/c", "3", false), ("b/d", "4", true)] {
            let (bytes, made) = files.open(name.as_bytes()).unwrap();
            bytes.extend_from_slice(text.as_bytes());
            assert_eq!(made, is_new, "{name}");
        }
        let files: Vec<_> = files.into_files().into_iter().map(|file| (file.name.unwrap(), file.bytes)).collect();
        let expected = [("a", "2"), ("b/c", "13"), ("b/d", "4")];
        assert_eq!(files, expected.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())));
    }
}
