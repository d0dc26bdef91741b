//! What of a file a task is, as the walk found it, and how a worker opens that.

use crate::config::{Decompress, Splitting};
use crate::input::Input;
use crate::outcome::{Failure, FailureKind};
use crate::task::{Identity, TaskId};

use super::chunk::ChunkInput;
use super::compressed::{Decompressed, Format, MAGIC_BYTES};
use super::open::InputFile;
use super::root::Root;

/// One task as the walk found it.
#[derive(Clone, Debug)]
pub struct Unit {
    pub id: TaskId,
    pub content: Content,
}

/// Which bytes a task is.
#[derive(Clone, Debug)]
pub enum Content {
    /// Those of the file at its path.
    Whole,
    Chunk(Box<Chunk>),
}

impl Content {
    /// How many bytes of its file it is, if it is a part of one.
    pub fn size_bytes(&self) -> Option<u64> {
        match self {
            Self::Whole => None,
            Self::Chunk(chunk) => Some(chunk.header_bytes + (chunk.end - chunk.start)),
        }
    }

    /// The file as it was when the walk looked into it; `None` if it did not.
    pub fn identity(&self) -> Option<Identity> {
        match self {
            Self::Whole => None,
            Self::Chunk(chunk) => Some(chunk.identity),
        }
    }
}

/// A range of a file. It means something only for the file that was split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    pub identity: Identity,
    /// The range, in bytes.
    pub start: u64,
    pub end: u64,
    /// So many bytes from the start of the file come before the range: the header that every chunk gets.
    pub header_bytes: u64,
    pub form: Form,
    /// See [`crate::input::ChunkFacts`].
    pub first_record: Option<u64>,
    /// Why this is no chunk that can be read.
    pub fault: Option<Failure>,
}

/// What becomes of the bytes of a chunk on the way to the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    AsTheyAre,
    /// Lines of a JSON object become objects of one entry, one a line.
    Entries,
    /// Lines of a JSON array, without the commas at their ends.
    Items,
    /// Elements of an array, one a line: commas between them and line ends within them are replaced, byte by byte.
    Elements,
}

/// How all inputs of a run are opened.
#[derive(Clone, Debug, Default)]
pub struct Handling {
    /// The most bytes that the input of a task may have.
    most_bytes: Option<u64>,
    decompress: Decompress,
}

impl Handling {
    pub fn of(source: &crate::config::Source) -> Self {
        let of_chunks = source.splitting.as_ref().map(Splitting::most_bytes);
        Self { most_bytes: source.max_input_bytes.or(of_chunks), decompress: source.decompress }
    }

    /// How a file is compressed, if that is to be seen to.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn format(&self, file: &InputFile) -> Result<Option<Format>, Failure> {
        match self.decompress {
            Decompress::Auto => Ok(Format::recognise(file.start(&mut [0; MAGIC_BYTES])?)),
            Decompress::Never => Ok(None),
        }
    }

    /// # Errors
    /// [`FailureKind::BadInput`] if `size_bytes` is more than is allowed.
    fn check(&self, id: &TaskId, size_bytes: u64) -> Result<(), Failure> {
        match self.most_bytes {
            Some(most_bytes) if size_bytes > most_bytes => Err(bad_input(format!(
                "read {}: {size_bytes} bytes at byte {}, and at most {most_bytes} are allowed (--max-input)",
                id.path, id.offset
            ))),
            _ => Ok(()),
        }
    }
}

/// What came of opening a task's input.
pub struct Opened {
    pub input: Result<Box<dyn Input>, Failure>,
    /// The file that it is from, if that could be opened.
    pub identity: Option<Identity>,
}

/// Opens what a task is.
pub fn open(root: &Root, id: &TaskId, content: &Content, handling: &Handling) -> Opened {
    let file = match InputFile::open(root, &id.path) {
        Ok(file) => file,
        Err(failure) => return Opened { input: Err(failure), identity: None },
    };
    let identity = Some(file.identity());
    Opened { input: open_content(file, id, content, handling), identity }
}

fn open_content(
    file: InputFile,
    id: &TaskId,
    content: &Content,
    handling: &Handling,
) -> Result<Box<dyn Input>, Failure> {
    match content {
        Content::Whole => {
            if let Some(format) = handling.format(&file)? {
                return Ok(Box::new(Decompressed::open(file, &id.path, format, handling.most_bytes)?));
            }
            handling.check(id, file.identity().size_bytes)?;
            Ok(Box::new(file))
        }
        Content::Chunk(chunk) => {
            handling.check(id, chunk.end - chunk.start)?;
            Ok(Box::new(ChunkInput::open(file, chunk)?))
        }
    }
}

pub(super) fn bad_input(message: String) -> Failure {
    Failure::new(FailureKind::BadInput, message)
}
