//! NDJSON, Parquet and Arrow, read back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::num::NonZeroU64;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int64Type, UInt64Type};
use arrow_array::{Array as _, RecordBatch};
use arrow_ipc::reader::FileReader;
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::{export, try_export};
use crate::column::ColumnType;
use crate::config::{Format, Layout, Views};
use crate::export::{Error, result_files};
use crate::ledger::testing::{Out, done, failed};
use crate::outcome::FailureKind;

fn in_formats(formats: &[Format]) -> Views {
    Views { formats: formats.iter().copied().collect(), ..Views::default() }
}

fn in_parts(format: Format, part_bytes: u64) -> Views {
    Views { part_bytes: NonZeroU64::new(part_bytes), ..in_formats(&[format]) }
}

/// The batches of a file of either format.
fn batches(path: &Path) -> Vec<RecordBatch> {
    let file = File::open(path).unwrap();
    if path.extension().unwrap() == "arrow" {
        return FileReader::try_new(file, None).unwrap().map(Result::unwrap).collect();
    }
    ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn ndjson_is_the_rows_as_they_were_written_behind_their_paths() {
    let out = Out::with(&[done("b", "{\"x\":1.50}{}"), done("a\"b", "{\"n\":12345678901234567890123}"), done("c", "")]);
    let written = try_export(&out, &in_formats(&[Format::Ndjson])).unwrap();
    let text = fs::read_to_string(out.path().join("results.ndjson")).unwrap();
    let expected =
        "{\"path\":\"a\\\"b\",\"n\":12345678901234567890123}\n{\"path\":\"b\",\"x\":1.50}\n{\"path\":\"b\"}\n";
    assert_eq!((text.as_str(), written.rows), (expected, 3));
    assert!(!out.path().join("results.csv").exists());
}

#[test]
fn parquet_and_arrow_have_the_types_of_all_values_and_nulls_where_there_are_none() {
    let first = "{\"flag\":true,\"i\":-1,\"u\":18446744073709551615,\"f\":1,\"s\":\"é\\n\",\"mixed\":1,\"nested\":{\"k\":[1.50]}}";
    let second = "{\"s\":null,\"f\":2.5,\"u\":0,\"mixed\":\"1\",\"late\":null}";
    let out = Out::with(&[done("b", second), done("a", first), failed("c", FailureKind::Trap, "no")]);
    let written = try_export(&out, &in_formats(&[Format::Parquet, Format::Arrow])).unwrap();
    assert_eq!(written.rows, 2);
    assert_eq!(written.sparse, ["flag", "i", "nested", "late"]);
    for name in ["results.parquet", "results.arrow"] {
        let batches = batches(&out.path().join(name));
        let [batch] = batches.as_slice() else { panic!("{name}: {} batches", batches.len()) };
        let schema = batch.schema();
        let columns: Vec<_> = schema.fields().iter().map(|field| (field.name().as_str(), field.data_type())).collect();
        let expected = [
            ("path", &DataType::Utf8),
            ("flag", &DataType::Boolean),
            ("i", &DataType::Int64),
            ("u", &DataType::UInt64),
            ("f", &DataType::Float64),
            ("s", &DataType::Utf8),
            ("mixed", &DataType::Utf8),
            ("nested", &DataType::Utf8),
            ("late", &DataType::Utf8),
        ];
        assert_eq!(columns, expected, "{name}");
        let column = |name: &str| Arc::clone(batch.column_by_name(name).unwrap());
        let text =
            |name: &str| column(name).as_string::<i32>().iter().map(|cell| cell.map(str::to_owned)).collect::<Vec<_>>();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(text("path"), [some("a"), some("b")]);
        assert_eq!(column("flag").as_boolean().iter().collect::<Vec<_>>(), [Some(true), None]);
        assert_eq!(column("i").as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(-1), None]);
        assert_eq!(column("u").as_primitive::<UInt64Type>().iter().collect::<Vec<_>>(), [Some(u64::MAX), Some(0)]);
        assert_eq!(column("f").as_primitive::<Float64Type>().iter().collect::<Vec<_>>(), [Some(1.0), Some(2.5)]);
        assert_eq!(text("s"), [some("é\n"), None]);
        assert_eq!(text("mixed"), [some("1"), some("1")]);
        assert_eq!(text("nested"), [some("{\"k\":[1.50]}"), None]);
        assert_eq!(column("late").null_count(), 2);
    }
}

#[test]
fn equal_ledgers_make_equal_bytes() {
    let row = |number: usize| format!("{{\"n\":{number},\"text\":\"{}\"}}", "x".repeat(number % 90));
    let batch: Vec<_> = (0..3000).map(|number| done(format!("{number:04}"), &row(number))).collect();
    let reversed: Vec<_> = batch.iter().rev().cloned().collect();
    let (one, other) = (Out::with(&batch), Out::with(&reversed));
    let views = in_formats(&Format::ALL);
    for out in [&one, &other] {
        try_export(out, &views).unwrap();
    }
    for format in Format::ALL {
        let name = format!("results.{}", format.extension());
        let bytes = |out: &Out| fs::read(out.path().join(&name)).unwrap();
        assert!(bytes(&one) == bytes(&other), "{name}");
        assert!(!bytes(&one).is_empty());
    }
}

#[test]
fn large_results_are_many_batches_and_row_groups() {
    // 40 MB in rows of 1 MB: no batch holds more than eight, and Snappy makes nearly nothing of them.
    let row = format!("{{\"text\":\"{}\"}}", "x".repeat(1_000_000));
    let out = Out::with(&(0..40).map(|number| done(format!("{number:02}"), &row)).collect::<Vec<_>>());
    try_export(&out, &in_formats(&[Format::Arrow])).unwrap();
    let batches = batches(&out.path().join("results.arrow"));
    assert!(batches.len() >= 5, "{}", batches.len());
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 40);
}

#[test]
fn parts_are_files_of_about_a_size_in_input_order() {
    // Text that nothing compresses.
    let mut random: u64 = 1;
    let mut noise = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (0..1000)
            .map(|shift| char::from(b'!' + 1 + ((random >> (shift % 56)) as u8).wrapping_mul(shift as u8) % 56))
            .collect::<String>()
    };
    let rows: Vec<String> = (0..4_000).map(|_| serde_json::json!({ "text": noise() }).to_string()).collect();
    let batch: Vec<_> = rows.iter().enumerate().map(|(number, row)| done(format!("{number:05}"), row)).collect();
    let out = Out::with(&batch);
    for format in [Format::Ndjson, Format::Parquet, Format::Arrow] {
        let extension = format.extension();
        try_export(&out, &in_parts(format, 1 << 20)).unwrap();
        let folder = out.path().join(format!("results.{extension}"));
        let parts = names(&folder);
        assert!(parts.len() >= 3, "{parts:?}");
        assert_eq!(parts[0], format!("results-00000.{extension}"));
        let paths: Vec<String> = parts
            .iter()
            .flat_map(|part| match format {
                Format::Ndjson => fs::read_to_string(folder.join(part))
                    .unwrap()
                    .lines()
                    .map(|line| line[9..14].to_owned())
                    .collect::<Vec<_>>(),
                _ => batches(&folder.join(part))
                    .iter()
                    .flat_map(|batch| {
                        batch
                            .column(0)
                            .as_string::<i32>()
                            .iter()
                            .map(|path| path.unwrap().to_owned())
                            .collect::<Vec<_>>()
                    })
                    .collect(),
            })
            .collect();
        assert!(paths.iter().map(String::as_str).eq((0..4_000).map(|number| format!("{number:05}"))), "{extension}");
        // One file again, and parts again, in the place of each other.
        try_export(&out, &in_formats(&[format])).unwrap();
        assert!(folder.is_file());
        try_export(&out, &in_parts(format, 1 << 40)).unwrap();
        assert_eq!(names(&folder), [format!("results-00000.{extension}")]);
    }
    let hidden: Vec<_> = names(out.path()).into_iter().filter(|name| name.starts_with('.')).collect();
    assert!(hidden.is_empty(), "{hidden:?}");
}

#[test]
fn without_rows_there_are_tables_with_the_declared_columns() {
    let out = Out::with(&[]);
    let types = BTreeMap::from([("n".to_owned(), ColumnType::Int64)]);
    let views = Views { columns: Some(vec!["n".to_owned(), "x".to_owned()]), types, ..in_formats(&Format::ALL) };
    try_export(&out, &views).unwrap();
    assert_eq!(fs::read_to_string(out.path().join("results.ndjson")).unwrap(), "");
    let file = File::open(out.path().join("results.parquet")).unwrap();
    let schema = Arc::clone(ParquetRecordBatchReaderBuilder::try_new(file).unwrap().schema());
    let types: Vec<_> = schema.fields().iter().map(|field| field.data_type().clone()).collect();
    assert_eq!(types, [DataType::Utf8, DataType::Int64, DataType::Utf8]);
    assert_eq!(batches(&out.path().join("results.arrow")).iter().map(RecordBatch::num_rows).sum::<usize>(), 0);
}

#[test]
fn a_value_that_is_not_of_the_declared_type_is_an_error_that_says_where() {
    let mut out = Out::with(&[done("a", "{\"n\":1}")]);
    let types = BTreeMap::from([("n".to_owned(), ColumnType::Int64)]);
    let views = Views { columns: Some(vec!["n".to_owned()]), types, ..in_formats(&[Format::Parquet]) };
    try_export(&out, &views).unwrap();
    let before = fs::read(out.path().join("results.parquet")).unwrap();
    out.commit(&[done("b", "{\"n\":\"one\"}")]);
    let error = try_export(&out, &views).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(Error::Misfit { .. })), "{error:#}");
    assert_eq!(
        format!("{error:#}"),
        "a row of b: the column \"n\" is declared int64, and the value \"\\\"one\\\"\" is none: \
         declare another type with --columns, or none to have it found out"
    );
    assert!(fs::read(out.path().join("results.parquet")).unwrap() == before);
}

#[test]
fn a_table_that_is_there_is_never_left_out_of_date() {
    let mut out = Out::with(&[done("a", "{\"n\":1}")]);
    try_export(&out, &in_formats(&[Format::Ndjson, Format::Parquet])).unwrap();
    out.commit(&[done("b", "{\"n\":2}")]);
    let (_, csv) = export(&out, &Views::default());
    assert_eq!(csv, "path,n\na,1\nb,2\n");
    assert_eq!(fs::read_to_string(out.path().join("results.ndjson")).unwrap().lines().count(), 2);
    assert_eq!(batches(&out.path().join("results.parquet"))[0].num_rows(), 2);
    let files = result_files(out.path(), &Views::default());
    let names: BTreeSet<_> = files.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, BTreeSet::from(["results.csv", "results.ndjson", "results.parquet"]));
}

#[test]
fn beside_the_tables_of_r3po_others_are_in_the_output_folder() {
    let out = Out::with(&[done("a", "{\"n\":1}")]);
    let tables = 2.try_into().unwrap();
    let folder = out.path().join("jobs");
    let views = Views { layout: Layout::Striped { folder: folder.clone(), tables }, ..in_formats(&[Format::Parquet]) };
    try_export(&out, &views).unwrap();
    assert!(folder.join("0.results.csv").exists() && out.path().join("results.parquet").exists());
    assert!(!out.path().join("results.csv").exists());
}
