//! What is split, as those who look for borders see it: blocks of bytes at offsets.
//!
//! A file is read wherever it is asked for. What is decompressed comes once and in order: what may still be asked for is kept,
//! and so is the chunk at hand, which its worker could not read for itself.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;

use crate::outcome::Failure;
use crate::source::compressed::Unpacked;
use crate::source::open::InputFile;

/// How much of a stream is read at a time.
const READ_BYTES: usize = 64 << 10;

#[derive(Debug)]
pub struct Blocks {
    source: Source,
    pub(super) block_bytes: usize,
}

#[derive(Debug)]
enum Source {
    File { file: Arc<InputFile>, buffer: Vec<u8> },
    Stream(Stream),
}

impl Blocks {
    pub(super) fn of_file(file: Arc<InputFile>, block_bytes: usize) -> Self {
        Self { source: Source::File { file, buffer: Vec::new() }, block_bytes }
    }

    pub(super) fn of_stream(stream: Stream, block_bytes: usize) -> Self {
        Self { source: Source::Stream(stream), block_bytes }
    }

    /// How many bytes there are, if that is known.
    pub(super) fn size_bytes(&self) -> Option<u64> {
        match &self.source {
            Source::File { file, .. } => Some(file.content_bytes()),
            Source::Stream(_) => None,
        }
    }

    /// The bytes from `offset` on, `most_bytes` of them or as many as there are before `end`, and whether none follow.
    pub(super) fn at(&mut self, offset: u64, end: u64, most_bytes: usize) -> Result<(&[u8], bool), Failure> {
        let left_bytes = usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX);
        let wanted = left_bytes.min(most_bytes).min(self.block_bytes);
        match &mut self.source {
            Source::File { file, buffer } => {
                if buffer.len() < wanted {
                    buffer.resize(wanted, 0);
                }
                let mut filled = 0;
                while filled < wanted {
                    filled += file.read_at(&mut buffer[filled..wanted], offset + filled as u64)?;
                }
                Ok((&buffer[..wanted], offset + wanted as u64 >= end))
            }
            Source::Stream(stream) => stream.at(offset, wanted),
        }
    }

    /// `offset`, or the end of all if that comes first.
    pub(super) fn clamped(&mut self, offset: u64, end: u64) -> Result<u64, Failure> {
        match &mut self.source {
            Source::File { .. } => Ok(offset.min(end)),
            Source::Stream(stream) => {
                stream.read_to(offset)?;
                Ok(offset.min(stream.end()))
            }
        }
    }

    /// Takes what lies between these offsets, if it is a stream's: nothing before the latter will be asked for again. Nothing if it
    /// was too much to be kept.
    pub(super) fn take(&mut self, start: u64, end: u64) -> Option<Bytes> {
        match &mut self.source {
            Source::File { .. } => None,
            Source::Stream(stream) => stream.take(start, end),
        }
    }

    pub(super) fn is_stream(&self) -> bool {
        matches!(self.source, Source::Stream(_))
    }
}

/// Bytes that come once.
pub struct Stream {
    content: Unpacked,
    /// What has been read and may be asked for again, from `start` on.
    kept: Vec<u8>,
    start: u64,
    most_bytes: u64,
    is_at_end: bool,
}

impl Stream {
    /// Of `content`, `most_bytes` are kept for a chunk.
    pub fn new(content: Unpacked, most_bytes: u64) -> Self {
        Self { content, kept: Vec::new(), start: 0, most_bytes, is_at_end: false }
    }

    fn end(&self) -> u64 {
        self.start + self.kept.len() as u64
    }

    fn at(&mut self, offset: u64, wanted: usize) -> Result<(&[u8], bool), Failure> {
        // One byte more tells whether there is one.
        self.read_to(offset.saturating_add(wanted as u64).saturating_add(1))?;
        let from = usize::try_from(offset.saturating_sub(self.start)).unwrap_or(usize::MAX).min(self.kept.len());
        let rest = &self.kept[from..];
        let block = &rest[..rest.len().min(wanted)];
        Ok((block, self.is_at_end && block.len() == rest.len()))
    }

    fn read_to(&mut self, offset: u64) -> Result<(), Failure> {
        while !self.is_at_end && self.end() < offset {
            let filled = self.kept.len();
            self.kept.resize(filled + READ_BYTES, 0);
            let read = self.content.read(&mut self.kept[filled..]);
            self.kept.truncate(filled + *read.as_ref().unwrap_or(&0));
            match read {
                Ok(0) => self.is_at_end = true,
                Ok(_) => self.let_go(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.content.failure(&error)),
            }
        }
        Ok(())
    }

    /// A chunk that is too large cannot be used, so it need not be kept; but what is looked at must be.
    fn let_go(&mut self) {
        const LOOKED_AT: usize = 4 * super::BLOCK_BYTES;
        let most = usize::try_from(self.most_bytes).unwrap_or(usize::MAX).saturating_add(2 * LOOKED_AT);
        if self.kept.len() > most {
            let gone = self.kept.len() - LOOKED_AT;
            self.kept.drain(..gone);
            self.start += gone as u64;
        }
    }

    fn take(&mut self, start: u64, end: u64) -> Option<Bytes> {
        let position = |offset: u64| usize::try_from(offset.saturating_sub(self.start)).unwrap_or(usize::MAX);
        let (from, to) = (position(start), position(end).min(self.kept.len()));
        let taken = if start < self.start { None } else { self.kept.get(from..to).map(Bytes::copy_from_slice) };
        self.kept.drain(..to);
        self.start += to as u64;
        taken
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("start", &self.start).field("is_at_end", &self.is_at_end).finish_non_exhaustive()
    }
}
