//! Rows: from the JSON that a guest wrote to the text that the ledger keeps, and from there to cells.
//!
//! A row is one JSON object. The ledger keeps rows as NDJSON: one object a line, insignificant white space removed,
//! numbers in the very text that the guest wrote.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::column::ColumnType;
use crate::outcome::{Failure, FailureKind};

/// Rows of one task, checked and normalised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    ndjson: String,
    count: u64,
    /// A cell that comes first in every row: its name, and its text as JSON.
    first_cell: Option<(String, String)>,
}

impl Rows {
    /// No rows yet. All will begin with a cell that says where in its input their chunk begins.
    pub fn of_chunk(column: &str, offset: u64) -> Self {
        Self { first_cell: Some((column.to_owned(), offset.to_string())), ..Self::default() }
    }

    /// The rows as NDJSON, each line ended by a newline.
    pub fn as_ndjson(&self) -> &str {
        &self.ndjson
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// Appends what a guest wrote: any number of JSON objects, bare or in arrays, separated by white space or nothing.
    ///
    /// # Errors
    /// [`FailureKind::BadOutput`] if `text` is not that; [`FailureKind::Schema`] if a row is not what `schema` says.
    /// The rows appended so far stay, so a caller that goes on after an error has to drop them.
    pub fn push_json(&mut self, text: &[u8], schema: &Schema) -> Result<(), Failure> {
        let text = std::str::from_utf8(text).map_err(|error| {
            bad_output(format!("the output is not UTF-8: invalid byte at offset {}", error.valid_up_to()))
        })?;
        let mut stream = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
        loop {
            let start = stream.byte_offset();
            let Some(value) = stream.next() else { return Ok(()) };
            let value = value.map_err(|error| not_json(text, start, &error))?;
            match value.get().as_bytes().first() {
                Some(b'{') => self.push_object(value, schema)?,
                Some(b'[') => self.push_array(value, schema)?,
                _ => return Err(not_an_object(value.get())),
            }
        }
    }

    /// The rows in the form of [`Rows::as_ndjson`].
    pub fn into_ndjson(self) -> String {
        self.ndjson
    }

    /// Those that another process made of a guest's, checked as if the guest had written them here. `self`, which has none
    /// yet, knows their task.
    ///
    /// # Errors
    /// Those of [`Rows::push_json`].
    pub fn filled_with(mut self, ndjson: String, schema: &Schema) -> Result<Self, Failure> {
        for line in ndjson.split_terminator('\n') {
            let mut row = Row::parse(line).map_err(|error| bad_output(error.to_string()))?;
            row.check_unique()?;
            row.check_unicode()?;
            if let Some((column, text)) = &self.first_cell {
                let is_there = row.cells.first().is_some_and(|(name, value)| name == column && value.get() == text);
                if !is_there {
                    return Err(bad_output(format!("a row does not begin with its {column:?}")));
                }
                row.cells.remove(0);
            }
            schema.check(&row)?;
            self.count += 1;
        }
        if !ndjson.is_empty() && !ndjson.ends_with('\n') {
            return Err(bad_output("a row does not end".to_owned()));
        }
        self.ndjson = ndjson;
        Ok(self)
    }

    fn push_array(&mut self, array: &RawValue, schema: &Schema) -> Result<(), Failure> {
        let elements: Vec<&RawValue> =
            serde_json::from_str(array.get()).map_err(|error| bad_output(error.to_string()))?;
        for element in elements {
            if !element.get().starts_with('{') {
                return Err(not_an_object(element.get()));
            }
            self.push_object(element, schema)?;
        }
        Ok(())
    }

    fn push_object(&mut self, object: &RawValue, schema: &Schema) -> Result<(), Failure> {
        let row = Row::parse(object.get()).map_err(|error| bad_output(error.to_string()))?;
        row.check_unique()?;
        row.check_unicode()?;
        schema.check(&row)?;
        if let Some((column, text)) = &self.first_cell {
            let is_taken = row.cells.iter().any(|(name, _)| name == column);
            if is_taken {
                let message =
                    format!("a row has a column {column:?}, which is where its chunk goes (--chunk-column NAME)");
                return Err(Failure::new(FailureKind::Schema, message));
            }
            row.write(Some((column, text)), &mut self.ndjson);
        } else {
            row.write(None, &mut self.ndjson);
        }
        self.ndjson.push('\n');
        self.count += 1;
        Ok(())
    }
}

/// One row: its cells in the order in which the guest wrote them.
#[derive(Debug)]
pub struct Row<'a> {
    pub cells: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Row<'a> {
    /// Reads one object.
    ///
    /// # Errors
    /// If `object` is not a JSON object.
    pub fn parse(object: &'a str) -> serde_json::Result<Self> {
        let mut deserializer = serde_json::Deserializer::from_str(object);
        let cells = deserializer.deserialize_map(CellsVisitor)?;
        deserializer.end()?;
        Ok(Self { cells })
    }

    fn check_unique(&self) -> Result<(), Failure> {
        let twice = |name: &str| bad_output(format!("a row has the key {} twice", shown(name)));
        // A handful of keys is compared faster than it is hashed.
        if self.cells.len() <= 16 {
            for (index, (name, _)) in self.cells.iter().enumerate() {
                if self.cells[..index].iter().any(|(other, _)| other == name) {
                    return Err(twice(name));
                }
            }
            return Ok(());
        }
        let mut seen = HashSet::with_capacity(self.cells.len());
        match self.cells.iter().find(|(name, _)| !seen.insert(name.as_ref())) {
            Some((name, _)) => Err(twice(name)),
            None => Ok(()),
        }
    }

    /// JSON can write half a surrogate pair, which no table can hold, and at which its own readers fail.
    fn check_unicode(&self) -> Result<(), Failure> {
        match self.cells.iter().find(|(_, value)| has_half_pair(value.get())) {
            Some((name, _)) => Err(bad_output(format!("the value of {} is not valid Unicode", shown(name)))),
            None => Ok(()),
        }
    }

    fn write(&self, first_cell: Option<(&str, &str)>, out: &mut String) {
        out.push('{');
        if let Some((name, text)) = first_cell {
            push_json_string(name, out);
            out.push(':');
            out.push_str(text);
        }
        for (index, (name, value)) in self.cells.iter().enumerate() {
            if index > 0 || first_cell.is_some() {
                out.push(',');
            }
            push_json_string(name, out);
            out.push(':');
            push_compact(value.get(), out);
        }
        out.push('}');
    }
}

/// Whether an escape in `json`, which must be valid, is half of a surrogate pair, at any depth.
fn has_half_pair(json: &str) -> bool {
    if !json.contains("\\u") {
        return false;
    }
    let unit = |escape: &str| u16::from_str_radix(escape.get(..4)?, 16).ok();
    let mut is_high = false;
    let mut rest = json;
    while let Some((before, after)) = rest.split_once('\\') {
        let escaped = after.strip_prefix('u').and_then(unit);
        // The second half follows the first at once.
        let is_low = escaped.is_some_and(|unit| (0xdc00..0xe000).contains(&unit));
        if (is_high && !before.is_empty()) || is_high != is_low {
            return true;
        }
        is_high = escaped.is_some_and(|unit| (0xd800..0xdc00).contains(&unit));
        // What is escaped may be another backslash. Escapes are of ASCII.
        rest = after.get(if escaped.is_some() { 5 } else { 1 }..).unwrap_or_default();
    }
    is_high
}

/// The text of a cell in a table: strings without their quotes, null as nothing, everything else as its JSON.
///
/// # Errors
/// If the value is a string that JSON can write and UTF-8 cannot: half of a surrogate pair.
pub fn cell_text(value: &RawValue) -> serde_json::Result<Cow<'_, str>> {
    match value.get().as_bytes().first() {
        Some(b'"') => Ok(match serde_json::from_str::<&str>(value.get()) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(serde_json::from_str(value.get())?),
        }),
        Some(b'n') => Ok(Cow::Borrowed("")),
        _ => Ok(Cow::Borrowed(value.get())),
    }
}

/// What is known of the columns before the first row.
#[derive(serde::Serialize, serde::Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// The column that the views put first; no guest may use its name.
    pub path_column: Option<String>,
    /// If set, every row has exactly these.
    pub columns: Option<Vec<String>>,
    /// What the values of some of the columns must be.
    pub types: BTreeMap<String, ColumnType>,
}

impl Schema {
    fn check(&self, row: &Row<'_>) -> Result<(), Failure> {
        if let Some(reserved) = &self.path_column
            && row.cells.iter().any(|(name, _)| name == reserved)
        {
            return Err(Failure::new(
                FailureKind::Schema,
                format!(
                    "a row has a column {reserved:?}, which is where the input's path goes; rename one of the two (--path-column NAME)"
                ),
            ));
        }
        self.check_types(row)?;
        let Some(columns) = &self.columns else { return Ok(()) };
        if let Some((name, _)) = row.cells.iter().find(|(name, _)| !columns.iter().any(|column| column == name)) {
            return Err(Failure::new(
                FailureKind::Schema,
                format!("a row has the column {}, which is not declared", shown(name)),
            ));
        }
        // The names are unique and all of them are declared: only too few of them can be wrong now.
        if row.cells.len() != columns.len() {
            let missing = columns.iter().find(|column| !row.cells.iter().any(|(name, _)| name == *column));
            return Err(Failure::new(
                FailureKind::Schema,
                format!("a row lacks the declared column {}", shown(missing.map_or("", String::as_str))),
            ));
        }
        Ok(())
    }

    fn check_types(&self, row: &Row<'_>) -> Result<(), Failure> {
        if self.types.is_empty() {
            return Ok(());
        }
        for (name, value) in &row.cells {
            if let Some(column_type) = self.types.get(name.as_ref())
                && !column_type.accepts(value)
            {
                let message = format!(
                    "the column {} is declared {column_type}, and a row has {}",
                    shown(name),
                    shown(value.get())
                );
                return Err(Failure::new(FailureKind::Schema, message));
            }
        }
        Ok(())
    }
}

struct CellsVisitor;

impl<'de> Visitor<'de> for CellsVisitor {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut cells = Vec::with_capacity(map.size_hint().unwrap_or(8));
        while let Some(Name(name)) = map.next_key()? {
            cells.push((name, map.next_value()?));
        }
        Ok(cells)
    }
}

/// A key, borrowed from the text where it has no escapes. (`Cow<str>` alone always copies.)
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Name<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

/// Appends `json`, which must be valid, without the white space between its tokens.
fn push_compact(json: &str, out: &mut String) {
    if !json.bytes().any(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
        out.push_str(json);
        return;
    }
    let mut in_string = false;
    let mut escaped = false;
    for character in json.chars() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if matches!(character, ' ' | '\t' | '\n' | '\r') {
            continue;
        } else {
            in_string = character == '"';
        }
        out.push(character);
    }
}

/// Appends `text` as a JSON string.
pub fn push_json_string(text: &str, out: &mut String) {
    let plain = text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    if plain {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

/// Appends a cell of text, as it stands in an object: `"name":"text"`.
pub fn push_cell(name: &str, text: &str, out: &mut String) {
    push_json_string(name, out);
    out.push(':');
    push_json_string(text, out);
}

/// Appends the row `object` with `cell` before its first, and ends the line.
pub fn push_line(cell: &str, object: &str, out: &mut String) {
    let rest = object.strip_prefix('{').unwrap_or(object);
    out.push('{');
    out.push_str(cell);
    out.push_str(if rest == "}" { "" } else { "," });
    out.push_str(rest);
    out.push('\n');
}

fn bad_output(message: String) -> Failure {
    Failure::new(FailureKind::BadOutput, message)
}

fn not_json(text: &str, start: usize, error: &serde_json::Error) -> Failure {
    let rest = text.get(start..).unwrap_or_default().trim_start();
    let what = if error.is_eof() { "the output ends in the middle of a JSON value" } else { "the output is not JSON" };
    bad_output(format!("{what} ({error}): {}", shown(rest)))
}

fn not_an_object(value: &str) -> Failure {
    bad_output(format!("a row must be a JSON object, not {}", shown(value)))
}

/// The beginning of a guest's text, quoted, short enough for a message.
pub fn shown(text: &str) -> String {
    const MOST_CHARS: usize = 60;
    let mut start: String = text.chars().take(MOST_CHARS).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    format!("{start:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Schema = Schema { path_column: None, columns: None, types: BTreeMap::new() };

    fn rows(text: &str) -> Result<String, FailureKind> {
        let mut rows = Rows::default();
        rows.push_json(text.as_bytes(), &OPEN).map_err(|failure| failure.kind)?;
        assert_eq!(rows.count() as usize, rows.as_ndjson().lines().count());
        Ok(rows.as_ndjson().to_owned())
    }

    #[test]
    fn objects_come_bare_in_lines_and_in_arrays() {
        assert_eq!(rows(""), Ok(String::new()));
        assert_eq!(rows(" \n"), Ok(String::new()));
        assert_eq!(rows("[]"), Ok(String::new()));
        assert_eq!(rows("{}"), Ok("{}\n".into()));
        let escaped = "{\"a\":[\"\\ud83d\\ude00 \\\\ud800 \\u00e9\\n\"]}\n";
        assert_eq!(rows(escaped), Ok(escaped.into()));
        let two = Ok("{\"a\":1}\n{\"a\":2}\n".into());
        assert_eq!(rows("{\"a\":1}\n{\"a\":2}"), two);
        assert_eq!(rows("[{\"a\": 1}, {\"a\":\n2}]"), two);
        assert_eq!(rows("{\"a\":1}[{\"a\":2}]"), two);
    }

    #[test]
    fn numbers_and_strings_keep_their_text() {
        let text = "{\"a\":1e400,\"b\":0.10,\"c\":12345678901234567890123,\"d\":\"\\u00e9 \\n\"}\n";
        assert_eq!(rows(text), Ok(text.into()));
    }

    #[test]
    fn white_space_goes_between_tokens_and_stays_in_strings() {
        assert_eq!(
            rows("{ \"a b\" : [ 1 , { \"x \\\" y\\\\\" : \" z \" } ] }"),
            Ok("{\"a b\":[1,{\"x \\\" y\\\\\":\" z \"}]}\n".into())
        );
    }

    #[test]
    fn what_is_no_object_is_bad_output() {
        for text in [
            "1",
            "null",
            "\"x\"",
            "[1]",
            "[[{}]]",
            "{",
            "{\"a\":1}}",
            "{\"a\":1,\"a\":2}",
            "nan",
            "{\"a\":\"\\ud800\"}",
            "{\"a\":[{\"b\":\"\\ud800\"}]}",
            "{\"a\":[\"\\ud800 \\udc00\"]}",
            "{\"a\":{\"\\udc00\":1}}",
            "{\"a\":\"\\\\\\ud83d\\\\ude00\"}",
        ] {
            assert_eq!(rows(text), Err(FailureKind::BadOutput), "{text}");
        }
        let many: String = (0..20).map(|n| format!("\"k{n}\":0,")).collect();
        assert_eq!(rows(&format!("{{{many}\"k7\":1}}")), Err(FailureKind::BadOutput));
        let mut not_utf8 = Rows::default();
        assert_eq!(not_utf8.push_json(b"{\"a\":\"\xff\"}", &OPEN).unwrap_err().kind, FailureKind::BadOutput);
    }

    #[test]
    fn rows_of_another_process_are_checked_again() {
        let again = |text: &str| Rows::default().filled_with(text.to_owned(), &OPEN).map_err(|failure| failure.kind);
        let rows = "{\"a\":1}\n{\"a\":[2,{}]}\n";
        let mut here = Rows::default();
        here.push_json(rows.as_bytes(), &OPEN).unwrap();
        assert_eq!(again(rows), Ok(here));
        assert_eq!(again(""), Ok(Rows::default()));
        for text in ["{}", "\n", "[{}]\n", "{}{}\n", "{\"a\":1,\"a\":1}\n", "{\"a\":\"\\ud800\"}\n", "1\n"] {
            assert_eq!(again(text), Err(FailureKind::BadOutput), "{text}");
        }
        let narrow = Schema { columns: Some(vec!["a".to_owned()]), ..OPEN };
        let of_chunk = |text: &str| Rows::of_chunk("chunk", 7).filled_with(text.to_owned(), &narrow);
        assert_eq!(of_chunk("{\"chunk\":7,\"a\":1}\n").unwrap().count(), 1);
        assert_eq!(of_chunk("{\"chunk\":8,\"a\":1}\n").unwrap_err().kind, FailureKind::BadOutput);
        assert_eq!(of_chunk("{\"chunk\":7,\"b\":1}\n").unwrap_err().kind, FailureKind::Schema);
    }

    #[test]
    fn deep_nesting_is_not_recursed_into() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(rows(&deep).is_ok());
    }

    #[test]
    fn declared_columns_are_exact() {
        let schema = Schema { path_column: Some("path".into()), columns: Some(vec!["a".into(), "b".into()]), ..OPEN };
        let kind = |text: &str| Rows::default().push_json(text.as_bytes(), &schema).map_err(|failure| failure.kind);
        assert_eq!(kind("{\"b\":1,\"a\":2}"), Ok(()));
        assert_eq!(kind("{\"a\":2}"), Err(FailureKind::Schema));
        assert_eq!(kind("{\"a\":2,\"b\":1,\"c\":1}"), Err(FailureKind::Schema));
        assert_eq!(kind("{\"a\":2,\"path\":1}"), Err(FailureKind::Schema));
    }

    #[test]
    fn declared_types_are_exact() {
        let types = [("n".to_owned(), ColumnType::Int64)].into();
        let schema = Schema { types, ..OPEN };
        let check = |text: &str| Rows::default().push_json(text.as_bytes(), &schema);
        assert_eq!(check("{\"n\":1,\"m\":\"x\"}{\"n\":null}{}"), Ok(()));
        let failure = check("{\"n\":1}{\"n\":1.5}").unwrap_err();
        assert_eq!(failure.kind, FailureKind::Schema);
        assert_eq!(failure.message, "the column \"n\" is declared int64, and a row has \"1.5\"");
    }

    #[test]
    fn cells_are_text() {
        let text = |json: &str| cell_text(serde_json::from_str(json).unwrap()).unwrap().into_owned();
        assert_eq!(text("\"a\\nb\""), "a\nb");
        assert_eq!(text("null"), "");
        assert_eq!(text("1.50"), "1.50");
        assert_eq!(text("true"), "true");
        assert_eq!(text("[1,\"x\"]"), "[1,\"x\"]");
    }
}
