//! The lines below the bar of a run: for each worker how much of its input it has read, and which input that is.
//!
//! A worker only notes what it starts, up to 100,000 times a second; everything else is for the thread that draws.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use sandmill::meter::Meter;
use sandmill::task::{TaskId, TaskPath};

use crate::cli::figures;
use crate::cli::printable::printable;

/// More lines than this are not read.
const MOST_LINES: usize = 16;
/// An input that takes longer than this is worth its time being told.
const LONG: Duration = Duration::from_secs(1);
/// The width of a worker's bar, within its brackets,
const BAR_COLUMNS: usize = 20;
/// on a terminal that leaves as much again for the path.
const COLUMNS_FOR_BAR: usize = 60;

/// What the workers are at, and the lines that show it.
#[derive(Debug)]
pub struct Workers {
    slots: Box<[Slot]>,
    lines: Mutex<Lines>,
}

/// One worker. Alone in its cache lines, since its worker writes it for every task.
#[derive(Debug)]
#[repr(align(128))]
struct Slot {
    current: Mutex<Current>,
    meter: Arc<Meter>,
}

#[derive(Debug, Default)]
struct Current {
    /// The key of the input's path; a buffer that is used again and again.
    key: Vec<u8>,
    since: Option<Instant>,
}

/// A line for each of the first workers, as many as there is room for.
#[derive(Debug, Default)]
struct Lines {
    shown: Vec<ProgressBar>,
    /// How many workers have none.
    rest: Option<ProgressBar>,
}

impl Workers {
    pub fn new(meters: &[Arc<Meter>]) -> Self {
        let slot = |meter: &Arc<Meter>| Slot { current: Mutex::default(), meter: Arc::clone(meter) };
        Self { slots: meters.iter().map(slot).collect(), lines: Mutex::default() }
    }

    pub fn task_started(&self, worker: usize, task: &TaskId) {
        let Some(slot) = self.slots.get(worker) else { return };
        let mut current = slot.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.key.clear();
        current.key.extend_from_slice(task.path.key());
        current.since = Some(Instant::now());
    }

    /// Draws the lines on a terminal of this size, which may be another one each time.
    pub fn draw(&self, multi: &MultiProgress, (columns, rows): (usize, usize)) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.fit(multi, self.slots.len(), rows);
        for (slot, line) in self.slots.iter().zip(&lines.shown) {
            line.set_message(slot.shown(columns));
        }
    }

    pub fn clear(&self, multi: &MultiProgress) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clear(multi);
    }
}

impl Lines {
    /// Makes as many lines as a terminal with so many rows has room for.
    fn fit(&mut self, multi: &MultiProgress, workers: usize, rows: usize) {
        let shown = lines_shown(workers, rows);
        if shown == self.shown.len() {
            return;
        }
        self.clear(multi);
        let style = ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
        let line = || multi.add(ProgressBar::no_length().with_style(style.clone()));
        self.shown = (0..shown).map(|_| line()).collect();
        self.rest = (workers > shown).then(|| {
            let rest = line();
            rest.set_message(format!("  and {} more", figures::counted((workers - shown) as u64, "worker")));
            rest
        });
    }

    fn clear(&mut self, multi: &MultiProgress) {
        for line in self.shown.drain(..).chain(self.rest.take()) {
            line.finish_and_clear();
            multi.remove(&line);
        }
    }
}

/// The upper half of the terminal is for messages; where not every worker has a line, the last one tells of the rest.
fn lines_shown(workers: usize, rows: usize) -> usize {
    let most_lines = MOST_LINES.min(rows / 2).max(2);
    if workers > most_lines { most_lines - 1 } else { workers }
}

impl Slot {
    fn shown(&self, columns: usize) -> String {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(since) = current.since else { return String::new() };
        let path = TaskPath::from_key(&current.key);
        drop(current);
        worker_line(&path.to_string(), since.elapsed(), self.meter.reading(), columns)
    }
}

/// `  [====>     ]  45%  path (12 s)`: what was read of the input, and the time if it takes long; of a path that is too long
/// the end, which says more.
fn worker_line(path: &str, elapsed: Duration, reading: (u64, Option<u64>), columns: usize) -> String {
    let time = if elapsed >= LONG { format!(" ({})", figures::duration(elapsed)) } else { String::new() };
    let start = read_so_far(reading, columns);
    let path = printable(path);
    let room = columns.saturating_sub(start.chars().count() + time.chars().count() + 1);
    let excess = path.chars().count().saturating_sub(room);
    if excess == 0 {
        return format!("{start}{path}{time}");
    }
    let tail: String = path.chars().skip(excess + 1).collect();
    format!("{start}…{tail}{time}")
}

fn read_so_far((read_bytes, size_bytes): (u64, Option<u64>), columns: usize) -> String {
    // As of a large file that is decompressed on the way: there is no end to measure it by.
    let Some(size_bytes) = size_bytes else { return format!("  {:>9}  ", figures::bytes(read_bytes)) };
    // An empty input has been read. One that is read while it grows is never beyond its end.
    let hundredths = if read_bytes >= size_bytes { 100 } else { u128::from(read_bytes) * 100 / u128::from(size_bytes) };
    let hundredths = hundredths as usize;
    if columns < COLUMNS_FOR_BAR {
        return format!("  {hundredths:>3}%  ");
    }
    let filled = hundredths * BAR_COLUMNS / 100;
    let tip = if filled < BAR_COLUMNS { ">" } else { "" };
    let bar = format!("{}{tip}", "=".repeat(filled));
    format!("  [{bar:<BAR_COLUMNS$}] {hundredths:>3}%  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fills_with_what_was_read() {
        let line =
            |(read_bytes, size_bytes)| worker_line("a/b.json", Duration::ZERO, (read_bytes, Some(size_bytes)), 80);
        assert_eq!(line((0, 200)), "  [>                   ]   0%  a/b.json");
        assert_eq!(line((90, 200)), "  [=========>          ]  45%  a/b.json");
        assert_eq!(line((199, 200)), "  [===================>]  99%  a/b.json");
        assert_eq!(line((200, 200)), "  [====================] 100%  a/b.json");
        assert_eq!(line((0, 0)), line((1, 1)));
        assert_eq!(line((u64::MAX - 2, u64::MAX - 1)), line((199, 200)));
        assert_eq!(worker_line("a.gz", Duration::ZERO, (3 << 20, None), 80), "      3 MiB  a.gz");
    }

    #[test]
    fn a_worker_line_fits_the_terminal_and_keeps_the_end_of_the_path() {
        let line =
            |path: &str, seconds, columns| worker_line(path, Duration::from_secs(seconds), (1, Some(2)), columns);
        assert_eq!(line("a/b.json", 12, 80), "  [==========>         ]  50%  a/b.json (12 s)");
        assert_eq!(line("a/b.json", 0, 40), "   50%  a/b.json");
        let cut = line("some/long/folder/file.json", 0, 21);
        assert_eq!(cut, "   50%  …r/file.json");
        assert!(cut.chars().count() < 21);
        assert_eq!(line("a\x1bb", 0, 40), "   50%  a\\x1bb");
        assert_eq!(line("abc", 0, 0), "   50%  …");
    }

    #[test]
    fn there_are_as_many_lines_as_there_is_room_for() {
        assert_eq!(lines_shown(3, 24), 3);
        assert_eq!(lines_shown(12, 24), 12);
        assert_eq!(lines_shown(13, 24), 11);
        assert_eq!(lines_shown(64, 100), 15);
        assert_eq!(lines_shown(8, 0), 1);
        assert_eq!(lines_shown(1, 0), 1);
    }
}
