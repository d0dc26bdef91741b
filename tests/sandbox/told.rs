//! Guests that fail as their input tells: every kind of failure, in every contract, with its cause and its neighbours.

use std::time::Duration;

use sandmill::config::Isolation;
use sandmill::outcome::FailureKind::{self, *};
use sandmill::sandbox::Settings;

use crate::harness::components;
use crate::harness::guests::{TestInput, assert_failed, failure, guest, rows, run_all, settings_with};

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

const FOR_ALL: [Case; 8] = [
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
/// The adapter for preview 1 knows two exit codes.
const FOR_COMMANDS: [Case; 1] = [case("x", Exit, "exit code ")];
const FOR_REACTORS: [Case; 2] = [case("g", GuestError, "as told"), case("r", OutOfMemory, "guest_error: as told")];

/// The same guest in each contract, and the cases for it.
fn guests() -> [(&'static str, Vec<u8>, &'static [Case]); 4] {
    let (command, component) = (guest("told_command.wat"), guest("told_component.wat"));
    [
        ("command", command.clone().into_bytes(), &FOR_COMMANDS),
        ("command component", components::command(&command), &FOR_COMMANDS),
        ("reactor", guest("told_reactor.wat").into_bytes(), &FOR_REACTORS),
        ("processor component", components::processor(&component, "processor"), &FOR_REACTORS),
    ]
}

/// Every case with its guest.
fn cases() -> impl Iterator<Item = (&'static str, Vec<u8>, &'static Case)> {
    guests()
        .into_iter()
        .flat_map(|(name, guest, cases)| FOR_ALL.iter().chain(cases).map(move |case| (name, guest.clone(), case)))
}

#[test]
fn every_failure_has_its_own_kind() {
    for (_, guest, case) in cases() {
        let attempt = run_all(&guest, settings_with(case.prepare), [("a", case.told.into())]).remove(0);
        assert_failed(&attempt, case.kind, case.message);
    }
}

#[test]
fn a_failure_is_no_business_of_the_tasks_before_and_after_it() {
    for isolation in [Isolation::Task, Isolation::Worker] {
        for (name, guest, case) in cases() {
            let settings = settings_with(|settings| {
                (case.prepare)(settings);
                settings.isolation = isolation;
            });
            let tasks = [("a", "k".into()), ("b", case.told.into()), ("c", "k".into())];
            let attempts = run_all(&guest, settings, tasks);
            assert_eq!(rows(&attempts[0]), "{\"used\":0}\n", "{name}, {}", case.told);
            assert_failed(&attempts[1], case.kind, case.message);
            assert_eq!(rows(&attempts[2]), "{\"used\":0}\n", "{name}, {}", case.told);
        }
    }
}

#[test]
fn a_changed_input_is_no_business_of_the_tasks_before_and_after_it() {
    for (_, guest, _) in guests() {
        let tasks = [("a", "k".into()), ("b", TestInput::from("k").that_changes()), ("c", "k".into())];
        let attempts = run_all(&guest, settings_with(|_| ()), tasks);
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
    for (_, guest, case) in cases() {
        if matches!(case.kind, Trap | OutOfFuel | Timeout | StackOverflow | Exit) {
            let attempt = run_all(&guest, settings_with(case.prepare), [("a", case.told.into())]).remove(0);
            assert!(failure(&attempt).backtrace.is_some(), "{attempt:#?}");
        }
    }
}
