//! How the content of a member is packed into the bytes that a worker reads.

use std::fmt;
use std::io::{self, Read};

use crate::source::compressed::Format;

use super::zip::Zipped;

/// What an archive has done to the content of a member.
#[derive(Clone, Copy, Debug)]
pub enum Packed {
    Zipped(Zipped),
    Streamed(Streamed),
}

/// A member of a tar file that is compressed as a whole: to come to it, all before it is decompressed.
#[derive(Clone, Copy, Debug)]
pub struct Streamed {
    pub(super) format: Format,
    /// Where it begins in the tar file.
    pub(super) start: u64,
    pub(super) size_bytes: u64,
}

impl Packed {
    /// Of the content, as the archive has it: another size is an error.
    pub fn size_bytes(self) -> u64 {
        match self {
            Self::Zipped(zipped) => zipped.size_bytes,
            Self::Streamed(streamed) => streamed.size_bytes,
        }
    }

    /// Reads the content from `packed`.
    pub fn decoder(self, packed: impl Read + Send + 'static) -> Box<dyn Read + Send> {
        match self {
            Self::Zipped(zipped) => zipped.decoder(packed),
            Self::Streamed(Streamed { format, start, size_bytes }) => {
                Box::new(Section { whole: format.decoder(packed), before_bytes: start, left_bytes: size_bytes })
            }
        }
    }
}

impl fmt::Display for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zipped(zipped) => zipped.method.fmt(f),
            Self::Streamed(streamed) => write!(f, "{} of the archive", streamed.format),
        }
    }
}

/// A part of a stream.
struct Section {
    whole: Box<dyn Read + Send>,
    /// What is still to be passed over.
    before_bytes: u64,
    left_bytes: u64,
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.before_bytes > 0 {
            match io::copy(&mut (&mut self.whole).take(self.before_bytes), &mut io::sink())? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                passed_bytes => self.before_bytes -= passed_bytes,
            }
        }
        let most = usize::try_from(self.left_bytes).unwrap_or(usize::MAX).min(buffer.len());
        let read_bytes = self.whole.read(&mut buffer[..most])?;
        if read_bytes == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left_bytes -= read_bytes as u64;
        Ok(read_bytes)
    }
}
