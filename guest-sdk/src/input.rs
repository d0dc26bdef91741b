//! The input of a task: in memory as a whole, or pulled from the host piece by piece.

use std::cell::OnceCell;

use crate::boundary;
use crate::error::{Context as _, Error, Result};
use crate::lines::Lines;
use crate::reader::Reader;

/// How much is pulled at once when the input is read piece by piece.
const PULL_BYTES: usize = 64 << 10;

/// The input of a task.
///
/// Take it whole, with [`bytes`](Self::bytes) or [`text`](Self::text), if it fits into the sandbox's memory. If it may
/// not, read it, with [`lines`](Self::lines) or a [`reader`](Self::reader): then a small window of it is in memory.
#[derive(Debug)]
pub struct Input {
    /// A part of the input, of which everything before `start` has been read.
    window: Vec<u8>,
    start: usize,
    /// Whether there may be more input behind the window.
    has_more: bool,
    /// All that has not been read, when someone asked for it while it was not in the window.
    rest: OnceCell<Vec<u8>>,
    /// How much has been read.
    offset: u64,
    len: u64,
    path: OnceCell<String>,
}

impl Input {
    /// An input that is in memory as a whole.
    pub(crate) fn whole(bytes: Vec<u8>) -> Self {
        let len = bytes.len() as u64;
        Self { window: bytes, has_more: false, len, ..Self::pulled(len) }
    }

    /// An input of `len` bytes that the host gives piece by piece.
    pub(crate) fn pulled(len: u64) -> Self {
        Self {
            window: Vec::new(),
            start: 0,
            has_more: true,
            rest: OnceCell::new(),
            offset: 0,
            len,
            path: OnceCell::new(),
        }
    }

    /// The size of the whole input in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the input has no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many bytes of the input have been read so far: the offset of the next one.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The path of the input, as the `path` column of the results shows it.
    pub fn path(&self) -> &str {
        self.path.get_or_init(boundary::input_path)
    }

    /// The whole input, or what has not been read of it yet.
    ///
    /// # Errors
    /// If it does not fit into memory.
    pub fn bytes(&self) -> Result<&[u8]> {
        if !self.has_more {
            return Ok(&self.window[self.start..]);
        }
        if let Some(rest) = self.rest.get() {
            return Ok(rest);
        }
        let rest = self.pull_rest()?;
        Ok(self.rest.get_or_init(|| rest))
    }

    /// The whole input as text, or what has not been read of it yet.
    ///
    /// # Errors
    /// If it is not UTF-8, or does not fit into memory.
    pub fn text(&self) -> Result<&str> {
        std::str::from_utf8(self.bytes()?).context("the input is not text")
    }

    /// Parses the whole input, or what has not been read of it yet, as one JSON value, which may borrow from it.
    ///
    /// # Errors
    /// If it is not JSON, not a `T`, or does not fit into memory.
    #[cfg(feature = "json")]
    pub fn json<'de, T: serde::Deserialize<'de>>(&'de self) -> Result<T> {
        Ok(serde_json::from_slice(self.bytes()?)?)
    }

    /// Reads the input as any [`std::io::BufRead`].
    pub fn reader(&mut self) -> Reader<'_> {
        Reader::new(self)
    }

    /// Reads the input line by line.
    pub fn lines(&mut self) -> Lines<'_> {
        Lines::new(self)
    }

    /// What is in memory and has not been read.
    pub(crate) fn window(&mut self) -> &[u8] {
        self.settle();
        &self.window[self.start..]
    }

    /// Marks `amount` bytes of the window as read, and gives them.
    pub(crate) fn take(&mut self, amount: usize) -> &[u8] {
        self.settle();
        let start = self.start;
        self.start += amount;
        self.offset += amount as u64;
        &self.window[start..self.start]
    }

    /// Adds more of the input to the window; false if there is no more.
    pub(crate) fn widen(&mut self) -> bool {
        self.settle();
        if self.has_more {
            self.window.drain(..self.start);
            self.start = 0;
            self.window.reserve(PULL_BYTES);
            self.has_more = boundary::input_read(&mut self.window) > 0;
        }
        self.has_more
    }

    /// Makes the rest the window, if it is there: it begins with what the window has.
    fn settle(&mut self) {
        if let Some(rest) = self.rest.take() {
            (self.window, self.start, self.has_more) = (rest, 0, false);
        }
    }

    fn pull_rest(&self) -> Result<Vec<u8>> {
        let does_not_fit =
            || Error::msg(format_args!("{} bytes of input do not fit into memory: read it in parts", self.len));
        let unread = usize::try_from(self.len - self.offset).map_err(|_| does_not_fit())?;
        let mut rest = Vec::new();
        rest.try_reserve_exact(unread).map_err(|_| does_not_fit())?;
        rest.extend_from_slice(&self.window[self.start..]);
        while rest.len() < unread && boundary::input_read(&mut rest) > 0 {}
        Ok(rest)
    }
}
