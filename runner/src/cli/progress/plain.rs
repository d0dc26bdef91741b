//! Progress as lines now and then, for logs and for terminals that cannot redraw.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::pace::Pace;
use super::tally::{Snapshot, Tally};
use super::ticker::Ticker;
use super::{Display, say};
use crate::cli::figures;

/// A run shorter than this needs no progress.
const FIRST: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub struct Plain {
    ticker: Mutex<Option<Ticker>>,
}

impl Plain {
    pub fn start(tally: &Arc<Tally>) -> Self {
        let tally = Arc::clone(tally);
        let mut pace = Pace::default();
        let mut settled = 0;
        let ticker = Ticker::start(FIRST, move || {
            let snapshot = tally.snapshot();
            let per_second = pace.per_second(snapshot.elapsed, snapshot.ended());
            // A line that says the same as the one before says nothing.
            if snapshot.settled() != settled {
                settled = snapshot.settled();
                say(&line(&snapshot, per_second));
            }
            interval(snapshot.elapsed)
        });
        Self { ticker: Mutex::new(Some(ticker)) }
    }
}

impl Display for Plain {
    fn message(&self, text: &str) {
        say(text);
    }

    fn failure(&self, text: &str) {
        say(text);
    }

    fn close(&self) {
        self.ticker.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// The longer it takes, the less there is to say.
fn interval(elapsed: Duration) -> Duration {
    Duration::from_secs(match elapsed.as_secs() {
        0..60 => 5,
        60..1_800 => 30,
        _ => 60,
    })
}

fn line(snapshot: &Snapshot, per_second: Option<f64>) -> String {
    format!("{}: {}", figures::duration(snapshot.elapsed), state(snapshot, per_second))
}

/// `3,400 of 10,000 inputs, 2 failed, 680/s, 9 s left`.
pub(super) fn state(snapshot: &Snapshot, per_second: Option<f64>) -> String {
    let mut state = match snapshot.total {
        Some(total) => format!("{} of {}", figures::count(snapshot.settled()), figures::counted(total, "input")),
        None => figures::counted(snapshot.settled(), "input"),
    };
    if snapshot.failed > 0 {
        state.push_str(&format!(", {} failed", figures::count(snapshot.failed)));
    }
    if let Some(per_second) = per_second {
        state.push_str(&format!(", {}", figures::rate(per_second)));
        if let Some(left) = snapshot.time_left(per_second) {
            state.push_str(&format!(", {} left", figures::duration(left)));
        }
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is() {
        let snapshot = Snapshot { elapsed: FIRST, done: 3_398, failed: 2, ..Snapshot::default() };
        assert_eq!(line(&snapshot, None), "5.0 s: 3,400 inputs, 2 failed");
        let snapshot = Snapshot { total: Some(10_000), ..snapshot };
        assert_eq!(line(&snapshot, Some(680.0)), "5.0 s: 3,400 of 10,000 inputs, 2 failed, 680/s, 9.7 s left");
    }
}
