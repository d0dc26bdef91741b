//! What configuration files come to.

use std::path::Path;

use super::*;

const R3PO: &str = "\
job_name: count_produce
output_path: output
processes: 2
source_file_part: .json
source_path: ../data/./input
working_dir: /scratch/work
count_all_files: 6
count_job_files: 0
";

fn parse(text: &str) -> Result<ConfigFile, String> {
    ConfigFile::parse(text, Path::new("jobs/config.yaml")).map_err(|error| error.to_string())
}

fn arguments(text: &str) -> Result<Vec<String>, String> {
    let arguments = parse(text)?.arguments(|_| false);
    Ok(arguments.into_iter().map(|argument| argument.into_string().unwrap()).collect())
}

#[test]
fn an_r3po_configuration_is_understood() {
    let file = parse(R3PO).unwrap();
    assert_eq!(file.job_name.as_deref(), Some("count_produce"));
    assert_eq!(file.inputs, [Path::new("jobs/../data/./input")]);
    let layout = file.layout.unwrap();
    assert_eq!(layout.folder, Path::new("jobs/output"));
    assert_eq!(layout.tables.get(), 2);
    let mut arguments = arguments(R3PO).unwrap();
    arguments.sort();
    assert_eq!(arguments, ["--output=/scratch/work", "--suffix=.json", "--workers=2"]);
}

#[test]
fn an_r3po_configuration_takes_our_options_too() {
    let text = format!("{R3PO}processor: count.wasm\nworkers: 8\nmax_errors: 5%\n");
    assert_eq!(parse(&text).unwrap().processor.as_deref(), Some(Path::new("jobs/count.wasm")));
    assert_eq!(parse(&text).unwrap().layout.unwrap().tables.get(), 2);
    let arguments = arguments(&text).unwrap();
    assert!(arguments.contains(&"--workers=8".to_owned()));
    assert!(arguments.contains(&"--max-errors=5%".to_owned()));
    assert!(!arguments.contains(&"--workers=2".to_owned()));
}

#[test]
fn an_r3po_configuration_without_a_required_key_names_it() {
    for key in ["output_path", "processes", "source_file_part", "source_path", "working_dir"] {
        let text: String = R3PO.lines().filter(|line| !line.starts_with(key)).map(|line| format!("{line}\n")).collect();
        assert!(parse(&text).unwrap_err().ends_with(&format!("lacks {key}")), "{key}");
    }
    assert!(parse("job_name: x\n").is_ok());
}

#[test]
fn one_option_under_two_names_is_an_error() {
    assert_eq!(parse(&format!("{R3PO}output: out\n")).unwrap_err(), "working_dir and output are the same option");
    assert_eq!(parse("fail-fast: true\nfail_fast: true\n").unwrap_err(), "fail-fast and fail_fast are the same option");
}

#[test]
fn every_kind_of_option_can_stand_in_a_file() {
    let text = "\
output: out
inputs: [data, /more]
suffix: [.json, .10]
glob: '*.x'
exclude: [node_modules]
hidden: true
fail_fast: false
follow_symlinks: all
retry-failed: [timeout, out_of_fuel]
columns: [a, b]
timeout: 90s
fuel: 1e10
workers: 50%
files_from: '-'
root: ..
param: {threshold: 1.0, name: x}
";
    let file = parse(text).unwrap();
    assert_eq!(file.inputs, [Path::new("jobs/data"), Path::new("/more")]);
    let params = [("name".to_owned(), "x".to_owned()), ("threshold".to_owned(), "1.0".to_owned())];
    assert_eq!(file.params, params.into());
    let mut arguments = arguments(text).unwrap();
    arguments.sort();
    assert_eq!(
        arguments,
        [
            "--columns=a,b",
            "--exclude=node_modules",
            "--files-from=-",
            "--follow-symlinks=all",
            "--fuel=1e10",
            "--glob=*.x",
            "--hidden",
            "--output=jobs/out",
            "--retry-failed=timeout,out_of_fuel",
            "--root=jobs/..",
            "--suffix=.10",
            "--suffix=.json",
            "--timeout=90s",
            "--workers=50%",
        ]
    );
    assert_eq!(arguments_of_choice("retry_failed: true"), ["--retry-failed"]);
    assert!(arguments_of_choice("retry_failed: false").is_empty());
}

fn arguments_of_choice(text: &str) -> Vec<String> {
    arguments(text).unwrap()
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest() {
    let error = ConfigFile::parse("sufix: .json\n", Path::new("c.yaml")).unwrap_err();
    assert_eq!(error.to_string(), "no option is called \"sufix\"");
    assert_eq!(super::super::error::hint(&error.into()).as_deref(), Some("did you mean suffix?"));
    assert!(parse("config: other.yaml\n").is_err());
}

#[test]
fn values_of_the_wrong_kind_are_errors_that_name_the_key() {
    for (text, expected) in [
        ("hidden: 1\n", "hidden: true or false is expected"),
        ("timeout:\n", "timeout has no value"),
        ("timeout: [1s]\n", "timeout takes one value, not a list"),
        ("suffix: {a: b}\n", "suffix takes a list, not a mapping"),
        ("param: [x]\n", "param: NAME=VALUE is expected"),
        ("param: [x=1, x=2]\n", "param: x is given twice"),
        ("timeout: 5\n", "invalid value '5' for '--timeout <TIME>'"),
        ("on_change: maybe\n", "invalid value 'maybe' for '--on-change <WHAT>' [possible values: rerun, keep, fail]"),
        ("a: [", "line 1"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
    let error = parse(&R3PO.replace("processes: 2", "processes: two")).unwrap_err();
    assert_eq!(error, "processes: \"two\" is not a number of processes");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let error = ConfigFile::read(Path::new("/no/such/config.yaml")).unwrap_err();
    assert!(super::super::error::message(&error).starts_with("read /no/such/config.yaml: No such file"));
    assert_eq!(super::super::error::exit_of(&error), super::super::exit::Exit::Usage);
}
