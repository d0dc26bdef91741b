//! `sandmill status`.

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use sandmill::report::{RunDocument, RunRecord, Status};

use crate::cli::args::StatusArgs;
use crate::cli::exit::Exit;
use crate::cli::figures::{self, counted};
use crate::cli::json;
use crate::cli::printable::printable;
use crate::cli::summary::{counts, failures, item};
use crate::cli::terminal::Stdout;

/// # Errors
/// If there is no ledger, it cannot be read, or what it says cannot be printed.
pub fn run(args: &StatusArgs) -> anyhow::Result<Exit> {
    let status = sandmill::status(&args.folder)?;
    let mut stdout = Stdout::open();
    if args.json {
        stdout.line(&serde_json::to_string(&json::Status::from(&status)).context("write JSON")?)?;
    } else {
        for line in lines(&status, SystemTime::now()) {
            stdout.line(&line)?;
        }
    }
    stdout.finish()?;
    Ok(Exit::Success)
}

fn lines(status: &Status, now: SystemTime) -> Vec<String> {
    let total = &status.counts;
    let mut lines = vec![format!("{} on record: {}", counted(total.tasks(), "input"), counts(total))];
    failures(total, &mut lines);
    match status.running {
        Some(running) => {
            let process = running.pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
            lines.push(item("running", &format!("{process} is at work on it")));
        }
        None => lines.push(item("running", "no")),
    }
    if let Some(run) = &status.last_run {
        lines.push(item("last run", &last_run(run, status.running.is_some(), now)));
        if let Some(document) = &run.document {
            described(document, &mut lines);
        }
    }
    lines.push(item("ledger", &printable(&status.ledger.to_string_lossy())));
    lines
}

/// `number 3, started 2026-01-02T03:04:05Z (5 min 0 s ago), completed after 12 s`.
fn last_run(run: &RunRecord, is_running: bool, now: SystemTime) -> String {
    let start = match time(run.started_ms) {
        Some(started) => {
            let ago = now.duration_since(started).map(|ago| format!(" ({} ago)", figures::duration(ago)));
            format!("started {}{}", humantime::format_rfc3339_seconds(started), ago.unwrap_or_default())
        }
        None => "started at an unknown time".to_owned(),
    };
    let end = match (&run.ended, run.ended_ms) {
        (Some(how), Some(ended_ms)) => {
            let lasted = u64::try_from(ended_ms.saturating_sub(run.started_ms)).unwrap_or(0);
            format!("{} after {}", printable(how), figures::duration(Duration::from_millis(lasted)))
        }
        (Some(how), None) => printable(how).into_owned(),
        (None, _) if is_running => "still running".to_owned(),
        (None, _) => "killed; the same command goes on from there".to_owned(),
    };
    format!("number {}, {start}, {end}", run.id)
}

fn time(ms: i64) -> Option<SystemTime> {
    let since_epoch = Duration::from_millis(u64::try_from(ms).ok()?);
    // Past the year 9999 there is no such form.
    const MOST: Duration = Duration::from_secs(253_402_300_800);
    (since_epoch < MOST).then(|| SystemTime::UNIX_EPOCH.checked_add(since_epoch)).flatten()
}

fn described(document: &RunDocument, lines: &mut Vec<String>) {
    let sha256 = document.processor_sha256.get(..12).unwrap_or(&document.processor_sha256);
    let processor = printable(&document.processor.to_string_lossy()).into_owned();
    lines.push(item(
        "processor",
        &format!("{processor} (sha256 {}...), {}", printable(sha256), printable(&document.contract)),
    ));
    for (index, (name, value)) in document.params.iter().enumerate() {
        let label = if index == 0 { "params" } else { "" };
        lines.push(item(label, &printable(&format!("{name}={value}"))));
    }
    let limits = &document.limits;
    let slope = match limits.fuel_per_input_byte {
        0 => String::new(),
        slope => format!(" + {}/byte", figures::fuel(slope)),
    };
    lines.push(item(
        "limits",
        &format!(
            "fuel {}{slope}, time {}, memory {}, stack {}, output {}, log {}",
            figures::fuel(limits.fuel),
            figures::duration(Duration::from_millis(limits.timeout_ms)),
            figures::bytes(limits.memory_bytes as u64),
            figures::bytes(limits.stack_bytes as u64),
            figures::bytes(limits.output_bytes as u64),
            figures::bytes(limits.log_bytes as u64),
        ),
    ));
    if let Some(lockdown) = &document.lockdown {
        lines.push(item("lockdown", &printable(lockdown)));
    }
    lines.push(item("workers", &figures::count(document.workers as u64)));
    lines.push(item(
        "versions",
        &format!("sandmill {}, wasmtime {}", printable(&document.sandmill), printable(&document.wasmtime)),
    ));
}

#[cfg(test)]
mod tests {
    use sandmill::event::Counts;
    use sandmill::outcome::FailureKind;
    use sandmill::report::Running;

    use super::*;

    fn record(ended: Option<&str>, ended_ms: Option<i64>) -> RunRecord {
        RunRecord { id: 3, started_ms: 1_000, ended_ms, ended: ended.map(str::to_owned), document: None }
    }

    #[test]
    fn the_last_run_tells_how_it_ended() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(61);
        let started = "number 3, started 1970-01-01T00:00:01Z (1 min 0 s ago), ";
        let shown = |ended, ended_ms, is_running| last_run(&record(ended, ended_ms), is_running, now);
        assert_eq!(shown(Some("completed"), Some(13_000), false), format!("{started}completed after 12 s"));
        assert_eq!(shown(None, None, true), format!("{started}still running"));
        assert_eq!(shown(None, None, false), format!("{started}killed; the same command goes on from there"));
        assert_eq!(time(i64::MAX), None);
        assert_eq!(time(-1), None);
    }

    #[test]
    fn a_status_names_what_failed_and_who_is_at_work() {
        let counts = Counts { done: 2, rows: 5, failed: [(FailureKind::Timeout, 1)].into(), ..Counts::default() };
        let running = Some(Running { pid: Some(42) });
        let status = Status { counts, running, last_run: Some(record(None, None)), ledger: "out/ledger.db".into() };
        let lines = lines(&status, SystemTime::UNIX_EPOCH);
        assert_eq!(lines[0], "3 inputs on record: 2 done (5 rows), 1 failed");
        assert!(lines[1].starts_with("  failed:    1 timeout; "));
        assert_eq!(lines[2], "  running:   process 42 is at work on it");
        assert_eq!(lines.last().unwrap(), "  ledger:    out/ledger.db");
        let json = serde_json::to_string(&json::Status::from(&status)).unwrap();
        assert!(json.contains(r#""failed_by_kind":{"timeout":1}"#) && json.contains(r#""pid":42"#), "{json}");
    }
}
