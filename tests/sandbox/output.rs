//! The output budget ends a task, the log budget does not: of a log, the end is kept.

use sandmill::outcome::FailureKind;

use crate::harness::guests::{TestInput, assert_failed, rows, run, run_with, settings_with};

#[test]
fn a_flood_of_output_ends_at_the_limit() {
    for name in ["flood_stdout.wat", "flood_emit.wat", "flood_reject.wat"] {
        assert_failed(&run(name, "x"), FailureKind::OutputLimit, "262144 bytes");
    }
}

#[test]
fn output_up_to_the_limit_is_fine_and_a_byte_more_is_not() {
    let row = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
    for name in ["echo.wat", "emit.wat"] {
        for (limit_bytes, row_bytes) in [(100, 100), (10_000, 10_000), (70_000, 70_000)] {
            let settings = || settings_with(|settings| settings.budget.output_bytes = limit_bytes);
            let exact = row(row_bytes);
            assert_eq!(rows(&run_with(name, settings(), exact.as_str())).len(), row_bytes + 1);
            let more = row(row_bytes + 1);
            assert_failed(&run_with(name, settings(), more.as_str()), FailureKind::OutputLimit, "more than");
        }
    }
}

#[test]
fn output_counts_over_all_calls_of_a_task() {
    let settings = || settings_with(|settings| settings.budget.output_bytes = 15);
    assert_eq!(rows(&run_with("emit_twice.wat", settings(), "{\"a\":1}")), "{\"a\":1}\n{\"a\":1}\n");
    assert_failed(&run_with("emit_twice.wat", settings(), "{\"a\":12}"), FailureKind::OutputLimit, "");
}

#[test]
fn a_flood_of_log_is_fine_and_its_end_is_kept() {
    for name in ["flood_stderr.wat", "flood_log.wat"] {
        for log_bytes in [0, 1, 8, 100, 5_000] {
            let settings = settings_with(|settings| settings.budget.log_bytes = log_bytes);
            let attempt = run_with(name, settings, "x");
            assert_eq!(rows(&attempt), "");
            assert_eq!(attempt.log.len(), log_bytes, "{name}");
            let end = &"the end\n"[8_usize.saturating_sub(log_bytes)..];
            assert!(attempt.log.ends_with(end), "{name}: {:?}", attempt.log);
        }
    }
}

#[test]
fn a_log_that_is_no_text_is_shown_as_well_as_it_can_be() {
    assert_eq!(run("log.wat", b"a\xffb").log, "a\u{fffd}b\na\u{fffd}b\n");
}

#[test]
fn a_log_belongs_to_one_task() {
    use crate::harness::guests::{guest, run_all};
    use sandmill::config::Isolation;
    for isolation in [Isolation::Task, Isolation::Worker] {
        let settings = settings_with(|settings| settings.isolation = isolation);
        let attempts = run_all(&guest("log.wat"), settings, [("a", "one".into()), ("b", TestInput::from("two"))]);
        assert_eq!(attempts[0].log, "one\none\n");
        assert_eq!(attempts[1].log, "two\ntwo\n");
    }
}
