//! `--input file`: shows one input, and nothing beside it, to a guest that opens files.
//!
//! WASI grants folders, not files. So the input is copied into a folder of its own, which is granted read-only: its siblings
//! are not there, and the guest holds no handle on the user's own file.

use std::fs::{self, DirBuilder, File, FileTimes};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;

use super::io::EPOCH;
use crate::input::Input;
use crate::outcome::{Failure, FailureKind};

const COPY_BYTES: usize = 256 << 10;

/// What a file may be called at most, on every file system in use.
const NAME_BYTES: usize = 255;

/// A folder that holds at most one input.
pub struct Staging {
    folder: PathBuf,
}

impl Staging {
    /// # Errors
    /// If the folder cannot be made, or what an earlier run left in it not be removed.
    pub fn create(folder: &Path) -> anyhow::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("empty {}", folder.display()))?;
        }
        // The copy must not be open to more people than the input is.
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(folder).with_context(|| format!("create {}", folder.display()))?;
        Ok(Self { folder: folder.to_owned() })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Copies `input` into the folder under `name`, which must be valid in a path. It is gone when the result is dropped.
    ///
    /// # Errors
    /// `input` if it cannot be read or changed, `host` if it cannot be copied.
    pub fn stage(&self, name: &str, input: &mut dyn Input) -> Result<Staged, Failure> {
        let mut staged = Staged { path: self.folder.join(name), size_bytes: 0 };
        let host = |error: std::io::Error| {
            Failure::new(FailureKind::Host, format!("copy the input to {}: {error}", staged.path.display()))
        };
        let mut file = File::options().write(true).create_new(true).open(&staged.path).map_err(host)?;
        let mut size_bytes = 0;
        let mut buffer = vec![0; COPY_BYTES];
        loop {
            match input.read(&mut buffer)? {
                0 => break,
                read_bytes => {
                    file.write_all(&buffer[..read_bytes]).map_err(host)?;
                    size_bytes += read_bytes as u64;
                }
            }
        }
        input.verify()?;
        // The guest is to see the time of its own clock, not the host's.
        let times =
            FileTimes::new().set_accessed(SystemTime::UNIX_EPOCH + EPOCH).set_modified(SystemTime::UNIX_EPOCH + EPOCH);
        file.set_times(times).map_err(host)?;
        File::open(&self.folder).and_then(|folder| folder.set_times(times)).map_err(host)?;
        staged.size_bytes = size_bytes;
        Ok(staged)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What stays is removed by the next run.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub struct Staged {
    path: PathBuf,
    size_bytes: u64,
}

impl Staged {
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The name under which the guest finds the input: the last component of its path as views show it.
pub fn guest_name(shown_path: &str) -> &str {
    match shown_path.rsplit('/').next() {
        Some(name) if !name.is_empty() && name.len() <= NAME_BYTES => name,
        _ => "input",
    }
}
