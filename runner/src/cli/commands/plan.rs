//! `sandmill plan`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use sandmill::event::{Event, Monitor, Stop};
use sandmill::report::{Planned, Verdict};

use crate::cli::exit::Exit;
use crate::cli::figures::{count, counted};
use crate::cli::printable::printable;
use crate::cli::request::Request;
use crate::cli::terminal::{Stdout, say};
use crate::cli::{json, progress};

/// # Errors
/// If the inputs or the ledger cannot be read, `run` would refuse to start, or the plan cannot be printed.
pub fn run(request: &Request, is_json: bool) -> anyhow::Result<Exit> {
    let monitor = PlanMonitor { is_quiet: request.quiet, is_unread: AtomicBool::new(false) };
    let mut stdout = Stdout::open();
    let mut printed = Ok(());
    let mut totals = Totals::default();
    sandmill::plan(&request.config, &monitor, &mut |planned| {
        if printed.is_ok() {
            printed = line(&planned, is_json).and_then(|line| stdout.line(&line));
            monitor.is_unread.store(printed.is_err(), Ordering::Relaxed);
        }
        totals.add(&planned.verdict);
    })?;
    printed?;
    stdout.finish()?;
    if !is_json && !request.quiet {
        say(&totals.line());
    }
    Ok(Exit::Success)
}

/// What happens to an input, and why.
pub fn words(verdict: &Verdict) -> (&'static str, &'static str) {
    use sandmill::task::Reason::{Changed, New, Retry};
    match verdict {
        Verdict::Run(New) => ("run", "new"),
        Verdict::Run(Retry) => ("run", "retry"),
        Verdict::Run(Changed) => ("run", "changed"),
        Verdict::KeepDone => ("keep", "done"),
        Verdict::KeepFailed(_) => ("keep", "failed"),
        Verdict::KeepChanged => ("keep", "changed"),
        Verdict::Stale => ("drop", "stale"),
        Verdict::Missing { drop: true } => ("drop", "missing"),
        Verdict::Missing { drop: false } => ("keep", "missing"),
    }
}

fn line(planned: &Planned, is_json: bool) -> anyhow::Result<String> {
    if is_json {
        return serde_json::to_string(&json::Planned::from(planned)).context("write JSON");
    }
    let (action, reason) = words(&planned.verdict);
    let path = match planned.offset {
        0 => planned.path.to_string(),
        offset => format!("{} at byte {offset}", planned.path),
    };
    let kind = match planned.verdict {
        Verdict::KeepFailed(kind) => format!(" ({kind})"),
        _ => String::new(),
    };
    let mut line = format!("{action:<4} {reason:<8} {}{kind}", printable(&path));
    for (name, value) in planned.params.iter().flat_map(|params| params.iter()) {
        line.push_str(&format!(" {name}={}", printable(&format!("{value:?}"))));
    }
    Ok(line)
}

#[derive(Default)]
struct Totals {
    inputs: u64,
    actions: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
}

impl Totals {
    fn add(&mut self, verdict: &Verdict) {
        let (action, reason) = words(verdict);
        self.inputs += 1;
        *self.actions.entry(action).or_default().entry(reason).or_default() += 1;
    }

    /// `5 inputs: run 2 (1 new, 1 retry), keep 3 (3 done)`.
    fn line(&self) -> String {
        let actions = ["run", "keep", "drop", "fail"].into_iter().filter_map(|action| {
            let reasons = self.actions.get(action)?;
            let shown: Vec<String> =
                reasons.iter().map(|(reason, number)| format!("{} {reason}", count(*number))).collect();
            Some(format!("{action} {} ({})", count(reasons.values().sum()), shown.join(", ")))
        });
        let shown: Vec<String> = actions.collect();
        match self.inputs {
            0 => "no inputs were found".to_owned(),
            inputs => format!("{}: {}", counted(inputs, "input"), shown.join(", ")),
        }
    }
}

/// Tells notices, and ends the plan when nobody reads it any more.
struct PlanMonitor {
    is_quiet: bool,
    is_unread: AtomicBool,
}

impl Monitor for PlanMonitor {
    fn event(&self, event: Event<'_>) {
        if let Event::Notice(notice) = event
            && !self.is_quiet
        {
            say(&progress::notice(&notice));
        }
    }

    fn stop(&self) -> Option<Stop> {
        self.is_unread.load(Ordering::Relaxed).then_some(Stop::Interrupted)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sandmill::outcome::FailureKind;
    use sandmill::param::Params;
    use sandmill::task::{Reason, TaskPath};

    use super::*;

    fn planned(verdict: Verdict) -> Planned {
        Planned { path: TaskPath::from_path(Path::new("a/b.json")), offset: 0, params: None, verdict }
    }

    #[test]
    fn a_line_says_what_and_why() {
        let shown = |verdict| line(&planned(verdict), false).unwrap();
        assert_eq!(shown(Verdict::Run(Reason::New)), "run  new      a/b.json");
        assert_eq!(shown(Verdict::KeepFailed(FailureKind::Trap)), "keep failed   a/b.json (trap)");
        assert_eq!(shown(Verdict::Missing { drop: true }), "drop missing  a/b.json");
        let params = Params::new(vec![("n".into(), "a \x1b".into())]).unwrap();
        let with_params = Planned { params: Some(params.into()), ..planned(Verdict::Run(Reason::New)) };
        assert_eq!(line(&with_params, false).unwrap(), r#"run  new      a/b.json n="a \u{1b}""#);
        let json = line(&with_params, true).unwrap();
        assert_eq!(json, r#"{"path":"a/b.json","params":{"n":"a \u001b"},"action":"run","reason":"new"}"#);
        let json = line(&planned(Verdict::KeepFailed(FailureKind::Trap)), true).unwrap();
        assert_eq!(json, r#"{"path":"a/b.json","action":"keep","reason":"failed","kind":"trap"}"#);
    }

    #[test]
    fn the_totals_add_up() {
        let mut totals = Totals::default();
        assert_eq!(totals.line(), "no inputs were found");
        for verdict in [Verdict::Run(Reason::New), Verdict::KeepDone, Verdict::Run(Reason::Retry), Verdict::KeepDone] {
            totals.add(&verdict);
        }
        assert_eq!(totals.line(), "4 inputs: run 2 (1 new, 1 retry), keep 2 (2 done)");
    }
}
