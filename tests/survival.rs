//! The real program, when it is at fault itself: that costs the task at hand, and neither the run nor another task.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

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
