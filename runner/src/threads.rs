//! The threads of a run: one walks and feeds, one commits, each worker has its own; and how they end together.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};

use anyhow::Context as _;

use crate::apart::Apart;
use crate::commit::{Committed, Committer};
use crate::config::Config;
use crate::control::Control;
use crate::delivery::Delivery;
use crate::event::{Counts, Event, Monitor as _};
use crate::feed::{self, Pace};
use crate::gate::Gate;
use crate::in_flight::InFlight;
use crate::ledger::{Ledger, RunId};
use crate::meter::Meter;
use crate::outbox::Outbox;
use crate::pool::{self, Workshop};
use crate::ring;
use crate::sandbox::Processor;
use crate::select::Selection;
use crate::source::Inputs;
use crate::views::Views;

/// What may be on its way between the threads.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Batches of tasks that wait for a worker.
    pub batches: usize,
    /// Finished tasks that wait for the committer.
    pub finished_bytes: usize,
    /// Contents of inputs that workers cannot read for themselves.
    pub input_bytes: usize,
}

impl Room {
    /// For each worker a batch to go on with while the next is made, and bytes for the rows of some thousand tasks.
    pub fn for_workers(workers: NonZeroUsize) -> Self {
        Self { batches: workers.get() * 2, finished_bytes: 64 << 20, input_bytes: 32 << 20 }
    }
}

/// What the threads of a run came to.
pub struct Worked {
    pub ledger: Ledger,
    pub views: Option<Views>,
    pub counts: Counts,
    pub kept: u64,
}

/// What the threads of a run share.
pub struct Threads<'a> {
    pub config: &'a Config,
    pub control: &'a Control<'a>,
    pub processor: &'a Processor,
    pub inputs: &'a Inputs,
    pub workers: NonZeroUsize,
    /// One for each worker.
    pub meters: &'a [Arc<Meter>],
    pub room: Room,
    /// `None` where nothing is kept.
    pub outbox: Option<&'a Outbox>,
    /// `None` where nothing is kept.
    pub in_flight: Option<&'a InFlight>,
    /// `None` where tasks run in this process.
    pub ring: Option<&'a ring::Loaded<'a>>,
}

impl<'a> Threads<'a> {
    /// Runs the selection to its end, or to that of the run.
    ///
    /// # Errors
    /// If a thread cannot be started, the selection fails, or the ledger or a view cannot be written.
    pub fn run(
        &self,
        mut selection: Selection<'_>,
        ledger: Ledger,
        run: RunId,
        views: Option<Views>,
        delivery: Option<Delivery<'a>>,
        apart: Option<Apart<'_>>,
    ) -> anyhow::Result<Worked> {
        if let Some(apart) = &apart {
            selection.leave_out(apart.ids());
        }
        let (gate, pace) = (Gate::new(self.room.finished_bytes), Pace::default());
        let input_gate = Arc::new(Gate::new(self.room.input_bytes));
        let (to_workers, tasks) = crossbeam_channel::bounded(self.room.batches);
        let (to_committer, parcels) = crossbeam_channel::unbounded();
        let pool = pool::threads(self.workers.get())?;
        let committer = Committer {
            ledger,
            run,
            views,
            delivery,
            max_errors: self.config.stop.max_errors,
            max_rejects: self.config.stop.max_rejects,
            gate: &gate,
            control: self.control,
        };
        let order = (self.config.source.choice.order, self.inputs.root());
        let walked = AtomicBool::new(false);
        thread::scope(|scope| {
            let counting = spawn(scope, "counter", || self.count(&walked))?;
            let committing = spawn(scope, "committer", || committer.work(&parcels))?;
            let feeding = spawn(scope, "walker", || {
                let fed = feed::feed(&mut selection, &to_workers, &pace, order, &input_gate, self.control);
                drop(to_workers);
                walked.store(true, Ordering::Relaxed);
                fed
            })?;
            let workshop = Workshop {
                processor: self.processor,
                ring: self.ring,
                root: self.inputs.root(),
                handling: self.inputs.handling(),
                outbox: self.outbox,
                in_flight: self.in_flight,
                meters: self.meters,
                retries: self.retries(),
                fail_fast: self.config.stop.fail_fast,
                tasks,
                committer: to_committer,
                gate: &gate,
                pace: &pace,
                control: self.control,
            };
            let tried = apart.map_or(Ok(true), |apart| workshop.work_apart(apart));
            let tried = tried.inspect_err(|_| self.control.break_off());
            let worked =
                pool.broadcast(|context| workshop.work(context.index()).inspect_err(|_| self.control.break_off()));
            // The walker and the committer learn from this that there are no more workers.
            drop(workshop);
            input_gate.close();
            let committed = join(committing);
            let fed = join(feeding);
            join(counting);
            // A disk that is full explains what else went wrong.
            let Committed { mut ledger, mut views, mut delivery, counts } = committed?;
            let fed = fed?;
            worked.into_iter().collect::<anyhow::Result<()>>()?;
            if tried? && let Some(in_flight) = self.in_flight {
                in_flight.clear();
            }
            // A run that was stopped has not looked everywhere.
            let mut to_drop = fed.stale;
            to_drop.extend(fed.to_drop);
            if !to_drop.is_empty() && self.control.stop().is_none() {
                if let Some(delivery) = &mut delivery {
                    delivery.before_drop()?;
                }
                ledger.drop_tasks(&to_drop)?;
                if let Some(delivery) = &mut delivery {
                    delivery.after_commit(&ledger)?;
                }
                if let Some(views) = &mut views {
                    views.after_drop(&to_drop)?;
                }
            }
            if let Some(delivery) = &mut delivery {
                delivery.finish(&mut ledger)?;
            }
            Ok(Worked { ledger, views, counts, kept: fed.kept })
        })
    }

    /// What can be read once cannot be tried again; chunks of it can, which are held.
    fn retries(&self) -> u32 {
        let source = &self.config.source;
        if source.standard_input && source.splitting.is_none() { 0 } else { self.config.resume.retries }
    }

    /// Finds out how many inputs there are, for a monitor that wants to know.
    fn count(&self, walked: &AtomicBool) {
        if self.control.monitor.wants_total() && self.inputs.can_be_counted() {
            let over = || walked.load(Ordering::Relaxed) || self.control.is_over();
            if let Some(tasks) = self.inputs.count(&over) {
                self.control.event(Event::Total { tasks });
            }
        }
    }
}

/// Starts a thread with a name.
///
/// # Errors
/// If the system starts no more.
pub fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    name: &str,
    work: impl FnOnce() -> T + Send + 'scope,
) -> anyhow::Result<ScopedJoinHandle<'scope, T>> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn_scoped(scope, work)
        .with_context(|| format!("start the {name} thread"))
}

/// A panic of a thread of ours is the run's, unchanged.
pub fn join<T>(handle: ScopedJoinHandle<'_, T>) -> T {
    handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::config::{Output, Source};
    use crate::event::Silent;
    use crate::run::load;

    const ECHO: &str = include_str!("../../tests/guests/echo.wat");
    const INPUTS: usize = 200;

    /// Runs with room for one thing at a time; returns how many tasks were done.
    fn run_in_least_room(workers: NonZeroUsize) -> u64 {
        let folder = tempfile::tempdir().unwrap();
        let processor = folder.path().join("echo.wat");
        fs::write(&processor, ECHO).unwrap();
        let inputs = folder.path().join("in");
        fs::create_dir(&inputs).unwrap();
        for number in 0..INPUTS {
            fs::write(inputs.join(number.to_string()), "{}").unwrap();
        }
        let source = Source { inputs: vec![inputs], ..Source::default() };
        let config = Config::new(&processor, source, Output::Discard);
        let processor = load(&config, workers, None, None, false).unwrap();
        let inputs = Inputs::resolve(&config.source, None).unwrap();
        let control = Control::new(&Silent);
        let selection = Selection::new(inputs.units(&control), None, inputs.root(), &config.resume);
        let mut ledger = Ledger::temporary().unwrap();
        let run = ledger.begin_run("{}").unwrap();
        let room = Room { batches: 1, finished_bytes: 1, input_bytes: 1 };
        let threads = Threads {
            config: &config,
            control: &control,
            processor: &processor,
            inputs: &inputs,
            workers,
            meters: &[],
            room,
            outbox: None,
            in_flight: None,
            ring: None,
        };
        threads.run(selection, ledger, run, None, None, None).unwrap().counts.done
    }

    #[test]
    fn with_room_for_one_thing_at_a_time_nobody_waits_for_ever() {
        for workers in [1, 3] {
            let (done, watchdog) = mpsc::channel();
            thread::spawn(move || done.send(run_in_least_room(NonZeroUsize::new(workers).unwrap())));
            let tasks = watchdog.recv_timeout(Duration::from_secs(60)).expect("a deadlock, or a panic");
            assert_eq!(tasks, INPUTS as u64, "{workers} workers");
        }
    }
}
