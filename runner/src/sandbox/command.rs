//! Contract A: a WASI command, fresh for every task.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use wasmtime::{InstancePre, Store, TypedFunc};

use super::component;
use super::failure::{self, Circumstances, ProcExit};
use super::fiber;
use super::guest::{Earned, Grants, Guest, set_budget};
use super::io::{Io, Metered, Seed, Sink, Stdin};
use super::limiter::Limiter;
use super::origin::{Handles, Origin};
use super::output_files::OutputFolder;
use super::processor::Processor;
use super::slot::Slot;
use super::staging::{self, Staged, Staging};
use super::{Attempt, INLINE_INPUT_BYTES, argv, result};
use crate::file::GivenFile;
use crate::input::{self, ChunkFacts, Input};
use crate::outcome::{Failure, FailureKind, Outcome, Usage};
use crate::param::Params;
use crate::row::Rows;
use crate::task::TaskId;

/// A program that is ready to be instantiated.
pub enum Command {
    Module {
        pre: InstancePre<Guest>,
        /// What instances are put back to.
        origin: Origin,
    },
    Component(component::Command),
}

/// An instance of a module that is as it began.
pub struct Instance {
    store: Store<Guest>,
    program: Program,
}

/// What is called in an instance of a module.
struct Program {
    start: TypedFunc<(), ()>,
    /// Where its state is, if it can be put back to how it began.
    handles: Option<Handles>,
}

/// The folders of a worker that its guests see, where they are asked for.
#[derive(Clone, Copy)]
pub struct Folders<'a> {
    pub input: Option<&'a Staging>,
    pub output: Option<&'a OutputFolder>,
}

impl Command {
    pub fn run(
        &self,
        processor: &Processor,
        task: &TaskId,
        input: Box<dyn Input>,
        folders: Folders<'_>,
        slot: &mut Slot<Instance>,
    ) -> Attempt {
        let started = Instant::now();
        let mut run =
            Run { outcome: None, usage: Usage::default(), fuel_budget: 0, log: String::new(), files: Vec::new() };
        if let Err(failure) = self.attempt(processor, task, input, folders, slot, &mut run) {
            run.outcome = Some(Outcome::Failed(failure));
        }
        run.usage.elapsed_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let outcome = run.outcome.unwrap_or_else(|| Outcome::Done { rows: Rows::default(), rejects: Vec::new() });
        Attempt { outcome, usage: run.usage, fuel_budget: run.fuel_budget, log: run.log, files: run.files }
    }

    fn attempt(
        &self,
        processor: &Processor,
        task: &TaskId,
        mut input: Box<dyn Input>,
        folders: Folders<'_>,
        slot: &mut Slot<Instance>,
        run: &mut Run,
    ) -> Result<(), Failure> {
        let settings = processor.settings();
        let mut grants = grants(processor, task, input.as_ref());
        let begun = folders.output.map(OutputFolder::begin).transpose()?;
        grants.output_folder = folders.output.map(|output| output.folder().to_owned());
        let staged = folders
            .input
            .map(|staging| stage(staging, &settings.command.args, task, input.as_mut(), &mut grants))
            .transpose()?;
        let size_bytes = input.size_bytes().or(staged.as_ref().map(Staged::size_bytes));
        grants.env.extend(size_bytes.map(|size_bytes| ("SANDMILL_INPUT_BYTES".to_owned(), size_bytes.to_string())));
        let mut fuel = settings.budget.fuel.for_input(size_bytes.unwrap_or(0));
        let mut earned = Earned { fuel_per_byte: settings.budget.fuel.per_input_byte, ..Earned::default() };
        let stdin = match size_bytes {
            Some(size_bytes) if size_bytes <= INLINE_INPUT_BYTES => read_whole(input.as_mut(), size_bytes)?,
            Some(_) => Stdin::Stream(input),
            None => {
                let (input, read_bytes) = Metered::over(input);
                earned.read_bytes = read_bytes;
                Stdin::Stream(input)
            }
        };

        let output = Sink::Output { bytes: Vec::new(), limit_bytes: settings.budget.output_bytes };
        let seed = Seed::of_task(processor.sha256(), task);
        let io = Arc::new(Io::new(stdin, output, settings.budget.log_bytes, seed));
        let (mut store, mut program) = match slot.kept.take() {
            Some(Instance { mut store, program }) => {
                store.data_mut().start_over(Arc::clone(&io), grants).map_err(host_failure)?;
                (store, Some(program))
            }
            None => {
                slot.vacate();
                let limiter = Limiter::new(settings.budget.memory_bytes);
                let ticks = processor.ticks().clone();
                let store = Guest::new(Arc::clone(&io), limiter, processor.abi_task(), ticks, grants)
                    .and_then(|guest| guest.into_store(processor.engine(), settings.budget.output_bytes));
                (store.map_err(host_failure)?, None)
            }
        };
        store.data_mut().earned = earned;
        store.data_mut().quota = begun.as_ref().map(|begun| begun.quota(settings.budget.output_bytes));
        let deadline = set_budget(&mut store, fuel, settings.budget.timeout).map_err(host_failure)?;

        let ended = fiber::run(processor.ticks(), deadline, self.call(&mut store, &mut program));
        fuel = fuel.saturating_add(store.data().earned.fuel);
        run.fuel_budget = fuel;
        run.usage.fuel = fuel.saturating_sub(store.get_fuel().unwrap_or(0));
        run.usage.peak_memory_bytes = store.data().limiter.peak_bytes();
        let memory_refused = store.data().limiter.refused();
        let restored = ended.is_ok() && program.as_mut().is_some_and(|program| self.restore(&mut store, program));
        match program {
            Some(program) if restored => slot.kept = Some(Instance { store, program }),
            _ => slot.spent = Some(store),
        }
        run.log = io.take_log();
        drop(staged);
        // Whatever the guest made of an input that changed under it counts for nothing.
        if let Stdin::Stream(mut input) = io.take_stdin() {
            input.verify()?;
        }
        ended.map_err(|error| {
            failure::classify(
                &error,
                &Circumstances {
                    fuel,
                    timeout: settings.budget.timeout,
                    memory_budget_bytes: settings.budget.memory_bytes,
                    memory_refused,
                    log: &run.log,
                },
            )
        })?;
        let stdout = io.take_stdout();
        let written =
            begun.map_or(Ok(Vec::new()), |begun| begun.collect(stdout.len(), settings.budget.output_bytes))?;
        let (rows, mut files) = result::take(stdout, settings, processor.rows_of(task), processor.schema())?;
        files.extend(written);
        run.files = files;
        run.outcome = Some(Outcome::Done { rows, rejects: Vec::new() });
        Ok(())
    }

    /// From instantiation to the end, unless there is a `program` that has been made already; leaving with exit code 0 is
    /// returning.
    async fn call(&self, store: &mut Store<Guest>, program: &mut Option<Program>) -> wasmtime::Result<()> {
        match self.run_to_end(store, program).await {
            Err(error) if matches!(error.downcast_ref(), Some(ProcExit(0))) => Ok(()),
            other => other,
        }
    }

    async fn run_to_end(&self, store: &mut Store<Guest>, program: &mut Option<Program>) -> wasmtime::Result<()> {
        match self {
            Self::Module { pre, origin } => {
                let program = match program {
                    Some(program) => program,
                    None => {
                        let instance = pre.instantiate_async(&mut *store).await?;
                        let start = instance.get_typed_func::<(), ()>(&mut *store, "_start")?;
                        let handles = origin.handles(store, instance);
                        program.insert(Program { start, handles })
                    }
                };
                program.start.call_async(&mut *store, ()).await
            }
            Self::Component(command) => command.run(store).await,
        }
    }

    /// Puts an instance back to how it began. False if it cannot be.
    fn restore(&self, store: &mut Store<Guest>, program: &mut Program) -> bool {
        match (self, &mut program.handles) {
            (Self::Module { origin, .. }, Some(handles)) => origin.restore(store, handles),
            _ => false,
        }
    }
}

/// An attempt as far as it got.
struct Run {
    outcome: Option<Outcome>,
    usage: Usage,
    fuel_budget: u64,
    log: String,
    files: Vec<GivenFile>,
}

fn grants(processor: &Processor, task: &TaskId, input: &dyn Input) -> Grants {
    let path = task.path.to_string();
    let params = &processor.settings().params;
    let mut env = Vec::with_capacity(2 + params.len());
    env.push(("SANDMILL_PATH".to_owned(), path.clone()));
    if let Some(ChunkFacts { first_record }) = input.chunk() {
        env.push(("SANDMILL_CHUNK_OFFSET".to_owned(), task.offset.to_string()));
        env.extend(first_record.map(|number| ("SANDMILL_FIRST_RECORD".to_owned(), number.to_string())));
    }
    let own = input.params();
    let of_run = params.iter().filter(|(name, _)| own.is_none_or(|own| own.get(name).is_none()));
    let params =
        of_run.map(|(name, value)| (name.as_str(), value.as_str())).chain(own.into_iter().flat_map(Params::iter));
    env.extend(params.map(|(name, value)| (format!("SANDMILL_PARAM_{name}"), value.to_owned())));
    let shared_folder = processor.settings().shared.as_ref().map(|shared| shared.folder().to_owned());
    let args = argv::expand(&processor.settings().command.args, &path);
    Grants { args, env, input_folder: None, shared_folder, output_folder: None }
}

/// Puts the input where the guest can open it, and says so in its arguments.
fn stage(
    staging: &Staging,
    args: &[String],
    task: &TaskId,
    input: &mut dyn Input,
    grants: &mut Grants,
) -> Result<Staged, Failure> {
    let path = task.path.to_string();
    let name = staging::guest_name(&path);
    let staged = staging.stage(name, input)?;
    input.rewind()?;
    grants.args = argv::expand(args, &format!("/input/{name}"));
    grants.input_folder = Some(staging.folder().to_owned());
    Ok(staged)
}

fn read_whole(input: &mut dyn Input, size_bytes: u64) -> Result<Stdin, Failure> {
    // At most INLINE_INPUT_BYTES.
    let mut bytes = vec![0; size_bytes as usize];
    input::read_exact(input, &mut bytes)?;
    input.verify()?;
    Ok(Stdin::Memory(Bytes::from(bytes)))
}

fn host_failure(error: wasmtime::Error) -> Failure {
    Failure::new(FailureKind::Host, format!("{error:#}"))
}
