//! Lockdown: once guests run, the process itself reaches its run and nothing else; and a run lacks nothing under it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use sandmill::config::{Config, Lockdown, Output, Source};
use sandmill::event::{Event, Monitor, Stop};

use crate::harness::job::guest;
use crate::harness::program::{Ended, Program};

/// Set in the process that is locked down: where it may work.
const CHILD: &str = "SANDMILL_TEST_LOCKDOWN";

/// A program that is killed when the test ends, whatever became of that.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Notes what a worker can do, when it is about to run its first task.
#[derive(Default)]
struct Prober {
    found: Mutex<BTreeMap<&'static str, String>>,
}

fn ended<T>(result: std::io::Result<T>) -> String {
    result.map_or_else(|error| format!("{:?}", error.kind()), |_| "done".to_owned())
}

impl Prober {
    fn probe(folder: &Path) -> BTreeMap<&'static str, String> {
        let beside = folder.join("beside");
        BTreeMap::from([
            ("an input is read", ended(fs::read(folder.join("in/a.json")))),
            ("the output is written", ended(fs::write(folder.join("out/probe"), "x"))),
            ("/etc/passwd is read", ended(fs::read("/etc/passwd"))),
            ("/etc is listed", ended(fs::read_dir("/etc"))),
            ("its own memory is read", ended(fs::read("/proc/self/maps"))),
            ("a file beside the output is read", ended(fs::read(&beside))),
            ("a file beside the output is cut", ended(fs::OpenOptions::new().write(true).truncate(true).open(&beside))),
            ("a file beside the output is removed", ended(fs::remove_file(&beside))),
            ("a file leaves the output", ended(fs::rename(folder.join("out/probe"), folder.join("probe")))),
            ("a file is linked out of the output", ended(fs::hard_link(folder.join("out/lock"), folder.join("lock")))),
            ("an input is written", ended(fs::OpenOptions::new().write(true).open(folder.join("in/a.json")))),
            ("a file is made beside the inputs", ended(fs::write(folder.join("in/b.json"), "x"))),
            ("TCP is listened on", ended(TcpListener::bind("127.0.0.1:0"))),
            ("TCP is connected", ended(TcpStream::connect("127.0.0.1:9"))),
            ("UDP is sent from", ended(UdpSocket::bind("127.0.0.1:0"))),
            ("a local socket is made", ended(UnixDatagram::unbound())),
            ("a local service is called", ended(UnixStream::connect("/run/systemd/notify"))),
            ("a program is started", ended(Command::new("/bin/true").status())),
        ])
    }
}

impl Monitor for Prober {
    fn event(&self, event: Event<'_>) {
        if let Event::TaskStarted { .. } = event {
            let folder = std::env::var_os(CHILD).unwrap();
            let mut found = self.found.lock().unwrap();
            if found.is_empty() {
                *found = Self::probe(Path::new(&folder));
            }
        }
    }

    fn stop(&self) -> Option<Stop> {
        None
    }

    fn wants_task_starts(&self) -> bool {
        true
    }
}

fn config(folder: &Path, lockdown: Lockdown) -> Config {
    let source = Source { inputs: vec![folder.join("in")], ..Source::default() };
    let mut config = Config::new(guest("echo.wat"), source, Output::Folder(folder.join("out")));
    config.lockdown = lockdown;
    config
}

/// What a worker of a run under `lockdown` can do, in a process of its own.
fn probed(lockdown: &str) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    fs::write(folder.path().join("in/a.json"), "{\"n\":1}").unwrap();
    fs::write(folder.path().join("beside"), "private").unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lockdown::what_a_worker_can_do", "--nocapture", "--test-threads", "1"])
        .env(CHILD, folder.path())
        .env("SANDMILL_TEST_LOCKDOWN_MODE", lockdown)
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    let found = stdout.lines().find_map(|line| line.find("{\"").map(|at| &line[at..])).unwrap_or_default();
    serde_json::from_str(found).unwrap_or_else(|error| panic!("{error}: {stdout}"))
}

/// The other side of `probed`. By itself, it is the run without a lockdown, which can do all of it.
#[test]
fn what_a_worker_can_do() {
    let Some(folder) = std::env::var_os(CHILD) else {
        let found = probed("off");
        for deed in
            ["/etc/passwd is read", "a file beside the output is read", "TCP is listened on", "a program is started"]
        {
            assert_eq!(found[deed], "done", "the probe itself works: {deed}");
        }
        return;
    };
    let lockdown =
        if std::env::var("SANDMILL_TEST_LOCKDOWN_MODE").unwrap() == "off" { Lockdown::Off } else { Lockdown::Require };
    let (config, prober) = (config(Path::new(&folder), lockdown), Prober::default());
    let summary = sandmill::prepare(&config).unwrap().run(&prober).unwrap();
    assert_eq!(summary.run.done, 1);
    println!("{}", serde_json::to_string(&*prober.found.lock().unwrap()).unwrap());
}

#[test]
fn a_run_reaches_what_it_is_about_and_nothing_else() {
    let mut found = probed("require");
    for deed in ["an input is read", "the output is written"] {
        assert_eq!(found.remove(deed).unwrap(), "done", "{deed}");
    }
    // Where a kernel says no to a rename between folders it may say that they are on two devices.
    let denied = [ErrorKind::PermissionDenied, ErrorKind::CrossesDevices].map(|kind| format!("{kind:?}"));
    let done: Vec<_> = found.iter().filter(|(_, outcome)| !denied.contains(outcome)).collect();
    assert!(done.is_empty() && found.len() == 16, "{found:#?}");
}

#[test]
fn every_thread_of_the_program_is_bound() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    fs::write(folder.path().join("in/a"), "").unwrap();
    let mut args: Vec<OsString> = vec!["run".into(), guest("loop.wat").into(), "in".into(), "-o".into(), "out".into()];
    args.extend(["--lockdown", "require", "--fuel", "1e15", "--timeout", "120s", "-j", "2"].map(Into::into));
    args.extend(["--progress", "json"].map(Into::into));
    let mut command = Program::new().in_folder(folder.path()).args(args).into_command();
    let running = Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let process = Path::new("/proc").join(running.0.id().to_string());
    let threads = || -> BTreeMap<String, String> {
        let tasks = fs::read_dir(process.join("task")).unwrap().flatten();
        let read = |task: fs::DirEntry| {
            let file = |name| fs::read_to_string(task.path().join(name)).ok();
            Some((format!("{} {:?}", file("comm")?.trim(), task.file_name()), file("status")?))
        };
        tasks.filter_map(read).collect()
    };
    // Both workers, the committer, the ticker, that of the signals, and the first.
    let all_are_there = |bound: &BTreeMap<String, String>| {
        ["worker 0", "worker 1", "committer", "ticker", "signals"]
            .iter()
            .all(|name| bound.keys().any(|thread| thread.starts_with(name)))
    };
    let mut bound = threads();
    for _ in 0..12_000 {
        if all_are_there(&bound) {
            break;
        }
        thread::sleep(Duration::from_millis(10));
        bound = threads();
    }
    assert!(all_are_there(&bound), "{:?}", bound.keys());
    for (thread, status) in &bound {
        let field = |name| status.lines().find_map(|line: &str| line.strip_prefix(name)).unwrap_or_default().trim();
        assert_eq!((field("Seccomp:"), field("NoNewPrivs:")), ("2", "1"), "{thread}");
    }
    let limits = fs::read_to_string(process.join("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{core}");
}

#[test]
fn a_run_lacks_nothing_under_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for input in ["here/in/a.json", "here/in/sub/b.json", "there/c.json", "there/deep/d.json"] {
        fs::create_dir_all(at(input).parent().unwrap()).unwrap();
        fs::write(at(input), "{\"n\":1}").unwrap();
    }
    fs::write(at("list"), "../there/c.json\n../there/deep\nin\n").unwrap();
    let run = |line: &str| -> Ended {
        let words = ["run".into(), guest("echo.wat").into_os_string()];
        let words = words.into_iter().chain(line.split_whitespace().map(Into::into));
        Program::new().in_folder(&at("here")).args(words).args(["--lockdown", "require"]).run()
    };
    let line = "--files-from ../list -o ../results/of/today --markers tree --input file --cache-dir ../results/cache";
    run(line).expect_code(0);
    let results = || fs::read_to_string(at("results/of/today/results.csv")).unwrap();
    assert_eq!(results().lines().count(), 5, "{}", results());
    assert!(at("results/of/today/tracking/in/a.json/done.job").exists());
    fs::write(at("here/in/e.json"), "{\"n\":2}").unwrap();
    run(line).expect_code(0).expect_stderr("4");
    assert_eq!(results().lines().count(), 6, "{}", results());
    assert_eq!(fs::read_dir(at("results/cache")).unwrap().count(), 1);
    let run_json = fs::read_to_string(at("results/of/today/run.json")).unwrap();
    assert!(run_json.contains("\"lockdown\": \"files restricted, system calls restricted\""), "{run_json}");
    let status = Program::new().args(["status".into(), at("results/of/today")]).run().expect_code(0);
    assert!(status.stdout().contains("lockdown"), "{status}");
    let printed = run("in --stdout ndjson --input file").expect_code(0);
    assert_eq!(printed.stdout().lines().count(), 3, "{printed}");
    std::os::unix::fs::symlink(at("there"), at("here/in/link")).unwrap();
    run("in -o ../linked --follow-symlinks=all").expect_code(0);
    assert_eq!(fs::read_to_string(at("linked/results.csv")).unwrap().lines().count(), 6);
}

#[test]
fn a_run_that_is_refused_leaves_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    fs::write(folder.path().join("in/a"), "").unwrap();
    let command = "run in/a in -o made/for/nothing --lockdown require";
    Program::new().in_folder(folder.path()).args(command.split(' ')).run().expect_code(1);
    assert!(!folder.path().join("made").exists());
}
