//! Reading a chunk: a range of a file and nothing else of it, with what goes before it and in the form that guests get.

use crate::input::{ChunkFacts, Input};
use crate::outcome::{Failure, FailureKind};

use super::content::{Chunk, Form};
use super::open::InputFile;
use super::split::{Elements, entry_offset, rewrite_entries};

/// A chunk, open for reading.
#[derive(Debug)]
pub struct ChunkInput {
    /// None, if what is read is held, and was standard input.
    file: Option<InputFile>,
    chunk: Chunk,
    position: u64,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// Read as it is asked for, straight to where it is wanted.
    Direct,
    /// The same, and changed there.
    Elements(Elements),
    /// A new text, made at once since its size must be known.
    Held { text: Vec<u8>, is_object: bool },
}

impl ChunkInput {
    /// # Errors
    /// The chunk's own fault, or that the file is not the one that was split; those of reading where the chunk is held.
    pub fn open(file: Option<InputFile>, chunk: &Chunk) -> Result<Self, Failure> {
        if let Some(fault) = &chunk.fault {
            return Err(fault.clone());
        }
        if let Some(file) = file.as_ref().filter(|file| Some(file.identity()) != chunk.identity) {
            return Err(file.changed());
        }
        let mut input = Self { file, chunk: chunk.clone(), position: 0, body: Body::Direct };
        match chunk.form {
            Form::AsTheyAre => {}
            Form::Elements => input.body = Body::Elements(Elements::default()),
            Form::Entries | Form::Items => {
                let is_object = chunk.form == Form::Entries;
                let text = rewrite_entries(&input.range()?, is_object);
                input.body = Body::Held { text, is_object };
            }
        }
        Ok(input)
    }

    /// The bytes of the range, of which there are no more than the limit for inputs.
    fn range(&self) -> Result<Vec<u8>, Failure> {
        let mut bytes = vec![0; usize::try_from(self.range_bytes()).unwrap_or(usize::MAX)];
        let mut filled = 0;
        while filled < bytes.len() {
            filled += read_at(self.file.as_ref(), &self.chunk, &mut bytes[filled..], self.chunk.start + filled as u64)?;
        }
        Ok(bytes)
    }

    fn content_bytes(&self) -> u64 {
        match &self.body {
            Body::Held { text, .. } => text.len() as u64,
            Body::Direct | Body::Elements(_) => self.chunk.header_bytes + self.range_bytes(),
        }
    }

    fn range_bytes(&self) -> u64 {
        self.chunk.end - self.chunk.start
    }
}

/// Reads a chunk at this offset of its file.
fn read_at(file: Option<&InputFile>, chunk: &Chunk, buffer: &mut [u8], offset: u64) -> Result<usize, Failure> {
    let held = match (&chunk.held, file) {
        (Some(held), _) => held,
        (None, Some(file)) => return file.read_at(buffer, offset),
        (None, None) => return Err(Failure::new(FailureKind::Host, "a chunk of no file was not held")),
    };
    let (bytes, at) = match offset.checked_sub(chunk.start) {
        Some(at) if offset >= chunk.header_bytes => (&held.range, at),
        _ => (&held.header, offset),
    };
    let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
    let read_bytes = rest.len().min(buffer.len());
    buffer[..read_bytes].copy_from_slice(&rest[..read_bytes]);
    Ok(read_bytes)
}

impl Input for ChunkInput {
    fn size_bytes(&self) -> Option<u64> {
        Some(self.content_bytes())
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let header_bytes = self.chunk.header_bytes;
        let (from, left_bytes) = if self.position < header_bytes {
            (self.position, header_bytes - self.position)
        } else {
            (self.chunk.start + (self.position - header_bytes), self.content_bytes() - self.position)
        };
        let most = usize::try_from(left_bytes).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let buffer = &mut buffer[..most];
        let read_bytes = match &mut self.body {
            Body::Held { text, .. } => {
                // What is held is in memory, so its length is a usize.
                let at = self.position as usize;
                buffer.copy_from_slice(&text[at..at + most]);
                most
            }
            Body::Direct => read_at(self.file.as_ref(), &self.chunk, buffer, from)?,
            Body::Elements(elements) => {
                let read_bytes = read_at(self.file.as_ref(), &self.chunk, buffer, from)?;
                elements.rewrite(&mut buffer[..read_bytes]);
                read_bytes
            }
        };
        self.position += read_bytes as u64;
        Ok(read_bytes)
    }

    fn rewind(&mut self) -> Result<(), Failure> {
        self.position = 0;
        if let Body::Elements(elements) = &mut self.body {
            *elements = Elements::default();
        }
        Ok(())
    }

    fn verify(&mut self) -> Result<(), Failure> {
        self.file.as_mut().map_or(Ok(()), Input::verify)
    }

    fn chunk(&self) -> Option<ChunkFacts> {
        Some(ChunkFacts { first_record: self.chunk.first_record })
    }

    fn place(&self, offset: u64) -> u64 {
        let in_range = match &self.body {
            Body::Direct | Body::Elements(_) => match offset.checked_sub(self.chunk.header_bytes) {
                Some(in_range) => in_range,
                None => return offset,
            },
            // Rare enough to look for: the range is read again, and its lines are counted.
            Body::Held { text, is_object } => {
                self.range().map_or(offset, |range| entry_offset(&range, text, offset, *is_object))
            }
        };
        self.chunk.start.saturating_add(in_range)
    }
}
