//! The inputs of real folders. This file is what the tests share.

mod entries;
mod names;
mod walks;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::TempDir;

use crate::config::{Filter, InputList, Links, ListFormat, Source};
use crate::event::{Event, Monitor, Notice};

use super::Inputs;
use super::watch::PassedOver;

/// A folder to name inputs from, as the current folder of a user. Its path is canonical.
struct Tree {
    _dir: TempDir,
    path: PathBuf,
}

impl Tree {
    /// Makes empty files, and folders where a path ends in `/`.
    fn new(paths: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap();
        let tree = Self { _dir: dir, path };
        for path in paths {
            tree.file(path.as_bytes());
        }
        tree
    }

    fn at(&self, path: &str) -> PathBuf {
        self.path.join(path)
    }

    fn file(&self, path: &[u8]) {
        let full = self.path.join(OsStr::from_bytes(path));
        if path.ends_with(b"/") {
            fs::create_dir_all(full).unwrap();
        } else {
            fs::create_dir_all(full.parent().unwrap()).unwrap();
            fs::write(full, "").unwrap();
        }
    }

    fn link(&self, path: &str, target: &str) {
        symlink(target, self.at(path)).unwrap();
    }

    fn resolve(&self, source: &Source) -> anyhow::Result<Inputs> {
        Inputs::resolve_in(&self.path, source, None)
    }

    fn found(&self, source: &Source) -> Found {
        Found::of(&self.resolve(source).unwrap())
    }

    /// The inputs of `source` as views show them, with this folder as `$`, and no notice.
    fn inputs(&self, source: &Source) -> Vec<String> {
        let found = self.found(source);
        assert_eq!(found.notices, []);
        assert!(found.is_complete);
        found.paths.iter().map(|path| path.replace(&self.path.display().to_string(), "$")).collect()
    }
}

#[derive(Default)]
struct Notices(Mutex<Vec<Notice>>);

impl Monitor for Notices {
    fn event(&self, event: Event<'_>) {
        if let Event::Notice(notice) = event {
            self.0.lock().unwrap().push(notice);
        }
    }
}

struct Found {
    paths: Vec<String>,
    notices: Vec<Notice>,
    passed_over: PassedOver,
    is_complete: bool,
}

impl Found {
    fn of(inputs: &Inputs) -> Self {
        let notices = Notices::default();
        let mut iter = inputs.iter(&notices);
        let paths: Vec<_> = iter.by_ref().collect();
        assert!(paths.is_sorted_by(|left, right| left < right), "{paths:?}");
        assert_eq!(inputs.count(&|| false), Some(paths.len() as u64));
        let passed_over = *iter.passed_over();
        assert_eq!(iter.stopped(), None);
        let is_complete = iter.is_complete();
        drop(iter);
        let paths = paths.iter().map(ToString::to_string).collect();
        Self { paths, notices: notices.0.into_inner().unwrap(), passed_over, is_complete }
    }

    /// The paths of what could not be read, with their errors.
    fn unreadable(&self) -> Vec<(&Path, &str)> {
        self.notices
            .iter()
            .map(|notice| match notice {
                Notice::Unreadable { path, error } => (path.as_path(), error.as_str()),
                other => panic!("{other}"),
            })
            .collect()
    }
}

fn source(inputs: &[&str]) -> Source {
    Source {
        inputs: inputs.iter().map(PathBuf::from).collect(),
        list: None,
        root: None,
        filter: Filter::default(),
        links: Links::Ignore,
        ..Source::default()
    }
}

fn with_list(mut source: Source, file: &str, format: ListFormat) -> Source {
    source.list = Some(InputList { file: Some(file.into()), format });
    source
}

fn with_root(mut source: Source, root: &str) -> Source {
    source.root = Some(root.into());
    source
}

fn suffix(mut source: Source, suffix: &str) -> Source {
    source.filter.suffixes.push(suffix.to_owned());
    source
}
