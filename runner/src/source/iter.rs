//! All inputs as one stream: the entries that were named, with the walks of the folders among them merged in.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::fs;
use std::path::PathBuf;
use std::slice;

use crate::event::{Monitor, Notice, Stop};
use crate::task::TaskPath;

use super::Inputs;
use super::naming::prefix_of;
use super::root::What;
use super::walk::{FolderId, Part, Rules, Walk};
use super::watch::{PassedOver, Watch};

/// Every input once, in input order; see [`Inputs::iter`].
///
/// It ends early if the monitor wants to stop. Whether it did is [`Iter::stopped`]; ask before taking the end for the
/// end of the inputs.
#[derive(Debug)]
pub struct Iter<'a> {
    inputs: &'a Inputs,
    rules: Rules<'a>,
    watch: Watch<'a>,
    entries: slice::Iter<'a, TaskPath>,
    /// The walks under way, the one with the least head on top.
    walks: BinaryHeap<Reverse<Head<'a>>>,
    /// The walk that the last input is from. It goes on when the next one is asked for: there may be a long way to it.
    current: Option<Walk<'a>>,
    last: Option<TaskPath>,
    /// Whether it was named, and not found in a folder.
    last_is_named: bool,
}

/// A walk with the file that it has found and not yet given.
#[derive(Debug)]
struct Head<'a> {
    path: TaskPath,
    walk: Walk<'a>,
}

impl PartialEq for Head<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for Head<'_> {}

impl PartialOrd for Head<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Head<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.path.cmp(&other.path)
    }
}

impl<'a> Iter<'a> {
    pub(super) fn new(inputs: &'a Inputs, monitor: &'a dyn Monitor) -> Self {
        let output = inputs.output.as_deref();
        let rules = Rules {
            filter: &inputs.filter,
            links: inputs.links,
            output,
            output_id: output.and_then(|output| fs::metadata(output).ok()).map(|metadata| FolderId::of(&metadata)),
        };
        Self {
            inputs,
            rules,
            watch: Watch::new(monitor),
            entries: inputs.entries.iter(),
            walks: BinaryHeap::new(),
            current: None,
            last: None,
            last_is_named: false,
        }
    }

    /// Why the iterator ended before the inputs did.
    pub fn stopped(&self) -> Option<Stop> {
        self.watch.stop
    }

    /// Whether everything so far could be read. What could not be, a folder or a link, may hide inputs: an input that
    /// did not come is gone only if this is true at the end.
    pub fn is_complete(&self) -> bool {
        self.watch.stop.is_none() && !self.watch.has_gaps
    }

    /// Whether what came last was named or listed, and not found in a folder.
    pub(super) fn last_is_named(&self) -> bool {
        self.last_is_named
    }

    /// What came last could not be read, and may have hidden inputs.
    pub(super) fn note_gap(&mut self) {
        self.watch.has_gaps = true;
    }

    pub(super) fn watch_mut(&mut self) -> &mut Watch<'a> {
        &mut self.watch
    }

    /// What was left out so far.
    pub fn passed_over(&self) -> &PassedOver {
        &self.watch.passed_over
    }

    /// The least of what is to come, which may be what came last.
    fn next_of_any(&mut self) -> Option<TaskPath> {
        if let Some(walk) = self.current.take() {
            self.go_on(walk);
        }
        loop {
            // An entry at the same place as a walk's head goes first: it may be a folder, and all in it sorts after it.
            let entry = self.entries.as_slice().first();
            match (entry, self.walks.peek()) {
                (Some(entry), Some(Reverse(head))) if head.path < *entry => return self.next_of_walks(),
                (None, _) => return self.next_of_walks(),
                (Some(entry), _) => {
                    self.entries.next();
                    if self.watch.is_stopped() {
                        return None;
                    }
                    if self.inputs.is_standard() {
                        return Some(entry.clone());
                    }
                    match self.inputs.root.what(entry) {
                        // One that is gone is an input all the same: the task that cannot open it says why.
                        Err(_) | Ok(What::File) => {
                            self.last_is_named = true;
                            return Some(entry.clone());
                        }
                        Ok(What::Folder) => self.start_walks(entry),
                        Ok(What::Other) => self.watch.notice(Notice::NotAFile { path: entry.to_path() }),
                    }
                }
            }
        }
    }

    fn next_of_walks(&mut self) -> Option<TaskPath> {
        let Reverse(Head { path, walk }) = self.walks.pop()?;
        self.current = Some(walk);
        self.last_is_named = false;
        Some(path)
    }

    /// Has `walk` take part in the merge, unless it is at its end.
    fn go_on(&mut self, mut walk: Walk<'a>) {
        if let Some(path) = walk.next(&mut self.watch) {
            self.walks.push(Reverse(Head { path, walk }));
        }
    }

    fn start_walks(&mut self, folder: &TaskPath) {
        let root = self.inputs.root.path();
        let path = root.join(folder.to_path());
        let base = match path.canonicalize() {
            Ok(base) => base,
            Err(error) => return self.watch.unreadable(&path, &error),
        };
        if self.rules.output.is_some_and(|output| base.starts_with(output)) {
            return;
        }
        let is_absolute = folder.key().first() == Some(&0);
        if is_absolute && root.starts_with(&base) {
            // What lies in the root has its place in the order there, whichever way it is named.
            if base != root {
                self.start(Part::OutsideRoot(root), base.clone(), folder);
            }
            self.start(Part::InsideRoot(root), base, folder);
        } else {
            self.start(Part::Whole, base, folder);
        }
    }

    fn start(&mut self, part: Part<'a>, base: PathBuf, folder: &TaskPath) {
        let walk = Walk::new(self.rules, part, base, prefix_of(folder), &mut self.watch);
        self.go_on(walk);
    }
}

impl Iterator for Iter<'_> {
    type Item = TaskPath;

    fn next(&mut self) -> Option<TaskPath> {
        loop {
            let path = self.next_of_any()?;
            if self.watch.stop.is_some() {
                return None;
            }
            if self.last.as_ref().is_none_or(|last| *last < path) {
                self.last = Some(path.clone());
                return Some(path);
            }
        }
    }
}
