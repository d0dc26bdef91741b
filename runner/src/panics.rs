//! A panic of ours in the middle of a task: caught, with what it said and the stack that led there.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

use crate::outcome::{Failure, FailureKind};

/// How much of a backtrace is kept: some hundred frames, of which the first say the most.
const BACKTRACE_BYTES: usize = 32 << 10;

thread_local! {
    /// What this thread's work panicked with; nothing while nobody would ask.
    static NOTED: RefCell<Noted> = const { RefCell::new(Noted::Nobody) };
}

enum Noted {
    /// This thread's panics are none of ours.
    Nobody,
    /// This thread's work may panic, and has not.
    Nothing,
    Panicked {
        place: String,
        backtrace: String,
    },
}

/// Does `work`. A panic in it is not printed, but the failure of a task.
///
/// # Errors
/// `host`, with our own stack as the backtrace.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    listen();
    let before = NOTED.replace(Noted::Nothing);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    let noted = NOTED.replace(before);
    result.map_err(|panic| {
        let message = message_of(panic.as_ref());
        match noted {
            Noted::Panicked { place, backtrace } => Failure {
                backtrace: Some(backtrace),
                ..Failure::new(FailureKind::Host, format!("sandmill panicked at {place}: {message}"))
            },
            Noted::Nobody | Noted::Nothing => Failure::new(FailureKind::Host, format!("sandmill panicked: {message}")),
        }
    })
}

/// Notes the panics of those who want to know, before their stack is gone; others go where they went before.
fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_noted = NOTED.try_with(|noted| note(&mut noted.borrow_mut(), info)).unwrap_or(false);
            if !is_noted {
                usual(info);
            }
        }));
    });
}

fn note(noted: &mut Noted, info: &PanicHookInfo<'_>) -> bool {
    if matches!(noted, Noted::Nobody) {
        return false;
    }
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let mut backtrace = Backtrace::force_capture().to_string();
    backtrace.truncate(backtrace.floor_char_boundary(BACKTRACE_BYTES));
    *noted = Noted::Panicked { place, backtrace };
    true
}

fn message_of(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_failure_that_says_where_it_was() {
        let failure = caught(|| panic!("number {}", 7)).map(|()| "went well").unwrap_err();
        assert_eq!(failure.kind, FailureKind::Host);
        assert!(failure.message.contains("panics.rs:"), "{failure}");
        assert!(failure.message.ends_with(": number 7"), "{failure}");
        let backtrace = failure.backtrace.unwrap();
        assert!(backtrace.contains("a_panic_is_a_failure_that_says_where_it_was"), "{backtrace}");
        assert_eq!(caught(|| 7), Ok(7));
    }
}
