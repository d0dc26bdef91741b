//! The sandbox: a function from task to outcome. The only user of wasmtime.
//!
//! A [`Processor`] is compiled and checked once. Each worker makes one [`Sandbox`] of it, and runs task after task in that.
//! Whatever a guest does ends in an [`Attempt`]; nothing a guest does is an error of the run.

mod abi;
mod abi_shared;
mod argv;
mod cache;
mod command;
mod compile;
mod component;
mod contract;
mod current;
mod engine;
mod failure;
mod fiber;
mod guest;
mod inspect;
mod io;
mod layout;
mod limiter;
mod marks;
mod origin;
mod output_files;
pub(crate) mod page_map;
mod poll;
mod processor;
mod random;
mod reactor;
mod result;
mod segments;
mod shared;
mod slot;
mod source;
mod staging;
mod stdio;
mod streams;
mod ticker;
mod warm;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use self::slot::Slot;
use crate::config::{Budget, Command, InputMode, Isolation, WarmStart};
use crate::fault;
use crate::file::GivenFile;
use crate::input::Input;
use crate::outcome::{Failure, Outcome, Usage};
use crate::row::Schema;
use crate::task::TaskId;

pub use compile::watch_memory;
pub use contract::{Contract, Refusal};
pub use inspect::{Export, Facts, Form, Import, Memory};
pub use layout::Layout;
pub use processor::{Native, Processor, Start};
pub use shared::{Share, Shared};
pub use source::read as read_processor;

/// Inputs up to this size are put into memory whole; larger ones are streamed. Big enough for nearly every file that comes
/// in thousands, small enough that no number of workers makes it count.
pub const INLINE_INPUT_BYTES: u64 = 1 << 20;

/// The version of wasmtime, which `Cargo.toml` pins: fuel counts belong to it.
pub const WASMTIME_VERSION: &str = "48.0.8";

/// How a processor is to be run.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Settings {
    pub budget: Budget,
    pub isolation: Isolation,
    pub input_mode: InputMode,
    /// How a WASI command is called.
    pub command: Command,
    pub params: BTreeMap<String, String>,
    /// Data that all tasks may read. It is nobody else's by being told of it.
    #[serde(skip)]
    pub shared: Option<Arc<Shared>>,
    /// What rows must look like. Columns that the processor declares are filled in when it is loaded.
    pub schema: Schema,
    /// How many sandboxes there will be at once.
    pub workers: NonZeroUsize,
    pub warm_start: WarmStart,
    /// A private folder in which `--input file` shows an input to its guest, and guests write with `--output-files`.
    pub staging: Option<PathBuf>,
    /// A folder of this user's alone in which compiled modules are kept; one that is not is left alone.
    pub cache: Option<PathBuf>,
    /// Look up files and lines for backtraces in the processor's debug information. That parses what the guest's
    /// author wrote, so it is for one task in the foreground and not for a run over untrusted code.
    pub debug_info: bool,
    /// Every row of a chunk says under this name where the chunk begins; no guest may use it.
    pub chunk_column: Option<String>,
}

impl Settings {
    /// One sandbox with this budget, and for the rest what grants and demands the least.
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            isolation: Isolation::Task,
            input_mode: InputMode::Stdin,
            command: Command::default(),
            params: BTreeMap::new(),
            shared: None,
            schema: Schema::default(),
            workers: NonZeroUsize::MIN,
            warm_start: WarmStart::Auto,
            staging: None,
            cache: None,
            debug_info: false,
            chunk_column: None,
        }
    }

    /// Those of a process that has one of the sandboxes.
    pub fn for_child(&self) -> Self {
        Self { workers: NonZeroUsize::MIN, shared: None, ..self.clone() }
    }
}

/// What one attempt at a task came to.
#[derive(Debug)]
pub struct Attempt {
    pub outcome: Outcome,
    pub usage: Usage,
    /// Units of fuel that the task had, with what grows with its input. 0 if it did not get as far.
    pub fuel_budget: u64,
    /// The end of what the guest logged.
    pub log: String,
    /// What a task that is done gave as files.
    pub files: Vec<GivenFile>,
}

impl Attempt {
    /// One that came to nothing.
    pub fn failed(failure: Failure) -> Self {
        Self {
            outcome: Outcome::Failed(failure),
            usage: Usage::default(),
            fuel_budget: 0,
            log: String::new(),
            files: Vec::new(),
        }
    }
}

/// One worker's sandbox: it owns at most one instance at any time.
pub struct Sandbox<'p> {
    processor: &'p Processor,
    commands: Slot<command::Instance>,
    reactors: Slot<reactor::Instance>,
    staging: Option<staging::Staging>,
    output_folder: Option<output_files::OutputFolder>,
}

impl<'p> Sandbox<'p> {
    /// # Errors
    /// If the folders that are shown to guests cannot be made.
    pub fn new(processor: &'p Processor, worker: usize) -> anyhow::Result<Self> {
        let settings = processor.settings();
        let staging = match (&settings.staging, settings.input_mode) {
            (Some(folder), InputMode::File) => Some(staging::Staging::create(&folder.join(worker.to_string()))?),
            _ => None,
        };
        let output_folder = match &settings.staging {
            Some(folder) if settings.command.output_files => {
                Some(output_files::OutputFolder::create(&folder.join(format!("{worker}.out")))?)
            }
            _ => None,
        };
        Ok(Self { processor, commands: Slot::default(), reactors: Slot::default(), staging, output_folder })
    }

    /// Runs one task. Never fails: a failure is an outcome.
    pub fn run(&mut self, task: &TaskId, mut input: Box<dyn Input>) -> Attempt {
        fault::task(task);
        if let Some(native) = self.processor.native() {
            let started = Instant::now();
            let outcome = native(self.processor.schema(), input.as_mut());
            let elapsed_us = started.elapsed().as_micros() as u64;
            let usage = Usage { elapsed_us, ..Usage::default() };
            return Attempt { outcome, usage, fuel_budget: 0, log: String::new(), files: Vec::new() };
        }
        match self.processor.entry() {
            processor::Entry::Command(command) => {
                let folders = command::Folders { input: self.staging.as_ref(), output: self.output_folder.as_ref() };
                command.run(self.processor, task, input, folders, &mut self.commands)
            }
            processor::Entry::Reactor(reactor) => reactor.run(self.processor, task, input, &mut self.reactors),
        }
    }
}

/// Reads what a module, in binary or in text form, says of itself, and which contract it follows. Compiles nothing.
///
/// # Errors
/// If it is no module.
pub fn inspect(source: &[u8]) -> anyhow::Result<(Facts, Layout, Result<Contract, Refusal>)> {
    let wasm = source::binary(source)?;
    let facts = Facts::read(&wasm)?;
    let contract = contract::recognise(&facts);
    Ok((facts, Layout::read(&wasm)?, contract))
}

/// Makes the folder for compiled processors, which must be there before a lockdown. What is wrong with it shows when it is
/// used.
pub fn make_cache(folder: &Path) {
    let _ = cache::Cache::open(folder);
}
