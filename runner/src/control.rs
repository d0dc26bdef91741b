//! One run's stop: latched by the first who asks for it, seen by every thread.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::event::{Event, Monitor, Stop};

/// The monitor, and whether the run is to end.
pub struct Control<'a> {
    pub monitor: &'a dyn Monitor,
    stop: OnceLock<Stop>,
    broken: AtomicBool,
}

impl<'a> Control<'a> {
    pub fn new(monitor: &'a dyn Monitor) -> Self {
        Self { monitor, stop: OnceLock::new(), broken: AtomicBool::new(false) }
    }

    /// Ends the run: what is in flight is finished and committed.
    pub fn request_stop(&self, stop: Stop) {
        // Only the first reason counts.
        let _ = self.stop.set(stop);
    }

    /// Ends the run since it cannot go on: nothing that is in flight can be committed.
    pub fn break_off(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    pub fn stop(&self) -> Option<Stop> {
        if let Some(stop) = self.stop.get() {
            return Some(*stop);
        }
        let stop = self.monitor.stop()?;
        self.request_stop(stop);
        self.stop.get().copied()
    }

    /// Whether no further task should start.
    pub fn is_over(&self) -> bool {
        self.broken.load(Ordering::Relaxed) || self.stop().is_some()
    }
}

/// What the walk sees of a run.
impl Monitor for Control<'_> {
    fn event(&self, event: Event<'_>) {
        self.monitor.event(event);
    }

    fn stop(&self) -> Option<Stop> {
        if self.broken.load(Ordering::Relaxed) { Some(Stop::Interrupted) } else { Control::stop(self) }
    }
}
