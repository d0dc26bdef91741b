//! Pointers and lengths that guests pass to the host: whatever is not in memory ends the task, and says in which call.

use sandmill::outcome::{FailureKind, Outcome};
use sandmill::sandbox::Attempt;

use super::script::{SUCCESS, Script, Shown};
use crate::harness::guests::{assert_failed, guest, rows, run, run_all, settings};

/// The reactor of scripts has 9 pages.
const END: i64 = 9 << 16;

/// Pointer and length of what is not within memory.
const OUTSIDE: [(i64, i64); 9] = [
    (END, 1),
    (END - 1, 2),
    (END + 1, 0),
    (0, END + 1),
    (1, END),
    (0, -1),
    (-1, 1),
    (-1, -1),
    (i32::MIN as i64, i32::MIN as i64),
];

/// What is, at the very end.
const INSIDE: [(i64, i64); 2] = [(END, 0), (END - 4, 4)];

/// The arguments of a call for a buffer at a pointer and of a length.
type Arguments = fn(i64, i64) -> Vec<i64>;

/// Every import that takes a buffer, with its arguments for one.
const CALLS: [(&str, Arguments); 9] = [
    ("input_read", |ptr, len| vec![ptr, len]),
    ("input_path", |ptr, len| vec![ptr, len]),
    // The name, and the buffer for the value.
    ("param", |ptr, len| vec![ptr, len, 0, 8]),
    ("param", |ptr, len| vec![16, 3, ptr, len]),
    ("emit", |ptr, len| vec![ptr, len]),
    ("reject", |ptr, len| vec![1, 1, ptr, len]),
    // The name, and the bytes.
    ("file_write", |ptr, len| vec![ptr, len, 0, 8]),
    ("file_write", |ptr, len| vec![16, 3, ptr, len]),
    ("log", |ptr, len| vec![ptr, len]),
];

fn attempt(name: &str, arguments: &[i64]) -> Attempt {
    let mut script = Script::reactor();
    script.bytes(b"key");
    script.call(name, arguments);
    let mut settings = settings();
    settings.params = [("key".to_owned(), "value".to_owned())].into();
    script.attempt(settings, "input", "some content")
}

#[test]
fn what_is_outside_of_memory_traps_and_names_the_call() {
    for (name, arguments) in CALLS {
        for (ptr, len) in OUTSIDE {
            let message =
                format!("{name}: {} bytes at {} are not within the memory of {END} bytes", len as u32, ptr as u32);
            assert_failed(&attempt(name, &arguments(ptr, len)), FailureKind::Trap, &message);
        }
    }
}

#[test]
fn the_last_byte_of_memory_is_memory() {
    for (name, arguments) in CALLS {
        for (ptr, len) in INSIDE {
            let attempt = attempt(name, &arguments(ptr, len));
            // The last bytes of the guest's memory are zeros, which no JSON is, and no name of a file.
            if name == "emit" && len > 0 || name == "file_write" && arguments(ptr, len)[0] == ptr {
                assert_failed(&attempt, FailureKind::BadOutput, "");
            } else {
                rows(&attempt);
            }
        }
    }
}

#[test]
fn a_trap_in_a_call_says_where_in_the_guest() {
    let attempt = attempt("emit", &[END, 1]);
    assert!(crate::harness::guests::failure(&attempt).backtrace.is_some(), "{attempt:#?}");
}

#[test]
fn a_reply_outside_of_memory_is_a_trap() {
    // The guest has two pages.
    const END: u64 = 2 << 16;
    for (ptr, len) in [(END, 1), (END - 1, 2), (0, END + 1), (u32::MAX.into(), u32::MAX.into()), (1 << 31, 1 << 31)] {
        let reply = (ptr << 32) | len;
        let message = format!("sandmill_process: {len} bytes at {ptr} are not within");
        assert_failed(&run("reply_raw.wat", &reply.to_le_bytes()), FailureKind::Trap, &message);
    }
    assert_failed(&run("reply_raw.wat", &(1_u64 << 32).to_le_bytes()), FailureKind::Trap, "an empty message");
    assert_failed(&run("reply_raw.wat", &(END << 32).to_le_bytes()), FailureKind::Trap, "an empty message");
    assert_eq!(rows(&run("reply_raw.wat", &0_u64.to_le_bytes())), "");
}

#[test]
fn an_allocator_without_memory_is_out_of_memory() {
    assert_failed(&run("alloc.wat", "x"), FailureKind::OutOfMemory, "sandmill_alloc had no 1 bytes");
    assert_eq!(rows(&run("alloc.wat", "")), "", "nothing is allocated for an empty input");
}

#[test]
fn an_allocator_that_gives_what_is_not_there_traps() {
    for (address, input) in [("131072", "x"), ("131070", "abc"), ("-1", "x"), ("-2147483648", "x")] {
        let source = guest("alloc.wat").replace("0 (; address ;)", address);
        let attempt = run_all(&source, settings(), [("input", input.into())]).remove(0);
        assert_failed(&attempt, FailureKind::Trap, "sandmill_alloc:");
    }
    let source = guest("alloc.wat").replace("0 (; address ;)", "131069");
    assert_eq!(rows(&run_all(&source, settings(), [("input", "abc".into())])[0]), "");
}

#[test]
fn wasi_calls_with_pointers_outside_of_memory_trap_or_give_an_error() {
    // The command of scripts has 8 pages.
    const END: i64 = 8 << 16;
    let mut script = Script::command();
    let room = script.room(64);
    let (outside, wrapping) = (script.iovec(END - 1, 2), script.iovec(-1, -1));
    for (name, arguments) in [
        ("fd_read", &[0, END, 1, room][..]),
        ("fd_read", &[0, outside, 1, room]),
        ("fd_read", &[0, wrapping, 1, room]),
        ("fd_read", &[0, outside, -1, room]),
        ("fd_write", &[2, outside, 1, room]),
        ("fd_write", &[2, wrapping, 1, room]),
        ("fd_write", &[1, END, 1, room]),
        ("random_get", &[END - 1, 2]),
        ("random_get", &[0, -1]),
        ("clock_time_get", &[1, 0, END - 7]),
        ("args_sizes_get", &[END, room]),
        ("environ_get", &[END, END]),
    ] {
        let mut script = script.clone();
        let call = script.call(name, arguments);
        let attempt = script.attempt(settings(), "input", "some content");
        match &attempt.outcome {
            Outcome::Failed(failure) => assert_eq!(failure.kind, FailureKind::Trap, "{name}: {attempt:#?}"),
            _ => assert_ne!(Shown::by(&attempt).result(call), SUCCESS, "{name}"),
        }
    }
}
