//! From inputs to tasks: each input is one, or as many as it has members or chunks.

use std::sync::Arc;

use crate::event::Monitor;
use crate::param::Params;
use crate::task::{TaskId, TaskPath};

use super::Inputs;
use super::archive::{self, Index, Stopped};
use super::choice::Chooser;
use super::content::{Content, Unit};
use super::filter::MemberFilter;
use super::iter::Iter;
use super::open::InputFile;
use super::origin::Origin;
use super::split::{Chunks, Unsplit};

/// Every task once, in input order; see [`Inputs::units`].
#[derive(Debug)]
pub struct Units<'a> {
    inputs: &'a Inputs,
    paths: Iter<'a>,
    /// Of the archive at hand.
    members: Option<Index>,
    chooser: Chooser<'a>,
    /// Of the input at hand.
    chunks: Option<Chunks>,
    /// These are only to be counted, and what would cost as much as to make tasks of it is left out.
    is_for_counting: bool,
    has_left_out: bool,
}

impl<'a> Units<'a> {
    pub(super) fn new(inputs: &'a Inputs, monitor: &'a dyn Monitor) -> Self {
        let chooser = Chooser::new(&inputs.choice);
        Self {
            inputs,
            paths: inputs.iter(monitor),
            members: None,
            chooser,
            chunks: None,
            is_for_counting: false,
            has_left_out: false,
        }
    }

    /// The same, to be counted.
    pub(super) fn for_counting(inputs: &'a Inputs, monitor: &'a dyn Monitor) -> Self {
        Self { is_for_counting: true, ..Self::new(inputs, monitor) }
    }

    /// Whether there are more, which cost too much to be counted.
    pub(super) fn has_left_out(&self) -> bool {
        self.has_left_out
    }

    /// The walk, to ask how it ended.
    pub fn paths(&self) -> &Iter<'a> {
        &self.paths
    }

    /// The parameters that the input at `path` has of its own, if it has any.
    pub fn params_of(&self, path: &TaskPath) -> Option<&Arc<Params>> {
        self.inputs.handling.params_of(path)
    }

    /// Whether these are not all that could be: an outcome on record without a unit says nothing then.
    pub fn are_partial(&self) -> bool {
        self.inputs.choice.is_partial()
    }

    /// The next input that the run is about.
    fn next_input(&mut self) -> Option<(TaskPath, Content)> {
        loop {
            if self.chooser.has_enough() {
                return None;
            }
            let (path, content) = match self.members.as_mut().and_then(Index::next) {
                Some(member) => member,
                None => {
                    self.members = None;
                    let path = self.paths.next()?;
                    if let Some(standard) = &self.inputs.standard {
                        return Some((path, Content::Standard(Arc::clone(standard))));
                    }
                    self.members = self.list(&path).ok()?;
                    if self.members.is_some() {
                        continue;
                    }
                    (path, Content::Whole)
                }
            };
            if self.chooser.takes(&path) {
                return Some((path, content));
            }
        }
    }

    /// The members of the file at `path`, if it is an archive.
    fn list(&mut self, path: &TaskPath) -> Result<Option<Index>, Stopped> {
        if !archive::is_candidate(self.inputs.handling.archives, path) {
            return Ok(None);
        }
        // One that cannot be opened is a whole, whose task finds out why. It may have members on record.
        let Ok(file) = InputFile::open(&self.inputs.root, path) else {
            self.paths.note_gap();
            return Ok(None);
        };
        if self.is_for_counting && archive::is_stream(&file) {
            self.has_left_out = true;
            return Err(Stopped);
        }
        let filter = MemberFilter::new(&self.inputs.filter, self.paths.last_is_named());
        let watch = self.paths.watch_mut();
        let index = Index::of(file, path, self.inputs.handling.decompress, |key| match watch.is_stopped() {
            true => Err(Stopped),
            false => Ok(filter.wants(key, &mut watch.passed_over)),
        })?;
        if index.as_ref().is_some_and(|index| !index.is_complete()) {
            self.paths.note_gap();
        }
        Ok(index)
    }

    fn next_chunk(&mut self) -> Option<Unit> {
        let chunks = self.chunks.as_mut()?;
        let (offset, chunk) = chunks.next()?;
        let id = TaskId { path: chunks.path().clone(), offset };
        Some(Unit { id, content: Content::Chunk(Box::new(chunk)) })
    }

    /// Begins to split an input; or it is a whole, whose task finds out why it cannot be opened.
    fn split(&mut self, path: TaskPath, content: Content) -> Option<Unit> {
        if let Some(splitter) = &self.inputs.splitter
            && let Some(unsplit) = self.unsplit(&path, &content)
        {
            if self.is_for_counting && unsplit.is_stream(&self.inputs.handling) {
                self.has_left_out = true;
                return None;
            }
            self.chunks = Some(splitter.chunks(unsplit, &path, &self.inputs.handling));
            return None;
        }
        Some(Unit { id: TaskId::whole_file(path), content })
    }

    fn unsplit(&self, path: &TaskPath, content: &Content) -> Option<Unsplit> {
        let root = &self.inputs.root;
        match content {
            Content::Whole => {
                let origin = Origin::File(Arc::new(InputFile::open(root, path).ok()?));
                Some(Unsplit { origin, member: None, packed: None })
            }
            Content::Standard(standard) => {
                Some(Unsplit { origin: Origin::Standard(Arc::clone(standard)), member: None, packed: None })
            }
            Content::Member(member) => {
                let file = InputFile::open(root, &member.archive.path).ok()?;
                let (file, packed) = member.open(file, path).ok()?;
                Some(Unsplit { origin: Origin::File(Arc::new(file)), member: Some(member.clone()), packed })
            }
            Content::Poured(_) | Content::Chunk(_) | Content::Unusable(_) => None,
        }
    }
}

impl Iterator for Units<'_> {
    type Item = Unit;

    fn next(&mut self) -> Option<Unit> {
        loop {
            if let Some(unit) = self.next_chunk() {
                return Some(unit);
            }
            self.chunks = None;
            let (path, content) = self.next_input()?;
            if let Some(unit) = self.split(path, content) {
                return Some(unit);
            }
        }
    }
}
