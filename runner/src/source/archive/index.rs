//! What is in an archive: its members in input order, those that cannot be inputs with the reason why.

use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::sync::Arc;
use std::vec;

use crate::config::Decompress;
use crate::outcome::Failure;
use crate::source::compressed::{Format, Unpacked};
use crate::source::content::{Content, bad_input};
use crate::source::open::{FileReader, InputFile};
use crate::task::TaskPath;

use super::packed::Streamed;
use super::tar::Tape;
use super::{Archive, Fault, Kind, Member, Place, name, tar, zip};

/// The most that a list of members may take in memory: some millions of them.
const MOST_INDEX_BYTES: usize = 1 << 30;

/// What a member takes besides its name.
const MEMBER_BYTES: usize = size_of::<Listed>();

const READ_BYTES: usize = 64 << 10;

/// The run is over, and nobody wants the list any more.
#[derive(Debug)]
pub struct Stopped;

/// The members of an archive that are to be inputs.
#[derive(Debug)]
pub struct Index {
    archive: Arc<Archive>,
    members: vec::IntoIter<Listed>,
    /// What is wrong with the archive as a whole, so that members may be missing.
    fault: Option<Failure>,
}

#[derive(Debug)]
struct Listed {
    key: Box<[u8]>,
    size_bytes: u64,
    what: Result<Place, Reason>,
}

type Reason = Box<str>;

impl Index {
    /// Lists those members of `file` that `wants` says yes to, by their keys; `None` if it is no archive.
    ///
    /// # Errors
    /// [`Stopped`] if `wants` says so.
    pub fn of(
        file: InputFile,
        path: &TaskPath,
        decompress: Decompress,
        wants: impl FnMut(&[u8]) -> Result<bool, Stopped>,
    ) -> Result<Option<Self>, Stopped> {
        let identity = file.identity();
        // One that cannot be read is for its task to find out.
        let file = Arc::new(file);
        let Ok(Some(kind)) = Kind::recognise(&file, decompress) else { return Ok(None) };
        let mut list = List { wants, members: Vec::new(), ranges: Vec::new(), held_bytes: 0 };
        let listed = match kind {
            Kind::Tar => {
                let tape = BufReader::with_capacity(READ_BYTES, FileReader::new(Arc::clone(&file)));
                list.tar(tape, None)
            }
            Kind::Packed(format) => list.tar(Unpacked::of_format(&file, path, format), Some(format)),
            Kind::Zip => list.zip(&file),
        };
        let fault = match listed {
            Ok(()) => None,
            Err(End::Stopped) => return Err(Stopped),
            Err(End::Fault(fault)) => {
                // What a decompressor gives before it notices the damage may be damaged, too.
                if matches!(kind, Kind::Packed(_)) {
                    list.members.clear();
                }
                Some(fault.into_failure("list the archive", path))
            }
        };
        let members = list.finish().into_iter();
        let archive = Arc::new(Archive { path: path.clone(), identity });
        Ok(Some(Self { archive, members, fault }))
    }

    /// Whether all of the archive could be listed.
    pub fn is_complete(&self) -> bool {
        self.fault.is_none()
    }
}

impl Iterator for Index {
    type Item = (TaskPath, Content);

    /// The next member in input order. What is wrong with the archive itself comes first, as an input by its name.
    fn next(&mut self) -> Option<(TaskPath, Content)> {
        let archive = &self.archive;
        if let Some(fault) = self.fault.take() {
            return Some((archive.path.clone(), Content::unusable(archive, fault)));
        }
        let Listed { key, size_bytes, what } = self.members.next()?;
        let path = TaskPath::from_key(&[archive.path.key(), &key].join(&0));
        let content = match what {
            Ok(place) => Content::Member(Arc::new(Member { archive: Arc::clone(archive), size_bytes, place })),
            Err(reason) => Content::unusable(archive, bad_input(format!("read {path}: {reason}"))),
        };
        Some((path, content))
    }
}

impl Tape for Unpacked {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        match io::copy(&mut self.take(bytes), &mut io::sink())? {
            skipped_bytes if skipped_bytes == bytes => Ok(()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Why a list ends before the archive does.
enum End {
    Stopped,
    Fault(Fault),
}

impl From<Stopped> for End {
    fn from(Stopped: Stopped) -> Self {
        Self::Stopped
    }
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// A list that is being made.
struct List<W> {
    wants: W,
    members: Vec<Listed>,
    /// Where members of a zip archive lie, and which they are.
    ranges: Vec<(Range<u64>, usize)>,
    held_bytes: usize,
}

impl<W: FnMut(&[u8]) -> Result<bool, Stopped>> List<W> {
    fn tar(&mut self, tape: impl Tape, format: Option<Format>) -> Result<(), End> {
        let mut members = tar::Members::new(tape);
        while let Some(tar::Entry { name, start, size_bytes, kind }) = members.next()? {
            let what = match kind {
                tar::Kind::File => Ok(match format {
                    None => Place::Plain(start),
                    Some(format) => Place::Streamed(Streamed { format, start, size_bytes }),
                }),
                tar::Kind::Folder => continue,
                tar::Kind::Other(what) => Err(format!("it {what}").into()),
            };
            self.add(&name, size_bytes, what)?;
        }
        Ok(())
    }

    fn zip(&mut self, file: &InputFile) -> Result<(), End> {
        let mut end = Ok(());
        zip::for_each_entry(file, |zip::Entry { name, range, size_bytes, place }| {
            let what = place.map(Place::Zipped).map_err(|what| format!("it {what}").into());
            end = self.add(&name, size_bytes, what).map(|is_taken| {
                if is_taken {
                    self.ranges.push((range, self.members.len() - 1));
                }
            });
            end.is_ok()
        })?;
        end
    }

    /// Takes a member; or passes it over if it is not wanted.
    fn add(&mut self, name: &[u8], size_bytes: u64, what: Result<Place, Reason>) -> Result<bool, End> {
        let (key, fault) = name::key_of(name);
        if !(self.wants)(&key)? {
            return Ok(false);
        }
        self.held_bytes += MEMBER_BYTES + key.len();
        if self.held_bytes > MOST_INDEX_BYTES {
            let message = format!("it has more members than are listed, which is {}", self.members.len());
            return Err(Fault::Bad(message).into());
        }
        let what = match fault {
            Some(fault) => Err(fault.into()),
            None => what,
        };
        self.members.push(Listed { key: key.into(), size_bytes, what });
        Ok(true)
    }

    fn finish(mut self) -> Vec<Listed> {
        self.refuse_overlaps();
        let mut members = self.members;
        members.sort_by(|left, right| left.key.cmp(&right.key));
        refuse_duplicates(&mut members);
        refuse_folders(&mut members);
        members
    }

    /// Members of a zip archive that share bytes: a small archive can have a thousand of them, each a gigabyte.
    fn refuse_overlaps(&mut self) {
        self.ranges.sort_unstable_by_key(|(range, _)| (range.start, range.end));
        let mut end = 0;
        for (range, member) in &self.ranges {
            if range.start < end
                && let Some(listed) = self.members.get_mut(*member)
            {
                listed.what = Err("it shares bytes of the archive with another member".into());
            }
            end = end.max(range.end);
        }
    }
}

/// Makes one of members that have one name, which cannot be used: nobody knows which is meant.
fn refuse_duplicates(members: &mut Vec<Listed>) {
    members.dedup_by(|later, first| {
        let is_same = later.key == first.key;
        if is_same {
            first.what = Err("more than one member of the archive is called so".into());
        }
        is_same
    });
}

/// A member that others lie in as in a folder: what is made of it and of them would have one place.
fn refuse_folders(members: &mut [Listed]) {
    for index in 1..members.len() {
        let (before, after) = members.split_at_mut(index);
        if let (Some(folder), Some(member)) = (before.last_mut(), after.first())
            && member.key.starts_with(&folder.key)
            && member.key.get(folder.key.len()) == Some(&0)
        {
            folder.what = Err("it is a file, and a folder of other members of the archive".into());
        }
    }
}
