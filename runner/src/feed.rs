//! From the selection to the workers: batches of tasks, large enough to be cheap and small enough to end together.

use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use crate::config::Order;
use crate::control::Control;
use crate::event::{Event, Monitor as _, Notice};
use crate::gate::Gate;
use crate::report::Verdict;
use crate::select::{Job, Selection};
use crate::source::{Content, Passage, Root};
use crate::task::{Reason, TaskId};

/// How long a batch should keep a worker: long against the cost of handing it over, short enough that no worker is left
/// with much to do when the others have ended.
const BATCH_TIME: Duration = Duration::from_millis(2);
const MOST_BATCH_TASKS: u64 = 256;

/// How many inputs that need no work are told at a time.
const KEPT_AT_A_TIME: u64 = 4096;

/// How long tasks take, learned as they end.
#[derive(Debug, Default)]
pub struct Pace {
    tasks: AtomicU64,
    elapsed_us: AtomicU64,
}

impl Pace {
    pub fn record(&self, tasks: u64, elapsed: Duration) {
        self.tasks.fetch_add(tasks, Ordering::Relaxed);
        self.elapsed_us.fetch_add(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How many tasks make a batch. One, until something is known.
    fn batch_tasks(&self) -> usize {
        let tasks = self.tasks.load(Ordering::Relaxed);
        let elapsed_us = self.elapsed_us.load(Ordering::Relaxed).max(1);
        let fitting = (BATCH_TIME.as_micros() as u64).saturating_mul(tasks) / elapsed_us;
        fitting.clamp(1, MOST_BATCH_TASKS) as usize
    }
}

/// What the selection found besides tasks.
#[derive(Debug, Default)]
pub struct Fed {
    /// Inputs that needed no work.
    pub kept: u64,
    /// Outcomes without an input that are to be dropped.
    pub to_drop: Vec<TaskId>,
    /// Outcomes of chunks that are no longer chunks. They go whatever else is to be dropped.
    pub stale: Vec<TaskId>,
}

/// Sends every task of the selection to the workers. Ends early when they or the run do.
///
/// # Errors
/// Those of the selection.
pub fn feed(
    selection: &mut Selection<'_>,
    workers: &Sender<Vec<Job>>,
    pace: &Pace,
    (order, root): (Order, &Root),
    gate: &Arc<Gate>,
    control: &Control<'_>,
) -> anyhow::Result<Fed> {
    let mut fed = Fed::default();
    let mut tally = Tally::default();
    let mut batches = Batches { workers, pace, gate, batch: Vec::new(), started: Instant::now() };
    let mut stream = Vec::new();
    let mut held = Vec::new();
    let mut tasks = selection.left_out();
    while let Some(selected) = selection.next()? {
        if control.is_over() {
            return Ok(fed);
        }
        if !is_of_stream(&stream, &selected.content) && !batches.pour(std::mem::take(&mut stream), root, control) {
            return Ok(fed);
        }
        tasks += u64::from(!matches!(selected.verdict, Verdict::Stale | Verdict::Missing { .. }));
        match selected.verdict {
            Verdict::Run(reason) => {
                tally.changed += u64::from(reason == Reason::Changed);
                if let Some(mut job) = selected.job() {
                    if !batches.hold(&mut job) {
                        return Ok(fed);
                    }
                    match order {
                        _ if job.content.streamed().is_some() => stream.push(job),
                        // What is in memory is not kept there.
                        _ if job.permit.is_some() => batches.push(job),
                        Order::Path => batches.push(job),
                        Order::Size => held.push((Reverse(job.size_bytes(root)), job)),
                    }
                }
            }
            Verdict::Stale => {
                tally.stale += 1;
                fed.stale.push(selected.id);
            }
            Verdict::Missing { drop } => {
                tally.missing += 1;
                if drop {
                    fed.to_drop.push(selected.id);
                }
            }
            Verdict::KeepDone | Verdict::KeepFailed(_) | Verdict::KeepChanged => {
                tally.changed_kept += u64::from(selected.verdict == Verdict::KeepChanged);
                fed.kept += 1;
                if fed.kept.is_multiple_of(KEPT_AT_A_TIME) {
                    control.event(Event::Kept { tasks: KEPT_AT_A_TIME });
                }
            }
        }
        if !batches.send_if_due() {
            return Ok(fed);
        }
    }
    if !batches.pour(stream, root, control) {
        return Ok(fed);
    }
    if control.monitor.wants_total() {
        control.event(Event::Total { tasks });
    }
    // Equal sizes stay in input order.
    held.sort_by_key(|(size_bytes, _)| *size_bytes);
    for (_, job) in held {
        batches.push(job);
        if control.is_over() || !batches.send_if_due() {
            return Ok(fed);
        }
    }
    // The workers are gone only if the run is over, and then what is left of it does not matter here.
    batches.send();
    control.event(Event::Kept { tasks: fed.kept % KEPT_AT_A_TIME });
    if control.is_over() {
        return Ok(fed);
    }
    if !selection.units().paths().is_complete() {
        // A folder that could not be read hides its inputs, and does not make them vanish.
        fed.to_drop.clear();
    }
    tally.tell(control, !fed.to_drop.is_empty());
    Ok(fed)
}

/// The batch that is being filled.
struct Batches<'a> {
    workers: &'a Sender<Vec<Job>>,
    pace: &'a Pace,
    /// Bounds what of the contents of tasks is in memory.
    gate: &'a Arc<Gate>,
    batch: Vec<Job>,
    started: Instant,
}

impl Batches<'_> {
    fn push(&mut self, job: Job) {
        if self.batch.is_empty() {
            self.started = Instant::now();
        }
        self.batch.push(job);
    }

    /// Sends the batch if it is full or old; false if nobody takes it any more.
    fn send_if_due(&mut self) -> bool {
        // Where tasks are few and far between, a worker that waits is worth more than a full batch.
        let is_old = !self.batch.is_empty() && self.started.elapsed() >= BATCH_TIME;
        let is_due = self.batch.len() >= self.pace.batch_tasks() || is_old;
        !is_due || self.send()
    }

    /// Sends the batch; false if nobody takes it any more.
    fn send(&mut self) -> bool {
        self.batch.is_empty() || self.workers.send(std::mem::take(&mut self.batch)).is_ok()
    }

    /// Sends members of one compressed archive, on one way through it; false if nobody takes them any more.
    fn pour(&mut self, mut jobs: Vec<Job>, root: &Root, control: &Control<'_>) -> bool {
        jobs.sort_by_key(|job| job.content.streamed().and_then(|member| member.stream_offset()));
        let first = jobs.first().and_then(|job| job.content.streamed());
        // Where the archive cannot be read on, its members are sent as they are, and their workers find out why.
        let mut passage = first.and_then(|member| Passage::open(root, member).ok().flatten());
        for mut job in jobs {
            if control.is_over() {
                return false;
            }
            let member = job.content.streamed().cloned();
            let taken = passage.as_mut().zip(member.as_ref()).map(|(passage, member)| passage.take(member));
            let mut pour = None;
            match taken {
                Some(Ok((content, rest))) => (job.content, pour) = (content, rest),
                Some(Err(_)) => passage = None,
                None => {}
            }
            if !self.hold(&mut job) {
                return false;
            }
            self.push(job);
            if !(if pour.is_some() { self.send() } else { self.send_if_due() }) {
                return false;
            }
            if let (Some(pour), Some(way), Some(member)) = (pour, &mut passage, &member)
                && way.pour(pour, member).is_err()
            {
                passage = None;
            }
        }
        true
    }

    /// Waits until what is in memory of the content of `job` may be there; false if the run is over.
    fn hold(&mut self, job: &mut Job) -> bool {
        let held_bytes = job.content.held_bytes();
        if held_bytes == 0 {
            return true;
        }
        job.permit = self.gate.try_enter(held_bytes);
        if job.permit.is_none() {
            // What holds the gate must be on its way before it can be waited for.
            job.permit = if self.send() { self.gate.permit(held_bytes).ok() } else { None };
        }
        job.permit.is_some()
    }
}

/// Whether `content` goes on with the archive whose members wait to be poured.
fn is_of_stream(stream: &[Job], content: &Content) -> bool {
    stream.first().is_none_or(|job| job.content.archive() == content.archive())
}

#[derive(Default)]
struct Tally {
    changed: u64,
    changed_kept: u64,
    missing: u64,
    stale: u64,
}

impl Tally {
    fn tell(&self, control: &Control<'_>, dropped: bool) {
        let tell = |notice| control.event(Event::Notice(notice));
        if self.changed > 0 {
            tell(Notice::InputsChanged { tasks: self.changed, rerun: true });
        }
        if self.changed_kept > 0 {
            tell(Notice::InputsChanged { tasks: self.changed_kept, rerun: false });
        }
        if self.stale > 0 {
            tell(Notice::ChunksStale { tasks: self.stale });
        }
        if self.missing > 0 {
            tell(Notice::InputsMissing { tasks: self.missing, dropped });
        }
    }
}
