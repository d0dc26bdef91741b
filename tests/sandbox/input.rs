//! Inputs that cannot be read, end early or change meanwhile: the task fails for that and for nothing else.

use sandmill::config::Isolation;
use sandmill::outcome::FailureKind;

use crate::harness::guests::{TestInput, assert_failed, failure, guest, rows, run, run_all, run_with, settings_with};

const STREAMED_BYTES: u64 = 3 << 20;

/// Guests with what their input is, and whether they read it as it is streamed or find it in memory.
const WAYS: [(&str, u64); 6] = [
    ("echo.wat", 100),
    ("count.wat", STREAMED_BYTES),
    ("emit.wat", 100),
    ("pull_count.wat", 100),
    ("pull_count.wat", STREAMED_BYTES),
    // Pulls what it was given before.
    ("emit_pulled.wat", 100),
];

#[test]
fn an_input_that_changed_meanwhile_fails_as_that_whatever_came_of_it() {
    for (name, size_bytes) in WAYS {
        let attempt = run(name, TestInput::generated(size_bytes).that_changes());
        assert_failed(&attempt, FailureKind::Input, "the input changed");
        assert!(failure(&attempt).message == "the input changed", "{attempt:#?}");
    }
}

#[test]
fn a_trap_over_an_input_that_changed_is_no_trap() {
    // Above 1 MiB, so that the guest is at work while it is read.
    for name in ["told_command.wat", "trap_after_row.wat", "loop.wat"] {
        let input = || TestInput::from(vec![b't'; STREAMED_BYTES as usize]);
        let run = |input| {
            let settings = settings_with(|settings| settings.budget.fuel.per_input_byte = 0);
            run_with(name, settings, input)
        };
        assert!(failure(&run(input())).kind != FailureKind::Input);
        assert_failed(&run(input().that_changes()), FailureKind::Input, "the input changed");
    }
    // A reactor that pulls and traps.
    let source = guest("emit_pulled.wat").replace("(i64.const 0)))", "unreachable))");
    let attempt = run_all(&source, settings_with(|_| ()), [("a", TestInput::from("{}").that_changes())]).remove(0);
    assert_failed(&attempt, FailureKind::Input, "the input changed");
}

#[test]
fn a_read_that_fails_is_no_trap() {
    for (name, size_bytes) in WAYS {
        for offset in [0, 50, size_bytes / 2, size_bytes - 1] {
            let attempt = run(name, TestInput::generated(size_bytes).that_fails_at(offset));
            assert_failed(&attempt, FailureKind::Input, "the disk is gone");
        }
    }
}

#[test]
fn an_input_that_ends_early_fails() {
    for (name, size_bytes) in WAYS {
        for offset in [0, 50, size_bytes - 1] {
            let attempt = run(name, TestInput::generated(size_bytes).that_ends_at(offset));
            assert_failed(&attempt, FailureKind::Input, "");
        }
    }
}

#[test]
fn a_fault_of_an_input_that_the_guest_does_not_reach_is_none() {
    // The guest takes one byte of many.
    let mut content = vec![b'x'; STREAMED_BYTES as usize];
    content[0] = b'k';
    let attempt = run("told_command.wat", TestInput::from(content).that_fails_at(2 << 20));
    assert_eq!(rows(&attempt), "{\"used\":0}\n");
}

#[test]
fn a_faulty_input_leaves_the_next_task_alone() {
    for isolation in [Isolation::Task, Isolation::Worker] {
        for (name, size_bytes) in [("count.wat", STREAMED_BYTES), ("emit_twice.wat", 2)] {
            let settings = settings_with(|settings| settings.isolation = isolation);
            let healthy = || match name {
                "count.wat" => TestInput::generated(5),
                _ => TestInput::from("{}"),
            };
            let tasks = [
                ("a", healthy()),
                ("b", TestInput::generated(size_bytes).that_fails_at(1)),
                ("c", healthy()),
                ("d", healthy().that_changes()),
                ("e", healthy()),
            ];
            let attempts = run_all(&guest(name), settings, tasks);
            for index in [1, 3] {
                assert_failed(&attempts[index], FailureKind::Input, "");
            }
            for index in [0, 2, 4] {
                let expected = if name == "count.wat" { "{\"bytes\":5}\n" } else { "{}\n{}\n" };
                assert_eq!(rows(&attempts[index]), expected);
            }
        }
    }
}
