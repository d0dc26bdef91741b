//! One input: found again by its identity, opened, read as the file that it was when it was opened.
//!
//! A small input costs five system calls: open, fstat, read, fstat, close. So what is read to see whether a file is compressed is
//! kept, for whoever reads it then.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::{FileType, Mode, OFlags, fstat, openat};
use rustix::io::{Errno, pread, retry_on_intr};

use crate::input::Input;
use crate::outcome::{Failure, FailureKind};
use crate::task::{Identity, TaskPath};

use super::root::{Root, identity_of};

/// An input, open for reading from its start: a file, or a range of one. It has as many bytes as it had when it was opened:
/// all of them can be read, or the read fails.
///
/// A file of the system's own that says it is empty and is not (`/proc/...`) is read as empty.
#[derive(Debug)]
pub struct InputFile {
    file: OwnedFd,
    path: TaskPath,
    identity: Identity,
    /// Which bytes of the file it is.
    range: Range<u64>,
    /// In the range.
    position: u64,
    /// The first bytes of the range, as far as they have been read before anybody asked for them.
    head: Vec<u8>,
}

/// What is read at first: all of most files that come in thousands. Copying it costs less than another system call.
const HEAD_BYTES: u64 = 4096;

impl InputFile {
    /// # Errors
    /// [`FailureKind::Input`] if there is no regular file at `path`, or it may not be read.
    pub fn open(root: &Root, path: &TaskPath) -> Result<Self, Failure> {
        // Not blocking: a pipe that took the place of the file would have us wait for a writer.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let opened = retry_on_intr(|| openat(root.folder(), path.to_path(), flags, Mode::empty()));
        let file = opened.map_err(|errno| failed("open", path, errno))?;
        let stat = fstat(&file).map_err(|errno| failed("look at", path, errno))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(input_failure(format!("open {path}: not a regular file")));
        }
        let identity = identity_of(&stat);
        Ok(Self { file, path: path.clone(), identity, range: 0..identity.size_bytes, position: 0, head: Vec::new() })
    }

    /// The bytes of the file in `range`, an input that is called `path`.
    ///
    /// # Errors
    /// [`FailureKind::BadInput`] if the file does not reach so far.
    pub fn window(self, path: &TaskPath, range: Range<u64>) -> Result<Self, Failure> {
        if range.start > range.end || range.end > self.identity.size_bytes {
            return Err(Failure::new(
                FailureKind::BadInput,
                format!("read {path}: {} was cut off, and not all of this is in it", self.path),
            ));
        }
        Ok(Self { path: path.clone(), range, position: 0, head: Vec::new(), ..self })
    }

    /// How many bytes there are to read.
    pub fn content_bytes(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// The file as it was opened, all of it.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Reads at `offset`, which does not move where [`Input::read`] is. At least one byte, if there is room for one.
    ///
    /// # Errors
    /// [`FailureKind::Input`] if it cannot be read, or ends before its size.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, Failure> {
        if buffer.is_empty() {
            return Ok(0);
        }
        match retry_on_intr(|| pread(&self.file, &mut *buffer, self.range.start.saturating_add(offset))) {
            Ok(0) => Err(self.changed()),
            Ok(bytes) => Ok(bytes),
            Err(errno) => Err(failed("read", &self.path, errno)),
        }
    }

    /// Checks that the file is still what it was when it was opened.
    ///
    /// A change that keeps the size is seen by the file's time, which on many systems only moves every few
    /// milliseconds: two changes within that, one before the file was opened and one after, look like one.
    ///
    /// # Errors
    /// [`FailureKind::Input`] if it is not.
    pub fn check_unchanged(&self) -> Result<(), Failure> {
        let stat = fstat(&self.file).map_err(|errno| failed("look at", &self.path, errno))?;
        if identity_of(&stat) == self.identity { Ok(()) } else { Err(self.changed()) }
    }

    /// The first bytes, as many as there are and fit.
    ///
    /// # Errors
    /// [`FailureKind::Input`] if they cannot be read.
    pub fn start<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], Failure> {
        let most = usize::try_from(self.content_bytes()).unwrap_or(usize::MAX).min(buffer.len());
        let read_bytes = self.read_at(&mut buffer[..most], 0)?;
        Ok(&buffer[..read_bytes])
    }

    /// The first bytes: all of them in a small file. They are not read again.
    ///
    /// # Errors
    /// [`FailureKind::Input`] if they cannot be read.
    pub fn head(&mut self) -> Result<&[u8], Failure> {
        if self.head.is_empty() {
            let mut head = vec![0; self.content_bytes().min(HEAD_BYTES) as usize];
            let read_bytes = self.read_at(&mut head, 0)?;
            head.truncate(read_bytes);
            self.head = head;
        }
        Ok(&self.head)
    }

    fn left_bytes(&self) -> u64 {
        self.content_bytes().saturating_sub(self.position)
    }

    fn advance(&mut self, got: rustix::io::Result<usize>) -> Result<usize, Failure> {
        match got {
            Ok(0) => Err(self.ended()),
            Ok(bytes) => {
                self.position += bytes as u64;
                Ok(bytes)
            }
            Err(errno) => Err(failed("read", &self.path, errno)),
        }
    }

    fn ended(&self) -> Failure {
        let Self { path, position, .. } = self;
        let size_bytes = self.content_bytes();
        input_failure(format!("read {path}: changed while it was read, it ends after {position} of {size_bytes} bytes"))
    }

    pub(super) fn changed(&self) -> Failure {
        input_failure(format!("read {}: changed while it was read", self.path))
    }
}

impl Input for InputFile {
    fn size_bytes(&self) -> Option<u64> {
        Some(self.content_bytes())
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let most = usize::try_from(self.left_bytes()).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let read = usize::try_from(self.position).ok().and_then(|position| self.head.get(position..));
        if let Some(read) = read.filter(|read| !read.is_empty()) {
            let bytes = most.min(read.len());
            buffer[..bytes].copy_from_slice(&read[..bytes]);
            self.position += bytes as u64;
            return Ok(bytes);
        }
        let offset = self.range.start + self.position;
        let got = retry_on_intr(|| pread(&self.file, &mut buffer[..most], offset));
        self.advance(got)
    }

    fn rewind(&mut self) -> Result<(), Failure> {
        self.position = 0;
        Ok(())
    }

    fn verify(&mut self) -> Result<(), Failure> {
        self.check_unchanged()
    }
}

/// An input as decoders read, from its start. What it says goes through them as it is: see [`failure_of`].
#[derive(Debug)]
pub struct FileReader {
    file: Arc<InputFile>,
    position: u64,
}

impl FileReader {
    pub fn new(file: Arc<InputFile>) -> Self {
        Self { file, position: 0 }
    }
}

impl Read for FileReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left_bytes = self.file.content_bytes().saturating_sub(self.position);
        let most = usize::try_from(left_bytes).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let read_bytes = self.file.read_at(&mut buffer[..most], self.position).map_err(io::Error::other)?;
        self.position += read_bytes as u64;
        Ok(read_bytes)
    }
}

impl Seek for FileReader {
    /// Also to behind the end, where nothing is left to read.
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.file.content_bytes().checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// What a [`FileReader`] met, if it is that which a decoder's error says.
pub fn failure_of(error: &io::Error) -> Option<&Failure> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<Failure>())
}

/// What the system says of an error, without its number.
pub(super) fn reason(error: &io::Error) -> String {
    let mut text = error.to_string();
    if error.raw_os_error().is_some()
        && let Some(end) = text.rfind(" (os error ")
    {
        text.truncate(end);
    }
    text
}

fn failed(verb: &str, path: &TaskPath, errno: Errno) -> Failure {
    input_failure(format!("{verb} {path}: {}", reason(&errno.into())))
}

fn input_failure(message: String) -> Failure {
    Failure::new(FailureKind::Input, message)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Write as _;
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    use rustix::fs::{CWD, mknodat};
    use tempfile::TempDir;

    use super::*;
    use crate::input::read_exact;

    fn read_all(input: &mut InputFile) -> Result<Vec<u8>, Failure> {
        let mut bytes = vec![0; usize::try_from(input.left_bytes()).unwrap()];
        read_exact(input, &mut bytes)?;
        Ok(bytes)
    }

    const CONTENT: &[u8] = b"0123456789";

    /// A root with the file `d/x`.
    fn root() -> (TempDir, Root, TaskPath) {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("d")).unwrap();
        fs::write(dir.path().join("d/x"), CONTENT).unwrap();
        let root = Root::open(dir.path()).unwrap();
        (dir, root, TaskPath::from_path(Path::new("d/x")))
    }

    fn message<T: std::fmt::Debug>(result: Result<T, Failure>) -> String {
        let failure = result.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Input);
        failure.message
    }

    #[test]
    fn a_file_is_read_in_any_of_the_ways() {
        let (dir, root, path) = root();
        let mut input = InputFile::open(&root, &path).unwrap();
        assert_eq!(input.identity(), root.stat(&path).unwrap());
        assert_eq!(input.identity().size_bytes, 10);
        assert_eq!(read_all(&mut input).unwrap(), CONTENT);
        assert_eq!(read_all(&mut input).unwrap(), b"");
        assert_eq!(input.read(&mut [0; 4]).unwrap(), 0);

        input.rewind().unwrap();
        let mut half = [0; 5];
        read_exact(&mut input, &mut half).unwrap();
        assert_eq!(&half, b"01234");
        let mut rest = [0; 9];
        assert_eq!(input.read(&mut rest).unwrap(), 5);
        assert_eq!(&rest[..5], b"56789");
        assert!(message(read_exact(&mut input, &mut half)).contains("ended before its size"));
        input.verify().unwrap();

        let absolute = TaskPath::from_path(&dir.path().join("d/x"));
        assert_eq!(read_all(&mut InputFile::open(&root, &absolute).unwrap()).unwrap(), CONTENT);
    }

    #[test]
    fn an_empty_file_is_read_without_a_read() {
        let (dir, root, path) = root();
        fs::write(dir.path().join("d/x"), "").unwrap();
        let mut input = InputFile::open(&root, &path).unwrap();
        assert_eq!(read_all(&mut input).unwrap(), b"");
        read_exact(&mut input, &mut []).unwrap();
        input.verify().unwrap();
    }

    #[test]
    fn what_cannot_be_opened_says_why() {
        let (dir, root, path) = root();
        let gone = TaskPath::from_path(Path::new("d/gone"));
        assert_eq!(message(InputFile::open(&root, &gone)), "open d/gone: No such file or directory");
        assert!(root.stat(&gone).is_err());
        let folder = TaskPath::from_path(Path::new("d"));
        assert_eq!(message(InputFile::open(&root, &folder)), "open d: not a regular file");
        // No writer ever comes: an open that waited for one would hang here.
        fs::remove_file(dir.path().join("d/x")).unwrap();
        mknodat(CWD, dir.path().join("d/x"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        assert_eq!(message(InputFile::open(&root, &path)), "open d/x: not a regular file");
    }

    #[test]
    fn a_change_of_size_is_noticed() {
        let (dir, root, path) = root();
        let mut input = InputFile::open(&root, &path).unwrap();
        File::options().append(true).open(dir.path().join("d/x")).unwrap().write_all(b"more").unwrap();
        // The read gives what was there; whether it still is what it was is for the check after it.
        assert_eq!(read_all(&mut input).unwrap(), CONTENT);
        assert_eq!(message(input.verify()), "read d/x: changed while it was read");
    }

    #[test]
    fn a_change_of_time_is_noticed() {
        let (dir, root, path) = root();
        let mut input = InputFile::open(&root, &path).unwrap();
        let file = File::options().write(true).open(dir.path().join("d/x")).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_nanos(1_500_000_001)).unwrap();
        assert_eq!(root.stat(&path).unwrap(), Identity { size_bytes: 10, mtime_ns: 1_500_000_001 });
        assert_eq!(message(input.verify()), "read d/x: changed while it was read");
        file.set_modified(SystemTime::UNIX_EPOCH - Duration::from_nanos(1)).unwrap();
        assert_eq!(root.stat(&path).unwrap().mtime_ns, -1);
    }

    #[test]
    fn a_file_that_ends_too_soon_fails_the_read() {
        let (dir, root, path) = root();
        let expected = "read d/x: changed while it was read, it ends after 4 of 10 bytes";
        for read in [
            |input: &mut InputFile| read_all(input).map(|_| ()),
            |input: &mut InputFile| read_exact(input, &mut [0; 10]),
        ] {
            fs::write(dir.path().join("d/x"), CONTENT).unwrap();
            let mut input = InputFile::open(&root, &path).unwrap();
            File::options().write(true).open(dir.path().join("d/x")).unwrap().set_len(4).unwrap();
            assert_eq!(message(read(&mut input)), expected);
            assert!(input.verify().is_err());
        }
    }
}
