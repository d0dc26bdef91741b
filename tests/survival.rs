//! The real program, when it is at fault itself: that costs the task at hand, and neither the run nor another task.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::compressed::gzip;
use crate::harness::archives::tar;
use crate::harness::job::guest;
use crate::harness::program::Program;

/// A folder of inputs, each of which is a row, and the output folder of a run over it.
struct Site(TempDir);

impl Site {
    fn new(inputs: usize) -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        fs::create_dir(site.0.path().join("in")).unwrap();
        for number in 0..inputs {
            fs::write(site.0.path().join(format!("in/f{number:03}.json")), format!("{{\"n\":{number}}}")).unwrap();
        }
        site
    }

    fn out(&self) -> PathBuf {
        self.0.path().join("out")
    }

    fn run(&self, guest_name: &str, more: &[&str]) -> Program {
        let mut args: Vec<OsString> = vec!["run".into(), guest(guest_name).into(), self.0.path().join("in").into()];
        args.extend(["-o".into(), self.out().into(), "-j2".into()]);
        args.extend(more.iter().map(Into::into));
        Program::new().args(args)
    }

    fn results(&self) -> String {
        fs::read_to_string(self.out().join("results.csv")).unwrap()
    }

    /// Path, kind and message of each failure.
    fn failures(&self) -> Vec<[String; 3]> {
        let mut reader = csv::Reader::from_path(self.out().join("errors.csv")).unwrap();
        let headers = reader.headers().unwrap().clone();
        let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
        let columns = ["path", "kind", "message"].map(column);
        reader.records().map(|record| columns.map(|column| record.as_ref().unwrap()[column].to_owned())).collect()
    }
}

#[test]
fn a_panic_in_one_worker_is_the_failure_of_its_task_and_the_run_goes_on() {
    let site = Site::new(40);
    let ended = site
        .run("echo.wat", &["--retries", "1", "--lockdown", "require"])
        .env("SANDMILL_TASK_FAULT", "panic:f007.json")
        .run()
        .expect_code(3);
    assert!(!ended.stderr().contains("stack backtrace"), "it is told in the ledger, not on the terminal\n{ended}");
    let [[path, kind, message]] = site.failures().try_into().unwrap();
    assert_eq!((path.as_str(), kind.as_str()), ("f007.json", "host"));
    assert!(message.starts_with("sandmill panicked at ") && message.ends_with(": as asked for"), "{message}");
    assert_eq!(site.results().lines().count(), 40, "a header and 39 rows");
    let ledger = rusqlite::Connection::open(site.out().join("ledger.db")).unwrap();
    let backtrace: String =
        ledger.query_row("SELECT backtrace FROM tasks WHERE kind = 'host'", [], |row| row.get(0)).unwrap();
    assert!(backtrace.contains("sandbox/mod.rs:"), "{backtrace}");

    site.run("echo.wat", &["--retry-failed=host"]).run().expect_code(0);
    assert_eq!(site.results().lines().count(), 41);
}

/// All that a run leaves behind but times.
#[derive(Debug, PartialEq)]
struct Left {
    /// Of each task, what the ledger holds.
    tasks: Vec<Vec<String>>,
    results: String,
    files: Vec<(PathBuf, Vec<u8>)>,
}

fn left_by(site: &Site) -> Left {
    let ledger = rusqlite::Connection::open(site.out().join("ledger.db")).unwrap();
    let columns = "hex(key), offset, state, kind, task.rows, rejects, fuel, peak_memory_bytes, message, backtrace, log, output.rows";
    let query = format!("SELECT {columns} FROM task LEFT JOIN output ON output.id = task.output ORDER BY key, offset");
    let mut statement = ledger.prepare(&query).unwrap();
    let number = statement.column_count();
    let tasks =
        statement.query_map([], |row| (0..number).map(|column| Ok(format!("{:?}", row.get_ref(column)?))).collect());
    let tasks = tasks.unwrap().map(Result::unwrap).collect();
    let mut files = Vec::new();
    collect_files(&site.out().join("files"), &mut files);
    let files = files.into_iter().map(|path| (path.strip_prefix(site.out()).unwrap().into(), fs::read(&path).unwrap()));
    Left { tasks, results: site.results(), files: files.collect() }
}

fn collect_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() { collect_files(&path, files) } else { files.push(path) }
    }
}

#[test]
fn in_processes_of_their_own_tasks_come_to_the_same() {
    let contents = ["{\"n\":1}", "broken", "", "?declined", "a=x\nb/c=y\n", "a=x\n!no", "table"];
    let kinds = [
        ("echo.wat", vec![]),
        ("echo.wat", vec!["--split", "lines", "--chunk-bytes", "16", "--suffix", ".txt"]),
        ("echo.wat", vec!["--input", "file", "--result", "file"]),
        ("emit_pulled.wat", vec!["--split", "lines", "--chunk-records", "1"]),
        ("files.wat", vec![]),
        ("log.wat", vec!["--no-cache"]),
        ("loop.wat", vec!["--fuel", "1e6"]),
        ("pull_count.wat", vec!["--warm-start", "off"]),
        ("reject.wat", vec!["--split", "lines", "--chunk-records", "2"]),
        ("rows_and_file.wat", vec!["--isolation", "worker"]),
        ("shared.wat", vec!["--share", "shared"]),
        ("trap_after_row.wat", vec!["--memory", "1MiB"]),
    ];
    for (guest_name, args) in kinds {
        let sites = ["thread", "process"].map(|ring| {
            let site = Site::new(0);
            for (number, content) in contents.iter().enumerate() {
                fs::write(site.0.path().join(format!("in/f{number}")), content).unwrap();
            }
            fs::write(site.0.path().join("in/lines.txt"), "{\"n\":1}\n".repeat(20)).unwrap();
            fs::write(site.0.path().join("in/large.json"), vec![b' '; 3_000_001]).unwrap();
            fs::create_dir(site.0.path().join("shared")).unwrap();
            fs::write(site.0.path().join("shared/table"), "xx{\"a\":1}\n{\"a\":2}").unwrap();
            let shared = site.0.path().join("shared").to_string_lossy().into_owned();
            let args: Vec<&str> = args.iter().map(|&arg| if arg == "shared" { shared.as_str() } else { arg }).collect();
            let ended = site.run(guest_name, &args).args(["--lockdown", "require", "--ring", ring]).run();
            let run_json = fs::read_to_string(site.out().join("run.json")).unwrap_or_else(|_| panic!("{ended}"));
            assert!(run_json.contains(&format!("\"ring\": \"{ring}\"")), "{run_json}");
            site
        });
        let [thread, process] = sites.each_ref().map(left_by);
        assert!(!thread.tasks.is_empty(), "{guest_name}");
        assert_eq!(thread, process, "{guest_name} {args:?}");
    }
}

#[test]
fn a_process_that_dies_costs_its_task_and_no_other() {
    for (deed, death) in [("abort", "SIGABRT"), ("segv", "SIGSEGV")] {
        let site = Site::new(40);
        site.run("echo.wat", &["--ring", "process", "--retries", "1", "--lockdown", "require"])
            .env("SANDMILL_TASK_FAULT", format!("{deed}:f007.json"))
            .run()
            .expect_code(3);
        let message = format!("the process that ran it died: {death}");
        assert_eq!(site.failures(), [["f007.json".to_owned(), "host".to_owned(), message]]);
        assert_eq!(site.results().lines().count(), 40, "a header and 39 rows");
        site.run("echo.wat", &["--retry-failed=host"]).run().expect_code(0);
        assert_eq!(site.results().lines().count(), 41);
    }
}

/// The processes that `parent` has started.
fn children(parent: u32) -> Vec<u32> {
    let is_child = |pid: &u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.lines().any(|line| line.strip_prefix("PPid:").is_some_and(|of| of.trim() == parent.to_string()))
            && !status.contains("State:\tZ")
    };
    let numbers = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers.filter(is_child).collect()
}

/// Waits until something is there.
fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..12_000 {
        if let Some(found) = look() {
            return found;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("nothing came of it");
}

/// The child of a run with one worker, once it is at a task that never ends.
fn busy_child(runner: &Child) -> u32 {
    let spawner = wait_for(|| children(runner.id()).pop());
    let child = wait_for(|| children(spawner).pop());
    // It spends time on nothing else for so long.
    wait_for(|| {
        let stat = fs::read_to_string(format!("/proc/{child}/stat")).ok()?;
        let ticks: u64 = stat.rsplit(") ").next()?.split(' ').nth(11)?.parse().ok()?;
        (ticks > 50).then_some(child)
    })
}

fn signal(process: u32, name: &str) {
    let killed = Command::new("kill").arg(format!("-{name}")).arg(process.to_string()).status().unwrap();
    assert!(killed.success());
}

#[test]
fn a_process_that_is_killed_in_the_middle_of_a_task_is_replaced() {
    let site = Site::new(1);
    let args = ["--ring", "process", "-j1", "--retries", "0", "--fuel", "1e15", "--timeout", "1h"];
    let mut runner = site.run("loop.wat", &[&args[..], &["-q", "--lockdown", "require"]].concat()).into_command();
    let mut runner = runner.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let child = busy_child(&runner);
    let status = fs::read_to_string(format!("/proc/{child}/status")).unwrap();
    let field = |name| status.lines().find_map(|line: &str| line.strip_prefix(name)).unwrap_or_default().trim();
    assert_eq!((field("Seccomp:"), field("NoNewPrivs:")), ("2", "1"), "it is locked down: {status}");
    let environ = fs::read(format!("/proc/{child}/environ")).unwrap_or_default();
    assert!(!environ.windows(5).any(|part| part == b"PATH="), "it knows nothing of the user's environment");
    // Those that are for all processes of a terminal or of a service are not for it.
    signal(child, "INT");
    signal(child, "TERM");
    assert!(busy_child(&runner) == child && runner.try_wait().unwrap().is_none());
    signal(child, "KILL");
    assert_eq!(runner.wait().unwrap().code(), Some(3));
    let failures = site.failures();
    assert_eq!(failures[0][1..], ["host", "the process that ran it died: SIGKILL"], "{failures:?}");
}

#[test]
fn when_a_run_is_killed_nothing_of_it_stays() {
    let site = Site::new(1);
    let args = ["--ring", "process", "-j1", "--fuel", "1e15", "--timeout", "1h", "-q"];
    let mut runner = site.run("loop.wat", &args).into_command();
    let mut runner = runner.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let spawner = wait_for(|| children(runner.id()).pop());
    let child = busy_child(&runner);
    runner.kill().unwrap();
    runner.wait().unwrap();
    for process in [spawner, child] {
        wait_for(|| {
            let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
            (status.is_empty() || status.contains("State:\tZ")).then_some(())
        });
    }
}

#[test]
fn a_task_that_takes_the_run_down_is_tried_apart_and_quarantined() {
    let site = Site::new(40);
    let run = |more: &[&str]| {
        let more = [more, &["--lockdown", "require", "--retries", "3"]].concat();
        site.run("echo.wat", &more).env("SANDMILL_TASK_FAULT", "segv:f007.json").run()
    };
    assert_eq!(run(&[]).signal(), Some(11));
    assert_eq!(run(&["--max-crashes", "0"]).signal(), Some(11), "it is not tried apart");
    let ended = run(&[]).expect_code(3).expect_stderr("an earlier run ended in the middle of");
    let message = "quarantined: the process that ran it died 2 times by SIGSEGV".to_owned();
    assert_eq!(site.failures(), [["f007.json".to_owned(), "host".to_owned(), message]], "{ended}");
    assert_eq!(site.results().lines().count(), 40, "a header and 39 rows");
    assert!(!site.out().join(".in-flight").exists(), "nobody is under suspicion any more");
    run(&[]).expect_code(3);
    site.run("echo.wat", &["--retry-failed=host"]).run().expect_code(0);
    assert_eq!(site.results().lines().count(), 41);
}

#[test]
fn a_run_that_is_killed_again_and_again_quarantines_nothing() {
    let site = Site::new(1);
    let args = ["-j1", "--fuel", "1e15", "--timeout", "1h", "-q", "--max-crashes", "1"];
    for killed in 0..4 {
        let mut runner = site.run("loop.wat", &args).into_command();
        let mut runner = runner.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        if killed == 0 {
            wait_for(|| fs::metadata(site.out().join(".in-flight/0")).ok().filter(|note| note.len() > 0));
        } else {
            // What was in flight is, again, and in a process of its own.
            busy_child(&runner);
        }
        runner.kill().unwrap();
        runner.wait().unwrap();
    }
    site.run("loop.wat", &["--fuel", "1e6"]).run().expect_code(3);
    assert_eq!(site.failures()[0][1], "out_of_fuel");
    assert!(!site.out().join(".in-flight").exists());
}

/// Leaves a note behind as the worker of a run does that dies with these inputs in its hands.
fn note(site: &Site, paths: &[&str]) {
    let number = |number: usize| (number as u64).to_le_bytes();
    let mut tasks = Vec::new();
    for path in paths {
        tasks.extend([&number(path.len())[..], path.as_bytes(), &number(0)].concat());
    }
    fs::create_dir_all(site.out().join(".in-flight")).unwrap();
    let note = [&number(1)[..], &number(tasks.len()), &tasks, &number(1)].concat();
    fs::write(site.out().join(".in-flight/0"), note).unwrap();
}

#[test]
fn what_follows_on_a_death_is_not_taken_for_one() {
    let site = Site::new(9);
    let path = |name: &str| site.0.path().join(name).to_string_lossy().into_owned();
    fs::write(path("list"), format!("{}\n{}\n", path("in/f003.json"), path("in/f003.json.gone"))).unwrap();
    note(&site, &["f003.json", "f003.json.gone", "f008.json", "f100.json"]);
    site.run("echo.wat", &["--root", &path("in"), "--files-from", &path("list"), "--retries", "1"])
        .env("SANDMILL_TASK_FAULT", "abort:f003.json")
        .run()
        .expect_code(3)
        .expect_stderr("3 tasks");
    let failures = site.failures();
    let kinds: Vec<[&str; 2]> = failures.iter().map(|[path, kind, _]| [path.as_str(), kind.as_str()]).collect();
    assert_eq!(kinds, [["f003.json", "host"], ["f003.json.gone", "input"]], "{failures:?}");
    assert_eq!(site.results().lines().count(), 9, "a header and 8 rows");
    assert!(!site.out().join(".in-flight").exists());
}

#[test]
fn one_failure_is_enough_among_those_tried_apart_as_well() {
    let site = Site::new(9);
    note(&site, &["f003.json", "f008.json"]);
    let ended = site.run("echo.wat", &["--fail-fast"]).env("SANDMILL_TASK_FAULT", "abort:f003.json").run();
    assert!(ended.expect_code(4).stderr().contains("f003.json"));
    let left = left_by(&site);
    assert_eq!(left.tasks.len(), 1, "{left:?}");
}

#[test]
fn chunks_and_members_of_archives_are_tried_apart_by_themselves() {
    let row = |number: usize| format!("{{\"n\":{number}}}\n");
    let lines: String = (100..130).map(row).collect();
    let members: Vec<(String, String)> = (100..130).map(|number| (format!("m{number}"), row(number))).collect();
    let members: Vec<(&str, &[u8])> = members.iter().map(|(name, row)| (name.as_str(), row.as_bytes())).collect();
    let in_lines: &[&str] = &["--split", "lines", "--chunk-records", "1"];
    let cases = [
        ("lines.json", lines.clone().into_bytes(), in_lines, "lines.json", 100),
        ("lines.json.gz", gzip(lines), in_lines, "lines.json.gz", 100),
        ("a.tar.gz", gzip(tar(&members)), &[], "a.tar.gz/m117", 0),
    ];
    for (name, content, args, path, offset) in cases {
        let site = Site::new(0);
        fs::write(site.0.path().join("in").join(name), content).unwrap();
        let args = [args, &["--lockdown", "require"]].concat();
        let run = || site.run("echo.wat", &args).env("SANDMILL_TASK_FAULT", format!("segv:{path}@{offset}")).run();
        assert_eq!(run().signal(), Some(11), "{name}");
        run().expect_code(3).expect_stderr("an earlier run ended in the middle of");
        let message = "quarantined: the process that ran it died 2 times by SIGSEGV".to_owned();
        assert_eq!(site.failures(), [[path.to_owned(), "host".to_owned(), message]]);
        let ledger = rusqlite::Connection::open(site.out().join("ledger.db")).unwrap();
        let failed = ledger.query_row("SELECT offset FROM task WHERE kind = 'host'", [], |row| row.get::<_, i64>(0));
        assert_eq!(failed, Ok(offset));
        assert_eq!(site.results().lines().count(), 30, "a header and 29 rows");
    }
}

#[test]
fn what_kills_all_processes_of_a_run_quarantines_nothing() {
    let site = Site::new(1);
    note(&site, &["f000.json"]);
    let args = ["-j1", "--fuel", "1e15", "--timeout", "1h", "-q", "--max-crashes", "1"];
    let mut runner = site.run("loop.wat", &args).into_command();
    let mut runner = runner.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let child = busy_child(&runner);
    let both = [child, runner.id()].map(|process| process.to_string());
    assert!(Command::new("kill").arg("-KILL").args(both).status().unwrap().success());
    runner.wait().unwrap();
    let ledger = rusqlite::Connection::open(site.out().join("ledger.db")).unwrap();
    assert_eq!(ledger.query_row("SELECT count(*) FROM task", [], |row| row.get(0)), Ok(0));
    drop(ledger);
    site.run("loop.wat", &["--fuel", "1e6"]).run().expect_code(3);
    assert_eq!(site.failures()[0][1], "out_of_fuel");
}
