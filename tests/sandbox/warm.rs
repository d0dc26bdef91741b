//! Warm start: instances that begin where initialisation ended, and nothing that tells them from others but time.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use sandmill::config::{Isolation, WarmStart};
use sandmill::sandbox::{Attempt, Settings, Shared, Start};

use crate::harness::guests::{guest, load, refusal, rows, run_all, settings_with, try_load};

fn started(warm_start: WarmStart) -> Settings {
    settings_with(|settings| {
        settings.warm_start = warm_start;
        settings.params = [("mode".to_owned(), "fast".to_owned())].into();
    })
}

/// A reactor that initialises for long, with this beside it.
fn reactor(fields: &str) -> String {
    format!(
        "(module
            (memory (export \"memory\") 1)
            (table $table 2 funcref)
            (func (export \"sandmill_abi_1\"))
            (func (export \"sandmill_alloc\") (param i32) (result i32) (i32.const 1024))
            (func (export \"sandmill_process\") (param i32 i32) (result i64) (i64.const 0))
            (func (export \"_initialize\") (local $left i32)
                (local.set $left (i32.const 50000))
                (loop $again (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
            {fields})"
    )
}

/// All of an attempt but how long it took.
fn told(attempt: &Attempt) -> (&str, u64, u64, &str) {
    (rows(attempt), attempt.usage.fuel, attempt.usage.peak_memory_bytes, &attempt.log)
}

#[test]
fn a_warm_start_changes_nothing_that_a_guest_or_its_user_can_see() {
    let slow_init = guest("slow_init.wat");
    assert_eq!(load(&slow_init, started(WarmStart::Auto)).start(), &Start::Warm);
    for isolation in [Isolation::Task, Isolation::Worker] {
        let run = |warm_start| {
            let settings = Settings { isolation, ..started(warm_start) };
            run_all(&slow_init, settings, [("a", "x".into()), ("b", "y".into()), ("a", "x".into())])
        };
        let (cold, warm) = (run(WarmStart::Off), run(WarmStart::Require));
        for (cold, warm) in cold.iter().zip(&warm) {
            assert_eq!(told(cold), told(warm));
            assert_eq!(cold.log, "");
        }
        if isolation == Isolation::Task {
            assert_eq!(rows(&warm[0]), rows(&warm[2]));
            assert_ne!(rows(&warm[0]), rows(&warm[1]), "the task's own randomness");
        }
    }
}

#[test]
fn a_guest_that_initialises_at_once_is_started_as_ever() {
    let processor = load(&guest("init_order.wat"), started(WarmStart::Auto));
    assert!(matches!(processor.start(), Start::Quick { init_fuel } if *init_fuel < 100), "{:?}", processor.start());
    let processor = load(&guest("init_order.wat"), started(WarmStart::Require));
    assert_eq!(processor.start(), &Start::Warm);
}

#[test]
fn what_cannot_be_carried_over_is_named_and_the_guest_runs_all_the_same() {
    for (fields, reason) in [
        ("(elem declare func 0) (func (table.set (i32.const 0) (ref.func 0)))", "`table.set`"),
        ("(func (drop (table.grow (ref.null func) (i32.const 1))))", "`table.grow`"),
        ("(data $d \"x\") (func (data.drop $d))", "`data.drop`"),
        ("(global (mut funcref) (ref.null func))", "mutable global containing a reference"),
    ] {
        let module = reactor(fields);
        let processor = load(&module, started(WarmStart::Auto));
        match processor.start() {
            Start::Unfit { reason: found, .. } => assert!(found.contains(reason), "{found}"),
            other => panic!("{fields} starts {other:?}"),
        }
        assert_eq!(rows(&run_all(&module, started(WarmStart::Auto), [("a", "".into())])[0]), "");
        let message = refusal(module.as_bytes(), started(WarmStart::Require));
        assert!(message.contains("cannot be started warm") && message.contains(reason), "{message}");
    }
}

#[test]
fn a_command_has_no_initialisation_of_its_own() {
    let command = guest("echo.wat");
    assert_eq!(load(&command, started(WarmStart::Auto)).start(), &Start::Command);
    assert!(refusal(command.as_bytes(), started(WarmStart::Require)).contains("an SDK makes reactors"));
}

#[test]
fn a_snapshot_is_kept_with_all_that_it_depends_on() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let files = || fs::read_dir(&cache).unwrap().count();
    let settings = |mode: &str, memory_bytes| {
        let mut settings = started(WarmStart::Auto);
        settings.cache = Some(cache.clone());
        settings.params.insert("mode".to_owned(), mode.to_owned());
        settings.budget.memory_bytes = memory_bytes;
        settings
    };
    let slow_init = guest("slow_init.wat");
    let run = |settings| rows(&run_all(&slow_init, settings, [("a", "x".into())])[0]).to_owned();
    let first = run(settings("fast", 1 << 20));
    assert_eq!(files(), 2, "the module and its snapshot");
    assert_eq!(run(settings("fast", 1 << 20)), first);
    assert_eq!(files(), 2);
    assert_ne!(run(settings("slow", 1 << 20)), first, "another parameter");
    assert_eq!(files(), 3);
    run(settings("fast", 2 << 20));
    assert_eq!(files(), 4, "another limit, which an initialisation may find out");
}

/// A reactor that reads a letter of shared data and a byte of randomness while it initialises, and tells both.
fn remembering() -> String {
    "(module
        (import \"sandmill_1\" \"shared_read\" (func $shared_read (param i32 i32 i64 i32 i32) (result i32)))
        (import \"sandmill_1\" \"emit\" (func $emit (param i32 i32)))
        (import \"wasi_snapshot_preview1\" \"random_get\" (func $random_get (param i32 i32) (result i32)))
        (memory (export \"memory\") 1)
        (data (i32.const 0) \"letter\")
        (data (i32.const 16) \"{\\22letter\\22:\\22?\\22,\\22random\\22:\\22????????\\22}\")
        (func (export \"sandmill_abi_1\"))
        (func (export \"sandmill_alloc\") (param i32) (result i32) (i32.const 1024))
        (func (export \"_initialize\") (local $at i32)
            (local.set $at (i32.const 50000))
            (loop $again (br_if $again (local.tee $at (i32.sub (local.get $at) (i32.const 1)))))
            (drop (call $shared_read (i32.const 0) (i32.const 6) (i64.const 0) (i32.const 27) (i32.const 1)))
            (drop (call $random_get (i32.const 40) (i32.const 8)))
            (loop $letters
                (i32.store8 offset=40 (local.get $at)
                    (i32.add (i32.const 97) (i32.and (i32.load8_u offset=40 (local.get $at)) (i32.const 15))))
                (br_if $letters (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 8)))))
        (func (export \"sandmill_process\") (param i32 i32) (result i64)
            (call $emit (i32.const 16) (i32.const 34)) (i64.const 0)))"
        .to_owned()
}

#[test]
fn a_kept_snapshot_is_of_this_processor_with_this_shared_data() {
    let folder = tempfile::tempdir().unwrap();
    let letter = folder.path().join("letter");
    let run = |warm_start, source: &[u8], share: &str| {
        fs::write(&letter, share).unwrap();
        let settings = settings_with(|settings| {
            settings.warm_start = warm_start;
            settings.cache = Some(folder.path().join("cache"));
            settings.shared = Some(Arc::new(Shared::copy(Path::new(&letter)).unwrap()));
        });
        rows(&run_all(source, settings, [("a", "".into())])[0]).to_owned()
    };
    let text = remembering().into_bytes();
    let binary = wat::parse_bytes(&text).unwrap().into_owned();
    // The randomness of an initialisation is of the file as it was given.
    for (source, share) in [(&text, "x"), (&text, "y"), (&binary, "y")] {
        let cold = run(WarmStart::Off, source, share);
        assert!(cold.contains(&format!("\"letter\":\"{share}\"")), "{cold}");
        assert_eq!(run(WarmStart::Require, source, share), cold);
    }
}

#[test]
fn an_initialisation_that_fails_refuses_the_processor_whatever_the_start() {
    for warm_start in [WarmStart::Auto, WarmStart::Off, WarmStart::Require] {
        let Err(error) = try_load(guest("init_fails.wat").as_bytes(), started(warm_start)) else {
            panic!("{warm_start:?}: not refused")
        };
        assert!(format!("{error:#}").contains("failed before its first task"), "{error:#}");
    }
}
