//! Runs a guest until it ends or has had its time.
//!
//! A guest's fuel is handed out in slices. Compiled code looks at its fuel anyway, and a slice that is used up brings the
//! guest, which runs on a stack of its own, back here, where the clock is looked at. So no code needs a check for
//! deadlines besides the one for fuel; `docs/design.md` has the figures.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasmtime::Trap;

use super::ticker::{Deadline, Ticks};

/// The fuel of a slice: about a millisecond of computing, so that coming back costs nothing beside it.
pub const SLICE_FUEL: u64 = 1_000_000;

/// Runs what is to be done with a guest, on this thread.
///
/// # Errors
/// Its own, and [`Trap::Interrupt`] if a slice ends after the deadline.
pub fn run<T>(
    ticks: &Ticks,
    deadline: Deadline,
    work: impl Future<Output = wasmtime::Result<T>>,
) -> wasmtime::Result<T> {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        // Nothing in a guest's world waits for anything, so what is not ready is at the end of a slice.
        match work.as_mut().poll(&mut context) {
            Poll::Ready(ended) => return ended,
            Poll::Pending if ticks.is_past(deadline) => return Err(Trap::Interrupt.into()),
            Poll::Pending => {}
        }
    }
}

/// The result of what runs no guest, and so has nothing to wait for.
pub fn at_once<T>(work: impl Future<Output = wasmtime::Result<T>>) -> wasmtime::Result<T> {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(ended) => ended,
        Poll::Pending => Err(wasmtime::Error::msg("the host waits for something")),
    }
}
