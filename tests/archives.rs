//! Archives in a run: their members are inputs of their own, wherever the archive is, and what is wrong with one is told.

use std::path::PathBuf;

use rawzip::{CompressionMethod, ZipArchiveWriter};
use sandmill::config::{Archives, ChunkSize, Markers, OnChange, OnMissing, Split, Splitting};
use sandmill::event::Notice;
use sandmill::outcome::FailureKind;
use tar::{Builder, EntryType};

use crate::harness::archives::{append, gzip, tar, zip};
use crate::harness::job::{Job, Watcher};
use crate::harness::program::Program;

/// The message of the failure of each input that failed.
fn messages(job: &Job) -> Vec<(String, String)> {
    job.errors().iter().map(|record| (record[0].to_owned(), record[2].to_owned())).collect()
}

#[track_caller]
fn assert_message(job: &Job, path: &str, part: &str) {
    let messages = messages(job);
    let found = messages.iter().any(|(failed, message)| failed == path && message.contains(part));
    assert!(found, "no {part:?} of {path}: {messages:#?}");
}

#[test]
fn members_are_inputs_beside_files_and_in_input_order() {
    let compressed = gzip("{\"n\":5}");
    let members: [(&str, &[u8]); 5] = [
        ("./z.json", b"{\"n\":3}"),
        ("d/", b""),
        ("d/b.json", b"{\"n\":1}"),
        ("a.json", b"{\"n\":2}"),
        ("c.json.gz", &compressed),
    ];
    let rows = |name: &str| format!("{name}/a.json,2\n{name}/c.json.gz,5\n{name}/d/b.json,1\n{name}/z.json,3\n");
    let job = Job::new("echo.wat");
    job.input("b.tar", tar(&members)).input("c.ZIP", zip(&members)).input("a.json", "{\"n\":0}").input("d.json", "{}");
    let summary = job.run();
    assert_eq!(job.results(), format!("path,n\na.json,0\n{}{}d.json,\n", rows("b.tar"), rows("c.ZIP")));
    assert_eq!(job.run().kept, summary.run.done, "all are on record");
}

#[test]
fn a_large_member_is_streamed_and_checked() {
    let rows: String =
        (0..120).map(|number| format!("{{\"n\":{number},\"t\":\"{}\"}}\n", "x".repeat(100_000))).collect();
    let job = Job::new("echo.wat");
    let members = [("a", rows.as_bytes()), ("b", rows.as_bytes())];
    job.input("1.tar", tar(&members)).input("2.zip", zip(&members));
    assert_eq!(job.run().run.rows, 480, "{:?}", job.errors());

    let mut damaged = zip(&[("a", b"{}"), ("b", b"{\"n\":1}")]);
    let at = damaged.windows(7).position(|bytes| bytes == b"{\"n\":1}").unwrap();
    damaged[at + 5] = b'2';
    let job = Job::new("echo.wat");
    job.input("x.zip", damaged);
    assert_eq!(job.run().run.done, 1);
    assert_message(&job, "x.zip/b", "its checksum is not that of its content");
}

#[test]
fn members_whose_names_are_too_long_for_a_marker_are_told_of() {
    let mut job = Job::new("echo.wat");
    job.config.views.markers = Markers::Tree { prefix: PathBuf::new() };
    job.input("a.zip", zip(&[(&"n".repeat(300), b"{\"n\":1}"), ("b", b"{\"n\":2}")]));
    let watcher = Watcher::default();
    assert_eq!(job.run_watched(&watcher).run.done, 2);
    assert_eq!(watcher.notices(), [Notice::Unmarked { tasks: 1 }]);
    assert!(job.out("tracking/a.zip/b/done.job").is_file());
}

#[test]
fn members_that_cannot_be_inputs_fail_and_the_others_do_not() {
    let mut builder = Builder::new(Vec::new());
    for (name, kind) in [
        ("../outside", EntryType::Regular),
        ("/etc/passwd", EntryType::Regular),
        ("soft", EntryType::Symlink),
        ("hard", EntryType::Link),
        ("pipe", EntryType::Fifo),
        ("twice", EntryType::Regular),
        ("./twice", EntryType::Regular),
        ("file", EntryType::Regular),
        ("file/within", EntryType::Regular),
        ("good", EntryType::Regular),
    ] {
        append(&mut builder, kind, name, if kind == EntryType::Regular { b"{}" } else { b"" });
    }
    let job = Job::new("echo.wat");
    job.input("a.tar", builder.into_inner().unwrap());
    let summary = job.run();
    assert_eq!((summary.run.done, summary.run.failed[&FailureKind::BadInput]), (2, 7));
    for (path, part) in [
        ("a.tar/../outside", "its name leads out of the archive"),
        ("a.tar//etc/passwd", "its name leads out of the archive"),
        ("a.tar/soft", "it is a symbolic link"),
        ("a.tar/hard", "it is a hard link"),
        ("a.tar/pipe", "it is a pipe"),
        ("a.tar/twice", "more than one member"),
        ("a.tar/file", "a folder of other members"),
    ] {
        assert_message(&job, path, part);
    }

    let job = Job::new("echo.wat");
    let mut archive = ZipArchiveWriter::new(Vec::new());
    for (name, method, encrypted) in
        [("secret", CompressionMethod::STORE, true), ("odd", CompressionMethod::PPMD, false)]
    {
        let (mut entry, config) =
            archive.new_file(name).compression_method(method).encrypted(encrypted).start().unwrap();
        let (_, output) = config.wrap(&mut entry).finish().unwrap();
        entry.finish(output).unwrap();
    }
    job.input("a.zip", archive.finish().unwrap());
    job.input("b.zip", zip(&[("../x", b"{}"), ("y", b"{}"), ("y", b"{}")]));
    assert_eq!(job.run().run.failed[&FailureKind::BadInput], 4);
    assert_message(&job, "a.zip/secret", "it is encrypted");
    assert_message(&job, "a.zip/odd", "in a way that sandmill does not know");
    assert_message(&job, "b.zip/../x", "leads out of the archive");
    assert_message(&job, "b.zip/y", "more than one member");
}

#[test]
fn an_archive_that_was_cut_off_fails_by_its_own_name_and_is_mended_later() {
    let mut job = Job::new("echo.wat");
    let members: [(&str, &[u8]); 3] = [("a", b"{\"n\":1}"), ("b", b"{\"n\":2}"), ("c", b"{\"n\":3}")];
    let (whole_tar, whole_zip) = (tar(&members), zip(&members));
    // In the middle of the last header; and of the directory.
    job.input("x.tar", &whole_tar[..2100]).input("y.zip", &whole_zip[..whole_zip.len() - 30]);
    job.config.resume.on_missing = OnMissing::Drop;
    let summary = job.run();
    assert_eq!((summary.run.done, summary.run.failed[&FailureKind::BadInput]), (2, 2));
    assert_message(&job, "x.tar", "list the archive x.tar: it was cut off at byte 2100");
    assert_message(&job, "y.zip", "there is no directory at its end");
    assert_eq!(job.results(), "path,n\nx.tar/a,1\nx.tar/b,2\n");

    job.input("x.tar", &whole_tar).input("y.zip", &whole_zip);
    let summary = job.run();
    assert_eq!((summary.total.done, summary.total.tasks_failed()), (6, 0), "{:?}", messages(&job));

    job.input("x.tar", &whole_tar[..2100]);
    assert_eq!(job.run().total.done, 6, "what cannot be listed has not vanished");
}

#[test]
fn a_bomb_in_an_archive_ends_its_own_task() {
    let mut job = Job::new("echo.wat");
    let spaces = vec![b' '; 3 << 20];
    job.input("a.zip", zip(&[("bomb", &spaces), ("x", b"{}")]));
    job.config.source.max_input_bytes = Some(1 << 20);
    let summary = job.run();
    assert_eq!((summary.run.done, summary.run.failed[&FailureKind::BadInput]), (1, 1));
    assert_message(&job, "a.zip/bomb", "--max-input");

    // Two entries of the directory for one member: the second is another name for the bytes of the first.
    let mut archive = zip(&[("a", b"{}"), ("b", b"{}")]);
    let directory = archive.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    let second = directory + 4 + archive[directory + 4..].windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    archive[second + 42..second + 46].fill(0);
    let job = Job::new("echo.wat");
    job.input("a.zip", archive);
    job.run();
    assert!(
        messages(&job).iter().any(|(_, message)| message.contains("shares bytes of the archive")),
        "{:?}",
        messages(&job)
    );
}

#[test]
fn an_archive_that_changed_has_its_members_run_again() {
    let mut job = Job::new("echo.wat");
    job.input("a.tar", tar(&[("a", b"{\"n\":1}"), ("b", b"{\"n\":2}")]));
    job.run();
    job.input("a.tar", tar(&[("b", b"{\"n\":3}"), ("c", b"{\"n\":4}"), ("d", b"{\"n\":5}")]));
    job.config.resume.on_change = OnChange::Keep;
    assert_eq!(job.run().run.done, 2);
    assert_eq!(job.results(), "path,n\na.tar/a,1\na.tar/b,2\na.tar/c,4\na.tar/d,5\n");
    job.config.resume.on_change = OnChange::Rerun;
    job.config.resume.on_missing = OnMissing::Drop;
    job.run();
    assert_eq!(job.results(), "path,n\na.tar/b,3\na.tar/c,4\na.tar/d,5\n");
}

#[test]
fn members_are_chosen_as_files_are() {
    let members: [(&str, &[u8]); 5] =
        [("a.json", b"{}"), ("b.txt", b"{}"), (".c.json", b"{}"), ("d/e.json", b"{}"), ("x/f.json", b"{}")];
    let paths = |job: &Job| {
        let results = job.results();
        results.lines().skip(1).map(|line| line.trim_end_matches(',').to_owned()).collect::<Vec<_>>()
    };
    let mut job = Job::new("echo.wat");
    job.input("a.tar", tar(&members));
    job.config.source.filter.excludes.push("x".to_owned());
    job.run();
    assert_eq!(paths(&job), ["a.tar/a.json", "a.tar/b.txt", "a.tar/d/e.json"], "all but what is hidden or excluded");

    let mut job = Job::new("echo.wat");
    job.input("a.tar", tar(&members));
    job.config.source.inputs = vec![job.path("a.tar")];
    job.config.source.filter.suffixes.push(".json".to_owned());
    assert_eq!(job.run().run.done, 3, "named, it is as a folder");
    job.config.source.choice.limit = Some(1);
    job.config.resume.on_missing = OnMissing::Drop;
    assert_eq!(job.run().kept, 1, "a limit counts members");
}

#[test]
fn what_is_an_archive_is_for_the_user_to_say() {
    let mut job = Job::new("echo.wat");
    job.input("a", tar(&[("x", b"{\"n\":1}")])).input("b.tar", "{\"n\":2}").input("c.zip", zip(&[("x", b"{\"n\":3}")]));
    job.config.source.archives = Archives::Always;
    job.run();
    assert_eq!(job.results(), "path,n\na/x,1\nb.tar,2\nc.zip/x,3\n");
    job.config.source.archives = Archives::ByName;
    let error = format!("{:#}", job.try_run().unwrap_err());
    assert!(error.contains("--archives"), "{error}");

    let (processor, input) = (job.config.processor.as_os_str(), job.path("c.zip"));
    let run = |more: &[&str]| {
        let args = ["run".as_ref(), processor, input.as_os_str(), "--stdout".as_ref(), "ndjson".as_ref()];
        Program::new().args(args).args(more).run()
    };
    run(&[]).expect_code(0).expect_stdout("c.zip/x\",\"n\":3}");
    run(&["--archives", "never"]).expect_code(3);
}

#[test]
fn members_are_split_as_files_are() {
    let lines: String = (0..100).map(|number| format!("{{\"n\":{number}}}\n")).collect();
    let mut job = Job::new("echo.wat");
    let size = ChunkSize::Bytes(std::num::NonZeroU64::new(50).unwrap());
    job.config.source.splitting = Some(Splitting { split: Split::Lines, size, column: "chunk".to_owned() });
    let members: [(&str, &[u8]); 2] = [("x", b"{\"n\":-1}\n"), ("y", lines.as_bytes())];
    job.input("a.tar", tar(&members));
    job.run();
    let zipped = Job::new("echo.wat");
    zipped.input("a.zip", zip(&members));
    let config = sandmill::config::Config { source: job.config.source.clone(), ..zipped.config.clone() };
    let source = sandmill::config::Source { inputs: zipped.config.source.inputs.clone(), ..config.source.clone() };
    sandmill::run(&sandmill::config::Config { source, ..config }, &sandmill::event::Silent).unwrap();
    assert_eq!(zipped.results().replace("a.zip", "a.tar"), job.results());
    let results = job.results();
    let numbers: Vec<i64> =
        results.lines().skip(1).map(|line| line.rsplit(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!(numbers, (-1..100).collect::<Vec<_>>());
    assert!(results.contains("\na.tar/y,0,0\n") && results.contains("\na.tar/y,5"), "{results}");
}

#[test]
fn a_compressed_tar_file_is_as_one_that_is_not() {
    let rows: String =
        (0..50).map(|number| format!("{{\"n\":{number},\"t\":\"{}\"}}\n", "x".repeat(100_000))).collect();
    let small: Vec<(String, String)> =
        (0..700).rev().map(|number| (format!("d{}/f{number:03}", number % 7), format!("{{\"n\":{number}}}"))).collect();
    let mut members: Vec<(&str, &[u8])> = small.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    members.insert(300, ("large", rows.as_bytes()));
    members.insert(0, ("first", rows.as_bytes()));
    let plain = tar(&members);
    let zstd = ruzstd::encoding::compress_to_vec(plain.as_slice(), ruzstd::encoding::CompressionLevel::Fastest);
    let results = |name: &str, bytes: &[u8]| {
        let job = Job::new("echo.wat");
        job.input(name, bytes);
        let summary = job.run();
        assert_eq!((summary.run.done, summary.run.rows), (702, 800), "{name}: {:?}", messages(&job));
        assert_eq!(job.run().kept, 702, "{name}");
        job.results().replace(name, "archive")
    };
    let expected = results("a.tar", &plain);
    assert!(results("a.tar.gz", &gzip(&plain)) == expected, "gzip");
    assert!(results("a.tar.zst", &zstd) == expected, "zstd");
}

#[test]
fn a_compressed_tar_file_that_was_cut_off_is_one_failure() {
    let whole = gzip(tar(&[("a", b"{}"), ("b", &[b' '; 100_000])]));
    let job = Job::new("echo.wat");
    job.input("a.tgz", &whole[..whole.len() - 20]).input("b.tgz", &whole);
    let summary = job.run();
    assert_eq!((summary.run.done, summary.run.failed[&FailureKind::BadInput]), (2, 1));
    assert_message(&job, "a.tgz", "list the archive a.tgz: it was cut off");
}

#[test]
fn members_of_a_compressed_tar_file_are_not_split_and_say_so() {
    let mut job = Job::new("echo.wat");
    job.config.source.splitting =
        Some(Splitting { split: Split::Lines, size: ChunkSize::DEFAULT, column: "chunk".to_owned() });
    job.input("a.tgz", gzip(tar(&[("a", b"{}\n")]))).input("b.tar", tar(&[("a", b"{}\n")]));
    assert_eq!(job.run().run.done, 1);
    assert_message(&job, "a.tgz/a", "split a.tgz/a: it is compressed (gzip of the archive)");
}
