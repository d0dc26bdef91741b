//! Files out: they are in their place when their task is on record and not before, whatever happens in between.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use sandmill::FaultPoint;
use sandmill::config::{CommandResult, OnMissing, RetryFailed};
use sandmill::outcome::FailureKind;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::harness::job::{Job, guest};
use crate::harness::program::Program;

/// Every file below `OUT/files`, by its path there.
fn tree(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![out.join("files")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                assert!(fs::read_dir(&path).unwrap().next().is_some(), "{} is empty", path.display());
                folders.push(path);
            } else {
                let name = path.strip_prefix(out.join("files")).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn text(tree: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    tree.iter().map(|(name, bytes)| format!("{name}={}", String::from_utf8_lossy(bytes))).collect()
}

/// What the ledger says of files: path, size and hash.
fn on_record(out: &Path) -> BTreeMap<String, (i64, String)> {
    let ledger = Connection::open(out.join("ledger.db")).unwrap();
    let mut statement = ledger.prepare("SELECT path, size_bytes, sha256 FROM files").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Checks that what is in `files` is what is on record, to the byte.
#[track_caller]
fn assert_in_step(out: &Path) {
    let seen: BTreeMap<String, (i64, String)> = tree(out)
        .into_iter()
        .map(|(name, bytes)| {
            let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            (name, (bytes.len() as i64, digest))
        })
        .collect();
    assert_eq!(seen, on_record(out));
    assert!(!out.join(".staging-files").exists(), "nothing is left over");
}

#[test]
fn files_lie_below_the_path_of_their_input() {
    let job = Job::new("files.wat");
    job.input("a/one.txt", "x=1\nsub/y=2\n").input("two", "x=3\n").input("none", "").input("bad", "x=1\n!");
    let summary = job.run();
    assert_eq!(summary.run.files, 3);
    assert_eq!(text(&tree(&job.out(""))), ["a/one.txt/sub/y=2", "a/one.txt/x=1", "two/x=3"]);
    assert_in_step(&job.out(""));
    assert!(job.read("run.json").contains("\"files\": 3"));
}

#[test]
fn a_run_whose_tasks_give_no_files_makes_no_folder_for_them() {
    let job = Job::new("files.wat");
    job.input("none", "");
    job.run();
    assert!(!job.out("files").exists() && !job.out(".staging-files").exists());
}

#[test]
fn files_of_changed_failed_and_dropped_inputs_follow_their_outcome() {
    let mut job = Job::new("files.wat");
    job.input("a", "x=1\ny=1\n").input("b", "x=1\n").input("c", "x=1\n").input("d", "x/deep/er=1\n");
    job.run();
    // Changed; changed and broken; gone; a file where there was a folder.
    job.input("a", "x=22\nz=22\n").input("b", "x=22\n!").input("d", "x=now a file\n");
    fs::remove_file(job.path("c")).unwrap();
    job.config.resume.on_missing = OnMissing::Drop;
    let summary = job.run();
    assert_eq!(text(&tree(&job.out(""))), ["a/x=22", "a/z=22", "d/x=now a file"]);
    assert_eq!(summary.total.files, 3);
    assert_in_step(&job.out(""));
    job.input("d", "x/y=a folder again\n");
    job.run();
    assert_eq!(text(&tree(&job.out(""))), ["a/x=22", "a/z=22", "d/x/y=a folder again"]);
    assert_in_step(&job.out(""));
}

#[test]
fn standard_output_can_be_one_file_for_each_input() {
    let mut job = Job::new("echo.wat");
    job.config.command.result = CommandResult::File { suffix: ".out".to_owned() };
    job.input("a.json", "one").input("a.json.out/b", "two").input("é", "");
    job.run();
    assert_eq!(text(&tree(&job.out(""))), ["a.json.out=one", "a.json.out@/b.out=two", "é.out="]);
    assert_eq!(job.results(), "path\n");
    assert_in_step(&job.out(""));
}

#[test]
fn two_inputs_that_mean_one_place_are_a_failure_of_the_later_one() {
    let mut job = Job::new("files.wat");
    job.input("a", "b/c=old\n");
    job.run();
    // The file became a folder, and what is on record of it is kept.
    fs::remove_file(job.path("a")).unwrap();
    job.input("a/b", "c=new\n").input("z", "x=1\n");
    job.run();
    assert_eq!(job.failures(), [("a/b".to_owned(), "bad_output".to_owned())]);
    assert!(job.read("errors.csv").contains("a/b/c is where a has"), "{}", job.read("errors.csv"));
    assert_eq!(text(&tree(&job.out(""))), ["a/b/c=old", "z/x=1"]);
    job.config.resume.on_missing = OnMissing::Drop;
    job.run();
    job.config.resume.retry_failed = RetryFailed::Kinds(vec![FailureKind::BadOutput]);
    job.run();
    assert_eq!(text(&tree(&job.out(""))), ["a/b/c=new", "z/x=1"]);
    assert_in_step(&job.out(""));
}

#[test]
fn names_that_lead_elsewhere_touch_nothing_there() {
    let job = Job::new("files.wat");
    job.input("a/b", "../../../escaped=1\n").input("c", "x/../../../escaped=1\n").input("d", "/tmp/escaped=1\n");
    job.run();
    assert_eq!(job.failures().len(), 3);
    assert!(tree(&job.out("")).is_empty());
    assert!(!job.out("escaped").exists() && !job.out("../escaped").exists() && !Path::new("/tmp/escaped").exists());
}

#[test]
fn what_is_not_ours_is_not_overwritten_and_ends_the_run() {
    let job = Job::new("files.wat");
    job.input("a", "x=1\n");
    job.run();
    job.input("b", "x=1\n");
    fs::create_dir(job.out("files/b")).unwrap();
    fs::write(job.out("files/b/x"), "precious").unwrap();
    let error = format!("{:#}", job.try_run().unwrap_err());
    assert!(error.contains("files/b/x belongs") && error.contains("move it away"), "{error}");
    assert!(job.try_run().is_err(), "it is still there");
    assert_eq!(fs::read_to_string(job.out("files/b/x")).unwrap(), "precious");
    fs::remove_file(job.out("files/b/x")).unwrap();
    job.run();
    assert_eq!(text(&tree(&job.out(""))), ["a/x=1", "b/x=1"]);
    assert_in_step(&job.out(""));
}

#[test]
fn a_link_in_the_output_folder_is_not_followed() {
    let job = Job::new("files.wat");
    job.input("a", "x=1\n");
    job.run();
    let outside = tempfile::tempdir().unwrap();
    symlink(outside.path(), job.out("files/b")).unwrap();
    job.input("b", "x=1\n");
    let error = format!("{:#}", job.try_run().unwrap_err());
    assert!(error.contains("files/b/x"), "{error}");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn a_folder_of_files_without_a_ledger_is_someone_elses() {
    let job = Job::new("files.wat");
    job.input("a", "x=1\n");
    fs::create_dir_all(job.out("files")).unwrap();
    assert!(format!("{:#}", job.try_run().unwrap_err()).contains("files"));
}

#[test]
fn another_command_line_or_result_is_refused_with_the_way_out() {
    let mut job = Job::new("echo.wat");
    job.input("a", "{}");
    job.run();
    job.config.command.args = vec!["-x".to_owned()];
    let error = format!("{:#}", job.try_run().unwrap_err());
    assert!(error.contains("--args changed") && error.contains("--accept-change"), "{error}");
    job.config.command = Default::default();
    job.config.command.result = CommandResult::Text { column: "t".to_owned() };
    let error = format!("{:#}", job.try_run().unwrap_err());
    assert!(error.contains("--result"), "{error}");
    job.config.resume.accept_change = true;
    job.run();
}

/// Inputs for `files.wat`, one in seven of them broken, and the output folder of runs over them.
struct Site {
    folder: TempDir,
}

impl Site {
    fn new() -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        for number in 0..150 {
            site.write(number, &format!("data/table={number}\nkeep=always\n"));
        }
        for number in (3..150).step_by(7) {
            site.write(number, "x=1\n!");
        }
        site
    }

    fn write(&self, number: usize, content: &str) {
        let path = self.input(number);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn input(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("in/{}/f{number}", number / 50))
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// What happens between the first run and the second.
    fn edit(&self) {
        for number in [0, 1, 2] {
            self.write(number, "data=a file now\nkeep=still\n");
        }
        self.write(4, "keep=1\n!broken now");
        self.write(10, "data/table=was broken\n");
        self.write(200, "data/table=new\n");
        for number in [20, 21] {
            fs::remove_file(self.input(number)).unwrap();
        }
    }

    fn run(&self, workers: usize) -> Program {
        let mut args: Vec<OsString> =
            vec!["run".into(), guest("files.wat").into(), self.folder.path().join("in").into()];
        args.extend(["-o".into(), self.out().into(), "-q".into(), "-j".into(), workers.to_string().into()]);
        args.extend(["--on-missing".into(), "drop".into()]);
        Program::new().args(args)
    }

    fn state(&self) -> (String, BTreeMap<String, Vec<u8>>) {
        assert_in_step(&self.out());
        (fs::read_to_string(self.out().join("results.csv")).unwrap(), tree(&self.out()))
    }

    /// What must hold even where a run was killed: a file that is seen is on record, or is noted to go.
    fn assert_nothing_is_seen_before_its_time(&self, fault: &str) {
        if !self.out().join("ledger.db").exists() {
            return;
        }
        let ledger = Connection::open(self.out().join("ledger.db")).unwrap();
        let known = |table: &str, path: &str| -> bool {
            let key = path.replace('/', "\0").into_bytes();
            let sql = format!("SELECT count(*) FROM {table} WHERE path = ?1");
            ledger.query_row(&sql, [key], |row| row.get::<_, i64>(0)).is_ok_and(|number| number > 0)
        };
        for path in tree_with_empty_folders(&self.out()) {
            assert!(known("file", &path) || known("move", &path), "{path} is seen and not on record: {fault}");
        }
    }
}

/// The files, where a kill may have left a folder empty.
fn tree_with_empty_folders(out: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![out.join("files")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(out.join("files")).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
fn killed_at_any_step_the_next_run_has_the_files_of_an_undisturbed_one() {
    let undisturbed = Site::new();
    undisturbed.run(2).run().expect_code(3);
    let after_first = undisturbed.state();
    assert_eq!(after_first.1.len(), 2 * (150 - 21));
    undisturbed.edit();
    undisturbed.run(2).run().expect_code(3);
    let after_second = undisturbed.state();

    let points = FaultPoint::ALL.iter().map(|point| point.name());
    for point in points.filter(|name| name.starts_with("files.") || name.starts_with("ledger.")) {
        let mut kills = 0;
        // The ledger's own steps are passed many times elsewhere.
        let passings: &[u32] = if point.starts_with("files.") { &[1, 30] } else { &[1] };
        for passing in passings {
            let fault = format!("{point}:{passing}");
            let site = Site::new();
            kills += u32::from(site.run(2).env("SANDMILL_FAULT", &fault).run().was_killed());
            site.assert_nothing_is_seen_before_its_time(&fault);
            site.run(1).run().expect_code(3);
            assert_eq!(site.state(), after_first, "{fault}, first run");

            site.edit();
            kills += u32::from(site.run(2).env("SANDMILL_FAULT", &fault).run().was_killed());
            site.assert_nothing_is_seen_before_its_time(&fault);
            // The run that mends is killed, too.
            kills += u32::from(site.run(1).env("SANDMILL_FAULT", &fault).run().was_killed());
            site.run(3).run().expect_code(3);
            assert_eq!(site.state(), after_second, "{fault}, second run");
        }
        assert!(kills > 0, "no test kills at {point}");
    }
}

#[test]
fn a_file_that_was_lost_between_commit_and_placing_has_its_task_run_again() {
    let site = Site::new();
    assert!(site.run(1).env("SANDMILL_FAULT", "files.before_placing").run().was_killed());
    fs::remove_dir_all(site.out().join(".staging-files")).unwrap();
    site.run(1).run().expect_code(3);
    let undisturbed = Site::new();
    undisturbed.run(1).run().expect_code(3);
    assert_eq!(site.state(), undisturbed.state());
}
