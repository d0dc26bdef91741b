//! The clock of deadlines: a thread that counts.
//!
//! Time is counted in ticks of this thread, not read from a clock: while the process is stopped, so is the ticker, and a
//! suspended laptop costs no task its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context as _;

/// The resolution of timeouts.
pub const TICK: Duration = Duration::from_millis(10);

pub struct Ticker {
    stop: Arc<AtomicBool>,
    ticks: Ticks,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// # Errors
    /// If no thread can be started.
    pub fn start() -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let ticks = Ticks(Arc::new(AtomicU64::new(0)));
        let (stopped, ticking) = (Arc::clone(&stop), ticks.clone());
        let thread = thread::Builder::new()
            .name("ticker".to_owned())
            .spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    // Woken early only to stop.
                    thread::park_timeout(TICK);
                    ticking.0.fetch_add(1, Ordering::Relaxed);
                }
            })
            .context("start the ticker thread")?;
        Ok(Self { stop, ticks, thread: Some(thread) })
    }

    pub fn ticks(&self) -> &Ticks {
        &self.ticks
    }
}

/// The ticks so far. All workers look at them, and few clone them: what is written for that lies beside what they look at.
#[derive(Clone)]
pub struct Ticks(Arc<AtomicU64>);

/// When something has had its time, in ticks.
#[derive(Clone, Copy)]
pub struct Deadline(u64);

impl Ticks {
    /// When what starts now has had `timeout`. One tick more than it takes, since the next one may be near.
    pub fn deadline(&self, timeout: Duration) -> Deadline {
        let ticks = u64::try_from(timeout.as_nanos().div_ceil(TICK.as_nanos())).unwrap_or(u64::MAX);
        Deadline(self.so_far().saturating_add(ticks).saturating_add(1))
    }

    pub fn is_past(&self, deadline: Deadline) -> bool {
        self.so_far() >= deadline.0
    }

    fn so_far(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // The thread runs nothing that can panic.
            let _ = thread.join();
        }
    }
}
