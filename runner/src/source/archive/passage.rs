//! One way through a compressed tar file: its members in their order, each handed on to whoever runs it.
//!
//! A small member is read whole. A large one is poured: block by block through a channel that holds a few of them, while its
//! worker reads at the other end.

use std::fmt;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender};

use crate::outcome::{Failure, FailureKind};
use crate::source::content::Content;
use crate::source::open::{FileReader, InputFile};
use crate::source::root::Root;

use super::{Fault, Member, Place};

/// A member up to this size is read whole.
const MOST_HELD_BYTES: u64 = 1 << 20;

/// Of a larger one, so much is read at a time, and so many of these wait for its worker.
const BLOCK_BYTES: u64 = 256 << 10;
const BLOCKS: usize = 4;

/// The way through one archive.
pub struct Passage {
    file: Arc<InputFile>,
    content: Box<dyn Read + Send>,
    /// In the tar file.
    position: u64,
}

/// A large member that is to be poured when its worker has been told of it.
#[derive(Debug)]
pub struct Pour {
    sender: Sender<Bytes>,
    size_bytes: u64,
}

impl Passage {
    /// Begins at the start of the archive of `member`; `None` if that is one whose members are read from where they lie.
    ///
    /// # Errors
    /// If it cannot be opened, or is not the one that was listed.
    pub fn open(root: &Root, member: &Member) -> Result<Option<Self>, Failure> {
        let Place::Streamed(streamed) = member.place else { return Ok(None) };
        let file = InputFile::open(root, &member.archive.path)?;
        if file.identity() != member.archive.identity {
            return Err(file.changed());
        }
        let file = Arc::new(file);
        let content = streamed.format.decoder(FileReader::new(Arc::clone(&file)));
        Ok(Some(Self { file, content, position: 0 }))
    }

    /// Goes on to `member`, which must be behind all that were taken before. If it is large, the content is to be handed on
    /// first, and then poured.
    ///
    /// # Errors
    /// If the archive cannot be read on. The content can be had all the same: by a way of its own from the start.
    pub fn take(&mut self, member: &Arc<Member>) -> Result<(Content, Option<Pour>), Failure> {
        let Place::Streamed(streamed) = member.place else { return Ok((Content::Member(Arc::clone(member)), None)) };
        let skipped_bytes = streamed.start.saturating_sub(self.position);
        self.position += skipped_bytes;
        let skipped = io::copy(&mut (&mut self.content).take(skipped_bytes), &mut io::sink());
        self.check(skipped.map(|bytes| bytes == skipped_bytes), member)?;
        let size_bytes = member.size_bytes;
        if size_bytes > MOST_HELD_BYTES {
            let (sender, receiver) = crossbeam_channel::bounded(BLOCKS);
            let from = From::Blocks(Mutex::new(Some(receiver)));
            let content = Content::Poured(Arc::new(Poured { member: Arc::clone(member), from }));
            return Ok((content, Some(Pour { sender, size_bytes })));
        }
        let bytes = self.read(size_bytes, member)?;
        let poured = Poured { member: Arc::clone(member), from: From::Held(bytes) };
        Ok((Content::Poured(Arc::new(poured)), None))
    }

    /// Hands on the member that was taken last, for as long as anybody reads it.
    ///
    /// # Errors
    /// If the archive cannot be read on; whoever reads the member is told.
    pub fn pour(&mut self, pour: Pour, member: &Member) -> Result<(), Failure> {
        let Pour { sender, size_bytes } = pour;
        let mut left_bytes = size_bytes;
        while left_bytes > 0 {
            let block = self.read(left_bytes.min(BLOCK_BYTES), member)?;
            left_bytes -= block.len() as u64;
            if sender.send(block).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn read(&mut self, size_bytes: u64, member: &Member) -> Result<Bytes, Failure> {
        let mut bytes = Vec::with_capacity(size_bytes as usize);
        let read = (&mut self.content).take(size_bytes).read_to_end(&mut bytes);
        self.position += bytes.len() as u64;
        self.check(read.map(|read_bytes| read_bytes as u64 == size_bytes), member)?;
        self.file.check_unchanged()?;
        Ok(bytes.into())
    }

    fn check(&self, whole: io::Result<bool>, member: &Member) -> Result<(), Failure> {
        let fault = match whole {
            Ok(true) => return Ok(()),
            Ok(false) => Fault::from(io::Error::from(io::ErrorKind::UnexpectedEof)),
            Err(error) => error.into(),
        };
        Err(fault.into_failure("read", &member.archive.path))
    }
}

impl fmt::Debug for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passage").field("file", &self.file).field("position", &self.position).finish_non_exhaustive()
    }
}

/// A member on its way to its worker.
#[derive(Debug)]
pub struct Poured {
    pub member: Arc<Member>,
    from: From,
}

#[derive(Debug)]
enum From {
    Held(Bytes),
    /// Can be read once.
    Blocks(Mutex<Option<Receiver<Bytes>>>),
}

impl Poured {
    /// How many bytes it takes while it waits.
    pub fn held_bytes(&self) -> usize {
        match &self.from {
            From::Held(bytes) => bytes.len(),
            From::Blocks(_) => 0,
        }
    }

    /// Its content; `None` if that was read before, and must be read from the archive again.
    pub fn reader(&self) -> Option<PouredReader> {
        let left_bytes = self.member.size_bytes;
        match &self.from {
            From::Held(bytes) => Some(PouredReader { block: bytes.clone(), left_bytes, blocks: None }),
            From::Blocks(receiver) => {
                let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner).take()?;
                Some(PouredReader { block: Bytes::new(), left_bytes, blocks: Some(receiver) })
            }
        }
    }
}

/// What comes out where a member is poured.
pub struct PouredReader {
    block: Bytes,
    left_bytes: u64,
    blocks: Option<Receiver<Bytes>>,
}

impl Read for PouredReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.block.is_empty() && self.left_bytes > 0 {
            let next = self.blocks.as_ref().and_then(|blocks| blocks.recv().ok());
            self.block = next.ok_or_else(|| {
                // The next attempt reads the archive for itself, and says why.
                io::Error::other(Failure::new(FailureKind::Input, "the archive could not be read on"))
            })?;
        }
        let read_bytes = self.block.len().min(buffer.len());
        buffer[..read_bytes].copy_from_slice(&self.block.split_to(read_bytes));
        self.left_bytes -= read_bytes as u64;
        Ok(read_bytes)
    }
}
