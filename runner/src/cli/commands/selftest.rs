//! `sandmill selftest`: every attack of the hostile pack, on this machine.

use std::time::Instant;

use anyhow::Context as _;
use sandmill::hostile::{self, ATTACKS, End, Guise, Trial};
use sandmill::outcome::FailureKind;

use crate::cli::args::SelftestArgs;
use crate::cli::exit::Exit;
use crate::cli::figures::{self, counted};
use crate::cli::json;
use crate::cli::printable::printable;
use crate::cli::request;
use crate::cli::terminal::{Stdout, say};

/// # Errors
/// If the lockdown that is required is not to be had, or what is found cannot be printed.
pub fn run(args: &SelftestArgs) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let mut stdout = Stdout::open();
    let table = Table::new();
    let mut trials = Vec::new();
    if !args.json {
        stdout.line(&table.line(["attack", "as", "ends as", "after", "memory", "stopped by"]))?;
    }
    let lockdown = hostile::selftest(&request::selftest(args), &mut |trial| {
        if !args.json {
            for line in table.lines(&trial) {
                stdout.line(&line)?;
            }
            stdout.flush()?;
        }
        trials.push(trial);
        Ok(())
    })?;
    let selftest = json::Selftest::new(&trials, &lockdown);
    if args.json {
        stdout.line(&serde_json::to_string(&selftest).context("write JSON")?)?;
    } else {
        say(&format!("{}, in {}; lockdown: {lockdown}", verdict(&trials), figures::duration(started.elapsed())));
    }
    stdout.finish()?;
    Ok(if selftest.all_stopped { Exit::Success } else { Exit::Failed })
}

fn verdict(trials: &[Trial]) -> String {
    let all = trials.len() as u64;
    match trials.iter().filter(|trial| !trial.is_stopped()).count() as u64 {
        0 if all == 1 => "the one attack was stopped".to_owned(),
        0 => format!("all {} were stopped", counted(all, "attack")),
        failed => format!("NOT STOPPED: {} of {}", figures::count(failed), counted(all, "attack")),
    }
}

/// Where the columns are.
struct Table {
    attack: usize,
    guise: usize,
    end: usize,
}

impl Table {
    fn new() -> Self {
        let widest = |widths: &mut dyn Iterator<Item = usize>| widths.max().unwrap_or(0);
        Self {
            attack: widest(&mut ATTACKS.iter().map(|attack| attack.name.len())),
            guise: widest(&mut Guise::ALL.iter().map(|guise| guise.to_string().len())),
            end: widest(&mut FailureKind::ALL.iter().map(|kind| kind.as_str().len()))
                .max(End::Skipped.to_string().len()),
        }
    }

    fn line(&self, [attack, guise, end, after, memory, stopped_by]: [&str; 6]) -> String {
        let Self { attack: attack_width, guise: guise_width, end: end_width } = self;
        format!("{attack:attack_width$}  {guise:guise_width$}  {end:end_width$}  {after:>7}  {memory:>9}  {stopped_by}")
    }

    /// A trial, and what was wrong with it.
    fn lines(&self, trial: &Trial) -> Vec<String> {
        let stopped_by = if trial.is_stopped() { trial.stopped_by() } else { "NOT STOPPED:" };
        let (guise, end) = (trial.guise.to_string(), trial.ended.to_string());
        let (after, memory) = (figures::duration(trial.elapsed), figures::bytes(trial.memory_bytes));
        let mut lines = vec![self.line([trial.attack.name, &guise, &end, &after, &memory, stopped_by])];
        lines.extend(trial.wrong.iter().map(|wrong| format!("  {}", printable(wrong))));
        lines
    }
}
