//! `--split` and what belongs to it: how inputs become chunks.

use std::num::NonZeroU64;

use clap::Args;
use sandmill::config::{ChunkSize, Split, Splitting};

use super::error::UsageError;
use super::values;

/// How inputs are split.
#[derive(Args, Debug)]
#[command(next_help_heading = "Splitting")]
pub struct SplitArgs {
    /// Split every input into chunks, each a task of its own: lines, json-entries, csv, json-array, ...
    ///
    /// lines: at line ends (NDJSON, logs).
    /// json-entries: a JSON object or array with one entry a line; each is given as a value of its own, one a line.
    /// csv, csv:SEPARATOR: at the ends of CSV records; each chunk gets the header.
    /// json-array: the elements of one array, one a line.
    /// bytes:SIZE: pieces of so many bytes.
    /// delimiter:TEXT: after this text, in which \n, \r, \t, \0, \\ and \xHH mean what they mean in C.
    /// records:REGEX: before lines whose start matches, as in 'records:>' for FASTA.
    ///
    /// A record is never cut (but by `bytes`). Every chunk is committed, resumed, retried and budgeted by itself. All
    /// inputs of the run are split, compressed ones by one thread on the way through each (but not json-entries). An output
    /// folder remembers its splitting, and refuses another.
    #[arg(long, value_name = "HOW", value_parser = split, verbatim_doc_comment)]
    pub split: Option<Split>,

    /// Begin a new chunk after at least so many bytes, as in 4MiB (the default)
    #[arg(long, value_name = "SIZE", value_parser = values::chunk, requires = "split")]
    pub chunk_bytes: Option<NonZeroU64>,

    /// Begin a new chunk after so many records; for that, all of an input is read on the way to the workers
    #[arg(long, value_name = "N", requires = "split", conflicts_with = "chunk_bytes")]
    pub chunk_records: Option<NonZeroU64>,

    /// Name of the column that says at which byte of its input a row's chunk begins
    #[arg(long, value_name = "NAME", default_value = "chunk")]
    pub chunk_column: String,
}

impl SplitArgs {
    /// # Errors
    /// If the options do not go together.
    pub fn splitting(self) -> Result<Option<Splitting>, UsageError> {
        let Some(split) = self.split else { return Ok(None) };
        if self.chunk_column.is_empty() {
            return Err(UsageError::new("--chunk-column is empty"));
        }
        let size = match (self.chunk_bytes, self.chunk_records) {
            (None, None) => ChunkSize::DEFAULT,
            _ if matches!(split, Split::Bytes(_)) => {
                let hint = "bytes:SIZE says how large chunks are";
                return Err(UsageError::with_hint(
                    "--split bytes has no use for --chunk-bytes or --chunk-records",
                    hint,
                ));
            }
            (Some(bytes), _) => ChunkSize::Bytes(bytes),
            (None, Some(records)) => ChunkSize::Records(records),
        };
        Ok(Some(Splitting { split, size, column: self.chunk_column }))
    }
}

fn split(text: &str) -> Result<Split, String> {
    let (name, value) = match text.split_once(':') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    match (name, value) {
        ("lines", None) => Ok(Split::Lines),
        ("json-entries", None) => Ok(Split::JsonEntries),
        ("json-array", None) => Ok(Split::JsonArray),
        ("csv", None) => Ok(Split::Csv { separator: b',' }),
        ("csv", Some(separator)) => match unescaped(separator)?[..] {
            [b'"' | b'\n'] => Err("fields cannot be separated by quotes or line ends".to_owned()),
            [separator] => Ok(Split::Csv { separator }),
            _ => Err(format!("{separator:?} is not one byte, as in csv:; or csv:\\t")),
        },
        ("bytes", Some(size)) => Ok(Split::Bytes(values::chunk(size)?)),
        ("delimiter", Some(delimiter)) => {
            let delimiter = unescaped(delimiter)?;
            match delimiter.len() {
                0 => Err("the delimiter is empty".to_owned()),
                1..=Split::MOST_DELIMITER_BYTES => Ok(Split::Delimiter(delimiter)),
                _ => Err(format!("the delimiter is longer than {} bytes", Split::MOST_DELIMITER_BYTES)),
            }
        }
        ("records", Some("")) => Err("the regular expression is empty, and would match every line".to_owned()),
        ("records", Some(regex)) => Ok(Split::Records(regex.to_owned())),
        _ => Err("it is one of lines, json-entries, csv, csv:SEPARATOR, json-array, bytes:SIZE, delimiter:TEXT, \
                  records:REGEX"
            .to_owned()),
    }
}

/// The bytes of a text with the escapes of C.
fn unescaped(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = &rest[at + 1..];
        let (byte, length) = match escape.as_bytes().first() {
            Some(b'n') => (b'\n', 1),
            Some(b'r') => (b'\r', 1),
            Some(b't') => (b'\t', 1),
            Some(b'0') => (0, 1),
            Some(b'\\') => (b'\\', 1),
            Some(b'x') => {
                let digits = escape.get(1..3).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
                let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                (byte.ok_or("\\x is followed by two hexadecimal digits")?, 3)
            }
            _ => return Err("a backslash is followed by n, r, t, 0, \\ or xHH".to_owned()),
        };
        bytes.push(byte);
        rest = &escape[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_split_has_its_name() {
        let bytes = |bytes: &[u8]| Ok(Split::Delimiter(bytes.to_owned()));
        assert_eq!(split("lines"), Ok(Split::Lines));
        assert_eq!(split("json-entries"), Ok(Split::JsonEntries));
        assert_eq!(split("json-array"), Ok(Split::JsonArray));
        assert_eq!(split("csv"), Ok(Split::Csv { separator: b',' }));
        assert_eq!(split("csv:;"), Ok(Split::Csv { separator: b';' }));
        assert_eq!(split("csv:\\t"), Ok(Split::Csv { separator: b'\t' }));
        assert_eq!(split("bytes:64KiB"), Ok(Split::Bytes(NonZeroU64::new(65_536).unwrap())));
        assert_eq!(split("delimiter:--"), bytes(b"--"));
        assert_eq!(split("delimiter:a\\n\\x00\\\\:"), bytes(b"a\n\0\\:"));
        assert_eq!(split("records:^>[a-z]:"), Ok(Split::Records("^>[a-z]:".to_owned())));
        for wrong in [
            "",
            "line",
            "lines:1",
            "csv:",
            "csv:ab",
            "csv:\"",
            "bytes",
            "bytes:0",
            "bytes:x",
            "delimiter:",
            "delimiter:\\q",
            "delimiter:\\x1",
            "records:",
        ] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }
}
