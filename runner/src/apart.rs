//! Tasks that were in flight when the process of an earlier run died: they run before all others, one at a time, in a
//! process of their own. Only if that dies, too, is a task the reason.

use std::collections::{BTreeSet, HashSet};

use crate::control::Control;
use crate::event::{Event, Monitor, Stop};
use crate::outcome::{Failure, FailureKind};
use crate::ring::{Death, Loaded};
use crate::select::{Job, Selection};
use crate::task::TaskId;

/// Those of them that are this run's to do, and where.
pub struct Apart<'a> {
    pub jobs: Vec<Job>,
    pub ring: &'a Loaded<'a>,
    /// So many deaths of its process are a task's failure.
    pub max_crashes: usize,
}

impl Apart<'_> {
    /// Which tasks these are.
    pub fn ids(&self) -> HashSet<TaskId> {
        self.jobs.iter().map(|job| job.task.id.clone()).collect()
    }
}

/// What there is to do of `suspects`. Looks no further than to the last of them.
///
/// # Errors
/// Those of the selection.
pub fn find(mut suspects: BTreeSet<TaskId>, selection: &mut Selection<'_>) -> anyhow::Result<Vec<Job>> {
    let mut jobs = Vec::new();
    while !suspects.is_empty()
        && let Some(selected) = selection.next()?
    {
        if suspects.remove(&selected.id) {
            jobs.extend(selected.job());
        }
    }
    Ok(jobs)
}

/// The failure of a task whose process died again and again.
pub fn quarantined(deaths: &[Death]) -> Failure {
    let ways: BTreeSet<String> = deaths.iter().map(ToString::to_string).collect();
    let ways: Vec<String> = ways.into_iter().collect();
    let times = if deaths.len() == 1 { "once".to_owned() } else { format!("{} times", deaths.len()) };
    Failure::new(FailureKind::Host, format!("quarantined: the process that ran it died {times} by {}", ways.join(", ")))
}

/// A look at the inputs that nobody hears of, since there will be another.
pub struct Quiet<'a>(pub &'a Control<'a>);

impl Monitor for Quiet<'_> {
    fn event(&self, _event: Event<'_>) {}

    fn stop(&self) -> Option<Stop> {
        self.0.stop()
    }
}
