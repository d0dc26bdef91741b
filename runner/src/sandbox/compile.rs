//! Compiling what a stranger wrote: bounded in size before it starts, and in time and memory while it goes on.
//!
//! Nothing of a run has started yet, so what goes too far is an error of the whole run. The compiler itself cannot be
//! stopped: its threads go on until the process ends, which after such an error is at once.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::LazyLock;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

use super::contract::Refusal;
use super::engine::explain;
use super::inspect::Facts;
use super::marks;

/// The largest interpreters compiled to WebAssembly have a tenth of this.
const FUNCTIONS: u64 = 250_000;
/// The interpreter loops of large languages have some hundred kilobytes. What a compiler needs for one function grows faster
/// than its size.
const FUNCTION_BYTES: u64 = 2 << 20;

/// How far compilation may go.
#[derive(Clone, Copy)]
struct Bounds {
    time: Duration,
    /// How much more memory this process may hold than when it began.
    memory_bytes: u64,
}

/// Python and JavaScript engines take some ten seconds and less than a gigabyte.
const BOUNDS: Bounds = Bounds { time: Duration::from_secs(300), memory_bytes: 6 << 30 };

/// How often the bounds are looked at.
const GLANCE: Duration = Duration::from_millis(50);

/// # Errors
/// If the module is larger than any processor should be.
pub fn check_size(facts: &Facts) -> Result<(), Refusal> {
    for (what, found, limit) in [
        ("functions", facts.functions as u64, FUNCTIONS),
        ("bytes in one function", facts.largest_function_bytes, FUNCTION_BYTES),
    ] {
        if found > limit {
            return Err(Refusal::TooLarge { what, found, limit });
        }
    }
    Ok(())
}

/// A module, compiled within [`BOUNDS`].
///
/// # Errors
/// What the compiler says, or which bound was passed.
pub fn module(engine: &Engine, wasm: &[u8]) -> anyhow::Result<Module> {
    let (engine, wasm) = (engine.clone(), wasm.to_owned());
    within(BOUNDS, move || Module::new(&engine, wasm))
}

/// A module whose instances can be put back to how they began, if it is one of which that can be; compiled within [`BOUNDS`].
///
/// # Errors
/// What the compiler says, or which bound was passed.
pub fn marked(engine: &Engine, wasm: &[u8]) -> anyhow::Result<Module> {
    let (engine, wasm) = (engine.clone(), wasm.to_owned());
    within(BOUNDS, move || Module::new(&engine, marks::mark(&wasm).unwrap_or(wasm)))
}

/// A component, compiled within [`BOUNDS`].
///
/// # Errors
/// What the compiler says, or which bound was passed.
pub fn component(engine: &Engine, wasm: &[u8]) -> anyhow::Result<Component> {
    let (engine, wasm) = (engine.clone(), wasm.to_owned());
    within(BOUNDS, move || Component::new(&engine, wasm))
}

/// Compiles, unless that goes beyond the bounds.
///
/// # Errors
/// What the compiler says, or which bound was passed.
fn within<T: Send + 'static>(
    bounds: Bounds,
    compile: impl FnOnce() -> wasmtime::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let (sender, compiled) = mpsc::channel();
    let thread = thread::Builder::new().name("compiler".to_owned());
    thread.spawn(move || sender.send(compile())).context("start the compiler thread")?;
    let (started, held_bytes) = (Instant::now(), resident_bytes());
    loop {
        match compiled.recv_timeout(GLANCE) {
            Ok(result) => return result.map_err(|error| explain(&error)),
            Err(RecvTimeoutError::Disconnected) => anyhow::bail!("the compiler panicked"),
            Err(RecvTimeoutError::Timeout) if started.elapsed() > bounds.time => {
                anyhow::bail!("compiling takes longer than {:?}", bounds.time)
            }
            Err(RecvTimeoutError::Timeout) => {
                let grown_bytes = resident_bytes().saturating_sub(held_bytes);
                if grown_bytes > bounds.memory_bytes {
                    anyhow::bail!("compiling takes more than {} MiB of memory", bounds.memory_bytes >> 20);
                }
            }
        }
    }
}

/// Where Linux says how much memory this process holds. It is held open, since a lockdown closes the way to it.
static STATUS: LazyLock<Option<File>> = LazyLock::new(|| File::open("/proc/self/status").ok());

/// Makes sure that memory can be watched after a lockdown.
pub fn watch_memory() {
    LazyLock::force(&STATUS);
}

/// The memory that this process holds; 0 where the system does not say as Linux does.
fn resident_bytes() -> u64 {
    let mut status = [0; 4096];
    let kib = STATUS.as_ref().and_then(|file| file.read_at(&mut status, 0).ok()).and_then(|len| {
        let status = String::from_utf8_lossy(status.get(..len)?);
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    });
    kib.unwrap_or(0).saturating_mul(1 << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_given_up() {
        let bounds = Bounds { time: Duration::from_millis(60), ..BOUNDS };
        let (_running, stopped) = mpsc::channel::<()>();
        let error = within(bounds, move || {
            let _ = stopped.recv();
            Ok(())
        });
        assert!(format!("{:#}", error.unwrap_err()).contains("longer than 60ms"));
    }

    #[test]
    fn what_takes_too_much_memory_is_given_up() {
        let bounds = Bounds { memory_bytes: 64 << 20, ..BOUNDS };
        let (_running, stopped) = mpsc::channel::<()>();
        let error = within(bounds, move || {
            let held = vec![1_u8; 256 << 20];
            let _ = stopped.recv();
            Ok(held.len())
        });
        assert!(format!("{:#}", error.unwrap_err()).contains("more than 64 MiB"));
    }

    #[test]
    fn what_ends_in_time_is_handed_over() {
        assert_eq!(within(BOUNDS, || Ok(7)).unwrap(), 7);
        assert!(within(BOUNDS, || Err::<(), _>(wasmtime::Error::msg("no"))).unwrap_err().to_string().contains("no"));
        let facts = |functions, largest_function_bytes| Facts { functions, largest_function_bytes, ..Facts::default() };
        assert!(check_size(&facts(1000, 1 << 20)).is_ok());
        assert!(check_size(&facts(250_001, 0)).unwrap_err().to_string().contains("250001 functions"));
        assert!(check_size(&facts(0, 3 << 20)).unwrap_err().to_string().contains("in one function"));
    }
}
