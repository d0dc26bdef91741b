//! What of a file a task is, as the walk found it, and how a worker opens that.

use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;

use crate::config::{Archives, Decompress, Splitting};
use crate::input::Input;
use crate::outcome::{Failure, FailureKind};
use crate::param::Params;
use crate::task::{Identity, TaskId, TaskPath};

use super::archive::{Archive, Member, Poured};
use super::chunk::ChunkInput;
use super::compressed::{Decompressed, Format, MAGIC_BYTES};
use super::list::OwnParams;
use super::open::InputFile;
use super::origin::{Origin, StandardInput};
use super::root::Root;
use super::with_params::WithParams;

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
    /// Those of standard input.
    Standard(Arc<StandardInput>),
    /// Those of a member of an archive.
    Member(Arc<Member>),
    /// The same, on their way.
    Poured(Arc<Poured>),
    Chunk(Box<Chunk>),
    /// None: it cannot be an input.
    Unusable(Box<Unusable>),
}

/// What was found in an archive and is no input, and why.
#[derive(Clone, Debug)]
pub struct Unusable {
    archive: Arc<Archive>,
    failure: Failure,
}

impl Content {
    /// How many bytes of its file it is, if it is a part of one.
    pub fn size_bytes(&self) -> Option<u64> {
        match self {
            Self::Whole | Self::Standard(_) => None,
            Self::Member(member) => Some(member.size_bytes),
            Self::Poured(poured) => Some(poured.member.size_bytes),
            Self::Unusable(_) => Some(0),
            Self::Chunk(chunk) => Some(chunk.header_bytes + (chunk.end - chunk.start)),
        }
    }

    /// The file as it was when the walk looked into it; `None` if it did not.
    pub fn identity(&self) -> Option<Identity> {
        match self {
            Self::Whole | Self::Standard(_) => None,
            Self::Member(member) => Some(member.archive.identity),
            Self::Poured(poured) => Some(poured.member.archive.identity),
            Self::Chunk(chunk) => chunk.identity,
            Self::Unusable(unusable) => Some(unusable.archive.identity),
        }
    }

    /// The archive that it is in, if it is in one.
    pub fn archive(&self) -> Option<&TaskPath> {
        let archive = match self {
            Self::Whole | Self::Standard(_) => return None,
            Self::Member(member) => &member.archive,
            Self::Poured(poured) => &poured.member.archive,
            Self::Chunk(chunk) => &chunk.member.as_ref()?.archive,
            Self::Unusable(unusable) => &unusable.archive,
        };
        Some(&archive.path)
    }

    /// The member that it is, if that is one of those that come by one way.
    pub fn streamed(&self) -> Option<&Arc<Member>> {
        match self {
            Self::Member(member) => member.stream_offset().map(|_| member),
            Self::Whole | Self::Standard(_) | Self::Poured(_) | Self::Chunk(_) | Self::Unusable(_) => None,
        }
    }

    /// How many bytes of it are in memory while it waits for a worker.
    pub fn held_bytes(&self) -> usize {
        match self {
            Self::Poured(poured) => poured.held_bytes(),
            Self::Chunk(chunk) => chunk.held.as_ref().map_or(0, |held| held.range.len()),
            Self::Whole | Self::Standard(_) | Self::Member(_) | Self::Unusable(_) => 0,
        }
    }

    pub(super) fn unusable(archive: &Arc<Archive>, failure: Failure) -> Self {
        Self::Unusable(Box::new(Unusable { archive: Arc::clone(archive), failure }))
    }
}

/// A range of a file, or of a member of an archive. It means something only for the file that was split.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// The member of which it is a range.
    pub member: Option<Arc<Member>>,
    /// None of standard input.
    pub identity: Option<Identity>,
    /// The range, in bytes.
    pub start: u64,
    pub end: u64,
    /// So many bytes from the start of the file come before the range: the header that every chunk gets.
    pub header_bytes: u64,
    pub form: Form,
    /// See [`crate::input::ChunkFacts`].
    pub first_record: Option<u64>,
    /// Its bytes, if the worker could not read them for itself: they came out of a compressed file.
    pub held: Option<Held>,
    /// Why this is no chunk that can be read.
    pub fault: Option<Failure>,
}

/// The bytes of a chunk.
#[derive(Clone, Debug)]
pub struct Held {
    /// What goes before them.
    pub header: Bytes,
    pub range: Bytes,
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
    pub(super) most_bytes: Option<u64>,
    pub(super) decompress: Decompress,
    pub(super) archives: Archives,
    /// What a list gave its inputs beside their paths.
    pub(super) own_params: Arc<OwnParams>,
}

impl Handling {
    pub fn of(source: &crate::config::Source) -> Self {
        let of_chunks = source.splitting.as_ref().map(Splitting::most_bytes);
        Self {
            most_bytes: source.max_input_bytes.or(of_chunks),
            decompress: source.decompress,
            archives: source.archives,
            own_params: Arc::default(),
        }
    }

    /// The parameters that the input at `path` has of its own, if it has any.
    pub fn params_of(&self, path: &TaskPath) -> Option<&Arc<Params>> {
        self.own_params.of(path)
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
    let Opened { input, identity } = open_bytes(root, id, content, handling);
    let input = match handling.params_of(&id.path) {
        Some(params) => input.map(|input| Box::new(WithParams { input, params: Arc::clone(params) }) as Box<dyn Input>),
        None => input,
    };
    Opened { input, identity }
}

fn open_bytes(root: &Root, id: &TaskId, content: &Content, handling: &Handling) -> Opened {
    if let Content::Unusable(unusable) = content {
        return Opened { input: Err(unusable.failure.clone()), identity: content.identity() };
    }
    match content {
        Content::Standard(standard) => {
            let input = open_standard(standard, id, handling);
            return Opened { input, identity: None };
        }
        Content::Chunk(chunk) if chunk.identity.is_none() => {
            let input = handling.check(id, chunk.end - chunk.start).and_then(|()| ChunkInput::open(None, chunk));
            return Opened { input: input.map(|input| Box::new(input) as Box<dyn Input>), identity: None };
        }
        _ => {}
    }
    let file = match InputFile::open(root, content.archive().unwrap_or(&id.path)) {
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
        Content::Whole | Content::Standard(_) => open_whole(file, id, handling),
        Content::Member(member) => open_member(file, member, None, id, handling),
        Content::Poured(poured) => {
            let first = poured.reader().map(|reader| Box::new(reader) as Box<dyn Read + Send>);
            open_member(file, &poured.member, first, id, handling)
        }
        Content::Chunk(chunk) => {
            handling.check(id, chunk.end - chunk.start)?;
            let file = match &chunk.member {
                Some(member) if chunk.held.is_none() => member.open(file, &id.path)?.0,
                _ => file,
            };
            Ok(Box::new(ChunkInput::open(Some(file), chunk)?))
        }
        Content::Unusable(unusable) => Err(unusable.failure.clone()),
    }
}

fn open_standard(standard: &Arc<StandardInput>, id: &TaskId, handling: &Handling) -> Result<Box<dyn Input>, Failure> {
    let Handling { most_bytes, decompress, .. } = *handling;
    let origin = Origin::Standard(Arc::clone(standard));
    Ok(Box::new(Decompressed::open_packed(origin, &id.path, None, None, decompress, most_bytes)?))
}

fn open_whole(mut file: InputFile, id: &TaskId, handling: &Handling) -> Result<Box<dyn Input>, Failure> {
    let format = match handling.decompress {
        Decompress::Auto => Format::recognise(file.head()?),
        Decompress::Never => None,
    };
    if let Some(format) = format {
        return Ok(Box::new(Decompressed::open(file, &id.path, format, handling.most_bytes)?));
    }
    handling.check(id, file.content_bytes())?;
    Ok(Box::new(file))
}

/// Opens a member of the archive `file`; its content comes from `first`, if that is there.
fn open_member(
    file: InputFile,
    member: &Member,
    first: Option<Box<dyn Read + Send>>,
    id: &TaskId,
    handling: &Handling,
) -> Result<Box<dyn Input>, Failure> {
    let (file, packed) = member.open(file, &id.path)?;
    let Some(packed) = packed else { return open_whole(file, id, handling) };
    let Handling { most_bytes, decompress, .. } = *handling;
    Ok(Box::new(Decompressed::open_packed(
        Origin::File(Arc::new(file)),
        &id.path,
        Some(packed),
        first,
        decompress,
        most_bytes,
    )?))
}

pub(super) fn bad_input(message: String) -> Failure {
    Failure::new(FailureKind::BadInput, message)
}
