//! Big inputs as many tasks: what a run makes of chunks, what a second run does, and what is refused.

use std::fs;
use std::num::{NonZeroU64, NonZeroUsize};
use std::time::{Duration, SystemTime};

use sandmill::config::{ChunkSize, OnChange, Split, Splitting};
use sandmill::event::{Notice, Stop};
use sandmill::outcome::FailureKind;
use sandmill::report::{Ended, Verdict};
use sandmill::task::Reason;

use crate::harness::job::{Job, Watcher};
use crate::harness::program::Program;

fn splitting(split: Split, chunk_bytes: u64) -> Option<Splitting> {
    let size = ChunkSize::Bytes(NonZeroU64::new(chunk_bytes).unwrap());
    Some(Splitting { split, size, column: "chunk".to_owned() })
}

/// A job that splits its inputs.
fn job(guest: &str, split: Split, chunk_bytes: u64) -> Job {
    let mut job = Job::new(guest);
    job.config.source.splitting = splitting(split, chunk_bytes);
    job
}

fn ndjson(numbers: impl Iterator<Item = u64>) -> String {
    numbers.map(|number| format!("{{\"n\":{number}}}\n")).collect()
}

/// The column `n` of the results.
fn numbers(job: &Job) -> Vec<u64> {
    let mut reader = csv::Reader::from_path(job.out("results.csv")).unwrap();
    let column = reader.headers().unwrap().iter().position(|name| name == "n").unwrap();
    reader.records().map(|record| record.unwrap()[column].parse().unwrap()).collect()
}

/// Writes `content` with a time that no earlier content had.
fn change(job: &Job, name: &str, content: &str) {
    job.input(name, content);
    let file = fs::File::options().write(true).open(job.path(name)).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(10)).unwrap();
}

#[test]
fn every_line_of_every_input_is_in_one_chunk_and_rows_say_in_which() {
    let job = job("echo.wat", Split::Lines, 20);
    job.input("a.ndjson", ndjson(0..6)).input("b.ndjson", ndjson(6..7)).input("c.ndjson", "");
    let summary = job.run();
    assert_eq!(
        job.results(),
        "path,chunk,n\na.ndjson,0,0\na.ndjson,0,1\na.ndjson,0,2\na.ndjson,24,3\na.ndjson,24,4\na.ndjson,24,5\n\
         b.ndjson,0,6\n"
    );
    assert_eq!((summary.run.done, summary.run.rows), (4, 7), "an empty input is a task too");
}

#[test]
fn the_size_of_chunks_and_the_number_of_workers_do_not_show_in_the_rows() {
    let expected: Vec<u64> = (0..5_000).collect();
    for (chunk_bytes, workers) in [(1, 3), (100, 1), (4096, 8), (1 << 20, 2)] {
        let mut job = job("echo.wat", Split::Lines, chunk_bytes);
        job.config.workers = NonZeroUsize::new(workers).unwrap();
        job.input("big", ndjson(0..5_000));
        job.run();
        assert_eq!(numbers(&job), expected, "{chunk_bytes} {workers}");
    }
}

#[test]
fn entries_of_an_object_one_a_line_are_objects_of_their_own() {
    let job = job("echo.wat", Split::JsonEntries, 30);
    let entries: Vec<String> = (0..100).map(|id| format!("\"id{id}\": {{\"fruits\": {id}}}")).collect();
    job.input("export.json", format!("{{\n{}\n}}\n", entries.join(",\n")));
    let summary = job.run();
    assert_eq!(summary.run.rows, 100);
    let results = job.results();
    let header = results.lines().next().unwrap();
    let expected: Vec<String> = (0..100).map(|id| format!("id{id}")).collect();
    assert_eq!(header, format!("path,chunk,{}", expected.join(",")));
    assert!(results.contains("\"{\"\"fruits\"\":42}\""), "{results}");
}

#[test]
fn csv_chunks_have_the_header_and_array_elements_are_lines() {
    // What the guest is given comes back as the message of its failure, since it is no JSON.
    let csv = job("echo.wat", Split::Csv { separator: b',' }, 4);
    csv.input("t.csv", "[a],b\n1,\"x\ny\"\n2,z\n");
    csv.run();
    let contents: Vec<String> = csv.errors().iter().map(|record| record[2].to_owned()).collect();
    assert_eq!(contents.len(), 2, "{contents:?}");
    assert!(contents.iter().all(|content| content.contains("[a],b")), "{contents:?}");

    let array = job("echo.wat", Split::JsonArray, 1);
    array.input("a.json", "[ {\"n\":1}, {\"n\":\n2},{\"n\":3}\n]");
    assert_eq!(array.run().run.done, 3);
    assert_eq!(numbers(&array), [1, 2, 3]);
}

#[test]
fn a_run_that_was_stopped_goes_on_with_the_chunks_that_are_left() {
    let job = job("echo.wat", Split::Lines, 50);
    job.input("big", ndjson(0..10_000));
    let watcher = Watcher { stop_after: Some(1), ..Watcher::default() };
    let first = job.run_watched(&watcher);
    assert_eq!(first.ended, Ended::Stopped(Stop::Interrupted));
    let second = job.run();
    assert_eq!((second.ended, second.kept), (Ended::Completed, first.run.done));
    assert_eq!(numbers(&job), (0..10_000).collect::<Vec<_>>());
    assert_eq!(job.run().run.tasks(), 0);
}

#[test]
fn one_broken_chunk_costs_its_rows_alone_and_can_be_retried() {
    let mut job = job("echo.wat", Split::Lines, 1);
    job.input("big", "{\"n\":0}\nbroken\n{\"n\":2}\n");
    let summary = job.run();
    assert_eq!((summary.run.done, summary.run.failed[&FailureKind::BadOutput]), (2, 1));
    assert_eq!(numbers(&job), [0, 2]);
    assert_eq!(&job.errors()[0][8], "8", "where the chunk begins");
    job.config.resume.retry_failed = sandmill::config::RetryFailed::All;
    assert_eq!(job.run().kept, 2);
}

#[test]
fn a_file_that_changed_is_split_anew_and_nothing_of_the_old_is_left() {
    let job = job("echo.wat", Split::Lines, 20);
    job.input("a", ndjson(0..9)).input("b", ndjson(100..101));
    job.run();
    change(&job, "a", "{\"n\":50}\n{\"n\":51}\n{\"n\":52}\n{\"n\":53}\n");
    let watcher = Watcher::default();
    let summary = job.run_watched(&watcher);
    assert_eq!(numbers(&job), [50, 51, 52, 53, 100]);
    assert_eq!((summary.kept, summary.total.done), (1, 3));
    let notices = watcher.notices();
    assert!(notices.contains(&Notice::ChunksStale { tasks: 2 }), "{notices:?}");
    assert_eq!(job.run().kept, 3);
}

#[test]
fn a_file_that_changed_half_way_is_kept_as_it_is_on_record_if_that_is_asked_for() {
    let mut job = job("echo.wat", Split::Lines, 20);
    job.input("a", ndjson(0..3000));
    let first = job.run_watched(&Watcher { stop_after: Some(1), ..Watcher::default() });
    let on_record = job.results();
    change(&job, "a", &ndjson(5000..8000));
    job.config.resume.on_change = OnChange::Keep;
    let second = job.run();
    assert_eq!((second.run.tasks(), second.kept), (0, first.run.done));
    assert_eq!(job.results(), on_record);
}

#[test]
fn another_splitting_is_refused_even_if_changes_are_accepted() {
    let mut job = job("echo.wat", Split::Lines, 20);
    job.input("a", ndjson(0..9));
    job.run();
    job.config.resume.accept_change = true;
    for other in [splitting(Split::Lines, 21), splitting(Split::JsonArray, 20), None] {
        job.config.source.splitting = other;
        let error = format!("{:#}", job.try_run().unwrap_err());
        assert!(error.contains("--split") && error.contains("another folder"), "{error}");
    }
}

#[test]
fn the_plan_lists_chunks() {
    let job = job("echo.wat", Split::Lines, 20);
    job.input("a", ndjson(0..5));
    let mut plan = Vec::new();
    sandmill::plan(&job.config, &Watcher::default(), &mut |planned| {
        plan.push((planned.path.to_string(), planned.offset, planned.verdict));
    })
    .unwrap();
    let new = Verdict::Run(Reason::New);
    assert_eq!(plan, [("a".to_owned(), 0, new.clone()), ("a".to_owned(), 24, new)]);
}

#[test]
fn rejects_have_numbers_and_places_in_the_file() {
    // The guest rejects records 3 and 5 of what it is given, the former at byte 70.
    let counted = job("reject.wat", Split::Csv { separator: b',' }, 1000);
    counted.input("t.csv", format!("h\n{}", "123456789\n".repeat(150)));
    counted.run();
    let rejects: Vec<[String; 2]> =
        counted.errors().iter().map(|record| [record[7].to_owned(), record[8].to_owned()]).collect();
    // The second chunk begins with record 101, at byte 1002; 2 bytes of what it is given are the header.
    assert_eq!(rejects, [["3", "70"], ["5", ""], ["103", "1070"], ["105", ""]]);
    let jumped = job("reject.wat", Split::Lines, 1000);
    jumped.input("t", "123456789\n".repeat(150));
    let summary = jumped.run();
    assert_eq!(&jumped.errors()[2][8], "1070");
    assert_eq!((summary.run.done, summary.run.rejects), (2, 4), "a chunk with rejects has its rows");
}

#[test]
fn too_many_rejects_stop_the_run() {
    for (most, ended) in [(10, Ended::Stopped(Stop::MaxRejects)), (100_000, Ended::Completed)] {
        let mut job = job("reject.wat", Split::Lines, 10);
        job.config.stop.max_rejects = Some(most);
        job.input("t", "123456789\n".repeat(5_000));
        assert_eq!(job.run().ended, ended);
    }
}

#[test]
fn a_record_that_is_too_long_fails_its_chunk_and_no_other() {
    let mut job = job("echo.wat", Split::Lines, 100);
    job.config.source.max_input_bytes = Some(1_000);
    job.input("a", format!("{}{{\"n\":\"{}\"}}\n{}", ndjson(0..50), "x".repeat(5_000), ndjson(50..100)));
    let summary = job.run();
    assert_eq!(summary.run.failed[&FailureKind::BadInput], 1);
    assert_eq!(&job.errors()[0][4], "1", "it is not tried again: it would fail again");
    assert!(job.errors()[0][2].contains("--max-input"), "{:?}", job.errors());
    let numbers = numbers(&job);
    assert!(numbers.contains(&0) && numbers.contains(&99) && numbers.len() > 80, "{numbers:?}");
}

#[test]
fn a_quote_that_is_never_closed_fails_the_last_chunk() {
    let job = job("state.wat", Split::Csv { separator: b',' }, 10);
    job.input("t.csv", format!("h\n{}\"open\nand so on\n", "123456789\n".repeat(3)));
    let summary = job.run();
    assert_eq!(summary.run.failed[&FailureKind::BadInput], 1);
    assert!(job.errors().iter().any(|record| record[2].contains("byte 32 is never closed")), "{:?}", job.errors());
}

#[test]
fn a_command_is_told_where_its_chunk_is() {
    let job = job("environ.wat", Split::Csv { separator: b',' }, 10);
    job.input("t.csv", "h\n123456789\n123456789\n");
    job.run();
    let results = job.results() + &format!("{:?}", job.errors());
    assert!(results.contains("SANDMILL_CHUNK_OFFSET=12"), "{results}");
    assert!(results.contains("SANDMILL_FIRST_RECORD=2"), "{results}");
}

#[test]
fn the_command_line_splits() {
    let job = Job::new("echo.wat");
    job.input("big", ndjson(0..100));
    let args = ["--split", "lines", "--chunk-bytes", "100", "--chunk-column", "at", "--max-rejects", "7"];
    let run = |more: &[&str]| {
        Program::new()
            .args(["run".as_ref(), job.config.processor.as_os_str(), job.path("").as_os_str()])
            .args(["-o".as_ref(), job.out("").as_os_str()])
            .args(more)
            .run()
    };
    run(&args).expect_code(0);
    assert!(job.results().starts_with("path,at,n\nbig,0,0\n"), "{}", job.results());
    assert_eq!(numbers(&job), (0..100).collect::<Vec<_>>());
    run(&["--split", "records:("]).expect_code(1).expect_stderr("read the pattern");
    run(&["--split", "line"]).expect_code(2).expect_stderr("json-entries");
    run(&["--chunk-bytes", "9"]).expect_code(2).expect_stderr("--split");
    let ndjson = Program::new()
        .args(["run".as_ref(), job.config.processor.as_os_str(), job.path("big").as_os_str()])
        .args(["--split", "lines", "--chunk-records", "60", "--stdout", "ndjson", "-j1", "-q"])
        .run()
        .expect_code(0);
    assert!(ndjson.stdout().contains(",\"chunk\":530,\"n\":60}"), "{ndjson}");
}
