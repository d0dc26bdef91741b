//! What one task can see of another: nothing, unless a user asks for one instance for many tasks.

use std::num::NonZeroUsize;
use std::thread;

use sandmill::config::{Isolation, WarmStart};
use sandmill::sandbox::{Sandbox, Settings};

use crate::harness::components;
use crate::harness::guests::{TestInput, guest, load, rows, run_all, settings_with, task, watched};

fn with_isolation(isolation: Isolation) -> Settings {
    settings_with(|settings| settings.isolation = isolation)
}

fn counts(memory: u32, global: u32, table: u32) -> String {
    format!("{{\"memory\":{memory},\"global\":{global},\"table\":{table}}}\n")
}

#[test]
fn a_task_finds_memory_globals_and_tables_as_the_module_made_them() {
    let tasks = [("a", "x".into()), ("b", "x".into()), ("c", "x".into())];
    for attempt in run_all(&guest("state.wat"), with_isolation(Isolation::Task), tasks) {
        assert_eq!(rows(&attempt), counts(0, 0, 0));
    }
}

#[test]
fn an_instance_for_many_tasks_keeps_what_they_leave() {
    let tasks = [("a", "x".into()), ("b", "x".into()), ("c", "x".into())];
    let attempts = run_all(&guest("state.wat"), with_isolation(Isolation::Worker), tasks);
    for (earlier, attempt) in (0..).zip(&attempts) {
        assert_eq!(rows(attempt), counts(earlier, earlier, earlier));
    }
}

#[test]
fn the_guest_that_looks_for_traces_finds_them() {
    let scan = "(local.set $traces (call $scan (i32.const 0) (call $bytes)))";
    let source = guest("traces.wat");
    assert!(source.contains(scan));
    let source = source.replace(scan, &format!("(call $mark (i32.const 0) (call $bytes)) {scan}"));
    assert_eq!(rows(&run_all(&source, with_isolation(Isolation::Task), [("a", "".into())])[0]), "{\"traces\":3}\n");
}

#[test]
fn no_byte_that_a_task_wrote_is_there_for_a_later_one() {
    // It grows, so that each task has a new instance.
    for pages in [1, 2, 30, 31, 32, 33, 34, 64, 100] {
        for isolation in [Isolation::Task, Isolation::Worker] {
            let source = guest("traces.wat").replace("1 (; pages ;)", &pages.to_string());
            assert!(source.contains(&format!("(memory (export \"memory\") {pages})")));
            let tasks = ["", "", "a", "", "a", "a"].map(|told| ("input", TestInput::from(told)));
            for attempt in run_all(&source, with_isolation(isolation), tasks) {
                assert_eq!(rows(&attempt), "{\"traces\":0}\n", "{pages} pages");
            }
        }
    }
}

#[test]
fn no_byte_that_a_failed_task_wrote_is_there_for_a_later_one() {
    for pages in [1, 32, 64] {
        // The guest traps once it has left its traces, when its input is "a".
        let source = guest("traces.wat")
            .replace("1 (; pages ;)", &pages.to_string())
            .replace("(i32.const 0xaa) (call $bytes))", "(i32.const 0xaa) (call $bytes)) unreachable");
        let tasks = ["a", "", "a", ""].map(|told| ("input", TestInput::from(told)));
        let attempts = run_all(&source, with_isolation(Isolation::Task), tasks);
        crate::harness::guests::failure(&attempts[0]);
        assert_eq!(rows(&attempts[1]), "{\"traces\":0}\n", "{pages} pages");
        assert_eq!(rows(&attempts[3]), "{\"traces\":0}\n", "{pages} pages");
    }
}

/// `traces.wat` without growing: its instances can be put back. It has a global, too, and traps at the end if its input is "b".
fn traces_in_place(pages: u32) -> String {
    let source = guest("traces.wat");
    let replaced = [
        ("1 (; pages ;))", format!("{pages}) (global $left (mut i64) (i64.const 0))")),
        ("(if (i32.eq (memory.grow (i32.const 40)) (i32.const -1)) (then unreachable))", String::new()),
        ("(call $scan (local.get $old) (call $bytes))", "(global.get $left)".to_owned()),
        ("(call $mark (local.get $old) (call $bytes))", "(global.set $left (i64.const 7))".to_owned()),
        (
            "(i32.sub (i32.const 121) (local.get $digits))))",
            "(i32.sub (i32.const 121) (local.get $digits)))
             (if (i32.eq (i32.load8_u (i32.const 16)) (i32.const 0x62)) (then unreachable)))"
                .to_owned(),
        ),
    ];
    replaced.iter().fold(source, |source, (from, to)| {
        assert!(source.contains(from), "{from}");
        source.replacen(from, to, 1)
    })
}

/// All of an attempt but how long it took.
fn told(attempt: &sandmill::sandbox::Attempt) -> (String, u64, u64, &str) {
    (format!("{:?}", attempt.outcome), attempt.usage.fuel, attempt.usage.peak_memory_bytes, &attempt.log)
}

#[test]
fn an_instance_that_is_put_back_is_a_new_one_to_its_guest_and_to_its_user() {
    // The first is new. A task that fails has a new one after it, and one that wrote to more than 2 MiB (32 pages).
    for pages in [1, 2, 31, 32, 33] {
        let tasks = ["", "", "a", "", "b", "", "a", "a"].map(|told| ("input", TestInput::from(told)));
        let attempts = run_all(&traces_in_place(pages), with_isolation(Isolation::Task), tasks);
        for at in [0, 1, 2, 3, 5, 6, 7] {
            assert_eq!(rows(&attempts[at]), "{\"traces\":0}\n", "{pages} pages, task {at}");
        }
        for (one, another) in [(0, 1), (0, 3), (0, 5), (2, 6), (2, 7)] {
            assert_eq!(told(&attempts[one]), told(&attempts[another]), "{pages} pages, tasks {one} and {another}");
        }
    }
}

#[test]
fn of_a_large_memory_all_that_was_written_to_is_put_back() {
    // A task that leaves traces is followed by one that looks at no more than a few words, or at all of them.
    let tasks = ["s", "", "", "s", "", "s", "s", ""].map(|told| ("input", TestInput::from(told)));
    for attempt in run_all(&guest("sparse.wat"), with_isolation(Isolation::Task), tasks) {
        assert_eq!(rows(&attempt), "{\"n\":0}\n");
    }
    // Traces are found where there are any.
    let source = guest("sparse.wat").replace("(i32.const 0x73))", "(i32.const 0x73)) (call $mark)");
    let marking = "(func $mark (i64.store (i32.const 3276800) (i64.const 1)))\n  (func $bytes";
    let source = source.replace("(func $bytes", marking);
    assert_eq!(rows(&run_all(&source, with_isolation(Isolation::Task), [("a", "s".into())])[0]), "{\"n\":1}\n");
}

#[test]
fn a_reactor_is_put_back_to_what_its_initialisation_left() {
    let growing = "(drop (table.grow (ref.null func) (i32.const 1)))";
    let source = guest("state.wat");
    assert!(source.contains(growing));
    // Its row has the size of its table less one.
    let source = source.replace(growing, "").replace(
        "(func (export \"sandmill_process\")",
        "(func (export \"_initialize\") (global.set $count (i32.const 5)) (i32.store8 (i32.const 10) (i32.const 0x35)))
         (func (export \"sandmill_process\")",
    );
    for warm_start in [WarmStart::Off, WarmStart::Require] {
        let settings = settings_with(|settings| settings.warm_start = warm_start);
        let attempts = run_all(&source, settings, ["a", "b", "a"].map(|path| (path, TestInput::from("x"))));
        for attempt in &attempts {
            assert_eq!(rows(attempt), counts(5, 5, 0), "{warm_start:?}");
        }
        assert_eq!(told(&attempts[0]), told(&attempts[2]));
    }
    let settings = with_isolation(Isolation::Worker);
    let attempts = run_all(&source, settings, ["a", "b"].map(|path| (path, TestInput::from("x"))));
    assert_eq!(rows(&attempts[1]), counts(6, 6, 0), "kept as it is");
}

#[test]
fn a_module_that_has_names_like_ours_is_not_taken_for_one_of_ours() {
    // It exports another memory under the name by which its state would be known, and hides its own.
    let source = traces_in_place(1)
        .replace("(func $bytes", "(memory $other 1) (export \"sandmill_state_memory_0\" (memory $other)) (func $bytes");
    let tasks = ["", "a", "", ""].map(|told| ("input", TestInput::from(told)));
    for attempt in run_all(&source, with_isolation(Isolation::Task), tasks) {
        assert_eq!(rows(&attempt), "{\"traces\":0}\n");
    }
}

#[test]
fn no_byte_that_a_component_wrote_is_there_for_a_later_task() {
    // Memories are reset in two ways: up to 2 MiB (32 pages) by writing over them, above that by giving them back.
    for pages in [2, 32, 33, 100] {
        let source = guest("traces_component.wat").replace("40 (; pages ;)", &pages.to_string());
        let component = components::processor(&source, "processor");
        let tasks = ["", "", "a", "", "a", "a"].map(|told| ("input", TestInput::from(told)));
        for attempt in run_all(&component, with_isolation(Isolation::Task), tasks) {
            assert_eq!(rows(&attempt), "{\"traces\":0}\n", "{pages} pages");
        }
        // An instance that is kept has them all: so the guest finds traces where there are any.
        let kept = run_all(&component, with_isolation(Isolation::Worker), [("a", "a".into()), ("b", "".into())]);
        assert_eq!(rows(&kept[1]), "{\"traces\":9}\n", "{pages} pages");
    }
}

#[test]
fn a_command_is_fresh_whatever_the_isolation() {
    for isolation in [Isolation::Task, Isolation::Worker] {
        let tasks = || [("a", "k".into()), ("b", "k".into())];
        let command = guest("told_command.wat");
        for guest in [command.clone().into_bytes(), components::command(&command)] {
            for attempt in run_all(&guest, with_isolation(isolation), tasks()) {
                assert_eq!(rows(&attempt), "{\"used\":0}\n");
            }
        }
    }
}

#[test]
fn a_failure_in_a_used_instance_is_run_once_more_in_a_fresh_one() {
    let tasks = || [("a", "x".into()), ("b", "x".into()), ("c", "x".into())];
    for attempt in run_all(&guest("fails_when_used.wat"), with_isolation(Isolation::Worker), tasks()) {
        assert_eq!(rows(&attempt), "{\"earlier_tasks\":0}\n");
    }
}

#[test]
fn an_input_that_was_pulled_is_pulled_again_by_the_fresh_instance() {
    // Pulls 64 KiB, and traps when used. An input above 1 MiB cannot be put into memory again: it has to be rewound.
    let source = guest("fails_when_used.wat")
        .replace(
            "(import \"sandmill_1\" \"emit\"",
            "(import \"sandmill_1\" \"input_read\" (func $input_read (param i32 i32) (result i32)))
             (import \"sandmill_1\" \"emit\"",
        )
        .replace(
            "(if (global.get $used)",
            "(if (i32.ne (call $input_read (i32.const 65536) (i32.const 65536)) (i32.const 65536)) (then unreachable))
             (if (i32.ne (i32.load8_u (i32.const 65536)) (i32.const 0x66 (; f ;))) (then unreachable))
             (if (global.get $used)",
        );
    let mut content = vec![b'x'; 2 << 20];
    content[0] = b'f';
    let tasks = ["a", "b", "c"].map(|path| (path, TestInput::from(content.as_slice())));
    for attempt in run_all(&source, with_isolation(Isolation::Worker), tasks) {
        assert_eq!(rows(&attempt), "{\"earlier_tasks\":0}\n");
    }
}

#[test]
fn sandboxes_of_one_processor_work_side_by_side() {
    const WORKERS: usize = 4;
    for (name, isolation) in [("told_command.wat", Isolation::Task), ("state.wat", Isolation::Worker)] {
        let settings = settings_with(|settings| {
            settings.isolation = isolation;
            settings.workers = NonZeroUsize::new(WORKERS).expect("some workers");
        });
        let processor = load(&guest(name), settings);
        let attempts = watched(move || {
            // Each holds an instance while all the others do.
            let mut sandboxes: Vec<Sandbox<'_>> =
                (0..WORKERS).map(|worker| Sandbox::new(&processor, worker).expect("make a sandbox")).collect();
            thread::scope(|scope| {
                let threads: Vec<_> = sandboxes
                    .iter_mut()
                    .map(|sandbox| {
                        scope.spawn(|| {
                            let mut run = |path| sandbox.run(&task(path), Box::new(TestInput::from("k")));
                            (0..10).map(|_| run("a")).collect::<Vec<_>>().pop().expect("an attempt")
                        })
                    })
                    .collect();
                threads.into_iter().map(|thread| thread.join().expect("a worker")).collect::<Vec<_>>()
            })
        });
        for attempt in &attempts {
            let expected = if name == "state.wat" { counts(9, 9, 9) } else { "{\"used\":0}\n".to_owned() };
            assert_eq!(rows(attempt), expected);
        }
    }
}
