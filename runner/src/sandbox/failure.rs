//! From the error that ended a guest's call to the failure of its task.

use std::fmt;

use bytesize::ByteSize;
use wasmtime::{Trap, WasmBacktrace};

use crate::outcome::{Failure, FailureKind};

/// How much of the end of the log goes into the message of a guest that gave up: its last words, and no book.
const MESSAGE_TAIL_BYTES: usize = 4 << 10;

/// The guest called `proc_exit`.
#[derive(Debug)]
pub struct ProcExit(pub i32);

impl fmt::Display for ProcExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {}", self.0)
    }
}

impl std::error::Error for ProcExit {}

/// What else decides which kind of failure an error is.
pub struct Circumstances<'a> {
    /// Fuel that the guest had at its start.
    pub fuel: u64,
    pub timeout: std::time::Duration,
    pub memory_budget_bytes: usize,
    /// The guest was refused memory.
    pub memory_refused: bool,
    /// The end of the guest's log.
    pub log: &'a str,
}

/// The failure that `error` means.
pub fn classify(error: &wasmtime::Error, circumstances: &Circumstances<'_>) -> Failure {
    let mut failure = kind_and_message(error, circumstances);
    if failure.backtrace.is_none() {
        failure.backtrace = error.downcast_ref::<WasmBacktrace>().map(frames);
    }
    // Running out of memory shows as whatever the guest does next; only limits that struck by themselves are stronger.
    let is_aftermath = matches!(failure.kind, FailureKind::Trap | FailureKind::Exit | FailureKind::GuestError);
    if circumstances.memory_refused && is_aftermath { out_of_memory(&failure, circumstances) } else { failure }
}

/// The failure of a guest that reported an error of its own after it was refused memory.
pub fn out_of_memory(aftermath: &Failure, circumstances: &Circumstances<'_>) -> Failure {
    Failure {
        kind: FailureKind::OutOfMemory,
        message: format!(
            "was refused more than {} of memory, then failed ({aftermath})",
            shown_bytes(circumstances.memory_budget_bytes as u64)
        ),
        backtrace: aftermath.backtrace.clone(),
    }
}

/// `100 KiB`, `16 MiB`, `1.5 GiB`.
pub fn shown_bytes(bytes: u64) -> String {
    ByteSize::b(bytes).display().iec().to_string().replacen(".0 ", " ", 1)
}

fn kind_and_message(error: &wasmtime::Error, circumstances: &Circumstances<'_>) -> Failure {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return failure.clone();
    }
    if let Some(exit) = error.downcast_ref::<ProcExit>() {
        return Failure::new(FailureKind::Exit, with_last_words(exit, circumstances.log));
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => {
            Failure::new(FailureKind::OutOfFuel, format!("used all of its {} units of fuel", circumstances.fuel))
        }
        Some(Trap::Interrupt) => {
            Failure::new(FailureKind::Timeout, format!("ran for more than {:?}", circumstances.timeout))
        }
        Some(Trap::StackOverflow) => Failure::new(FailureKind::StackOverflow, "used all of its stack"),
        // A panic, an assertion, a fatal error of a runtime: it says why, then does this. No other trap is meant to happen.
        Some(trap @ Trap::UnreachableCodeReached) => {
            Failure::new(FailureKind::Trap, with_last_words(trap, circumstances.log))
        }
        Some(trap) => Failure::new(FailureKind::Trap, trap.to_string()),
        // The only other errors are those of calls into the host with arguments that no honest guest passes.
        None => Failure::new(FailureKind::Trap, error.root_cause().to_string()),
    }
}

/// What the guest did, and the end of its log.
fn with_last_words(deed: impl fmt::Display, log: &str) -> String {
    let words = last_bytes(log.trim(), MESSAGE_TAIL_BYTES);
    let separator = if words.is_empty() { "" } else { ": " };
    format!("{deed}{separator}{words}")
}

/// The guest's stack, one frame a line.
fn frames(backtrace: &WasmBacktrace) -> String {
    let text = backtrace.to_string();
    let frames: Vec<&str> = text.lines().skip(1).map(str::trim).filter(|line| !line.is_empty()).collect();
    // Modules have no names here: there is only the one.
    frames.join("\n").replace("<unknown>!", "")
}

fn last_bytes(text: &str, most_bytes: usize) -> &str {
    let mut start = text.len().saturating_sub(most_bytes);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_starts_at_a_character() {
        assert_eq!(last_bytes("aé", 1), "");
        assert_eq!(last_bytes("aé", 2), "é");
        assert_eq!(last_bytes("aé", 9), "aé");
    }
}
