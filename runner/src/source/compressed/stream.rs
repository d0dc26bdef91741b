//! What comes out of a file as a stream, once and in order: for those who look for something in it.

use std::io::{self, Read};
use std::sync::Arc;

use crate::config::Decompress;
use crate::outcome::Failure;
use crate::source::archive::Packed;
use crate::source::open::{FileReader, InputFile};
use crate::source::origin::Origin;
use crate::task::TaskPath;

use super::{Format, Packing, damaged, is_bomb, unpack};

/// The content of a compressed file, bounded in what comes out as any is.
pub struct Unpacked {
    content: Box<dyn Read + Send>,
    packing: Packing,
    path: TaskPath,
    origin: Origin,
    content_bytes: u64,
}

impl Unpacked {
    /// # Errors
    /// What is wrong with the file as far as that shows by now.
    pub fn open(
        origin: Origin,
        path: &TaskPath,
        packed: Option<Packed>,
        decompress: Decompress,
    ) -> Result<Self, Failure> {
        let (packing, content) = unpack(&origin, path, packed, None, decompress)?;
        Ok(Self { content, packing, path: path.clone(), origin, content_bytes: 0 })
    }

    /// What comes out of `file`, which is compressed so.
    pub fn of_format(file: &Arc<InputFile>, path: &TaskPath, format: Format) -> Self {
        let packing = Packing { packed: None, format: Some(format) };
        let content = packing.decoder(Box::new(FileReader::new(Arc::clone(file))));
        let origin = Origin::File(Arc::clone(file));
        Self { content, packing, path: path.clone(), origin, content_bytes: 0 }
    }

    pub fn packing(&self) -> Packing {
        self.packing
    }

    /// The failure that an error in reading this is.
    pub fn failure(&self, error: &io::Error) -> Failure {
        damaged(&self.path, self.packing, error, self.content_bytes)
    }
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read_bytes = self.content.read(buffer)?;
        self.content_bytes += read_bytes as u64;
        if is_bomb(self.origin.packed_bytes(), self.content_bytes) {
            let message = "more comes out than of anything that is no bomb; if that is right, decompress it first";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(read_bytes)
    }
}
