//! Compressed inputs: recognised by their first bytes, decompressed while they are read, bounded in what comes out.

mod frames;
mod stream;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, BufReader, Cursor, Read};
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Decompress;
use crate::input::Input;
use crate::outcome::Failure;
use crate::task::TaskPath;

use self::frames::{Lz4Frames, ZstdFrames};
pub use self::stream::Unpacked;
use super::archive::Packed;
use super::content::bad_input;
use super::open::{InputFile, failure_of};
use super::origin::Origin;

/// How many of a file's first bytes tell whether it is compressed.
pub const MAGIC_BYTES: usize = 10;

/// Content up to this size is held, so that its size is known before the guest sees any of it. Some times the inputs that
/// come in thousands; no number of workers makes it count beside what their guests may use.
const HELD_BYTES: usize = 8 << 20;

/// Between the file and the decoder.
const READ_BYTES: usize = 64 << 10;

/// Content may be so many times as large as what it was compressed to,
const MOST_RATIO: u64 = 1_000;
/// once it is larger than this. A gigabyte of nothing but zeros is a bomb or a mistake.
const RATIO_FROM_BYTES: u64 = 1 << 30;

/// xz says itself how much memory it wants, up to 4 GiB. Its strongest setting wants 65 MiB.
const XZ_MEMORY_KIB: u32 = 256 << 10;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Gzip,
    Zstd,
    Lz4,
    Bzip2,
    Xz,
}

impl Format {
    /// The format of a file that begins with `start`, [`MAGIC_BYTES`] or all of it.
    pub fn recognise(start: &[u8]) -> Option<Self> {
        match start {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            [0x04, 0x22, 0x4d, 0x18, ..] => Some(Self::Lz4),
            // Three letters and a digit could begin a text; a block's magic number, or that of the end, could not.
            [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', b'&', b'S', b'Y', ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, b'r', b'E', b'8', b'P', 0x90, ..] => Some(Self::Bzip2),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            _ => None,
        }
    }

    pub fn decoder(self, source: impl Read + Send + 'static) -> Box<dyn Read + Send> {
        let source = BufReader::with_capacity(READ_BYTES, source);
        match self {
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(source)),
            Self::Zstd => Box::new(ZstdFrames::new(source)),
            Self::Lz4 => Box::new(Lz4Frames::new(source)),
            Self::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(source)),
            Self::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(source, true, XZ_MEMORY_KIB)),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        })
    }
}

/// What there is between the bytes of a file and the content: what an archive has made of it, the content's own compression,
/// or both.
#[derive(Clone, Copy, Debug)]
pub struct Packing {
    pub packed: Option<Packed>,
    pub format: Option<Format>,
}

impl Packing {
    /// Whether the bytes of the file are the content.
    pub fn is_none(self) -> bool {
        self.packed.is_none() && self.format.is_none()
    }

    fn decoder(self, origin: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        let content = match self.packed {
            Some(packed) => packed.decoder(origin),
            None => origin,
        };
        match self.format {
            Some(format) => format.decoder(content),
            None => content,
        }
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.packed, self.format) {
            (None, None) => Ok(()),
            (Some(packed), None) => packed.fmt(f),
            (None, Some(format)) => format.fmt(f),
            (Some(packed), Some(format)) => write!(f, "{format} in {packed}"),
        }
    }
}

/// The content of a compressed file, or of one that can only be read from its start on.
pub struct Decompressed {
    origin: Origin,
    path: TaskPath,
    packing: Packing,
    most_bytes: Option<u64>,
    /// What comes next from the decoder. A decoder need not be `Sync`, and is used by one thread at a time anyway.
    decoder: Mutex<Box<dyn Read + Send>>,
    /// The beginning of the content; all of it if `is_whole`.
    held: Vec<u8>,
    is_whole: bool,
    /// How much has been read, and how much the decoder has given.
    position: u64,
    decoded_bytes: u64,
}

impl Decompressed {
    /// Begins to decompress `file`, whose content may have `most_bytes`.
    ///
    /// # Errors
    /// [`FailureKind::BadInput`] if it is damaged or too large as far as that shows by now.
    pub fn open(file: InputFile, path: &TaskPath, format: Format, most_bytes: Option<u64>) -> Result<Self, Failure> {
        let origin = Origin::File(Arc::new(file));
        let packing = Packing { packed: None, format: Some(format) };
        let decoder = packing.decoder(origin.reader()?);
        Self::begin(origin, path, packing, decoder, most_bytes)
    }

    /// Begins to read what is `packed` in `origin`, and is compressed itself if it begins so and `decompress` wants to know. The
    /// first time it is read it comes from `first`, if there is such a thing.
    ///
    /// # Errors
    /// As those of [`Decompressed::open`].
    pub fn open_packed(
        origin: Origin,
        path: &TaskPath,
        packed: Option<Packed>,
        first: Option<Box<dyn Read + Send>>,
        decompress: Decompress,
        most_bytes: Option<u64>,
    ) -> Result<Self, Failure> {
        let (packing, decoder) = unpack(&origin, path, packed, first, decompress)?;
        Self::begin(origin, path, packing, decoder, most_bytes)
    }

    fn begin(
        origin: Origin,
        path: &TaskPath,
        packing: Packing,
        decoder: Box<dyn Read + Send>,
        most_bytes: Option<u64>,
    ) -> Result<Self, Failure> {
        let decoder = Mutex::new(decoder);
        let mut input = Self {
            origin,
            path: path.clone(),
            packing,
            most_bytes,
            decoder,
            held: Vec::new(),
            is_whole: false,
            position: 0,
            decoded_bytes: 0,
        };
        let mut held = Vec::new();
        while held.len() < HELD_BYTES {
            let start = held.len();
            held.resize(HELD_BYTES.min(start + READ_BYTES), 0);
            let decoded_bytes = input.decode(&mut held[start..])?;
            held.truncate(start + decoded_bytes);
            if decoded_bytes == 0 {
                input.is_whole = true;
                break;
            }
        }
        input.held = held;
        Ok(input)
    }

    /// What comes next from the decoder; 0 at the end.
    fn decode(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let decoder = self.decoder.get_mut().unwrap_or_else(PoisonError::into_inner);
        let decoded_bytes = loop {
            match decoder.read(buffer) {
                Ok(decoded_bytes) => break decoded_bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(damaged(&self.path, self.packing, &error, self.decoded_bytes)),
            }
        };
        self.decoded_bytes += decoded_bytes as u64;
        self.check_size()?;
        Ok(decoded_bytes)
    }

    fn check_size(&self) -> Result<(), Failure> {
        let Self { path, packing, decoded_bytes, .. } = self;
        if let Some(most_bytes) = self.most_bytes.filter(|most_bytes| decoded_bytes > most_bytes) {
            let message = match packing.is_none() {
                true => format!(
                    "read {path}: more than {most_bytes} bytes, which is the most that is allowed (--max-input)"
                ),
                false => format!("decompress {path} ({packing}): more than {most_bytes} bytes come out (--max-input)"),
            };
            return Err(bad_input(message));
        }
        let file_bytes = self.origin.packed_bytes();
        if self.most_bytes.is_none() && is_bomb(file_bytes, *decoded_bytes) {
            let message = format!(
                "decompress {path} ({packing}): more than {MOST_RATIO} times the {file_bytes} bytes of the file come out; \
                 if that is right, allow it with --max-input"
            );
            return Err(bad_input(message));
        }
        Ok(())
    }
}

impl Input for Decompressed {
    fn size_bytes(&self) -> Option<u64> {
        if self.is_whole {
            return Some(self.held.len() as u64);
        }
        // An archive says it, and another size than that is an error.
        self.packing.packed.filter(|_| self.packing.format.is_none()).map(Packed::size_bytes)
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let held = usize::try_from(self.position).ok().and_then(|position| self.held.get(position..));
        let read_bytes = match held.filter(|held| !held.is_empty()) {
            Some(held) => {
                let read_bytes = held.len().min(buffer.len());
                buffer[..read_bytes].copy_from_slice(&held[..read_bytes]);
                read_bytes
            }
            None if self.is_whole => 0,
            None => self.decode(buffer)?,
        };
        self.position += read_bytes as u64;
        Ok(read_bytes)
    }

    fn rewind(&mut self) -> Result<(), Failure> {
        let held_bytes = self.held.len() as u64;
        self.position = 0;
        if self.decoded_bytes > held_bytes {
            self.decoder = Mutex::new(self.packing.decoder(self.origin.reader()?));
            self.held = Vec::new();
            self.decoded_bytes = 0;
        }
        Ok(())
    }

    fn verify(&mut self) -> Result<(), Failure> {
        self.origin.check_unchanged()
    }
}

/// Reads what is `packed` in a file, from `first` if that is there, and looks whether it is compressed itself.
fn unpack(
    origin: &Origin,
    path: &TaskPath,
    packed: Option<Packed>,
    first: Option<Box<dyn Read + Send>>,
    decompress: Decompress,
) -> Result<(Packing, Box<dyn Read + Send>), Failure> {
    let mut packing = Packing { packed, format: None };
    let mut content = match first {
        Some(first) => first,
        None => packing.decoder(origin.reader()?),
    };
    if decompress == Decompress::Auto {
        let mut start = Vec::with_capacity(MAGIC_BYTES);
        let read = (&mut content).take(MAGIC_BYTES as u64).read_to_end(&mut start);
        read.map_err(|error| damaged(path, packing, &error, start.len() as u64))?;
        packing.format = Format::recognise(&start);
        let whole = Cursor::new(start).chain(content);
        content = match packing.format {
            Some(format) => format.decoder(whole),
            None => Box::new(whole),
        };
    }
    Ok((packing, content))
}

/// Whether so much content of a file of so many bytes is more than anybody means.
pub fn is_bomb(file_bytes: u64, content_bytes: u64) -> bool {
    content_bytes > RATIO_FROM_BYTES && content_bytes / MOST_RATIO > file_bytes
}

fn damaged(path: &TaskPath, packing: Packing, error: &io::Error, decoded_bytes: u64) -> Failure {
    // What the file itself said comes through the decoder as it was.
    if let Some(failure) = failure_of(error) {
        return failure.clone();
    }
    let what = if error.kind() == io::ErrorKind::UnexpectedEof {
        "the file was cut off".to_owned()
    } else {
        error.to_string()
    };
    if packing.is_none() {
        return bad_input(format!("read {path}: {what}, after {decoded_bytes} bytes"));
    }
    bad_input(format!("decompress {path} ({packing}): {what}, after {decoded_bytes} bytes"))
}

/// The failure of what is compressed and was asked for in a way that needs it not to be.
pub fn cannot_be_split(path: &TaskPath, packing: Packing, why: &str) -> Failure {
    bad_input(format!(
        "split {path}: it is compressed ({packing}), and {why}: decompress it first, or run it without --split"
    ))
}
