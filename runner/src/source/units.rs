//! From inputs to tasks: each input is one, or as many as it has chunks.

use crate::event::Monitor;
use crate::task::{TaskId, TaskPath};

use super::Inputs;
use super::content::{Content, Unit};
use super::iter::Iter;
use super::open::InputFile;
use super::split::Chunks;

/// Every task once, in input order; see [`Inputs::units`].
#[derive(Debug)]
pub struct Units<'a> {
    inputs: &'a Inputs,
    paths: Iter<'a>,
    /// Of the input at hand.
    chunks: Option<Chunks>,
}

impl<'a> Units<'a> {
    pub(super) fn new(inputs: &'a Inputs, monitor: &'a dyn Monitor) -> Self {
        Self { inputs, paths: inputs.iter(monitor), chunks: None }
    }

    /// The walk, to ask how it ended.
    pub fn paths(&self) -> &Iter<'a> {
        &self.paths
    }

    /// Whether these are not all that could be: an outcome on record without a unit says nothing then.
    pub fn are_partial(&self) -> bool {
        self.inputs.choice.is_partial()
    }

    fn next_chunk(&mut self) -> Option<Unit> {
        let chunks = self.chunks.as_mut()?;
        let (offset, chunk) = chunks.next()?;
        let id = TaskId { path: chunks.path().clone(), offset };
        Some(Unit { id, content: Content::Chunk(Box::new(chunk)) })
    }

    /// Begins to split the input at `path`; or it is a whole, whose task finds out why it cannot be opened.
    fn split(&mut self, path: TaskPath) -> Option<Unit> {
        if let Some(splitter) = &self.inputs.splitter
            && let Ok(file) = InputFile::open(&self.inputs.root, &path)
        {
            self.chunks = Some(splitter.chunks(file, &path, &self.inputs.handling));
            return None;
        }
        Some(Unit { id: TaskId::whole_file(path), content: Content::Whole })
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
            let path = self.paths.next()?;
            if let Some(unit) = self.split(path) {
                return Some(unit);
            }
        }
    }
}
