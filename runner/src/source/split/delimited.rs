//! Records that end in a delimiter: lines, and whatever else ends in the same bytes.

use memchr::memmem::Finder;

use super::{Cut, Cutter, Goal, Look};

#[derive(Debug)]
pub(super) struct Delimited {
    finder: Finder<'static>,
    /// Whether a delimiter can only be told by the ones before it.
    overlaps: bool,
    goal: Goal,
    /// Records that have ended, if they are counted.
    records: Option<u64>,
    /// Where the record begins that has not ended.
    record_start: u64,
}

impl Delimited {
    pub(super) fn new(delimiter: &[u8]) -> Self {
        Self {
            finder: Finder::new(delimiter).into_owned(),
            overlaps: overlaps_itself(delimiter),
            goal: Goal::Records(1),
            records: None,
            record_start: 0,
        }
    }

    fn delimiter_bytes(&self) -> u64 {
        self.finder.needle().len() as u64
    }

    /// Whether a chunk may end at `offset`, where a delimiter ends.
    fn is_enough(&self, offset: u64) -> bool {
        match self.goal {
            Goal::Offset(goal) => offset >= goal,
            Goal::Records(goal) => self.records.is_some_and(|records| records >= goal),
        }
    }
}

impl Cutter for Delimited {
    fn begin(&mut self, start: u64, goal: Goal) -> u64 {
        self.goal = goal;
        self.record_start = start;
        match goal {
            // The first delimiter that ends there or later.
            Goal::Offset(offset) if !self.overlaps => {
                self.records = None;
                start.max(offset.saturating_sub(self.delimiter_bytes()))
            }
            Goal::Offset(_) | Goal::Records(_) => {
                self.records = Some(0);
                start
            }
        }
    }

    fn look(&mut self, offset: u64, block: &[u8], is_last: bool) -> Look {
        let delimiter_bytes = self.finder.needle().len();
        let mut at = 0;
        while let Some(found) = self.finder.find(&block[at..]) {
            at += found + delimiter_bytes;
            self.records = self.records.map(|records| records + 1);
            self.record_start = offset + at as u64;
            if self.is_enough(self.record_start) {
                return Look::Cut(Cut::at(self.record_start, self.records));
            }
        }
        let end = offset + block.len() as u64;
        if is_last {
            let unended = u64::from(end > self.record_start);
            return Look::Cut(Cut::at(end, self.records.map(|records| records + unended)));
        }
        // A delimiter may begin at the end of the block and go on in the next.
        let tail = block.len().saturating_sub(delimiter_bytes - 1);
        Look::From(offset + at.max(tail) as u64)
    }
}

/// Whether two occurrences of `delimiter` can share bytes. Then where one begins depends on all that come before it:
/// in `\n\n\n`, the delimiter `\n\n` is the first two bytes, and whoever jumps into the middle sees the last two.
pub(super) fn overlaps_itself(delimiter: &[u8]) -> bool {
    (1..delimiter.len()).any(|shift| delimiter.starts_with(&delimiter[shift..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_overlaps_itself_if_it_ends_as_it_begins() {
        for (delimiter, expected) in
            [("\n", false), ("\n\n", true), ("--", true), ("\r\n", false), ("aba", true), ("abc", false)]
        {
            assert_eq!(overlaps_itself(delimiter.as_bytes()), expected, "{delimiter:?}");
        }
    }
}
