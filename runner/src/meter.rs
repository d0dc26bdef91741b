//! How far the task of a worker has come: how much of its input was read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::input::{ChunkFacts, Input};
use crate::outcome::Failure;
use crate::param::Params;

/// One worker's counters: written by that worker as its guest reads, looked at by whoever shows progress. Alone in its
/// cache lines, so that no worker waits for another's.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Meter {
    size_bytes: AtomicU64,
    read_bytes: AtomicU64,
}

impl Meter {
    /// Bytes of the current task's input that were read, and its size where that is known.
    pub fn reading(&self) -> (u64, Option<u64>) {
        let size_bytes = self.size_bytes.load(Ordering::Relaxed);
        (self.read_bytes.load(Ordering::Relaxed), Some(size_bytes).filter(|&size_bytes| size_bytes != UNKNOWN))
    }
}

/// No input is that large.
const UNKNOWN: u64 = u64::MAX;

/// An input that moves a meter as it is read.
pub struct Metered {
    input: Box<dyn Input>,
    meter: Arc<Meter>,
}

impl Metered {
    /// Sets `meter` to the beginning of `input`.
    pub fn new(input: Box<dyn Input>, meter: Arc<Meter>) -> Self {
        meter.read_bytes.store(0, Ordering::Relaxed);
        meter.size_bytes.store(input.size_bytes().unwrap_or(UNKNOWN), Ordering::Relaxed);
        Self { input, meter }
    }
}

impl Input for Metered {
    fn size_bytes(&self) -> Option<u64> {
        self.input.size_bytes()
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let read_bytes = self.input.read(buffer)?;
        self.meter.read_bytes.fetch_add(read_bytes as u64, Ordering::Relaxed);
        Ok(read_bytes)
    }

    fn rewind(&mut self) -> Result<(), Failure> {
        self.meter.read_bytes.store(0, Ordering::Relaxed);
        self.input.rewind()
    }

    fn verify(&mut self) -> Result<(), Failure> {
        self.input.verify()
    }

    fn chunk(&self) -> Option<ChunkFacts> {
        self.input.chunk()
    }

    fn params(&self) -> Option<&Params> {
        self.input.params()
    }

    fn place(&self, offset: u64) -> u64 {
        self.input.place(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many bytes, and nothing else.
    struct Bytes(u64);

    impl Input for Bytes {
        fn size_bytes(&self) -> Option<u64> {
            (self.0 < 1000).then_some(100)
        }

        fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
            let read_bytes = self.0.min(buffer.len() as u64);
            self.0 -= read_bytes;
            Ok(read_bytes as usize)
        }

        fn rewind(&mut self) -> Result<(), Failure> {
            self.0 = 100;
            Ok(())
        }

        fn verify(&mut self) -> Result<(), Failure> {
            Ok(())
        }

        fn chunk(&self) -> Option<ChunkFacts> {
            Some(ChunkFacts { first_record: Some(7) })
        }

        fn place(&self, offset: u64) -> u64 {
            offset + 1
        }
    }

    #[test]
    fn an_input_says_the_same_of_itself_when_it_is_metered() {
        let input = Metered::new(Box::new(Bytes(1)), Arc::default());
        assert_eq!(input.size_bytes(), Some(100));
        assert_eq!(input.chunk(), Some(ChunkFacts { first_record: Some(7) }));
        assert_eq!(input.place(5), 6);
    }

    #[test]
    fn a_meter_moves_with_what_is_read_and_starts_again_with_the_next_task() {
        let meter = Arc::<Meter>::default();
        assert_eq!(meter.reading(), (0, Some(0)));
        let mut input = Metered::new(Box::new(Bytes(100)), Arc::clone(&meter));
        assert_eq!(meter.reading(), (0, Some(100)));
        input.read(&mut [0; 30]).unwrap();
        input.read(&mut [0; 30]).unwrap();
        assert_eq!(meter.reading(), (60, Some(100)));
        input.rewind().unwrap();
        assert_eq!(meter.reading(), (0, Some(100)));
        while input.read(&mut [0; 64]).unwrap() > 0 {}
        assert_eq!(meter.reading(), (100, Some(100)));
        Metered::new(Box::new(Bytes(100)), Arc::clone(&meter));
        assert_eq!(meter.reading(), (0, Some(100)));
        Metered::new(Box::new(Bytes(1000)), Arc::clone(&meter));
        assert_eq!(meter.reading(), (0, None));
    }
}
