//! What runs before the first task: initialisation, which is the same for every task and may refuse the processor.

use std::time::Duration;

use sandmill::config::Isolation;
use sandmill::outcome::FailureKind;

use crate::harness::guests::{assert_failed, guest, refusal, rows, run_all, settings, settings_with, try_load};

/// A reactor with these functions beside those that every reactor has.
fn reactor(functions: &str) -> String {
    format!(
        "(module
            (import \"sandmill_1\" \"input_len\" (func $input_len (result i64)))
            (import \"sandmill_1\" \"input_read\" (func $input_read (param i32 i32) (result i32)))
            (import \"sandmill_1\" \"input_path\" (func $input_path (param i32 i32) (result i32)))
            (import \"sandmill_1\" \"param\" (func $param (param i32 i32 i32 i32) (result i32)))
            (import \"sandmill_1\" \"emit\" (func $emit (param i32 i32)))
            (import \"sandmill_1\" \"reject\" (func $reject (param i64 i64 i32 i32)))
            (import \"sandmill_1\" \"log\" (func $log (param i32 i32)))
            (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $proc_exit (param i32)))
            (memory (export \"memory\") 1)
            (data (i32.const 0) \"\\01a reason\")
            (func (export \"sandmill_abi_1\"))
            (func (export \"sandmill_alloc\") (param i32) (result i32) (i32.const 1024))
            (func (export \"sandmill_process\") (param i32 i32) (result i64) (i64.const 0))
            {functions})"
    )
}

/// Every place for a call before the first task.
const PLACES: [fn(&str) -> String; 4] = [
    |call| format!("(func $early {call}) (start $early)"),
    |call| format!("(func (export \"_initialize\") {call})"),
    |call| format!("(func (export \"sandmill_init\") (result i64) {call} (i64.const 0))"),
    |call| format!("(func (export \"sandmill_columns\") (result i64) {call} (i64.const 0))"),
];

fn refused(functions: &str) -> String {
    refusal(reactor(functions).as_bytes(), settings())
}

#[test]
fn initialisation_runs_in_order_and_columns_are_asked_for_elsewhere() {
    for isolation in [Isolation::Task, Isolation::Worker] {
        let settings = settings_with(|settings| settings.isolation = isolation);
        let attempts = run_all(&guest("init_order.wat"), settings, [("a", "x".into()), ("b", "x".into())]);
        assert_eq!(rows(&attempts[0]), "{\"calls\":\"sinp   \"}\n");
        let second = if isolation == Isolation::Task { "sinp   " } else { "sinpp  " };
        assert_eq!(rows(&attempts[1]), format!("{{\"calls\":\"{second}\"}}\n"));
    }
}

#[test]
fn calls_that_belong_to_a_task_are_refused_before_it() {
    for (name, call) in [
        ("input_len", "(drop (call $input_len))"),
        ("input_read", "(drop (call $input_read (i32.const 0) (i32.const 1)))"),
        ("input_path", "(drop (call $input_path (i32.const 0) (i32.const 1)))"),
        ("emit", "(call $emit (i32.const 0) (i32.const 0))"),
        ("reject", "(call $reject (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 0))"),
    ] {
        for place in PLACES {
            let message = refused(&place(call));
            let expected = format!("{name} belongs to a task and was called during initialisation");
            assert!(message.contains(&expected), "{message}");
        }
    }
}

#[test]
fn parameters_and_the_log_are_there_before_the_first_task() {
    for call in [
        "(drop (call $param (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1)))",
        "(call $log (i32.const 0) (i32.const 8))",
    ] {
        for place in PLACES {
            assert_eq!(rows(&run_all(&reactor(&place(call)), settings(), [("a", "x".into())])[0]), "");
        }
    }
}

#[test]
fn an_initialisation_that_fails_refuses_the_processor_with_its_log() {
    let message = refusal(guest("init_fails.wat").as_bytes(), settings());
    assert_eq!(
        message,
        "the processor failed before its first task; it logged: looking for the dictionary: \
         guest_error: there is no dictionary"
    );
}

#[test]
fn an_initialisation_that_traps_or_leaves_refuses_the_processor() {
    for place in PLACES {
        let message = refused(&place("unreachable"));
        assert!(message.contains("before its first task") && message.contains("`unreachable`"), "{message}");
        for code in [0, 3] {
            let message = refused(&place(&format!("(call $proc_exit (i32.const {code}))")));
            assert!(message.contains(&format!("exit code {code}")), "{message}");
        }
    }
}

#[test]
fn an_initialisation_has_budgets() {
    for (functions, kind) in [
        ("(func $deeper (export \"_initialize\") (call $deeper))", "stack_overflow"),
        ("(func (export \"_initialize\") (drop (memory.grow (i32.const 1000))) unreachable)", "out_of_memory"),
        (
            "(func (export \"sandmill_init\") (result i64)
                (drop (memory.grow (i32.const 1000))) (i64.const 0x0000000000000009))",
            "out_of_memory",
        ),
    ] {
        let message = refused(functions);
        assert!(message.contains(kind), "{message}");
    }
    let settings = settings_with(|settings| settings.budget.timeout = Duration::from_millis(50));
    for place in PLACES {
        let message = refusal(reactor(&place("(loop $forever (br $forever))")).as_bytes(), settings.clone());
        assert!(message.contains("timeout: ran for more than 50ms"), "{message}");
    }
}

#[test]
fn an_initialisation_may_use_as_much_stack_as_a_task_whatever_its_thread_has() {
    let settings = settings_with(|settings| settings.budget.stack_bytes = 64 << 20);
    for place in PLACES {
        let recursing = format!("(func $deeper (call $deeper)) {}", place("(call $deeper)"));
        let message = refusal(reactor(&recursing).as_bytes(), settings.clone());
        assert!(message.contains("stack_overflow"), "{message}");
    }
}

#[test]
fn a_refusal_of_memory_before_the_task_is_no_refusal_of_the_task() {
    let source = guest("told_reactor.wat").replace(
        "(func $deeper",
        "(func (export \"_initialize\") (drop (memory.grow (i32.const 1000)))) (func $deeper",
    );
    for isolation in [Isolation::Task, Isolation::Worker] {
        let settings = settings_with(|settings| settings.isolation = isolation);
        let attempts = run_all(&source, settings, [("a", "g".into()), ("b", "m".into())]);
        assert_failed(&attempts[0], FailureKind::GuestError, "as told");
        assert_failed(&attempts[1], FailureKind::OutOfMemory, "trap");
    }
}

#[test]
fn an_initialisation_cannot_skip_and_must_reply_what_is_in_memory() {
    let replying =
        |reply: &str| refused(&format!("(func (export \"sandmill_init\") (result i64) (i64.const {reply}))"));
    // The byte at 2 is a space, at 1 an "a".
    for (reply, expected) in [
        ("0x0000000200000001", "replied with the unknown kind 32"),
        ("0x0000000100000001", "replied with the unknown kind 97"),
        ("0x0001000000000001", "sandmill_init: 1 bytes at 65536 are not within"),
        ("0x0000000100000000", "replied with an empty message"),
        ("0x0000000000000009", "guest_error: a reason"),
    ] {
        let message = replying(reply);
        assert!(message.contains(expected), "{message}");
    }
    let skipping = reactor("(func (export \"sandmill_init\") (result i64) (i64.const 0x0000000000000009))")
        .replace("\\01a reason", "\\02a reason");
    assert!(refusal(skipping.as_bytes(), settings()).contains("sandmill_init cannot skip"));
}

#[test]
fn a_command_is_not_run_before_its_first_task() {
    for name in ["loop.wat", "loop_in_start_section.wat", "trap_after_row.wat"] {
        assert!(try_load(guest(name).as_bytes(), settings()).is_ok(), "{name}");
    }
}
