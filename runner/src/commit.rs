//! The committer: one thread that writes what the workers finished, many tasks in one transaction.
//!
//! What it has told the monitor is on disk. Everything else about a task is a view, made afterwards.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use crate::config::MaxErrors;
use crate::control::Control;
use crate::delivery::Delivery;
use crate::event::{Counts, Event, Monitor as _, Stop};
use crate::gate::Gate;
use crate::ledger::{Ledger, RunId};
use crate::outcome::Outcome;
use crate::pool::Parcel;
use crate::views::Views;

/// A transaction is written when it holds this many tasks, or bytes, or when it is this old. Measured: at 2,000 tasks the
/// cost of the transaction itself is lost in that of its rows.
const MOST_TASKS: usize = 2_000;
const MOST_BYTES: usize = 16 << 20;
const MOST_AGE: Duration = Duration::from_millis(250);

pub struct Committer<'a> {
    pub ledger: Ledger,
    pub run: RunId,
    pub views: Option<Views>,
    pub delivery: Option<Delivery<'a>>,
    pub max_errors: Option<MaxErrors>,
    pub max_rejects: Option<u64>,
    pub gate: &'a Gate,
    pub control: &'a Control<'a>,
}

/// What the committer gives back when the workers are gone.
pub struct Committed<'a> {
    pub ledger: Ledger,
    pub views: Option<Views>,
    pub delivery: Option<Delivery<'a>>,
    /// What this run did.
    pub counts: Counts,
}

impl<'a> Committer<'a> {
    /// Commits until the workers are gone.
    ///
    /// # Errors
    /// If the ledger cannot be written. The run breaks off then, and no task is charged for it.
    pub fn work(mut self, parcels: &Receiver<Parcel>) -> anyhow::Result<Committed<'a>> {
        let mut counts = Counts::default();
        let result = self.commit_all(parcels, &mut counts);
        if result.is_err() {
            self.control.break_off();
        }
        self.gate.close();
        result?;
        Ok(Committed { ledger: self.ledger, views: self.views, delivery: self.delivery, counts })
    }

    fn commit_all(&mut self, parcels: &Receiver<Parcel>, counts: &mut Counts) -> anyhow::Result<()> {
        while let Ok(parcel) = parcels.recv() {
            let deadline = Instant::now() + MOST_AGE;
            let Parcel { mut finished, mut weight_bytes } = parcel;
            while finished.len() < MOST_TASKS && weight_bytes < MOST_BYTES {
                match parcels.recv_deadline(deadline) {
                    Ok(parcel) => {
                        finished.extend(parcel.finished);
                        weight_bytes += parcel.weight_bytes;
                    }
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
                }
            }
            if let Some(delivery) = &mut self.delivery {
                delivery.before_commit(&finished)?;
            }
            for (index, failure) in self.ledger.commit(self.run, &finished)? {
                finished[index].files.clear();
                finished[index].outcome = Outcome::Failed(failure);
            }
            if let Some(delivery) = &mut self.delivery {
                delivery.after_commit(&self.ledger)?;
            }
            self.gate.leave(weight_bytes);
            for finished in &finished {
                counts.add(finished);
            }
            if let Some(views) = &mut self.views {
                views.after_commit(&finished)?;
            }
            self.control.event(Event::Committed { finished: &finished });
            self.stop_on_failures(counts);
        }
        Ok(())
    }

    fn stop_on_failures(&self, counts: &Counts) {
        let failed = counts.tasks_failed();
        let too_many = match self.max_errors {
            None => false,
            Some(MaxErrors::Count(most)) => failed > most,
            Some(MaxErrors::Percent(most)) => {
                let tasks = counts.tasks();
                tasks >= MaxErrors::PERCENT_FROM_TASKS && failed as f64 * 100.0 > most * tasks as f64
            }
        };
        if too_many {
            self.control.request_stop(Stop::MaxErrors);
        }
        if self.max_rejects.is_some_and(|most| counts.rejects > most) {
            self.control.request_stop(Stop::MaxRejects);
        }
    }
}
