//! The ring of processes around a run: children in which tasks run, so that what takes down a process takes down a child.
//!
//! A run that is locked down may start no program, so a *spawner* is started before: a process of one thread that starts
//! children when it is asked to, and tells how they died. Spawner and children are this same program, by hidden subcommands.
//! What a child may reach is settled when the spawner starts, before anything of a stranger's is read: no message of a run
//! that was taken over changes it. A child never opens an input. It asks for the bytes, and what it answers is checked as
//! what a guest gives.

mod channel;
mod child;
mod confine;
mod death;
mod distant;
mod message;
mod place;
mod spawner;
mod worker;

use std::path::Path;

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};

use crate::config::Config;
use crate::lockdown::Policy;
use crate::sandbox::{Processor, Shared};

use self::message::{Blob, Hello};
use self::spawner::Spawner;

pub use self::child::run as child;
pub use self::death::Death;
pub use self::place::Place;
pub use self::spawner::{own_program, serve as spawner};

/// What the children of a run are made with.
pub struct Ring {
    spawner: Spawner,
}

/// The same, when the processor is known.
pub struct Loaded<'r> {
    spawner: &'r Spawner,
    processor: &'r Processor,
    /// What every child is told first.
    hello: Hello,
}

impl Ring {
    /// Starts the spawner, `program` being sandmill: to be called before a lockdown.
    ///
    /// # Errors
    /// If it cannot be started, or a path cannot be told to it.
    pub fn start(
        program: &Path,
        config: &Config,
        staging: Option<&Path>,
        shared: Option<&Shared>,
    ) -> anyhow::Result<Self> {
        let confines = confine::Confines {
            lockdown: config.lockdown,
            policy: Policy::of_child(config.cache.as_deref(), staging, shared.map(Shared::folder)),
            data_bytes: confine::data_bytes(&config.budget),
        };
        let confines = serde_json::to_string(&confines).context("tell the children what they may do")?;
        Ok(Self { spawner: Spawner::start(program, confines)? })
    }

    /// With what the children are to run.
    ///
    /// # Errors
    /// If `source` is not what `processor` was made of.
    pub fn load<'r>(&'r self, processor: &'r Processor, source: Vec<u8>) -> anyhow::Result<Loaded<'r>> {
        if processor.sha256()[..] != Sha256::digest(&source)[..] {
            bail!("the processor changed while the run started");
        }
        let settings = processor.settings();
        let shared = settings.shared.as_ref().map(|shared| shared.share().clone());
        let hello = Hello { worker: 0, settings: settings.for_child(), shared, source: Blob(source) };
        Ok(Loaded { spawner: &self.spawner, processor, hello })
    }
}
