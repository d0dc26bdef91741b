//! What a guest writes, on its way to rows.

use sandmill::column::ColumnType;
use sandmill::row::{Rows, Schema};
use serde_json::Value;

use crate::Target;

/// JSON to rows, for a whole file, a chunk, and under a strict schema.
pub fn target() -> Target {
    let seeds = [
        "{\"a\":1,\"b\":\"x\"}\n{\"a\":-0.10e+7}\n",
        "[{\"a\": [1, {\"x \\\" y\\\\\": \" z \"}]}, {\"b\":null}]",
        "{\"\\u0061\":\"\\ud83d\\ude00\\u0000\"} {} {\"a\":true,\"chunk\":1}",
        "{\"n\":12345678901234567890123,\"path\":\"\u{e9}\u{202e}\"}",
    ];
    let strict = Schema {
        path_column: Some("path".to_owned()),
        columns: Some(vec!["a".to_owned(), "b".to_owned()]),
        types: [("a".to_owned(), ColumnType::Int64)].into(),
    };
    Target {
        name: "rows",
        seeds: seeds.map(|seed| seed.as_bytes().to_vec()).into(),
        check: Box::new(move |text| {
            check(text, Rows::default(), &Schema::default());
            check(text, Rows::of_chunk("chunk", 7), &Schema::default());
            check(text, Rows::default(), &strict);
        }),
    }
}

/// What is taken is JSON, as many objects as are counted, and the same when it is taken again.
fn check(text: &[u8], mut rows: Rows, schema: &Schema) {
    if rows.push_json(text, schema).is_err() {
        return;
    }
    let lines: Vec<&str> = rows.as_ndjson().lines().collect();
    assert_eq!(lines.len() as u64, rows.count());
    for line in lines {
        let value: Result<Value, _> = serde_json::from_str(line);
        // Numbers without bound and deep values are kept as text, which this reader does not take.
        let is_beyond = |error: &serde_json::Error| {
            let message = error.to_string();
            message.contains("out of range") || message.contains("recursion limit")
        };
        assert!(value.as_ref().map_or_else(is_beyond, Value::is_object), "{value:?}: {line}");
    }
    let mut again = Rows::default();
    again.push_json(rows.as_ndjson().as_bytes(), &Schema::default()).unwrap();
    assert_eq!(again.as_ndjson(), rows.as_ndjson());
}
