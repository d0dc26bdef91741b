//! Contract B: how a reactor is given its input, and what is made of its rows, rejects, replies and log.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use sandmill::outcome::{FailureKind, Outcome, Reject};

use super::script::Script;
use crate::harness::guests::{
    TestInput, assert_failed, failure, guest, rejects, rows, run, run_all, settings, settings_with,
};

#[test]
fn rows_are_what_is_emitted() {
    for (emitted, kept) in [
        ("{\"a\":1}", "{\"a\":1}\n"),
        ("{\"a\":1}{\"a\": 2}\n", "{\"a\":1}\n{\"a\":2}\n"),
        ("[{\"a\":1},{\"b\":2}]", "{\"a\":1}\n{\"b\":2}\n"),
        ("", ""),
        (" ", ""),
        ("[]", ""),
    ] {
        assert_eq!(rows(&run("emit.wat", emitted)), kept);
        assert_eq!(rows(&run("emit_twice.wat", emitted)), kept.repeat(2));
    }
}

#[test]
fn what_is_emitted_must_be_json_objects() {
    for bad in [&b"1"[..], b"nothing", b"{\"a\":", b"{\"a\":\"\xff\"}", b"{\"a\":1,\"a\":2}"] {
        assert_failed(&run("emit.wat", bad), FailureKind::BadOutput, "");
    }
}

#[test]
fn a_row_does_not_go_on_in_the_next_call() {
    assert_failed(&run("emit_halves.wat", "{\"a\":1}"), FailureKind::BadOutput, "ends in the middle");
    assert_eq!(rows(&run("emit_halves.wat", "{\"a\":1}{\"a\":2}")), "{\"a\":1}\n{\"a\":2}\n");
}

#[test]
fn a_small_input_is_in_memory_and_a_large_one_is_to_be_pulled() {
    for (size_bytes, ptr, len) in
        [(0, "some", "none"), (1, "some", "some"), (1 << 20, "some", "some"), ((1 << 20) + 1, "none", "none")]
    {
        // The guest's buffer has to hold the largest of them.
        let source =
            guest("arguments.wat").replace("(memory (export \"memory\") 2)", "(memory (export \"memory\") 17)");
        let attempt = run_all(&source, settings(), [("input", TestInput::generated(size_bytes))]).remove(0);
        let expected = format!("{{\"ptr\":\"{ptr}\",\"len\":\"{len}\"}}\n");
        assert_eq!(rows(&attempt), expected, "{size_bytes} bytes");
    }
}

#[test]
fn an_input_above_what_is_put_into_memory_is_pulled_whole() {
    let row = format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20));
    let settings = settings_with(|settings| settings.budget.output_bytes = 2 << 20);
    let attempt = run_all(&guest("emit.wat"), settings, [("input", row.as_str().into())]).remove(0);
    assert_eq!(rows(&attempt), format!("{row}\n"));
}

#[test]
fn an_input_is_pulled_in_the_pieces_that_the_guest_asks_for() {
    for size_bytes in [0, 1, 65_536, 65_537, 100 << 20] {
        let input = TestInput::generated(size_bytes);
        let asked = Arc::clone(&input.asked);
        // Room for an input that is put into memory first.
        assert_failed(&run("pull_count.wat", input), FailureKind::GuestError, &size_bytes.to_string());
        assert!(asked.largest_buffer_bytes.load(Ordering::Relaxed) <= 1 << 20);
    }
}

#[test]
fn an_input_in_memory_can_be_pulled_as_well_from_its_start() {
    assert_eq!(rows(&run("emit_pulled.wat", "{\"a\":1}")), "{\"a\":1}\n");
    assert_eq!(rows(&run("emit_pulled.wat", "")), "");
}

#[test]
fn the_length_of_the_input_is_there_for_the_asking() {
    for size_bytes in [0, 5, 3 << 20, 5 << 30] {
        let mut script = Script::reactor();
        let call = script.call("input_len", &[]);
        let shown = script.run(settings(), "input", TestInput::generated(size_bytes));
        assert_eq!(shown.result(call), size_bytes as i64);
    }
}

#[test]
fn the_path_is_written_as_far_as_it_fits() {
    const PATH: &str = "folder/fï\\le";
    const SHOWN: &str = "folder/fï\\\\le";
    for (len, written) in [(0, ""), (3, "fol"), (SHOWN.len(), SHOWN), (100, SHOWN)] {
        let mut script = Script::reactor();
        let buffer = script.room(100);
        let call = script.call("input_path", &[buffer, len as i64]);
        let again = script.call("input_path", &[buffer, len as i64]);
        let shown = script.run(settings(), PATH, "x");
        assert_eq!((shown.result(call), shown.result(again)), (SHOWN.len() as i64, SHOWN.len() as i64));
        assert_eq!(shown.strings(buffer, 1), [written]);
    }
}

#[test]
fn a_parameter_is_written_as_far_as_it_fits() {
    let settings = || {
        let params = [("limit", "12345"), ("empty", ""), ("name with spaces", "v")];
        settings_with(|settings| {
            settings.params = params.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        })
    };
    for (name, len, whole, written) in [
        ("limit", 100, 5, "12345"),
        ("limit", 5, 5, "12345"),
        ("limit", 2, 5, "12"),
        ("limit", 0, 5, ""),
        ("empty", 10, 0, ""),
        ("name with spaces", 10, 1, "v"),
        ("limi", 10, -1, ""),
        ("", 10, -1, ""),
        ("LIMIT", 10, -1, ""),
        ("PATH", 10, -1, ""),
    ] {
        let mut script = Script::reactor();
        let (name_at, buffer) = (script.bytes(name.as_bytes()), script.room(100));
        let call = script.call("param", &[name_at, name.len() as i64, buffer, len]);
        let shown = script.run(settings(), "input", "x");
        assert_eq!(shown.result(call), whole, "{name:?}");
        assert_eq!(shown.strings(buffer, 1), [written], "{name:?}");
    }
}

#[test]
fn a_name_of_a_parameter_that_is_no_text_is_no_parameter() {
    let mut script = Script::reactor();
    let (name, buffer) = (script.bytes(b"\xff\xfe"), script.room(8));
    let call = script.call("param", &[name, 2, buffer, 8]);
    assert_eq!(script.run(settings(), "input", "x").result(call), -1);
}

#[test]
fn buffers_may_lie_over_each_other() {
    let settings = settings_with(|settings| settings.params = [("key".to_owned(), "value".to_owned())].into());
    let mut script = Script::reactor();
    let name = script.bytes(b"key.....");
    let call = script.call("param", &[name, 3, name + 1, 5]);
    let shown = script.run(settings, "input", "x");
    assert_eq!((shown.result(call), shown.bytes(name, 8)), (5, &b"kvalue.."[..]));
}

#[test]
fn a_reply_tells_a_failure_from_a_skip() {
    let attempt = run("reply.wat", b"\x01no such column");
    assert_eq!(failure(&attempt).kind, FailureKind::GuestError);
    assert_eq!(failure(&attempt).message, "no such column");
    assert_eq!(failure(&attempt).backtrace, None);
    let skipped = |input: &[u8]| run("reply.wat", input).outcome;
    assert_eq!(skipped(b"\x02not mine"), Outcome::Skipped { reason: "not mine".to_owned() });
    assert_eq!(skipped(b"\x02"), Outcome::Skipped { reason: String::new() });
    assert_eq!(skipped(b"\x02a\xffb"), Outcome::Skipped { reason: "a\u{fffd}b".to_owned() });
    assert_failed(&run("reply.wat", b"\x01"), FailureKind::GuestError, "");
}

#[test]
fn a_reply_that_is_none_is_a_trap() {
    for (kind, input) in [(0, &b"\x00x"[..]), (3, b"\x03x"), (255, b"\xff")] {
        let message = format!("sandmill_process replied with the unknown kind {kind}");
        assert_failed(&run("reply.wat", input), FailureKind::Trap, &message);
    }
}

#[test]
fn rejects_come_with_and_without_an_offset() {
    let attempt = run("reject.wat", "x");
    assert_eq!(rows(&attempt), "{\"a\":1}\n");
    assert_eq!(
        rejects(&attempt),
        [
            Reject { record: 3, offset: Some(70), reason: "too short".to_owned() },
            Reject { record: 5, offset: None, reason: "no \u{fffd} text".to_owned() },
        ]
    );
}

#[test]
fn a_log_has_its_lines_ended() {
    let attempt = run("log.wat", "a remark");
    assert_eq!(rows(&attempt), "");
    assert_eq!(attempt.log, "a remark\na remark\n");
}

#[test]
fn what_a_guest_logs_before_it_aborts_is_in_the_message() {
    let ending = |end: &str, log: &str| {
        let source = guest("log.wat").replace("(i64.const 0)))", &format!("{end}))"));
        run_all(&source, settings(), [("input", log.into())]).remove(0)
    };
    assert_failed(&ending("unreachable", "no such thing"), FailureKind::Trap, "executed: no such thing\nno such thing");
    let long = ending("unreachable", &"long ".repeat(2_000));
    assert!(failure(&long).message.len() < 5_000, "the end of it");
    // A fault that nobody meant has no last words: what is in the log is about something else.
    let fault = ending("(i64.load (i32.const -1))", "a remark");
    assert_failed(&fault, FailureKind::Trap, "out of bounds");
    assert!(!failure(&fault).message.contains("remark") && fault.log.contains("remark"), "{fault:#?}");
}

#[test]
fn what_a_reactor_writes_to_its_streams_goes_to_the_log() {
    let attempt = run("reactor_streams.wat", "x");
    assert_eq!(rows(&attempt), "");
    assert_eq!(attempt.log, "{\"no\":\"row\"} and a remark");
}

#[test]
fn a_reactor_has_no_arguments_and_no_environment() {
    let mut script = Script::reactor();
    let [arguments, variables, bytes] = [script.room(4), script.room(4), script.room(4)];
    script.call("args_sizes_get", &[arguments, bytes]);
    script.call("environ_sizes_get", &[variables, bytes]);
    let settings = settings_with(|settings| settings.params = [("key".to_owned(), "value".to_owned())].into());
    let shown = script.run(settings, "input", "x");
    assert_eq!((shown.u32(arguments), shown.u32(variables)), (0, 0));
}

#[test]
fn leaving_is_no_way_to_end_a_task_even_with_code_0() {
    let source =
        guest("told_reactor.wat").replace("(call $proc_exit (i32.const 7))", "(call $proc_exit (i32.const 0))");
    let attempt = run_all(&source, settings(), [("input", "x".into())]).remove(0);
    assert_failed(&attempt, FailureKind::Exit, "exit code 0");
}
