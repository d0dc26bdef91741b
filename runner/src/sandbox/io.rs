//! What a guest shares with its host while it runs: its streams, its clock and its randomness.
//!
//! One [`Io`] belongs to one store. WASI wants owners of its own for each of these, hence the one `Arc` around it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chacha20::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

use crate::input::{ChunkFacts, Input};
use crate::outcome::{Failure, FailureKind};
use crate::param::Params;
use crate::task::TaskId;

/// Where every guest's wall clock starts: 2000-01-01T00:00:00Z. Later than what naive date code chokes on, plainly not now.
pub const EPOCH: Duration = Duration::from_secs(946_684_800);

/// Where every guest's monotonic clock starts. No machine shows 0 there, and Go's runtime takes it for a broken clock.
const MONOTONIC_START: Duration = Duration::from_secs(1);

/// What the wall clock is ahead of the monotonic one.
pub const WALL_CLOCK_LEAD: Duration = EPOCH.saturating_sub(MONOTONIC_START);

pub struct Io {
    stdin: Mutex<Stdin>,
    stdout: Mutex<Sink>,
    log: Mutex<Tail>,
    /// The guest's monotonic clock, which moves by what the guest sleeps.
    clock_ns: AtomicU64,
    /// The earliest time at which a guest that waits for several things wants to be woken.
    wish_ns: AtomicU64,
    random: Mutex<Random>,
}

/// The most that one read of standard input gives: what a guest asks for beyond that comes with its next read.
pub const READ_BYTES: usize = 64 << 10;

/// No wish to be woken.
const NEVER: u64 = u64::MAX;

/// An input of unknown size, and what has been read of it since it was last asked: fuel is given for that.
pub struct Metered {
    input: Box<dyn Input>,
    read_bytes: Arc<AtomicU64>,
}

impl Metered {
    /// Meters `input` if nobody knows its size.
    pub fn over(input: Box<dyn Input>) -> (Box<dyn Input>, Option<Arc<AtomicU64>>) {
        if input.size_bytes().is_some() {
            return (input, None);
        }
        let read_bytes = Arc::new(AtomicU64::new(0));
        (Box::new(Self { input, read_bytes: Arc::clone(&read_bytes) }), Some(read_bytes))
    }
}

impl Input for Metered {
    fn size_bytes(&self) -> Option<u64> {
        None
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let read_bytes = self.input.read(buffer)?;
        self.read_bytes.fetch_add(read_bytes as u64, Ordering::Relaxed);
        Ok(read_bytes)
    }

    fn rewind(&mut self) -> Result<(), Failure> {
        self.input.rewind()
    }

    fn verify(&mut self) -> Result<(), Failure> {
        self.input.verify()
    }

    fn chunk(&self) -> Option<ChunkFacts> {
        self.input.chunk()
    }

    fn params(&self) -> Option<&Params> {
        self.input.params()
    }

    fn place(&self, offset: u64) -> u64 {
        self.input.place(offset)
    }
}

/// What a guest reads from its standard input.
pub enum Stdin {
    Empty,
    Memory(Bytes),
    Stream(Box<dyn Input>),
}

/// Where a guest's standard output goes.
pub enum Sink {
    /// Kept whole, up to a limit.
    Output { bytes: Vec<u8>, limit_bytes: usize },
    /// To the log: a reactor has other ways to give rows.
    Log,
}

impl Io {
    pub fn new(stdin: Stdin, stdout: Sink, log_bytes: usize, seed: Seed) -> Self {
        Self {
            stdin: Mutex::new(stdin),
            stdout: Mutex::new(stdout),
            log: Mutex::new(Tail::new(log_bytes)),
            clock_ns: AtomicU64::new(MONOTONIC_START.as_nanos() as u64),
            wish_ns: AtomicU64::new(NEVER),
            random: Mutex::new(Random::Seeded(seed)),
        }
    }

    /// Begins a further task in the same instance, with nothing on its log.
    pub fn start_task(&self, seed: Seed) {
        lock(&self.log).bytes.clear();
        self.clock_ns.store(MONOTONIC_START.as_nanos() as u64, Ordering::Relaxed);
        *lock(&self.random) = Random::Seeded(seed);
    }

    /// Reads on in standard input; 0 at its end. A call gives at most [`READ_BYTES`].
    ///
    /// # Errors
    /// If the input cannot be read.
    pub fn read_stdin(&self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let most_bytes = buffer.len().min(READ_BYTES);
        let buffer = &mut buffer[..most_bytes];
        match &mut *lock(&self.stdin) {
            Stdin::Empty => Ok(0),
            Stdin::Memory(bytes) => {
                let read = bytes.split_to(buffer.len().min(bytes.len()));
                buffer[..read.len()].copy_from_slice(&read);
                Ok(read.len())
            }
            Stdin::Stream(input) => input.read(buffer),
        }
    }

    /// Takes what the guest wrote to standard output.
    pub fn write_stdout(&self, text: &[u8]) -> Result<(), Failure> {
        match &mut *lock(&self.stdout) {
            Sink::Log => self.log(text),
            Sink::Output { bytes, limit_bytes } => {
                if text.len() > limit_bytes.saturating_sub(bytes.len()) {
                    return Err(output_limit(*limit_bytes));
                }
                bytes.extend_from_slice(text);
            }
        }
        Ok(())
    }

    /// What the guest wrote to standard output so far.
    pub fn take_stdout(&self) -> Vec<u8> {
        match &mut *lock(&self.stdout) {
            Sink::Output { bytes, .. } => std::mem::take(bytes),
            Sink::Log => Vec::new(),
        }
    }

    pub fn log(&self, text: &[u8]) {
        lock(&self.log).push(text);
    }

    pub fn take_log(&self) -> String {
        lock(&self.log).take()
    }

    pub fn take_stdin(&self) -> Stdin {
        std::mem::replace(&mut *lock(&self.stdin), Stdin::Empty)
    }

    /// The guest's monotonic clock.
    pub fn now_ns(&self) -> u64 {
        self.clock_ns.load(Ordering::Relaxed)
    }

    /// The guest sleeps until then. It takes no time.
    pub fn sleep_until_ns(&self, ns: u64) {
        self.clock_ns.fetch_max(ns, Ordering::Relaxed);
    }

    /// The guest waits for this time, or for what comes before it.
    pub fn wish_to_wake(&self, ns: u64) {
        self.wish_ns.fetch_min(ns, Ordering::Relaxed);
    }

    /// The guest sleeps until the earliest time that it waits for.
    pub fn sleep_until_wish(&self) {
        let wish_ns = self.wish_ns.swap(NEVER, Ordering::Relaxed);
        if wish_ns != NEVER {
            self.sleep_until_ns(wish_ns);
        }
    }

    pub fn forget_wishes(&self) {
        self.wish_ns.store(NEVER, Ordering::Relaxed);
    }

    pub fn fill_random(&self, bytes: &mut [u8]) {
        let mut random = lock(&self.random);
        if let Random::Seeded(seed) = &*random {
            *random = Random::Running(Box::new(ChaCha8Rng::from_seed(seed.bytes())));
        }
        if let Random::Running(generator) = &mut *random {
            generator.fill_bytes(bytes);
        }
    }
}

/// No code that holds one of these locks can panic half-way, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn output_limit(limit_bytes: usize) -> Failure {
    Failure::new(FailureKind::OutputLimit, format!("wrote more than {limit_bytes} bytes of output"))
}

/// What a guest's randomness comes from: the same for the same processor and task, always.
#[derive(Clone, Debug)]
pub struct Seed {
    processor: [u8; 32],
    task: Option<TaskId>,
}

impl Seed {
    pub fn of_task(processor: [u8; 32], task: &TaskId) -> Self {
        Self { processor, task: Some(task.clone()) }
    }

    /// For what happens before any task.
    pub fn of_processor(processor: [u8; 32]) -> Self {
        Self { processor, task: None }
    }

    fn bytes(&self) -> [u8; 32] {
        let mut hasher = Sha256::new_with_prefix(self.processor);
        if let Some(task) = &self.task {
            hasher.update(task.offset.to_le_bytes());
            hasher.update(task.path.key());
        }
        hasher.finalize().into()
    }
}

/// The generator is made when the guest first asks: few do.
enum Random {
    Seeded(Seed),
    Running(Box<ChaCha8Rng>),
}

/// The end of a text of any length.
struct Tail {
    bytes: VecDeque<u8>,
    limit_bytes: usize,
}

impl Tail {
    fn new(limit_bytes: usize) -> Self {
        Self { bytes: VecDeque::new(), limit_bytes }
    }

    fn push(&mut self, text: &[u8]) {
        let text = &text[text.len().saturating_sub(self.limit_bytes)..];
        let overflow = (self.bytes.len() + text.len()).saturating_sub(self.limit_bytes);
        self.bytes.drain(..overflow);
        self.bytes.extend(text);
    }

    fn take(&mut self) -> String {
        let bytes = Vec::from(std::mem::take(&mut self.bytes));
        let text = String::from_utf8_lossy(&bytes);
        // What is no text is shown by characters of three bytes each.
        let start = text.ceil_char_boundary(text.len().saturating_sub(self.limit_bytes));
        text[start..].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_of_what_is_no_text_has_its_limit() {
        let mut tail = Tail::new(8);
        tail.push(&[0xff; 20]);
        assert_eq!(tail.take(), "\u{fffd}\u{fffd}");
    }

    #[test]
    fn a_tail_keeps_the_end() {
        let mut tail = Tail::new(4);
        for text in ["ab", "cde", "f"] {
            tail.push(text.as_bytes());
        }
        assert_eq!(tail.take(), "cdef");
        tail.push(b"0123456789");
        assert_eq!(tail.take(), "6789");
        assert_eq!(Tail::new(0).take(), "");
    }
}
