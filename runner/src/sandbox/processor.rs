//! A processor: a module or component compiled and checked, ready to be run by any number of sandboxes.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};
use wasmtime::component::Component;
use wasmtime::{Engine, Linker, UnknownImportError};

use super::Settings;
use super::cache::cached;
use super::command::Command;
use super::compile;
use super::component;
use super::contract::{self, Contract, Refusal};
use super::current::Task;
use super::engine::{self, explain};
use super::guest::{self, Guest};
use super::inspect::{Facts, Form};
use super::marks;
use super::origin::Origin;
use super::reactor::{Introduction, Reactor};
use super::source;
use super::ticker::{Ticker, Ticks};
use super::warm;
use crate::config::{self, Budget, WarmStart};
use crate::input::Input;
use crate::outcome::{Failure, Outcome};
use crate::row::{Rows, Schema};
use crate::task::TaskId;

/// What a worker's sandbox runs.
pub struct Processor {
    settings: Settings,
    facts: Facts,
    sha256: [u8; 32],
    engine: Engine,
    contract: Contract,
    entry: Entry,
    start: Start,
    schema: Arc<Schema>,
    params: Arc<BTreeMap<String, String>>,
    native: Option<Native>,
    /// Moves deadlines on for as long as there is a processor to run.
    ticker: Ticker,
}

/// What does the work of a guest without a sandbox around it, to tell what everything else costs.
pub type Native = fn(&Schema, &mut dyn Input) -> Outcome;

/// How the instance of a task starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// A command: its start is its work.
    Command,
    /// From a snapshot of an initialised instance.
    Warm,
    /// By initialising it: that takes next to nothing.
    Quick { init_fuel: u64 },
    /// By initialising it, since no snapshot was wanted.
    Cold { init_fuel: u64 },
    /// By initialising it, since no snapshot can be made, for this reason.
    Unfit { init_fuel: u64, reason: String },
}

pub enum Entry {
    Command(Command),
    Reactor(Reactor),
}

impl Processor {
    /// Reads, checks and compiles `source`, which is a module or component in binary or in text form.
    ///
    /// # Errors
    /// A [`Refusal`] if it can be no processor, and whatever else is wrong with it. No task has run then.
    pub fn load(source: &[u8], settings: Settings) -> anyhow::Result<Self> {
        let wasm = source::binary(source)?;
        let facts = Facts::read(&wasm)?;
        let contract = contract::recognise(&facts)?;
        compile::check_size(&facts)?;
        check_memory(&facts, &settings.budget)?;
        check_command(contract, &settings.command)?;
        let Linked { engine, entry, linker } = match facts.form {
            Form::Module => Linked::module(&wasm, &facts, contract, &settings)?,
            Form::Component => Linked::component(&wasm, &facts, contract, &settings)?,
        };
        let ticker = Ticker::start()?;
        let mut processor = Self {
            schema: Arc::new(settings.schema.clone()),
            params: Arc::new(settings.params.clone()),
            settings,
            facts,
            sha256: Sha256::digest(source).into(),
            engine,
            contract,
            entry,
            start: Start::Command,
            native: None,
            ticker,
        };
        if let Entry::Reactor(reactor) = &processor.entry {
            let Introduction { columns, init_fuel } = reactor.introduce(&processor).map_err(before_first_task)?;
            processor.declare_columns(columns)?;
            processor.warm_up(init_fuel, linker.as_ref(), &wasm);
        }
        if let (WarmStart::Require, Some(reason)) = (processor.settings.warm_start, processor.start.reason_not_warm()) {
            bail!("it cannot be started warm (--warm-start require): {reason}");
        }
        Ok(processor)
    }

    /// The same processor, but that tasks are done by `native`.
    pub fn replaced_by(self, native: Native) -> Self {
        Self { native: Some(native), ..self }
    }

    pub fn native(&self) -> Option<Native> {
        self.native
    }

    /// How the instance of a task starts.
    pub fn start(&self) -> &Start {
        &self.start
    }

    pub fn contract(&self) -> Contract {
        self.contract
    }

    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Hash of the file as it was given.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// Hash of the data that is shared with its guests.
    pub fn shared_sha256(&self) -> Option<&str> {
        self.settings.shared.as_ref().map(|shared| shared.sha256())
    }

    /// What every row must look like, the processor's own declaration included.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// No rows of `task` yet.
    pub fn rows_of(&self, task: &TaskId) -> Rows {
        self.settings.chunk_column.as_ref().map_or_else(Rows::default, |column| Rows::of_chunk(column, task.offset))
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn ticks(&self) -> &Ticks {
        self.ticker.ticks()
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The state of ABI 1 for a new instance.
    pub(super) fn abi_task(&self) -> Task {
        Task {
            params: Arc::clone(&self.params),
            schema: Arc::clone(&self.schema),
            shared: self.settings.shared.clone(),
            open_shared: None,
            output_limit_bytes: self.settings.budget.output_bytes,
            current: None,
        }
    }

    fn declare_columns(&mut self, declared: Option<Vec<String>>) -> anyhow::Result<()> {
        let Some(declared) = declared else { return Ok(()) };
        check_columns(&declared, &self.settings.schema)?;
        let columns = self.settings.schema.columns.clone().unwrap_or(declared);
        self.schema = Arc::new(Schema { columns: Some(columns), ..self.settings.schema.clone() });
        Ok(())
    }

    /// Has the instances of a reactor begin where its initialisation ends, if that is wanted, possible and worth it.
    fn warm_up(&mut self, init_fuel: u64, linker: Option<&Linker<Guest>>, wasm: &[u8]) {
        const COMPONENT: &str = "it is a component; the toolchains of those run the initialisation as they build";
        self.start = match self.settings.warm_start {
            WarmStart::Off => Start::Cold { init_fuel },
            WarmStart::Auto if init_fuel < warm::WORTHWHILE_FUEL => Start::Quick { init_fuel },
            WarmStart::Auto | WarmStart::Require => {
                match linker.context(COMPONENT).and_then(|linker| Reactor::warm(self, linker, wasm)) {
                    Ok(reactor) => {
                        self.entry = Entry::Reactor(reactor);
                        Start::Warm
                    }
                    Err(error) => Start::Unfit { init_fuel, reason: format!("{error:#}") },
                }
            }
        };
    }
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command => f.write_str("anew for each task, as commands do"),
            Self::Warm => f.write_str("warm: initialised once, and each task starts from what that left"),
            Self::Quick { init_fuel } => {
                write!(f, "initialised for each task, which takes next to nothing ({init_fuel} units of fuel)")
            }
            Self::Cold { init_fuel } => write!(f, "initialised for each task ({init_fuel} units of fuel)"),
            Self::Unfit { init_fuel, reason } => {
                write!(f, "initialised for each task ({init_fuel} units of fuel); it cannot start warm: {reason}")
            }
        }
    }
}

impl Start {
    fn reason_not_warm(&self) -> Option<&str> {
        match self {
            Self::Command => {
                Some("what a command does first and what it does for its input is one call; an SDK makes reactors")
            }
            Self::Unfit { reason, .. } => Some(reason),
            Self::Warm | Self::Quick { .. } | Self::Cold { .. } => None,
        }
    }
}

fn before_first_task((failure, log): (Failure, String)) -> anyhow::Error {
    let log = if log.is_empty() { log } else { format!("; it logged: {}", log.trim_end()) };
    anyhow::Error::new(failure).context(format!("the processor failed before its first task{log}"))
}

/// A processor connected with what it imports.
struct Linked {
    engine: Engine,
    entry: Entry,
    /// What a module's snapshot is to be connected with; none for a component.
    linker: Option<Linker<Guest>>,
}

impl Linked {
    fn module(wasm: &[u8], facts: &Facts, contract: Contract, settings: &Settings) -> anyhow::Result<Self> {
        let engine = engine::engine(settings, facts)?;
        let linker = guest::linker(&engine, contract).map_err(|error| explain(&error)).context("define the imports")?;
        let module = cached(settings.cache.as_deref(), &engine, &[b"marked", wasm], || compile::marked(&engine, wasm))
            .context("compile the module")?;
        let pre = linker.instantiate_pre(&module).map_err(|error| refuse_import(error, contract))?;
        let origin = Origin::new(marks::are_tellable(facts));
        let entry = if contract.is_command() {
            Entry::Command(Command::Module { pre, origin })
        } else {
            Entry::Reactor(Reactor::of_module(pre, origin))
        };
        Ok(Self { engine, entry, linker: Some(linker) })
    }

    fn component(wasm: &[u8], facts: &Facts, contract: Contract, settings: &Settings) -> anyhow::Result<Self> {
        contract::check_interfaces(facts, contract)?;
        let (engine, component) = compiled_component(wasm, facts, settings)?;
        let linker =
            component::linker(&engine, contract).map_err(|error| explain(&error)).context("define the imports")?;
        let entry = linker.instantiate_pre(&component).and_then(|pre| {
            Ok(if contract.is_command() {
                Entry::Command(Command::Component(component::Command::new(pre)?))
            } else {
                Entry::Reactor(Reactor::of_component(component::ProcessorPre::new(pre)?))
            })
        });
        let entry = entry.map_err(|error| explain(&error)).context("link the component")?;
        Ok(Self { engine, entry, linker: None })
    }
}

fn compiled_component(wasm: &[u8], facts: &Facts, settings: &Settings) -> anyhow::Result<(Engine, Component)> {
    let in_engine = |engine: Engine| {
        let component = cached(settings.cache.as_deref(), &engine, &[wasm], || compile::component(&engine, wasm))?;
        anyhow::Ok((engine, component))
    };
    // The pool has room for what a component's facts say. One that instantiates more than they can tell does without.
    in_engine(engine::engine(settings, facts)?)
        .or_else(|_| in_engine(engine::on_demand(settings)?))
        .context("compile the component")
}

/// A module that cannot even start within the limit fails now, not once for every task.
fn check_memory(facts: &Facts, budget: &Budget) -> Result<(), Refusal> {
    let initial_bytes = facts.initial_bytes();
    let limit_bytes = budget.memory_bytes as u64;
    if initial_bytes > limit_bytes {
        return Err(Refusal::Memory { initial_bytes, limit_bytes });
    }
    Ok(())
}

/// What is said of commands must not be lost on a processor of another kind.
fn check_command(contract: Contract, command: &config::Command) -> anyhow::Result<()> {
    let usual = config::Command::default();
    let option = if contract.is_command() {
        return Ok(());
    } else if command.args != usual.args {
        "--args"
    } else if command.result != usual.result {
        "--result"
    } else if command.output_files {
        "--output-files"
    } else {
        return Ok(());
    };
    bail!("{option} is for WASI commands, and this processor is made with an SDK: leave it out")
}

/// What the processor declares must make sense, and agree with what the user asks for but for the order.
fn check_columns(declared: &[String], asked: &Schema) -> anyhow::Result<()> {
    let names: HashSet<&String> = declared.iter().collect();
    if names.len() != declared.len() {
        bail!("the processor declares a column twice: {}", declared.join(", "));
    }
    if let Some(path) = &asked.path_column
        && names.contains(path)
    {
        bail!(
            "the processor declares a column {path:?}, which is where the input's path goes: choose another (--path-column NAME)"
        );
    }
    if let Some(columns) = &asked.columns
        && columns.iter().collect::<HashSet<_>>() != names
    {
        bail!(
            "--columns asks for {}, and the processor declares {}: leave --columns out, or give the same names in another order",
            columns.join(", "),
            declared.join(", ")
        );
    }
    Ok(())
}

fn refuse_import(error: wasmtime::Error, contract: Contract) -> anyhow::Error {
    match error.downcast_ref::<UnknownImportError>() {
        Some(unknown) => anyhow::Error::new(Refusal::Import {
            module: unknown.module().to_owned(),
            name: unknown.name().to_owned(),
            hint: contract::import_hint(contract, unknown.module()),
        }),
        // An import that there is, of another type.
        None => explain(&error).context("link the module"),
    }
}
