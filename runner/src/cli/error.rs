//! Errors as users see them: once, on one line, with a hint where there is a way out.

use std::fmt;

use sandmill::outcome::{Failure, FailureKind};
use sandmill::sandbox::Refusal;
use sandmill::{LedgerError, Locked};

use super::exit::Exit;
use super::printable::printable;
use super::terminal::say;

/// What was asked for makes no sense.
#[derive(Debug)]
pub struct UsageError {
    message: String,
    hint: Option<String>,
}

impl UsageError {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    pub fn with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()) }
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for UsageError {}

/// Whoever read our standard output went away. Not worth a word: the shell idiom `| head` does it.
#[derive(Debug)]
pub struct StdoutClosed;

impl fmt::Display for StdoutClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("standard output is closed")
    }
}

impl std::error::Error for StdoutClosed {}

/// The end of the program that `error` means.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    if let Some(parsed) = error.downcast_ref::<clap::Error>() {
        // Help that was asked for is one of its errors.
        return if parsed.use_stderr() { Exit::Usage } else { Exit::Success };
    }
    if error.is::<StdoutClosed>() {
        Exit::StdoutClosed
    } else if error.chain().any(|cause| cause.is::<UsageError>()) {
        Exit::Usage
    } else {
        Exit::Failed
    }
}

/// Tells the user of `error`, and returns the end that it means.
pub fn report(error: &anyhow::Error) -> Exit {
    let exit = exit_of(error);
    if let Some(parsed) = error.downcast_ref::<clap::Error>() {
        // In clap's own form; if that cannot be printed, nothing can.
        let _ = parsed.print();
        return exit;
    }
    if exit != Exit::StdoutClosed {
        say(&format!("sandmill: {}", message(error)));
        if let Some(hint) = hint(error) {
            say(&format!("hint: {}", printable(&hint)));
        }
    }
    exit
}

/// The whole chain on one line. What guests and files have to say in it is printable afterwards.
pub fn message(error: &anyhow::Error) -> String {
    printable(&format!("{error:#}")).into_owned()
}

/// What to do about it, if one of the causes knows.
pub fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        if let Some(usage) = cause.downcast_ref::<UsageError>() {
            return usage.hint.clone();
        }
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return budget_of(failure.kind).map(|flag| format!("if it deserves more: {flag}"));
        }
        if let Some(ledger) = cause.downcast_ref::<LedgerError>() {
            return ledger.hint().map(str::to_owned);
        }
        if cause.is::<Locked>() {
            return Some("wait for it to end, or choose another output folder".to_owned());
        }
        match cause.downcast_ref::<Refusal>()? {
            // These say what to do themselves.
            Refusal::NoContract
            | Refusal::TwoContracts
            | Refusal::NoWorld
            | Refusal::TwoWorlds
            | Refusal::Memory { .. }
            | Refusal::Memory64
            | Refusal::TooLarge { .. } => None,
            Refusal::UnknownInterface { .. }
            | Refusal::UnknownAbi(_)
            | Refusal::Export { .. }
            | Refusal::Import { .. } => {
                Some("`sandmill inspect PROCESSOR` shows what the module imports and exports".to_owned())
            }
        }
    })
}

/// The flag that gives more of what a processor ran out of before its first task. The hints of failures are for tasks.
fn budget_of(kind: FailureKind) -> Option<&'static str> {
    match kind {
        FailureKind::OutOfFuel => Some("--fuel 10x"),
        FailureKind::Timeout => Some("--timeout 10m"),
        FailureKind::OutOfMemory => Some("--memory 2GiB"),
        FailureKind::StackOverflow => Some("--stack 4MiB"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn the_chain_is_one_printable_line() {
        let error = anyhow::anyhow!("no\x1b[2J\nsuch thing").context("open it");
        assert_eq!(message(&error), "open it: no\\x1b[2J\\nsuch thing");
        assert_eq!(exit_of(&error), Exit::Failed);
    }

    #[test]
    fn a_usage_error_is_one_in_any_context() {
        let error = Err::<(), _>(UsageError::with_hint("no output", "add -o OUT")).context("read config.yaml");
        let error = error.unwrap_err();
        assert_eq!(exit_of(&error), Exit::Usage);
        assert_eq!(hint(&error).as_deref(), Some("add -o OUT"));
    }

    #[test]
    fn failures_and_refusals_bring_their_hints() {
        let error = anyhow::Error::new(Failure::new(FailureKind::OutOfFuel, "used it all")).context("initialise");
        assert_eq!(hint(&error).as_deref(), Some("if it deserves more: --fuel 10x"));
        let refusal = Refusal::Import { module: "env".to_owned(), name: "f".to_owned(), hint: "" };
        assert!(hint(&refusal.into()).is_some_and(|hint| hint.contains("inspect")));
    }

    #[test]
    fn a_closed_stdout_is_a_quiet_end() {
        assert_eq!(exit_of(&StdoutClosed.into()), Exit::StdoutClosed);
    }
}
