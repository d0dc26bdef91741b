//! Signals: the first Ctrl-C or SIGTERM asks the run to end, a second one ends the process. What is committed stays.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use sandmill::event::Stop;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;
use signal_hook::iterator::Signals;

use super::exit::Exit;

/// Signals that come so soon after the first are the same one: `timeout` sends it to the process and to its group.
const GRACE: Duration = Duration::from_millis(200);

/// Whether a signal has asked the run to end.
#[derive(Debug)]
pub struct Interrupts {
    /// The signal, or 0.
    received: Arc<AtomicUsize>,
}

impl Interrupts {
    /// From here on, a first signal only sets a flag, and `tell` is called. A handler itself may hardly do anything.
    ///
    /// # Errors
    /// If the system takes no handlers, or gives no thread.
    pub fn catch(tell: impl FnOnce(Stop) + Send + 'static) -> anyhow::Result<Self> {
        Self::register(tell).context("listen for signals")
    }

    fn register(tell: impl FnOnce(Stop) + Send + 'static) -> io::Result<Self> {
        let received = Arc::new(AtomicUsize::new(0));
        let is_warned = Arc::new(AtomicBool::new(false));
        for (signal, exit) in [(SIGINT, Exit::Interrupted), (SIGTERM, Exit::Terminated)] {
            flag::register_conditional_shutdown(signal, exit.code().into(), Arc::clone(&is_warned))?;
            flag::register_usize(signal, Arc::clone(&received), signal.unsigned_abs() as usize)?;
        }
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            let Some(stop) = signals.forever().find_map(stop_of) else { return };
            thread::sleep(GRACE);
            // Before it is told, since a terminal that hangs must not keep the second signal from working.
            is_warned.store(true, Ordering::SeqCst);
            tell(stop);
        })?;
        Ok(Self { received })
    }

    pub fn stop(&self) -> Option<Stop> {
        stop_of(i32::try_from(self.received.load(Ordering::Relaxed)).unwrap_or(0))
    }
}

fn stop_of(signal: i32) -> Option<Stop> {
    match signal {
        SIGINT => Some(Stop::Interrupted),
        SIGTERM => Some(Stop::Terminated),
        _ => None,
    }
}

/// For processes that a run has started: when they end is for it to say, whoever else is told to end.
///
/// # Errors
/// If the system takes no handlers.
pub fn ignore() -> anyhow::Result<()> {
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        flag::register(signal, Arc::new(AtomicBool::new(false))).context("listen for signals")?;
    }
    Ok(())
}

/// A write beyond the limit for file sizes (`ulimit -f`) is to be an error like a full disk, not the end of the process.
///
/// # Errors
/// If the system takes no handlers.
pub fn survive_file_size_limit() -> anyhow::Result<()> {
    // With any handler the write returns EFBIG. The flag is for nobody.
    flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false))).context("handle SIGXFSZ")?;
    Ok(())
}
