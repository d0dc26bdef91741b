//! The input of a task: in memory as a whole, or pulled from the host piece by piece.

use std::cell::OnceCell;

use crate::boundary;
use crate::error::{Context as _, Error, Result};
use crate::lines::{Lines, Records};
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
    /// `None` if nobody knows before it was read.
    len: Option<u64>,
    path: OnceCell<String>,
}

impl Input {
    /// An input that is in memory as a whole.
    pub(crate) fn whole(bytes: Vec<u8>) -> Self {
        let len = Some(bytes.len() as u64);
        Self { window: bytes, has_more: false, len, ..Self::pulled(len) }
    }

    /// An input that the host gives piece by piece, of `len` bytes if that is known.
    pub(crate) fn pulled(len: Option<u64>) -> Self {
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
    ///
    /// For a large input that is decompressed on the way it is not known before all has been read: then this counts what
    /// has been read and what is in memory, after trying to take the rest there. See [`known_len`](Self::known_len).
    pub fn len(&self) -> u64 {
        self.len.unwrap_or_else(|| self.offset + self.bytes().map_or(0, |rest| rest.len() as u64))
    }

    /// The size of the whole input in bytes, if it is known.
    pub fn known_len(&self) -> Option<u64> {
        self.len
    }

    /// Whether the input has no bytes at all.
    pub fn is_empty(&self) -> bool {
        // What is of unknown size is large.
        self.len == Some(0)
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

    /// Reads the input record by record, where each is a line: NDJSON, and what sandmill's `--split lines`,
    /// `json-entries` and `json-array` give.
    pub fn records(&mut self) -> Records<'_> {
        Records::new(self)
    }

    /// Where in its file the input begins, in bytes: 0 unless it is a chunk of one (`--split`).
    pub fn chunk_offset(&self) -> u64 {
        boundary::chunk_offset()
    }

    /// The number of the input's first record in its file, counted from 1; `None` where that is not known. It is 1 unless
    /// the input is a chunk.
    pub fn first_record(&self) -> Option<u64> {
        Some(boundary::first_record()).filter(|&number| number > 0)
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
        let mut rest = Vec::new();
        match self.len {
            Some(len) => self.pull_known(len, &mut rest),
            None => self.pull_unknown(&mut rest),
        }
        .map_err(|_| match self.len {
            Some(len) => Error::msg(format_args!("{len} bytes of input do not fit into memory: read it in parts")),
            None => Error::msg("the input does not fit into memory: read it in parts"),
        })?;
        Ok(rest)
    }

    fn pull_known(&self, len: u64, rest: &mut Vec<u8>) -> std::result::Result<(), DoesNotFit> {
        let unread = usize::try_from(len - self.offset).map_err(|_| DoesNotFit)?;
        rest.try_reserve_exact(unread).map_err(|_| DoesNotFit)?;
        rest.extend_from_slice(&self.window[self.start..]);
        while rest.len() < unread && boundary::input_read(rest) > 0 {}
        Ok(())
    }

    fn pull_unknown(&self, rest: &mut Vec<u8>) -> std::result::Result<(), DoesNotFit> {
        rest.try_reserve(self.window.len() + PULL_BYTES).map_err(|_| DoesNotFit)?;
        rest.extend_from_slice(&self.window[self.start..]);
        while boundary::input_read(rest) > 0 {
            rest.try_reserve(PULL_BYTES).map_err(|_| DoesNotFit)?;
        }
        Ok(())
    }
}

/// The input is larger than what is left of the memory.
struct DoesNotFit;
