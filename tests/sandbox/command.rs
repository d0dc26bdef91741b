//! Contract A: what a WASI command is given, and what is made of what it writes.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use sandmill::outcome::FailureKind;

use super::script::{EBADF, SUCCESS, Script, Shown};
use crate::harness::guests::{
    TestInput, assert_failed, failure, rows, run, run_all, run_with, settings, settings_with,
};

#[test]
fn standard_input_is_the_input_and_standard_output_is_the_rows() {
    for (written, kept) in [
        ("{\"a\":1}", "{\"a\":1}\n"),
        ("{\"a\":1}\n{\"a\": 2}\n", "{\"a\":1}\n{\"a\":2}\n"),
        ("[{\"a\":1}, {\"b\":null}]{}", "{\"a\":1}\n{\"b\":null}\n{}\n"),
        ("{\"n\":0.10}", "{\"n\":0.10}\n"),
    ] {
        assert_eq!(rows(&run("echo.wat", written)), kept);
    }
}

#[test]
fn writing_nothing_is_no_row() {
    for nothing in ["", " \n\t", "[]"] {
        assert_eq!(rows(&run("echo.wat", nothing)), "", "{nothing:?}");
    }
}

#[test]
fn what_is_not_json_objects_is_bad_output() {
    for bad in [&b"a,b\n1,2\n"[..], b"1", b"\"text\"", b"[1]", b"{\"a\":", b"{\"a\":1}{\"b\"", b"{\"a\":\"\xff\"}"] {
        assert_failed(&run("echo.wat", bad), FailureKind::BadOutput, "");
    }
    assert_failed(&run("echo.wat", b"{\"a\":1}\n{\"b\":"), FailureKind::BadOutput, "ends in the middle");
    assert_failed(&run("echo.wat", b"{\"a\":\"\xff\"}"), FailureKind::BadOutput, "not UTF-8");
}

#[test]
fn arguments_are_a_name_and_the_path() {
    let mut script = Script::command();
    let (count, bytes) = (script.room(4), script.room(4));
    let (pointers, text) = (script.room(64), script.room(256));
    script.call("args_sizes_get", &[count, bytes]);
    script.call("args_get", &[pointers, text]);
    let shown = script.run(settings(), "folder/fï le.txt", "");
    assert_eq!(shown.u32(count), 2);
    assert_eq!(shown.strings(text, 2), ["processor", "folder/fï le.txt"]);
}

#[test]
fn the_environment_is_the_task_and_nothing_else() {
    let mut script = Script::command();
    let (count, bytes) = (script.room(4), script.room(4));
    let (pointers, text) = (script.room(64), script.room(512));
    script.call("environ_sizes_get", &[count, bytes]);
    script.call("environ_get", &[pointers, text]);
    let variables = |settings, input: &str| {
        let shown = script.run(settings, "folder/file\\", input);
        let mut variables = shown.strings(text, shown.u32(count) as usize);
        variables.sort();
        variables
    };
    // The test process has more than these: PATH, for one.
    assert_eq!(variables(settings(), "12345"), ["SANDMILL_INPUT_BYTES=5", "SANDMILL_PATH=folder/file\\\\"]);
    let params = [("limit", "3"), ("title", "a = b\nc")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(
        variables(settings_with(|settings| settings.params = params.into()), ""),
        [
            "SANDMILL_INPUT_BYTES=0",
            "SANDMILL_PARAM_limit=3",
            "SANDMILL_PARAM_title=a = b\nc",
            "SANDMILL_PATH=folder/file\\\\"
        ]
    );
}

#[test]
fn there_are_no_folders_no_files_and_no_sockets() {
    let mut script = Script::command();
    let room = script.room(64);
    let path = script.bytes(b"/etc/passwd");
    let mut calls = Vec::new();
    for fd in 3..8 {
        calls.push(script.call("fd_prestat_get", &[fd, room]));
        calls.push(script.call("path_open", &[fd, 0, path, 11, 0, 2, 0, 0, room]));
        calls.push(script.call("sock_accept", &[fd, 0, room]));
    }
    let shown = script.run(settings(), "input", "");
    for call in calls {
        assert_eq!(shown.result(call), EBADF, "{call:?}");
    }
}

#[test]
fn a_large_input_is_streamed_and_never_held() {
    const SIZE_BYTES: u64 = 300 << 20;
    let input = TestInput::generated(SIZE_BYTES);
    let asked = Arc::clone(&input.asked);
    assert_eq!(rows(&run("count.wat", input)), format!("{{\"bytes\":{SIZE_BYTES}}}\n"));
    assert_eq!(asked.read_bytes.load(Ordering::Relaxed), SIZE_BYTES);
    let largest_buffer_bytes = asked.largest_buffer_bytes.load(Ordering::Relaxed);
    assert!(largest_buffer_bytes <= 64 << 10, "{largest_buffer_bytes} bytes at once");
    assert!(asked.reads.load(Ordering::Relaxed) >= SIZE_BYTES / largest_buffer_bytes);
}

#[test]
fn an_input_is_whole_at_every_size_around_the_limit_of_what_is_held() {
    for size_bytes in [0, 1, 65_535, 65_536, 65_537, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20] {
        let attempt = run("count.wat", TestInput::generated(size_bytes));
        assert_eq!(rows(&attempt), format!("{{\"bytes\":{size_bytes}}}\n"));
    }
}

#[test]
fn a_large_input_can_be_asked_for_in_one_read() {
    let settings = settings_with(|settings| settings.budget.memory_bytes = 512 << 20);
    let attempt = run_with("read_at_once.wat", settings, TestInput::generated(2 << 20));
    assert_eq!(rows(&attempt), "{\"a\":1}\n");
}

#[test]
fn a_guest_need_not_read_its_input() {
    for size_bytes in [10, 5 << 20] {
        assert_eq!(rows(&run("row_and_stderr.wat", TestInput::generated(size_bytes))), "{\"a\":1}\n");
    }
}

#[test]
fn a_read_of_nothing_reads_nothing() {
    for input in [TestInput::generated(5), TestInput::generated(5 << 20)] {
        let mut script = Script::command();
        let (buffer, read_bytes) = (script.room(8), script.room(4));
        let (none, some) = (script.iovec(buffer, 0), script.iovec(buffer, 3));
        let nothing = script.call("fd_read", &[0, none, 1, read_bytes]);
        let something = script.call("fd_read", &[0, some, 1, read_bytes]);
        let shown = script.run(settings(), "input", input);
        assert_eq!(shown.result(nothing), SUCCESS);
        assert_eq!(shown.result(something), SUCCESS);
        assert_eq!(shown.bytes(buffer, 4), b"xxx\0");
    }
}

#[test]
fn standard_input_can_be_closed() {
    for input in [TestInput::generated(5), TestInput::generated(5 << 20)] {
        let mut script = Script::command();
        let (buffer, read_bytes) = (script.room(8), script.room(4));
        let some = script.iovec(buffer, 8);
        let closed = script.call("fd_close", &[0]);
        let read = script.call("fd_read", &[0, some, 1, read_bytes]);
        let shown = script.run(settings(), "input", input);
        assert_eq!((shown.result(closed), shown.result(read)), (SUCCESS, EBADF));
    }
}

#[test]
fn standard_error_is_the_log_and_no_output() {
    let attempt = run("row_and_stderr.wat", "");
    assert_eq!(rows(&attempt), "{\"a\":1}\n");
    assert_eq!(attempt.log, "only a remark\n");
}

#[test]
fn an_exit_code_is_what_it_is() {
    assert_eq!(rows(&run("exit.wat", &0_i32.to_le_bytes())), "{\"a\":1}\n");
    for code in [1, 2, 125, 126, 127, 255, 256, -1] {
        let attempt = run("exit.wat", &i32::to_le_bytes(code));
        assert_failed(&attempt, FailureKind::Exit, &format!("exit code {code}: last words"));
        assert_eq!(attempt.log, "last words\n");
    }
}

#[test]
fn a_trap_after_a_whole_row_leaves_no_row_and_a_backtrace() {
    let attempt = run("trap_after_row.wat", "");
    assert_failed(&attempt, FailureKind::Trap, "unreachable");
    let backtrace = failure(&attempt).backtrace.as_deref().unwrap_or_default();
    let order: Vec<Option<usize>> =
        ["read_magic_number", "parse_header", "main"].iter().map(|name| backtrace.find(name)).collect();
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{backtrace}");
    assert!(backtrace.lines().next().is_some_and(|line| line.contains("read_magic_number")), "{backtrace}");
}

#[test]
fn declared_columns_hold_for_commands_too() {
    let with_columns =
        || settings_with(|settings| settings.schema.columns = Some(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(rows(&run_with("echo.wat", with_columns(), "{\"b\":1,\"a\":2}")), "{\"b\":1,\"a\":2}\n");
    assert_failed(&run_with("echo.wat", with_columns(), "{\"a\":2}"), FailureKind::Schema, "lacks");
    assert_failed(&run_with("echo.wat", with_columns(), "{\"a\":2,\"b\":1,\"c\":1}"), FailureKind::Schema, "\"c\"");
    let with_path = settings_with(|settings| settings.schema.path_column = Some("path".to_owned()));
    assert_failed(&run_with("echo.wat", with_path, "{\"path\":2}"), FailureKind::Schema, "path");
}

#[test]
fn what_the_host_shows_of_standard_streams_is_constant() {
    let mut script = Script::command();
    let stats = script.room(3 * 64);
    let calls = [0, 1, 2].map(|fd| script.call("fd_filestat_get", &[fd, stats + 64 * fd]));
    let source = script.source();
    let attempts = run_all(&source, settings(), [("a", "".into()), ("b", "".into())]);
    let [first, second] = [Shown::by(&attempts[0]), Shown::by(&attempts[1])];
    assert_eq!(calls.map(|call| first.result(call)), [SUCCESS; 3]);
    assert_eq!(first, second);
}
