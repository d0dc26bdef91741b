//! Progress as JSON, one object a line on standard error, for programs that watch a run.
//!
//! | `event` | when | fields |
//! |---|---|---|
//! | `started` | the workers start | `workers`, `on_record` (counts) |
//! | `total` | the number of inputs is known | `tasks` |
//! | `notice` | now and then | `message` |
//! | `progress` | each second in which something happened | `elapsed_s`, `done`, `skipped`, `failed`, `rows`, `rejects`, `kept`, `total` |
//! | `stopping` | the run ends early | `reason` |
//! | `views` | the results are being written | |
//! | `summary` | at the end | the summary, `exit_code` |
//! | `error` | at the end, in place of the summary | `message`, `hint`, `exit_code` |

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sandmill::counts_json;
use sandmill::event::{Event, Stop};
use sandmill::report::{Ended, Summary};
use serde::Serialize;

use super::tally::{Snapshot, Tally};
use super::ticker::Ticker;
use super::{Display, say};
use crate::cli::error;
use crate::cli::exit::Exit;
use crate::cli::json;

const INTERVAL: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Json {
    tally: Arc<Tally>,
    ticker: Mutex<Option<Ticker>>,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    Started { workers: usize, on_record: serde_json::Value },
    Total { tasks: u64 },
    Notice { message: &'a str },
    Progress(Progress),
    Stopping { reason: &'static str },
    Views,
    Summary(Box<json::Summary>),
    Error { message: String, hint: Option<String>, exit_code: u8 },
}

#[derive(Serialize)]
struct Progress {
    elapsed_s: f64,
    done: u64,
    skipped: u64,
    failed: u64,
    rows: u64,
    rejects: u64,
    kept: u64,
    total: Option<u64>,
}

impl Json {
    pub fn start(tally: &Arc<Tally>) -> Self {
        let ticked = Arc::clone(tally);
        let mut settled = 0;
        let ticker = Ticker::start(INTERVAL, move || {
            let snapshot = ticked.snapshot();
            if snapshot.settled() != settled {
                settled = snapshot.settled();
                write(&Line::Progress(snapshot.into()));
            }
            INTERVAL
        });
        Self { tally: Arc::clone(tally), ticker: Mutex::new(Some(ticker)) }
    }
}

impl Display for Json {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Started { workers, on_record, .. } => {
                write(&Line::Started { workers: *workers, on_record: counts_json(on_record) });
            }
            Event::Total { tasks } => write(&Line::Total { tasks: *tasks }),
            Event::ViewsStarted => write(&Line::Views),
            Event::Notice(_) | Event::Kept { .. } | Event::TaskStarted { .. } | Event::Committed { .. } => {}
        }
    }

    fn message(&self, text: &str) {
        write(&Line::Notice { message: text });
    }

    fn stopping(&self, stop: Stop) {
        write(&Line::Stopping { reason: Ended::Stopped(stop).as_str() });
    }

    fn wants_total(&self) -> bool {
        true
    }

    fn close(&self) {
        self.ticker.lock().unwrap_or_else(PoisonError::into_inner).take();
        write(&Line::Progress(self.tally.snapshot().into()));
    }

    fn summary(&self, summary: &Summary, job_name: Option<&str>, exit: Exit) {
        write(&Line::Summary(Box::new(json::Summary::new(summary, job_name, exit))));
    }

    fn error(&self, error: &anyhow::Error) -> Exit {
        let exit = error::exit_of(error);
        write(&Line::Error { message: error::message(error), hint: error::hint(error), exit_code: exit.code() });
        exit
    }
}

impl From<Snapshot> for Progress {
    fn from(snapshot: Snapshot) -> Self {
        Self {
            elapsed_s: json::seconds(snapshot.elapsed),
            done: snapshot.done,
            skipped: snapshot.skipped,
            failed: snapshot.failed,
            rows: snapshot.rows,
            rejects: snapshot.rejects,
            kept: snapshot.kept,
            total: snapshot.total,
        }
    }
}

fn write(line: &Line<'_>) {
    // These are strings and numbers: nothing in them can fail to be JSON.
    if let Ok(line) = serde_json::to_string(line) {
        say(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_comes_first_and_nothing_needs_escaping_twice() {
        let line = serde_json::to_string(&Line::Notice { message: "a \"b\"" }).unwrap();
        assert_eq!(line, r#"{"event":"notice","message":"a \"b\""}"#);
        let snapshot = Snapshot { elapsed: Duration::from_millis(1_234), done: 2, ..Snapshot::default() };
        let line = serde_json::to_string(&Line::Progress(snapshot.into())).unwrap();
        assert_eq!(
            line,
            r#"{"event":"progress","elapsed_s":1.234,"done":2,"skipped":0,"failed":0,"rows":0,"rejects":0,"kept":0,"total":null}"#
        );
        assert_eq!(serde_json::to_string(&Line::Views).unwrap(), r#"{"event":"views"}"#);
    }
}
