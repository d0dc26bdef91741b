//! What a worker has of its last task: an instance to use again, or one to make room of.

use wasmtime::Store;

use super::guest::Guest;

/// Holds at most one instance at any time.
///
/// An instance that serves no more is dropped only when the next one is about to be made. The pool gives out first what was
/// given back last, so a worker gets its own memory again, which its core has in its cache. Were it dropped at once, workers
/// would take each other's: 10 % of the time of a run of small tasks on two cores.
pub struct Slot<T> {
    /// The instance that serves the next task, too: as it began, or with `--isolation worker` as the last one left it.
    pub kept: Option<T>,
    /// The store of an instance that serves no more.
    pub spent: Option<Store<Guest>>,
}

impl<T> Slot<T> {
    /// Gives the place of the last instance back to the pool, for the next one to be made in.
    pub fn vacate(&mut self) {
        self.spent = None;
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { kept: None, spent: None }
    }
}
