//! The last words of a run: what it did, what is on record, where it is, and what to do next.

use std::path::Path;
use std::time::Duration;

use sandmill::config::Format;
use sandmill::event::{Counts, Stop};
use sandmill::outcome::FailureKind;
use sandmill::report::{Ended, Summary};

use super::figures::{self, counted};
use super::printable::printable;

/// How many of the slowest and the most expensive inputs are worth a line.
const MOST_INPUTS: usize = 3;

/// The summary, line by line, printable.
pub fn lines(summary: &Summary, job_name: Option<&str>) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(stopped(summary));
    let headline = headline(summary);
    lines.push(match job_name {
        Some(name) => format!("{}: {headline}", printable(name)),
        None => headline,
    });
    if summary.kept > 0 && summary.run.tasks() > 0 {
        let total = &summary.total;
        lines.push(item("on record", &format!("{}: {}", counted(total.tasks(), "input"), counts(total))));
    }
    failures(&summary.total, &mut lines);
    if summary.run.tasks() > 0 {
        costs(summary, &mut lines);
    }
    views(summary, &mut lines);
    if let Some(parts) = summary.lockdown.shortfall() {
        lines.push(item("lockdown", &printable(&parts.to_string())));
    }
    for reason in &summary.not_reproducible {
        lines.push(item("note", &format!("another run may give other bytes: {}", printable(reason))));
    }
    lines.extend(next(summary));
    lines
}

/// `4 done (4 rows, 2 files, 1 reject), 1 skipped, 2 failed`; what there is none of goes without saying.
pub fn counts(counts: &Counts) -> String {
    let rejects = if counts.rejects > 0 { format!(", {}", counted(counts.rejects, "reject")) } else { String::new() };
    let files = if counts.files > 0 { format!(", {}", counted(counts.files, "file")) } else { String::new() };
    let mut text = format!("{} done ({}{files}{rejects})", figures::count(counts.done), counted(counts.rows, "row"));
    for (number, word) in [(counts.skipped, "skipped"), (counts.tasks_failed(), "failed")] {
        if number > 0 {
            text.push_str(&format!(", {} {word}", figures::count(number)));
        }
    }
    text
}

/// A line for each kind of failure on record, with what to do about it where a flag can.
pub fn failures(counts: &Counts, lines: &mut Vec<String>) {
    for (index, (kind, number)) in counts.failed.iter().filter(|(_, number)| **number > 0).enumerate() {
        let label = if index == 0 { "failed" } else { "" };
        let hint = if has_remedy(*kind) { format!("; {}", kind.hint()) } else { String::new() };
        lines.push(item(label, &format!("{} {kind}{hint}", figures::count(*number))));
    }
}

/// Whether the user can do something about it, and not only the author of the processor.
fn has_remedy(kind: FailureKind) -> bool {
    match kind {
        FailureKind::OutOfFuel
        | FailureKind::Timeout
        | FailureKind::OutOfMemory
        | FailureKind::StackOverflow
        | FailureKind::OutputLimit
        | FailureKind::Input
        | FailureKind::BadInput
        | FailureKind::Host => true,
        FailureKind::GuestError
        | FailureKind::Exit
        | FailureKind::Trap
        | FailureKind::BadOutput
        | FailureKind::Schema => false,
    }
}

/// A line of the table below the headline.
pub fn item(label: &str, text: &str) -> String {
    let label = if label.is_empty() { String::new() } else { format!("{label}:") };
    format!("  {label:<11}{text}")
}

fn headline(summary: &Summary) -> String {
    let run = &summary.run;
    let is_complete = summary.ended == Ended::Completed;
    if run.tasks() == 0 && is_complete {
        return match summary.total.tasks() {
            1 => format!("nothing to do: the one input is on record: {}", counts(&summary.total)),
            total => {
                format!("nothing to do: all {} inputs are on record: {}", figures::count(total), counts(&summary.total))
            }
        };
    }
    let rate = figures::per_second(run.tasks(), summary.elapsed).map(|rate| format!(" ({})", figures::rate(rate)));
    let kept = if summary.kept > 0 { format!("; {} kept", figures::count(summary.kept)) } else { String::new() };
    format!(
        "{}: {} in {}{}{kept}",
        counted(run.tasks(), "input"),
        counts(run),
        figures::duration(summary.elapsed),
        rate.unwrap_or_default(),
    )
}

fn stopped(summary: &Summary) -> Option<String> {
    let Ended::Stopped(stop) = summary.ended else { return None };
    let by = match stop {
        Stop::Interrupted => "by Ctrl-C",
        Stop::Terminated => "by SIGTERM",
        Stop::FailFast => "by --fail-fast, at the first failure",
        Stop::MaxErrors => "by --max-errors: too many tasks failed",
        Stop::MaxRejects => "by --max-rejects: too many records could not be used",
    };
    let resume = if summary.views.is_some() { "; the same command goes on from here" } else { "" };
    Some(format!("stopped {by}{resume}"))
}

fn costs(summary: &Summary, lines: &mut Vec<String>) {
    for (index, (path, elapsed_us)) in summary.slowest.iter().take(MOST_INPUTS).enumerate() {
        let label = if index == 0 { "slowest" } else { "" };
        let elapsed = figures::duration(Duration::from_micros(*elapsed_us));
        lines.push(item(label, &format!("{elapsed:>10}  {}", printable(&path.to_string()))));
    }
    for (index, (path, fuel)) in summary.most_fuel.iter().take(MOST_INPUTS).enumerate() {
        let label = if index == 0 { "most fuel" } else { "" };
        lines.push(item(label, &format!("{:>10}  {}", figures::fuel(*fuel), printable(&path.to_string()))));
    }
}

fn views(summary: &Summary, lines: &mut Vec<String>) {
    let Some(views) = &summary.views else { return };
    match views.results.as_slice() {
        [] => {}
        // One for each format.
        few if few.len() <= Format::ALL.len() => {
            for (index, path) in few.iter().enumerate() {
                lines.push(item(if index == 0 { "results" } else { "" }, &shown(path)));
            }
        }
        [first, .., last] => {
            lines.push(item(
                "results",
                &format!("{} to {} ({} tables)", shown(first), shown(last), views.results.len()),
            ));
        }
        [only] => lines.push(item("results", &shown(only))),
    }
    if summary.total.tasks_failed() > 0 || summary.total.rejects > 0 {
        lines.push(item("errors", &shown(&views.errors)));
    }
}

fn next(summary: &Summary) -> Option<String> {
    let failed = summary.total.tasks_failed();
    if failed == 0 || summary.views.is_none() {
        return None;
    }
    let again = if failed == 1 { "the failed input" } else { "the failed inputs" };
    Some(item("next", &format!("sandmill run ... --retry-failed runs {again} again")))
}

fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests;
