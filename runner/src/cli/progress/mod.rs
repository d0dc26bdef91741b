//! How a run looks while it goes on: a bar, lines, JSON, or nothing.

mod bar;
mod failures;
mod json;
mod pace;
mod plain;
mod tally;
mod ticker;
mod workers;

use std::sync::Arc;

use sandmill::event::{Event, Stop};
use sandmill::report::Summary;

use super::exit::Exit;
use super::printable::printable;
use super::run_args::Progress;
use super::terminal::{self, say};
use super::{error, summary};

pub use failures::FailureLines;
pub use tally::Tally;

/// What shows a run. Text that it is given is printable already.
pub trait Display: Send + Sync {
    /// What the tally does not say. Called for every event, also from the workers.
    fn event(&self, _event: &Event<'_>) {}

    /// Something that the user should know.
    fn message(&self, text: &str);

    /// A task that failed.
    fn failure(&self, _text: &str) {}

    /// The run ends early, once what is in flight is finished.
    fn stopping(&self, stop: Stop) {
        let again = match stop {
            Stop::Terminated => "a second signal stops",
            Stop::Interrupted | Stop::FailFast | Stop::MaxErrors | Stop::MaxRejects => "press Ctrl-C again to stop",
        };
        self.message(&format!("stopping: finishing what is in flight; {again} now"));
    }

    /// See [`sandmill::event::Monitor::wants_total`].
    fn wants_total(&self) -> bool {
        false
    }

    /// See [`sandmill::event::Monitor::wants_task_starts`].
    fn wants_task_starts(&self) -> bool {
        false
    }

    /// The run is over: nothing moves any more.
    fn close(&self) {}

    /// How the run ended.
    fn summary(&self, summary: &Summary, job_name: Option<&str>, _exit: Exit) {
        for line in summary::lines(summary, job_name) {
            say(&line);
        }
    }

    /// Why there is no summary.
    fn error(&self, error: &anyhow::Error) -> Exit {
        error::report(error)
    }
}

/// The display that is asked for, or that suits where standard error goes.
pub fn open(progress: Progress, is_quiet: bool, prints_rows: bool, tally: &Arc<Tally>) -> Arc<dyn Display> {
    if is_quiet {
        return Arc::new(Quiet);
    }
    // Rows that are printed between the lines of a bar would tear it.
    let rows_interfere = prints_rows && terminal::stdout_is_terminal();
    match progress {
        Progress::Auto | Progress::Bar if terminal::can_redraw() && !rows_interfere => Arc::new(bar::Bar::start(tally)),
        Progress::Auto | Progress::Bar | Progress::Plain => Arc::new(plain::Plain::start(tally)),
        Progress::Json => Arc::new(json::Json::start(tally)),
        Progress::None => Arc::new(Messages),
    }
}

/// `--quiet`: errors, and nothing else.
struct Quiet;

impl Display for Quiet {
    fn message(&self, _text: &str) {}

    fn summary(&self, _summary: &Summary, _job_name: Option<&str>, _exit: Exit) {}
}

/// `--progress none`: messages and the summary.
struct Messages;

impl Display for Messages {
    fn message(&self, text: &str) {
        say(text);
    }
}

/// A notice as a printable line.
pub fn notice(notice: &sandmill::event::Notice) -> String {
    format!("note: {}", printable(&notice.to_string()))
}
