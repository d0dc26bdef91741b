//! Lists of paths alone, one a line or each ended by NUL.

use std::ffi::OsStr;
use std::io::{BufRead, Read as _};
use std::os::unix::ffi::OsStrExt as _;

use anyhow::{Result, bail};

use super::Entry;

/// The longest entry. No system takes a path this long; what has one is no list, and need not fill the memory.
const ENTRY_BYTES_MAX: u64 = 64 << 10;

/// Entries are bytes up to the next separator, whatever they are: a carriage return is part of a name.
pub fn read(mut reader: impl BufRead, separator: u8, mut take: impl FnMut(Entry)) -> Result<()> {
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
            take(Entry { path: OsStr::from_bytes(&entry).into(), params: None, line: number });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{self, BufReader};

    use super::*;

    fn entries(text: &[u8], separator: u8) -> Result<Vec<Vec<u8>>> {
        let mut entries = Vec::new();
        read(text, separator, |entry| entries.push(entry.path.as_os_str().as_bytes().to_vec()))?;
        Ok(entries)
    }

    #[test]
    fn lines_keep_every_byte_and_empty_ones_are_skipped() {
        assert_eq!(entries(b"a b\n\n\xff\r\n./c", b'\n').unwrap(), [&b"a b"[..], b"\xff\r", b"./c"]);
        assert_eq!(entries(b"", b'\n').unwrap(), [b""; 0]);
    }

    #[test]
    fn nul_separated_entries_may_have_newlines() {
        assert_eq!(entries(b"a\nb\0\0c\0", 0).unwrap(), [&b"a\nb"[..], b"c"]);
    }

    #[test]
    fn a_nul_separated_list_read_as_lines_is_an_error() {
        assert!(entries(b"x\na\0b\0", b'\n').unwrap_err().to_string().starts_with("entry 2 has a NUL"));
    }

    #[test]
    fn an_endless_entry_is_an_error() {
        let longest = vec![b'x'; ENTRY_BYTES_MAX as usize];
        assert_eq!(entries(&longest, b'\n').unwrap().len(), 1);
        assert_eq!(entries(&[&longest[..], b"\n"].concat(), b'\n').unwrap().len(), 1);
        assert!(read(BufReader::new(io::repeat(b'x')), b'\n', |_| ()).is_err());
    }
}
