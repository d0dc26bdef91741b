//! The bytes of a task, as the sandbox sees them: something to read once, that can tell whether it held still.

use crate::outcome::Failure;
use crate::param::Params;

/// The content of one task. The sandbox knows nothing else of where it comes from.
///
/// Every error is a [`Failure`] of kind `input`, ready to be the task's outcome.
pub trait Input: Send + Sync + 'static {
    /// The size of the content in bytes; `None` if it is not known before all of it was read, as for a large file that
    /// is decompressed on the way. Then it is more than what guests are given whole.
    fn size_bytes(&self) -> Option<u64>;

    /// Reads on from where the last call stopped; 0 at the end.
    ///
    /// # Errors
    /// If the content cannot be read, or ends before its size.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure>;

    /// Starts again from the first byte.
    ///
    /// # Errors
    /// If the content cannot be read twice.
    fn rewind(&mut self) -> Result<(), Failure>;

    /// Checks that the content is still what it was when it was opened. Called after the last read.
    ///
    /// # Errors
    /// If it changed in between.
    fn verify(&mut self) -> Result<(), Failure>;

    /// Where in its file the content is, if it is a chunk of one.
    fn chunk(&self) -> Option<ChunkFacts> {
        None
    }

    /// Parameters that are this input's alone. They go before those of the run.
    fn params(&self) -> Option<&Params> {
        None
    }

    /// The offset in the file of what is at `offset` of the content.
    fn place(&self, offset: u64) -> u64 {
        offset
    }
}

/// What is known of a chunk before it is read.
#[derive(serde::Serialize, serde::Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkFacts {
    /// The number of its first record in the file, counted from 1, where records were counted on the way to it.
    pub first_record: Option<u64>,
}

/// Fills `buffer` with the next bytes of `input`.
///
/// # Errors
/// Those of [`Input::read`]; ending early is one of them.
pub fn read_exact(input: &mut dyn Input, mut buffer: &mut [u8]) -> Result<(), Failure> {
    while !buffer.is_empty() {
        let read_bytes = input.read(buffer)?;
        if read_bytes == 0 {
            return Err(Failure::new(crate::outcome::FailureKind::Input, "the input ended before its size"));
        }
        buffer = &mut buffer[read_bytes..];
    }
    Ok(())
}
