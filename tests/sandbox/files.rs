//! Files that guests give: what is kept, what it costs, and what names they cannot have.

use sandmill::config::{CommandResult, Isolation};
use sandmill::outcome::{FailureKind, Outcome};
use sandmill::sandbox::Attempt;

use super::script::{SUCCESS, Script};
use crate::harness::guests::{assert_failed, guest, refusal, rows, run, run_all, run_with, settings, settings_with};

fn files(attempt: &Attempt) -> Vec<(&str, &[u8])> {
    attempt.files.iter().map(|file| (file.name.as_deref().unwrap(), file.bytes.as_slice())).collect()
}

#[test]
fn files_come_by_name_each_with_all_that_was_written_to_it() {
    let attempt = run("files.wat", "b/x=1\na=2\nb/x=3\nempty=\n");
    assert_eq!(files(&attempt), [("a", &b"2"[..]), ("b/x", b"13"), ("empty", b"")]);
    assert_eq!(rows(&attempt), "{\"ok\":true}\n");
}

#[test]
fn a_task_that_fails_or_is_skipped_has_no_files() {
    assert_failed(&run("files.wat", "a=1\n!"), FailureKind::GuestError, "no");
    assert!(run("files.wat", "a=1\n!").files.is_empty());
    let skipped = run("files.wat", "a=1\n?");
    assert!(matches!(skipped.outcome, Outcome::Skipped { .. }) && skipped.files.is_empty(), "{skipped:?}");
}

#[test]
fn files_of_one_task_are_not_those_of_the_next() {
    let settings = settings_with(|settings| settings.isolation = Isolation::Worker);
    let attempts = run_all(&guest("files.wat"), settings, [("a", "x=1\n".into()), ("b", "y=2\n".into())]);
    assert_eq!(files(&attempts[0]), [("x", &b"1"[..])]);
    assert_eq!(files(&attempts[1]), [("y", &b"2"[..])]);
}

#[test]
fn hostile_names_fail_the_task() {
    for name in ["..", "../x", "/etc/passwd", "a/../../x", "", "a//b", "a\u{1b}[2J", "a\\b", "a\0b"] {
        assert_failed(&run("files.wat", format!("{name}=1\n").as_str()), FailureKind::BadOutput, "file name");
    }
    assert_failed(&run("files.wat", b"\xff=1\n"), FailureKind::BadOutput, "UTF-8");
    assert_failed(&run("files.wat", format!("{}=1\n", "x".repeat(300)).as_str()), FailureKind::BadOutput, "255");
    assert_failed(&run("files.wat", "a=1\na/b=2\n"), FailureKind::BadOutput, "folder");
    assert_failed(&run("files.wat", "A=1\na=2\n"), FailureKind::BadOutput, "case");
}

#[test]
fn files_are_paid_for_from_the_output_budget() {
    let with = |output_bytes| settings_with(|settings| settings.budget.output_bytes = output_bytes);
    // 4,096 for the file, 4 bytes in it, 11 of the row.
    assert_eq!(files(&run_with("files.wat", with(4_111), "a=1234\n")), [("a", &b"1234"[..])]);
    assert_failed(&run_with("files.wat", with(4_110), "a=1234\n"), FailureKind::OutputLimit, "4110 bytes");
    let many: String = (0..100).map(|number| format!("{number}=\n")).collect();
    assert_failed(&run_with("files.wat", with(99 * 4_096), many.as_str()), FailureKind::OutputLimit, "");
    assert_eq!(run_with("files.wat", with(100 * 4_096 + 11), many.as_str()).files.len(), 100);
}

#[test]
fn writing_a_file_costs_fuel_by_the_byte() {
    let fuel = |content: &str| {
        let attempt = run("files.wat", format!("a={content}\n").as_str());
        assert_eq!(attempt.files[0].bytes.len(), content.len());
        attempt.usage.fuel
    };
    // The guest looks at each byte itself, for less than 20.
    let (short, long) = (fuel(&"x".repeat(1_000)), fuel(&"x".repeat(2_000)));
    assert!((1_000..21_000).contains(&(long - short)), "{}", long - short);
    let mut script = Script::reactor();
    script.bytes(b"name");
    script.call("file_write", &[16, 4, 0, 60_000]);
    let settings = settings_with(|settings| settings.budget.fuel.base = 50_000);
    assert_failed(&script.attempt(settings, "input", ""), FailureKind::OutOfFuel, "");
}

#[test]
fn files_belong_to_a_task() {
    let source = guest("files.wat").replace(
        "(func (export \"sandmill_abi_1\"))",
        "(func (export \"sandmill_abi_1\")) (func (export \"_initialize\") (call $file_write (i32.const 2) (i32.const 2) (i32.const 0) (i32.const 1)))",
    );
    assert!(refusal(source.as_bytes(), settings()).contains("file_write belongs to a task"));
}

#[test]
fn a_command_can_give_text_in_one_column() {
    let with = |column: &str| {
        settings_with(|settings| {
            settings.command.result = CommandResult::Text { column: column.to_owned() };
        })
    };
    assert_eq!(rows(&run_with("echo.wat", with("t"), "two\nlines\n")), "{\"t\":\"two\\nlines\"}\n");
    assert_eq!(rows(&run_with("echo.wat", with("a \"b\""), "")), "{\"a \\\"b\\\"\":\"\"}\n");
    assert_failed(&run_with("echo.wat", with("t"), b"\xff"), FailureKind::BadOutput, "invalid UTF-8 at byte 0");
}

#[test]
fn a_command_can_give_a_file_of_any_bytes() {
    let settings =
        || settings_with(|settings| settings.command.result = CommandResult::File { suffix: ".x".to_owned() });
    let attempt = run_with("echo.wat", settings(), b"\xff\0");
    assert_eq!(rows(&attempt), "");
    assert_eq!((attempt.files[0].name.as_deref(), attempt.files[0].bytes.as_slice()), (None, &b"\xff\0"[..]));
    let attempt = run_with("exit.wat", settings(), "\x01\0\0\0");
    assert!(matches!(attempt.outcome, Outcome::Failed(_)) && attempt.files.is_empty(), "{attempt:?}");
}

#[test]
fn the_arguments_of_a_command_are_those_asked_for() {
    let mut script = Script::command();
    let (count, bytes) = (script.room(4), script.room(4));
    let (pointers, text) = (script.room(64), script.room(256));
    let sizes = script.call("args_sizes_get", &[count, bytes]);
    script.call("args_get", &[pointers, text]);
    let shown = |args: &[&str]| {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        let shown = script.run(settings_with(|settings| settings.command.args = args), "a b", "");
        assert_eq!(shown.result(sizes), SUCCESS);
        shown.strings(text, shown.u32(count) as usize)
    };
    assert_eq!(shown(&[]), ["processor"]);
    assert_eq!(shown(&["-e", "f({})", "{{}}"]), ["processor", "-e", "f(a b)", "{}"]);
}

#[test]
fn what_is_for_commands_is_refused_for_other_processors() {
    let message = refusal(guest("emit.wat").as_bytes(), settings_with(|settings| settings.command.args.clear()));
    assert!(message.contains("--args is for WASI commands"), "{message}");
    let text = CommandResult::Text { column: "t".to_owned() };
    let message = refusal(guest("emit.wat").as_bytes(), settings_with(|settings| settings.command.result = text));
    assert!(message.contains("--result is for WASI commands"), "{message}");
}
