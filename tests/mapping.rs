//! A run from inputs to results, in process.

use std::ffi::OsStr;
use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt as _;

use sandmill::config::{Layout, Markers, MaxErrors};
use sandmill::event::{Notice, Stop};
use sandmill::outcome::FailureKind;
use sandmill::report::Ended;

use crate::harness::job::{Job, Watcher};

#[test]
fn rows_come_in_input_order_with_the_path_first() {
    let job = Job::new("echo.wat");
    job.input("b.json", "{\"n\": 2}").input("a/z.json", "{\"n\": 1}").input("a.json", "{\"n\": 1.50}");
    let summary = job.run();
    assert_eq!(summary.ended, Ended::Completed);
    assert_eq!(job.results(), "path,n\na/z.json,1\na.json,1.50\nb.json,2\n");
    assert_eq!((summary.run.done, summary.run.rows), (3, 3));
}

#[test]
fn a_task_gives_any_number_of_rows() {
    let job = Job::new("echo.wat");
    job.input("none", "").input("three", "[{\"n\":1},{\"n\":2}]\n{\"n\":3}");
    assert_eq!(job.run().total.rows, 3);
    assert_eq!(job.results(), "path,n\nthree,1\nthree,2\nthree,3\n");
}

#[test]
fn cells_keep_their_text_and_nested_values_are_json() {
    let job = Job::new("echo.wat");
    job.input("x", r#"{"n": 1.0e2, "t": "a,\"b\"\n", "o": {"k": [1, null]}, "z": null, "y": true}"#);
    job.run();
    assert_eq!(job.results(), "path,n,t,o,z,y\nx,1.0e2,\"a,\"\"b\"\"\n\",\"{\"\"k\"\":[1,null]}\",,true\n");
}

#[test]
fn undeclared_columns_are_the_union_in_order_of_appearance() {
    let job = Job::new("echo.wat");
    job.input("1", r#"{"b":1}"#).input("2", r#"{"a":2,"b":3}"#).input("3", r#"{"c":4}"#);
    let watcher = Watcher::default();
    job.run_watched(&watcher);
    assert_eq!(job.results(), "path,b,a,c\n1,1,,\n2,3,2,\n3,,,4\n");
    let sparse = vec!["b".to_owned(), "a".to_owned(), "c".to_owned()];
    assert!(watcher.notices().contains(&Notice::SparseColumns { columns: sparse, rows: 3 }), "{:?}", watcher.notices());
}

#[test]
fn declared_columns_are_enforced() {
    let mut job = Job::new("echo.wat");
    job.config.views.columns = Some(vec!["a".into(), "b".into()]);
    job.input("1", r#"{"b":1,"a":2}"#).input("2", r#"{"a":2}"#).input("3", r#"{"a":2,"b":3,"c":4}"#);
    let summary = job.run();
    assert_eq!(summary.run.failed[&FailureKind::Schema], 2);
    assert_eq!(job.results(), "path,a,b\n1,2,1\n");
}

#[test]
fn a_column_called_path_is_a_schema_failure_that_names_the_way_out() {
    let mut job = Job::new("echo.wat");
    job.input("1", r#"{"path":1}"#);
    job.run();
    let errors = job.errors();
    assert_eq!(&errors[0][1], "schema");
    assert!(errors[0][2].contains("--path-column"), "{errors:?}");

    job.config.views.path_column = "file".into();
    job.config.resume.accept_change = true;
    job.config.resume.retry_failed = sandmill::config::RetryFailed::All;
    job.run();
    assert_eq!(job.results(), "file,path\n1,1\n");
}

#[test]
fn more_columns_than_allowed_are_an_error_that_points_to_ndjson() {
    let mut job = Job::new("echo.wat");
    job.config.views.max_columns = 2;
    job.input("1", r#"{"a":1,"b":2,"c":3}"#);
    let error = format!("{:#}", job.try_run().unwrap_err());
    assert!(error.contains("--max-columns") && error.contains("NDJSON"), "{error}");
}

#[test]
fn any_name_survives() {
    let job = Job::new("echo.wat");
    let names: [&[u8]; 6] = [b"new\nline", b"quote\"d", b"com,ma", b"\xff\xfe", b"back\\slash", b" sp ace "];
    for name in names {
        job.input(OsStr::from_bytes(name), "{\"n\":1}");
    }
    let summary = job.run();
    assert_eq!(summary.run.done, 6);
    let mut reader = csv::Reader::from_path(job.out("results.csv")).unwrap();
    let paths: Vec<String> = reader.records().map(|record| record.unwrap()[0].to_owned()).collect();
    assert_eq!(paths, [" sp ace ", "back\\\\slash", "com,ma", "new\nline", "quote\"d", "\\xFF\\xFE"]);
    assert_eq!(job.run().kept, 6);
}

#[test]
fn the_number_of_workers_does_not_show() {
    let results: Vec<String> = [1, 3, 8]
        .into_iter()
        .map(|workers| {
            let mut job = Job::new("echo.wat");
            job.numbered_inputs(500).input("f0123.json", "broken");
            job.config.workers = NonZeroUsize::new(workers).unwrap();
            job.run();
            job.results()
        })
        .collect();
    assert_eq!(results[0].lines().count(), 500);
    assert_eq!(results[0], results[1]);
    assert_eq!(results[0], results[2]);
}

#[test]
fn a_failing_task_leaves_its_neighbours_alone() {
    let job = Job::new("echo.wat");
    for number in 0..300 {
        let content = if number % 3 == 1 { "no json".to_owned() } else { format!("{{\"n\":{number}}}") };
        job.input(format!("{number:03}"), content);
    }
    let summary = job.run();
    assert_eq!(summary.run.done, 200);
    assert_eq!(summary.run.failed[&FailureKind::BadOutput], 100);
    assert_eq!(job.results().lines().count(), 201);
    assert!(job.failures().iter().all(|(_, kind)| kind == "bad_output"));
}

#[test]
fn fail_fast_stops_and_what_was_done_stays() {
    let mut job = Job::new("echo.wat");
    job.config.workers = NonZeroUsize::MIN;
    job.config.stop.fail_fast = true;
    job.numbered_inputs(3000).input("a-first", "broken");
    let summary = job.run();
    assert_eq!(summary.ended, Ended::Stopped(Stop::FailFast));
    assert!(summary.total.tasks() < 3001, "{summary:?}");
    job.config.stop.fail_fast = false;
    let summary = job.run();
    assert_eq!((summary.ended, summary.total.done), (Ended::Completed, 3000));
}

#[test]
fn too_many_errors_stop_the_run() {
    for (max_errors, stops) in [
        (MaxErrors::Count(5), true),
        (MaxErrors::Count(5000), false),
        (MaxErrors::Percent(10.0), true),
        (MaxErrors::Percent(100.0), false),
    ] {
        let mut job = Job::new("echo.wat");
        job.config.stop.max_errors = Some(max_errors);
        for number in 0..2000 {
            job.input(format!("{number}"), if number % 2 == 0 { "broken" } else { "{}" });
        }
        let summary = job.run();
        let expected = if stops { Ended::Stopped(Stop::MaxErrors) } else { Ended::Completed };
        assert_eq!(summary.ended, expected, "{max_errors:?}");
    }
}

#[test]
fn no_input_is_an_error_that_says_what_was_looked_for_and_leaves_no_folder() {
    let mut job = Job::new("echo.wat");
    job.config.source.filter.suffixes = vec![".json".into()];
    job.input("x.txt", "{}");
    let error = format!("{:#}", job.try_run().unwrap_err());
    assert!(error.contains(".json") && error.contains('1'), "{error}");
    assert!(!job.out("").exists());
}

#[test]
fn the_striped_layout_shares_tasks_out_by_rank() {
    let mut job = Job::new("echo.wat");
    let tables = NonZeroUsize::new(3).unwrap();
    job.config.views.layout = Layout::Striped { folder: job.out("tables"), tables };
    job.numbered_inputs(7).input("f0003.json", "broken");
    job.run();
    assert_eq!(job.read("tables/0.results.csv"), "n\n0\n6\n");
    assert_eq!(job.read("tables/1.results.csv"), "n\n1\n4\n");
    assert_eq!(job.read("tables/2.results.csv"), "n\n2\n5\n");
}

#[test]
fn markers_say_how_each_task_ended_and_are_repaired() {
    let mut job = Job::new("echo.wat");
    job.config.views.markers = Markers::Tree { prefix: Default::default() };
    job.input("d/good", "{}").input("bad", "broken");
    job.run();
    assert_eq!(job.read("tracking/d/good/done.job"), "");
    assert!(job.read("tracking/bad/error.job").starts_with("bad_output: "));

    fs::remove_file(job.out("tracking/d/good/done.job")).unwrap();
    fs::create_dir_all(job.out("tracking/stranger")).unwrap();
    fs::write(job.out("tracking/stranger/done.job"), "").unwrap();
    fs::write(job.out("tracking/bad/done.job"), "").unwrap();
    job.run();
    assert!(job.out("tracking/d/good/done.job").exists());
    assert!(!job.out("tracking/stranger/done.job").exists());
    assert!(!job.out("tracking/bad/done.job").exists());
}

#[test]
fn every_worker_gets_by_with_channels_that_are_nearly_always_full() {
    // One worker, tasks whose rows fill the gate alone: whoever waits in the wrong order waits for ever.
    let mut job = Job::new("echo.wat");
    job.config.workers = NonZeroUsize::MIN;
    let row = format!("{{\"t\":\"{}\"}}", "x".repeat(900_000));
    for number in 0..100 {
        job.input(format!("{number}"), &row);
    }
    assert_eq!(job.run().run.done, 100);
}
