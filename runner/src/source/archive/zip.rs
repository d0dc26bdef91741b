//! The members of a zip file, by its central directory; and how one is read, which a worker does from where it lies.

use std::fmt;
use std::io::{self, BufReader, Read};
use std::ops::Range;

use flate2::Crc;
use rawzip::{CompressionMethod, ReaderAt, ZipLocator};

use crate::source::compressed::Format;
use crate::source::open::{InputFile, failure_of};

use super::Fault;

const READ_BYTES: usize = 64 << 10;

/// What a member's own header begins with, and how long it is before the name.
const HEADER_MAGIC: &[u8] = b"PK\x03\x04";
const HEADER_BYTES: usize = 30;

/// Where the content of a member lies, and how it is packed.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Of its own header.
    start: u64,
    packed_bytes: u64,
    pub(super) zipped: Zipped,
}

/// How a member is packed.
#[derive(Clone, Copy, Debug)]
pub struct Zipped {
    pub method: Method,
    crc32: u32,
    /// Of the content, as the directory has it: less or more than that is an error.
    pub size_bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Stored,
    Deflate,
    Bzip2,
    Zstd,
    Xz,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stored => "stored",
            Self::Deflate => "deflate",
            Self::Bzip2 => "bzip2",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
        })
    }
}

/// A member.
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    /// Where it lies, from its own header on; for what is not to overlap.
    pub(super) range: Range<u64>,
    pub(super) size_bytes: u64,
    pub(super) place: Result<Place, &'static str>,
}

/// Calls `take` with each member that is no folder, until that returns false.
///
/// # Errors
/// What is wrong with the directory.
pub(super) fn for_each_entry(file: &InputFile, mut take: impl FnMut(Entry) -> bool) -> Result<(), Fault> {
    let mut buffer = vec![0; rawzip::MAX_CENTRAL_DIRECTORY_RECORD_SIZE.max(READ_BYTES)];
    let located = ZipLocator::new().locate_in_reader(At(file), &mut buffer, file.content_bytes());
    let archive = located.map_err(|(_, error)| fault_of(error))?;
    let announced = archive.entries_hint();
    let mut entries = archive.entries(&mut buffer);
    let mut found: u64 = 0;
    while let Some(entry) = entries.next_entry().map_err(fault_of)? {
        found += 1;
        let name = entry.file_path().as_bytes().to_owned();
        if entry.is_dir() {
            continue;
        }
        let start = entry.local_header_offset();
        let taken = take(Entry {
            range: start..start.saturating_add(entry.compressed_size_hint()).saturating_add(HEADER_BYTES as u64),
            name,
            size_bytes: entry.uncompressed_size_hint(),
            place: place_of(&entry),
        });
        if !taken {
            return Ok(());
        }
    }
    // The number has 16 bits, of which programs that know no others write the lower ones.
    if announced != found && announced != found & 0xffff {
        return Err(Fault::Bad(format!("its directory announces {announced} members and has {found}")));
    }
    Ok(())
}

fn place_of(entry: &rawzip::ZipFileHeaderRecord<'_>) -> Result<Place, &'static str> {
    if entry.flags().is_encrypted() || entry.flags().is_masked() {
        return Err("is encrypted");
    }
    if entry.mode().is_symlink() {
        return Err("is a symbolic link");
    }
    let method = match entry.compression_method() {
        CompressionMethod::STORE => Method::Stored,
        CompressionMethod::DEFLATE => Method::Deflate,
        CompressionMethod::BZIP2 => Method::Bzip2,
        CompressionMethod::ZSTD => Method::Zstd,
        CompressionMethod::XZ => Method::Xz,
        _ => return Err("is compressed in a way that sandmill does not know"),
    };
    let zipped = Zipped { method, crc32: entry.crc32(), size_bytes: entry.uncompressed_size_hint() };
    Ok(Place { start: entry.local_header_offset(), packed_bytes: entry.compressed_size_hint(), zipped })
}

impl Place {
    /// The bytes of the file that the member is packed into.
    ///
    /// # Errors
    /// What is wrong with what lies before them.
    pub(super) fn range(&self, file: &InputFile) -> Result<Range<u64>, Fault> {
        let mut header = [0; HEADER_BYTES];
        At(file).read_exact_at(&mut header, self.start)?;
        if !header.starts_with(HEADER_MAGIC) {
            return Err(Fault::Bad(format!("no member begins at byte {}, where one should", self.start)));
        }
        // How long the name and what follows it are: the one thing that the directory does not say.
        let [.., name_low, name_high, extra_low, extra_high] = header;
        let more = [[name_low, name_high], [extra_low, extra_high]].map(|bytes| u64::from(u16::from_le_bytes(bytes)));
        let start = self.start.saturating_add(HEADER_BYTES as u64).saturating_add(more.iter().sum());
        Ok(start..start.saturating_add(self.packed_bytes))
    }
}

impl Zipped {
    /// Reads the content from `packed`, and checks it.
    pub fn decoder(self, packed: impl Read + Send + 'static) -> Box<dyn Read + Send> {
        let content: Box<dyn Read + Send> = match self.method {
            Method::Stored => Box::new(packed),
            Method::Deflate => {
                Box::new(flate2::bufread::DeflateDecoder::new(BufReader::with_capacity(READ_BYTES, packed)))
            }
            Method::Bzip2 => Format::Bzip2.decoder(packed),
            Method::Zstd => Format::Zstd.decoder(packed),
            Method::Xz => Format::Xz.decoder(packed),
        };
        Box::new(Checked { content, zipped: self, crc: Crc::new(), read_bytes: 0 })
    }
}

/// A file as the `rawzip` crate reads it.
struct At<'a>(&'a InputFile);

impl ReaderAt for At<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let left_bytes = self.0.content_bytes().saturating_sub(offset);
        let most = usize::try_from(left_bytes).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 { Ok(0) } else { self.0.read_at(&mut buffer[..most], offset).map_err(io::Error::other) }
    }
}

fn fault_of(error: rawzip::Error) -> Fault {
    match error.into_kind() {
        rawzip::ErrorKind::IO(error) if failure_of(&error).is_some() => error.into(),
        rawzip::ErrorKind::MissingEndOfCentralDirectory => {
            Fault::Bad("it was cut off: there is no directory at its end".to_owned())
        }
        other => Fault::Bad(format!("its directory is damaged: {other}")),
    }
}

/// Content whose size and checksum must be those of the directory.
struct Checked {
    content: Box<dyn Read + Send>,
    zipped: Zipped,
    crc: Crc,
    read_bytes: u64,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read_bytes = self.content.read(buffer)?;
        self.crc.update(&buffer[..read_bytes]);
        self.read_bytes += read_bytes as u64;
        let size_bytes = self.zipped.size_bytes;
        let is_end = read_bytes == 0 && !buffer.is_empty();
        if self.read_bytes > size_bytes || (is_end && self.read_bytes < size_bytes) {
            let size = format!("its size is not the {size_bytes} bytes that the archive's directory says");
            return Err(io::Error::new(io::ErrorKind::InvalidData, size));
        }
        if is_end && self.crc.sum() != self.zipped.crc32 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its checksum is not that of its content"));
        }
        Ok(read_bytes)
    }
}
