//! Compressed inputs in a run: decompressed on the way, and never half.

use std::io::Write as _;
use std::num::NonZeroU64;

use flate2::Compression;
use flate2::write::GzEncoder;
use sandmill::config::{ChunkSize, Decompress, Fuel, Split, Splitting};
use sandmill::outcome::FailureKind;

use crate::harness::guests::{TestInput, assert_failed, rows, run_with, settings_with};
use crate::harness::job::Job;
use crate::harness::program::Program;

pub fn gzip(text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_ref()).unwrap();
    encoder.finish().unwrap()
}

/// Rows of some length: of 12 MB, more than is held to find out the size.
fn large() -> String {
    (0..120).map(|number| format!("{{\"n\":{number},\"t\":\"{}\"}}\n", "x".repeat(100_000))).collect()
}

#[test]
fn compressed_and_plain_inputs_stand_side_by_side() {
    let job = Job::new("echo.wat");
    job.input("a.json", "{\"n\":1}").input("b.json.gz", gzip("{\"n\":2}")).input("c", gzip("{\"n\":3}"));
    job.run();
    assert_eq!(job.results(), "path,n\na.json,1\nb.json.gz,2\nc,3\n");
}

#[test]
fn a_large_one_is_streamed() {
    let job = Job::new("echo.wat");
    job.input("a.gz", gzip(large()));
    let summary = job.run();
    assert_eq!(summary.run.rows, 120, "{:?}", job.errors());
}

#[test]
fn half_a_file_gives_no_rows_and_a_bomb_ends_early() {
    let mut job = Job::new("echo.wat");
    let large = gzip(large());
    let cut = &large[..large.len() - 4];
    job.input("cut.gz", cut).input("small.gz", &gzip("{\"n\":1}")[..20]).input("whole.gz", gzip("{\"n\":1}"));
    let summary = job.run();
    assert_eq!(summary.run.failed[&FailureKind::BadInput], 2);
    assert_eq!(job.results(), "path,n\nwhole.gz,1\n");
    assert!(job.errors()[0][2].contains("cut off"), "{:?}", job.errors());
    job.config.source.max_input_bytes = Some(9 << 20);
    job.input("bomb.gz", gzip(vec![b' '; 10 << 20]));
    job.run();
    assert!(job.errors()[0][2].contains("--max-input"), "{:?}", job.errors());
}

#[test]
fn what_is_not_to_be_decompressed_is_given_as_it_is_and_a_folder_remembers_that() {
    let mut job = Job::new("echo.wat");
    job.input("a.gz", gzip("{}"));
    job.config.source.decompress = Decompress::Never;
    assert_eq!(job.run().run.failed[&FailureKind::BadOutput], 1);
    job.config.source.decompress = Decompress::Auto;
    let error = format!("{:#}", job.try_run().unwrap_err());
    assert!(error.contains("--decompress"), "{error}");
}

/// A job that splits lines into chunks of so many bytes.
fn splitting(chunk_bytes: u64) -> Job {
    let mut job = Job::new("echo.wat");
    let size = ChunkSize::Bytes(NonZeroU64::new(chunk_bytes).unwrap());
    job.config.source.splitting = Some(Splitting { split: Split::Lines, size, column: "chunk".to_owned() });
    job
}

fn lines(numbers: std::ops::Range<u32>) -> String {
    numbers.map(|number| format!("{{\"n\":{number}}}\n")).collect()
}

#[test]
fn a_compressed_input_is_split_as_what_comes_out_of_it_is() {
    for chunk_bytes in [100, 1_000_000, 64 << 20] {
        let (plain, packed) = (splitting(chunk_bytes), splitting(chunk_bytes));
        plain.input("a", lines(0..30_000)).input("b", "").input("c", lines(0..3));
        packed.input("a", gzip(lines(0..30_000))).input("b", gzip("")).input("c", gzip(lines(0..3)));
        let expected = plain.run();
        let summary = packed.run();
        assert_eq!((summary.run.rows, summary.run.done), (30_003, expected.run.done));
        assert!(packed.results() == plain.results(), "{chunk_bytes}");
        let again = packed.run();
        assert_eq!((again.kept, again.run.tasks()), (summary.run.done, 0));
    }
}

#[test]
fn chunks_before_the_damage_are_done_and_the_damage_is_told() {
    let job = splitting(1_000);
    let whole = gzip(lines(0..10_000));
    job.input("a.gz", &whole[..whole.len() / 2]);
    let summary = job.run();
    assert_eq!(summary.run.failed[&FailureKind::BadInput], 1);
    assert!(summary.run.done > 10, "{summary:?}");
    assert!(job.errors()[0][2].contains("decompress a.gz (gzip): the file was cut off"), "{:?}", job.errors());
}

#[test]
fn a_record_too_long_to_be_held_fails_its_chunk_and_no_other() {
    let mut job = splitting(100);
    job.config.source.max_input_bytes = Some(10_000);
    let text = format!("{}{}\n{}", lines(0..50), " ".repeat(5 << 20), lines(50..100));
    job.input("a.gz", gzip(text));
    let summary = job.run();
    assert_eq!(summary.run.failed[&FailureKind::BadInput], 1);
    assert!(job.errors()[0][2].contains("--max-input"), "{:?}", job.errors());
    assert!(summary.run.rows > 80, "{summary:?}");
}

#[test]
fn entries_whose_last_line_must_be_seen_first_are_not_split_and_say_so() {
    let mut job = Job::new("echo.wat");
    job.config.source.splitting =
        Some(Splitting { split: Split::JsonEntries, size: ChunkSize::DEFAULT, column: "chunk".to_owned() });
    job.input("a.gz", gzip("{\n}\n")).input("b", "{\n\"a\": 1\n}\n");
    let summary = job.run();
    assert_eq!((summary.run.done, summary.run.failed[&FailureKind::BadInput]), (1, 1));
    assert!(job.errors()[0][2].contains("decompress it first"), "{:?}", job.errors());
}

#[test]
fn the_command_line_decompresses_and_test_does_as_well() {
    let job = Job::new("echo.wat");
    job.input("a.gz", gzip("{\"n\":1}"));
    let processor = job.config.processor.as_os_str();
    let test = Program::new().args(["test".as_ref(), processor, job.path("a.gz").as_os_str()]).run();
    test.expect_code(0).expect_stdout("{\"n\":1}");
    // Fuel is for what comes out: a million bytes from a thousand.
    job.input("b.gz", gzip(" ".repeat(1_000_000)));
    let test = Program::new().args(["test".as_ref(), processor, job.path("b.gz").as_os_str()]).run();
    test.expect_code(0).expect_stderr(" of 20,000,000,000");
    let input = job.path("a.gz");
    let run = |more: &[&str]| {
        let args = ["run".as_ref(), processor, input.as_os_str(), "--stdout".as_ref(), "ndjson".as_ref()];
        Program::new().args(args).args(more).run()
    };
    run(&[]).expect_code(0).expect_stdout("\"n\":1}");
    run(&["--decompress", "never"]).expect_code(3);
    run(&["--max-input", "5"]).expect_code(3).expect_stderr("--max-input");
}

#[test]
fn fuel_comes_as_an_input_of_unknown_size_is_read() {
    const BYTES: u64 = 3 << 20;
    let settings =
        |per_input_byte| settings_with(|settings| settings.budget.fuel = Fuel { base: 1_000, per_input_byte });
    let input = || TestInput::generated(BYTES).of_unknown_size();
    // Each byte is counted with some operators: what was granted at the start is not enough for it.
    for guest in ["pull_count.wat", "count.wat"] {
        assert_failed(&run_with(guest, settings(0), input()), FailureKind::OutOfFuel, "");
        let known = run_with(guest, settings(100), TestInput::generated(BYTES));
        let unknown = run_with(guest, settings(100), input());
        assert_eq!(known.usage.fuel, unknown.usage.fuel, "{guest}: what is used does not depend on it");
        assert_eq!(known.outcome, unknown.outcome, "{guest}");
    }
    let attempt = run_with("count.wat", settings(100), input());
    assert!(rows(&attempt).contains(&BYTES.to_string()), "{attempt:#?}");
}
