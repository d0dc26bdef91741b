//! Running a guest of `tests/guests` in process, without a run around it: small budgets, inputs in memory, and a watchdog.

#![expect(clippy::expect_used, clippy::panic, clippy::unreachable, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use sandmill::config::{Budget, Fuel};
use sandmill::input::Input;
use sandmill::outcome::{Failure, FailureKind, Outcome, Reject};
use sandmill::sandbox::{Attempt, Processor, Sandbox, Settings};
use sandmill::task::{TaskId, TaskPath};

/// A call that takes longer than this hangs. Far above what any test needs, on any machine.
const WATCHDOG: Duration = Duration::from_secs(120);

/// Room for the host above the largest stack that a test gives a guest.
const THREAD_STACK_BYTES: usize = 8 << 20;

/// The source of a guest, by its name in `tests/guests`.
pub fn guest(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/guests").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()))
}

/// Settings with budgets that are small, but larger than any well-behaved guest needs.
pub fn settings() -> Settings {
    Settings::new(Budget {
        fuel: Fuel { base: 50_000_000, per_input_byte: 1_000 },
        timeout: Duration::from_secs(60),
        memory_bytes: 16 << 20,
        stack_bytes: 128 << 10,
        output_bytes: 256 << 10,
        log_bytes: 1 << 10,
    })
}

/// The usual settings with something else in them.
pub fn settings_with(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = settings();
    change(&mut settings);
    settings
}

/// The task that is the whole file at `path`.
pub fn task(path: impl AsRef<Path>) -> TaskId {
    TaskId::whole_file(TaskPath::from_path(path.as_ref()))
}

/// Loads a guest that must not be refused.
pub fn load(source: &(impl AsRef<[u8]> + ?Sized), settings: Settings) -> Processor {
    try_load(source.as_ref(), settings).unwrap_or_else(|error| panic!("the guest was refused: {error:#}"))
}

/// Loads a guest, or says why it is refused.
pub fn try_load(source: &[u8], settings: Settings) -> anyhow::Result<Processor> {
    let source = source.to_owned();
    watched(move || Processor::load(&source, settings))
}

/// The whole message of a refusal.
pub fn refusal(source: &[u8], settings: Settings) -> String {
    match try_load(source, settings) {
        Ok(_) => panic!("the guest was not refused: {}", String::from_utf8_lossy(source)),
        Err(error) => format!("{error:#}"),
    }
}

/// Runs one task in a guest of `tests/guests`.
pub fn run(name: &str, input: impl Into<TestInput>) -> Attempt {
    run_with(name, settings(), input)
}

pub fn run_with(name: &str, settings: Settings, input: impl Into<TestInput>) -> Attempt {
    run_all(&guest(name), settings, [("input", input.into())]).remove(0)
}

/// Runs tasks in one sandbox, one after the other.
pub fn run_all<const N: usize>(
    source: &(impl AsRef<[u8]> + ?Sized),
    settings: Settings,
    tasks: [(&str, TestInput); N],
) -> Vec<Attempt> {
    let processor = load(source, settings);
    let tasks: Vec<(TaskId, TestInput)> = tasks.into_iter().map(|(path, input)| (task(path), input)).collect();
    watched(move || {
        let mut sandbox = Sandbox::new(&processor, 0).expect("make a sandbox");
        let attempts = tasks.into_iter().map(|(task, input)| sandbox.run(&task, Box::new(input))).collect();
        drop(sandbox);
        // A processor waits for its ticker as it is dropped, which makes many tests slow where nobody waits for it.
        thread::spawn(move || drop(processor));
        attempts
    })
}

/// Runs `work` in a thread of its own, and gives up on it if it hangs.
pub fn watched<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    let worker = thread::Builder::new().stack_size(THREAD_STACK_BYTES).spawn(move || sender.send(work()));
    match receiver.recv_timeout(WATCHDOG) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => panic!("hangs: nothing came back for {WATCHDOG:?}"),
        Err(RecvTimeoutError::Disconnected) => match worker.expect("start a thread").join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(_) => unreachable!("the result was sent and not received"),
        },
    }
}

/// The rows of a task that is done, as NDJSON.
#[track_caller]
pub fn rows(attempt: &Attempt) -> &str {
    match &attempt.outcome {
        Outcome::Done { rows, .. } => rows.as_ndjson(),
        _ => panic!("the task is not done: {attempt:#?}"),
    }
}

/// The rejects of a task that is done.
#[track_caller]
pub fn rejects(attempt: &Attempt) -> &[Reject] {
    match &attempt.outcome {
        Outcome::Done { rejects, .. } => rejects,
        _ => panic!("the task is not done: {attempt:#?}"),
    }
}

/// The failure of a task that must have failed.
#[track_caller]
pub fn failure(attempt: &Attempt) -> &Failure {
    match &attempt.outcome {
        Outcome::Failed(failure) => failure,
        _ => panic!("the task did not fail: {attempt:#?}"),
    }
}

/// Checks that a task failed in one way, and says how it ended otherwise.
#[track_caller]
pub fn assert_failed(attempt: &Attempt, kind: FailureKind, message: &str) {
    let failure = failure(attempt);
    assert!(
        failure.kind == kind && failure.message.contains(message),
        "expected {kind} with {message:?}: {attempt:#?}"
    );
}

/// An input in memory, or made up as it is read, that can also misbehave as files do.
#[derive(Clone, Debug)]
pub struct TestInput {
    content: Content,
    position: u64,
    hides_its_size: bool,
    fault: Fault,
    /// What was asked of it, for the test to look at.
    pub asked: Arc<Asked>,
}

#[derive(Clone, Debug)]
enum Content {
    Bytes(Arc<[u8]>),
    /// So many bytes that are never held.
    Generated(u64),
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    /// It is found to have changed when it is verified.
    Changes,
    /// Reading fails at this offset.
    FailsAt(u64),
    /// It ends at this offset, before its size.
    EndsAt(u64),
}

/// Counts of what was asked of an input.
#[derive(Debug, Default)]
pub struct Asked {
    pub reads: AtomicU64,
    pub largest_buffer_bytes: AtomicU64,
    pub read_bytes: AtomicU64,
}

impl TestInput {
    fn new(content: Content) -> Self {
        Self { content, position: 0, hides_its_size: false, fault: Fault::None, asked: Arc::default() }
    }

    /// `size_bytes` of `x`, made up as they are read.
    pub fn generated(size_bytes: u64) -> Self {
        Self::new(Content::Generated(size_bytes))
    }

    fn content_bytes(&self) -> u64 {
        match &self.content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Generated(size_bytes) => *size_bytes,
        }
    }

    /// As if its size were known only when it has been read.
    pub fn of_unknown_size(self) -> Self {
        Self { hides_its_size: true, ..self }
    }

    pub fn that_changes(self) -> Self {
        Self { fault: Fault::Changes, ..self }
    }

    pub fn that_fails_at(self, offset: u64) -> Self {
        Self { fault: Fault::FailsAt(offset), ..self }
    }

    pub fn that_ends_at(self, offset: u64) -> Self {
        Self { fault: Fault::EndsAt(offset), ..self }
    }
}

impl From<&[u8]> for TestInput {
    fn from(bytes: &[u8]) -> Self {
        Self::new(Content::Bytes(bytes.into()))
    }
}

impl From<Vec<u8>> for TestInput {
    fn from(bytes: Vec<u8>) -> Self {
        bytes.as_slice().into()
    }
}

impl<const N: usize> From<&[u8; N]> for TestInput {
    fn from(bytes: &[u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

impl From<&str> for TestInput {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

impl Input for TestInput {
    fn size_bytes(&self) -> Option<u64> {
        (!self.hides_its_size).then(|| self.content_bytes())
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        self.asked.reads.fetch_add(1, Ordering::Relaxed);
        self.asked.largest_buffer_bytes.fetch_max(buffer.len() as u64, Ordering::Relaxed);
        let end = match self.fault {
            Fault::FailsAt(offset) if self.position >= offset => {
                return Err(Failure::new(FailureKind::Input, "the disk is gone"));
            }
            Fault::EndsAt(offset) if self.position >= offset => {
                return Err(Failure::new(FailureKind::Input, "the input ended before its size"));
            }
            Fault::FailsAt(offset) | Fault::EndsAt(offset) => offset.min(self.content_bytes()),
            Fault::None | Fault::Changes => self.content_bytes(),
        };
        let read_bytes = (end - self.position).min(buffer.len() as u64) as usize;
        match &self.content {
            Content::Bytes(bytes) => {
                let start = self.position as usize;
                buffer[..read_bytes].copy_from_slice(&bytes[start..start + read_bytes]);
            }
            Content::Generated(_) => buffer[..read_bytes].fill(b'x'),
        }
        self.position += read_bytes as u64;
        self.asked.read_bytes.fetch_add(read_bytes as u64, Ordering::Relaxed);
        Ok(read_bytes)
    }

    fn rewind(&mut self) -> Result<(), Failure> {
        self.position = 0;
        Ok(())
    }

    fn verify(&mut self) -> Result<(), Failure> {
        match self.fault {
            Fault::Changes => Err(Failure::new(FailureKind::Input, "the input changed")),
            _ => Ok(()),
        }
    }
}
