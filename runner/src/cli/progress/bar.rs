//! Progress on a terminal: a bar for the run, and below it one for each worker.
//!
//! Drawing is for a thread that looks ten times a second: at the tally, at the workers, and at how large the terminal is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use sandmill::event::Event;

use super::pace::Pace;
use super::tally::{Snapshot, Tally};
use super::ticker::Ticker;
use super::workers::Workers;
use super::{Display, plain, say};
use crate::cli::terminal;

const INTERVAL: Duration = Duration::from_millis(100);
/// The size of a terminal that does not tell.
const USUAL_SIZE: (usize, usize) = (80, 24);

const WITH_TOTAL: &str = "[{wide_bar}] {msg}";
const WITHOUT_TOTAL: &str = "{msg}";

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
            Event::TaskStarted { worker, task } => {
                if let Some(workers) = self.screen.workers.get() {
                    workers.task_started(*worker, task);
                }
            }
            Event::Started { meters, .. } => {
                // There is one start; a second would find its workers here already.
                let _ = self.screen.workers.set(Workers::new(meters));
            }
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
        if let Some(workers) = self.screen.workers.get() {
            workers.clear(&self.screen.multi);
        }
        self.screen.run.finish_and_clear();
    }
}

impl Screen {
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
        if writes_views {
            workers.clear(&self.multi);
        } else {
            workers.draw(&self.multi, terminal::size().unwrap_or(USUAL_SIZE));
        }
    }
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
        for template in [WITH_TOTAL, WITHOUT_TOTAL] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
