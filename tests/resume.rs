//! What a second run of the same folder does.

use std::fs;
use std::time::{Duration, SystemTime};

use sandmill::config::{Fuel, OnChange, OnMissing, RetryFailed, ViewChange};
use sandmill::event::{Notice, Stop};
use sandmill::outcome::FailureKind;
use sandmill::report::{Ended, Verdict};
use sandmill::task::Reason;

use crate::harness::job::{Job, Watcher, guest};

/// Writes `content`, with a time that differs from that of any earlier write.
fn change(job: &Job, name: &str, content: &str) {
    job.input(name, content);
    let file = fs::File::options().write(true).open(job.path(name)).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(10)).unwrap();
}

#[test]
fn a_second_run_does_nothing() {
    let job = Job::new("echo.wat");
    job.numbered_inputs(50);
    job.run();
    let before = job.results();
    let summary = job.run();
    assert_eq!((summary.kept, summary.run.tasks(), summary.total.done), (50, 0, 50));
    assert_eq!(job.results(), before);
}

#[test]
fn a_stopped_run_goes_on_where_it_was() {
    let job = Job::new("echo.wat");
    job.numbered_inputs(3000);
    let watcher = Watcher { stop_after: Some(1), ..Watcher::default() };
    let first = job.run_watched(&watcher);
    assert_eq!(first.ended, Ended::Stopped(Stop::Interrupted));
    let second = job.run();
    assert_eq!(second.kept, first.run.done);
    assert_eq!(second.run.done + first.run.done, 3000);
    assert_eq!(job.results().lines().count(), 3001);
}

#[test]
fn a_new_input_on_top_runs_and_nothing_else_does() {
    let job = Job::new("echo.wat");
    job.numbered_inputs(10);
    job.run();
    job.input("a-new-one", "{\"n\":-1}");
    let summary = job.run();
    assert_eq!((summary.kept, summary.run.done), (10, 1));
    assert!(job.results().starts_with("path,n\na-new-one,-1\nf0000.json,0\n"));
}

#[test]
fn a_changed_input_runs_again_and_its_rows_are_replaced() {
    let job = Job::new("echo.wat");
    job.numbered_inputs(3);
    job.run();
    change(&job, "f0001.json", "[{\"n\":7},{\"n\":8}]");
    let watcher = Watcher::default();
    let summary = job.run_watched(&watcher);
    assert_eq!((summary.kept, summary.run.done, summary.total.rows), (2, 1, 4));
    assert_eq!(job.results(), "path,n\nf0000.json,0\nf0001.json,7\nf0001.json,8\nf0002.json,2\n");
    assert!(watcher.notices().contains(&Notice::InputsChanged { tasks: 1, rerun: true }));
}

#[test]
fn a_changed_input_may_be_kept_or_end_the_run() {
    let mut job = Job::new("echo.wat");
    job.numbered_inputs(3);
    job.run();
    change(&job, "f0001.json", "{\"n\":7}");
    job.config.resume.on_change = OnChange::Keep;
    assert_eq!(job.run().kept, 3);
    job.config.resume.on_change = OnChange::Fail;
    let error = format!("{:#}", job.try_run().unwrap_err());
    assert!(error.contains("f0001.json") && error.contains("--on-change"), "{error}");
}

#[test]
fn an_input_that_vanished_is_kept_or_dropped() {
    let mut job = Job::new("echo.wat");
    job.numbered_inputs(3);
    job.run();
    fs::remove_file(job.path("f0001.json")).unwrap();
    let watcher = Watcher::default();
    assert_eq!(job.run_watched(&watcher).total.done, 3);
    assert!(watcher.notices().contains(&Notice::InputsMissing { tasks: 1, dropped: false }));
    job.config.resume.on_missing = OnMissing::Drop;
    assert_eq!(job.run().total.done, 2);
    assert_eq!(job.results(), "path,n\nf0000.json,0\nf0002.json,2\n");
}

#[test]
fn failed_tasks_are_retried_when_asked_and_only_the_kinds_asked_for() {
    let mut job = Job::new("echo.wat");
    job.input("bad", "broken").input("good", "{\"n\":1}");
    job.run();
    assert_eq!(job.run().kept, 2);
    job.config.resume.retry_failed = RetryFailed::Kinds(vec![FailureKind::Trap]);
    assert_eq!(job.run().kept, 2);
    job.config.resume.retry_failed = RetryFailed::Kinds(vec![FailureKind::BadOutput]);
    let summary = job.run();
    assert_eq!((summary.kept, summary.run.tasks_failed()), (1, 1));
    assert_eq!(&job.errors()[0][4], "2", "the attempts add up");
}

#[test]
fn more_fuel_is_the_everyday_retry() {
    let mut job = Job::new("echo.wat");
    job.numbered_inputs(3);
    job.config.budget.fuel = Fuel { base: 10, per_input_byte: 0 };
    assert_eq!(job.run().run.failed[&FailureKind::OutOfFuel], 3);
    assert_eq!(job.results(), "path\n");
    job.config.budget.fuel = Fuel::DEFAULT;
    job.config.resume.retry_failed = RetryFailed::Kinds(vec![FailureKind::OutOfFuel]);
    assert_eq!(job.run().run.done, 3);
    assert_eq!(job.results(), "path,n\nf0000.json,0\nf0001.json,1\nf0002.json,2\n");
    assert_eq!(job.failures(), []);
}

#[test]
fn another_processor_or_other_parameters_are_refused_by_name() {
    let mut job = Job::new("echo.wat");
    job.numbered_inputs(2);
    job.run();
    job.config.params.insert("k".into(), "v".into());
    let error = format!("{:#}", job.try_run().unwrap_err());
    assert!(error.contains("its parameters changed") && error.contains("--accept-change"), "{error}");
    assert!(!error.contains("the processor"), "{error}");
    job.config.params.clear();

    let changed = job.path("../echo.wat");
    fs::copy(guest("echo.wat"), &changed).unwrap();
    let text = fs::read_to_string(&changed).unwrap();
    fs::write(&changed, format!("{text}\n;; another\n")).unwrap();
    job.config.processor = changed;
    let error = format!("{:#}", job.try_run().unwrap_err());
    assert!(error.contains("the processor changed"), "{error}");
    job.input("g", "{\"n\":9}");
    job.config.resume.accept_change = true;
    let summary = job.run();
    assert_eq!((summary.kept, summary.run.done), (2, 1));
    assert!(!summary.not_reproducible.is_empty());
}

#[test]
fn a_listed_input_that_is_gone_is_an_input_failure_and_heals() {
    let mut job = Job::new("echo.wat");
    job.input("here", "{\"n\":1}");
    let list = job.path("../list");
    fs::write(&list, format!("{}\n{}\n", job.path("here").display(), job.path("gone").display())).unwrap();
    job.config.source.root = Some(job.path(""));
    job.config.source.inputs.clear();
    job.config.source.list =
        Some(sandmill::config::InputList { file: Some(list), format: sandmill::config::ListFormat::Lines });
    let summary = job.run();
    assert_eq!(summary.run.failed[&FailureKind::Input], 1);
    assert_eq!(&job.errors()[0][4], "2", "an input failure is tried again by itself");
    job.input("gone", "{\"n\":2}");
    job.config.resume.retry_failed = RetryFailed::All;
    job.run();
    assert_eq!(job.results(), "path,n\ngone,2\nhere,1\n");
}

#[test]
fn the_plan_says_what_a_run_would_do() {
    let mut job = Job::new("echo.wat");
    job.input("bad", "broken").input("changed", "{}").input("gone", "{}").input("same", "{}");
    job.run();
    fs::remove_file(job.path("gone")).unwrap();
    change(&job, "changed", "{\"n\":1}");
    job.input("new", "{}");
    let plan = |job: &Job| {
        let mut plan = Vec::new();
        sandmill::plan(&job.config, &Watcher::default(), &mut |planned| {
            plan.push((planned.path.to_string(), planned.verdict));
        })
        .unwrap();
        plan
    };
    let expected = [
        ("bad", Verdict::KeepFailed(FailureKind::BadOutput)),
        ("changed", Verdict::Run(Reason::Changed)),
        ("gone", Verdict::Missing { drop: false }),
        ("new", Verdict::Run(Reason::New)),
        ("same", Verdict::KeepDone),
    ];
    assert_eq!(plan(&job), expected.map(|(path, verdict)| (path.to_owned(), verdict)));
    job.config.resume.retry_failed = RetryFailed::All;
    assert_eq!(plan(&job)[0].1, Verdict::Run(Reason::Retry));
}

#[test]
fn status_and_export_work_from_the_folder_alone() {
    let job = Job::new("echo.wat");
    job.input("bad", "broken").input("good", "{\"n\":1}");
    job.run();
    let before = job.results();
    fs::remove_file(job.out("results.csv")).unwrap();
    fs::write(job.out("errors.csv"), "half a li").unwrap();
    let written = sandmill::export(&job.out(""), ViewChange::default()).unwrap();
    assert_eq!(written.results, [job.out("results.csv")]);
    assert_eq!(job.results(), before);
    assert_eq!(job.failures(), [("bad".to_owned(), "bad_output".to_owned())]);
    let status = sandmill::status(&job.out("")).unwrap();
    assert_eq!((status.counts.done, status.counts.tasks_failed()), (1, 1));
    assert_eq!(status.running, None);
    assert_eq!(status.last_run.unwrap().ended.as_deref(), Some("completed"));
}

#[test]
fn shared_data_is_part_of_what_an_output_folder_is_about() {
    let mut job = Job::new("shared.wat");
    let table = job.path("../table.json");
    fs::write(&table, "  {\"n\":1}").unwrap();
    job.input("a", "table.json");
    job.config.share = Some(table.clone());
    job.run();
    assert_eq!(job.results(), "path,n\na,1\n");
    // The same content at another place is the same data.
    let other = job.path("../other/table.json");
    fs::create_dir(other.parent().unwrap()).unwrap();
    fs::copy(&table, &other).unwrap();
    job.config.share = Some(other);
    assert_eq!(job.run().kept, 1);
    job.config.share = Some(table.clone());
    fs::write(&table, "  {\"n\":2}").unwrap();
    let error = format!("{:#}", job.try_run().unwrap_err());
    assert!(error.contains("the shared data changed"), "{error}");
    job.config.share = None;
    assert!(job.try_run().is_err());
    job.config.share = Some(table);
    job.config.resume.accept_change = true;
    job.input("b", "table.json");
    let summary = job.run();
    assert_eq!(job.results(), "path,n\na,1\nb,2\n");
    assert!(summary.not_reproducible.iter().any(|reason| reason.contains("--accept-change")));
}
