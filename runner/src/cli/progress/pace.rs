//! How fast tasks end at the moment: a mean over the last seconds.

use std::collections::VecDeque;
use std::time::Duration;

/// Long enough to be steady, short enough to notice a change.
const WINDOW: Duration = Duration::from_secs(10);

/// Counts of the last seconds.
#[derive(Debug, Default)]
pub struct Pace {
    samples: VecDeque<(Duration, u64)>,
}

impl Pace {
    /// Notes that `ended` tasks had ended after `elapsed`, and returns how many did a second lately.
    pub fn per_second(&mut self, elapsed: Duration, ended: u64) -> Option<f64> {
        self.samples.push_back((elapsed, ended));
        // The oldest sample that stays is the last one from before the window.
        while self.samples.get(1).is_some_and(|(time, _)| elapsed.saturating_sub(*time) >= WINDOW) {
            self.samples.pop_front();
        }
        let (since, before) = self.samples.front()?;
        let seconds = elapsed.saturating_sub(*since).as_secs_f64();
        (seconds > 0.0 && ended > *before).then(|| (ended - before) as f64 / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_forgets_what_was_long_ago() {
        let mut pace = Pace::default();
        let mut at = |second, ended| pace.per_second(Duration::from_secs(second), ended);
        assert_eq!(at(0, 0), None);
        assert_eq!(at(5, 0), None);
        assert_eq!(at(10, 100), Some(10.0));
        assert_eq!(at(20, 300), Some(20.0));
        assert_eq!(at(40, 300), None);
    }
}
