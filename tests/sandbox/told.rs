//! Guests that fail as their input tells: every kind of failure, in either contract, with its cause and its neighbours.

use std::time::Duration;

use sandmill::config::Isolation;
use sandmill::outcome::FailureKind::{self, *};
use sandmill::sandbox::Settings;

use crate::harness::guests::{TestInput, assert_failed, failure, guest, rows, run_all, run_with, settings_with};

/// What a guest is told, the failure that it must end in, and a part of the message.
struct Case {
    told: &'static str,
    kind: FailureKind,
    message: &'static str,
    prepare: fn(&mut Settings),
}

const fn case(told: &'static str, kind: FailureKind, message: &'static str) -> Case {
    Case { told, kind, message, prepare: |_| () }
}

const FOR_BOTH: [Case; 9] = [
    case("x", Exit, "exit code 7"),
    case("t", Trap, "unreachable"),
    case("l", OutOfFuel, "used all of its"),
    Case {
        prepare: |settings| {
            settings.budget.fuel.base = u64::MAX;
            settings.budget.timeout = Duration::from_millis(50);
        },
        ..case("l", Timeout, "ran for more than 50ms")
    },
    case("m", OutOfMemory, "refused more than 16 MiB"),
    case("s", StackOverflow, "stack"),
    case("o", OutputLimit, "more than 262144 bytes"),
    case("b", BadOutput, "not JSON"),
    Case {
        prepare: |settings| settings.schema.columns = Some(vec!["used".to_owned()]),
        ..case("c", Schema, "\"other\"")
    },
];
const FOR_REACTORS: [Case; 2] = [case("g", GuestError, "as told"), case("r", OutOfMemory, "guest_error: as told")];

/// Every case with its guest.
fn cases() -> impl Iterator<Item = (&'static str, &'static Case)> {
    let commands = FOR_BOTH.iter().map(|case| ("told_command.wat", case));
    let reactors = FOR_BOTH.iter().chain(&FOR_REACTORS).map(|case| ("told_reactor.wat", case));
    commands.chain(reactors)
}

#[test]
fn every_failure_has_its_own_kind() {
    for (name, case) in cases() {
        let attempt = run_with(name, settings_with(case.prepare), case.told);
        assert_failed(&attempt, case.kind, case.message);
    }
}

#[test]
fn a_failure_is_no_business_of_the_tasks_before_and_after_it() {
    for isolation in [Isolation::Task, Isolation::Worker] {
        for (name, case) in cases() {
            let settings = settings_with(|settings| {
                (case.prepare)(settings);
                settings.isolation = isolation;
            });
            let tasks = [("a", "k".into()), ("b", case.told.into()), ("c", "k".into())];
            let attempts = run_all(&guest(name), settings, tasks);
            assert_eq!(rows(&attempts[0]), "{\"used\":0}\n", "{name}, {}", case.told);
            assert_failed(&attempts[1], case.kind, case.message);
            assert_eq!(rows(&attempts[2]), "{\"used\":0}\n", "{name}, {}", case.told);
        }
    }
}

#[test]
fn a_changed_input_is_no_business_of_the_tasks_before_and_after_it() {
    for name in ["told_command.wat", "told_reactor.wat"] {
        let tasks = [("a", "k".into()), ("b", TestInput::from("k").that_changes()), ("c", "k".into())];
        let attempts = run_all(&guest(name), settings_with(|_| ()), tasks);
        assert_eq!(rows(&attempts[0]), "{\"used\":0}\n");
        assert_failed(&attempts[1], Input, "changed");
        assert_eq!(rows(&attempts[2]), "{\"used\":0}\n");
    }
}

#[test]
fn a_refusal_of_memory_is_forgotten_by_the_next_task() {
    let settings = settings_with(|settings| settings.isolation = Isolation::Worker);
    let attempts = run_all(&guest("told_reactor.wat"), settings, [("a", "d".into()), ("b", "g".into())]);
    assert_eq!(rows(&attempts[0]), "{\"used\":0}\n");
    assert_failed(&attempts[1], GuestError, "as told");
}

#[test]
fn failures_within_the_guest_say_where() {
    for (name, case) in cases() {
        if matches!(case.kind, Trap | OutOfFuel | Timeout | StackOverflow | Exit) {
            let attempt = run_with(name, settings_with(case.prepare), case.told);
            assert!(failure(&attempt).backtrace.is_some(), "{attempt:#?}");
        }
    }
}
