//! Warm start: a reactor's initialisation, run once, and what it left behind made into a module that begins there.
//!
//! Memories and globals of the initialised instance become the data and the initial values of the new module, so that the
//! instance of a task is made copy-on-write from them, whatever the initialisation did. It is the same for every task
//! anyway (`docs/guest-abi.md`), so nothing changes but time.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{anyhow, bail};
use wasmtime::{Global, Store, Val};
use wasmtime_wizer::{InstanceState, ModuleContext, SnapshotVal, ValType, Wizer};

use super::guest::Guest;
use super::{fiber, segments};

/// An initialisation that takes less fuel is over in some microseconds: a snapshot, which begins with more memory, gains
/// nothing over it.
pub const WORTHWHILE_FUEL: u64 = 20_000;

/// A snapshot is compiled with all that it holds, several times copied.
const MOST_BYTES: u64 = 64 << 20;

/// A module whose state can be read when it has been initialised.
pub struct Snapshot<'w> {
    wizer: Wizer,
    context: ModuleContext<'w>,
    instrumented: Vec<u8>,
}

impl<'w> Snapshot<'w> {
    /// # Errors
    /// Why the state of this module cannot be carried over.
    pub fn prepare(wasm: &'w [u8]) -> anyhow::Result<Self> {
        let wizer = Wizer::new();
        let (context, instrumented) = guarded(|| wizer.instrument(wasm))?;
        Ok(Self { wizer, context, instrumented })
    }

    /// The module, with what has to be read of it exported; to be compiled and initialised.
    pub fn instrumented(&self) -> &[u8] {
        &self.instrumented
    }

    /// The module that begins as `instance`, which is one of the instrumented module, now is.
    ///
    /// # Errors
    /// If there is something in its state that cannot be carried over.
    pub fn take(&self, store: &mut Store<Guest>, instance: wasmtime::Instance) -> anyhow::Result<Vec<u8>> {
        let mut state = State { store, instance };
        let held_bytes = state.store.data().limiter.peak_bytes();
        if held_bytes > MOST_BYTES {
            bail!(
                "its initialisation leaves {} MiB behind, and a snapshot has at most {} MiB",
                held_bytes >> 20,
                MOST_BYTES >> 20
            );
        }
        guarded(|| fiber::at_once(self.wizer.snapshot(&self.context, &mut state)))
            .and_then(|wasm| segments::join(&wasm))
    }
}

/// What the guest's author wrote goes through the snapshot tool here: its errors, and should it panic, are reasons to start
/// this guest in the ordinary way and no more.
fn guarded<T>(work: impl FnOnce() -> wasmtime::Result<T>) -> anyhow::Result<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| anyhow!("{}", error.root_cause())),
        Err(_) => bail!("the snapshot tool failed"),
    }
}

struct State<'a> {
    store: &'a mut Store<Guest>,
    instance: wasmtime::Instance,
}

impl State<'_> {
    /// A global that the instrumentation exports under this name.
    fn global(&mut self, name: &str) -> Option<Global> {
        self.instance.get_global(&mut *self.store, name)
    }
}

impl InstanceState for State<'_> {
    async fn global_get(&mut self, name: &str, _: ValType) -> SnapshotVal {
        let value = self.global(name).map(|global| global.get(&mut *self.store));
        match value {
            Some(Val::I32(value)) => SnapshotVal::I32(value),
            Some(Val::I64(value)) => SnapshotVal::I64(value),
            Some(Val::F32(bits)) => SnapshotVal::F32(bits),
            Some(Val::F64(bits)) => SnapshotVal::F64(bits),
            Some(Val::V128(value)) => SnapshotVal::V128(value.as_u128()),
            // Mutable references are refused before anything runs, and the instrumentation exports what it asks for.
            _ => SnapshotVal::I32(0),
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        let memory = self.instance.get_memory(&mut *self.store, name);
        contents(memory.map_or(&[], |memory| memory.data(&*self.store)));
    }
}
