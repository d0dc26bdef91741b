//! Where chunks begin and end: the borders of records, found in one pass over a file or by jumping close to them.
//!
//! A [`Cutter`] knows one kind of record. It is shown blocks of bytes and says where a chunk may end; it never sees a
//! byte twice but for the few that it asks for again. Where records can be recognised from any point on (lines and
//! their like), the cutter jumps to where the chunk should end, and nothing before is read.

mod blocks;
mod csv;
mod delimited;
mod elements;
mod entries;
mod starts;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;

use crate::config::{ChunkSize, Split, Splitting};
use crate::outcome::Failure;
use crate::task::{Identity, TaskPath};

use super::archive::{Member, Packed};
use super::compressed::{Packing, Unpacked, cannot_be_split};
use super::content::{Chunk, Form, Handling, Held, bad_input};
use super::origin::Origin;

use self::blocks::{Blocks, Stream};
pub(super) use self::elements::Elements;
pub(super) use self::entries::{entry_offset, rewrite_entries};

/// How much of a file is looked at at a time when all of it is: large against a system call, small against a cache.
const BLOCK_BYTES: usize = 256 << 10;

/// How much is read at first around a place that was jumped to: a few records.
const FIRST_LOOK_BYTES: usize = 16 << 10;

/// Where a chunk ends at the earliest.
#[derive(Clone, Copy, Debug)]
enum Goal {
    /// At this offset.
    Offset(u64),
    /// After so many records, at least one.
    Records(u64),
}

/// Finds ends of chunks.
trait Cutter: Send + fmt::Debug {
    /// Begins a chunk at `start`, where a record begins. Returns the offset of the first byte that matters.
    fn begin(&mut self, start: u64, goal: Goal) -> u64;

    /// Looks at `block`, the bytes from `offset` on; `is_last` says that there are no more. A block that is not the last
    /// one is longer than what any cutter needs to see at once.
    fn look(&mut self, offset: u64, block: &[u8], is_last: bool) -> Look;
}

/// What came of looking at a block.
#[derive(Debug)]
enum Look {
    /// The next block must begin at this offset.
    From(u64),
    Cut(Cut),
}

/// The end of a chunk.
#[derive(Debug, PartialEq, Eq)]
struct Cut {
    end: u64,
    /// Where the next chunk begins; `None` if nothing but white space may follow.
    next: Option<u64>,
    /// How many records there are in the chunk, if they were counted.
    records: Option<u64>,
    /// Why the chunk cannot be used.
    fault: Option<String>,
}

impl Cut {
    fn at(end: u64, records: Option<u64>) -> Self {
        Self { end, next: Some(end), records, fault: None }
    }
}

/// An input that is to be split.
#[derive(Debug)]
pub struct Unsplit {
    pub origin: Origin,
    /// The member of an archive that it is, and how it is packed there.
    pub member: Option<Arc<Member>>,
    pub packed: Option<Packed>,
}

impl Unsplit {
    /// Whether it can only be read from its start on.
    pub fn is_stream(&self, handling: &Handling) -> bool {
        match &self.origin {
            Origin::File(file) => self.packed.is_some() || handling.format(file).is_ok_and(|format| format.is_some()),
            Origin::Standard(_) => true,
        }
    }
}

/// How the inputs of a run are split, checked.
#[derive(Debug)]
pub struct Splitter {
    splitting: Splitting,
    regex: Option<starts::StartRegex>,
    block_bytes: usize,
}

impl Splitter {
    /// # Errors
    /// If the regular expression is none.
    pub fn new(splitting: &Splitting) -> anyhow::Result<Self> {
        let regex = match &splitting.split {
            Split::Records(pattern) => {
                Some(starts::StartRegex::new(pattern).with_context(|| format!("read the pattern {pattern:?}"))?)
            }
            _ => None,
        };
        Ok(Self { splitting: splitting.clone(), regex, block_bytes: BLOCK_BYTES })
    }

    /// Whether the number of chunks can be found out without reading all of a file.
    pub fn jumps(&self) -> bool {
        let by_bytes = matches!(self.splitting.size, ChunkSize::Bytes(_));
        match &self.splitting.split {
            Split::Bytes(_) => true,
            Split::Lines | Split::JsonEntries | Split::Records(_) => by_bytes,
            Split::Delimiter(delimiter) => by_bytes && !delimited::overlaps_itself(delimiter),
            Split::Csv { .. } | Split::JsonArray => false,
        }
    }

    /// The chunks of `file`.
    pub fn chunks(&self, input: Unsplit, path: &TaskPath, handling: &Handling) -> Chunks {
        let Unsplit { origin, member, packed } = input;
        let identity = origin.identity();
        let mut chunks = Chunks {
            path: path.clone(),
            member,
            identity,
            size: self.splitting.size,
            cutter: None,
            form: Form::AsTheyAre,
            header_bytes: 0,
            position: Some(0),
            end: u64::MAX,
            next_record: Some(1),
            is_first: true,
            header: Bytes::new(),
            most_bytes: handling.most_bytes.unwrap_or(u64::MAX),
            fault: None,
            blocks: None,
        };
        let laid_out = self.open(origin, packed, path, handling).and_then(|mut blocks| {
            let (block, is_all) = blocks.at(0, blocks.size_bytes().unwrap_or(u64::MAX), 1)?;
            let is_empty = block.is_empty() && is_all;
            if let Some(size_bytes) = blocks.size_bytes() {
                chunks.end = size_bytes;
            }
            if !is_empty {
                self.lay_out(&mut blocks, &mut chunks)?;
            }
            Ok(blocks)
        });
        match laid_out {
            Ok(blocks) => chunks.blocks = Some(blocks),
            Err(fault) => {
                chunks.cutter = None;
                chunks.fault = Some(fault);
            }
        }
        chunks
    }

    /// Opens what is to be split: a file as it is, or what comes out of one that is compressed.
    fn open(
        &self,
        origin: Origin,
        packed: Option<Packed>,
        path: &TaskPath,
        handling: &Handling,
    ) -> Result<Blocks, Failure> {
        if let (Origin::File(file), None) = (&origin, packed)
            && handling.format(file)?.is_none()
        {
            return Ok(Blocks::of_file(Arc::clone(file), self.block_bytes));
        }
        let refuse = |packing, why| Err(cannot_be_split(path, packing, why));
        if let Some(Packed::Streamed(_)) = packed {
            let why = "what comes before it in the archive would have to be decompressed for each chunk";
            return refuse(Packing { packed, format: None }, why);
        }
        let content = Unpacked::open(origin, path, packed, handling.decompress)?;
        if self.splitting.split == Split::JsonEntries {
            if content.packing().is_none() {
                return Err(bad_input(format!(
                    "split {path}: json-entries needs a file, whose last line is looked at first"
                )));
            }
            return refuse(content.packing(), "its last line must be looked at first");
        }
        let stream = Stream::new(content, handling.most_bytes.unwrap_or(u64::MAX));
        Ok(Blocks::of_stream(stream, self.block_bytes))
    }

    /// Finds out what holds for all chunks of a file.
    fn lay_out(&self, blocks: &mut Blocks, chunks: &mut Chunks) -> Result<(), Failure> {
        let path = chunks.path.clone();
        let fault = |message: String| bad_input(format!("split {path}: {message}"));
        let size_bytes = chunks.end;
        chunks.cutter = match &self.splitting.split {
            Split::Lines => Some(Box::new(delimited::Delimited::new(b"\n"))),
            Split::Delimiter(delimiter) => Some(Box::new(delimited::Delimited::new(delimiter))),
            Split::Records(_) => {
                self.regex.as_ref().map(|regex| Box::new(starts::RecordStarts::new(regex)) as Box<dyn Cutter>)
            }
            Split::Bytes(bytes) => {
                chunks.size = ChunkSize::Bytes(*bytes);
                chunks.next_record = None;
                None
            }
            Split::JsonEntries => {
                let layout = entries::lay_out(blocks, size_bytes)?.map_err(fault)?;
                (chunks.position, chunks.end) = (Some(layout.entries.start), layout.entries.end);
                chunks.form = layout.form;
                Some(Box::new(delimited::Delimited::new(b"\n")))
            }
            Split::Csv { separator } => {
                let mut cutter = csv::Csv::new(*separator);
                let header = cut(blocks, &mut cutter, 0, Goal::Records(1), size_bytes)?;
                if let Some(message) = header.fault {
                    return Err(fault(message));
                }
                chunks.header_bytes = header.end;
                chunks.header = blocks.take(0, header.end).unwrap_or_default();
                chunks.position = Some(header.end);
                Some(Box::new(cutter))
            }
            Split::JsonArray => {
                let start = elements::first_element(blocks, size_bytes)?.map_err(fault)?;
                chunks.position = Some(start);
                chunks.form = Form::Elements;
                Some(Box::new(elements::ArrayCutter::default()))
            }
        };
        Ok(())
    }
}

/// The chunks of one file, in order. There is at least one, and the first one has the offset 0.
#[derive(Debug)]
pub struct Chunks {
    path: TaskPath,
    member: Option<Arc<Member>>,
    identity: Option<Identity>,
    size: ChunkSize,
    /// `None` cuts at exactly the size asked for.
    cutter: Option<Box<dyn Cutter>>,
    form: Form,
    header_bytes: u64,
    /// Where the next chunk begins; `None` if there is none.
    position: Option<u64>,
    /// Where the last one ends.
    end: u64,
    /// The number of the next record, while they are counted.
    next_record: Option<u64>,
    is_first: bool,
    /// Of a stream, what goes before each chunk.
    header: Bytes,
    most_bytes: u64,
    /// Why there is one chunk that cannot be read, in place of all.
    fault: Option<Failure>,
    blocks: Option<Blocks>,
}

impl Chunks {
    pub fn path(&self) -> &TaskPath {
        &self.path
    }

    fn chunk(&self, start: u64, end: u64, fault: Option<Failure>) -> Chunk {
        Chunk {
            member: self.member.clone(),
            identity: self.identity,
            start,
            end,
            header_bytes: self.header_bytes,
            form: self.form,
            first_record: self.next_record,
            held: None,
            fault,
        }
    }

    fn bad(&self, message: &str) -> Failure {
        bad_input(format!("split {}: {message}", self.path))
    }

    /// Whether the stream ends at `start`, where another chunk would begin.
    fn is_over(&mut self, start: u64) -> bool {
        let Some(blocks) = self.blocks.as_mut().filter(|blocks| blocks.is_stream()) else { return false };
        self.form != Form::Elements && matches!(blocks.at(start, u64::MAX, 1), Ok(([], true)))
    }

    fn next_chunk(&mut self, start: u64) -> Chunk {
        if let Some(fault) = self.fault.take() {
            self.position = None;
            self.next_record = None;
            return self.chunk(0, 0, Some(fault));
        }
        let goal = match self.size {
            ChunkSize::Bytes(bytes) => Goal::Offset(start.saturating_add(bytes.get())),
            ChunkSize::Records(records) => Goal::Records(records.get()),
        };
        let cut = match (&mut self.cutter, &mut self.blocks) {
            (Some(cutter), Some(blocks)) if start < self.end || self.form == Form::Elements => {
                cut(blocks, cutter.as_mut(), start, goal, self.end)
            }
            (_, Some(blocks)) => match goal {
                // Only the size counts.
                Goal::Offset(offset) => blocks.clamped(offset, self.end).map(|end| Cut::at(end, None)),
                // There is nothing in which records could be told.
                Goal::Records(_) => Ok(Cut::at(start, None)),
            },
            (_, None) => Ok(Cut::at(start, None)),
        };
        let Cut { end, next, records, fault } = match cut {
            Ok(cut) => cut,
            Err(failure) => {
                self.position = None;
                return self.chunk(start, start, Some(failure));
            }
        };
        let is_stream = self.blocks.as_ref().is_some_and(Blocks::is_stream);
        let range = self.blocks.as_mut().and_then(|blocks| blocks.take(start, end));
        let fault = match (next, fault) {
            (_, Some(message)) => Some(self.bad(&message)),
            _ if is_stream && range.is_none() => Some(self.bad(&format!(
                "the chunk at byte {start} has more than {} bytes, and at most so many are allowed (--max-input)",
                self.most_bytes
            ))),
            (Some(_), None) => None,
            (None, None) => self.after_the_last(end),
        };
        let mut chunk = self.chunk(start, end, fault);
        chunk.held = range.map(|range| Held { header: self.header.clone(), range });
        self.next_record = self.next_record.zip(records).map(|(number, records)| number.saturating_add(records));
        // An array that ends in a comma has an element to come, and says so by being cut off.
        self.position = next.filter(|&next| next < self.end || self.form == Form::Elements);
        chunk
    }

    /// Checks that nothing but white space follows the array that ends at `end`.
    fn after_the_last(&mut self, end: u64) -> Option<Failure> {
        let blocks = self.blocks.as_mut()?;
        let mut offset = end + 1;
        while offset < self.end {
            let block = match blocks.at(offset, self.end, BLOCK_BYTES) {
                Ok(([], _)) => break,
                Ok((block, _)) => block,
                Err(failure) => return Some(failure),
            };
            if let Some(at) = block.iter().position(|byte| !byte.is_ascii_whitespace()) {
                let message = format!("something follows the end of the array, at byte {}", offset + at as u64);
                return Some(self.bad(&message));
            }
            offset += block.len() as u64;
        }
        None
    }
}

impl Iterator for Chunks {
    /// The offset by which the chunk is known, and the chunk.
    type Item = (u64, Chunk);

    fn next(&mut self) -> Option<(u64, Chunk)> {
        let start = self.position?;
        if !self.is_first && self.is_over(start) {
            self.position = None;
            return None;
        }
        let chunk = self.next_chunk(start);
        let offset = if std::mem::take(&mut self.is_first) { 0 } else { start };
        Some((offset, chunk))
    }
}

/// Looks at block after block until the chunk that begins at `start` ends, at `end` at the latest.
fn cut(blocks: &mut Blocks, cutter: &mut dyn Cutter, start: u64, goal: Goal, end: u64) -> Result<Cut, Failure> {
    let mut from = blocks.clamped(cutter.begin(start, goal), end)?;
    let mut look_bytes = if from > start { FIRST_LOOK_BYTES } else { BLOCK_BYTES };
    loop {
        let (block, is_last) = blocks.at(from, end, look_bytes)?;
        match cutter.look(from, block, is_last) {
            Look::Cut(cut) => return Ok(cut),
            Look::From(next) => from = next,
        }
        look_bytes = BLOCK_BYTES;
    }
}
