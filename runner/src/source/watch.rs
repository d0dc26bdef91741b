//! What a walk tells, and what it is told: notices go out, a request to stop comes in, what was left out is counted.

use std::fmt;
use std::io;
use std::path::Path;

use crate::event::{Event, Monitor, Notice, Stop};

use super::open::reason;

/// Entries of folders between two looks at whether to stop: a fraction of a millisecond.
const ENTRIES_PER_LOOK: u32 = 256;

/// How many files were left out, by the first reason that applied. What lies in a folder left out is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassedOver {
    /// No suffix and no pattern matched.
    pub unmatched: u64,
    pub excluded: u64,
    pub hidden: u64,
    /// Symbolic links that the policy does not follow.
    pub links: u64,
}

/// The counts that are not zero; nothing if all are.
impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.unmatched, "that did not match"),
            (self.excluded, "excluded"),
            (self.hidden, "hidden"),
            (self.links, "symbolic links"),
        ];
        let mut separator = "";
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{separator}{count} {what}")?;
            separator = ", ";
        }
        Ok(())
    }
}

/// One walk's line to the outside.
pub(super) struct Watch<'a> {
    monitor: &'a dyn Monitor,
    entries_until_look: u32,
    pub(super) stop: Option<Stop>,
    pub(super) passed_over: PassedOver,
    /// Something could not be read, and may hide inputs.
    pub(super) has_gaps: bool,
}

impl<'a> Watch<'a> {
    pub(super) fn new(monitor: &'a dyn Monitor) -> Self {
        Self { monitor, entries_until_look: 0, stop: None, passed_over: PassedOver::default(), has_gaps: false }
    }

    pub(super) fn notice(&self, notice: Notice) {
        self.monitor.event(Event::Notice(notice));
    }

    pub(super) fn unreadable(&mut self, path: &Path, error: &io::Error) {
        self.has_gaps = true;
        self.notice(Notice::Unreadable { path: path.to_owned(), error: reason(error) });
    }

    /// Asked at every entry, whether it becomes an input or not: a long walk may find nothing.
    pub(super) fn is_stopped(&mut self) -> bool {
        if self.stop.is_none() {
            match self.entries_until_look.checked_sub(1) {
                Some(left) => self.entries_until_look = left,
                None => {
                    self.entries_until_look = ENTRIES_PER_LOOK;
                    self.stop = self.monitor.stop();
                }
            }
        }
        self.stop.is_some()
    }
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("stop", &self.stop)
            .field("passed_over", &self.passed_over)
            .finish_non_exhaustive()
    }
}
