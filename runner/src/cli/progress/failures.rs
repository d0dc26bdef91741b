//! Failed tasks as lines, as they are committed: the first few, so that a bad run is noticed early.

use std::path::PathBuf;

use sandmill::config::Output;
use sandmill::outcome::{Finished, Outcome};

use crate::cli::printable::{excerpt, printable};

/// More than this says nothing that the table of errors does not say better.
const MOST_LINES: usize = 10;
/// A message can be 64 KiB of the guest's log.
const MOST_MESSAGE_CHARS: usize = 300;

#[derive(Debug)]
pub struct FailureLines {
    /// The table of errors, if there will be one.
    errors: Option<PathBuf>,
    seen: usize,
}

impl FailureLines {
    pub fn new(output: &Output) -> Self {
        let errors = match output {
            Output::Folder(folder) => Some(folder.join("errors.csv")),
            Output::Discard => None,
        };
        Self { errors, seen: 0 }
    }

    /// The lines for the failed tasks among `finished`.
    pub fn of(&mut self, finished: &[Finished]) -> Vec<String> {
        let mut lines = Vec::new();
        for finished in finished {
            let Outcome::Failed(failure) = &finished.outcome else { continue };
            self.seen += 1;
            if self.seen <= MOST_LINES {
                let path = finished.task.id.path.to_string();
                let message = excerpt(failure.message.trim(), MOST_MESSAGE_CHARS);
                lines.push(format!("failed: {}: {}: {message}", printable(&path), failure.kind));
            } else if self.seen == MOST_LINES + 1 {
                lines.push(match &self.errors {
                    Some(errors) => format!("further failures will be in {}", printable(&errors.to_string_lossy())),
                    None => "further failures are not shown; with -o OUT they are in OUT/errors.csv".to_owned(),
                });
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sandmill::outcome::{Failure, FailureKind, Usage};
    use sandmill::task::{Reason, Task, TaskId, TaskPath};

    use super::*;

    fn failed(message: &str) -> Finished {
        Finished {
            task: Task {
                id: TaskId::whole_file(TaskPath::from_path(Path::new("a\x1b[1m.json"))),
                reason: Reason::New,
                earlier_attempts: 0,
            },
            identity: None,
            params: None,
            outcome: Outcome::Failed(Failure::new(FailureKind::Exit, message)),
            usage: Usage::default(),
            attempts: 1,
            log: String::new(),
            files: Vec::new(),
        }
    }

    #[test]
    fn a_failure_is_one_printable_line() {
        let mut lines = FailureLines::new(&Output::Discard);
        assert_eq!(lines.of(&[failed("bad\nnews\n")]), ["failed: a\\x1b[1m.json: exit: bad\\nnews"]);
    }

    #[test]
    fn after_the_first_ones_the_table_of_errors_takes_over() {
        let mut lines = FailureLines::new(&Output::Folder("out".into()));
        assert_eq!(lines.of(&vec![failed("x"); MOST_LINES]).len(), MOST_LINES);
        assert_eq!(lines.of(&[failed("x"), failed("x")]), ["further failures will be in out/errors.csv"]);
        assert!(lines.of(&[failed("x")]).is_empty());
    }
}
