//! The clock of deadlines: a thread that moves the engine's epoch on.
//!
//! Time is counted in ticks of this thread, not read from a clock: while the process is stopped, so is the ticker, and a
//! suspended laptop costs no task its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context as _;
use wasmtime::Engine;

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
    pub fn start(engine: &Engine) -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let ticks = Ticks(Arc::new(AtomicU64::new(0)));
        let (engine, stopped, ticking) = (engine.clone(), Arc::clone(&stop), ticks.clone());
        let thread = thread::Builder::new()
            .name("ticker".to_owned())
            .spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    // Woken early only to stop.
                    thread::park_timeout(TICK);
                    ticking.0.fetch_add(1, Ordering::Relaxed);
                    engine.increment_epoch();
                }
            })
            .context("start the ticker thread")?;
        Ok(Self { stop, ticks, thread: Some(thread) })
    }

    pub fn ticks(&self) -> &Ticks {
        &self.ticks
    }
}

/// The ticks so far, for those who cannot ask the engine for its epoch.
#[derive(Clone)]
pub struct Ticks(Arc<AtomicU64>);

impl Ticks {
    pub fn so_far(&self) -> u64 {
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

/// Ticks until a task that starts now has had `timeout`. One more than it takes, since the next tick may be near.
pub fn ticks(timeout: Duration) -> u64 {
    // Half of all there are is for ever, and can be added to those that were.
    const MOST: u64 = u64::MAX / 2;
    u64::try_from(timeout.as_nanos().div_ceil(TICK.as_nanos())).map_or(MOST, |ticks| MOST.min(ticks.saturating_add(1)))
}
