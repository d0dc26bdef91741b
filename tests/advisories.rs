//! No locked crate has a known vulnerability, as far as is on record here. The record is pinned; `just advisories` asks the
//! database itself, where there is a network.

use std::fs;
use std::path::Path;

use semver::{Version, VersionReq};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The names and versions in a lock file.
fn locked(lock: &str) -> Vec<(String, Version)> {
    let value = |line: &str, key: &str| line.strip_prefix(key).map(|rest| rest.trim_matches('"').to_owned());
    let names = lock.lines().filter_map(|line| value(line, "name = "));
    let versions = lock.lines().filter(|line| *line != "version = 4").filter_map(|line| value(line, "version = "));
    names.zip(versions.map(|version| Version::parse(&version).unwrap())).collect()
}

/// The advisories in `record` that hold for what is `locked`.
fn open<'a>(record: &'a str, locked: &[(String, Version)]) -> Vec<&'a str> {
    let holds = |line: &&str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, _, patched, unaffected] = fields[..] else { panic!("{line}") };
        let requirements: Vec<VersionReq> = [patched, unaffected]
            .iter()
            .flat_map(|field| field.split(" | "))
            .filter(|requirement| !requirement.is_empty())
            .map(|requirement| VersionReq::parse(requirement).unwrap())
            .collect();
        let is_safe = |version: &Version| requirements.iter().any(|requirement| requirement.matches(version));
        locked.iter().any(|(locked, version)| locked == name && !is_safe(version))
    };
    record.lines().filter(|line| !line.starts_with('#')).filter(holds).collect()
}

#[test]
fn no_locked_crate_has_an_advisory_on_record() {
    let record = fs::read_to_string(root().join("tests/advisories.tsv")).unwrap();
    let locked = locked(&fs::read_to_string(root().join("Cargo.lock")).unwrap());
    assert!(locked.len() > 250);
    let is_there = |line: &&str| locked.iter().any(|(name, _)| line.split('\t').next() == Some(name));
    assert!(record.lines().filter(is_there).count() > 100, "the record is about other crates");
    assert_eq!(open(&record, &locked), Vec::<&str>::new());
}

#[test]
fn an_advisory_holds_for_what_is_neither_mended_nor_from_before() {
    let record = "# crate\na\tRUSTSEC-1\t>= 1.2.3, < 2.0.0 | >= 2.0.1\t< 1.0.0\n";
    let holds = |version: &str| {
        let lock = format!("version = 4\n\n[[package]]\nname = \"a\"\nversion = \"{version}\"\n");
        !open(record, &locked(&lock)).is_empty()
    };
    assert!(!holds("0.9.0") && holds("1.2.2") && !holds("1.2.3") && holds("2.0.0") && !holds("2.1.0"));
}
