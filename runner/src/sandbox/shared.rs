//! `--share`: data that every task may read. Copied once for a run, and never for a task.
//!
//! Guests see the copy and nothing else, so whatever happens to the user's own files meanwhile, what was read is what the
//! fingerprint says; there are no links in it to leave it by, and no times of the host.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, FileTimes, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::io::EPOCH;
use crate::digest::hex;
use crate::outcome::{Failure, FailureKind};

/// More files than this are no data to look things up in, but inputs.
const MOST_FILES: usize = 100_000;

/// What the copies are called in the folder for temporary files.
const PREFIX: &str = "sandmill-shared-";

const READ_BYTES: usize = 256 << 10;

/// The shared data of a run: a folder of files, and what they are.
#[derive(Debug)]
pub struct Shared {
    share: Share,
    /// Of the process that made it.
    _copy: Option<Copy>,
}

/// What there is to know of shared data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Share {
    folder: PathBuf,
    /// The size of each file by its path in the folder, with `/` between its parts.
    files: BTreeMap<String, u64>,
    sha256: String,
}

/// The folder, which is gone when this is dropped.
#[derive(Debug)]
struct Copy {
    _folder: TempDir,
    /// Locked, so that no sweep takes the folder for a dead process's.
    _lock: File,
}

impl Shared {
    /// Copies a file, or all files of a folder, to where guests read them. Removes the copies that killed runs have left.
    ///
    /// # Errors
    /// If something cannot be read or copied, or is neither a file nor a folder: a link in a folder could lead anywhere.
    pub fn copy(source: &Path) -> anyhow::Result<Self> {
        let about = || format!("share {}", source.display());
        let temporary = std::env::temp_dir();
        sweep(&temporary);
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            // The copy must not be open to more people than the data is.
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(&temporary)
            .with_context(|| format!("create a folder in {}", temporary.display()))?;
        let lock = File::open(folder.path()).with_context(about)?;
        // Where locks cannot be had, nobody sweeps either.
        let _ = lock.try_lock();
        let mut copying = Copying { to: folder.path().to_owned(), files: BTreeMap::new(), digest: Sha256::new() };
        let metadata = fs::metadata(source).with_context(about)?;
        if metadata.is_dir() {
            copying.folder(source, "").with_context(about)?;
        } else if metadata.is_file() {
            let name = source.canonicalize().with_context(about)?;
            // The name that was given, not that of what a link leads to.
            let name = source.file_name().or(name.file_name()).and_then(|name| name.to_str());
            let name = name.context("its name is not UTF-8").with_context(about)?;
            copying.file(source, name).with_context(about)?;
        } else {
            bail!("share {}: not a file or a folder", source.display());
        }
        let Copying { files, digest, .. } = copying;
        let share = Share { folder: folder.path().to_owned(), files, sha256: hex(&digest.finalize()) };
        Ok(Self { share, _copy: Some(Copy { _folder: folder, _lock: lock }) })
    }

    /// What another process has copied, and will remove.
    pub fn of_another(share: Share) -> Self {
        Self { share, _copy: None }
    }

    /// What another process has to know to read it.
    pub fn share(&self) -> &Share {
        &self.share
    }

    /// Where the files are.
    pub fn folder(&self) -> &Path {
        &self.share.folder
    }

    /// Hash of all names and contents.
    pub fn sha256(&self) -> &str {
        &self.share.sha256
    }

    /// The size of a file, if there is one by this name.
    pub fn file_bytes(&self, name: &str) -> Option<u64> {
        self.share.files.get(name).copied()
    }

    /// Opens a file for one guest; `None` if there is none by this name.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(&self, name: &str) -> io::Result<Option<SharedFile>> {
        let Some((name, &file_bytes)) = self.share.files.get_key_value(name) else { return Ok(None) };
        let file = File::open(self.share.folder.join(name))?;
        Ok(Some(SharedFile { name: name.clone(), file, file_bytes }))
    }
}

/// A file that a guest reads from. The last one stays open, since it is mostly the next one as well.
#[derive(Debug)]
pub struct SharedFile {
    pub name: String,
    file: File,
    file_bytes: u64,
}

impl SharedFile {
    /// Fills `buffer` from `offset` on, as far as the file goes.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, Failure> {
        // Offsets beyond what a file can have are an error to the system.
        if offset >= self.file_bytes {
            return Ok(0);
        }
        let mut filled_bytes = 0;
        while filled_bytes < buffer.len() {
            match self.file.read_at(&mut buffer[filled_bytes..], offset.saturating_add(filled_bytes as u64)) {
                Ok(0) => break,
                Ok(read_bytes) => filled_bytes += read_bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(error)),
            }
        }
        Ok(filled_bytes)
    }
}

/// The failure of a task for which shared data could not be read.
pub fn unreadable(error: io::Error) -> Failure {
    Failure::new(FailureKind::Host, format!("read shared data: {error}"))
}

struct Copying {
    to: PathBuf,
    files: BTreeMap<String, u64>,
    digest: Sha256,
}

impl Copying {
    /// Copies what is in `source` to the folder `name`, in the order of the names.
    fn folder(&mut self, source: &Path, name: &str) -> anyhow::Result<()> {
        let about = || format!("read folder {}", source.display());
        let entries = fs::read_dir(source).with_context(about)?;
        let mut entries = entries.collect::<io::Result<Vec<_>>>().with_context(about)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let file_name = entry.file_name();
            let Some(file_name) = file_name.to_str() else { bail!("{}: its name is not UTF-8", path.display()) };
            let name = if name.is_empty() { file_name.to_owned() } else { format!("{name}/{file_name}") };
            let file_type = entry.file_type().with_context(|| format!("look at {}", path.display()))?;
            if file_type.is_dir() {
                let folder = self.to.join(&name);
                DirBuilder::new()
                    .mode(0o700)
                    .create(&folder)
                    .with_context(|| format!("create {}", folder.display()))?;
                self.folder(&path, &name)?;
            } else if file_type.is_file() {
                self.file(&path, &name)?;
            } else {
                bail!("{}: neither a file nor a folder; copy what a link leads to", path.display());
            }
        }
        let folder = self.to.join(name);
        set_times(&folder).with_context(|| format!("copy to {}", folder.display()))
    }

    fn file(&mut self, source: &Path, name: &str) -> anyhow::Result<()> {
        if self.files.len() >= MOST_FILES {
            bail!("more than {MOST_FILES} files: shared data is for lookups; a tree of files is what inputs are for");
        }
        let target = self.to.join(name);
        // On file systems that can, this shares the blocks.
        fs::copy(source, &target)
            .with_context(|| format!("copy {} to {} (TMPDIR says where)", source.display(), target.display()))?;
        let hashed = self.hash(&target, name).and_then(|()| set_times(&target));
        hashed.with_context(|| format!("copy to {}", target.display()))
    }

    /// Reads what guests will read.
    fn hash(&mut self, path: &Path, name: &str) -> io::Result<()> {
        let mut content = Sha256::new();
        let mut file_bytes = 0;
        let mut file = File::open(path)?;
        let mut buffer = vec![0; READ_BYTES];
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                read_bytes => {
                    content.update(&buffer[..read_bytes]);
                    file_bytes += read_bytes as u64;
                }
            }
        }
        self.digest.update(name);
        self.digest.update([0]);
        self.digest.update(content.finalize());
        self.files.insert(name.to_owned(), file_bytes);
        Ok(())
    }
}

/// The guest is to see the time of its own clock, not the host's.
fn set_times(path: &Path) -> io::Result<()> {
    let time = SystemTime::UNIX_EPOCH + EPOCH;
    File::open(path)?.set_times(FileTimes::new().set_accessed(time).set_modified(time))
}

/// Removes the copies of processes that are dead. What cannot be removed does no harm.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_named_so = entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes());
        let user = rustix::process::getuid().as_raw();
        // Others may write here as well: only a folder of this user's is opened, which cannot make us wait.
        if is_named_so
            && entry.path().symlink_metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user)
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn tree(files: &[(&str, &str)]) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        dir
    }

    fn sha256(files: &[(&str, &str)]) -> String {
        Shared::copy(tree(files).path()).unwrap().share.sha256
    }

    #[test]
    fn a_folder_is_known_by_the_names_and_contents_of_its_files() {
        let same = sha256(&[("a", "1"), ("d/b", "2")]);
        assert_eq!(sha256(&[("d/b", "2"), ("a", "1")]), same);
        for other in
            [&[("a", "1")][..], &[("a", "1"), ("d/b", "3")], &[("a", "1"), ("db", "2")], &[("a", "2"), ("d/b", "1")]]
        {
            assert_ne!(sha256(other), same);
        }
        let dir = tree(&[("one.txt", "x")]);
        let file = Shared::copy(&dir.path().join("one.txt")).unwrap();
        assert_eq!(file.sha256(), sha256(&[("one.txt", "x")]));
        assert_eq!(file.file_bytes("one.txt"), Some(1));
    }

    #[test]
    fn what_changes_afterwards_is_not_seen() {
        let dir = tree(&[("d/a", "before")]);
        let shared = Shared::copy(dir.path()).unwrap();
        fs::write(dir.path().join("d/a"), "after!").unwrap();
        let mut buffer = [0; 8];
        let file = shared.open("d/a").unwrap().unwrap();
        assert_eq!(file.read_at(&mut buffer, 2).unwrap(), 4);
        assert_eq!(&buffer[..4], b"fore");
        assert_eq!(file.read_at(&mut buffer, u64::MAX).unwrap(), 0);
        for name in ["a", "../a", "d", "", "/d/a", "d/../d/a"] {
            assert!(shared.open(name).unwrap().is_none(), "{name:?}");
        }
        let copy = shared.folder().to_owned();
        drop(shared);
        assert!(!copy.exists());
    }

    #[test]
    fn links_and_what_is_no_file_are_refused() {
        let dir = tree(&[("a", "1")]);
        symlink("/etc/passwd", dir.path().join("link")).unwrap();
        let error = format!("{:#}", Shared::copy(dir.path()).unwrap_err());
        assert!(error.contains("/link: neither a file nor a folder"), "{error}");
        assert!(Shared::copy(Path::new("/dev/null")).is_err());
        assert!(Shared::copy(&dir.path().join("none")).is_err());
        // A link that is named itself is meant.
        symlink(dir.path().join("a"), dir.path().join("alias")).unwrap();
        assert_eq!(Shared::copy(&dir.path().join("alias")).unwrap().file_bytes("alias"), Some(1));
    }

    #[test]
    fn a_copy_of_a_dead_process_is_removed_and_one_in_use_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (dead, used) = (folder.path().join("sandmill-shared-dead"), folder.path().join("sandmill-shared-used"));
        for path in [&dead, &used] {
            fs::create_dir(path).unwrap();
        }
        let lock = File::open(&used).unwrap();
        lock.try_lock().unwrap();
        fs::write(folder.path().join("sandmill-shared-file"), "").unwrap();
        sweep(folder.path());
        assert!(!dead.exists() && used.exists() && folder.path().join("sandmill-shared-file").exists());
    }
}
