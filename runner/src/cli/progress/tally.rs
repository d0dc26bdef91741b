//! What has happened so far in a run, counted from its events.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sandmill::event::{Counts, Event};

/// Counters that any thread may add to.
#[derive(Debug)]
pub struct Tally {
    started: Instant,
    done: AtomicU64,
    skipped: AtomicU64,
    failed: AtomicU64,
    rows: AtomicU64,
    rejects: AtomicU64,
    kept: AtomicU64,
    /// 0 as long as nobody knows.
    total: AtomicU64,
}

/// The counters at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub elapsed: Duration,
    pub done: u64,
    pub skipped: u64,
    pub failed: u64,
    pub rows: u64,
    pub rejects: u64,
    /// Inputs whose outcome was on record already.
    pub kept: u64,
    /// All inputs, if their number is known.
    pub total: Option<u64>,
}

impl Tally {
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
            done: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            rejects: AtomicU64::new(0),
            kept: AtomicU64::new(0),
            total: AtomicU64::new(0),
        }
    }

    pub fn add(&self, event: &Event<'_>) {
        match event {
            Event::Total { tasks } => self.total.store(*tasks, Ordering::Relaxed),
            Event::Kept { tasks } => add(&self.kept, *tasks),
            Event::Committed { finished } => {
                let mut counts = Counts::default();
                for finished in *finished {
                    counts.add(finished);
                }
                add(&self.done, counts.done);
                add(&self.skipped, counts.skipped);
                add(&self.failed, counts.tasks_failed());
                add(&self.rows, counts.rows);
                add(&self.rejects, counts.rejects);
            }
            Event::Started { .. } | Event::Notice(_) | Event::TaskStarted { .. } | Event::ViewsStarted => {}
        }
    }

    pub fn snapshot(&self) -> Snapshot {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let total = read(&self.total);
        Snapshot {
            elapsed: self.started.elapsed(),
            done: read(&self.done),
            skipped: read(&self.skipped),
            failed: read(&self.failed),
            rows: read(&self.rows),
            rejects: read(&self.rejects),
            kept: read(&self.kept),
            total: (total > 0).then_some(total),
        }
    }
}

fn add(counter: &AtomicU64, number: u64) {
    counter.fetch_add(number, Ordering::Relaxed);
}

impl Snapshot {
    /// Tasks that ended in this run.
    pub fn ended(&self) -> u64 {
        self.done + self.skipped + self.failed
    }

    /// Inputs that need no further work.
    pub fn settled(&self) -> u64 {
        self.kept + self.ended()
    }

    /// How long it will take, if it goes on like this.
    pub fn time_left(&self, per_second: f64) -> Option<Duration> {
        let left = self.total?.saturating_sub(self.settled());
        // A rate of nearly nothing gives a time that no clock holds.
        (per_second > 0.0).then(|| Duration::try_from_secs_f64(left as f64 / per_second).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_known_before_it_is_told() {
        let tally = Tally::start();
        assert_eq!(tally.snapshot().total, None);
        tally.add(&Event::Total { tasks: 10 });
        tally.add(&Event::Kept { tasks: 4 });
        tally.add(&Event::Kept { tasks: 1 });
        let snapshot = tally.snapshot();
        assert_eq!((snapshot.total, snapshot.settled(), snapshot.ended()), (Some(10), 5, 0));
    }

    #[test]
    fn the_time_left_follows_from_the_rate() {
        let snapshot = Snapshot { total: Some(100), kept: 20, done: 30, ..Snapshot::default() };
        assert_eq!(snapshot.time_left(10.0), Some(Duration::from_secs(5)));
        assert_eq!(snapshot.time_left(0.0), None);
        assert_eq!(snapshot.time_left(f64::MIN_POSITIVE), None);
    }
}
