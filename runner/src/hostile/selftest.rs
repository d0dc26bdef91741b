//! The whole pack, with the budget that a user has in mind.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::thread;

use super::pack::{ATTACKS, Attack};
use super::trial::Trial;
use crate::config::{Budget, Lockdown};
use crate::lockdown;
use crate::sandbox::{self, Settings};
use crate::threads::{join, spawn};

/// What to try, and how.
#[derive(Debug)]
pub struct Selftest {
    /// Names of attacks; all if there are none.
    pub attacks: Vec<String>,
    /// Of each task.
    pub budget: Budget,
    pub lockdown: Lockdown,
    /// How many attacks are made at once.
    pub workers: NonZeroUsize,
}

/// Makes every attack in every guise, and tells `each` of them in the order of the pack. Says what of a lockdown there was.
///
/// # Errors
/// If the lockdown that is required is not to be had, a thread cannot be started, or `each` says so. What an attack does is
/// no error.
pub fn selftest(
    selftest: &Selftest,
    each: &mut dyn FnMut(Trial) -> anyhow::Result<()>,
) -> anyhow::Result<lockdown::State> {
    sandbox::watch_memory();
    // Nothing here is in a file.
    let lockdown = lockdown::engage_without_files(selftest.lockdown)?;
    let settings = Settings::new(selftest.budget.clone());
    let is_wanted =
        |attack: &&Attack| selftest.attacks.is_empty() || selftest.attacks.iter().any(|name| name == attack.name);
    let wanted = ATTACKS.iter().filter(is_wanted).flat_map(|attack| attack.ends.iter().map(move |end| (attack, *end)));
    let (to_workers, cases) = crossbeam_channel::unbounded();
    for case in wanted.enumerate() {
        let _ = to_workers.send(case);
    }
    drop(to_workers);
    let (sender, trials) = crossbeam_channel::unbounded();
    thread::scope(|scope| {
        let workers = (0..selftest.workers.get()).map(|_| {
            let (cases, settings, sender) = (cases.clone(), &settings, sender.clone());
            spawn(scope, "attacker", move || {
                for (place, (attack, end)) in &cases {
                    if sender.send((place, Trial::run(attack, end, settings))).is_err() {
                        return;
                    }
                }
            })
        });
        let workers = workers.collect::<anyhow::Result<Vec<_>>>()?;
        drop(sender);
        let told = tell_in_order(trials, each);
        workers.into_iter().for_each(join);
        told
    })?;
    Ok(lockdown)
}

/// They end in any order.
fn tell_in_order(
    trials: crossbeam_channel::Receiver<(usize, Trial)>,
    each: &mut dyn FnMut(Trial) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (mut waiting, mut next) = (BTreeMap::new(), 0);
    for (place, trial) in trials {
        waiting.insert(place, trial);
        while let Some(trial) = waiting.remove(&next) {
            each(trial)?;
            next += 1;
        }
    }
    Ok(())
}
