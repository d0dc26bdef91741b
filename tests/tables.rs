//! The views open in the tools that people use: pandas and DuckDB, the real ones.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::job::Job;

/// A Python that has both. `tests/setup` makes one where the system's has not.
pub fn python() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/python/bin/python");
    if own.exists() { own } else { "python3".into() }
}

#[test]
fn pandas_and_duckdb_read_what_was_written() {
    let job = Job::new("echo.wat");
    let names: [&[u8]; 5] = [b"a,b", b"c\nd", b"e\"f", b"g\xff", b"plain"];
    for (number, name) in names.into_iter().enumerate() {
        let row =
            format!("{{\"n\":{number},\"text\":\"x,\\\"y\\\"\\nz\",\"nothing\":null,\"nested\":{{\"k\":[1,2]}}}}");
        job.input(OsStr::from_bytes(name), row);
    }
    job.input("bad \"one\"\n", "broken");
    job.run();
    let script = r#"
import sys, json, pandas, duckdb
results, errors = sys.argv[1:]
paths = ["a,b", "c\nd", 'e"f', "g\\xFF", "plain"]
frame = pandas.read_csv(results)
assert list(frame.columns) == ["path", "n", "text", "nothing", "nested"], frame.columns
assert list(frame["path"]) == paths, list(frame["path"])
assert list(frame["n"]) == [0, 1, 2, 3, 4]
assert set(frame["text"]) == {'x,"y"\nz'}
assert json.loads(frame["nested"][0]) == {"k": [1, 2]}
rows = duckdb.sql(f"select path, n, text from read_csv('{results}', header=true) order by n").fetchall()
assert rows == [(path, n, 'x,"y"\nz') for n, path in enumerate(paths)], rows
assert list(pandas.read_csv(errors)["path"]) == ['bad "one"\n']
assert duckdb.sql(f"select path, kind from read_csv('{errors}', header=true)").fetchall() == [('bad "one"\n', "bad_output")]
"#;
    let output = Command::new(python())
        .args(["-c", script])
        .args([job.out("results.csv"), job.out("errors.csv")])
        .output()
        .unwrap_or_else(|error| panic!("python3: {error}; run tests/setup"));
    assert!(output.status.success(), "run tests/setup?\n{}", String::from_utf8_lossy(&output.stderr));
}
