//! The lines of an input, each with its number and its place.

use std::fmt::Display;
use std::io::BufRead as _;

use crate::error::{Context as _, Result};
use crate::input::Input;
use crate::task::reject;

/// The lines of an input; made by [`Input::lines`]. Only the longest line and a small window of the input are in memory
/// at a time.
///
/// ```
/// use sandmill_guest::{Input, Row};
///
/// #[derive(Row)]
/// struct Sum {
///     sum: i64,
/// }
///
/// fn sum(input: &mut Input) -> Sum {
///     let mut sum = 0;
///     let mut lines = input.lines();
///     while let Some(line) = lines.next_line() {
///         match line.text().map(str::parse::<i64>) {
///             Ok(Ok(number)) => sum += number,
///             _ => line.reject("not a number"),
///         }
///     }
///     Sum { sum }
/// }
///
/// let outcome = sandmill_guest::testing::run(sum, "1\nx\n3");
/// assert_eq!(outcome.rows.unwrap(), [r#"{"sum":4}"#]);
/// assert_eq!(outcome.rejects[0].record, 2);
/// ```
#[derive(Debug)]
pub struct Lines<'a> {
    input: &'a mut Input,
    number: u64,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(input: &'a mut Input) -> Self {
        Self { input, number: 0 }
    }

    /// The next line, if there is one. A newline at the very end of the input begins no further line.
    pub fn next_line(&mut self) -> Option<Line<'_>> {
        let length = self.next_length();
        (length > 0).then(|| self.take(length))
    }

    /// The line of this length, which is in the window.
    fn take(&mut self, length: usize) -> Line<'_> {
        self.number += 1;
        let offset = self.input.offset();
        let bytes = without_newline(self.input.take(length));
        Line { number: self.number, offset, bytes }
    }

    /// Widens the input's window until the next line is in it; the line's length, with its newline.
    fn next_length(&mut self) -> usize {
        let mut searched = 0;
        loop {
            let window = self.input.window();
            // The fastest search for a byte that the standard library offers; in memory it does not fail.
            searched += (&window[searched..]).skip_until(b'\n').unwrap_or(0);
            if window[..searched].ends_with(b"\n") || !self.input.widen() {
                return searched;
            }
        }
    }
}

/// The records of an input of which each is a line; made by [`Input::records`]. Lines of white space are none.
///
/// This is what sandmill gives with `--split lines`, `json-entries` and `json-array`, and what NDJSON is anyway.
///
/// ```
/// use sandmill_guest::{Input, Row, emit};
///
/// #[derive(Row)]
/// struct Number {
///     number: i64,
/// }
///
/// fn numbers(input: &mut Input) {
///     let mut records = input.records();
///     while let Some(record) = records.next_record() {
///         match record.text().map(str::parse) {
///             Ok(Ok(number)) => emit(Number { number }),
///             _ => record.reject("not a number"),
///         }
///     }
/// }
///
/// let outcome = sandmill_guest::testing::run(numbers, "1\n\nx\n3\n");
/// assert_eq!(outcome.rows.unwrap(), [r#"{"number":1}"#, r#"{"number":3}"#]);
/// assert_eq!((outcome.rejects[0].record, outcome.rejects[0].offset), (2, Some(3)));
/// ```
#[derive(Debug)]
pub struct Records<'a> {
    lines: Lines<'a>,
}

impl<'a> Records<'a> {
    pub(crate) fn new(input: &'a mut Input) -> Self {
        Self { lines: Lines::new(input) }
    }

    /// The next record, if there is one. Records are counted from 1.
    pub fn next_record(&mut self) -> Option<Line<'_>> {
        loop {
            let length = self.lines.next_length();
            if length == 0 {
                return None;
            }
            if !self.lines.input.window()[..length].trim_ascii_start().is_empty() {
                return Some(self.lines.take(length));
            }
            self.lines.input.take(length);
        }
    }
}

fn without_newline(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// One line of an input.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Its number, counted from 1.
    pub number: u64,
    /// The offset of its first byte in the input.
    pub offset: u64,
    /// The line without its newline (`\n` or `\r\n`).
    pub bytes: &'a [u8],
}

impl<'a> Line<'a> {
    /// The line as text.
    ///
    /// # Errors
    /// If it is not UTF-8.
    pub fn text(&self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes).context(format_args!("line {} is not text", self.number))
    }

    /// Parses the line as one JSON value, which may borrow from it.
    ///
    /// # Errors
    /// If it is not JSON, or not a `T`.
    #[cfg(feature = "json")]
    pub fn json<T: serde::Deserialize<'a>>(&self) -> Result<T> {
        Ok(serde_json::from_slice(self.bytes)?)
    }

    /// Parses the line as one JSON value; one that cannot be parsed is rejected, with the reason.
    #[cfg(feature = "json")]
    pub fn json_or_reject<T: serde::Deserialize<'a>>(&self) -> Option<T> {
        self.json().map_err(|error| self.reject(error)).ok()
    }

    /// Reports that this line could not be used, and why.
    pub fn reject(&self, reason: impl Display) {
        reject(self.number, Some(self.offset), reason);
    }
}
