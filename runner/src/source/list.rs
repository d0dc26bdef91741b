//! `--files-from`: reading a list of inputs.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::config::InputList;

/// The longest entry. No system takes a path this long; what has one is no list, and need not fill the memory.
const ENTRY_BYTES_MAX: u64 = 64 << 10;

/// Calls `take` with each entry of `list`.
pub(super) fn for_each_entry(cwd: &Path, list: &InputList, take: impl FnMut(&Path)) -> Result<()> {
    match &list.file {
        None => read_entries(io::stdin().lock(), list.nul_separated, take).context("read the list on standard input"),
        Some(file) => File::open(cwd.join(file))
            .map_err(anyhow::Error::from)
            .and_then(|list_file| read_entries(BufReader::new(list_file), list.nul_separated, take))
            .with_context(|| format!("read the list {}", file.display())),
    }
}

/// Entries are bytes up to the next separator, whatever they are: a carriage return is part of a name.
fn read_entries(mut reader: impl BufRead, nul_separated: bool, mut take: impl FnMut(&Path)) -> Result<()> {
    let separator = if nul_separated { 0 } else { b'\n' };
    let mut entry = Vec::new();
    for number in 1_u64.. {
        entry.clear();
        if reader.by_ref().take(ENTRY_BYTES_MAX + 1).read_until(separator, &mut entry)? == 0 {
            break;
        }
        if entry.last() == Some(&separator) {
            entry.pop();
        }
        if entry.len() as u64 > ENTRY_BYTES_MAX {
            bail!("entry {number} is longer than {ENTRY_BYTES_MAX} bytes, so this is no list of paths");
        }
        if entry.contains(&0) {
            bail!("entry {number} has a NUL byte in it; if the entries end in one, say so with -0");
        }
        if !entry.is_empty() {
            take(Path::new(OsStr::from_bytes(&entry)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &[u8], nul_separated: bool) -> Result<Vec<Vec<u8>>> {
        let mut entries = Vec::new();
        read_entries(text, nul_separated, |path| entries.push(path.as_os_str().as_bytes().to_vec()))?;
        Ok(entries)
    }

    #[test]
    fn lines_keep_every_byte_and_empty_ones_are_skipped() {
        assert_eq!(entries(b"a b\n\n\xff\r\n./c", false).unwrap(), [&b"a b"[..], b"\xff\r", b"./c"]);
        assert_eq!(entries(b"", false).unwrap(), [b""; 0]);
    }

    #[test]
    fn nul_separated_entries_may_have_newlines() {
        assert_eq!(entries(b"a\nb\0\0c\0", true).unwrap(), [&b"a\nb"[..], b"c"]);
    }

    #[test]
    fn a_nul_separated_list_read_as_lines_is_an_error() {
        assert!(entries(b"x\na\0b\0", false).unwrap_err().to_string().starts_with("entry 2 has a NUL"));
    }

    #[test]
    fn an_endless_entry_is_an_error() {
        let longest = vec![b'x'; ENTRY_BYTES_MAX as usize];
        assert_eq!(entries(&longest, false).unwrap().len(), 1);
        assert_eq!(entries(&[&longest[..], b"\n"].concat(), false).unwrap().len(), 1);
        assert!(read_entries(BufReader::new(io::repeat(b'x')), false, |_| ()).is_err());
    }
}
