//! `--output-files`: a folder that a WASI command may write to, and whose files are files of its task.
//!
//! The guest has a folder of the host, so what it does there takes disk, and is counted while it does: see [`Quota`]. When it
//! has ended, the files are read and checked as those are that come by calls; nothing that is no plain file can be among
//! them, since a guest can make no links.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use anyhow::Context as _;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::OpenMode;
use wasmtime_wasi::filesystem::Descriptor;

use super::io::output_limit;
use crate::file::{FILE_COST_BYTES, GivenFile, GivenFiles};
use crate::outcome::{Failure, FailureKind};

/// How deep folders may lie in each other: far more than names of files allow for anything but malice.
const DEPTH: usize = 64;

/// After so many calls into the host, each of which makes one entry at most, the folder is looked through.
const CALLS: u64 = 256;

/// One worker's folder.
pub struct OutputFolder {
    folder: PathBuf,
    /// Where what is to go is taken apart.
    trash: PathBuf,
}

impl OutputFolder {
    /// # Errors
    /// If the folder cannot be made, or what an earlier run left in it not be removed.
    pub fn create(folder: &Path) -> anyhow::Result<Self> {
        let this = Self { folder: folder.to_owned(), trash: folder.with_extension("trash") };
        for folder in [&this.folder, &this.trash] {
            let mut builder = DirBuilder::new();
            builder.recursive(true).mode(0o700);
            builder.create(folder).with_context(|| format!("create {}", folder.display()))?;
        }
        this.empty().with_context(|| format!("empty {}", folder.display()))?;
        Ok(this)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The same, empty, for a task; what the task leaves in it is gone when the result is dropped.
    ///
    /// # Errors
    /// `host` if what an earlier task left cannot be removed.
    pub fn begin(&self) -> Result<Begun<'_>, Failure> {
        self.empty().map_err(|error| unreadable(&self.folder, &error))?;
        Ok(Begun { of: self })
    }

    /// What lies in a folder comes up before the folder goes, so that no depth is one of ours.
    fn empty(&self) -> io::Result<()> {
        let mut number = 0_u64;
        let mut place = || {
            number += 1;
            self.trash.join(number.to_string())
        };
        // What a kill has left there has such names, too.
        while let Some(left) = fs::read_dir(&self.trash)?.next() {
            take_apart(&left?.path(), &mut place)?;
        }
        for entry in fs::read_dir(&self.folder)? {
            let place = place();
            fs::rename(entry?.path(), &place)?;
        }
        while let Some(entry) = fs::read_dir(&self.trash)?.next() {
            take_apart(&entry?.path(), &mut place)?;
        }
        Ok(())
    }
}

/// Removes a file, or a folder after what lies in it was moved to new places.
fn take_apart(path: &Path, place: &mut impl FnMut() -> PathBuf) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.is_dir() {
        return fs::remove_file(path);
    }
    for inner in fs::read_dir(path)? {
        let mut free = place();
        while fs::symlink_metadata(&free).is_ok() {
            free = place();
        }
        fs::rename(inner?.path(), free)?;
    }
    fs::remove_dir(path)
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        // What stays is removed by the next run.
        let _ = self.empty();
        let _ = fs::remove_dir(&self.folder);
        let _ = fs::remove_dir(&self.trash);
    }
}

/// The folder of a task.
pub struct Begun<'a> {
    of: &'a OutputFolder,
}

impl Begun<'_> {
    /// What the task may have there.
    pub fn quota(&self, limit_bytes: usize) -> Quota {
        Quota {
            folder: self.of.folder.clone(),
            limit_bytes,
            sizes: HashMap::new(),
            held_bytes: 0,
            streams: Vec::new(),
            calls: 0,
            next_survey: CALLS,
        }
    }

    /// The files that the task has written, which has given so much output otherwise.
    ///
    /// # Errors
    /// `output_limit` if it is too much, `bad_output` if one has a name that no file can have.
    pub fn collect(&self, spent_bytes: usize, limit_bytes: usize) -> Result<Vec<GivenFile>, Failure> {
        let mut given = GivenFiles::default();
        let survey = Survey::of(&self.of.folder)?;
        if survey.cost_bytes().saturating_add(spent_bytes as u64) > limit_bytes as u64 {
            return Err(output_limit(limit_bytes));
        }
        for path in survey.files {
            let name = path.strip_prefix(&self.of.folder).unwrap_or(&path);
            let (bytes, _) = given.open(name.as_os_str().as_bytes())?;
            File::open(&path)
                .and_then(|file| file.take(limit_bytes as u64).read_to_end(bytes))
                .map_err(|error| unreadable(&path, &error))?;
        }
        Ok(given.into_files())
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        // What stays is removed when the next task begins.
        let _ = self.of.empty();
    }
}

/// What a guest has on disk, counted after each of its calls into the host. So a guest can exceed its limit by what one call
/// writes, which is bounded as every call is.
///
/// The sizes of files that are open for writing are asked for each time; only they can have changed. What has been removed
/// meanwhile counts until the limit seems to be reached: then the folder is looked through, and what is there counts. It is
/// also looked through from time to time, for the number of its entries. So whether a guest fails depends on what it does alone.
pub struct Quota {
    folder: PathBuf,
    limit_bytes: usize,
    /// By inode.
    sizes: HashMap<u64, u64>,
    /// All of these.
    held_bytes: u64,
    /// Files that are written by streams, which outlive their descriptors.
    streams: Vec<Weak<File>>,
    calls: u64,
    next_survey: u64,
}

impl Quota {
    /// A stream begins to write to `file`.
    pub fn watch(&mut self, file: &Arc<File>) {
        self.streams.push(Arc::downgrade(file));
    }

    /// To be called after each call into the host. `table` is what WASI holds for the guest.
    ///
    /// # Errors
    /// `output_limit` if there is more in the folder than may be.
    pub fn check(&mut self, table: &mut ResourceTable) -> Result<(), Failure> {
        self.calls += 1;
        self.note_open(table)?;
        if self.calls < self.next_survey && self.held_bytes <= self.limit_bytes as u64 {
            return Ok(());
        }
        let survey = Survey::of(&self.folder)?;
        let entries_bytes = survey.entries_bytes();
        self.next_survey = self.calls + CALLS.max(survey.entries);
        self.sizes = survey.sizes;
        self.held_bytes = self.sizes.values().fold(0, |sum, size| sum.saturating_add(*size));
        // What has no name any more takes disk for as long as it is open.
        self.note_open(table)?;
        if self.held_bytes.saturating_add(entries_bytes) > self.limit_bytes as u64 {
            return Err(output_limit(self.limit_bytes));
        }
        Ok(())
    }

    fn note_open(&mut self, table: &mut ResourceTable) -> Result<(), Failure> {
        for resource in table.iter_mut() {
            if let Some(Descriptor::File(file)) = resource.downcast_ref()
                && file.open_mode.contains(OpenMode::WRITE)
            {
                note(&mut self.sizes, &mut self.held_bytes, &file.file)?;
            }
        }
        let mut streams = std::mem::take(&mut self.streams);
        streams.retain(|file| file.strong_count() > 0);
        for file in streams.iter().filter_map(Weak::upgrade) {
            note(&mut self.sizes, &mut self.held_bytes, &file)?;
        }
        self.streams = streams;
        Ok(())
    }
}

fn note(sizes: &mut HashMap<u64, u64>, held_bytes: &mut u64, file: &File) -> Result<(), Failure> {
    let metadata = file
        .metadata()
        .map_err(|error| Failure::new(FailureKind::Host, format!("look at a file of the guest: {error}")))?;
    let before = sizes.insert(metadata.ino(), metadata.len()).unwrap_or(0);
    *held_bytes = held_bytes.saturating_sub(before).saturating_add(metadata.len());
    Ok(())
}

/// What lies in the folder.
struct Survey {
    /// Files and folders.
    entries: u64,
    files: Vec<PathBuf>,
    /// Of the files, by inode.
    sizes: HashMap<u64, u64>,
}

impl Survey {
    /// # Errors
    /// `bad_output` if there is anything but files and folders, or they lie too deep; `host` if it cannot be read.
    fn of(folder: &Path) -> Result<Self, Failure> {
        let mut survey = Self { entries: 0, files: Vec::new(), sizes: HashMap::new() };
        let mut folders = vec![(folder.to_owned(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            if depth > DEPTH {
                return Err(Failure::new(
                    FailureKind::BadOutput,
                    format!("folders in /output lie in each other more than {DEPTH} deep"),
                ));
            }
            let fail = |error: io::Error| match error.kind() {
                // Only what lies deep has a path of such a length.
                io::ErrorKind::InvalidFilename => {
                    Failure::new(FailureKind::BadOutput, "a path in /output is longer than any that can be opened")
                }
                _ => unreadable(&folder, &error),
            };
            for entry in fs::read_dir(&folder).map_err(fail)? {
                let entry = entry.map_err(fail)?;
                let metadata = entry.metadata().map_err(fail)?;
                survey.entries += 1;
                if metadata.is_dir() {
                    folders.push((entry.path(), depth + 1));
                } else if metadata.is_file() {
                    survey.sizes.insert(metadata.ino(), metadata.len());
                    survey.files.push(entry.path());
                } else {
                    return Err(Failure::new(FailureKind::BadOutput, "what is no file is in /output"));
                }
            }
        }
        Ok(survey)
    }

    /// What the entries cost besides their bytes.
    fn entries_bytes(&self) -> u64 {
        self.entries.saturating_mul(FILE_COST_BYTES as u64)
    }

    fn cost_bytes(&self) -> u64 {
        self.sizes.values().fold(self.entries_bytes(), |sum, size| sum.saturating_add(*size))
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(FailureKind::Host, format!("look through {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_any_depth_is_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let output = OutputFolder::create(&folder.path().join("0.out")).unwrap();
        // Deeper than any path can say: each part is made on its own, and then put into the next.
        let deep = "d/".repeat(1_500);
        for _ in 0..3 {
            let begun = folder.path().join("begun");
            fs::create_dir_all(begun.join(&deep)).unwrap();
            if output.folder().join("d").exists() {
                fs::rename(output.folder().join("d"), begun.join(&deep).join("d")).unwrap();
            }
            fs::rename(begun.join("d"), output.folder().join("d")).unwrap();
        }
        fs::write(output.folder().join("1"), "x").unwrap();
        assert_eq!(Survey::of(output.folder()).err().unwrap().kind, FailureKind::BadOutput);
        drop(output.begin().unwrap());
        assert_eq!(fs::read_dir(output.folder()).unwrap().count(), 0);
        drop(output);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only what this test made");
    }
}
