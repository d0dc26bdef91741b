//! Which tasks are in the hands of the workers, written down before they begin: a run that follows on the death of a process
//! learns from it which tasks may have been the reason.
//!
//! It only has to survive a process, so nothing is synced. A worker notes a batch at a time, in one write to a file of its
//! own. What cannot be noted costs nothing but that knowledge, so there are no errors here.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::task::{TaskId, TaskPath};

/// The folder in the output folder.
const FOLDER: &str = ".in-flight";

/// The file of the tasks that an earlier process had in its hands, and that no run has seen to since.
const SUSPECTS: &str = "suspects";

/// What is in flight in one output folder.
pub struct InFlight {
    folder: PathBuf,
}

/// One worker's note. It is gone when the worker ends, however it does but by the death of the process.
pub struct Note {
    path: PathBuf,
    file: File,
    number: u64,
    buffer: Vec<u8>,
}

impl InFlight {
    pub fn of(out: &Path) -> Self {
        Self { folder: out.join(FOLDER) }
    }

    /// What processes had in their hands when they died.
    pub fn left(&self) -> BTreeSet<TaskId> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return BTreeSet::new() };
        let files = entries.flatten().filter_map(|entry| fs::read(entry.path()).ok());
        files.filter_map(|bytes| decode(&bytes)).flatten().collect()
    }

    /// Keeps `suspects` for as long as nobody has seen to them, and nothing else of what was left.
    pub fn suspect(&self, suspects: &BTreeSet<TaskId>) {
        let mut bytes = Vec::new();
        encode(1, suspects.iter(), &mut bytes);
        let path = self.folder.join(SUSPECTS);
        if fs::create_dir_all(&self.folder).and_then(|()| fs::write(&path, bytes)).is_ok()
            && let Ok(entries) = fs::read_dir(&self.folder)
        {
            for entry in entries.flatten().filter(|entry| entry.path() != path) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// The suspects have been seen to, and nobody is at work any more.
    pub fn clear(&self) {
        let _ = fs::remove_dir_all(&self.folder);
    }

    /// For one worker.
    pub fn note(&self, worker: usize) -> Option<Note> {
        fs::create_dir_all(&self.folder).ok()?;
        let path = self.folder.join(worker.to_string());
        let file = File::create(&path).ok()?;
        Some(Note { path, file, number: 0, buffer: Vec::new() })
    }
}

impl Note {
    /// The worker begins with these tasks, and is done with those before.
    pub fn begin<'a>(&mut self, tasks: impl Iterator<Item = &'a TaskId>) {
        self.number += 1;
        encode(self.number, tasks, &mut self.buffer);
        let _ = self.file.write_all_at(&self.buffer, 0);
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The number of a note at both its ends tells one that was written whole: a process may die in the middle of a write.
fn encode<'a>(number: u64, tasks: impl Iterator<Item = &'a TaskId>, bytes: &mut Vec<u8>) {
    bytes.clear();
    bytes.extend(number.to_le_bytes());
    bytes.extend([0; 8]);
    for TaskId { path, offset } in tasks {
        bytes.extend((path.key().len() as u64).to_le_bytes());
        bytes.extend_from_slice(path.key());
        bytes.extend(offset.to_le_bytes());
    }
    let length = (bytes.len() - 16) as u64;
    bytes[8..16].copy_from_slice(&length.to_le_bytes());
    bytes.extend(number.to_le_bytes());
}

fn decode(mut bytes: &[u8]) -> Option<Vec<TaskId>> {
    let number = take_number(&mut bytes)?;
    let length = usize::try_from(take_number(&mut bytes)?).ok()?;
    let (mut tasks, mut end) = bytes.split_at_checked(length)?;
    if take_number(&mut end)? != number {
        return None;
    }
    let mut decoded = Vec::new();
    while !tasks.is_empty() {
        let length = usize::try_from(take_number(&mut tasks)?).ok()?;
        let (key, rest) = tasks.split_at_checked(length)?;
        tasks = rest;
        decoded.push(TaskId { path: TaskPath::from_key(key), offset: take_number(&mut tasks)? });
    }
    Some(decoded)
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u64::from_le_bytes(*number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(path: &str, offset: u64) -> TaskId {
        TaskId { path: TaskPath::from_path(Path::new(path)), offset }
    }

    #[test]
    fn what_dead_workers_had_is_known_until_somebody_has_seen_to_it() {
        let out = tempfile::tempdir().unwrap();
        let in_flight = InFlight::of(out.path());
        assert_eq!(in_flight.left(), [].into());
        let [a, b, c] = [task("a/b", 0), task("b", 7), task("c", 1 << 40)];
        let mut notes = [0, 1].map(|worker| in_flight.note(worker).unwrap());
        notes[0].begin([&a, &b].into_iter());
        notes[0].begin([&b].into_iter());
        notes[1].begin([&c].into_iter());
        let left = in_flight.left();
        assert_eq!(left, [b.clone(), c.clone()].into());
        // The process is dead: nothing is dropped.
        std::mem::forget(notes);
        in_flight.suspect(&left);
        let mut note = in_flight.note(0).unwrap();
        note.begin([&a].into_iter());
        assert_eq!(in_flight.left(), [a, b.clone(), c.clone()].into());
        drop(note);
        assert_eq!(in_flight.left(), [b, c].into());
        in_flight.clear();
        assert!(!out.path().join(FOLDER).exists());
    }

    #[test]
    fn half_a_note_is_none() {
        let mut bytes = Vec::new();
        encode(7, [task("a", 1), task("b", 2)].iter(), &mut bytes);
        assert_eq!(decode(&bytes).unwrap().len(), 2);
        for length in 0..bytes.len() {
            assert_eq!(decode(&bytes[..length]), None, "{length}");
        }
        // The beginning of another one over it.
        bytes[0] = 8;
        assert_eq!(decode(&bytes), None);
    }
}
