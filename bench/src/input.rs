//! An input in memory, for tasks without files.

use std::sync::Arc;

use sandmill::input::Input;
use sandmill::outcome::Failure;

pub struct Bytes {
    bytes: Arc<[u8]>,
    position: usize,
}

impl Bytes {
    pub fn new(bytes: &Arc<[u8]>) -> Self {
        Self { bytes: Arc::clone(bytes), position: 0 }
    }
}

impl Input for Bytes {
    fn size_bytes(&self) -> Option<u64> {
        Some(self.bytes.len() as u64)
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let rest = &self.bytes[self.position..];
        let read_bytes = rest.len().min(buffer.len());
        buffer[..read_bytes].copy_from_slice(&rest[..read_bytes]);
        self.position += read_bytes;
        Ok(read_bytes)
    }

    fn rewind(&mut self) -> Result<(), Failure> {
        self.position = 0;
        Ok(())
    }

    fn verify(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}
