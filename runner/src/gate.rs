//! A bound in bytes on what is on its way from one thread to another.
//!
//! A channel counts messages, and one message may hold no rows or 64 MiB of them.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Lets so many bytes pass at a time; who wants more waits.
#[derive(Debug)]
pub struct Gate {
    limit_bytes: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug)]
struct State {
    held_bytes: usize,
    closed: bool,
}

/// Holds the gate for as long as it lives.
#[derive(Debug)]
pub struct Permit {
    gate: Arc<Gate>,
    bytes: usize,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.leave(self.bytes);
    }
}

/// The other side is gone: nothing will be released any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl Gate {
    pub fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, state: Mutex::new(State { held_bytes: 0, closed: false }), freed: Condvar::new() }
    }

    /// Waits until `bytes` may pass. More than the limit may pass alone.
    ///
    /// # Errors
    /// [`Closed`] if the gate is or becomes closed.
    pub fn enter(&self, bytes: usize) -> Result<(), Closed> {
        let bytes = bytes.min(self.limit_bytes);
        let mut state = self.lock();
        while !state.closed && state.held_bytes + bytes > self.limit_bytes {
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return Err(Closed);
        }
        state.held_bytes += bytes;
        Ok(())
    }

    /// As [`Gate::enter`], if that need not wait. What entered has passed when the permit is dropped.
    pub fn try_enter(self: &Arc<Self>, bytes: usize) -> Option<Permit> {
        let mut state = self.lock();
        let bytes = bytes.min(self.limit_bytes);
        if state.closed || state.held_bytes + bytes > self.limit_bytes {
            return None;
        }
        state.held_bytes += bytes;
        Some(Permit { gate: Arc::clone(self), bytes })
    }

    /// As [`Gate::enter`]. What entered has passed when the permit is dropped.
    ///
    /// # Errors
    /// [`Closed`] if the gate is or becomes closed.
    pub fn permit(self: &Arc<Self>, bytes: usize) -> Result<Permit, Closed> {
        self.enter(bytes)?;
        Ok(Permit { gate: Arc::clone(self), bytes })
    }

    /// What entered with `bytes` has passed.
    pub fn leave(&self, bytes: usize) {
        let mut state = self.lock();
        state.held_bytes = state.held_bytes.saturating_sub(bytes.min(self.limit_bytes));
        self.freed.notify_all();
    }

    pub fn close(&self) {
        self.lock().closed = true;
        self.freed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change of the state is a single assignment: there is no half of one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn who_wants_more_than_there_is_waits_for_it() {
        let gate = Gate::new(10);
        gate.enter(8).unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| gate.enter(5));
            gate.leave(8);
            assert_eq!(waiting.join().unwrap(), Ok(()));
        });
    }

    #[test]
    fn more_than_the_limit_passes_alone() {
        let gate = Gate::new(10);
        gate.enter(1000).unwrap();
        gate.leave(1000);
        gate.enter(10).unwrap();
    }

    #[test]
    fn closing_wakes_who_waits() {
        let gate = Gate::new(10);
        gate.enter(10).unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| gate.enter(1));
            gate.close();
            assert_eq!(waiting.join().unwrap(), Err(Closed));
        });
    }
}
