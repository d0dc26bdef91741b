//! Where the bytes of an input come from: a file, which can be read any number of times, or standard input, which can once.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::outcome::{Failure, FailureKind};
use crate::task::Identity;

use super::open::{FileReader, InputFile};

#[derive(Clone, Debug)]
pub enum Origin {
    File(Arc<InputFile>),
    Standard(Arc<StandardInput>),
}

impl Origin {
    /// Begins at the first byte.
    ///
    /// # Errors
    /// If it cannot be read twice, and was read.
    pub fn reader(&self) -> Result<Box<dyn Read + Send>, Failure> {
        match self {
            Self::File(file) => Ok(Box::new(FileReader::new(Arc::clone(file)))),
            Self::Standard(standard) => Ok(Box::new(standard.reader()?)),
        }
    }

    /// The file as it was opened.
    pub fn identity(&self) -> Option<Identity> {
        match self {
            Self::File(file) => Some(file.identity()),
            Self::Standard(_) => None,
        }
    }

    /// How many bytes it has, as far as that is known.
    pub fn packed_bytes(&self) -> u64 {
        match self {
            Self::File(file) => file.content_bytes(),
            Self::Standard(standard) => standard.read_bytes.load(Ordering::Relaxed),
        }
    }

    /// # Errors
    /// If it is not what it was when it was opened.
    pub fn check_unchanged(&self) -> Result<(), Failure> {
        match self {
            Self::File(file) => file.check_unchanged(),
            Self::Standard(_) => Ok(()),
        }
    }
}

/// The standard input of this process, as the one input of a run.
#[derive(Debug, Default)]
pub struct StandardInput {
    is_taken: AtomicBool,
    read_bytes: AtomicU64,
}

impl StandardInput {
    fn reader(self: &Arc<Self>) -> Result<StandardReader, Failure> {
        if self.is_taken.swap(true, Ordering::Relaxed) {
            let message = "read -: standard input can be read only once; give a file instead";
            return Err(Failure::new(FailureKind::Input, message));
        }
        Ok(StandardReader { of: Arc::clone(self) })
    }
}

struct StandardReader {
    of: Arc<StandardInput>,
}

impl Read for StandardReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read_bytes = io::stdin().read(buffer).map_err(|error| {
            let message = format!("read -: {}", super::open::reason(&error));
            io::Error::new(error.kind(), Failure::new(FailureKind::Input, message))
        })?;
        self.of.read_bytes.fetch_add(read_bytes as u64, Ordering::Relaxed);
        Ok(read_bytes)
    }
}
