//! A processor's file: read whole, and made binary where it is text. Both are bounded, since both happen before anything is
//! known of it.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;

use super::contract::Refusal;

/// The largest interpreters compiled to WebAssembly have a tenth of this.
const MODULE_BYTES: u64 = 256 << 20;

/// Text is for people, and takes a hundred times its size to be read.
const TEXT_BYTES: u64 = 16 << 20;

/// How every binary begins.
const MAGIC: &[u8] = b"\0asm";

/// Reads the file of a processor, or what is enough of it to be too large.
///
/// # Errors
/// If it cannot be read.
pub fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut source = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MODULE_BYTES + 1).read_to_end(&mut source));
    read.with_context(|| format!("read processor {}", path.display()))?;
    Ok(source)
}

/// The binary form of `source`.
///
/// # Errors
/// A [`Refusal`] if it is too large, and what is wrong with it if it is text.
pub fn binary(source: &[u8]) -> anyhow::Result<Cow<'_, [u8]>> {
    let (what, limit) = if source.starts_with(MAGIC) { ("bytes", MODULE_BYTES) } else { ("bytes of text", TEXT_BYTES) };
    let found = source.len() as u64;
    if found > limit {
        return Err(Refusal::TooLarge { what, found, limit }.into());
    }
    wat::parse_bytes(source).context("read the module's text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_refused_before_it_is_looked_at() {
        let refusal = |source: &[u8]| format!("{:#}", binary(source).unwrap_err());
        let mut text = vec![b'('; (TEXT_BYTES + 1) as usize];
        assert!(refusal(&text).contains("16777217 bytes of text"));
        text[..MAGIC.len()].copy_from_slice(MAGIC);
        assert!(binary(&text).is_ok());
        text.resize((MODULE_BYTES + 1) as usize, 0);
        assert!(refusal(&text).contains("268435457 bytes"));
    }

    #[test]
    fn of_a_file_without_end_enough_is_read() {
        assert_eq!(read(Path::new("/dev/zero")).unwrap().len() as u64, MODULE_BYTES + 1);
    }
}
