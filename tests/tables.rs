//! The views open in the tools that people use: pandas, DuckDB and Polars, the real ones.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use sandmill::config::Format;

use crate::harness::job::Job;

/// A Python that has them. `tests/setup` makes one where the system's has not.
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
    python_run(script, &[job.out("results.csv"), job.out("errors.csv")]);
}

/// Runs `script` with the files as its arguments.
fn python_run(script: &str, files: &[PathBuf]) {
    let output = Command::new(python())
        .args(["-c", script])
        .args(files)
        .output()
        .unwrap_or_else(|error| panic!("python3: {error}; run tests/setup"));
    assert!(output.status.success(), "run tests/setup?\n{}", String::from_utf8_lossy(&output.stderr));
}

/// What every reader must find in the tables of [`typed_job`], and the types that it must have found.
const TYPED: &str = r#"
import sys, math, json, pandas, duckdb, polars, pyarrow, pyarrow.ipc
ndjson, parquet, arrow = sys.argv[1:]
names = ["path", "flag", "i", "u", "f", "s", "nested", "late"]
rows = [
    ("a", True, -9223372036854775808, 18446744073709551615, 1.0, 'x,"y"\nz', '{"k":[1,2.50]}', None),
    ("b", None, 9223372036854775807, 0, 0.1, "", None, "only here"),
    ("c", False, None, 1, None, "\u00e9\U0001F600", "[]", None),
]

def same(found, what):
    found = [tuple(None if isinstance(v, float) and math.isnan(v) else v for v in row) for row in found]
    assert found == rows, (what, found)

def types(found, expected, what):
    assert [str(t) for t in found] == expected, (what, [str(t) for t in found])

sql = ["VARCHAR", "BOOLEAN", "BIGINT", "UBIGINT", "DOUBLE", "VARCHAR", "VARCHAR", "VARCHAR"]
table = duckdb.sql(f"select * from read_parquet('{parquet}') order by path")
assert table.columns == names, table.columns
types(table.types, sql, "duckdb parquet")
same(table.fetchall(), "duckdb parquet")
with pyarrow.ipc.open_file(arrow) as reader:
    mapped = reader.read_all()
table = duckdb.sql("select * from mapped order by path")
types(table.types, sql, "duckdb arrow")
same(table.fetchall(), "duckdb arrow")

kinds = ["String", "Boolean", "Int64", "UInt64", "Float64", "String", "String", "String"]
for frame, what in [(polars.read_parquet(parquet), "polars parquet"), (polars.read_ipc(arrow), "polars arrow")]:
    assert frame.columns == names, frame.columns
    types(frame.dtypes, kinds, what)
    same(frame.rows(), what)

nullable = {"dtype_backend": "pyarrow"}
kinds = ["string", "bool", "int64", "uint64", "double", "string", "string", "string"]
for frame, what in [(pandas.read_parquet(parquet, **nullable), "pandas parquet"), (pandas.read_feather(arrow, **nullable), "pandas arrow")]:
    assert list(frame.columns) == names, list(frame.columns)
    types([t.pyarrow_dtype for t in frame.dtypes], kinds, what)
    same([tuple(None if v is pandas.NA else v for v in row) for row in frame.itertuples(index=False)], what)

lines = [json.loads(line) for line in open(ndjson, encoding="utf-8")]
assert [line["path"] for line in lines] == ["a", "b", "c"]
assert lines[0]["u"] == 18446744073709551615 and lines[1]["late"] == "only here" and "late" not in lines[0]
assert duckdb.sql(f"select count(*), sum(u::hugeint) from read_ndjson('{ndjson}')").fetchall() == [(3, 18446744073709551616)]
assert list(pandas.read_json(ndjson, lines=True)["s"]) == [row[5] for row in rows]
"#;

/// A job of three rows in which each column has a type of its own.
fn typed_job() -> Job {
    let mut job = Job::new("echo.wat");
    job.config.views.formats = Format::ALL.into();
    job.input(
        "a",
        r#"{"flag":true,"i":-9223372036854775808,"u":18446744073709551615,"f":1,"s":"x,\"y\"\nz","nested":{"k":[1,2.50]}}"#,
    );
    job.input("b", r#"{"i":9223372036854775807,"u":0,"f":0.1,"s":"","nested":null,"late":"only here"}"#);
    job.input("c", r#"{"flag":false,"i":null,"u":1,"s":"\u00e9\ud83d\ude00","nested":[]}"#);
    job.input("d", "broken");
    job
}

#[test]
fn pandas_duckdb_and_polars_read_the_same_values_and_types() {
    let job = typed_job();
    job.run();
    python_run(TYPED, &["ndjson", "parquet", "arrow"].map(|format| job.out(&format!("results.{format}"))));
}

#[test]
fn folders_of_parts_open_as_one_table() {
    let mut job = Job::new("echo.wat");
    job.config.views.formats = [Format::Ndjson, Format::Parquet, Format::Arrow].into();
    job.config.views.part_bytes = std::num::NonZeroU64::new(1);
    job.numbered_inputs(7).run();
    let script = r#"
import sys, os, pandas, duckdb, polars
ndjson, parquet, arrow = sys.argv[1:]
assert len(os.listdir(parquet)) == len(os.listdir(arrow)) == len(os.listdir(ndjson)) == 7
assert list(pandas.read_parquet(parquet)["n"]) == list(range(7))
assert polars.read_parquet(parquet)["n"].to_list() == list(range(7))
assert polars.read_ipc(arrow + "/*.arrow")["n"].to_list() == list(range(7))
assert polars.read_ndjson(ndjson + "/results-00003.ndjson").rows() == [("f0003.json", 3)]
assert duckdb.sql(f"select n from '{parquet}/*.parquet' order by path").fetchall() == [(n,) for n in range(7)]
assert duckdb.sql(f"select n from read_ndjson('{ndjson}/*.ndjson') order by path").fetchall() == [(n,) for n in range(7)]
"#;
    python_run(script, &["ndjson", "parquet", "arrow"].map(|format| job.out(&format!("results.{format}"))));
}
