//! Contracts B and C: an SDK reactor, or a component that does the same. Fresh for every task, or kept from task to task of its worker.

use std::sync::Arc;
use std::time::Instant;

use anyhow::bail;
use wasmtime::{InstancePre, Linker, Memory, Module, Store, TypedFunc};

use super::abi;
use super::cache::cached;
use super::compile;
use super::component;
use super::current::Current;
use super::engine::explain;
use super::failure::{self, Circumstances};
use super::fiber;
use super::guest::{Earned, Grants, Guest, set_budget};
use super::io::{Io, Metered, Seed, Sink, Stdin};
use super::limiter::Limiter;
use super::marks;
use super::origin::{Handles, Origin};
use super::processor::Processor;
use super::slot::Slot;
use super::warm::Snapshot;
use super::{Attempt, INLINE_INPUT_BYTES, Settings};
use crate::config::{Fuel, Isolation};
use crate::input::{self, Input};
use crate::outcome::{Failure, FailureKind, Outcome, Usage};
use crate::task::TaskId;

/// What initialisation may consume; a task's own fuel starts after it.
const INIT_FUEL: u64 = Fuel::DEFAULT.base;

/// The pointer that stands for an empty input: any but 0.
const EMPTY_INPUT: u32 = 1;

/// A reactor, or a component that does the same, ready to be instantiated.
pub struct Reactor {
    pre: Pre,
    /// What instances are put back to.
    origin: Origin,
    /// Instances are made as the initialisation leaves them.
    is_warm: bool,
}

enum Pre {
    Module(InstancePre<Guest>),
    Component(component::ProcessorPre),
}

/// What a processor tells before its first task.
pub struct Introduction {
    /// The columns that it declares.
    pub columns: Option<Vec<String>>,
    /// What its initialisation takes.
    pub init_fuel: u64,
}

/// An instance that is initialised and waits for a task.
pub struct Instance {
    store: Store<Guest>,
    exports: Exports,
    /// Where its state is, if it can be put back to how it began.
    handles: Option<Handles>,
}

/// What is called in an instance.
enum Exports {
    Module(ModuleExports),
    Component(component::Processor),
}

struct ModuleExports {
    instance: wasmtime::Instance,
    memory: Memory,
    alloc: TypedFunc<u32, u32>,
    process: TypedFunc<(u32, u32), u64>,
}

/// What a guest said at the end of a call.
pub enum Reply {
    Success,
    Failed(String),
    Skipped(String),
}

impl Reactor {
    pub fn of_module(pre: InstancePre<Guest>, origin: Origin) -> Self {
        Self { pre: Pre::Module(pre), origin, is_warm: false }
    }

    pub fn of_component(pre: component::ProcessorPre) -> Self {
        Self { pre: Pre::Component(pre), origin: Origin::new(false), is_warm: false }
    }

    /// The same reactor, so that its instances begin where the initialisation ends.
    ///
    /// # Errors
    /// Why that cannot be.
    pub fn warm(processor: &Processor, linker: &Linker<Guest>, wasm: &[u8]) -> anyhow::Result<Self> {
        let pre = |module: &Module| linker.instantiate_pre(module).map_err(|error| explain(&error));
        let engine = processor.engine();
        // All that an initialisation can see besides its own module: its randomness comes of the processor's hash, which is
        // that of the file as it was given.
        let Settings { params, budget, cache, .. } = processor.settings();
        let circumstances = format!(
            "{params:?} {:?} {:?} {} {}",
            processor.shared_sha256(),
            processor.sha256(),
            budget.memory_bytes,
            budget.stack_bytes
        );
        let module = cached(cache.as_deref(), engine, &[b"marked warm", wasm, circumstances.as_bytes()], || {
            let snapshot = Snapshot::prepare(wasm)?;
            let cold = Self::of_module(pre(&compile::module(engine, snapshot.instrumented())?)?, Origin::new(false));
            let mut instance = cold.start(processor).map_err(|(failure, _)| failure)?;
            let Exports::Module(exports) = &instance.exports else { bail!("it is no module") };
            let initialised = snapshot.take(&mut instance.store, exports.instance)?;
            drop(instance);
            compile::marked(engine, &initialised)
        })?;
        let origin = Origin::new(marks::are_tellable(processor.facts()));
        let warm = Self { pre: Pre::Module(pre(&module)?), origin, is_warm: true };
        warm.start(processor).map_err(|(failure, _)| failure)?;
        Ok(warm)
    }

    /// Runs one task, in the instance that `slot` keeps if there is one.
    pub fn run(
        &self,
        processor: &Processor,
        task: &TaskId,
        input: Box<dyn Input>,
        slot: &mut Slot<Instance>,
    ) -> Attempt {
        let started = Instant::now();
        let was_used = slot.kept.is_some() && processor.settings().isolation == Isolation::Worker;
        let (mut attempt, input) = self.attempt(processor, task, input, slot);
        // A used instance may fail for what earlier tasks left in it. A fresh one tells.
        if was_used
            && matches!(attempt.outcome, Outcome::Failed(_))
            && let Some(mut input) = input
            && input.rewind().is_ok()
        {
            attempt = self.attempt(processor, task, input, slot).0;
        }
        attempt.usage.elapsed_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        attempt
    }

    /// One attempt, and the input back. The instance is kept if the task did not fail, and it can be put back to how it began or
    /// is meant to stay as it is.
    fn attempt(
        &self,
        processor: &Processor,
        task: &TaskId,
        input: Box<dyn Input>,
        slot: &mut Slot<Instance>,
    ) -> (Attempt, Option<Box<dyn Input>>) {
        let started = slot.kept.take().map_or_else(
            || {
                slot.vacate();
                self.start(processor)
            },
            Ok,
        );
        let mut instance = match started {
            Ok(instance) => instance,
            Err((failure, log)) => {
                let usage = Usage::default();
                let attempt = Attempt {
                    outcome: Outcome::Failed(failure),
                    usage,
                    fuel_budget: INIT_FUEL,
                    log,
                    files: Vec::new(),
                };
                return (attempt, Some(input));
            }
        };
        let (attempt, input) = instance.run(processor, task, input);
        let keeps = !matches!(attempt.outcome, Outcome::Failed(_))
            && match processor.settings().isolation {
                Isolation::Worker => true,
                Isolation::Task => instance.restore(&self.origin),
            };
        if keeps {
            slot.kept = Some(instance);
        } else {
            slot.spent = Some(instance.store);
        }
        (attempt, input)
    }

    /// A new instance, initialised: the same for every task, whatever the task.
    ///
    /// # Errors
    /// The failure of the initialisation, and what it logged.
    pub fn start(&self, processor: &Processor) -> Result<Instance, (Failure, String)> {
        let budget = &processor.settings().budget;
        let seed = Seed::of_processor(processor.sha256());
        let io = Arc::new(Io::new(Stdin::Empty, Sink::Log, budget.log_bytes, seed));
        let limiter = Limiter::new(budget.memory_bytes);
        let host = |error: wasmtime::Error| (Failure::new(FailureKind::Host, format!("{error:#}")), String::new());
        let guest =
            Guest::new(Arc::clone(&io), limiter, processor.abi_task(), processor.ticks().clone(), Grants::default())
                .map_err(host)?;
        let mut store = guest.into_store(processor.engine(), budget.output_bytes).map_err(host)?;
        let deadline = set_budget(&mut store, INIT_FUEL, budget.timeout).map_err(host)?;

        let failure = match fiber::run(processor.ticks(), deadline, self.initialise(&mut store)) {
            Ok((exports, Reply::Success)) => {
                let handles = match &exports {
                    Exports::Module(exports) => self.origin.handles(&mut store, exports.instance),
                    Exports::Component(_) => None,
                };
                return Ok(Instance { store, exports, handles });
            }
            Ok((_, Reply::Failed(message))) => {
                let failure = Failure::new(FailureKind::GuestError, message);
                refine(failure, processor, &store, INIT_FUEL)
            }
            Ok((_, Reply::Skipped(_))) => Failure::new(FailureKind::Trap, "sandmill_init cannot skip"),
            Err(error) => {
                let log = io.take_log();
                // The log is told beside the failure, once.
                let failure = classify(&error, processor, &store, INIT_FUEL, "");
                return Err((failure, log));
            }
        };
        Err((failure, io.take_log()))
    }

    /// Instantiates, and runs the guest's own initialisation.
    async fn initialise(&self, store: &mut Store<Guest>) -> wasmtime::Result<(Exports, Reply)> {
        match &self.pre {
            Pre::Module(pre) => {
                let exports = ModuleExports::of(pre.instantiate_async(&mut *store).await?, store)?;
                let reply = if self.is_warm { Reply::Success } else { exports.initialise(store).await? };
                Ok((Exports::Module(exports), reply))
            }
            Pre::Component(pre) => {
                let (processor, reply) = pre.start(store).await?;
                Ok((Exports::Component(processor), reply))
            }
        }
    }

    /// Initialises an instance, and asks it for the columns that the processor declares.
    ///
    /// # Errors
    /// The failure of the initialisation or of the call, and what the guest logged.
    pub fn introduce(&self, processor: &Processor) -> Result<Introduction, (Failure, String)> {
        let mut instance = self.start(processor)?;
        let init_fuel = INIT_FUEL.saturating_sub(instance.store.get_fuel().unwrap_or(0));
        let budget = &processor.settings().budget;
        let columns = set_budget(&mut instance.store, INIT_FUEL, budget.timeout)
            .and_then(|deadline| fiber::run(processor.ticks(), deadline, instance.columns()));
        let log = instance.store.data().io.take_log();
        match columns {
            Ok(columns) => Ok(Introduction { columns, init_fuel }),
            Err(error) => Err((classify(&error, processor, &instance.store, INIT_FUEL, ""), log)),
        }
    }
}

impl Instance {
    fn run(
        &mut self,
        processor: &Processor,
        task: &TaskId,
        input: Box<dyn Input>,
    ) -> (Attempt, Option<Box<dyn Input>>) {
        let budget = &processor.settings().budget;
        let fuel = budget.fuel.for_input(input.size_bytes().unwrap_or(0));
        let (input, read_bytes) = Metered::over(input);
        let seed = Seed::of_task(processor.sha256(), task);
        if let Exports::Module(_) = &self.exports {
            self.store.data_mut().renew_wasi();
        }
        let guest = self.store.data_mut();
        guest.earned = Earned { read_bytes, fuel_per_byte: budget.fuel.per_input_byte, fuel: 0 };
        guest.start_task(seed, Current::new(task, input, processor.rows_of(task)));
        let ended = set_budget(&mut self.store, fuel, budget.timeout)
            .and_then(|deadline| fiber::run(processor.ticks(), deadline, self.call()));

        let guest = self.store.data_mut();
        let log = guest.io.take_log();
        let current = guest.task.current.take();
        let peak_memory_bytes = guest.limiter.peak_bytes();
        let fuel = fuel.saturating_add(guest.earned.fuel);
        let usage =
            Usage { fuel: fuel.saturating_sub(self.store.get_fuel().unwrap_or(0)), elapsed_us: 0, peak_memory_bytes };
        let Some(mut current) = current else {
            let failure = Failure::new(FailureKind::Host, "the task was lost");
            return (
                Attempt { outcome: Outcome::Failed(failure), usage, fuel_budget: fuel, log, files: Vec::new() },
                None,
            );
        };
        // What was put into memory whole was verified before the guest saw it; what it pulled is verified now.
        let held = if current.pulled { current.input.verify() } else { Ok(()) };
        let outcome = match (held, ended) {
            (Err(failure), _) => Outcome::Failed(failure),
            (Ok(()), Ok(Reply::Success)) => {
                let rejects = current.take_rejects();
                Outcome::Done { rows: current.rows, rejects }
            }
            (Ok(()), Ok(Reply::Skipped(reason))) => Outcome::Skipped { reason },
            (Ok(()), Ok(Reply::Failed(message))) => {
                let failure = Failure::new(FailureKind::GuestError, message);
                Outcome::Failed(refine(failure, processor, &self.store, fuel))
            }
            (Ok(()), Err(error)) => Outcome::Failed(classify(&error, processor, &self.store, fuel, &log)),
        };
        let files = if matches!(outcome, Outcome::Done { .. }) { current.files.into_files() } else { Vec::new() };
        (Attempt { outcome, usage, fuel_budget: fuel, log, files }, Some(current.input))
    }

    /// Puts it back to how it began. False if it cannot be.
    fn restore(&mut self, origin: &Origin) -> bool {
        self.handles.as_mut().is_some_and(|handles| origin.restore(&mut self.store, handles))
    }

    async fn call(&mut self) -> wasmtime::Result<Reply> {
        match &self.exports {
            Exports::Module(exports) => exports.process(&mut self.store).await,
            Exports::Component(processor) => {
                let whole = self.store.data_mut().task.current("process")?.whole()?;
                processor.process(&mut self.store, whole).await
            }
        }
    }

    async fn columns(&mut self) -> wasmtime::Result<Option<Vec<String>>> {
        match &self.exports {
            Exports::Module(exports) => exports.columns(&mut self.store).await,
            Exports::Component(processor) => processor.columns(&mut self.store).await,
        }
    }
}

impl ModuleExports {
    fn of(instance: wasmtime::Instance, store: &mut Store<Guest>) -> wasmtime::Result<Self> {
        let memory = exported_memory(store, instance)?;
        let alloc = instance.get_typed_func(&mut *store, "sandmill_alloc")?;
        let process = instance.get_typed_func(&mut *store, "sandmill_process")?;
        store.data_mut().memory = Some(memory);
        Ok(Self { instance, memory, alloc, process })
    }

    async fn initialise(&self, store: &mut Store<Guest>) -> wasmtime::Result<Reply> {
        if self.instance.get_func(&mut *store, "_initialize").is_some() {
            self.instance.get_typed_func::<(), ()>(&mut *store, "_initialize")?.call_async(&mut *store, ()).await?;
        }
        if self.instance.get_func(&mut *store, "sandmill_init").is_none() {
            return Ok(Reply::Success);
        }
        let init = self.instance.get_typed_func::<(), u64>(&mut *store, "sandmill_init")?;
        let packed = init.call_async(&mut *store, ()).await?;
        Ok(read_reply(self.memory.data(&*store), "sandmill_init", packed)?)
    }

    async fn process(&self, store: &mut Store<Guest>) -> wasmtime::Result<Reply> {
        let (ptr, len) = self.put_input(store).await?;
        let packed = self.process.call_async(&mut *store, (ptr, len)).await?;
        Ok(read_reply(self.memory.data(&*store), "sandmill_process", packed)?)
    }

    /// Puts a small input into the guest's memory; a large one is for the guest to pull.
    async fn put_input(&self, store: &mut Store<Guest>) -> wasmtime::Result<(u32, u32)> {
        let size_bytes = store.data().task.current.as_ref().map_or(Some(0), |current| current.input.size_bytes());
        let Some(size_bytes) = size_bytes.filter(|&size_bytes| size_bytes <= INLINE_INPUT_BYTES) else {
            return Ok((0, 0));
        };
        let len = size_bytes as u32;
        let ptr = if len == 0 { EMPTY_INPUT } else { self.alloc.call_async(&mut *store, len).await? };
        if ptr == 0 {
            let message = format!("sandmill_alloc had no {len} bytes for the input");
            return Err(Failure::new(FailureKind::OutOfMemory, message).into());
        }
        let (data, guest) = self.memory.data_and_store_mut(&mut *store);
        let Some(current) = &mut guest.task.current else { return Ok((0, 0)) };
        if len > 0 {
            let buffer = abi::slice_mut(data, "sandmill_alloc", ptr.cast_signed(), len.cast_signed())?;
            input::read_exact(current.input.as_mut(), buffer)?;
        }
        current.input.verify()?;
        Ok((ptr, len))
    }

    async fn columns(&self, store: &mut Store<Guest>) -> wasmtime::Result<Option<Vec<String>>> {
        const CALL: &str = "sandmill_columns";
        if self.instance.get_func(&mut *store, CALL).is_none() {
            return Ok(None);
        }
        let columns = self.instance.get_typed_func::<(), u64>(&mut *store, CALL)?;
        let packed = columns.call_async(&mut *store, ()).await?;
        if packed == 0 {
            return Ok(None);
        }
        let json = unpack(self.memory.data(&*store), CALL, packed)?;
        let columns: Vec<String> = serde_json::from_slice(json).map_err(|error| {
            Failure::new(FailureKind::BadOutput, format!("{CALL} is not a JSON array of strings: {error}"))
        })?;
        Ok(Some(columns))
    }
}

fn exported_memory(store: &mut Store<Guest>, instance: wasmtime::Instance) -> Result<Memory, Failure> {
    instance
        .get_memory(&mut *store, "memory")
        .ok_or_else(|| Failure::new(FailureKind::Host, "the instance has no memory, and its module has one"))
}

fn read_reply(data: &[u8], call: &str, packed: u64) -> Result<Reply, Failure> {
    if packed == 0 {
        return Ok(Reply::Success);
    }
    let message = unpack(data, call, packed)?;
    let text = |rest: &[u8]| String::from_utf8_lossy(rest).into_owned();
    match message.split_first() {
        Some((1, rest)) => Ok(Reply::Failed(text(rest))),
        Some((2, rest)) => Ok(Reply::Skipped(text(rest))),
        Some((kind, _)) => Err(Failure::new(FailureKind::Trap, format!("{call} replied with the unknown kind {kind}"))),
        None => Err(Failure::new(FailureKind::Trap, format!("{call} replied with an empty message"))),
    }
}

/// The bytes of `ptr << 32 | len`.
fn unpack<'a>(data: &'a [u8], call: &str, packed: u64) -> Result<&'a [u8], Failure> {
    let (ptr, len) = ((packed >> 32) as u32, packed as u32);
    abi::slice(data, call, ptr.cast_signed(), len.cast_signed())
}

fn circumstances<'a>(processor: &Processor, store: &Store<Guest>, fuel: u64, log: &'a str) -> Circumstances<'a> {
    let budget = &processor.settings().budget;
    Circumstances {
        fuel,
        timeout: budget.timeout,
        memory_budget_bytes: budget.memory_bytes,
        memory_refused: store.data().limiter.refused(),
        log,
    }
}

fn classify(error: &wasmtime::Error, processor: &Processor, store: &Store<Guest>, fuel: u64, log: &str) -> Failure {
    failure::classify(error, &circumstances(processor, store, fuel, log))
}

/// An error that the guest reported after it was refused memory is that refusal.
fn refine(failure: Failure, processor: &Processor, store: &Store<Guest>, fuel: u64) -> Failure {
    let circumstances = circumstances(processor, store, fuel, "");
    if circumstances.memory_refused { failure::out_of_memory(&failure, &circumstances) } else { failure }
}
