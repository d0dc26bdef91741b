//! Progress on a terminal: a bar for the run, and a line for each worker with the input that it is at.
//!
//! Workers only note what they start, up to 100,000 times a second; drawing is for a thread that looks ten times a second.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use sandmill::event::Event;
use sandmill::task::{TaskId, TaskPath};

use super::pace::Pace;
use super::tally::{Snapshot, Tally};
use super::ticker::Ticker;
use super::{Display, plain, say};
use crate::cli::printable::printable;
use crate::cli::{figures, terminal};

const INTERVAL: Duration = Duration::from_millis(100);
/// More lines than this are not read.
const MOST_WORKER_LINES: usize = 16;
/// An input that takes longer than this is worth its time being told.
const LONG: Duration = Duration::from_secs(1);

const WITH_TOTAL: &str = "[{wide_bar}] {msg}";
const WITHOUT_TOTAL: &str = "{msg}";
const WORKER: &str = "{wide_msg}";

#[derive(Debug)]
pub struct Bar {
    screen: Arc<Screen>,
    ticker: Mutex<Option<Ticker>>,
}

#[derive(Debug)]
struct Screen {
    multi: MultiProgress,
    run: ProgressBar,
    workers: OnceLock<Workers>,
    writes_views: AtomicBool,
}

#[derive(Debug)]
struct Workers {
    slots: Box<[Slot]>,
    /// A line for each of the first workers.
    lines: Vec<ProgressBar>,
    /// How many workers have none.
    rest: Option<ProgressBar>,
}

/// What one worker is at. Alone in its cache lines, since its worker writes it for every task.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Slot(Mutex<Current>);

#[derive(Debug, Default)]
struct Current {
    /// The key of the input's path; a buffer that is used again and again.
    key: Vec<u8>,
    since: Option<Instant>,
}

impl Bar {
    pub fn start(tally: &Arc<Tally>) -> Self {
        let multi = MultiProgress::new();
        let run = multi.add(ProgressBar::no_length().with_style(style(WITHOUT_TOTAL)));
        let screen = Arc::new(Screen { multi, run, workers: OnceLock::new(), writes_views: AtomicBool::new(false) });
        let (drawn, tally) = (Arc::clone(&screen), Arc::clone(tally));
        let mut pace = Pace::default();
        let ticker = Ticker::start(INTERVAL, move || {
            drawn.draw(&tally.snapshot(), &mut pace);
            INTERVAL
        });
        Self { screen, ticker: Mutex::new(Some(ticker)) }
    }
}

impl Display for Bar {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::TaskStarted { worker, task } => self.screen.task_started(*worker, task),
            Event::Started { workers, .. } => self.screen.add_workers(*workers),
            Event::ViewsStarted => self.screen.writes_views.store(true, Ordering::Relaxed),
            // Views are made in the course of a long run, too.
            Event::Committed { .. } => self.screen.writes_views.store(false, Ordering::Relaxed),
            Event::Notice(_) | Event::Total { .. } | Event::Kept { .. } => {}
        }
    }

    fn message(&self, text: &str) {
        if self.screen.multi.println(text).is_err() || self.screen.multi.is_hidden() {
            say(text);
        }
    }

    fn failure(&self, text: &str) {
        self.message(text);
    }

    fn wants_total(&self) -> bool {
        true
    }

    fn wants_task_starts(&self) -> bool {
        true
    }

    fn close(&self) {
        self.ticker.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.screen.clear_workers();
        self.screen.run.finish_and_clear();
    }
}

impl Screen {
    fn task_started(&self, worker: usize, task: &TaskId) {
        let Some(slot) = self.workers.get().and_then(|workers| workers.slots.get(worker)) else { return };
        let mut current = slot.0.lock().unwrap_or_else(PoisonError::into_inner);
        current.key.clear();
        current.key.extend_from_slice(task.path.key());
        current.since = Some(Instant::now());
    }

    fn add_workers(&self, workers: usize) {
        let rows = terminal::size().map_or(24, |(_, rows)| rows);
        // The upper half of the terminal is for messages.
        let most_lines = MOST_WORKER_LINES.min(rows / 2).max(1);
        let shown = if workers > most_lines { most_lines - 1 } else { workers };
        let line = || self.multi.add(ProgressBar::no_length().with_style(style(WORKER)));
        let lines = (0..shown).map(|_| line()).collect();
        let rest = (workers > shown).then(|| {
            let rest = line();
            rest.set_message(format!("  and {} more", figures::counted((workers - shown) as u64, "worker")));
            rest
        });
        // There is one start; a second would find its workers here already.
        let _ = self.workers.set(Workers { slots: (0..workers).map(|_| Slot::default()).collect(), lines, rest });
    }

    fn clear_workers(&self) {
        if let Some(workers) = self.workers.get() {
            for line in workers.lines.iter().chain(&workers.rest) {
                line.finish_and_clear();
                self.multi.remove(line);
            }
        }
    }

    fn draw(&self, snapshot: &Snapshot, pace: &mut Pace) {
        if let Some(total) = snapshot.total {
            if self.run.length().is_none() {
                self.run.set_style(style(WITH_TOTAL));
            }
            // Inputs can appear while the run goes on.
            self.run.set_length(total.max(snapshot.settled()));
            self.run.set_position(snapshot.settled());
        }
        let per_second = pace.per_second(snapshot.elapsed, snapshot.ended());
        let writes_views = self.writes_views.load(Ordering::Relaxed);
        self.run.set_message(if writes_views {
            "writing the results".to_owned()
        } else {
            plain::state(snapshot, per_second)
        });
        let Some(workers) = self.workers.get() else { return };
        let columns = terminal::size().map_or(80, |(columns, _)| columns);
        for (slot, line) in workers.slots.iter().zip(&workers.lines) {
            line.set_message(if writes_views { String::new() } else { slot.shown(columns) });
        }
    }
}

impl Slot {
    fn shown(&self, columns: usize) -> String {
        let current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(since) = current.since else { return String::new() };
        let path = TaskPath::from_key(&current.key);
        drop(current);
        worker_line(&path.to_string(), since.elapsed(), columns)
    }
}

/// `  path`, or `  path (12 s)` for one that takes long; of a path that is too long the end, which says more.
fn worker_line(path: &str, elapsed: Duration, columns: usize) -> String {
    let time = if elapsed >= LONG { format!(" ({})", figures::duration(elapsed)) } else { String::new() };
    let path = printable(path);
    let room = columns.saturating_sub(2 + time.chars().count() + 1);
    let excess = path.chars().count().saturating_sub(room);
    if excess == 0 {
        return format!("  {path}{time}");
    }
    let tail: String = path.chars().skip(excess + 1).collect();
    format!("  …{tail}{time}")
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_sound() {
        for template in [WITH_TOTAL, WITHOUT_TOTAL, WORKER] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn a_worker_line_fits_the_terminal_and_keeps_the_end_of_the_path() {
        assert_eq!(worker_line("a/b.json", Duration::ZERO, 80), "  a/b.json");
        assert_eq!(worker_line("a/b.json", Duration::from_secs(12), 80), "  a/b.json (12 s)");
        let line = worker_line("some/long/folder/file.json", Duration::ZERO, 15);
        assert_eq!(line, "  …r/file.json");
        assert!(line.chars().count() < 15);
        assert_eq!(worker_line("a\x1bb", Duration::ZERO, 80), "  a\\x1bb");
        assert_eq!(worker_line("abc", Duration::ZERO, 0), "  …");
    }
}
