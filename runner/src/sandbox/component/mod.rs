//! Components: the typed form of guests, under contract A (`wasi:cli/command`) and C (`sandmill:processor`).
//!
//! Only what differs from core modules is here: what they are linked with, and how they are called.

mod wasi;
mod world;

use wasmtime::component::{InstancePre, Linker};
use wasmtime::{AsContextMut as _, Engine, Store};
use wasmtime_wasi::p2::bindings::CommandPre;

use self::world::{ColumnsIndices, InitIndices, Input, ProcessorIndices, Task, Unprocessed};
use super::contract::Contract;
use super::failure::ProcExit;
use super::guest::Guest;
use super::reactor::Reply;

/// Everything that a component of this contract may import.
///
/// # Errors
/// If two definitions collide, which would be our bug.
pub fn linker(engine: &Engine, contract: Contract) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    wasi::add_to_linker(&mut linker)?;
    if contract == Contract::ProcessorComponent {
        world::add_to_linker(&mut linker)?;
    }
    Ok(linker)
}

/// A command that is ready to be instantiated.
pub struct Command {
    pre: CommandPre<Guest>,
}

impl Command {
    /// # Errors
    /// If its `run` is not what WASI says.
    pub fn new(pre: InstancePre<Guest>) -> wasmtime::Result<Self> {
        Ok(Self { pre: CommandPre::new(pre)? })
    }

    /// From instantiation to the end.
    ///
    /// # Errors
    /// What ended it early, [`ProcExit`] if it was itself.
    pub async fn run(&self, store: &mut Store<Guest>) -> wasmtime::Result<()> {
        let command = self.pre.instantiate_async(&mut *store).await?;
        match command.wasi_cli_run().call_run(&mut *store).await? {
            Ok(()) => Ok(()),
            Err(()) => Err(ProcExit(1).into()),
        }
    }
}

/// A processor that is ready to be instantiated.
pub struct ProcessorPre {
    pre: InstancePre<Guest>,
    guest: ProcessorIndices,
    init: Option<InitIndices>,
    columns: Option<ColumnsIndices>,
}

/// An instance of a processor.
pub struct Processor {
    guest: world::Processor,
    columns: Option<world::Columns>,
}

impl ProcessorPre {
    /// # Errors
    /// If an export is not what the world says.
    pub fn new(pre: InstancePre<Guest>) -> wasmtime::Result<Self> {
        let has = |interface: &str| pre.component().get_export_index(None, interface).is_some();
        Ok(Self {
            guest: ProcessorIndices::new(&pre)?,
            init: has(world::INIT).then(|| InitIndices::new(&pre)).transpose()?,
            columns: has(world::COLUMNS).then(|| ColumnsIndices::new(&pre)).transpose()?,
            pre,
        })
    }

    /// Instantiates, and runs the guest's own initialisation.
    ///
    /// # Errors
    /// What ended that.
    pub async fn start(&self, store: &mut Store<Guest>) -> wasmtime::Result<(Processor, Reply)> {
        let instance = self.pre.instantiate_async(&mut *store).await?;
        let processor = Processor {
            guest: self.guest.load(&mut *store, &instance)?,
            columns: match &self.columns {
                Some(columns) => Some(columns.load(&mut *store, &instance)?),
                None => None,
            },
        };
        let Some(init) = &self.init else { return Ok((processor, Reply::Success)) };
        let init = init.load(&mut *store, &instance)?;
        let reply = match init.call_init(&mut *store).await? {
            Ok(()) => Reply::Success,
            Err(message) => Reply::Failed(message),
        };
        Ok((processor, reply))
    }
}

impl Processor {
    /// Processes the current task; `whole` is its input unless that is for the guest to read.
    ///
    /// # Errors
    /// What ended the call.
    pub async fn process(&self, store: &mut Store<Guest>, whole: Option<Vec<u8>>) -> wasmtime::Result<Reply> {
        let current = store.data_mut().task.current("process")?;
        let task = Task {
            path: current.path.clone(),
            input_bytes: current.input.size_bytes(),
            chunk_offset: current.offset,
            first_record: current.first_record(),
        };
        let input = whole.map_or(Input::InPieces, Input::Whole);
        match self.guest.call_process(&mut *store, &task, &input).await? {
            Ok(rows) => {
                world::emit(store.as_context_mut(), rows)?;
                Ok(Reply::Success)
            }
            Err(Unprocessed::Error(message)) => Ok(Reply::Failed(message)),
            Err(Unprocessed::Skip(reason)) => Ok(Reply::Skipped(reason)),
        }
    }

    /// The columns that the processor declares.
    ///
    /// # Errors
    /// What ended the call.
    pub async fn columns(&self, store: &mut Store<Guest>) -> wasmtime::Result<Option<Vec<String>>> {
        match &self.columns {
            Some(columns) => columns.call_columns(&mut *store).await,
            None => Ok(None),
        }
    }
}
