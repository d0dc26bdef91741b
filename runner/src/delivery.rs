//! Keeps `files` in step with the ledger: what is staged is on disk before the transaction that speaks of it, and in its
//! place right after.
//!
//! The transaction notes what is to be moved; the next one, or the end of the run, forgets it, after a sync. So a run that
//! is killed anywhere in between leaves a note for everything that may not have happened, and [`Delivery::recover`] makes it
//! happen. One sync serves both: the files of a transaction and the moves of the one before.

use crate::ledger::Ledger;
use crate::outbox::{Lost, Outbox};
use crate::outcome::Finished;
use crate::task::{TaskId, TaskPath};

/// How many moves are read from the ledger at a time.
const PAGE_MOVES: usize = 4096;

pub struct Delivery<'a> {
    outbox: &'a Outbox,
    /// Something was moved since the last sync.
    has_moved: bool,
}

impl<'a> Delivery<'a> {
    /// Finishes what an earlier run was killed at. An outcome whose file is lost is no outcome: it is dropped, and its task
    /// runs again.
    ///
    /// # Errors
    /// If the ledger or the file system refuses.
    pub fn recover(outbox: &'a Outbox, ledger: &mut Ledger) -> anyhow::Result<Self> {
        let mut delivery = Self { outbox, has_moved: false };
        let mut lost = delivery.deliver(ledger)?;
        while !lost.is_empty() {
            delivery.sync()?;
            // What is in the place of a file that never was there is not ours to remove.
            let strangers: Vec<TaskPath> =
                lost.iter().filter(|lost| !lost.has_old).map(|lost| lost.path.clone()).collect();
            let tasks: Vec<TaskId> = lost.into_iter().map(|lost| lost.task).collect();
            ledger.drop_lost(&tasks, &strangers)?;
            lost = delivery.deliver(ledger)?;
        }
        delivery.finish(ledger)?;
        Ok(delivery)
    }

    /// To be called before `finished` is committed.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn before_commit(&mut self, finished: &[Finished]) -> anyhow::Result<()> {
        if self.has_moved || finished.iter().any(|finished| !finished.files.is_empty()) {
            self.sync()?;
        }
        Ok(())
    }

    /// To be called before outcomes are dropped from the ledger.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn before_drop(&mut self) -> anyhow::Result<()> {
        if self.has_moved { self.sync() } else { Ok(()) }
    }

    /// To be called after every transaction.
    ///
    /// # Errors
    /// If the file system refuses, or something that is not ours is in the way.
    pub fn after_commit(&mut self, ledger: &Ledger) -> anyhow::Result<()> {
        match self.deliver(ledger)?.pop() {
            Some(lost) => Err(lost.into_error()),
            None => Ok(()),
        }
    }

    /// To be called when nothing more will be staged: nothing is left to be done then, and nothing is left over.
    ///
    /// # Errors
    /// If the ledger or the file system refuses.
    pub fn finish(&mut self, ledger: &mut Ledger) -> anyhow::Result<()> {
        if self.has_moved {
            self.sync()?;
            ledger.forget_moves()?;
        }
        self.outbox.sweep()
    }

    fn sync(&mut self) -> anyhow::Result<()> {
        self.outbox.sync()?;
        self.has_moved = false;
        Ok(())
    }

    fn deliver(&mut self, ledger: &Ledger) -> anyhow::Result<Vec<Lost>> {
        let mut lost = Vec::new();
        // All that remove before any that put: a folder may have to make room for a file.
        for removing in [true, false] {
            let mut after = None;
            loop {
                let moves = ledger.moves_after(removing, after.as_ref(), PAGE_MOVES)?;
                let Some(last) = moves.last() else { break };
                after = Some(last.path.clone());
                self.has_moved = true;
                lost.extend(self.outbox.deliver(&moves)?);
            }
        }
        Ok(lost)
    }
}
