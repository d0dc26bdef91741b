//! Which files of a folder are inputs, by their names.
//!
//! A pattern without a `/` is for the name alone, at any depth; one with a `/` is for the path relative to the folder
//! that is walked. `*` and `?` stop at a `/`, `**` does not.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};

use crate::config;
use crate::task::TaskPath;

use super::watch::PassedOver;

/// A [`config::Filter`], compiled.
#[derive(Debug)]
pub(super) struct Filter {
    suffixes: Vec<Vec<u8>>,
    globs: Patterns,
    excludes: Patterns,
    hidden: bool,
}

impl Filter {
    pub(super) fn compile(filter: &config::Filter) -> Result<Self> {
        Ok(Self {
            suffixes: filter.suffixes.iter().map(|suffix| suffix.clone().into_bytes()).collect(),
            globs: Patterns::compile(&filter.globs)?,
            excludes: Patterns::compile(&filter.excludes)?,
            hidden: filter.hidden,
        })
    }

    /// Whether `name` is left out for its first character.
    pub(super) fn hides(&self, name: &OsStr) -> bool {
        !self.hidden && name.as_bytes().first() == Some(&b'.')
    }

    /// Whether the file or folder `name` in `folder`, itself relative to the folder walked, is to be left out.
    pub(super) fn excludes(&self, folder: &Path, name: &OsStr) -> bool {
        self.excludes.match_any(folder, name)
    }

    /// Whether the file `name` in `folder` is one that is looked for.
    pub(super) fn matches(&self, folder: &Path, name: &OsStr) -> bool {
        self.suffixes.is_empty() && self.globs.is_empty()
            || self.suffixes.iter().any(|suffix| name.as_bytes().ends_with(suffix))
            || self.globs.match_any(folder, name)
    }
}

/// What of a [`Filter`] concerns the members of an archive.
#[derive(Clone, Copy, Debug)]
pub(super) struct MemberFilter<'a> {
    filter: &'a Filter,
    /// The archive was named, and is as a folder. One that was found in a folder has been chosen with all that is in it.
    is_named: bool,
}

impl<'a> MemberFilter<'a> {
    pub(super) fn new(filter: &'a Filter, is_named: bool) -> Self {
        Self { filter, is_named }
    }

    /// Whether the member with this key is to be an input.
    pub(super) fn wants(self, key: &[u8], passed_over: &mut PassedOver) -> bool {
        let path = TaskPath::from_key(key).to_path();
        let mut above = path.ancestors();
        let (names, folders): (Vec<_>, Vec<_>) =
            above.by_ref().filter_map(|path| Some((path.file_name()?, path.parent().unwrap_or(Path::new(""))))).unzip();
        let reason = if names.iter().any(|name| self.filter.hides(name)) {
            &mut passed_over.hidden
        } else if names.iter().zip(&folders).any(|(name, folder)| self.filter.excludes(folder, name)) {
            &mut passed_over.excluded
        } else if let (true, Some(name), Some(folder)) = (self.is_named, names.first(), folders.first())
            && !self.filter.matches(folder, name)
        {
            &mut passed_over.unmatched
        } else {
            return true;
        };
        *reason += 1;
        false
    }
}

/// Patterns, each asked only about what it speaks of.
#[derive(Debug)]
struct Patterns {
    for_names: GlobSet,
    for_paths: GlobSet,
}

impl Patterns {
    fn compile(patterns: &[String]) -> Result<Self> {
        let mut for_names = GlobSetBuilder::new();
        let mut for_paths = GlobSetBuilder::new();
        for pattern in patterns {
            // `build/` and `./build` are common ways to write `build`; a `/` at the start only says "from here on".
            let relative = pattern.strip_prefix('.').filter(|rest| rest.starts_with('/')).unwrap_or(pattern);
            let bare = relative.strip_suffix('/').unwrap_or(relative);
            let is_for_paths = bare.contains('/');
            let bare = bare.trim_start_matches('/');
            let glob = GlobBuilder::new(bare)
                .literal_separator(true)
                .build()
                .with_context(|| format!("read the pattern {pattern:?}"))?;
            if is_for_paths { &mut for_paths } else { &mut for_names }.add(glob);
        }
        Ok(Self { for_names: build(&for_names)?, for_paths: build(&for_paths)? })
    }

    fn is_empty(&self) -> bool {
        self.for_names.is_empty() && self.for_paths.is_empty()
    }

    fn match_any(&self, folder: &Path, name: &OsStr) -> bool {
        !self.for_names.is_empty() && self.for_names.is_match_candidate(&Candidate::new(Path::new(name)))
            || !self.for_paths.is_empty() && self.for_paths.is_match(folder.join(name))
    }
}

fn build(patterns: &GlobSetBuilder) -> Result<GlobSet> {
    patterns.build().context("put the patterns together")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(suffixes: &[&str], globs: &[&str], excludes: &[&str]) -> Filter {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let filter =
            config::Filter { suffixes: owned(suffixes), globs: owned(globs), excludes: owned(excludes), hidden: false };
        Filter::compile(&filter).unwrap()
    }

    fn matches(filter: &Filter, path: &str) -> bool {
        let path = Path::new(path);
        filter.matches(path.parent().unwrap(), path.file_name().unwrap())
    }

    #[test]
    fn a_file_matches_any_suffix_or_glob_and_everything_without_them() {
        assert!(matches(&filter(&[], &[], &[]), "a"));
        let some = filter(&[".json", ".ndjson"], &["data-?"], &[]);
        for (path, expected) in
            [("a.json", true), ("d/a.ndjson", true), ("d/data-1", true), ("a.jsonx", false), ("data-12", false)]
        {
            assert_eq!(matches(&some, path), expected, "{path}");
        }
    }

    #[test]
    fn a_pattern_with_a_slash_is_for_the_path() {
        for (pattern, path, expected) in [
            ("*.csv", "a/b/c.csv", true),
            ("a/*.csv", "a/c.csv", true),
            ("a/*.csv", "a/b/c.csv", false),
            ("a/**/*.csv", "a/b/c.csv", true),
            ("a/**/*.csv", "a/c.csv", true),
            ("**/b/*", "a/b/c.csv", true),
            ("/c.csv", "c.csv", true),
            ("/c.csv", "a/c.csv", false),
            ("./a/c.csv", "a/c.csv", true),
            ("{x,y}/*", "y/c", true),
            (".*", ".c", true),
        ] {
            assert_eq!(matches(&filter(&[], &[pattern], &[]), path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn excludes_speak_of_folders_too_with_or_without_their_slash() {
        let some = filter(&[], &[], &["build/", "a/b"]);
        assert!(some.excludes(Path::new("x"), OsStr::new("build")));
        assert!(some.excludes(Path::new("a"), OsStr::new("b")));
        assert!(!some.excludes(Path::new("x/a"), OsStr::new("b")));
    }

    #[test]
    fn names_need_not_be_utf8() {
        let name = OsStr::from_bytes(b"\xff.json");
        assert!(filter(&[".json"], &[], &[]).matches(Path::new(""), name));
        assert!(filter(&[], &["?.json"], &[]).matches(Path::new(""), name));
        assert!(filter(&[], &["a/*.json"], &[]).matches(Path::new("a"), name));
    }

    #[test]
    fn a_pattern_that_is_none_is_named() {
        let bad = config::Filter { excludes: vec!["[".to_owned()], ..config::Filter::default() };
        assert!(format!("{:#}", Filter::compile(&bad).unwrap_err()).contains("\"[\""));
    }
}
