//! Markers as files: `done.job` or `error.job` in a folder for each task, below `tracking` in the output folder.
//!
//! They follow the ledger and are never asked. A kill can leave them behind it; [`MarkerTree::reconcile`] mends that
//! when the next run starts. Only files called `done.job` and `error.job`, and folders emptied of them, are ever
//! removed.

use std::fs::{self, ReadDir};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::atomic::remove_if_there;
use super::marker_path::{DONE, ERROR, folder_of, prefix_folder, tasks_of};
use crate::fault::{self, Point};
use crate::ledger::{Snapshot, State};
use crate::outcome::{Finished, Outcome};
use crate::task::TaskId;

const ROOT: &str = "tracking";

/// The marker files of an output folder.
#[derive(Clone, Debug)]
pub struct MarkerTree {
    root: PathBuf,
    /// `root` and the user's prefix: where the paths of tasks begin.
    base: PathBuf,
}

/// What became of markers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    pub written: u64,
    pub removed: u64,
    /// Tasks that no marker can be made for: the path of the marker would be too long, or something else has its place.
    pub unmarkable: u64,
}

/// The marker that a task should have.
struct Marker<'a> {
    name: &'static str,
    content: &'a str,
}

impl MarkerTree {
    /// The tree of the output folder `out`. Nothing is made yet.
    pub fn new(out: &Path, prefix: &Path) -> Self {
        let root = out.join(ROOT);
        Self { base: root.join(prefix_folder(prefix)), root }
    }

    /// Marks tasks whose outcomes were committed.
    pub fn write(&self, finished: &[Finished]) -> anyhow::Result<Marked> {
        let mut marked = Marked::default();
        let mut content = String::new();
        for Finished { task, outcome, .. } in finished {
            let state = match outcome {
                Outcome::Done { .. } => State::Done,
                Outcome::Skipped { .. } => State::Skipped,
                Outcome::Failed(failure) => State::Failed(failure.kind),
            };
            let message = match outcome {
                Outcome::Failed(failure) => failure.message.as_str(),
                Outcome::Done { .. } | Outcome::Skipped { .. } => "",
            };
            let folder = self.base.join(folder_of(task.id.path.key(), task.id.offset));
            marked.count(&folder, put(&folder, &Marker::of(state, message, &mut content)))?;
        }
        Ok(marked)
    }

    /// Removes the markers of tasks that were dropped from the ledger.
    pub fn remove(&self, tasks: &[TaskId]) -> anyhow::Result<Marked> {
        let mut marked = Marked::default();
        for id in tasks {
            let folder = self.base.join(folder_of(id.path.key(), id.offset));
            for name in [DONE, ERROR] {
                let path = folder.join(name);
                match remove_if_there(&path) {
                    Ok(removed) => marked.removed += u64::from(removed),
                    Err(error) if takes_no_marker(&error) => {}
                    Err(error) => return Err(error).with_context(|| format!("remove marker {}", path.display())),
                }
            }
            fault::point(Point::MarkerAfterRemoval);
            // Upwards until a folder is in use.
            let emptied = folder.ancestors().take_while(|ancestor| *ancestor != self.root);
            for folder in emptied {
                if fs::remove_dir(folder).is_err() {
                    break;
                }
            }
        }
        Ok(marked)
    }

    /// Makes the markers those of `snapshot`: writes what is missing or wrong, removes what has no such outcome.
    pub fn reconcile(&self, snapshot: &Snapshot<'_>) -> anyhow::Result<Marked> {
        let mut marked = Marked::default();
        let mut content = String::new();
        snapshot.for_each_end(|end| {
            let folder = self.base.join(folder_of(end.key, end.offset));
            let marker = Marker::of(end.state, end.message, &mut content);
            if marker.is_in(&folder) { Ok(()) } else { marked.count(&folder, put(&folder, &marker)) }
        })?;
        marked.removed = self.remove_strays(snapshot)?;
        Ok(marked)
    }

    /// Removes markers that the ledger has no such outcome for, and folders without anything in them.
    fn remove_strays(&self, snapshot: &Snapshot<'_>) -> anyhow::Result<u64> {
        let mut removed = 0;
        let mut levels: Vec<Level> = Level::open(&self.root, 0)?.into_iter().collect();
        loop {
            let depth = levels.len();
            let Some(level) = levels.last_mut() else { return Ok(removed) };
            let Some(entry) = level.entries.next() else {
                let is_empty = level.entries_kept == 0;
                let folder = levels.pop().map(|level| level.folder);
                if let (Some(folder), Some(parent)) = (folder, levels.last_mut()) {
                    let is_removed = is_empty && fs::remove_dir(&folder).is_ok();
                    parent.entries_kept += u64::from(!is_removed);
                }
                continue;
            };
            let (path, is_folder) = entry.with_context(|| format!("read folder {}", level.folder.display()))?;
            if is_folder {
                levels.extend(Level::open(&path, depth)?);
            } else if self.is_stray(snapshot, &level.folder, &path)? {
                remove_if_there(&path).with_context(|| format!("remove marker {}", path.display()))?;
                fault::point(Point::MarkerAfterRemoval);
                removed += 1;
            } else {
                level.entries_kept += 1;
            }
        }
    }

    /// Whether the file at `path` in `folder` is a marker and should not be there.
    fn is_stray(&self, snapshot: &Snapshot<'_>, folder: &Path, path: &Path) -> anyhow::Result<bool> {
        let Some(name) = path.file_name().filter(|name| *name == DONE || *name == ERROR) else { return Ok(false) };
        let Ok(folder) = folder.strip_prefix(&self.base) else { return Ok(true) };
        for (key, offset) in tasks_of(folder) {
            if let Some(state) = snapshot.state_of(&key, offset)? {
                return Ok(name != marker_name(state));
            }
        }
        Ok(true)
    }
}

impl Marked {
    /// Counts an attempt at the marker in `folder`.
    fn count(&mut self, folder: &Path, attempt: io::Result<()>) -> anyhow::Result<()> {
        match attempt {
            Ok(()) => self.written += 1,
            Err(error) if takes_no_marker(&error) => self.unmarkable += 1,
            Err(error) => return Err(error).with_context(|| format!("write marker in {}", folder.display())),
        }
        Ok(())
    }
}

impl<'a> Marker<'a> {
    /// The marker of a task that ended so. `content` is scratch for what is in it.
    fn of(state: State, message: &str, content: &'a mut String) -> Self {
        content.clear();
        if let State::Failed(kind) = state {
            content.extend([kind.as_str(), ": ", message, "\n"]);
        }
        Self { name: marker_name(state), content }
    }

    fn is_in(&self, folder: &Path) -> bool {
        let path = folder.join(self.name);
        if self.content.is_empty() {
            fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0)
        } else {
            fs::read(path).is_ok_and(|content| content == self.content.as_bytes())
        }
    }
}

fn marker_name(state: State) -> &'static str {
    match state {
        State::Done | State::Skipped => DONE,
        State::Failed(_) => ERROR,
    }
}

/// Writes `marker` to `folder`, and then removes the other one if it is there: a task has a marker at any moment.
fn put(folder: &Path, marker: &Marker<'_>) -> io::Result<()> {
    fault::point(Point::MarkerBeforeWrite);
    let is_new = match fs::create_dir(folder) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(folder)?;
            true
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(error),
    };
    fault::point(Point::MarkerAfterFolder);
    fs::write(folder.join(marker.name), marker.content)?;
    fault::point(Point::MarkerAfterWrite);
    if !is_new {
        remove_if_there(&folder.join(if marker.name == DONE { ERROR } else { DONE }))?;
    }
    Ok(())
}

/// Whether a refusal is for this one path. One odd name among a million must not end a run.
fn takes_no_marker(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidFilename
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::AlreadyExists
    )
}

/// A folder on the way through the tree.
struct Level {
    folder: PathBuf,
    entries: Entries,
    entries_kept: u64,
}

/// An entry of a folder: its path, and whether it is a folder (a link is not).
type Entry = io::Result<(PathBuf, bool)>;

enum Entries {
    /// Read as the walk goes on, so that a folder with a million entries takes no memory.
    Open(ReadDir),
    /// Read at once: the walk is so deep that open folders would run into the limit of open files.
    Listed(std::vec::IntoIter<Entry>),
}

/// How deep folders are held open.
const OPEN_LEVELS: usize = 64;

impl Level {
    /// Opens `folder` at a depth; `None` if it is not there (any more).
    fn open(folder: &Path, depth: usize) -> anyhow::Result<Option<Self>> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(error).with_context(|| format!("read folder {}", folder.display())),
        };
        let mut entries = Entries::Open(entries);
        if depth >= OPEN_LEVELS {
            entries = Entries::Listed(entries.collect::<Vec<_>>().into_iter());
        }
        Ok(Some(Self { folder: folder.to_path_buf(), entries, entries_kept: 0 }))
    }
}

impl Iterator for Entries {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        match self {
            Self::Open(entries) => {
                let entry = entries.next()?;
                Some(entry.and_then(|entry| Ok((entry.path(), entry.file_type()?.is_dir()))))
            }
            Self::Listed(entries) => entries.next(),
        }
    }
}
