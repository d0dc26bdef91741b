//! What a child may reach and take, which it sees to itself before it hears a word of its run.

use std::fs;

use anyhow::Context as _;
use rustix::process::{Resource, Rlimit};
use serde::{Deserialize, Serialize};

use crate::config::{Budget, Lockdown};
use crate::lockdown::{self, Policy};

/// Memory that a child may have for itself besides what its tasks may: the compiler's, should the processor not be in the
/// cache, and that of what it compiled.
const OWN_BYTES: u64 = 8 << 30;

/// How much of what tasks may have a child may hold: two instances, and their output in several forms.
const MEMORIES: u64 = 2;
const OUTPUTS: u64 = 8;

/// More files than any child has open.
const FILES: u64 = 256;

#[derive(Debug, Serialize, Deserialize)]
pub struct Confines {
    pub lockdown: Lockdown,
    pub policy: Policy,
    /// Memory of its own, as the kernel counts it (`RLIMIT_DATA`).
    pub data_bytes: u64,
}

/// What a child of a run with this budget may have.
pub fn data_bytes(budget: &Budget) -> u64 {
    let tasks = (budget.memory_bytes as u64).saturating_mul(MEMORIES);
    let output = (budget.output_bytes as u64).saturating_add(budget.log_bytes as u64).saturating_mul(OUTPUTS);
    tasks.saturating_add(output).saturating_add(OWN_BYTES)
}

impl Confines {
    /// Confines this process, for good.
    ///
    /// # Errors
    /// If that is required, and this system cannot do it.
    pub fn close(&self) -> anyhow::Result<()> {
        // A child goes with the spawner, and that with the run.
        #[cfg(target_os = "linux")]
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
            .context("end with the spawner")?;
        // A machine that has no memory left is to take it from a child, which costs a task, and not from the run.
        let _ = fs::write("/proc/self/oom_score_adj", "1000");
        limit(Resource::Core, 0);
        limit(Resource::Data, self.data_bytes);
        limit(Resource::Nofile, FILES);
        lockdown::confine(self.lockdown, &self.policy).map(|_| ())
    }
}

/// Lowers a limit. One that is lower already stays.
fn limit(resource: Resource, most: u64) {
    let Rlimit { maximum, .. } = rustix::process::getrlimit(resource);
    let most = Some(maximum.map_or(most, |maximum| maximum.min(most)));
    let _ = rustix::process::setrlimit(resource, Rlimit { current: most, maximum: most });
}
