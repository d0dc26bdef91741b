//! The workers: one thread and one sandbox each, taking batches of tasks and giving finished ones.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use crossbeam_channel::{Receiver, Sender};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::control::Control;
use crate::event::{Event, Monitor as _, Stop};
use crate::feed::Pace;
use crate::gate::Gate;
use crate::input::Input;
use crate::meter::{Meter, Metered};
use crate::outbox::{Outbox, Refused};
use crate::outcome::{Failure, FailureKind, Finished, Outcome, Usage};
use crate::sandbox::{Attempt, Processor, Sandbox};
use crate::select::Job;
use crate::source::{self, Content, Handling, Opened, Root};
use crate::task::{Identity, TaskId};

/// Finished tasks on their way to the committer, with the bytes for which they hold the gate.
pub struct Parcel {
    pub finished: Vec<Finished>,
    pub weight_bytes: usize,
}

/// A worker hands over what it has when it holds this much, though its batch goes on.
const PARCEL_BYTES: usize = 1 << 20;

/// What all workers share.
pub struct Workshop<'a> {
    pub processor: &'a Processor,
    pub root: &'a Root,
    pub handling: &'a Handling,
    /// Takes the files that tasks give; `None` where nothing is kept.
    pub outbox: Option<&'a Outbox>,
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
        let mut sandbox = Sandbox::new(self.processor, worker)?;
        let watched = self.control.monitor.wants_task_starts();
        let meter = self.meters.get(worker).filter(|_| watched);
        for batch in &self.tasks {
            let started = Instant::now();
            let tasks = batch.len() as u64;
            let mut parcel = Parcel { finished: Vec::with_capacity(batch.len()), weight_bytes: 0 };
            for job in batch {
                if self.control.is_over() {
                    break;
                }
                if watched {
                    self.control.event(Event::TaskStarted { worker, task: &job.task.id });
                }
                let finished = self.finish(&mut sandbox, job, meter)?;
                if self.fail_fast && matches!(finished.outcome, Outcome::Failed(_)) {
                    self.control.request_stop(Stop::FailFast);
                }
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

    /// Sends what is in the parcel; false if nobody takes it any more.
    fn hand_over(&self, parcel: &mut Parcel) -> bool {
        if parcel.finished.is_empty() {
            return true;
        }
        let parcel = std::mem::replace(parcel, Parcel { finished: Vec::new(), weight_bytes: 0 });
        self.gate.enter(parcel.weight_bytes).is_ok() && self.committer.send(parcel).is_ok()
    }

    /// Runs a task to its end: an outcome that stands, or as many attempts as are allowed.
    fn finish(&self, sandbox: &mut Sandbox<'_>, job: Job, meter: Option<&Arc<Meter>>) -> anyhow::Result<Finished> {
        let Job { task, content } = job;
        let mut attempts = task.earlier_attempts;
        let mut tries_left = self.retries;
        loop {
            attempts = attempts.saturating_add(1);
            let (attempt, identity) = self.attempt(sandbox, &task.id, &content, meter);
            match &attempt.outcome {
                Outcome::Failed(failure) if !failure.kind.is_deterministic() && tries_left > 0 => tries_left -= 1,
                _ => {
                    let Attempt { mut outcome, usage, log, files, .. } = attempt;
                    let mut staged = Vec::new();
                    match self.outbox.map_or(Ok(Vec::new()), |outbox| outbox.stage(&task.id, files)) {
                        Ok(files) => staged = files,
                        Err(Refused::Place(failure)) => outcome = Outcome::Failed(failure),
                        // A full disk is no fault of the task.
                        Err(Refused::Disk(error)) => return Err(error),
                    }
                    return Ok(Finished { task, identity, outcome, usage, attempts, log, files: staged });
                }
            }
        }
    }

    fn attempt(
        &self,
        sandbox: &mut Sandbox<'_>,
        task: &TaskId,
        content: &Content,
        meter: Option<&Arc<Meter>>,
    ) -> (Attempt, Option<Identity>) {
        let Opened { input, identity } = source::open(self.root, task, content, self.handling);
        let metered = input.map(|input| match meter {
            Some(meter) => Box::new(Metered::new(input, Arc::clone(meter))),
            None => input,
        });
        (metered.map_or_else(failed, |input| run_caught(sandbox, task, input)), identity)
    }
}

/// Runs a task in `sandbox`; a panic of ours costs that task and no more.
pub fn run_caught(sandbox: &mut Sandbox<'_>, task: &TaskId, input: Box<dyn Input>) -> Attempt {
    // A sandbox that panicked half-way holds at most an instance, and takes that out before it uses it.
    catch_unwind(AssertUnwindSafe(|| sandbox.run(task, input))).unwrap_or_else(|panic| {
        let message = format!("sandmill panicked: {}", panic_message(panic.as_ref()));
        failed(Failure::new(FailureKind::Host, message))
    })
}

fn failed(failure: Failure) -> Attempt {
    Attempt {
        outcome: Outcome::Failed(failure),
        usage: Usage::default(),
        fuel_budget: 0,
        log: String::new(),
        files: Vec::new(),
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
