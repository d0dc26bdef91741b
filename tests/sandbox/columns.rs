//! Columns that a processor declares, those that a user asks for, and rows that have others.

use sandmill::outcome::FailureKind;
use sandmill::sandbox::Settings;

use crate::harness::guests::{assert_failed, guest, load, refusal, rows, run_all, run_with, settings, settings_with};

/// The guest that declares columns, with others, as JSON.
fn declaring(columns: &str) -> String {
    let source = guest("columns.wat");
    let start = source.find("[\\\"a\\\"").expect("the columns of columns.wat");
    let end = start + source[start..].find(")").unwrap();
    // The declaration has 64 bytes, padded with spaces.
    format!("{}{}\"{}", &source[..start], format!("{columns:64}").replace('"', "\\\""), &source[end..])
}

fn names(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|&column| column.to_owned()).collect()
}

fn asking_for(columns: &[&str]) -> Settings {
    settings_with(|settings| settings.schema.columns = Some(names(columns)))
}

fn with_path(path_column: &str) -> Settings {
    settings_with(|settings| settings.schema.path_column = Some(path_column.to_owned()))
}

#[test]
fn declared_columns_are_what_every_row_must_have() {
    assert_eq!(load(&guest("columns.wat"), settings()).schema().columns, Some(names(&["a", "b"])));
    assert_eq!(rows(&run_with("columns.wat", settings(), "{\"b\":1,\"a\":2}")), "{\"b\":1,\"a\":2}\n");
    for (row, message) in [
        ("{\"a\":1}", "lacks the declared column \"b\""),
        ("{}", "lacks the declared column \"a\""),
        ("{\"a\":1,\"b\":2,\"c\":3}", "has the column \"c\""),
        ("{\"a\":1,\"c\":3}", "has the column \"c\""),
        ("[{\"a\":1,\"b\":2},{\"a\":1}]", "lacks the declared column \"b\""),
    ] {
        assert_failed(&run_with("columns.wat", settings(), row), FailureKind::Schema, message);
    }
}

#[test]
fn declaring_nothing_leaves_rows_free() {
    let source = guest("columns.wat").replace("(i64.const 0x4000000040)", "(i64.const 0)");
    assert_eq!(load(&source, settings()).schema().columns, None);
    assert_eq!(rows(&run_all(&source, settings(), [("a", "{\"z\":1}".into())])[0]), "{\"z\":1}\n");
}

#[test]
fn declaring_no_columns_leaves_rows_empty() {
    let source = declaring("[]");
    assert_eq!(load(&source, settings()).schema().columns, Some(vec![]));
    let attempts = run_all(&source, settings(), [("a", "{}{}".into()), ("b", "{\"z\":1}".into())]);
    assert_eq!(rows(&attempts[0]), "{}\n{}\n");
    assert_failed(&attempts[1], FailureKind::Schema, "\"z\"");
}

#[test]
fn a_column_that_is_declared_twice_refuses_the_processor() {
    let message = refusal(declaring("[\"a\",\"b\",\"a\"]").as_bytes(), settings());
    assert!(message.contains("declares a column twice: a, b, a"), "{message}");
}

#[test]
fn a_column_that_is_named_like_the_paths_refuses_the_processor() {
    let message = refusal(guest("columns.wat").as_bytes(), with_path("b"));
    assert!(message.contains("\"b\"") && message.contains("--path-column"), "{message}");
    assert_eq!(rows(&run_with("columns.wat", with_path("path"), "{\"a\":1,\"b\":2}")), "{\"a\":1,\"b\":2}\n");
}

#[test]
fn an_undeclared_column_that_is_named_like_the_paths_fails_the_task() {
    for name in ["emit.wat", "echo.wat"] {
        assert_failed(&run_with(name, with_path("path"), "{\"path\":1}"), FailureKind::Schema, "\"path\"");
        assert_eq!(rows(&run_with(name, with_path("p"), "{\"path\":1}")), "{\"path\":1}\n");
    }
}

#[test]
fn columns_that_a_user_asks_for_hold_where_none_are_declared() {
    for name in ["emit.wat", "echo.wat"] {
        assert_eq!(rows(&run_with(name, asking_for(&["z"]), "{\"z\":1}")), "{\"z\":1}\n");
        assert_failed(&run_with(name, asking_for(&["z"]), "{\"a\":1}"), FailureKind::Schema, "\"a\"");
    }
}

#[test]
fn a_user_may_ask_for_declared_columns_in_another_order_and_for_no_others() {
    let reordered = load(&guest("columns.wat"), asking_for(&["b", "a"]));
    assert_eq!(reordered.schema().columns, Some(names(&["b", "a"])));
    for columns in [&["a"][..], &["a", "b", "c"], &["a", "c"], &[]] {
        let message = refusal(guest("columns.wat").as_bytes(), asking_for(columns));
        assert!(message.contains("declares a, b"), "{message}");
    }
}

#[test]
fn what_is_no_list_of_names_refuses_the_processor() {
    for columns in ["{\"a\":1}", "[1]", "[\"a\"", "a,b", "", "[\"a\"] [\"b\"]"] {
        let message = refusal(declaring(columns).as_bytes(), settings());
        assert!(message.contains("sandmill_columns is not a JSON array of strings"), "{columns:?}: {message}");
    }
    let outside = guest("columns.wat").replace("0x4000000040", "0x0002000000000001");
    let message = refusal(outside.as_bytes(), settings());
    assert!(message.contains("sandmill_columns: 1 bytes at 131072 are not within"), "{message}");
    let not_text = guest("columns.wat").replace("[\\\"a\\\",\\\"b\\\"]  ", "[\\\"\\ff\\\"]        ");
    let message = refusal(not_text.as_bytes(), settings());
    assert!(message.contains("sandmill_columns is not"), "{message}");
}
