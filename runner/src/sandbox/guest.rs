//! What belongs to one instance of a guest: its store, with everything denied that was not granted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wasmtime::{CallHook, Engine, Linker, Memory, Store, StoreContextMut, Trap};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::{FsPerms, WasiCtxBuilder, WasiCtxView, WasiView};

use super::contract::{Contract, WASI_MODULE};
use super::current::{Current, Task};
use super::failure::ProcExit;
use super::fiber::SLICE_FUEL;
use super::io::{Io, Seed};
use super::limiter::Limiter;
use super::output_files::Quota;
use super::streams::{Clock, In, Out, Output, Random};
use super::ticker::{Deadline, Ticks};
use super::{abi, abi_shared, poll, random, stdio};
use crate::outcome::Failure;

/// Fuel that any call into the host costs, tabled in `docs/guest-abi.md`. About what its entry, checks and exit take.
pub const HOST_CALL_FUEL: u64 = 100;

/// The most that WASI may hold for one call, above the output limit: wasmtime-wasi's own default.
const HOST_CALL_BYTES: usize = 128 << 20;

/// The most streams, folders and files that a guest may hold open. Files are descriptors of this process, which has a few
/// hundred for all of its workers.
const RESOURCES: usize = 64;

/// The most handles that a component may hold, those of its own resources too: 16 bytes of ours each.
const COMPONENT_HANDLES: usize = 10_000;

/// Preview 1's `errno::perm`.
const NOT_PERMITTED: i32 = 63;

/// The data of a store.
pub struct Guest {
    pub io: Arc<Io>,
    pub limiter: Limiter,
    /// The state of ABI 1's imports.
    pub task: Task,
    /// What the input of the task at hand, whose size nobody knew, has earned in fuel.
    pub earned: Earned,
    /// What it may have in the folder that it writes to, if it has one.
    pub quota: Option<Quota>,
    /// The memory that the host functions work on, once it has been looked up.
    pub memory: Option<Memory>,
    ticks: Ticks,
    /// When what runs now has had its time.
    deadline: Deadline,
    grants: Grants,
    /// What WASI holds for the guest. Made when a guest first calls WASI, which many never do.
    wasi: Option<WasiP1Ctx>,
}

/// Fuel for an input of unknown size, which comes as the input is read.
#[derive(Default)]
pub struct Earned {
    /// What has been read and not been paid for yet; `None` where the size was known, and all paid at the start.
    pub read_bytes: Option<Arc<AtomicU64>>,
    pub fuel_per_byte: u64,
    /// All of it so far.
    pub fuel: u64,
}

impl Earned {
    /// The fuel for what has been read since the last call.
    fn more(&mut self) -> u64 {
        let Some(read_bytes) = &self.read_bytes else { return 0 };
        let fuel = read_bytes.swap(0, Ordering::Relaxed).saturating_mul(self.fuel_per_byte);
        self.fuel = self.fuel.saturating_add(fuel);
        fuel
    }
}

/// What a guest is given of the world.
#[derive(Default)]
pub struct Grants {
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    /// A folder of the host that the guest sees, read-only, as `/input`.
    pub input_folder: Option<std::path::PathBuf>,
    /// A folder of the host that the guest sees, read-only, as `/shared`.
    pub shared_folder: Option<std::path::PathBuf>,
    /// A folder of the host that the guest may write to, as `/output`.
    pub output_folder: Option<std::path::PathBuf>,
}

impl Guest {
    /// # Errors
    /// If the folder in `grants` cannot be opened.
    pub fn new(io: Arc<Io>, limiter: Limiter, task: Task, ticks: Ticks, grants: Grants) -> wasmtime::Result<Self> {
        let deadline = ticks.deadline(Duration::MAX);
        let wasi = wasi_with_folders(&io, &grants)?;
        Ok(Self {
            io,
            limiter,
            task,
            earned: Earned::default(),
            quota: None,
            memory: None,
            ticks,
            deadline,
            grants,
            wasi,
        })
    }

    /// Begins a task in an instance that has been put back to how it began, as if the guest were a new one.
    ///
    /// # Errors
    /// If the folder in `grants` cannot be opened.
    pub fn start_over(&mut self, io: Arc<Io>, grants: Grants) -> wasmtime::Result<()> {
        self.limiter.start_task();
        self.wasi = wasi_with_folders(&io, &grants)?;
        self.io = io;
        self.grants = grants;
        Ok(())
    }

    /// Begins a task.
    pub fn start_task(&mut self, seed: Seed, current: Current) {
        self.limiter.start_task();
        self.io.start_task(seed);
        self.task.current = Some(current);
    }

    /// Closes all that WASI held for initialisation or for an earlier task. A module knows its streams by number and finds
    /// them again; a component holds handles on what it was given, which would lead nowhere.
    pub fn renew_wasi(&mut self) {
        self.wasi = None;
    }

    fn check_quota(&mut self) -> Result<(), Failure> {
        match (&mut self.quota, &mut self.wasi) {
            (Some(quota), Some(wasi)) => quota.check(wasi.ctx().table),
            _ => Ok(()),
        }
    }

    fn is_late(&self) -> bool {
        self.ticks.is_past(self.deadline)
    }

    /// Whether it has never called WASI, and holds nothing of it: its streams are as they began then.
    pub fn has_not_used_wasi(&self) -> bool {
        self.wasi.is_none()
    }

    pub fn wasi(&mut self) -> &mut WasiP1Ctx {
        self.wasi.get_or_insert_with(|| build_wasi(wasi_builder(&self.io, &self.grants)))
    }

    /// A store for one instance, with its limits on: a start function runs as the instance is made.
    ///
    /// # Errors
    /// If the engine does not meter fuel, which would be our bug.
    pub fn into_store(self, engine: &Engine, output_bytes: usize) -> wasmtime::Result<Store<Self>> {
        let mut store = Store::new(engine, self);
        store.limiter(|guest| &mut guest.limiter);
        store.set_hostcall_fuel(HOST_CALL_BYTES.saturating_add(output_bytes));
        store.set_max_component_handles(COMPONENT_HANDLES);
        store.call_hook(|mut store, hook| match hook {
            // A slice of fuel is good for ten thousand calls into the host, and those take the most time of all.
            CallHook::CallingHost if store.data().is_late() => Err(Trap::Interrupt.into()),
            CallHook::CallingHost => consume_fuel(store, HOST_CALL_FUEL),
            CallHook::ReturningFromHost if store.data().quota.is_some() => {
                store.data_mut().check_quota()?;
                give_earned_fuel(store)
            }
            CallHook::ReturningFromHost if store.data().earned.read_bytes.is_some() => give_earned_fuel(store),
            _ => Ok(()),
        });
        store.fuel_async_yield_interval(Some(SLICE_FUEL))?;
        Ok(store)
    }
}

/// For components; what preview 1 works on is the same.
impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.wasi().ctx()
    }
}

/// WASI for a guest that sees folders of the host; `None` for others, whose WASI can wait until it is called.
fn wasi_with_folders(io: &Arc<Io>, grants: &Grants) -> wasmtime::Result<Option<WasiP1Ctx>> {
    let folders = [
        (&grants.input_folder, "/input", FsPerms::ReadOnly),
        (&grants.shared_folder, "/shared", FsPerms::ReadOnly),
        (&grants.output_folder, "/output", FsPerms::ReadWrite),
    ];
    if folders.iter().all(|(folder, ..)| folder.is_none()) {
        return Ok(None);
    }
    let mut builder = wasi_builder(io, grants);
    for (folder, name, permissions) in folders {
        if let Some(folder) = folder {
            builder.preopened_dir(folder, name, permissions)?;
        }
    }
    Ok(Some(build_wasi(builder)))
}

/// What every guest is given: its streams, its arguments, clocks and randomness that are the same in every run, and nothing else.
fn wasi_builder(io: &Arc<Io>, grants: &Grants) -> WasiCtxBuilder {
    let mut builder = WasiCtxBuilder::new();
    builder
        .stdin(In(Arc::clone(io)))
        .stdout(Out(Arc::clone(io), Output::Stdout))
        .stderr(Out(Arc::clone(io), Output::Stderr))
        .wall_clock(Clock(Arc::clone(io)))
        .monotonic_clock(Clock(Arc::clone(io)))
        .secure_random(Random(Arc::clone(io)))
        .insecure_random(Random(Arc::clone(io)))
        .insecure_random_seed(0)
        .allow_blocking_current_thread(true)
        .allow_tcp(false)
        .allow_udp(false)
        .args(&grants.args);
    for (name, value) in &grants.env {
        builder.env(name, value);
    }
    builder
}

fn build_wasi(mut builder: WasiCtxBuilder) -> WasiP1Ctx {
    let mut wasi = builder.build_p1();
    wasi.ctx().table.set_max_capacity(RESOURCES);
    wasi
}

/// Gives what follows its own budget of fuel and time; returns when that time is over, for [`super::fiber::run`].
///
/// # Errors
/// If the engine does not meter fuel, which would be our bug.
pub fn set_budget(store: &mut Store<Guest>, fuel: u64, timeout: Duration) -> wasmtime::Result<Deadline> {
    store.set_fuel(fuel)?;
    let guest = store.data_mut();
    guest.deadline = guest.ticks.deadline(timeout);
    Ok(guest.deadline)
}

/// Gives the fuel that has come with what was read of an input of unknown size.
///
/// # Errors
/// If the engine does not meter fuel, which would be our bug.
pub fn give_earned_fuel(mut store: StoreContextMut<'_, Guest>) -> wasmtime::Result<()> {
    let fuel = store.data_mut().earned.more();
    if fuel == 0 {
        return Ok(());
    }
    let left = store.get_fuel()?;
    store.set_fuel(left.saturating_add(fuel))
}

/// Takes fuel for what the host does on a guest's behalf.
///
/// # Errors
/// [`Trap::OutOfFuel`] if there is less left; nothing is left then.
pub fn consume_fuel(mut store: StoreContextMut<'_, Guest>, fuel: u64) -> wasmtime::Result<()> {
    let left = store.get_fuel()?;
    store.set_fuel(left.saturating_sub(fuel))?;
    if left < fuel { Err(Trap::OutOfFuel.into()) } else { Ok(()) }
}

/// Everything that a core module of this contract may import.
///
/// # Errors
/// If two definitions collide, which would be our bug.
pub fn linker(engine: &Engine, contract: Contract) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    p1::add_to_linker_async(&mut linker, Guest::wasi)?;
    linker.allow_shadowing(true);
    stdio::add_to_linker(&mut linker)?;
    // wasmtime-wasi's own would sleep in the host, where no deadline reaches it.
    linker.func_wrap(WASI_MODULE, "poll_oneoff", poll::poll_oneoff)?;
    linker.func_wrap(WASI_MODULE, "random_get", random::random_get)?;
    // wasmtime-wasi's own knows no exit codes from 126 on.
    linker.func_wrap(WASI_MODULE, "proc_exit", |code: i32| -> wasmtime::Result<()> { Err(ProcExit(code).into()) })?;
    // A link could lead out of the folder that a guest writes to.
    linker
        .func_wrap(WASI_MODULE, "path_link", |_: i32, _: i32, _: i32, _: i32, _: i32, _: i32, _: i32| NOT_PERMITTED)?;
    linker.func_wrap(WASI_MODULE, "path_symlink", |_: i32, _: i32, _: i32, _: i32, _: i32| NOT_PERMITTED)?;
    linker.allow_shadowing(false);
    if contract == Contract::Reactor {
        abi::add_to_linker(&mut linker)?;
        abi_shared::add_to_linker(&mut linker)?;
    }
    Ok(linker)
}
