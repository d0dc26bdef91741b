//! Records that begin with a certain kind of line, as in FASTA, mbox or logs with stack traces.

use memchr::memchr;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

use super::{Cut, Cutter, Goal, Look};

/// How much of a line is looked at: a start that needs more is no start.
const LINE_BYTES: usize = 4 << 10;

/// A regular expression for how a record's first line begins.
#[derive(Clone, Debug)]
pub(super) struct StartRegex(Regex);

impl StartRegex {
    pub(super) fn new(pattern: &str) -> anyhow::Result<Self> {
        // Lines are any bytes.
        let regex = Regex::builder().syntax(syntax::Config::new().utf8(false)).build(pattern)?;
        Ok(Self(regex))
    }

    fn matches(&self, line: &[u8]) -> bool {
        let line = &line[..line.len().min(LINE_BYTES)];
        self.0.is_match(Input::new(line).anchored(Anchored::Yes))
    }
}

#[derive(Debug)]
pub(super) struct RecordStarts {
    regex: StartRegex,
    start: u64,
    goal: Goal,
    records: Option<u64>,
    /// Whether the next block begins where a line does.
    is_at_line: bool,
}

impl RecordStarts {
    pub(super) fn new(regex: &StartRegex) -> Self {
        Self { regex: regex.clone(), start: 0, goal: Goal::Records(1), records: None, is_at_line: true }
    }

    /// Whether a chunk may end at `offset`, where a record begins.
    fn is_enough(&self, offset: u64) -> bool {
        match self.goal {
            Goal::Offset(goal) => offset >= goal,
            Goal::Records(goal) => self.records.is_some_and(|records| records >= goal),
        }
    }
}

impl Cutter for RecordStarts {
    fn begin(&mut self, start: u64, goal: Goal) -> u64 {
        (self.start, self.goal) = (start, goal);
        match goal {
            // The newline before the first line that begins there or later.
            Goal::Offset(offset) => {
                (self.records, self.is_at_line) = (None, false);
                start.max(offset.saturating_sub(1))
            }
            // What begins at the start is the first record.
            Goal::Records(_) => {
                (self.records, self.is_at_line) = (Some(0), true);
                start
            }
        }
    }

    fn look(&mut self, offset: u64, block: &[u8], is_last: bool) -> Look {
        let end = offset + block.len() as u64;
        let mut at = 0;
        if !self.is_at_line {
            match memchr(b'\n', block) {
                Some(newline) => at = newline + 1,
                None => at = block.len(),
            }
            if at == block.len() && !block.ends_with(b"\n") && !is_last {
                return Look::From(end);
            }
        }
        self.is_at_line = true;
        while at < block.len() {
            let rest = &block[at..];
            let newline = memchr(b'\n', rest);
            if newline.is_none() && !is_last && at > 0 && rest.len() < LINE_BYTES {
                return Look::From(offset + at as u64);
            }
            let place = offset + at as u64;
            if place > self.start && self.regex.matches(&rest[..newline.unwrap_or(rest.len())]) {
                self.records = self.records.map(|records| records + 1);
                if self.is_enough(place) {
                    return Look::Cut(Cut::at(place, self.records));
                }
            }
            match newline {
                Some(newline) => at += newline + 1,
                None => {
                    self.is_at_line = false;
                    at = block.len();
                }
            }
        }
        if is_last { Look::Cut(Cut::at(end, self.records.map(|records| records + 1))) } else { Look::From(end) }
    }
}
