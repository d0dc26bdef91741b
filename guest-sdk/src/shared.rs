//! Shared data: files that every task may read (`--share`).

use std::io::{self, Read, Seek, SeekFrom};

use crate::boundary;

/// A file of the shared data, read from where the last read stopped or from any offset.
///
/// ```no_run
/// use sandmill_guest::{Context as _, Error, Result, shared};
///
/// fn stop_words() -> Result<Vec<String>> {
///     let words = shared("stop-words.txt").ok_or_else(|| Error::msg("no stop-words.txt: run with --share"))?;
///     Ok(String::from_utf8(words.to_vec()).context("stop-words.txt")?.lines().map(str::to_owned).collect())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Shared {
    name: String,
    len: u64,
    position: u64,
}

/// The file `name` of the shared data, if there is one: the name of the file that is shared, or its path in the folder that
/// is.
pub fn shared(name: &str) -> Option<Shared> {
    let len = boundary::shared_len(name)?;
    Some(Shared { name: name.to_owned(), len, position: 0 })
}

impl Shared {
    /// Its size in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Fills `buffer` from `offset` on, as far as the file goes; the number of bytes.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> usize {
        if offset >= self.len { 0 } else { boundary::shared_read(&self.name, offset, buffer) }
    }

    /// All of it.
    pub fn to_vec(&self) -> Vec<u8> {
        // What does not fit into memory cannot be asked for: the host ends a guest that tries.
        let mut bytes = vec![0; usize::try_from(self.len).unwrap_or(usize::MAX)];
        let read = self.read_at(0, &mut bytes);
        bytes.truncate(read);
        bytes
    }
}

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.read_at(self.position, buffer);
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.len.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
