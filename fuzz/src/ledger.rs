//! A ledger whose file or log is not what was written.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use sandmill::config::{Config, Output, Source};
use sandmill::event::{Event, Monitor, Silent};
use tempfile::TempDir;

use crate::Target;
use crate::site::{folder, guest};

const LEDGER: &str = "ledger.db";
const LOG: &str = "ledger.db-wal";

/// A ledger and its log.
type Files = (Vec<u8>, Vec<u8>);

fn files(out: &Path) -> Files {
    let read = |name: &str| fs::read(out.join(name)).unwrap_or_default();
    (read(LEDGER), read(LOG))
}

/// Takes what is on disk when tasks have been committed, as a crash would leave it.
struct Snapshot<'a> {
    out: &'a Path,
    taken: Mutex<Files>,
}

impl Monitor for Snapshot<'_> {
    fn event(&self, event: Event<'_>) {
        if let Event::Committed { .. } = event {
            *self.taken.lock().unwrap() = files(self.out);
        }
    }
}

/// Inputs, what a run makes of them, and ledgers with half of that.
struct Site {
    folder: TempDir,
    results: String,
    /// Of a run that has ended, and of one that broke off before it put the log into the ledger.
    ledgers: [Files; 2],
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
        let mut site = Self { folder, results: String::new(), ledgers: Default::default() };
        let (whole, half) = (site.folder.path().join("whole"), site.folder.path().join("half"));
        sandmill::run(&site.config(whole.clone()), &Silent).unwrap();
        site.results = fs::read_to_string(whole.join("results.csv")).unwrap();
        let mut config = site.config(half.clone());
        config.source.choice.limit = Some(12);
        let snapshot = Snapshot { out: &half, taken: Mutex::default() };
        sandmill::run(&config, &snapshot).unwrap();
        site.ledgers = [files(&half), snapshot.taken.into_inner().unwrap()];
        assert!(site.ledgers[0].1.is_empty() && !site.ledgers[1].1.is_empty());
        site
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

/// A run that goes on with what damage has left: the very results, or an error.
pub fn target() -> Target {
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
    Target { name: "ledger", seeds, check: Box::new(move |script| site.go_on(script)) }
}
