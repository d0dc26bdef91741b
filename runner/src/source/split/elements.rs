//! The elements of one large JSON array, by a scanner that knows strings and nesting and nothing else of JSON.
//!
//! What is between the borders is for the guest to parse. For it, the commas between elements become line ends, and
//! the line ends within them spaces, so that every element is a line and every byte keeps its place.

use memchr::memchr2;

use crate::outcome::Failure;

use super::{BLOCK_BYTES, Blocks, Cut, Cutter, Goal, Look};

/// What a byte outside of strings means to the scanner.
const STRUCTURAL: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b"\"[]{},";
    let mut index = 0;
    while index < bytes.len() {
        table[bytes[index] as usize] = true;
        index += 1;
    }
    table
};

/// The offset after the bracket that opens the array, or what is there instead.
pub(super) fn first_element(blocks: &mut Blocks, size_bytes: u64) -> Result<Result<u64, String>, Failure> {
    let mut offset = 0;
    while offset < size_bytes {
        let (block, _) = blocks.at(offset, size_bytes, BLOCK_BYTES)?;
        if block.is_empty() {
            break;
        }
        let skipped = if offset == 0 && block.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        if let Some(at) = block[skipped..].iter().position(|byte| !byte.is_ascii_whitespace()) {
            let at = skipped + at;
            return Ok(if block[at] == b'[' {
                Ok(offset + at as u64 + 1)
            } else {
                Err(format!("it is no JSON array: a [ was expected at byte {}", offset + at as u64))
            });
        }
        offset += block.len() as u64;
    }
    Ok(Err("it is no JSON array: there is nothing in it".to_owned()))
}

#[derive(Debug)]
pub(super) struct ArrayCutter {
    goal: Goal,
    scanner: Scanner,
    records: u64,
    has_text: bool,
}

impl Default for ArrayCutter {
    fn default() -> Self {
        Self { goal: Goal::Records(1), scanner: Scanner::default(), records: 0, has_text: false }
    }
}

impl Cutter for ArrayCutter {
    fn begin(&mut self, start: u64, goal: Goal) -> u64 {
        *self = Self { goal, ..Self::default() };
        start
    }

    fn look(&mut self, offset: u64, block: &[u8], is_last: bool) -> Look {
        let mut at = 0;
        while at < block.len() {
            let found = self.scanner.next(&block[at..]);
            let end = at + found.unwrap_or(block.len() - at);
            self.has_text |= block[at..end].iter().any(|byte| !byte.is_ascii_whitespace());
            if found.is_none() {
                break;
            }
            let place = offset + end as u64;
            at = end + 1;
            if block[end] == b',' {
                self.records += 1;
                self.has_text = false;
                let is_enough = match self.goal {
                    Goal::Offset(goal) => place + 1 >= goal,
                    Goal::Records(goal) => self.records >= goal,
                };
                if is_enough {
                    let records = Some(self.records);
                    return Look::Cut(Cut { end: place, next: Some(place + 1), records, fault: None });
                }
            } else {
                let records = Some(self.records + u64::from(self.has_text));
                return Look::Cut(Cut { end: place, next: None, records, fault: None });
            }
        }
        let end = offset + block.len() as u64;
        if !is_last {
            return Look::From(end);
        }
        let fault = match self.scanner.is_in_string {
            true => "the file ends within a string",
            false => "the array is not closed: the file was cut off",
        };
        Look::Cut(Cut { end, next: None, records: None, fault: Some(fault.to_owned()) })
    }
}

/// Where in an array a scan is.
#[derive(Clone, Copy, Debug, Default)]
struct Scanner {
    is_in_string: bool,
    /// The last byte was a backslash in a string.
    is_escaped: bool,
    /// How many brackets are open within the element.
    depth: u64,
}

impl Scanner {
    /// Goes on to the next byte that separates elements or closes the array, and returns where in `bytes` it is.
    fn next(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.is_in_string {
                at += self.string(&bytes[at..]);
                continue;
            }
            at += bytes[at..].iter().position(|&byte| STRUCTURAL[byte as usize])?;
            match bytes[at] {
                b'"' => self.is_in_string = true,
                b'[' | b'{' => self.depth += 1,
                b',' if self.depth > 0 => {}
                b',' => return Some(at),
                _ => match self.depth.checked_sub(1) {
                    Some(depth) => self.depth = depth,
                    None => return Some(at),
                },
            }
            at += 1;
        }
        None
    }

    /// Goes on in a string; returns how many of `bytes` belong to it, its closing quote included.
    fn string(&mut self, bytes: &[u8]) -> usize {
        let mut at = usize::from(std::mem::take(&mut self.is_escaped));
        while at < bytes.len() {
            let Some(found) = memchr2(b'"', b'\\', &bytes[at..]) else { return bytes.len() };
            at += found + 1;
            if bytes[at - 1] == b'"' {
                self.is_in_string = false;
                return at;
            }
            if at == bytes.len() {
                self.is_escaped = true;
                return at;
            }
            at += 1;
        }
        bytes.len()
    }
}

/// Makes lines of elements, in place.
#[derive(Debug, Default)]
pub struct Elements {
    scanner: Scanner,
}

impl Elements {
    /// Rewrites `bytes`, which follow those of the last call.
    pub fn rewrite(&mut self, bytes: &mut [u8]) {
        let mut at = 0;
        while at < bytes.len() {
            if self.scanner.is_in_string {
                // A line end in a string is not JSON: it stays, and the guest meets a broken record.
                at += self.scanner.string(&bytes[at..]);
                continue;
            }
            let rest = &mut bytes[at..];
            let end = rest.iter().position(|&byte| byte == b'"').unwrap_or(rest.len());
            for byte in &mut rest[..end] {
                match *byte {
                    b'\n' | b'\r' => *byte = b' ',
                    b'[' | b'{' => self.scanner.depth += 1,
                    b']' | b'}' => self.scanner.depth = self.scanner.depth.saturating_sub(1),
                    b',' if self.scanner.depth == 0 => *byte = b'\n',
                    _ => {}
                }
            }
            if end < rest.len() {
                self.scanner.is_in_string = true;
                at += end + 1;
            } else {
                at += end;
            }
        }
    }
}
