//! A ledger whose file or log is not what was written.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sandmill::config::{Config, Output, Source};
use sandmill::event::Silent;
use tempfile::TempDir;

use crate::harness::fuzz::Target;
use crate::harness::job::guest;
use crate::harness::program::Program;

const LEDGER: &str = "ledger.db";
const LOG: &str = "ledger.db-wal";

/// A folder in memory, where the system has one: what is tried here needs no disk.
pub fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Inputs, what a run makes of them, and ledgers with half of that.
struct Site {
    folder: TempDir,
    results: String,
    /// The ledger and its log: of a run that has ended, and of one that was killed before it put the log into the ledger.
    ledgers: [(Vec<u8>, Vec<u8>); 2],
}

impl Site {
    fn new() -> Self {
        let folder = folder();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("in")).unwrap();
        for number in 0..24 {
            fs::write(path("in").join(format!("f{number}")), format!("{{\"n\":{number},\"s\":\"{number} times\"}}"))
                .unwrap();
        }
        let run = |out: &str, words: &[&str]| {
            let program =
                Program::new().args([&"run".into(), &guest("echo.wat"), &path("in"), &"-o".into(), &path(out)]);
            program.args(words)
        };
        run("whole", &[]).run().expect_code(0);
        run("ended", &["--limit=12"]).run().expect_code(0);
        assert!(run("killed", &["--limit=12"]).env("SANDMILL_FAULT", "ledger.finish.before_fold").run().was_killed());
        let read = |out: &str, name: &str| fs::read(path(out).join(name)).unwrap_or_default();
        let ledgers = ["ended", "killed"].map(|out| (read(out, LEDGER), read(out, LOG)));
        assert!(ledgers[0].1.is_empty() && !ledgers[1].1.is_empty());
        let results = fs::read_to_string(path("whole/results.csv")).unwrap();
        Self { folder, results, ledgers }
    }

    fn config(&self, out: PathBuf) -> Config {
        let source = Source { inputs: vec![self.folder.path().join("in")], ..Source::default() };
        Config {
            cache: Some(self.folder.path().join("cache")),
            ..Config::new(guest("echo.wat"), source, Output::Folder(out))
        }
    }

    /// Goes on with a ledger that is damaged as `script` says.
    fn go_on(&self, script: &[u8]) {
        let (which, changes) = script.split_first().unwrap_or((&0, &[]));
        let (mut ledger, mut log) = self.ledgers[usize::from(which & 1)].clone();
        let mut is_overwritten = false;
        for change in changes.chunks_exact(8) {
            let at = u32::from_le_bytes([change[2], change[3], change[4], change[5]]) as usize;
            let is_log = change[1] & 1 == 1;
            let file = if is_log { &mut log } else { &mut ledger };
            if file.is_empty() {
                continue;
            }
            let at = at % file.len();
            match change[0] % 4 {
                0 => file.truncate(at),
                // A page, or what is left of it.
                1 => {
                    let end = (at + 4096).min(file.len());
                    file[at..end].fill(change[6]);
                    is_overwritten |= !is_log;
                }
                _ => {
                    file[at] ^= change[6];
                    is_overwritten |= !is_log;
                }
            }
        }
        let out = folder();
        fs::write(out.path().join(LEDGER), ledger).unwrap();
        if !log.is_empty() {
            fs::write(out.path().join(LOG), log).unwrap();
        }
        match sandmill::run(&self.config(out.path().to_owned()), &Silent) {
            Ok(_) => self.check(out.path(), is_overwritten),
            Err(error) => assert!(!format!("{error:#}").is_empty()),
        }
    }

    fn check(&self, out: &Path, is_overwritten: bool) {
        let results = fs::read_to_string(out.join("results.csv")).unwrap();
        if !is_overwritten {
            assert_eq!(results, self.results);
            return;
        }
        // The ledger's pages have no checksums: what is overwritten in a text can stay unseen, but no path is there twice.
        let paths: Vec<&str> = results.lines().filter_map(|line| line.split(',').next()).collect();
        assert_eq!(paths.iter().collect::<BTreeSet<_>>().len(), paths.len(), "{results}");
    }
}

#[test]
fn fuzz_ledger() {
    let site = Site::new();
    let change = |kind: u8, file: u8, at: u32, value: u8| {
        let at = at.to_le_bytes();
        vec![kind, file, at[0], at[1], at[2], at[3], value, 0]
    };
    let mut seeds = Vec::new();
    for which in [0, 1] {
        for (file, bytes) in [(0, &site.ledgers[which].0), (1, &site.ledgers[which].1)] {
            for part in 0..4 {
                let at = (bytes.len() / 4 * part + 100) as u32;
                for kind in 0..3 {
                    seeds.push([vec![which as u8], change(kind, file, at, 0x40)].concat());
                }
            }
        }
    }
    let target = Target { name: "ledger", seeds, words: &[&[0, 1, 0, 0x20, 0, 0, 0x40, 0]], rounds: 40 };
    target.run(|script| site.go_on(script));
}
