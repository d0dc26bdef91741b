//! An input whose file is open in another process: a child asks its run for the bytes.

use std::sync::{Arc, Mutex, PoisonError};

use super::channel::{Broken, Channel};
use super::message::{Blob, FromChild, ToChild};
use crate::input::{ChunkFacts, Input};
use crate::outcome::{Failure, FailureKind};
use crate::param::Params;

/// The most bytes that are sent at a time.
pub const READ_BYTES: usize = 1 << 20;

/// A child's side of the input of its task.
pub struct Distant {
    pub channel: Arc<Mutex<Channel>>,
    pub size_bytes: Option<u64>,
    pub chunk: Option<ChunkFacts>,
    pub params: Option<Params>,
    /// All of a small input, read and verified before the task was sent; or why it could not be.
    pub content: Option<Result<Blob, Failure>>,
    /// Where in that content the guest is.
    pub position: usize,
}

impl Distant {
    fn ask(&self, question: &FromChild) -> Result<ToChild, Failure> {
        let mut channel = self.channel.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody is there to hear of it. The child ends when it has told its report to nobody.
        let gone = |broken: Broken| Failure::new(FailureKind::Host, format!("ask for the input: {broken}"));
        channel.send(question).map_err(gone)?;
        channel.receive().map_err(gone)
    }
}

fn nonsense() -> Failure {
    Failure::new(FailureKind::Host, "ask for the input: another answer came")
}

impl Input for Distant {
    fn size_bytes(&self) -> Option<u64> {
        self.size_bytes
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        if let Some(content) = &self.content {
            let Blob(content) = content.as_ref().map_err(Clone::clone)?;
            let rest = content.get(self.position..).unwrap_or_default();
            let read_bytes = rest.len().min(buffer.len());
            buffer[..read_bytes].copy_from_slice(&rest[..read_bytes]);
            self.position += read_bytes;
            return Ok(read_bytes);
        }
        let most_bytes = buffer.len().min(READ_BYTES);
        match self.ask(&FromChild::Read { most_bytes: most_bytes as u64 })? {
            ToChild::Read(Ok(Blob(bytes))) => {
                let room = buffer.get_mut(..bytes.len()).ok_or_else(nonsense)?;
                room.copy_from_slice(&bytes);
                Ok(bytes.len())
            }
            ToChild::Read(Err(failure)) => Err(failure),
            _ => Err(nonsense()),
        }
    }

    fn rewind(&mut self) -> Result<(), Failure> {
        self.position = 0;
        if self.content.is_some() {
            return Ok(());
        }
        match self.ask(&FromChild::Rewind)? {
            ToChild::Rewound(result) => result,
            _ => Err(nonsense()),
        }
    }

    fn verify(&mut self) -> Result<(), Failure> {
        if self.content.is_some() {
            return Ok(());
        }
        match self.ask(&FromChild::Verify)? {
            ToChild::Verified(result) => result,
            _ => Err(nonsense()),
        }
    }

    fn chunk(&self) -> Option<ChunkFacts> {
        self.chunk
    }

    fn params(&self) -> Option<&Params> {
        self.params.as_ref()
    }

    fn place(&self, offset: u64) -> u64 {
        match self.ask(&FromChild::Place { offset }) {
            Ok(ToChild::Place(place)) => place,
            _ => offset,
        }
    }
}
