//! How summaries read.

use std::path::Path;

use sandmill::outcome::FailureKind;
use sandmill::report::Written;
use sandmill::task::TaskPath;

use super::*;

fn path(path: &str) -> TaskPath {
    TaskPath::from_path(Path::new(path))
}

fn summary() -> Summary {
    let counts = Counts { done: 4, rows: 4, failed: [(FailureKind::GuestError, 1)].into(), ..Counts::default() };
    Summary {
        ended: Ended::Completed,
        run: counts.clone(),
        total: counts,
        kept: 0,
        elapsed: Duration::from_millis(100),
        slowest: vec![(path("c.json"), 12_000), (path("a\x1b.json"), 900)],
        most_fuel: vec![(path("c.json"), 1_234_567)],
        views: Some(Written {
            results: vec!["out/results.csv".into()],
            errors: "out/errors.csv".into(),
            ledger: "out/ledger.db".into(),
        }),
        lockdown: sandmill::LockdownState::Off,
        not_reproducible: Vec::new(),
    }
}

#[test]
fn a_first_run_says_what_it_did_and_where() {
    assert_eq!(
        lines(&summary(), None).join("\n"),
        "\
5 inputs: 4 done (4 rows), 1 failed in 0.1 s (50/s)
  failed:    1 guest_error
  slowest:        12 ms  c.json
                 900 µs  a\\x1b.json
  most fuel:       1.2M  c.json
  results:   out/results.csv
  errors:    out/errors.csv
  next:      sandmill run ... --retry-failed runs the failed input again"
    );
}

#[test]
fn a_resumed_run_says_what_is_on_record_too() {
    let run = Counts { done: 1, rows: 1, ..Counts::default() };
    let lines = lines(&Summary { run, kept: 4, ..summary() }, Some("count\n"));
    assert_eq!(lines[0], "count\\n: 1 input: 1 done (1 row) in 0.1 s (10/s); 4 kept");
    assert_eq!(lines[1], "  on record: 5 inputs: 4 done (4 rows), 1 failed");
}

#[test]
fn a_run_with_nothing_to_do_says_so() {
    let nothing = Summary { run: Counts::default(), kept: 5, ..summary() };
    assert_eq!(lines(&nothing, None)[0], "nothing to do: all 5 inputs are on record: 4 done (4 rows), 1 failed");
}

#[test]
fn a_stopped_run_says_why_and_how_to_go_on() {
    let stopped = Summary { ended: Ended::Stopped(Stop::Interrupted), ..summary() };
    assert_eq!(lines(&stopped, None)[0], "stopped by Ctrl-C; the same command goes on from here");
    let discarded = Summary { ended: Ended::Stopped(Stop::FailFast), views: None, ..summary() };
    let lines = lines(&discarded, None);
    assert_eq!(lines[0], "stopped by --fail-fast, at the first failure");
    assert!(!lines.iter().any(|line| line.contains("--retry-failed runs")));
}

#[test]
fn a_failure_that_a_flag_can_mend_comes_with_the_flag() {
    let failed = [(FailureKind::Trap, 2), (FailureKind::OutOfFuel, 1_000)].into();
    let mut lines = Vec::new();
    failures(&Counts { failed, ..Counts::default() }, &mut lines);
    assert_eq!(lines[0], "  failed:    2 trap");
    assert!(
        lines[1].starts_with("             1,000 out_of_fuel; ") && lines[1].contains("--fuel 10x"),
        "{}",
        lines[1]
    );
}

#[test]
fn rejects_tables_and_doubts_are_told() {
    let total = Counts { done: 1, rows: 2, rejects: 1, ..Counts::default() };
    let results = (0..5).map(|number| format!("o/{number}.results.csv").into()).collect();
    let summary = Summary {
        run: total.clone(),
        total,
        views: summary().views.map(|views| Written { results, ..views }),
        lockdown: sandmill::LockdownState::Off,
        not_reproducible: vec!["one input timed out".to_owned()],
        ..summary()
    };
    let lines = lines(&summary, None);
    assert_eq!(lines[0], "1 input: 1 done (2 rows, 1 reject) in 0.1 s (10/s)");
    assert!(lines.contains(&"  results:   o/0.results.csv to o/4.results.csv (5 tables)".to_owned()));
    assert!(lines.contains(&"  errors:    out/errors.csv".to_owned()));
    assert_eq!(lines.last().unwrap(), "  note:      another run may give other bytes: one input timed out");
}
