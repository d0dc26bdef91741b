//! The examples of real use, as tests/run builds them, over the inputs that they bring.

use std::env;
use std::fs;
use std::path::Path;

use crate::harness::program::Program;

/// What came of an example: `results.csv`; and of `errors.csv` the path, the kind, the message and the record.
struct Table {
    results: String,
    errors: Vec<[String; 4]>,
}

/// Runs an example over its inputs; nothing where it has not been built, as its toolchain may be missing. Under CI it
/// must be there.
fn run(example: &str, code: i32, args: &[&str]) -> Option<Table> {
    let Some(rebuilt) = env::var_os("SANDMILL_REBUILT_EXAMPLES") else {
        assert!(env::var_os("CI").is_none(), "SANDMILL_REBUILT_EXAMPLES is not set: run tests/run");
        return None;
    };
    let processor = Path::new(&rebuilt).join(example).with_extension("wasm");
    let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(example).join("inputs");
    let out = tempfile::tempdir().unwrap();
    Program::new()
        .args(["run".as_ref(), processor.as_os_str(), inputs.as_os_str(), "-o".as_ref(), out.path().as_os_str()])
        .args(args)
        .run()
        .expect_code(code);
    let mut errors = csv::Reader::from_path(out.path().join("errors.csv")).unwrap();
    let errors = errors.records().map(|record| {
        let record = record.unwrap();
        [0, 1, 2, 7].map(|column| record[column].to_owned())
    });
    let errors = errors.collect();
    Some(Table { results: fs::read_to_string(out.path().join("results.csv")).unwrap(), errors })
}

#[test]
fn csv_stats_describes_columns_and_rejects_records() {
    let Some(table) = run("csv-stats", 3, &[]) else { return };
    let expected = "path,column,name,values,empty,numbers,min,max,mean,distinct\n\
        cities.csv,1,city,5,0,0,,,,4\n\
        cities.csv,2,inhabitants,5,0,5,569396,3755251,2149017.6,4\n\
        cities.csv,3,founded,4,1,4,794,1237,1019,3\n\
        torn.csv,1,a,1,0,1,1,1,1,1\n\
        torn.csv,2,b,1,0,1,2,2,2,1\n\
        weather.csv,1,time,5,0,0,,,,5\n\
        weather.csv,2,celsius,5,0,4,-4.25,1,-1.9375,5\n\
        weather.csv,3,note,2,3,0,,,,2\n";
    assert_eq!(table.results, expected);
    let expected = [
        ["torn.csv", "reject", "extraneous or missing \" in quoted-field", "2"],
        ["weather.csv", "reject", "wrong number of fields", "5"],
    ];
    assert_eq!(table.errors, expected);
}

#[test]
fn csv_stats_takes_its_parameters() {
    let Some(table) = run("csv-stats", 3, &["--param", "distinct=4", "--param", "separator=;"]) else { return };
    let header = "path,column,name,values,empty,numbers,min,max,mean,distinct\n";
    let expected = "cities.csv,1,\"city,inhabitants,founded\",4,0,0,,,,3\n\
        torn.csv,1,\"a,b\",1,0,0,,,,1\n\
        weather.csv,1,\"time,celsius,note\",5,0,0,,,,\n";
    assert_eq!(table.results, format!("{header}{expected}"));
    assert!(table.errors.iter().all(|error| error[1] == "reject"), "{:?}", table.errors);
}

#[test]
fn word_count_ranks_words() {
    let Some(table) = run("word-count", 0, &["--param", "top=3"]) else { return };
    let expected = "path,rank,word,count\n\
        mixed.txt,1,3,3\n\
        mixed.txt,2,größe,2\n\
        mixed.txt,3,quoted,2\n\
        proverbs.txt,1,the,5\n\
        proverbs.txt,2,don't,2\n\
        proverbs.txt,3,many,2\n";
    assert_eq!(table.results, expected);
    assert!(table.errors.is_empty(), "{:?}", table.errors);
}

#[test]
fn bad_parameters_end_a_run_before_it_begins() {
    for (example, parameter, message) in
        [("csv-stats", "separator=ab", "the separator is one character"), ("word-count", "top=0", "top is a number")]
    {
        let Some(rebuilt) = env::var_os("SANDMILL_REBUILT_EXAMPLES") else { return };
        let processor = Path::new(&rebuilt).join(example).with_extension("wasm");
        let out = tempfile::tempdir().unwrap();
        Program::new()
            .args(["run".as_ref(), processor.as_os_str(), out.path().as_os_str()])
            .args(["-o".as_ref(), out.path().join("out").as_os_str()])
            .args(["--param", parameter])
            .run()
            .expect_code(1)
            .expect_stderr(message);
    }
}
