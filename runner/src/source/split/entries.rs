//! A JSON object or array written with one entry a line, as bulk exports are: an opening line, entries with commas at
//! their ends, a closing line.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memrchr};

use crate::outcome::Failure;
use crate::source::content::Form;

use super::{BLOCK_BYTES, Blocks};

/// What there is between the opening and the closing line.
#[derive(Debug)]
pub(super) struct Layout {
    /// Offsets of the first entry's first byte and the closing line's.
    pub(super) entries: Range<u64>,
    pub(super) form: Form,
}

/// Looks at the first and the last lines of a file; or says what is wrong with them.
pub(super) fn lay_out(blocks: &mut Blocks, size_bytes: u64) -> Result<Result<Layout, String>, Failure> {
    let (block, _) = blocks.at(0, size_bytes, BLOCK_BYTES)?;
    let mark = if block.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let Some(opening) = block[mark..].iter().position(|byte| !byte.is_ascii_whitespace()) else {
        return Ok(Err("it has no { or [ at its start".to_owned()));
    };
    let opening = mark + opening;
    let line_end = memchr(b'\n', &block[opening..]).map_or(block.len(), |newline| opening + newline + 1);
    let (form, closing) = match block[opening..line_end].trim_ascii() {
        b"{" => (Form::Entries, b'}'),
        b"[" => (Form::Items, b']'),
        _ => {
            let message = "its first line is not { or [ alone: its entries are not one a line";
            return Ok(Err(message.to_owned()));
        }
    };
    let start = line_end as u64;

    let tail_start = size_bytes.saturating_sub(blocks.block_bytes as u64).max(start);
    let (tail, _) = blocks.at(tail_start, size_bytes, BLOCK_BYTES)?;
    let text = tail.trim_ascii_end();
    let line_start = memrchr(b'\n', text).map_or(0, |newline| newline + 1);
    if text[line_start..].trim_ascii_start() != [closing] || (line_start == 0 && tail_start > start) {
        return Ok(Err(format!("its last line is not {} alone: the file was cut off", char::from(closing))));
    }
    Ok(Ok(Layout { entries: start..tail_start + line_start as u64, form }))
}

/// The entries in `range`, whole lines, as JSON, one a line. Those of an object are wrapped (`is_object`).
pub fn rewrite_entries(range: &[u8], is_object: bool) -> Vec<u8> {
    // Each line loses a comma and gains two braces; one in 16 bytes would be very short lines.
    let mut text = Vec::with_capacity(range.len() + range.len() / 16 + 16);
    for (_, entry) in entries(range) {
        if is_object {
            text.push(b'{');
        }
        text.extend_from_slice(entry);
        if is_object {
            text.push(b'}');
        }
        text.push(b'\n');
    }
    text
}

/// The offset in `range` of what is at `offset` of `text`, which was made of it.
pub fn entry_offset(range: &[u8], text: &[u8], offset: u64, is_object: bool) -> u64 {
    let before = &text[..usize::try_from(offset).unwrap_or(usize::MAX).min(text.len())];
    let number = memchr_iter(b'\n', before).count();
    let in_line = before.len() - memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let place = match entries(range).nth(number) {
        Some((start, entry)) => start + in_line.saturating_sub(usize::from(is_object)).min(entry.len()),
        None => range.len(),
    };
    place as u64
}

/// Each line that has something in it, without its end and its comma, and where it begins.
fn entries(range: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut start = 0;
    let lines = std::iter::from_fn(move || {
        let rest = &range[start..];
        let line_bytes = memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1);
        let line = (start, &rest[..line_bytes]);
        start += line_bytes;
        (line_bytes > 0).then_some(line)
    });
    lines.filter_map(|(start, line)| {
        let text = line.trim_ascii_end();
        let entry = text.strip_suffix(b",").unwrap_or(text);
        (!entry.trim_ascii_start().is_empty()).then_some((start, entry))
    })
}
