//! Budgets of fuel, time and stack: a guest that does not end by itself is ended, wherever it is.

use std::time::Duration;

use sandmill::config::Fuel;
use sandmill::outcome::FailureKind;
use sandmill::sandbox::Settings;

use super::script::Script;
use crate::harness::components;
use crate::harness::guests::{
    TestInput, assert_failed, failure, guest, refusal, rows, run_all, run_with, settings, settings_with,
};

/// So much fuel that time runs out first.
fn with_timeout() -> Settings {
    settings_with(|settings| {
        settings.budget.fuel.base = u64::MAX;
        settings.budget.timeout = Duration::from_millis(50);
    })
}

fn with_fuel(base: u64, per_input_byte: u64) -> Settings {
    settings_with(|settings| settings.budget.fuel = Fuel { base, per_input_byte })
}

#[test]
fn an_endless_loop_runs_out_of_fuel_or_time_wherever_it_is() {
    for name in ["loop.wat", "loop_in_start_section.wat", "loop_in_process.wat", "loop_in_alloc.wat"] {
        assert_failed(&run_with(name, with_fuel(100_000, 0), "x"), FailureKind::OutOfFuel, "100000 units");
        assert_failed(&run_with(name, with_timeout(), "x"), FailureKind::Timeout, "50ms");
    }
}

#[test]
fn a_reactor_that_never_initialises_is_refused() {
    let message = refusal(guest("loop_in_initialize.wat").as_bytes(), with_timeout());
    assert!(message.contains("before its first task: timeout"), "{message}");
}

#[test]
fn fuel_is_there_for_each_byte_of_input() {
    assert_failed(&run_with("loop.wat", with_fuel(1_000, 7), "12345"), FailureKind::OutOfFuel, "1035 units");
    let input = || TestInput::generated(100_000);
    assert_failed(&run_with("count.wat", with_fuel(100, 0), input()), FailureKind::OutOfFuel, "100 units");
    assert_eq!(rows(&run_with("count.wat", with_fuel(100, 1), input())), "{\"bytes\":100000}\n");
}

#[test]
fn fuel_that_would_overflow_is_all_there_is() {
    assert_eq!(rows(&run_with("echo.wat", with_fuel(u64::MAX, u64::MAX), "{}")), "{}\n");
}

#[test]
fn equal_tasks_consume_equal_fuel() {
    let (command, reactor, component) = (guest("echo.wat"), guest("emit.wat"), guest("told_component.wat"));
    let guests = [
        command.clone().into_bytes(),
        components::command(&command),
        reactor.into_bytes(),
        components::processor(&component, "processor"),
    ];
    for source in guests {
        let tasks = || [("a", "{\"a\":1}".into()), ("b", "{\"b\":2}".into()), ("c", "{\"longer\":3}".into())];
        let fuel =
            || run_all(&source, settings(), tasks()).iter().map(|attempt| attempt.usage.fuel).collect::<Vec<_>>();
        let first = fuel();
        assert_eq!(first, fuel(), "in another run");
        assert_eq!(first[0], first[1], "for another task of the same size");
        assert!(first[0] > 0);
    }
}

#[test]
fn all_of_the_fuel_is_on_record_when_it_runs_out() {
    assert_eq!(run_with("loop.wat", with_fuel(12_345, 0), "").usage.fuel, 12_345);
}

#[test]
fn bytes_that_the_host_moves_cost_fuel() {
    let fuel = |name: &str, arguments: &[i64]| {
        let mut script = Script::reactor();
        script.bytes(b"key");
        script.bytes(&[b' '; 100]);
        script.call(name, arguments);
        let mut settings = settings();
        settings.params = [("key".to_owned(), "v".repeat(100))].into();
        script.attempt(settings, &"p".repeat(100), TestInput::generated(100)).usage.fuel
    };
    for (name, with, without) in [
        ("input_read", &[1024, 100][..], &[1024, 0][..]),
        ("input_path", &[1024, 100], &[1024, 0]),
        ("param", &[16, 3, 1024, 100], &[16, 3, 1024, 0]),
        ("emit", &[24, 100], &[24, 0]),
        ("reject", &[0, 0, 24, 100], &[0, 0, 24, 0]),
        ("log", &[24, 100], &[24, 0]),
    ] {
        assert_eq!(fuel(name, with) - fuel(name, without), 100, "{name}");
    }
    // What was asked for and not there costs nothing.
    assert_eq!(fuel("input_read", &[1024, 5_000]), fuel("input_read", &[1024, 100]));
}

#[test]
fn random_bytes_cost_fuel() {
    let fuel = |len: i64| {
        let mut script = Script::command();
        let buffer = script.room(100);
        script.call("random_get", &[buffer, len]);
        script.attempt(settings(), "input", "").usage.fuel
    };
    assert_eq!(fuel(100) - fuel(0), 100);
}

#[test]
fn any_call_into_the_host_costs_fuel() {
    let fuel = |calls: usize| {
        let mut script = Script::command();
        for _ in 0..calls {
            script.call("fd_close", &[77]);
        }
        script.attempt(settings(), "input", "").usage.fuel
    };
    // 100 for the call, and the operators around it.
    assert!((100..110).contains(&(fuel(2) - fuel(1))), "{}", fuel(2) - fuel(1));
}

#[test]
fn a_storm_of_calls_runs_out_of_fuel() {
    assert_failed(&run_with("storm.wat", with_fuel(1_000_000, 0), ""), FailureKind::OutOfFuel, "1000000 units");
}

#[test]
fn a_storm_of_calls_runs_out_of_time() {
    assert_failed(&run_with("storm.wat", with_timeout(), ""), FailureKind::Timeout, "50ms");
}

#[test]
fn calls_in_a_row_without_a_loop_run_out_of_time() {
    // WebAssembly looks at its deadline in loops and at the start of functions only, and a call can take milliseconds.
    let calls = "(drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))".repeat(1_000);
    let source = format!(
        "(module
            (import \"wasi_snapshot_preview1\" \"fd_write\"
                (func $fd_write (param i32 i32 i32 i32) (result i32)))
            (memory (export \"memory\") 200)
            (data (i32.const 0) \"\\10\\00\\00\\00\\00\\00\\c0\\00\")
            (func (export \"_start\") {calls}))"
    );
    let attempt = run_all(&source, with_timeout(), [("a", "".into())]).remove(0);
    assert_failed(&attempt, FailureKind::Timeout, "50ms");
}

#[test]
fn time_without_end_is_time_enough() {
    let settings = settings_with(|settings| settings.budget.timeout = Duration::MAX);
    // The first task takes a few ticks, so that the second does not start at the first of them.
    let attempts = run_all(&guest("told_command.wat"), settings, [("a", "l".into()), ("b", "k".into())]);
    assert_failed(&attempts[0], FailureKind::OutOfFuel, "units");
    assert_eq!(rows(&attempts[1]), "{\"used\":0}\n");
}

#[test]
fn recursion_overflows_a_stack_of_any_size() {
    for stack_bytes in [64 << 10, 128 << 10, 1 << 20, 4 << 20] {
        let settings = settings_with(|settings| settings.budget.stack_bytes = stack_bytes);
        let attempt = run_with("recursion.wat", settings, "");
        assert_failed(&attempt, FailureKind::StackOverflow, "used all of its stack");
        let backtrace = failure(&attempt).backtrace.as_deref().unwrap_or_default();
        assert!((1..=65).contains(&backtrace.lines().count()), "{backtrace}");
        assert!(backtrace.contains("deeper"), "{backtrace}");
    }
}

#[test]
fn a_deeper_stack_is_a_larger_one() {
    let fuel = |stack_bytes: usize| {
        let settings = settings_with(|settings| settings.budget.stack_bytes = stack_bytes);
        run_with("recursion.wat", settings, "").usage.fuel
    };
    assert!(fuel(1 << 20) > 2 * fuel(128 << 10));
}
