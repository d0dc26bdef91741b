//! The workers: one thread each, with a sandbox in it or in a process of its own, taking batches of tasks and giving finished ones.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use crossbeam_channel::{Receiver, Sender};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::apart::{self, Apart};
use crate::control::Control;
use crate::event::{Event, Monitor as _, Stop};
use crate::feed::Pace;
use crate::gate::Gate;
use crate::in_flight::InFlight;
use crate::meter::{Meter, Metered};
use crate::outbox::{Outbox, Refused};
use crate::outcome::{Finished, Outcome};
use crate::ring::{self, Death, Place};
use crate::sandbox::{Attempt, Processor};
use crate::select::Job;
use crate::source::{self, Content, Handling, Opened, Root};
use crate::task::{Identity, Task, TaskId};

/// Finished tasks on their way to the committer, with the bytes for which they hold the gate.
pub struct Parcel {
    pub finished: Vec<Finished>,
    pub weight_bytes: usize,
}

/// A worker hands over what it has when it holds this much, though its batch goes on.
const PARCEL_BYTES: usize = 1 << 20;

/// So long after a kill of one process of a run, its other ones are still about to be killed.
const LAST_ONE: Duration = Duration::from_secs(2);

/// What all workers share.
pub struct Workshop<'a> {
    pub processor: &'a Processor,
    /// `None` where tasks run in the threads of the workers.
    pub ring: Option<&'a ring::Loaded<'a>>,
    pub root: &'a Root,
    pub handling: &'a Handling,
    /// Takes the files that tasks give; `None` where nothing is kept.
    pub outbox: Option<&'a Outbox>,
    /// Where is noted what the workers have in their hands; `None` where nothing is kept.
    pub in_flight: Option<&'a InFlight>,
    /// One for each worker, where anybody looks at them.
    pub meters: &'a [Arc<Meter>],
    pub retries: u32,
    /// A failure ends the run at once, without waiting for its commit.
    pub fail_fast: bool,
    pub tasks: Receiver<Vec<Job>>,
    pub committer: Sender<Parcel>,
    pub gate: &'a Gate,
    pub pace: &'a Pace,
    pub control: &'a Control<'a>,
}

/// The workers' threads.
///
/// # Errors
/// If they cannot be started.
pub fn threads(workers: usize) -> anyhow::Result<ThreadPool> {
    ThreadPoolBuilder::new()
        .num_threads(workers)
        .thread_name(|index| format!("worker {index}"))
        .build()
        .with_context(|| format!("start {workers} worker threads"))
}

impl Workshop<'_> {
    /// One worker's loop: until there are no more tasks, the run is over, or the committer is gone.
    ///
    /// # Errors
    /// If the worker cannot set itself up, or write the files of a task.
    pub fn work(&self, worker: usize) -> anyhow::Result<()> {
        let mut place = Place::new(self.processor, self.ring, worker)?;
        let meter = self.meter(worker);
        let mut note = self.in_flight.and_then(|in_flight| in_flight.note(worker));
        for batch in &self.tasks {
            if let Some(note) = &mut note {
                note.begin(batch.iter().map(|job| &job.task.id));
            }
            let started = Instant::now();
            let tasks = batch.len() as u64;
            let mut parcel = Parcel { finished: Vec::with_capacity(batch.len()), weight_bytes: 0 };
            for job in batch {
                if self.control.is_over() {
                    break;
                }
                self.tell_start(worker, &job);
                let finished = self.finish(&mut place, job, meter)?;
                parcel.weight_bytes += finished.weight_bytes();
                parcel.finished.push(finished);
                if parcel.weight_bytes >= PARCEL_BYTES && !self.hand_over(&mut parcel) {
                    return Ok(());
                }
            }
            self.pace.record(tasks, started.elapsed());
            if !self.hand_over(&mut parcel) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Where a worker counts what it has read, if anybody looks at it.
    fn meter(&self, worker: usize) -> Option<&Arc<Meter>> {
        self.meters.get(worker).filter(|_| self.control.monitor.wants_task_starts())
    }

    fn tell_start(&self, worker: usize, job: &Job) {
        if self.control.monitor.wants_task_starts() {
            self.control.event(Event::TaskStarted { worker, task: &job.task.id });
        }
    }

    /// Runs tasks one at a time, in a process of their own. Whether it got through all of them.
    ///
    /// # Errors
    /// If there can be no process for them, or the files of a task cannot be written.
    pub fn work_apart(&self, apart: Apart<'_>) -> anyhow::Result<bool> {
        if apart.jobs.is_empty() {
            return Ok(true);
        }
        // A number of its own, since its process removes the folders under that when the first worker has made its own.
        let mut place = Place::new(self.processor, Some(apart.ring), self.meters.len())?;
        for job in apart.jobs {
            if self.control.is_over() {
                return Ok(false);
            }
            self.tell_start(0, &job);
            let Some(finished) = self.finish_apart(&mut place, job, apart.max_crashes)? else { return Ok(false) };
            let mut parcel = Parcel { weight_bytes: finished.weight_bytes(), finished: vec![finished] };
            if !self.hand_over(&mut parcel) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Runs a task until an outcome stands, or its process has died too often. None if its process died, and so does the run.
    fn finish_apart(&self, place: &mut Place<'_>, job: Job, max_crashes: usize) -> anyhow::Result<Option<Finished>> {
        let Job { task, content, permit: _permit } = job;
        let mut attempts = task.earlier_attempts;
        let (mut tries_left, mut deaths) = (self.retries, Vec::new());
        loop {
            attempts = attempts.saturating_add(1);
            let (mut attempt, identity) = self.attempt(place, &task.id, &content, self.meter(0))?;
            if let Some(death) = place.take_death() {
                if self.is_end_of_all(death) {
                    return Ok(None);
                }
                deaths.push(death);
                if deaths.len() < max_crashes {
                    continue;
                }
                attempt.outcome = Outcome::Failed(apart::quarantined(&deaths));
            } else if is_worth_another(&attempt) && tries_left > 0 {
                tries_left -= 1;
                continue;
            }
            return self.end(task, attempts, attempt, identity).map(Some);
        }
    }

    /// Whether who ended this process ends the run as well. What kills all processes of a run kills them one after the other:
    /// if this one was killed from outside, it is worth waiting for whether we are next.
    fn is_end_of_all(&self, death: Death) -> bool {
        let from = Instant::now();
        while death.is_from_outside() && from.elapsed() < LAST_ONE && !self.control.is_over() {
            thread::sleep(LAST_ONE / 100);
        }
        self.control.is_over()
    }

    /// Sends what is in the parcel; false if nobody takes it any more.
    fn hand_over(&self, parcel: &mut Parcel) -> bool {
        if parcel.finished.is_empty() {
            return true;
        }
        let parcel = std::mem::replace(parcel, Parcel { finished: Vec::new(), weight_bytes: 0 });
        self.gate.enter(parcel.weight_bytes).is_ok() && self.committer.send(parcel).is_ok()
    }

    /// Runs a task to its end: an outcome that stands, or as many attempts as are allowed.
    fn finish(&self, place: &mut Place<'_>, job: Job, meter: Option<&Arc<Meter>>) -> anyhow::Result<Finished> {
        let Job { task, content, permit: _permit } = job;
        let mut attempts = task.earlier_attempts;
        let mut tries_left = self.retries;
        loop {
            attempts = attempts.saturating_add(1);
            let (attempt, identity) = self.attempt(place, &task.id, &content, meter)?;
            if is_worth_another(&attempt) && tries_left > 0 {
                tries_left -= 1;
                continue;
            }
            return self.end(task, attempts, attempt, identity);
        }
    }

    /// The end of a task, with its files where they wait to be put in their place.
    fn end(&self, task: Task, attempts: u32, attempt: Attempt, identity: Option<Identity>) -> anyhow::Result<Finished> {
        let Attempt { mut outcome, usage, log, files, .. } = attempt;
        let mut staged = Vec::new();
        match self.outbox.map_or(Ok(Vec::new()), |outbox| outbox.stage(&task.id, files)) {
            Ok(files) => staged = files,
            Err(Refused::Place(failure)) => outcome = Outcome::Failed(failure),
            // A full disk is no fault of the task.
            Err(Refused::Disk(error)) => return Err(error),
        }
        if self.fail_fast && matches!(outcome, Outcome::Failed(_)) {
            self.control.request_stop(Stop::FailFast);
        }
        let params = self.handling.params_of(&task.id.path).cloned();
        Ok(Finished { task, identity, params, outcome, usage, attempts, log, files: staged })
    }

    fn attempt(
        &self,
        place: &mut Place<'_>,
        task: &TaskId,
        content: &Content,
        meter: Option<&Arc<Meter>>,
    ) -> anyhow::Result<(Attempt, Option<Identity>)> {
        let Opened { input, identity } = source::open(self.root, task, content, self.handling);
        let metered = input.map(|input| match meter {
            Some(meter) => Box::new(Metered::new(input, Arc::clone(meter))),
            None => input,
        });
        let attempt = metered.map_or_else(|failure| Ok(Attempt::failed(failure)), |input| place.run(task, input))?;
        Ok((attempt, identity))
    }
}

fn is_worth_another(attempt: &Attempt) -> bool {
    matches!(&attempt.outcome, Outcome::Failed(failure) if !failure.kind.is_deterministic())
}
