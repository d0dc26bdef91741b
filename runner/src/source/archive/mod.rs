//! Archives: files whose members are inputs of their own, called `a.tar/b.json`. Nothing is unpacked to disk.
//!
//! An archive is listed before its first member runs: one pass over the headers of a tar file, or the directory of a zip
//! file. So members come in input order, and what is wrong with one, or with two together, is known before either runs. A
//! worker reads its member from where it lies. Of a tar file that is compressed as a whole, they come by one [`Passage`]
//! through it.

mod index;
mod name;
mod packed;
mod passage;
mod tar;
#[cfg(test)]
mod tests;
mod zip;

use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;

use crate::config::{Archives, Decompress};
use crate::outcome::Failure;
use crate::task::{Identity, TaskPath};

use self::packed::Streamed;
use super::compressed::Format;
use super::content::bad_input;
use super::open::{FileReader, InputFile, failure_of};

pub use self::index::{Index, Stopped};
pub use self::packed::Packed;
pub use self::passage::{Passage, Poured};

/// What the names of archives end in, in small letters.
const NAME_ENDS: [&str; 12] = [
    ".tar", ".zip", ".tgz", ".tar.gz", ".tzst", ".tar.zst", ".tar.lz4", ".tbz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz",
];

/// How a file begins whose members are packed one by one, or one that has none.
const ZIP_MAGICS: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// A file that has members.
#[derive(Debug)]
pub struct Archive {
    pub path: TaskPath,
    /// As it was when its members were listed. It is that of each of them: they are read from this file and no other.
    pub identity: Identity,
}

/// A member that can be read.
#[derive(Clone, Debug)]
pub struct Member {
    pub archive: Arc<Archive>,
    /// As the archive says.
    pub size_bytes: u64,
    place: Place,
}

/// Where in its archive a member is.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// From this byte on, as it is.
    Plain(u64),
    Zipped(zip::Place),
    Streamed(Streamed),
}

/// The kinds of archives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Tar,
    /// A tar file that is compressed.
    Packed(Format),
    Zip,
}

impl Kind {
    /// What a file is that is to be looked into; `None` if it is no archive.
    fn recognise(file: &Arc<InputFile>, decompress: Decompress) -> Result<Option<Self>, Failure> {
        let mut start = [0; tar::BLOCK_BYTES];
        let start = file.start(&mut start)?;
        if let (Some(format), Decompress::Auto) = (Format::recognise(start), decompress) {
            let mut first = Vec::new();
            let content = format.decoder(FileReader::new(Arc::clone(file)));
            // One that is damaged is no archive, and fails as a file.
            let _ = content.take(tar::BLOCK_BYTES as u64).read_to_end(&mut first);
            return Ok(tar::is_header(&first).then_some(Self::Packed(format)));
        }
        Ok(if ZIP_MAGICS.iter().any(|magic| start.starts_with(magic)) {
            Some(Self::Zip)
        } else if tar::is_header(start) {
            Some(Self::Tar)
        } else {
            None
        })
    }
}

/// Whether `file` may be an archive that can only be listed by decompressing all of it.
pub fn is_stream(file: &InputFile) -> bool {
    file.start(&mut [0; tar::BLOCK_BYTES]).is_ok_and(|start| Format::recognise(start).is_some())
}

/// Whether the file at `path` is to be looked into.
pub fn is_candidate(archives: Archives, path: &TaskPath) -> bool {
    match archives {
        Archives::Never => false,
        Archives::Always => true,
        Archives::ByName => {
            let path = path.to_path();
            let name = path.file_name().unwrap_or_default().as_bytes().to_ascii_lowercase();
            NAME_ENDS.iter().any(|end| name.ends_with(end.as_bytes()))
        }
    }
}

impl Member {
    /// Where its content begins in the stream that it is in, if it is in one: a part of what many members share.
    pub fn stream_offset(&self) -> Option<u64> {
        match self.place {
            Place::Streamed(streamed) => Some(streamed.start),
            Place::Plain(_) | Place::Zipped(_) => None,
        }
    }

    /// The bytes of the archive that the member is in, called `path`; and how they are packed.
    ///
    /// # Errors
    /// If `file` is not the archive that was listed, or the member is not where it should be.
    pub fn open(&self, file: InputFile, path: &TaskPath) -> Result<(InputFile, Option<Packed>), Failure> {
        if file.identity() != self.archive.identity {
            return Err(file.changed());
        }
        match self.place {
            Place::Plain(start) => Ok((file.window(path, start..start.saturating_add(self.size_bytes))?, None)),
            Place::Zipped(place) => {
                let range = place.range(&file).map_err(|fault| fault.into_failure("read", path))?;
                Ok((file.window(path, range)?, Some(Packed::Zipped(place.zipped))))
            }
            Place::Streamed(streamed) => Ok((file, Some(Packed::Streamed(streamed)))),
        }
    }
}

/// What is wrong with an archive.
#[derive(Debug)]
enum Fault {
    /// It is not what it is taken for.
    Bad(String),
    /// It cannot be read.
    Unreadable(Failure),
}

impl Fault {
    fn into_failure(self, verb: &str, path: &TaskPath) -> Failure {
        match self {
            Self::Bad(message) => bad_input(format!("{verb} {path}: {message}")),
            Self::Unreadable(failure) => failure,
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match failure_of(&error) {
            Some(failure) => Self::Unreadable(failure.clone()),
            None if error.kind() == io::ErrorKind::UnexpectedEof => Self::Bad("it was cut off".to_owned()),
            None => Self::Bad(error.to_string()),
        }
    }
}
