//! The example of stock quotes: its files are those of the same thing in Python, and NumPy opens them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::program::Program;
use crate::tables::python;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/stock-quotes").canonicalize().unwrap()
}

/// What a processor declares.
fn sandmill_columns(processor: &Path) -> String {
    let inspected = Program::new().args(["inspect".as_ref(), processor.as_os_str()]).run().expect_code(0).stdout();
    inspected.lines().find(|line| line.contains("columns:")).unwrap().to_owned()
}

#[track_caller]
fn run_python(args: &[&std::ffi::OsStr]) {
    let output = Command::new(python()).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: run tests/setup?\n{}", String::from_utf8_lossy(&output.stderr));
}

/// Compares every file below the one folder with its like below the other.
const COMPARE: &str = r#"
import sys, numpy
from pathlib import Path
mine, theirs = map(Path, sys.argv[1:])
paths = sorted(path.relative_to(theirs) for path in theirs.rglob("*.npz"))
assert len(paths) == 30, paths
assert paths == sorted(path.relative_to(mine) for path in mine.rglob("*") if path.is_file())
for path in paths:
    one, other = numpy.load(mine / path), numpy.load(theirs / path)
    assert set(one) == set(other) == {"time", "open", "high", "low", "close", "volume"}
    for name in one:
        assert one[name].dtype == other[name].dtype and numpy.array_equal(one[name], other[name]), (path, name)
"#;

#[test]
fn the_columns_are_those_of_the_sequential_and_of_the_parallel_form() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).into_os_string();
    let script = |name: &str| example().join(name).into_os_string();
    let (quotes, out) = (path("quotes"), path("out"));
    run_python(&[&script("generate.py"), &quotes, "30".as_ref(), "50".as_ref()]);
    let mut processor = example().with_file_name("stock-quotes.wasm");
    // What its source makes, where tests/run has built it.
    if let Some(rebuilt) = env::var_os("SANDMILL_REBUILT_EXAMPLES") {
        let built = PathBuf::from(rebuilt).join("stock-quotes.wasm");
        let [committed, source] = [&processor, &built].map(|path| sandmill_columns(path));
        assert_eq!(committed, source, "run examples/build and commit what it makes");
        processor = built;
    }
    Program::new()
        .args(["run".as_ref(), processor.as_os_str(), &quotes, "--suffix".as_ref(), ".jsonl".as_ref()])
        .args(["-o".as_ref(), out.as_os_str(), "-q".as_ref()])
        .run()
        .expect_code(0);
    for form in ["sequential.py", "parallel.py"] {
        let made = path(form);
        run_python(&[&script(form), &quotes, &made]);
        run_python(&["-c".as_ref(), COMPARE.as_ref(), &path("out/files"), &made]);
    }
}
