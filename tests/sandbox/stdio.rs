//! The standard streams of commands: what the host does by itself is what wasmtime-wasi does.

use sandmill::outcome::Outcome;

use super::script::{EBADF, Script, Shown};
use crate::harness::guests::{settings, settings_with};

const ESPIPE: i64 = 70;

/// Outside of what a script shows.
const ELSEWHERE: i64 = 0x7_0000;

/// A script whose first call, which does nothing, leaves the standard streams with the host or with wasmtime-wasi.
fn script(with_wasi: bool) -> Script {
    let mut script = Script::command();
    if with_wasi {
        script.call("args_sizes_get", &[ELSEWHERE, ELSEWHERE]);
    } else {
        script.call("random_get", &[ELSEWHERE, 0]);
    }
    script
}

/// All of an outcome but where in the script it ended.
fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Failed(failure) => format!("{:?}: {}", failure.kind, failure.message),
        _ => format!("{outcome:?}"),
    }
}

/// Makes the same calls in both ways. What they leave in memory and what they write must be the same, or what they end as.
#[track_caller]
fn same(input: &str, calls: impl Fn(&mut Script)) -> Outcome {
    let [ours, theirs] = [false, true].map(|with_wasi| {
        let mut script = script(with_wasi);
        calls(&mut script);
        script.attempt(settings(), "a", input).outcome
    });
    assert_eq!(told(&ours), told(&theirs));
    ours
}

#[test]
fn reads_and_writes_fill_the_first_buffer_that_is_not_empty() {
    for (input, room) in [("0123456789", 4), ("0123456789", 64), ("", 4), ("0123", 4)] {
        same(input, |script| {
            let (a, b, moved) = (script.room(room), script.room(8), script.room(4));
            let iovs = [0, 0, a, room as i64, b, 8].map(|word| (word as u32).to_le_bytes()).concat();
            let iovs = script.bytes(&iovs);
            for _ in 0..4 {
                script.call("fd_read", &[0, iovs, 3, moved]);
            }
            let text = script.bytes(b"{}");
            let iovs = [0, 0, text, 2, text, 2].map(|word| (word as u32).to_le_bytes()).concat();
            let iovs = script.bytes(&iovs);
            for fd in 0..5 {
                let written = script.room(4);
                script.call("fd_write", &[fd, iovs, 3, written]);
            }
        });
    }
}

#[test]
fn what_is_moved_is_told_where_it_was_asked_for() {
    // The count lies in the buffer that is read into, and on the iovec itself.
    same("0123456789", |script| {
        let buffer = script.room(16);
        let iovs = script.iovec(buffer, 16);
        script.call("fd_read", &[0, iovs, 1, buffer + 4]);
        let iovs = script.iovec(buffer, 1);
        script.call("fd_write", &[2, iovs, 1, iovs]);
    });
}

#[test]
fn lists_without_a_buffer_move_nothing() {
    same("0123456789", |script| {
        let moved = script.bytes(&[0xff; 4]);
        let empty = script.iovec(0, 0);
        for (count, fd) in [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (0, 3)] {
            script.call(if fd == 0 { "fd_read" } else { "fd_write" }, &[fd, empty, count, moved]);
        }
    });
}

#[test]
fn pointers_that_are_wrong_come_to_the_same() {
    let calls: &[&dyn Fn(&mut Script)] = &[
        &|script| {
            script.call("fd_read", &[0, -8, 1, 16]);
        },
        &|script| {
            script.call("fd_read", &[0, 18, 1, 32]);
        },
        &|script| {
            script.call("fd_read", &[0, 16, i64::from(i32::MAX), 32]);
        },
        &|script| {
            script.call("fd_write", &[1, 16, -1, 32]);
        },
        &|script| {
            let iovs = script.iovec(-4, 8);
            script.call("fd_read", &[0, iovs, 1, 32]);
        },
        &|script| {
            let iovs = script.iovec(-4, 8);
            script.call("fd_write", &[1, iovs, 1, 32]);
        },
        &|script| {
            let iovs = script.iovec(16, 4);
            script.call("fd_read", &[0, iovs, 1, -2]);
        },
        &|script| {
            let iovs = script.iovec(16, 4);
            script.call("fd_write", &[2, iovs, 1, 33]);
        },
        &|script| {
            let iovs = script.iovec(16, 0x7000_0000);
            script.call("fd_read", &[0, iovs, 1, 32]);
        },
        &|script| {
            script.call("fd_fdstat_get", &[1, -8]);
        },
        &|script| {
            script.call("fd_fdstat_get", &[1, 20]);
        },
    ];
    for call in calls {
        same("0123456789", call);
    }
}

#[test]
fn descriptors_are_what_they_are() {
    same("", |script| {
        for fd in [0, 1, 2, 3, -1] {
            let (stat, position, prestat) = (script.bytes(&[0xff; 24]), script.room(8), script.room(8));
            script.call("fd_fdstat_get", &[fd, stat]);
            for whence in 0..3 {
                script.call("fd_seek", &[fd, 1, whence, position]);
            }
            script.call("fd_prestat_get", &[fd, prestat]);
        }
    });
    for whence in [3, -1] {
        same("", |script| {
            script.call("fd_seek", &[1, 0, whence, 16]);
        });
    }
    let mut script = Script::command();
    let seek = script.call("fd_seek", &[1, 0, 0, 16]);
    let prestat = script.call("fd_prestat_get", &[3, 16]);
    let shown = script.run(settings(), "a", "");
    assert_eq!((shown.result(seek), shown.result(prestat)), (ESPIPE, EBADF));
}

#[test]
fn streams_go_on_where_they_were_when_wasi_takes_over() {
    let mut script = Script::command();
    let (a, b, moved) = (script.room(4), script.room(8), script.room(4));
    let (first, rest) = (script.iovec(a, 4), script.iovec(b, 8));
    script.call("fd_read", &[0, first, 1, moved]);
    script.call("args_sizes_get", &[ELSEWHERE, ELSEWHERE]);
    script.call("fd_read", &[0, rest, 1, moved]);
    let shown = script.run(settings(), "a", "0123456789");
    assert_eq!((shown.bytes(a, 4), shown.bytes(b, 6)), (&b"0123"[..], &b"456789"[..]));
    // And a stream that is closed stays so.
    let mut script = Script::command();
    script.call("fd_close", &[0]);
    let read = script.call("fd_read", &[0, first, 1, moved]);
    assert_eq!(script.run(settings(), "a", "0123456789").result(read), EBADF);
}

#[test]
fn the_limit_of_output_and_the_log_are_the_same() {
    let run = |with_wasi, fd, output_bytes| {
        let mut script = script(with_wasi);
        let text = script.bytes(&[b' '; 1000]);
        let iovs = script.iovec(text, 1000);
        let written = script.room(4);
        for _ in 0..3 {
            script.call("fd_write", &[fd, iovs, 1, written]);
        }
        let attempt = script.attempt(settings_with(|settings| settings.budget.output_bytes = output_bytes), "a", "");
        (told(&attempt.outcome), attempt.log)
    };
    for (fd, output_bytes) in [(1, 2999), (1, 1 << 20), (2, 1 << 20)] {
        assert_eq!(run(false, fd, output_bytes), run(true, fd, output_bytes), "{fd}");
    }
    assert!(run(false, 1, 2999).0.contains("OutputLimit"));
    assert_eq!(run(false, 2, 1 << 20).1.trim(), "");
    assert!(!run(false, 2, 1 << 20).1.is_empty());
}

#[test]
fn a_large_buffer_gets_what_a_stream_gives_at_once() {
    let read = |with_wasi| {
        let mut script = script(with_wasi);
        let moved = script.room(4);
        let iovs = script.iovec(0x6_0000, 100_000);
        script.call("fd_read", &[0, iovs, 1, moved]);
        Shown::by(&script.attempt(settings(), "a", "x".repeat(100_000).as_str())).u32(moved)
    };
    assert_eq!((read(false), read(true)), (64 << 10, 64 << 10));
}
