//! One attack, between two tasks of which nothing may happen to.

use std::path::Path;
use std::time::{Duration, Instant};

use super::pack::{Attack, End, Guise};
use crate::config::Budget;
use crate::input::Input;
use crate::outcome::{Failure, FailureKind, Outcome};
use crate::row::shown;
use crate::sandbox::{Attempt, Processor, Settings};
use crate::seat::Seat;
use crate::task::{TaskId, TaskPath};

/// The inputs, and with them the rows, of the tasks before and after.
const NEIGHBOURS: [&str; 2] = ["{\"n\":1}", "{\"n\":2}"];

/// The input at which the templates attack.
const SIGNAL: &str = "!";

/// How much longer than its deadline a task may take on a machine that is busy.
const GRACE: Duration = Duration::from_secs(5);

/// What a log may have beyond its limit: that it was cut.
const LOG_NOTICE_BYTES: usize = 200;

/// What became of an attack.
#[derive(Debug)]
pub struct Trial {
    pub attack: &'static Attack,
    pub guise: Guise,
    pub ended: End,
    /// How long the attack was let go on: in its task, or until it was refused; one on the compiler in both.
    pub elapsed: Duration,
    /// The most memory that its guest had at once.
    pub memory_bytes: u64,
    /// What was not as it must be. Any text.
    pub wrong: Vec<String>,
    expected: End,
}

impl Trial {
    /// Makes `attack`, whose task must end as `expected`, in a processor of its own.
    pub fn run(attack: &'static Attack, (guise, expected): (Guise, End), settings: &Settings) -> Self {
        Self::of_source(&attack.source(guise), attack, (guise, expected), settings)
    }

    /// The same of `source`, which is the attack in a form that the pack does not have.
    pub fn of_source(
        source: &[u8],
        attack: &'static Attack,
        (guise, expected): (Guise, End),
        settings: &Settings,
    ) -> Self {
        let mut trial = Self {
            attack,
            guise,
            ended: End::Refused,
            elapsed: Duration::ZERO,
            memory_bytes: 0,
            wrong: Vec::new(),
            expected,
        };
        let started = Instant::now();
        match Processor::load(source, settings.clone()) {
            Ok(processor) if expected == End::Refused => {
                drop(processor);
                trial.ended = End::Done;
                trial.wrong.push("it was not refused".to_owned());
            }
            Ok(processor) => {
                let loaded = started.elapsed();
                trial.run_tasks(&processor, &settings.budget);
                if attack.is_bomb() {
                    trial.elapsed += loaded;
                }
            }
            Err(error) => {
                trial.elapsed = started.elapsed();
                let message = format!("{error:#}");
                if expected != End::Refused || !message.contains(attack.says) {
                    trial.wrong.push(format!("it was refused: {message}"));
                }
            }
        }
        trial
    }

    /// Whether it was stopped, and cost nobody anything.
    pub fn is_stopped(&self) -> bool {
        self.wrong.is_empty()
    }

    /// What stopped it: what the pack says, or a budget that was used up before.
    pub fn stopped_by(&self) -> &'static str {
        if self.ended == self.expected { self.attack.meets } else { budget_of(self.ended).unwrap_or("nothing") }
    }

    fn run_tasks(&mut self, processor: &Processor, budget: &Budget) {
        let mut seat = match Seat::new(processor, 0) {
            Ok(seat) => seat,
            Err(error) => return self.wrong.push(format!("there is no sandbox: {error:#}")),
        };
        let mut run = |name: &str, content: &'static str| {
            let task = TaskId::whole_file(TaskPath::from_path(Path::new(name)));
            let ran = seat.run(&task, Box::new(Text { content, position: 0 }));
            ran.unwrap_or_else(|error| Attempt::failed(Failure::new(FailureKind::Host, format!("{error:#}"))))
        };
        let (before, attempt, after) =
            (run("before", NEIGHBOURS[0]), run("attack", SIGNAL), run("after", NEIGHBOURS[1]));
        self.check_attack(&attempt, budget);
        for (name, neighbour, row) in [("before", before, NEIGHBOURS[0]), ("after", after, NEIGHBOURS[1])] {
            let is_right = matches!(&neighbour.outcome, Outcome::Done { rows, .. } if rows.as_ndjson().strip_suffix('\n') == Some(row));
            if !is_right {
                self.wrong.push(format!("the task {name} it ended as {}", described(&neighbour.outcome)));
            }
        }
    }

    fn check_attack(&mut self, attempt: &Attempt, budget: &Budget) {
        self.elapsed = Duration::from_micros(attempt.usage.elapsed_us);
        self.memory_bytes = attempt.usage.peak_memory_bytes;
        self.ended = end(&attempt.outcome);
        if self.ended != self.expected && budget_of(self.ended).is_none() {
            self.wrong.push(format!("it ended as {}, not {}", described(&attempt.outcome), self.expected));
        }
        if self.memory_bytes > budget.memory_bytes as u64 {
            self.wrong.push(format!("it had {} bytes of memory", self.memory_bytes));
        }
        if attempt.log.len() > budget.log_bytes.saturating_add(LOG_NOTICE_BYTES) {
            self.wrong.push(format!("its log has {} bytes", attempt.log.len()));
        }
        if self.elapsed > budget.timeout.saturating_add(GRACE) {
            self.wrong.push(format!("it went on for {:?}", self.elapsed));
        }
    }
}

fn end(outcome: &Outcome) -> End {
    match outcome {
        Outcome::Done { .. } => End::Done,
        Outcome::Skipped { .. } => End::Skipped,
        Outcome::Failed(failure) => End::Failed(failure.kind),
    }
}

fn described(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Failed(failure) => failure.to_string(),
        Outcome::Done { rows, .. } => format!("done, with the rows {}", shown(rows.as_ndjson())),
        Outcome::Skipped { reason } => format!("skipped: {reason}"),
    }
}

/// The budget whose end this is. A small one ends tasks before they come to what they are about.
fn budget_of(end: End) -> Option<&'static str> {
    match end {
        End::Failed(FailureKind::OutOfFuel) => Some("fuel"),
        End::Failed(FailureKind::Timeout) => Some("the deadline"),
        End::Failed(FailureKind::OutOfMemory) => Some("the memory limit"),
        End::Failed(FailureKind::StackOverflow) => Some("the stack limit"),
        End::Failed(FailureKind::OutputLimit) => Some("the output limit"),
        _ => None,
    }
}

/// An input in memory.
struct Text {
    content: &'static str,
    position: usize,
}

impl Input for Text {
    fn size_bytes(&self) -> Option<u64> {
        Some(self.content.len() as u64)
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let rest = self.content.as_bytes().get(self.position..).unwrap_or_default();
        let read_bytes = rest.len().min(buffer.len());
        buffer[..read_bytes].copy_from_slice(&rest[..read_bytes]);
        self.position += read_bytes;
        Ok(read_bytes)
    }

    fn rewind(&mut self) -> Result<(), Failure> {
        self.position = 0;
        Ok(())
    }

    fn verify(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}
