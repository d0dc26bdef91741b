//! The lock that keeps a second run out of an output folder. The kernel holds it, so it dies with the process.

use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;

use super::error::Error;

const NAME: &str = "lock";
/// What a lock file begins with, the process id following. Tells ours from a stranger's file called `lock`.
const SIGNATURE: &str = "sandmill ";

/// The right to write to an output folder, for as long as this lives. The file stays: removing it would let two
/// processes hold locks on two files of one name.
#[derive(Debug)]
pub struct Lock {
    folder: PathBuf,
    _file: File,
}

/// Another process has the folder.
#[derive(Debug, thiserror::Error)]
#[error("another sandmill{} is using {}", pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(), folder.display())]
pub struct Locked {
    pub folder: PathBuf,
    /// Who says to hold it, if that could be read.
    pub pid: Option<u32>,
}

impl Lock {
    /// Takes the lock of `folder`, which is created if it is not there.
    ///
    /// # Errors
    /// [`Locked`] if another process has it; [`Error::Foreign`] if the folder has a file called `lock` that is not
    /// ours.
    pub fn acquire(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("create folder {}", folder.display()))?;
        let path = folder.join(NAME);
        let about = || format!("lock {}", path.display());
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("open {}", path.display()))?;
        let locked = try_lock(&file);
        let mut start = Vec::new();
        (&file).take(64).read_to_end(&mut start).with_context(about)?;
        let content = String::from_utf8_lossy(&start);
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Locked { folder: folder.to_path_buf(), pid: pid_in(&content) }.into());
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(about),
        }
        // Empty is the file of a process that died before it wrote.
        if !content.is_empty() && !content.starts_with(SIGNATURE) {
            return Err(Error::Foreign { folder: folder.to_path_buf(), name: NAME }.into());
        }
        file.set_len(0).with_context(about)?;
        file.rewind().with_context(about)?;
        writeln!(file, "{SIGNATURE}{}", std::process::id()).with_context(about)?;
        Ok(Self { folder: folder.to_path_buf(), _file: file })
    }

    /// Who holds the lock of `folder`, if somebody does. Makes nothing.
    pub fn holder(folder: &Path) -> Option<Locked> {
        let path = folder.join(NAME);
        let file = File::open(&path).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => {}
            Ok(()) | Err(TryLockError::Error(_)) => return None,
        }
        let mut content = String::new();
        // A pid that cannot be read is not known.
        let _ = (&file).take(64).read_to_string(&mut content);
        Some(Locked { folder: folder.to_path_buf(), pid: pid_in(&content) })
    }

    /// The folder that is locked.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Tries to lock `file`. Who asks for the holder has the lock for an instant, which is no reason to give up.
fn try_lock(file: &File) -> Result<(), TryLockError> {
    for _ in 0..4 {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(25)),
            other => return other,
        }
    }
    file.try_lock()
}

fn pid_in(content: &str) -> Option<u32> {
    content.strip_prefix(SIGNATURE)?.trim_end().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_is_refused_and_names_the_holder() {
        let out = tempfile::tempdir().unwrap();
        let folder = out.path().join("new/out");
        let lock = Lock::acquire(&folder).unwrap();
        assert_eq!(Lock::holder(&folder).unwrap().pid, Some(std::process::id()));
        let error = Lock::acquire(&folder).unwrap_err();
        let locked = error.downcast_ref::<Locked>().unwrap();
        assert_eq!(locked.pid, Some(std::process::id()));
        assert!(error.to_string().contains("is using"), "{error}");
        drop(lock);
        assert!(Lock::holder(&folder).is_none());
        Lock::acquire(&folder).unwrap();
    }

    #[test]
    fn a_strangers_file_called_lock_is_left_alone() {
        let out = tempfile::tempdir().unwrap();
        fs::write(out.path().join(NAME), "of the front door").unwrap();
        let error = Lock::acquire(out.path()).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(Error::Foreign { name: NAME, .. })), "{error}");
        assert_eq!(fs::read(out.path().join(NAME)).unwrap(), b"of the front door");
    }

    #[test]
    fn the_lock_file_of_a_dead_process_is_taken_over() {
        let out = tempfile::tempdir().unwrap();
        fs::write(out.path().join(NAME), "sandmill 4294967295\n").unwrap();
        Lock::acquire(out.path()).unwrap();
        assert_eq!(fs::read_to_string(out.path().join(NAME)).unwrap(), format!("sandmill {}\n", std::process::id()));
    }
}
