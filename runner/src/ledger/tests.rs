//! What a ledger keeps, gives back, and forgets.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::testing::{Out, again, done, failed, finished, id, skipped, with_rejects};
use super::{Cost, Fingerprint, Journal, Ledger, Lock, Problem, Reader, State};
use crate::event::Counts;
use crate::outcome::{Failure, FailureKind, Outcome, Reject};
use crate::task::TaskId;

fn ids(out: &Out) -> Vec<String> {
    let records = out.reader().records_after(None, 100).unwrap();
    records.iter().map(|record| record.id.path.to_string()).collect()
}

fn stored(out: &Out, table: &str) -> i64 {
    out.ledger.connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

fn all_rows(out: &Out) -> Vec<String> {
    out.snapshot(|snapshot| {
        let mut all = Vec::new();
        snapshot
            .for_each_rows(|task| {
                all.push(task.rows.to_owned());
                Ok(())
            })
            .unwrap();
        all
    })
}

#[test]
fn tasks_come_back_in_the_order_of_their_components_whatever_the_order_of_commits() {
    let odd = OsStr::from_bytes(b"d/\xff\n\\");
    let mut out = Out::new();
    out.commit(&[done("a.json", "{}"), done(odd, "{}"), done("b", "{}")]);
    out.commit(&[done("a/z", "{}"), done("/abs", "{}"), done("a", "{}")]);
    assert_eq!(ids(&out), ["/abs", "a", "a/z", "a.json", "b", "d/\\xFF\n\\\\"]);
    let records = out.reader().records_after(None, 100).unwrap();
    assert_eq!(records[5].id.path.to_path().as_os_str(), odd);
}

#[test]
fn an_sql_shell_sees_paths() {
    let out = Out::with(&[done("/abs/ä b", "{}"), done("a/b/c.json", "{}"), skipped("x", "empty")]);
    let mut statement = out.ledger.connection.prepare("SELECT path, state FROM tasks ORDER BY key, offset").unwrap();
    let tasks = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let tasks: Vec<(String, String)> = tasks.map(Result::unwrap).collect();
    let expected = [("/abs/ä b", "done"), ("a/b/c.json", "done"), ("x", "skipped")];
    assert_eq!(tasks, expected.map(|(path, state)| (path.to_owned(), state.to_owned())));
}

#[test]
fn pages_follow_one_another_without_gap_or_overlap() {
    let mut chunk = done("b", "{}");
    chunk.task.id.offset = 4096;
    let out = Out::with(&[done("a", "{}"), done("b", "{}"), chunk, done("c", "{}")]);
    let reader = out.reader();
    for limit in 1..6 {
        let mut seen: Vec<TaskId> = Vec::new();
        loop {
            let page = reader.records_after(seen.last(), limit).unwrap();
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= limit);
            seen.extend(page.into_iter().map(|record| record.id));
        }
        let shown: Vec<_> = seen.iter().map(|id| (id.path.to_string(), id.offset)).collect();
        let expected = [("a", 0), ("b", 0), ("b", 4096), ("c", 0)].map(|(path, offset)| (path.to_owned(), offset));
        assert_eq!(shown, expected);
    }
}

#[test]
fn a_record_says_how_the_task_ended_and_what_its_input_was() {
    let mut unreadable = failed("c", FailureKind::Input, "gone");
    unreadable.identity = None;
    unreadable.attempts = 2;
    let out = Out::with(&[done("a", "{}"), skipped("b", "empty"), unreadable]);
    let records = out.reader().records_after(None, 9).unwrap();
    let states: Vec<_> = records.iter().map(|record| (record.state, record.attempts)).collect();
    assert_eq!(states, [(State::Done, 1), (State::Skipped, 1), (State::Failed(FailureKind::Input), 2)]);
    assert_eq!(records[0].identity.map(|identity| (identity.size_bytes, identity.mtime_ns)), Some((260, -1)));
    assert_eq!(records[2].identity, None);
    out.snapshot(|snapshot| {
        assert_eq!(snapshot.state_of(b"b", 0).unwrap(), Some(State::Skipped));
        assert_eq!(snapshot.state_of(b"b", 1).unwrap(), None);
    });
}

#[test]
fn a_replaced_outcome_leaves_nothing_behind() {
    let mut out = Out::with(&[with_rejects("a", &["x", "y"]), done("b", "{\"a\":2}")]);
    assert_eq!((stored(&out, "output"), stored(&out, "reject")), (2, 2));
    out.commit(&[again(failed("a", FailureKind::Trap, "no"))]);
    assert_eq!((stored(&out, "task"), stored(&out, "output"), stored(&out, "reject")), (2, 1, 0));
    assert_eq!(all_rows(&out), ["", "{\"a\":2}\n"]);
    out.commit(&[again(with_rejects("a", &["z"]))]);
    assert_eq!((stored(&out, "task"), stored(&out, "output"), stored(&out, "reject")), (2, 2, 1));
}

#[test]
fn a_task_that_is_called_new_and_is_not_replaces_the_old_one_all_the_same() {
    let mut out = Out::with(&[with_rejects("a", &["x"])]);
    // The second one of the batch meets the first one of the same batch.
    out.commit(&[with_rejects("a", &["y", "z"]), done("a", "{\"a\":3}")]);
    assert_eq!((stored(&out, "task"), stored(&out, "output"), stored(&out, "reject")), (1, 1, 0));
    assert_eq!(all_rows(&out), ["{\"a\":3}\n"]);
}

#[test]
fn dropped_tasks_are_gone_with_all_that_is_theirs() {
    let mut out = Out::with(&[with_rejects("a", &["x"]), done("b", "{}")]);
    assert_eq!(out.ledger.drop_tasks(&[id("a"), id("never")]).unwrap(), 1);
    assert_eq!(ids(&out), ["b"]);
    assert_eq!((stored(&out, "output"), stored(&out, "reject")), (1, 0));
}

#[test]
fn counts_are_of_everything_on_record() {
    let out = Out::with(&[
        done("a", "{}{}"),
        done("b", ""),
        with_rejects("c", &["x", "y"]),
        skipped("d", "empty"),
        failed("e", FailureKind::Trap, "no"),
        failed("f", FailureKind::Trap, "no"),
        failed("g", FailureKind::Host, "no"),
    ]);
    let failed = [(FailureKind::Trap, 2), (FailureKind::Host, 1)].into();
    let expected = Counts { done: 3, skipped: 1, failed, rows: 3, rejects: 2, files: 0 };
    assert_eq!(out.ledger.counts().unwrap(), expected);
    assert_eq!(out.reader().counts().unwrap(), expected);
    assert_eq!(Out::new().ledger.counts().unwrap(), Counts::default());
}

#[test]
fn a_failure_comes_back_whole_and_a_reject_with_its_numbers() {
    let mut trap = failed("b", FailureKind::Trap, "unreachable\nat once");
    trap.outcome = Outcome::Failed(Failure {
        backtrace: Some("main".to_owned()),
        ..Failure::new(FailureKind::Trap, "unreachable\nat once")
    });
    trap.log = "before that: \u{1b}[31m".to_owned();
    trap.usage.fuel = u64::MAX;
    let reject = Reject { record: u64::MAX, offset: Some(u64::MAX - 1), reason: "odd".to_owned() };
    let done = Outcome::Done { rows: super::testing::rows(""), rejects: vec![reject] };
    let out = Out::with(&[trap, finished("a", done)]);
    out.snapshot(|snapshot| {
        let mut seen = Vec::new();
        snapshot
            .for_each_problem(|id, problem| {
                match problem {
                    Problem::Reject { record, byte_offset, reason } => {
                        assert_eq!((record, byte_offset, reason), (u64::MAX, Some(u64::MAX - 1), "odd"));
                    }
                    Problem::Failed(task) => {
                        assert_eq!((task.kind, task.message), (FailureKind::Trap, "unreachable\nat once"));
                        assert_eq!((task.attempts, task.usage.fuel), (1, i64::MAX as u64));
                    }
                }
                seen.push(id.path.to_string());
                Ok(())
            })
            .unwrap();
        assert_eq!(seen, ["a", "b"]);
    });
    let texts: [String; 2] = out
        .ledger
        .connection
        .query_row("SELECT backtrace, log FROM task WHERE key = CAST('b' AS BLOB)", [], |row| {
            Ok([row.get(0)?, row.get(1)?])
        })
        .unwrap();
    assert_eq!(texts, ["main", "before that: \u{1b}[31m"]);
}

#[test]
fn a_snapshot_stays_as_it_was_while_a_run_commits() {
    let mut out = Out::with(&[done("a", "{\"a\":1}")]);
    let mut reader = out.reader();
    let snapshot = reader.snapshot().unwrap();
    out.commit(&[done("b", "{}"), again(done("a", "{\"a\":2}"))]);
    let mut rows = String::new();
    snapshot
        .for_each_rows(|task| {
            rows.push_str(task.rows);
            Ok(())
        })
        .unwrap();
    assert_eq!(rows, "{\"a\":1}\n");
    assert_eq!(snapshot.counts().unwrap().done, 1);
    drop(snapshot);
    assert_eq!(reader.counts().unwrap().done, 2);
}

#[test]
fn the_costliest_tasks_are_those_of_the_run_asked_for() {
    let mut out = Out::new();
    let costing = |path, fuel, elapsed_us| {
        let mut task = done(path, "{}");
        (task.usage.fuel, task.usage.elapsed_us) = (fuel, elapsed_us);
        task
    };
    out.commit(&[costing("a", 1, 30), costing("b", 2, 20), costing("c", 2, 10)]);
    let second = out.ledger.begin_run("{}").unwrap();
    out.ledger.commit(second, &[costing("d", 9, 99)]).unwrap();
    let paths = |cost, run| {
        let tasks = out.ledger.costliest(cost, run, 2).unwrap();
        tasks.iter().map(|task| task.id.path.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(paths(Cost::ElapsedTime, None), ["d", "a"]);
    assert_eq!(paths(Cost::ElapsedTime, Some(out.run)), ["a", "b"]);
    assert_eq!(paths(Cost::Fuel, Some(out.run)), ["b", "c"]);
}

#[test]
fn runs_and_the_fingerprint_are_kept() {
    let mut out = Out::new();
    assert_eq!(out.ledger.fingerprint().unwrap(), None);
    let fingerprint = Fingerprint::new().with("processor", "ab").with("parameters", "{\"x\":\"\\u0000\"}");
    out.ledger.set_fingerprint(&Fingerprint::new()).unwrap();
    out.ledger.set_fingerprint(&fingerprint).unwrap();
    assert_eq!(out.reader().fingerprint().unwrap(), Some(fingerprint));
    out.ledger.end_run(out.run, "finished", "{\"rows\":1}").unwrap();
    let killed = out.ledger.begin_run("{}").unwrap();
    let runs = out.reader().runs().unwrap();
    assert_eq!(runs.len(), 2);
    assert_eq!((runs[0].how.as_deref(), runs[0].document.as_str()), (Some("finished"), "{\"rows\":1}"));
    assert!(runs[0].ended_ms.unwrap() >= runs[0].started_ms);
    assert_eq!((runs[1].id, runs[1].ended_ms), (killed, None));
}

#[test]
fn a_temporary_ledger_counts_and_keeps_no_rows() {
    let mut ledger = Ledger::temporary().unwrap();
    let run = ledger.begin_run("{}").unwrap();
    ledger.commit(run, &[with_rejects("a", &["x"]), failed("b", FailureKind::Exit, "1")]).unwrap();
    let counts = ledger.counts().unwrap();
    assert_eq!((counts.tasks(), counts.rows, counts.rejects), (2, 1, 1));
    assert_eq!(ledger.costliest(Cost::Fuel, Some(run), 1).unwrap()[0].id, id("a"));
    let stored: i64 = ledger
        .connection
        .query_row("SELECT (SELECT count(*) FROM output) + (SELECT count(*) FROM reject)", [], |row| row.get(0))
        .unwrap();
    assert_eq!((stored, ledger.journal()), (0, None));
    ledger.finish().unwrap();
}

#[test]
fn a_finished_ledger_is_one_file_and_goes_on_when_opened_again() {
    let mut out = Out::with(&[done("a", "{}")]);
    for round in 1..3 {
        let Out { folder, ledger, lock, .. } = out;
        assert_eq!(ledger.journal(), Some(Journal::Wal));
        ledger.finish().unwrap();
        drop(lock);
        assert_eq!(Reader::open(folder.path()).unwrap().counts().unwrap().done, round);
        let mut names: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["ledger.db", "lock"]);
        out = Out::at(folder);
        out.commit(&[done(format!("b{round}"), "{}")]);
    }
}

#[test]
fn a_reader_does_not_keep_finish_from_succeeding() {
    let Out { folder, ledger, .. } = Out::with(&[done("a", "{}")]);
    let mut reader = Reader::open(folder.path()).unwrap();
    let snapshot = reader.snapshot().unwrap();
    ledger.finish().unwrap();
    assert_eq!(snapshot.counts().unwrap().done, 1);
}

#[test]
fn the_log_is_cut_although_readers_have_held_it() {
    let mut out = Out::new();
    out.ledger.wal_limit_bytes = 1 << 20;
    let wal_bytes = |out: &Out| out.path().join("ledger.db-wal").metadata().unwrap().len();
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(2 << 20));
    let mut reader = out.reader();
    let snapshot = reader.snapshot().unwrap();
    out.commit(&[done("a", &large)]);
    out.commit(&[done("b", &large)]);
    assert!(wal_bytes(&out) > 4 << 20);
    drop(snapshot);
    out.commit(&[done("c", "{}")]);
    assert_eq!(wal_bytes(&out), 0);
    assert_eq!(reader.counts().unwrap().done, 3);
}

#[test]
fn a_ledger_can_be_opened_for_as_long_as_its_lock_lives() {
    let folder = tempfile::tempdir().unwrap();
    let lock = Lock::acquire(folder.path()).unwrap();
    drop(Ledger::create_or_open(&lock).unwrap());
    drop(Ledger::create_or_open(&lock).unwrap());
    assert!(super::exists(folder.path()));
}
