//! `sandmill test`: one task in the foreground, everything shown.

use std::time::Duration;

use sandmill::config::Budget;
use sandmill::file::GivenFile;
use sandmill::outcome::{Failure, Outcome, Reject, Usage};
use sandmill::sandbox::Attempt;

use crate::cli::args::TestArgs;
use crate::cli::exit::Exit;
use crate::cli::figures::{self, count, counted};
use crate::cli::printable::{printable, printable_lines};
use crate::cli::request::test_config;
use crate::cli::summary::item;
use crate::cli::terminal::{self, Stdout, say};

/// # Errors
/// If the processor is refused, or rows cannot be printed.
pub fn run(args: &TestArgs) -> anyhow::Result<Exit> {
    let config = test_config(args)?;
    let attempt = sandmill::test(&config, &args.file)?;
    if let Outcome::Done { rows, .. } = &attempt.outcome {
        print_rows(rows.as_ndjson())?;
    }
    for file in attempt.files.iter().filter(|file| file.name.is_none()) {
        print_file(&file.bytes)?;
    }
    say(&format!("{}: {}", printable(&args.file.to_string_lossy()), outcome(&attempt.outcome)));
    for line in details(&attempt, &config.budget) {
        say(&line);
    }
    Ok(match attempt.outcome {
        Outcome::Done { .. } | Outcome::Skipped { .. } => Exit::Success,
        Outcome::Failed(_) => Exit::FailuresOnRecord,
    })
}

fn print_rows(ndjson: &str) -> anyhow::Result<()> {
    let mut stdout = Stdout::open();
    let is_terminal = terminal::stdout_is_terminal();
    for row in ndjson.lines() {
        // A program wants the very bytes, a terminal must not obey them.
        stdout.line(&if is_terminal { printable(row) } else { row.into() })?;
    }
    stdout.finish()
}

/// The file that is the whole result, in place of rows.
fn print_file(bytes: &[u8]) -> anyhow::Result<()> {
    let mut stdout = Stdout::open();
    if terminal::stdout_is_terminal() {
        stdout.line(&printable_lines(&String::from_utf8_lossy(bytes)))?;
    } else {
        stdout.bytes(bytes)?;
    }
    stdout.finish()
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done { rows, rejects } if rejects.is_empty() => format!("done, {}", counted(rows.count(), "row")),
        Outcome::Done { rows, rejects } => {
            format!("done, {}, {}", counted(rows.count(), "row"), counted(rejects.len() as u64, "reject"))
        }
        Outcome::Skipped { reason } => format!("skipped: {}", printable(reason)),
        Outcome::Failed(failure) => {
            format!("failed: {}: {}", failure.kind, printable_lines(failure.message.trim_end()))
        }
    }
}

fn details(attempt: &Attempt, budget: &Budget) -> Vec<String> {
    let mut lines = Vec::new();
    if let Outcome::Failed(failure) = &attempt.outcome {
        lines.push(item("hint", failure.kind.hint()));
    }
    usage(&attempt.usage, attempt.fuel_budget, budget, &mut lines);
    match &attempt.outcome {
        Outcome::Done { rejects, .. } => {
            lines.extend(attempt.files.iter().map(file));
            lines.extend(rejects.iter().map(reject));
        }
        Outcome::Skipped { .. } => {}
        Outcome::Failed(failure) => backtrace(failure, &mut lines),
    }
    block("log", &attempt.log, &mut lines);
    lines
}

fn usage(usage: &Usage, fuel_budget: u64, budget: &Budget, lines: &mut Vec<String>) {
    let elapsed = Duration::from_micros(usage.elapsed_us);
    lines.push(item("time", &format!("{} of {}", figures::duration(elapsed), figures::duration(budget.timeout))));
    lines.push(item("fuel", &format!("{} of {}", count(usage.fuel), count(fuel_budget))));
    let memory = budget.memory_bytes as u64;
    lines.push(item("memory", &format!("{} of {}", figures::bytes(usage.peak_memory_bytes), figures::bytes(memory))));
}

fn file(file: &GivenFile) -> String {
    let name = file.name.as_deref().map_or("(the result)".into(), printable);
    item("file", &format!("{name}, {}", figures::bytes(file.bytes.len() as u64)))
}

fn reject(reject: &Reject) -> String {
    let offset = reject.offset.map(|offset| format!(" at byte {}", count(offset)));
    item(
        "reject",
        &format!("record {}{}: {}", count(reject.record), offset.unwrap_or_default(), printable(&reject.reason)),
    )
}

fn backtrace(failure: &Failure, lines: &mut Vec<String>) {
    block("backtrace", failure.backtrace.as_deref().unwrap_or_default(), lines);
}

/// Text of several lines, set off so that it is not taken for ours.
fn block(label: &str, text: &str, lines: &mut Vec<String>) {
    for (index, line) in printable_lines(text.trim_end()).lines().enumerate() {
        lines.push(item(if index == 0 { label } else { "" }, &format!("| {line}")));
    }
}

#[cfg(test)]
mod tests {
    use sandmill::outcome::FailureKind;

    use super::*;

    fn attempt(outcome: Outcome, log: &str) -> Attempt {
        let usage = Usage { fuel: 12_345, elapsed_us: 1_500, peak_memory_bytes: 1 << 20 };
        Attempt { outcome, usage, fuel_budget: 10_000_000_000, log: log.to_owned(), files: Vec::new() }
    }

    #[test]
    fn a_failure_shows_its_hint_backtrace_and_log() {
        let failure =
            Failure { backtrace: Some("a\nb\n".to_owned()), ..Failure::new(FailureKind::Trap, "un\x1breachable") };
        let attempt = attempt(Outcome::Failed(failure), "hello\n");
        assert_eq!(outcome(&attempt.outcome), "failed: trap: un\\x1breachable");
        assert_eq!(
            details(&attempt, &Budget::default()).join("\n"),
            "  \
hint:      a bug in the processor: run `sandmill test PROCESSOR FILE` to see its backtrace
  time:      1 ms of 1 min 0 s
  fuel:      12,345 of 10,000,000,000
  memory:    1 MiB of 512 MiB
  backtrace: | a
             | b
  log:       | hello"
        );
    }

    #[test]
    fn files_are_named_with_their_sizes() {
        let files =
            [Some("a\u{202e}/b"), None].map(|name| GivenFile { name: name.map(str::to_owned), bytes: vec![0; 2_048] });
        let attempt = Attempt {
            files: files.into(),
            ..attempt(Outcome::Done { rows: Default::default(), rejects: Vec::new() }, "")
        };
        let details = details(&attempt, &Budget::default());
        assert!(details.iter().any(|line| line.contains("file:") && line.ends_with("/b, 2 KiB")), "{details:?}");
        assert!(details.iter().any(|line| line.contains("(the result), 2 KiB")), "{details:?}");
    }

    #[test]
    fn rejects_say_where_they_are() {
        let rejects = vec![
            Reject { record: 3, offset: Some(1_200), reason: "no\nfruit".to_owned() },
            Reject { record: 4, offset: None, reason: "bad".to_owned() },
        ];
        let attempt = attempt(Outcome::Done { rows: Default::default(), rejects }, "");
        assert_eq!(outcome(&attempt.outcome), "done, 0 rows, 2 rejects");
        let details = details(&attempt, &Budget::default());
        assert!(details.contains(&"  reject:    record 3 at byte 1,200: no\\nfruit".to_owned()));
        assert!(details.contains(&"  reject:    record 4: bad".to_owned()));
    }
}
