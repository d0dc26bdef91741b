//! `--files-from`: reading a list of inputs, which may give each of them parameters of its own.

mod ndjson;
mod own;
mod paths;
mod tsv;

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::config::{InputList, ListFormat};
use crate::param::Params;

pub use self::own::OwnParams;

/// The longest line of a list with parameters. What has a longer one is no list, and need not fill the memory.
const LINE_BYTES_MAX: usize = 1 << 20;

/// One input of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub path: PathBuf,
    /// None in a list that is of paths alone.
    pub params: Option<Params>,
    /// Where in the list it stands, counted from 1.
    pub line: u64,
}

/// What messages call a list.
pub(super) fn name(list: &InputList) -> String {
    list.file
        .as_ref()
        .map_or_else(|| "the list on standard input".to_owned(), |file| format!("the list {}", file.display()))
}

/// Calls `take` with each entry of `list`.
pub(super) fn for_each_entry(cwd: &Path, list: &InputList, take: impl FnMut(Entry)) -> Result<()> {
    let read = || match &list.file {
        None => read_entries(io::stdin().lock(), list.format, take),
        Some(file) => read_entries(BufReader::new(File::open(cwd.join(file))?), list.format, take),
    };
    read().with_context(|| format!("read {}", name(list)))
}

fn read_entries(reader: impl BufRead, format: ListFormat, take: impl FnMut(Entry)) -> Result<()> {
    match format {
        ListFormat::Lines => paths::read(reader, b'\n', take),
        ListFormat::Nul => paths::read(reader, 0, take),
        ListFormat::Tsv => tsv::read(reader, take),
        ListFormat::Ndjson => ndjson::read(reader, take),
    }
}

/// Calls `take` with each line that is not empty, without its end, and its number.
fn for_each_line(mut reader: impl BufRead, mut take: impl FnMut(&[u8], u64) -> Result<(), String>) -> Result<()> {
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let limit = LINE_BYTES_MAX as u64 + 1;
        if io::Read::take(reader.by_ref(), limit).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        if text.len() > LINE_BYTES_MAX {
            bail!("line {number} is longer than {LINE_BYTES_MAX} bytes, so this is no list of inputs");
        }
        // As files of other systems and programs have it.
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let text = if number == 1 { text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text) } else { text };
        if !text.is_empty()
            && let Err(reason) = take(text, number)
        {
            bail!("line {number}: {reason}");
        }
    }
    Ok(())
}

/// A path as a list has it.
fn checked_path(path: &[u8]) -> Result<PathBuf, String> {
    use std::os::unix::ffi::OsStrExt as _;
    if path.is_empty() {
        return Err("its path is empty".to_owned());
    }
    if path.contains(&0) {
        return Err("its path has a NUL byte in it".to_owned());
    }
    Ok(std::ffi::OsStr::from_bytes(path).into())
}

#[cfg(test)]
mod testing {
    use super::*;

    /// Paths, lines and parameters.
    pub fn entries(text: &[u8], format: ListFormat) -> Result<Vec<(String, u64, String)>> {
        let mut entries = Vec::new();
        read_entries(text, format, |entry| {
            let params = entry.params.map_or_else(String::new, |params| params.to_json());
            entries.push((entry.path.display().to_string(), entry.line, params));
        })?;
        Ok(entries)
    }

    pub fn shown(text: &str, format: ListFormat) -> Vec<String> {
        let entries = entries(text.as_bytes(), format).unwrap();
        entries.into_iter().map(|(path, line, params)| format!("{line} {path} {params}")).collect()
    }

    pub fn refusal(text: &[u8], format: ListFormat) -> String {
        entries(text, format).unwrap_err().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::refusal;
    use super::*;

    #[test]
    fn an_endless_line_is_an_error() {
        for format in [ListFormat::Tsv, ListFormat::Ndjson] {
            let line = [&b"path\n"[..], &vec![b'x'; LINE_BYTES_MAX + 1]].concat();
            assert!(refusal(&line[..], format).contains("line "), "{format:?}");
            let endless = BufReader::new(io::repeat(b'x'));
            assert!(read_entries(endless, format, |_| ()).unwrap_err().to_string().contains("is longer than"));
        }
    }
}
