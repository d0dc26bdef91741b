//! What a module is, whether it can be a processor here, and what would make it one: `sandmill inspect`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use crate::config::Config;
use crate::digest::hex;
use crate::outcome::{Failure, FailureKind};
use crate::run;
use crate::sandbox::{self, Contract, Facts, Layout, Refusal, Start};

/// What [`inspect`] found.
#[derive(Debug)]
pub struct Inspection {
    pub path: PathBuf,
    pub sha256: String,
    pub facts: Facts,
    pub layout: Layout,
    pub contract: Result<Contract, Refusal>,
    /// What the processor declares its rows to have.
    pub columns: Option<Vec<String>>,
    /// How its instances start, if it can be run.
    pub start: Option<Start>,
    /// Why it would be refused although it follows a contract: an import that is not granted, an initialisation that fails.
    pub problem: Option<String>,
    /// Options with which it was refused no more, when it was tried.
    pub runs_with: Option<String>,
}

/// Says what the processor of `config` is, and tries to load it as a run with these settings would.
///
/// # Errors
/// If the file cannot be read or is no module.
pub fn inspect(config: &Config) -> anyhow::Result<Inspection> {
    let path = &config.processor;
    let about = || format!("processor {}", path.display());
    let source = sandbox::read_processor(path)?;
    let (facts, layout, contract) = sandbox::inspect(&source).with_context(about)?;
    let mut inspection = Inspection {
        path: path.clone(),
        sha256: hex(&Sha256::digest(&source)),
        facts,
        layout,
        contract,
        columns: None,
        start: None,
        problem: None,
        runs_with: None,
    };
    if inspection.contract.is_ok() {
        match run::share(config).and_then(|shared| run::load(config, NonZeroUsize::MIN, None, shared, false)) {
            Ok(processor) => {
                inspection.columns = processor.schema().columns.clone();
                inspection.start = Some(processor.start().clone());
            }
            Err(error) => {
                inspection.runs_with = remedy(config, &error);
                inspection.problem = Some(format!("{error:#}"));
            }
        }
    }
    Ok(inspection)
}

/// Options that give more of what there was too little of, if they are found to be enough.
fn remedy(config: &Config, error: &anyhow::Error) -> Option<String> {
    let mut config = config.clone();
    let refusal = error.chain().find_map(|cause| cause.downcast_ref::<Refusal>());
    let failure = error.chain().find_map(|cause| cause.downcast_ref::<Failure>());
    let option = match (refusal, failure.map(|failure| failure.kind)) {
        // Not a byte to spare would be too little to work with.
        (Some(Refusal::Memory { initial_bytes, .. }), _) => {
            more_memory(&mut config, (initial_bytes >> 20).saturating_mul(2))?
        }
        (None, Some(FailureKind::OutOfMemory)) => {
            let limit_mib = config.budget.memory_bytes as u64 >> 20;
            more_memory(&mut config, limit_mib.saturating_mul(4))?
        }
        (None, Some(FailureKind::StackOverflow)) => {
            config.budget.stack_bytes = config.budget.stack_bytes.saturating_mul(8);
            format!("--stack {}KiB", config.budget.stack_bytes >> 10)
        }
        _ => return None,
    };
    run::share(&config)
        .and_then(|shared| run::load(&config, NonZeroUsize::MIN, None, shared, false))
        .is_ok()
        .then_some(option)
}

/// `None` if no module that is granted a 32-bit memory can have that much.
fn more_memory(config: &mut Config, mib: u64) -> Option<String> {
    let mib = mib.clamp(1, 4 << 10).next_multiple_of(64);
    let bytes = usize::try_from(mib << 20).ok()?;
    (bytes > config.budget.memory_bytes).then(|| {
        config.budget.memory_bytes = bytes;
        format!("--memory {mib}MiB")
    })
}
