//! CSV records: lines, but for the line ends within quotes.
//!
//! Quotes are those of RFC 4180: one at the start of a field opens, and a doubled one within is a character. A quote
//! elsewhere in a field that began without one is a character too, as most readers have it.

use memchr::{memchr, memchr_iter, memchr2};

use super::{Cut, Cutter, Goal, Look};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

#[derive(Debug)]
pub(super) struct Csv {
    separator: u8,
    goal: Goal,
    /// Where the quote is that has been opened and not closed.
    quote: Option<u64>,
    /// The byte before the next block.
    before: u8,
    records: u64,
    /// Where the record begins that has not ended.
    record_start: u64,
}

impl Csv {
    pub(super) fn new(separator: u8) -> Self {
        Self { separator, goal: Goal::Records(1), quote: None, before: b'\n', records: 0, record_start: 0 }
    }

    fn is_enough(&self, offset: u64) -> bool {
        match self.goal {
            Goal::Offset(goal) => offset >= goal,
            Goal::Records(goal) => self.records >= goal,
        }
    }

    /// Whether a quote that follows what `before` ends in is the first character of a field.
    fn opens(&self, offset: u64, before: &[u8]) -> bool {
        let previous = before.last().copied().unwrap_or(self.before);
        previous == self.separator || previous == b'\n' || (offset == 0 && before == BYTE_ORDER_MARK)
    }
}

impl Cutter for Csv {
    fn begin(&mut self, start: u64, goal: Goal) -> u64 {
        *self = Self { goal, record_start: start, ..Self::new(self.separator) };
        start
    }

    fn look(&mut self, offset: u64, block: &[u8], is_last: bool) -> Look {
        let mut at = 0;
        while at < block.len() {
            if self.quote.is_some() {
                let Some(found) = memchr(b'"', &block[at..]) else { break };
                let quote = at + found;
                match block.get(quote + 1) {
                    Some(b'"') => at = quote + 2,
                    None if !is_last && quote > 0 => return Look::From(offset + quote as u64),
                    _ => {
                        self.quote = None;
                        at = quote + 1;
                    }
                }
                continue;
            }
            // Up to the goal line ends are only counted, which is several times as fast as looking at each.
            let run = match self.goal {
                Goal::Offset(goal) => usize::try_from(goal.saturating_sub(offset + 1)).unwrap_or(usize::MAX),
                Goal::Records(_) => 0,
            }
            .min(block.len());
            if at < run {
                let found = memchr(b'"', &block[at..run]);
                let end = found.map_or(run, |found| at + found);
                let mut newlines = memchr_iter(b'\n', &block[at..end]);
                if let Some(last) = newlines.next_back() {
                    self.records += 1 + newlines.count() as u64;
                    self.record_start = offset + (at + last + 1) as u64;
                }
                at = end;
                if found.is_none() {
                    continue;
                }
            } else {
                let Some(found) = memchr2(b'"', b'\n', &block[at..]) else { break };
                at += found;
                if block[at] == b'\n' {
                    at += 1;
                    self.records += 1;
                    self.record_start = offset + at as u64;
                    if self.is_enough(self.record_start) {
                        return Look::Cut(Cut::at(self.record_start, Some(self.records)));
                    }
                    continue;
                }
            }
            if self.opens(offset, &block[..at]) {
                self.quote = Some(offset + at as u64);
            }
            at += 1;
        }
        if let Some(&last) = block.last() {
            self.before = last;
        }
        let end = offset + block.len() as u64;
        if !is_last {
            return Look::From(end);
        }
        let mut cut = Cut::at(end, Some(self.records + u64::from(end > self.record_start)));
        cut.fault = self.quote.map(|offset| format!("the quote that opens at byte {offset} is never closed"));
        Look::Cut(cut)
    }
}
