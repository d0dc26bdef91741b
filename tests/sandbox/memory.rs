//! The memory budget: all memories and tables of a guest together.

use std::num::NonZeroUsize;

use sandmill::outcome::FailureKind;

use crate::harness::guests::{
    TestInput, assert_failed, failure, guest, refusal, rows, run, run_all, run_with, settings, settings_with,
};

/// `after_refusal.wat` with other ways to ask for too much.
fn asking(for_too_much: &str) -> String {
    let source = guest("after_refusal.wat").replace("(memory.grow (i32.const 1000))", for_too_much);
    assert!(source.contains(for_too_much));
    source
}

const TOO_MUCH: [&str; 3] = [
    "(memory.grow (i32.const 1000))",
    // More pages than there can be.
    "(memory.grow (i32.const -1))",
    "(table.grow (ref.null func) (i32.const 3000000))",
];

#[test]
fn a_failure_after_a_refusal_is_out_of_memory() {
    for for_too_much in TOO_MUCH {
        let tasks = [("trap", "t".into()), ("exit", "x".into()), ("done", "d".into()), ("loop", "l".into())];
        let attempts = run_all(&asking(for_too_much), settings(), tasks);
        assert_failed(&attempts[0], FailureKind::OutOfMemory, "trap: wasm trap: wasm `unreachable`");
        assert!(failure(&attempts[0]).backtrace.is_some());
        assert_failed(&attempts[1], FailureKind::OutOfMemory, "exit: exit code 1");
        assert_eq!(rows(&attempts[2]), "", "a guest may do without");
        assert_failed(&attempts[3], FailureKind::OutOfFuel, "units");
    }
}

#[test]
fn a_refusal_that_a_reactor_reports_is_out_of_memory() {
    assert_failed(&run("told_reactor.wat", "r"), FailureKind::OutOfMemory, "guest_error: as told");
    assert_eq!(rows(&run("told_reactor.wat", "d")), "{\"used\":0}\n");
}

#[test]
fn memories_share_one_budget() {
    for (memory_mib, granted) in [(16, 3), (20, 3), (21, 4), (10, 1), (5, 0), (6, 1)] {
        let settings = settings_with(|settings| settings.budget.memory_bytes = memory_mib << 20);
        let attempt = run_with("memories.wat", settings, "");
        assert_eq!(rows(&attempt), format!("{{\"granted\":{granted}}}\n"), "of {memory_mib} MiB");
        assert_eq!(attempt.usage.peak_memory_bytes, (4 << 16) + granted * (5 << 20));
    }
}

#[test]
fn the_peak_is_what_was_held_and_not_what_was_asked_for() {
    // A page, and a table of one element.
    assert_eq!(run("after_refusal.wat", "d").usage.peak_memory_bytes, (1 << 16) + 8);
    assert_eq!(run("echo.wat", "").usage.peak_memory_bytes, 2 << 16);
}

#[test]
fn growth_that_fails_although_it_was_within_the_budget_takes_nothing_from_it() {
    // The pool has room for 2^20 elements in a table, which is 8 MiB of the 16.
    let source = "(module
        (memory (export \"memory\") 1)
        (table 1 funcref)
        (func (export \"_start\")
            (if (i32.ne (table.grow (ref.null func) (i32.const 1100000)) (i32.const -1)) (then unreachable))
            (if (i32.eq (memory.grow (i32.const 200)) (i32.const -1)) (then unreachable))))";
    let attempt = run_all(source, settings(), [("input", "".into())]).remove(0);
    assert_eq!(rows(&attempt), "");
    assert_eq!(attempt.usage.peak_memory_bytes, (201 << 16) + 8);
}

#[test]
fn a_module_that_starts_with_too_much_is_refused() {
    let starting_with = |what: &str| format!("(module {what} (func (export \"_start\")))");
    for what in [
        "(memory (export \"memory\") 257)",
        "(memory (export \"memory\") 65536)",
        "(memory (export \"memory\") 129) (memory 128)",
        "(memory (export \"memory\") 1) (table 2097152 funcref)",
        "(memory (export \"memory\") 1) (table 4294967295 funcref)",
    ] {
        let message = refusal(starting_with(what).as_bytes(), settings());
        assert!(message.contains("the limit for a task is 16 MiB: raise --memory"), "{what}: {message}");
    }
    let exactly = starting_with("(memory (export \"memory\") 256)");
    assert_eq!(rows(&run_all(&exactly, settings(), [("input", "".into())])[0]), "");
}

#[test]
fn memory_is_there_for_an_input_that_is_large_but_streamed() {
    assert_eq!(rows(&run("count.wat", TestInput::generated(64 << 20))), "{\"bytes\":67108864}\n");
}

#[test]
fn a_budget_of_any_size_makes_a_sandbox() {
    let run = |memory_bytes, workers| {
        let settings = settings_with(|settings| {
            settings.budget.memory_bytes = memory_bytes;
            settings.workers = NonZeroUsize::new(workers).expect("some workers");
        });
        run_with("row_and_stderr.wat", settings, "")
    };
    for memory_bytes in [65_536, 65_537, 100_000, 1 << 20, (1 << 32) - 1, 1 << 32, 1 << 40] {
        for workers in [1, 300] {
            assert_eq!(rows(&run(memory_bytes, workers)), "{\"a\":1}\n", "{memory_bytes}, {workers}");
        }
    }
}

#[test]
fn as_many_memories_as_webassembly_has_make_a_sandbox() {
    let memories = "(memory 0) (table 0 funcref)".repeat(99);
    let source = format!("(module (memory (export \"memory\") 1) {memories} (func (export \"_start\")))");
    for workers in [1, 300] {
        let settings = settings_with(|settings| settings.workers = NonZeroUsize::new(workers).expect("some workers"));
        assert_eq!(rows(&run_all(&source, settings, [("a", "".into())])[0]), "");
    }
}
