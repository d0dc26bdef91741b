//! Views as they come out of a ledger.

mod formats;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::markers::Marked;
use super::{Error, MarkerTree, Written, check, write_views};
use crate::config::{Layout, Views};
use crate::formula::CsvFormulas;
use crate::ledger::testing::{Out, again, done, failed, id, rows, skipped, with_rejects};
use crate::outcome::{FailureKind, Finished, Outcome};

fn try_export(out: &Out, views: &Views) -> anyhow::Result<Written> {
    out.snapshot(|snapshot| write_views(snapshot, out.path(), views))
}

fn export(out: &Out, views: &Views) -> (Written, String) {
    let written = try_export(out, views).unwrap();
    (written, fs::read_to_string(out.path().join("results.csv")).unwrap())
}

fn results(batch: &[Finished]) -> String {
    export(&Out::with(batch), &Views::default()).1
}

fn declaring(columns: &[&str]) -> Views {
    Views { columns: Some(columns.iter().map(|&column| column.to_owned()).collect()), ..Views::default() }
}

fn striped(out: &Out, tables: usize) -> Views {
    let tables = NonZeroUsize::new(tables).unwrap();
    Views { layout: Layout::Striped { folder: out.path().join("jobs"), tables }, ..Views::default() }
}

/// The files below `folder` with their contents.
fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let mut is_empty = true;
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            is_empty = false;
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder).unwrap().to_path_buf(), fs::read_to_string(&path).unwrap());
            }
        }
        if is_empty && next != folder {
            files.insert(next.strip_prefix(folder).unwrap().join("(empty)"), String::new());
        }
    }
    files
}

fn expected(files: &[(&str, &str)]) -> BTreeMap<PathBuf, String> {
    files.iter().map(|(path, content)| (PathBuf::from(path), (*content).to_owned())).collect()
}

#[test]
fn rows_stand_in_input_order_behind_their_paths() {
    let batch = [done("b", "{\"x\":1,\"y\":\"z\"}"), done("a/b", "{\"x\":1.50,\"y\":null}{\"x\":true,\"y\":[1,{}]}")];
    assert_eq!(results(&batch), "path,x,y\na/b,1.50,\na/b,true,\"[1,{}]\"\nb,1,z\n");
}

#[test]
fn what_needs_quotes_is_read_back_as_it_was() {
    let cells = ["a,b", "say \"x\"", "two\nlines", "cr\rlf\r\n", "", " padded ", "=1+1", "\u{0}", "é\u{1F600}"];
    let row: serde_json::Map<_, _> =
        cells.iter().map(|&cell| (format!("column {cell}"), serde_json::Value::from(cell))).collect();
    let odd = OsStr::from_bytes(b"d/\xff,\"\n\\");
    let text = results(&[done(odd, &serde_json::to_string(&row).unwrap())]);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let columns: Vec<_> = row.keys().map(String::as_str).collect();
    assert_eq!(reader.headers().unwrap().iter().skip(1).collect::<Vec<_>>(), columns);
    let record = reader.records().next().unwrap().unwrap();
    assert_eq!(&record[0], "d/\\xFF,\"\n\\\\");
    for (cell, column) in record.iter().skip(1).zip(columns) {
        assert_eq!(format!("column {cell}"), column);
    }
}

#[test]
fn columns_are_the_union_in_order_of_first_appearance_in_input_order() {
    let mut out = Out::with(&[done("c", "{\"z\":1,\"x\":2}"), done("b", "{\"y\":1,\"x\":3}")]);
    out.commit(&[done("a", "{\"x\":4}{\"x\":5}")]);
    let (written, text) = export(&out, &Views::default());
    assert_eq!(text, "path,x,y,z\na,4,,\na,5,,\nb,3,1,\nc,2,,1\n");
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    assert_eq!(written, Written { rows: 4, columns: names(&["x", "y", "z"]), sparse: names(&["y", "z"]) });
}

#[test]
fn cells_find_their_columns_in_whatever_order_they_come() {
    let text = results(&[done("a", "{\"x\":1,\"y\":2,\"z\":3}{\"z\":6,\"x\":4,\"y\":5}{\"y\":8,\"z\":9}{\"z\":1}{}")]);
    assert_eq!(text, "path,x,y,z\na,1,2,3\na,4,5,6\na,,8,9\na,,,1\na,,,\n");
}

#[test]
fn a_new_column_in_the_last_of_many_rows_makes_the_table_anew() {
    let mut batch: Vec<_> = (0..20_000).map(|number| done(format!("{number:05}"), "{\"x\":1}")).collect();
    batch.push(done("z", "{\"x\":1,\"late\":2}"));
    let (written, text) = export(&Out::with(&batch), &Views::default());
    assert!(text.starts_with("path,x,late\n00000,1,\n") && text.ends_with("\n19999,1,\nz,1,2\n"));
    assert_eq!((text.lines().count(), written.rows, written.sparse), (20_002, 20_001, vec!["late".to_owned()]));
}

#[test]
fn declared_columns_come_first_and_in_their_order_and_none_is_lost() {
    let out = Out::with(&[done("a", "{\"x\":1,\"y\":2}")]);
    assert_eq!(export(&out, &declaring(&["y", "x"])).1, "path,y,x\na,2,1\n");
    let (written, text) = export(&out, &declaring(&["w", "y"]));
    assert_eq!(text, "path,w,y,x\na,,2,1\n");
    assert_eq!(written.sparse, ["w"]);
}

#[test]
fn without_rows_there_is_a_header() {
    let out = Out::with(&[done("a", ""), skipped("b", "empty"), failed("c", FailureKind::Trap, "no")]);
    assert_eq!(export(&out, &Views::default()).1, "path\n");
    assert_eq!(export(&out, &declaring(&["x", "y"])).1, "path,x,y\n");
}

#[test]
fn rows_without_cells_are_rows() {
    assert_eq!(results(&[done("a", "{}{}")]), "path\na\na\n");
}

#[test]
fn too_many_columns_are_an_error_that_leaves_the_old_table() {
    let mut out = Out::with(&[done("a", "{\"x\":1,\"y\":2}")]);
    let views = Views { max_columns: 2, path_column: "file".to_owned(), ..Views::default() };
    assert_eq!(export(&out, &views).1, "file,x,y\na,1,2\n");
    out.commit(&[done("b", "{\"z\":1}")]);
    let error = try_export(&out, &views).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(Error::TooManyColumns { most: 2 })), "{error:#}");
    let text = format!("{error:#}");
    assert!(text.contains("results.csv: ") && text.contains("--max-columns") && text.contains("ndjson"), "{text}");
    assert_eq!(fs::read_to_string(out.path().join("results.csv")).unwrap(), "file,x,y\na,1,2\n");
    let mut names: Vec<_> = fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.retain(|name| name.as_bytes().starts_with(b"."));
    assert!(names.is_empty(), "{names:?}");
}

#[test]
fn a_column_may_not_be_called_like_that_of_the_paths() {
    let views = Views { path_column: "x".to_owned(), ..Views::default() };
    let error = try_export(&Out::with(&[done("a", "{\"x\":1}")]), &views).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(Error::PathColumnTaken { .. })), "{error:#}");
}

#[test]
fn errors_are_failures_and_rejects_in_input_order() {
    let mut chunk = failed("a", FailureKind::Trap, &"é".repeat(4_000));
    chunk.task.id.offset = 4096;
    let batch =
        [with_rejects("b", &["x, y", "z"]), failed("a", FailureKind::OutOfFuel, "all\nof it"), chunk, done("c", "{}")];
    let out = Out::with(&batch);
    export(&out, &Views::default());
    let text = fs::read_to_string(out.path().join("errors.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = "path,kind,message,hint,attempt,fuel,elapsed_us,record,byte_offset";
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>().join(","), header);
    let lines: Vec<Vec<String>> =
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
    assert_eq!(lines[0][..3], ["a", "out_of_fuel", "all\nof it"]);
    assert_eq!(lines[0][3], FailureKind::OutOfFuel.hint());
    assert_eq!(lines[0][4..], ["1", "7", "8", "", ""]);
    assert_eq!((lines[1][2].len(), lines[1][8].as_str()), (4096, "4096"));
    assert_eq!((lines[2][..3].join("|"), lines[2][4..].join("|")), ("b|reject|x, y".into(), "|||1|10".into()));
    assert_eq!((lines[3][..3].join("|"), lines[3][4..].join("|")), ("b|reject|z".into(), "|||2|20".into()));
    assert_eq!(lines.len(), 4);
}

#[test]
fn stripes_share_out_the_tasks_by_their_rank_and_have_one_header() {
    let batch = [
        done("a", "{\"x\":1}"),
        failed("b", FailureKind::Trap, "no"),
        done("c", "{\"x\":3}{\"x\":4}"),
        done("d", "{\"x\":5,\"y\":6}"),
    ];
    let out = Out::with(&batch);
    let written = try_export(&out, &striped(&out, 2)).unwrap();
    let jobs = out.path().join("jobs");
    let both = [("0.results.csv", "x,y\n1,\n3,\n4,\n"), ("1.results.csv", "x,y\n5,6\n"), (".sandmill-tables", "2\n")];
    assert_eq!(tree(&jobs), expected(&both));
    assert_eq!(written.rows, 4);
    assert!(!out.path().join("results.csv").exists());
}

#[test]
fn fewer_stripes_remove_those_of_ours_that_are_too_many() {
    let out = Out::with(&[done("a", "{\"x\":1}")]);
    let jobs = out.path().join("jobs");
    try_export(&out, &striped(&out, 4)).unwrap();
    fs::write(jobs.join("7.results.csv"), "mine").unwrap();
    fs::write(jobs.join("notes"), "mine").unwrap();
    try_export(&out, &striped(&out, 1)).unwrap();
    let left = [("0.results.csv", "x\n1\n"), ("7.results.csv", "mine"), ("notes", "mine"), (".sandmill-tables", "1\n")];
    assert_eq!(tree(&jobs), expected(&left));
}

#[test]
fn stripes_of_another_program_are_not_overwritten() {
    let out = Out::with(&[done("a", "{\"x\":1}")]);
    let jobs = out.path().join("jobs");
    check(&striped(&out, 2)).unwrap();
    fs::create_dir(&jobs).unwrap();
    fs::write(jobs.join("1.results.csv"), "of R-3PO").unwrap();
    for error in [check(&striped(&out, 2)).unwrap_err(), try_export(&out, &striped(&out, 2)).unwrap_err()] {
        assert!(matches!(error.downcast_ref(), Some(Error::ForeignTable { .. })), "{error:#}");
    }
    assert_eq!(tree(&jobs), expected(&[("1.results.csv", "of R-3PO")]));
    try_export(&out, &striped(&out, 1)).unwrap();
    check(&striped(&out, 1)).unwrap();
}

#[test]
fn stripes_without_any_column_are_empty_files() {
    let out = Out::with(&[done("a", "{}"), done("b", "")]);
    try_export(&out, &striped(&out, 1)).unwrap();
    assert_eq!(fs::read_to_string(out.path().join("jobs/0.results.csv")).unwrap(), "");
    let views = Views { columns: Some(vec!["x".to_owned()]), ..striped(&out, 1) };
    try_export(&out, &views).unwrap();
    assert_eq!(fs::read_to_string(out.path().join("jobs/0.results.csv")).unwrap(), "x\n\"\"\n");
}

#[test]
fn markers_follow_the_outcomes() {
    let out = Out::new();
    let markers = MarkerTree::new(out.path(), Path::new("run"));
    let batch = [done("a/b.json", "{}"), skipped("/abs/c", "empty"), failed("d", FailureKind::Trap, "no")];
    assert_eq!(markers.write(&batch).unwrap(), Marked { written: 3, ..Marked::default() });
    let tracking = out.path().join("tracking");
    let first = [("run/a/b.json/done.job", ""), ("run/abs/c/done.job", ""), ("run/d/error.job", "trap: no\n")];
    assert_eq!(tree(&tracking), expected(&first));
    markers.write(&[again(done("d", "{}")), again(failed("a/b.json", FailureKind::Exit, "code 1"))]).unwrap();
    let second = [("run/a/b.json/error.job", "exit: code 1\n"), ("run/abs/c/done.job", ""), ("run/d/done.job", "")];
    assert_eq!(tree(&tracking), expected(&second));
    assert_eq!(markers.remove(&[id("a/b.json"), id("d"), id("never/was")]).unwrap().removed, 2);
    assert_eq!(tree(&tracking), expected(&[("run/abs/c/done.job", "")]));
}

#[test]
fn reconciling_makes_markers_those_of_the_ledger() {
    let mut chunk = done("d", "{}");
    chunk.task.id.offset = 4096;
    let batch = [
        done("a/b.json", "{}"),
        failed("c", FailureKind::Trap, "no"),
        done("/abs/e", "{}"),
        failed("d", FailureKind::Exit, "1"),
        chunk,
    ];
    let out = Out::with(&batch);
    let tracking = out.path().join("tracking");
    let put = |path: &str, content: &str| {
        let path = tracking.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    put("p/a/b.json/error.job", "trap: it was so once\n");
    put("p/c/error.job", "trap: cut off in the midd");
    put("p/gone/for/good/done.job", "");
    put("p/a/done.job", "");
    put("other prefix/a/b.json/done.job", "");
    put("p/notes.txt", "mine");
    fs::create_dir_all(tracking.join("p/was/emptied")).unwrap();
    let markers = MarkerTree::new(out.path(), Path::new("p"));
    let marked = out.snapshot(|snapshot| markers.reconcile(snapshot)).unwrap();
    // The error.job beside a new done.job goes with the writing, the other three are strays.
    assert_eq!(marked, Marked { written: 5, removed: 3, unmarkable: 0 });
    let files = [
        ("p/a/b.json/done.job", ""),
        ("p/abs/e/done.job", ""),
        ("p/c/error.job", "trap: no\n"),
        ("p/d/@4096/done.job", ""),
        ("p/d/error.job", "exit: 1\n"),
        ("p/notes.txt", "mine"),
    ];
    assert_eq!(tree(&tracking), expected(&files));
    assert_eq!(out.snapshot(|snapshot| markers.reconcile(snapshot)).unwrap(), Marked::default());
}

#[test]
fn paths_that_look_like_markers_or_lead_elsewhere_are_marked_within_the_tree() {
    let paths = ["x", "x/done.job", "x/done.job/y", "../../up", "z/error.job"];
    let batch: Vec<_> = paths.iter().map(|path| done(path, "{}")).collect();
    let out = Out::with(&batch);
    let markers = MarkerTree::new(out.path(), Path::new(""));
    assert_eq!(markers.write(&batch).unwrap().written, 5);
    let before = tree(&out.path().join("tracking"));
    assert_eq!(before.len(), 5);
    assert_eq!(out.snapshot(|snapshot| markers.reconcile(snapshot)).unwrap(), Marked::default());
    assert_eq!(tree(&out.path().join("tracking")), before);
}

#[test]
fn a_path_too_long_for_a_marker_is_counted_and_no_error() {
    let long = vec!["x".repeat(255); 16].join("/");
    let batch = [done(&long, "{}"), done("a", "{}")];
    let out = Out::with(&batch);
    let markers = MarkerTree::new(out.path(), Path::new(""));
    assert_eq!(markers.write(&batch).unwrap(), Marked { written: 1, removed: 0, unmarkable: 1 });
    assert_eq!(out.snapshot(|snapshot| markers.reconcile(snapshot)).unwrap().unmarkable, 1);
}

#[test]
fn a_deep_tree_of_markers_is_walked_to_its_end() {
    let deep = vec!["d"; 300].join("/");
    let out = Out::with(&[done(&deep, "{}")]);
    let markers = MarkerTree::new(out.path(), Path::new(""));
    markers.write(&[done(&deep, "{}"), done(format!("{deep}/gone"), "{}")]).unwrap();
    let marked = out.snapshot(|snapshot| markers.reconcile(snapshot)).unwrap();
    assert_eq!(marked, Marked { written: 0, removed: 1, unmarkable: 0 });
}

#[test]
fn a_kept_instance_of_the_views_is_the_same_bytes() {
    let mut forwards = Out::new();
    let mut backwards = Out::new();
    let batch: Vec<_> = (0..100).map(|number| done(format!("{number}"), &format!("{{\"n\":{number}}}"))).collect();
    for finished in &batch {
        forwards.commit(std::slice::from_ref(finished));
    }
    let mut reversed = batch;
    reversed.reverse();
    backwards.commit(&reversed);
    let rerun = Outcome::Done { rows: rows("{\"n\":5}"), rejects: Vec::new() };
    backwards.commit(&[again(crate::ledger::testing::finished("5", rerun))]);
    assert_eq!(export(&forwards, &Views::default()), export(&backwards, &Views::default()));
}

#[test]
fn cells_that_a_spreadsheet_would_compute_are_escaped_in_all_tables_if_asked_for() {
    let out = Out::with(&[
        done("+a", "{\"=h\":\"=1+1\",\"n\":-5,\"s\":\"@x\"}"),
        done("b", "{\"s\":\"\\t1\"}"),
        failed("-c", FailureKind::GuestError, "=cmd|' /C calc'!A0"),
    ]);
    let views = Views { csv_formulas: CsvFormulas::Escape, ..Views::default() };
    assert_eq!(export(&out, &views).1, "path,'=h,n,s\n'+a,'=1+1,-5,'@x\nb,,,'\t1\n");
    let errors = fs::read_to_string(out.path().join("errors.csv")).unwrap();
    assert!(errors.contains("\n'-c,guest_error,'=cmd|' /C calc'!A0,"), "{errors}");
    let striped = Views { csv_formulas: CsvFormulas::Escape, ..striped(&out, 1) };
    try_export(&out, &striped).unwrap();
    let table = fs::read_to_string(out.path().join("jobs/0.results.csv")).unwrap();
    assert!(table.starts_with("'=h,n,s\n'=1+1,-5,'@x\n"), "{table}");
    assert!(export(&out, &Views::default()).1.contains("\n+a,=1+1,-5,@x\n"));
}
