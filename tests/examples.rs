//! The examples, run as their documents say, and rebuilt from source where that has been done.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::program::Program;

const RESULTS: &str = "path,fruits,vegetables,meat\n\
    file_0.json,60,58,14\n\
    file_1.json,127,4,11\n\
    file_2.json,40,1460,0\n\
    file_4.json,8,31,0\n\
    market/file_5.json,416,119,23\n";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Runs a processor over the sample inputs; returns the results, and the paths and kinds of what failed.
fn run(processor: &Path) -> (String, Vec<(String, String)>) {
    let out = tempfile::tempdir().unwrap();
    Program::new()
        .in_folder(&repository())
        .args(["run".as_ref(), processor.as_os_str(), "examples/count-fruits/inputs".as_ref()])
        .args(["-o".as_ref(), out.path().as_os_str()])
        .run()
        .expect_code(3);
    let errors = csv::Reader::from_path(out.path().join("errors.csv"))
        .unwrap()
        .records()
        .map(|record| record.unwrap())
        .map(|record| (record[0].to_owned(), record[1].to_owned()))
        .collect();
    (fs::read_to_string(out.path().join("results.csv")).unwrap(), errors)
}

#[test]
fn the_command_of_the_readme_maps_the_example() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let line = readme.lines().find(|line| line.starts_with("cargo run --release -- ")).unwrap();
    let mut args: Vec<&str> = line.trim_start_matches("cargo run --release -- ").split(' ').collect();
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().to_str().unwrap();
    assert_eq!(args.pop(), Some("out"));
    args.push(folder);
    let first = Program::new().in_folder(&repository()).args(&args).run().expect_code(3);
    assert_eq!(fs::read_to_string(out.path().join("results.csv")).unwrap(), RESULTS, "{first}");
    let again = Program::new().in_folder(&repository()).args(&args).run().expect_code(3);
    assert_eq!(fs::read_to_string(out.path().join("results.csv")).unwrap(), RESULTS, "{again}");
}

#[test]
fn the_processors_agree_whatever_their_language() {
    let (results, errors) = run(Path::new("examples/count-fruits/rust-sdk.wasm"));
    assert_eq!(results, RESULTS);
    assert_eq!(errors, [("file_3.json".to_owned(), "guest_error".to_owned())]);
    let (results, errors) = run(Path::new("examples/count-fruits/c.wasm"));
    assert_eq!(results, RESULTS);
    assert_eq!(errors, [("file_3.json".to_owned(), "exit".to_owned())]);
}

#[test]
fn declared_columns_are_in_the_table_though_every_task_failed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("broken.json"), "[").unwrap();
    let out = folder.path().join("out");
    Program::new()
        .in_folder(&repository())
        .args(["run", "examples/count-fruits/rust-sdk.wasm"])
        .args([folder.path().join("broken.json").as_os_str(), "-o".as_ref(), out.as_os_str()])
        .run()
        .expect_code(3);
    let results = || fs::read_to_string(out.join("results.csv")).unwrap();
    assert_eq!(results(), "path,fruits,vegetables,meat\n");
    fs::remove_file(out.join("results.csv")).unwrap();
    Program::new().args(["export".as_ref(), out.as_os_str()]).run().expect_code(0);
    assert_eq!(results(), "path,fruits,vegetables,meat\n");
}

#[test]
fn json_shape_takes_any_json() {
    let (results, errors) = run(Path::new("examples/json-shape.wasm"));
    let expected = "path,bytes,objects,arrays,strings,numbers,booleans,nulls,depth\nfile_0.json,";
    assert!(results.starts_with(expected), "{results}");
    assert_eq!(results.lines().count(), 6);
    assert_eq!(errors, [("file_3.json".to_owned(), "guest_error".to_owned())]);
}

/// The processors that are in the repository, so that the examples run without any toolchain for WebAssembly.
const COMMITTED: [&str; 4] =
    ["big-object.wasm", "count-fruits/c.wasm", "count-fruits/rust-sdk.wasm", "json-shape.wasm"];

#[test]
fn the_committed_processors_are_those_that_their_sources_make() {
    // tests/run builds them. Under CI they must be there; elsewhere the toolchains may be missing.
    let Some(rebuilt) = env::var_os("SANDMILL_REBUILT_EXAMPLES") else {
        assert!(env::var_os("CI").is_none(), "SANDMILL_REBUILT_EXAMPLES is not set: run tests/run");
        return;
    };
    for processor in COMMITTED {
        let committed = repository().join("examples").join(processor);
        let built = Path::new(&rebuilt).join(processor);
        assert_eq!(run(&committed), run(&built), "{processor}: run examples/build and commit what it makes");
    }
}

#[test]
fn the_config_of_r3po_runs_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let example = repository().join("examples/count-fruits");
    let config = folder.path().join("config.yaml");
    let text = "job_name: count_produce\n\
        processes: 2\n\
        source_path: inputs\n\
        source_file_part: .json\n\
        working_dir: working\n\
        output_path: output\n\
        count_all_files: 6\n\
        count_job_files: 6\n";
    fs::write(&config, text).unwrap();
    let inputs = folder.path().join("inputs");
    fs::create_dir_all(inputs.join("market")).unwrap();
    for name in ["file_0.json", "file_1.json", "file_2.json", "file_3.json", "file_4.json", "market/file_5.json"] {
        fs::copy(example.join("inputs").join(name), inputs.join(name)).unwrap();
    }
    fs::write(inputs.join("notes.txt"), "not an input").unwrap();
    let run = || {
        Program::new()
            .args(["run".as_ref(), "--config".as_ref(), config.as_os_str()])
            .args([example.join("rust-sdk.wasm")])
            .run()
            .expect_code(3)
    };
    run();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let tables = || (read("output/0.results.csv"), read("output/1.results.csv"));
    let expected = (
        "fruits,vegetables,meat\n60,58,14\n40,1460,0\n8,31,0\n".to_owned(),
        "fruits,vegetables,meat\n127,4,11\n416,119,23\n".to_owned(),
    );
    assert_eq!(tables(), expected);
    let markers = folder.path().canonicalize().unwrap().join("inputs");
    let tracking = folder.path().join("working/tracking").join(markers.strip_prefix("/").unwrap());
    assert!(tracking.join("file_0.json/done.job").is_file());
    assert!(tracking.join("market/file_5.json/done.job").is_file());
    assert!(fs::read_to_string(tracking.join("file_3.json/error.job")).unwrap().starts_with("guest_error: "));
    run();
    assert_eq!(tables(), expected, "no file is processed twice");
    assert_eq!(fs::read_to_string(&config).unwrap(), text, "the file is never rewritten");
}
