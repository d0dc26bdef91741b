//! A run in process: inputs in a temporary folder, a guest, a configuration to change, and what came out.

use std::ffi::OsStr;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use sandmill::config::{Config, Output, Source};
use sandmill::event::{Event, Monitor, Notice, Stop};
use sandmill::report::Summary;
use tempfile::TempDir;

/// The guest `name` of `tests/guests`.
pub fn guest(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/guests").join(name);
    path.canonicalize().unwrap_or_else(|error| panic!("guest {}: {error}", path.display()))
}

/// A temporary folder with `in/` and `out/`, and a run of a guest from the one to the other.
pub struct Job {
    folder: TempDir,
    pub config: Config,
}

impl Job {
    /// A job without inputs yet, for two workers.
    pub fn new(guest_name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let inputs = folder.path().join("in");
        fs::create_dir(&inputs).unwrap();
        let source = Source { inputs: vec![inputs], ..Source::default() };
        let mut config = Config::new(guest(guest_name), source, Output::Folder(folder.path().join("out")));
        config.workers = NonZeroUsize::new(2).unwrap();
        Self { folder, config }
    }

    pub fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.folder.path().join("in").join(name.as_ref())
    }

    pub fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join("out").join(name)
    }

    /// Writes an input, and the folders above it.
    pub fn input(&self, name: impl AsRef<OsStr>, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Inputs `f000.json` and on, each a row with its number.
    pub fn numbered_inputs(&self, count: usize) -> &Self {
        for number in 0..count {
            self.input(format!("f{number:04}.json"), format!("{{\"n\":{number}}}"));
        }
        self
    }

    pub fn run(&self) -> Summary {
        self.try_run().unwrap_or_else(|error| panic!("the run failed: {error:#}"))
    }

    pub fn try_run(&self) -> anyhow::Result<Summary> {
        sandmill::run(&self.config, &Watcher::default())
    }

    pub fn run_watched(&self, watcher: &Watcher) -> Summary {
        sandmill::run(&self.config, watcher).unwrap_or_else(|error| panic!("the run failed: {error:#}"))
    }

    pub fn read(&self, name: &str) -> String {
        let path = self.out(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn results(&self) -> String {
        self.read("results.csv")
    }

    /// `errors.csv` as records, without its header.
    pub fn errors(&self) -> Vec<csv::StringRecord> {
        csv::Reader::from_path(self.out("errors.csv")).unwrap().records().map(Result::unwrap).collect()
    }

    /// The kind of failure of every path that failed.
    pub fn failures(&self) -> Vec<(String, String)> {
        self.errors().iter().map(|record| (record[0].to_owned(), record[1].to_owned())).collect()
    }
}

/// A monitor that remembers, and stops the run after so many committed tasks.
#[derive(Default)]
pub struct Watcher {
    pub notices: Mutex<Vec<Notice>>,
    pub committed: AtomicU64,
    pub stop_after: Option<u64>,
}

impl Watcher {
    pub fn notices(&self) -> Vec<Notice> {
        self.notices.lock().unwrap().clone()
    }
}

impl Monitor for Watcher {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Notice(notice) => self.notices.lock().unwrap().push(notice),
            Event::Committed { finished } => {
                self.committed.fetch_add(finished.len() as u64, Ordering::Relaxed);
            }
            _ => {}
        }
    }

    fn stop(&self) -> Option<Stop> {
        let enough = self.stop_after.is_some_and(|most| self.committed.load(Ordering::Relaxed) >= most);
        enough.then_some(Stop::Interrupted)
    }
}
