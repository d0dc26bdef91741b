//! An input with parameters of its own.

use std::sync::Arc;

use crate::input::{ChunkFacts, Input};
use crate::outcome::Failure;
use crate::param::Params;

pub struct WithParams {
    pub input: Box<dyn Input>,
    pub params: Arc<Params>,
}

impl Input for WithParams {
    fn size_bytes(&self) -> Option<u64> {
        self.input.size_bytes()
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        self.input.read(buffer)
    }

    fn rewind(&mut self) -> Result<(), Failure> {
        self.input.rewind()
    }

    fn verify(&mut self) -> Result<(), Failure> {
        self.input.verify()
    }

    fn chunk(&self) -> Option<ChunkFacts> {
        self.input.chunk()
    }

    fn params(&self) -> Option<&Params> {
        Some(&self.params)
    }

    fn place(&self, offset: u64) -> u64 {
        self.input.place(offset)
    }
}
