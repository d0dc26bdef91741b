//! Every implementation of count-fruits over the same thousand inputs: equal rows, and failures on the same paths.
//!
//! What each input comes to is known as it is made, by the specification in `examples/count-fruits/README.md`.

mod broken;
mod whole;

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::harness::program::Program;

/// How many inputs there are.
const INPUTS: usize = 1_000;

/// The sums of fruits, vegetables and meat.
type Sums = [u64; 3];

/// An input, and what it comes to: nothing if it is no basket.
struct Case {
    name: String,
    input: Vec<u8>,
    sums: Option<Sums>,
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % bound as u64) as usize
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// Those that are broken, and baskets.
fn cases() -> Vec<Case> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut cases: Vec<Case> = broken::all()
        .into_iter()
        .enumerate()
        .map(|(number, (class, input))| Case { name: format!("{class}-{number:03}.json"), input, sums: None })
        .collect();
    let baskets = INPUTS.checked_sub(cases.len()).unwrap();
    assert!(baskets >= INPUTS / 4, "{baskets} baskets are too few");
    cases.extend((0..baskets).map(|number| {
        let (input, sums) = whole::basket(&mut dice, number);
        Case { name: format!("basket-{number:03}.json"), input, sums: Some(sums) }
    }));
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

/// What came of a processor: its rows and the kinds of its failures, by path.
struct Table {
    results: String,
    failures: BTreeMap<String, String>,
}

fn run(processor: &Path, inputs: &Path) -> Table {
    let out = tempfile::tempdir().unwrap();
    Program::new()
        .args(["run".as_ref(), processor.as_os_str(), inputs.as_os_str()])
        .args(["-o".as_ref(), out.path().as_os_str()])
        // One of them begins as a gzip file does, and is none.
        .args(["--decompress", "never"])
        .run()
        .expect_code(3);
    let mut errors = csv::Reader::from_path(out.path().join("errors.csv")).unwrap();
    let failures = errors.records().map(|record| record.unwrap());
    Table {
        results: fs::read_to_string(out.path().join("results.csv")).unwrap(),
        failures: failures.map(|record| (record[0].to_owned(), record[1].to_owned())).collect(),
    }
}

/// Checks one processor, and shows the first input that it takes for something else.
fn check(processor: &Path, inputs: &Path, cases: &[Case]) {
    let table = run(processor, inputs);
    let name = processor.file_stem().and_then(OsStr::to_str).unwrap();
    let kind = if name.ends_with("-sdk") { "guest_error" } else { "exit" };
    let rows: BTreeMap<&str, &str> = table.results.lines().skip(1).filter_map(|row| row.split_once(',')).collect();
    for case in cases {
        let row = case.sums.map(|[fruits, vegetables, meat]| format!("{fruits},{vegetables},{meat}"));
        let failure = table.failures.get(&case.name).map(String::as_str);
        let expected = (row.as_deref(), row.is_none().then_some(kind));
        let shown = String::from_utf8_lossy(&case.input[..case.input.len().min(400)]);
        assert_eq!((rows.get(case.name.as_str()).copied(), failure), expected, "{name}, {}: {shown:?}", case.name);
    }
    let header = "path,fruits,vegetables,meat\n".to_owned();
    let row = |case: &Case| {
        case.sums.map(|[fruits, vegetables, meat]| format!("{},{fruits},{vegetables},{meat}\n", case.name))
    };
    let expected = header + &cases.iter().filter_map(row).collect::<String>();
    assert!(table.results == expected, "{name}: results.csv is not byte for byte what it must be");
}

/// The processors: those that tests/run has built, one for each folder of count-fruits. Elsewhere the toolchains may be
/// missing, so there it is those that are committed.
fn processors() -> Vec<PathBuf> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/count-fruits");
    let folders = fs::read_dir(&sources).unwrap().map(|entry| entry.unwrap().path());
    if let Some(rebuilt) = env::var_os("SANDMILL_REBUILT_EXAMPLES") {
        let is_source = |path: &PathBuf| path.is_dir() && !path.ends_with("inputs");
        let built = Path::new(&rebuilt).join("count-fruits");
        let built = |source: PathBuf| built.join(source.file_name().unwrap()).with_extension("wasm");
        return folders.filter(is_source).map(built).collect();
    }
    assert!(env::var_os("CI").is_none(), "SANDMILL_REBUILT_EXAMPLES is not set: run tests/run");
    let note = "without SANDMILL_REBUILT_EXAMPLES, the matrix has only the processors that are committed\n";
    io::stderr().write_all(note.as_bytes()).unwrap();
    let committed = ["c.wasm", "rust-sdk.wasm"];
    folders.filter(|path| committed.iter().any(|name| path.ends_with(name))).collect()
}

#[test]
fn all_implementations_agree_on_a_thousand_inputs() {
    let cases = cases();
    let inputs = tempfile::tempdir().unwrap();
    for case in &cases {
        fs::write(inputs.path().join(&case.name), &case.input).unwrap();
    }
    let processors = processors();
    assert!(processors.len() >= 2, "there is nothing to compare: {processors:?}");
    for processor in processors {
        assert!(processor.is_file(), "{} has not been built", processor.display());
        check(&processor, inputs.path(), &cases);
    }
}
