//! The wasmtime engine: which WebAssembly there is, how it is metered, and where instances live.

use std::num::NonZero;

use anyhow::Context as _;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails};

use super::Settings;
use super::inspect::{Facts, Form};

/// Stack that host functions may use above the guest's.
const HOST_STACK_BYTES: usize = 2 << 20;

/// The most elements that a table may grow to in a pool. Guests use tables for function pointers: real ones have thousands.
const POOL_TABLE_ELEMENTS: usize = 1 << 20;

/// A component's memory that starts no larger than this is reset by writing over it, in place of giving its pages back: the
/// next task finds them mapped, and no other thread has to be told. Of a larger one most pages are not touched, so that
/// giving them back costs less than to write over all of them.
///
/// A module's instance is [put back](super::origin) instead, for which it is asked which of its pages were written to. Pages that
/// the pool keeps would be all of them.
const KEEP_RESIDENT_BYTES: usize = 2 << 20;

/// Room for any number of functions and globals; it is allocated as a module needs it.
const INSTANCE_BYTES: usize = 64 << 20;

/// The most core modules that a component may instantiate, those that wasmtime adds to connect them included. Only a count:
/// nothing is set aside for them.
const CORE_INSTANCES: usize = 1_000;

const PAGE_BYTES: usize = 64 << 10;

/// An engine for the module with these facts: instances come from a pool, so that making one costs microseconds.
///
/// # Errors
/// If this machine cannot run WebAssembly at all.
pub fn engine(settings: &Settings, facts: &Facts) -> anyhow::Result<Engine> {
    let mut config = config(settings);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings, facts)));
    match Engine::new(&config) {
        Ok(engine) => Ok(engine),
        // The pool reserves address space for all workers at once, which a limit on it (ulimit -v) may refuse.
        Err(_) => on_demand(settings),
    }
}

/// An engine whose instances get their memory from the system one by one: slow, and for everything.
///
/// # Errors
/// If this machine cannot run WebAssembly at all.
pub fn on_demand(settings: &Settings) -> anyhow::Result<Engine> {
    Engine::new(&config(settings)).map_err(|error| explain(&error)).context("set up the WebAssembly engine")
}

fn config(settings: &Settings) -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .max_wasm_stack(settings.budget.stack_bytes)
        .async_stack_size(settings.budget.stack_bytes.saturating_add(HOST_STACK_BYTES))
        // Deny by default: what no toolchain emits unasked is off. Threads and GC are not even compiled in.
        .wasm_memory64(false)
        .wasm_custom_page_sizes(false)
        .concurrency_support(false)
        // Equal input gives equal output, on any machine.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .wasm_backtrace_max_frames(NonZero::new(64))
        .wasm_backtrace_details(if settings.debug_info {
            WasmBacktraceDetails::Enable
        } else {
            WasmBacktraceDetails::Disable
        });
    config
}

fn pool(settings: &Settings, facts: &Facts) -> PoolingAllocationConfig {
    // One instance for each worker, and one for the calls before the first task.
    let instances = settings.workers.saturating_add(1).get();
    let total = |each: usize| u32::try_from(instances.saturating_mul(each)).unwrap_or(u32::MAX);
    let most_elements = facts.tables.iter().copied().max().unwrap_or(0);
    let is_small = facts.memories.iter().all(|memory| memory.initial_bytes <= KEEP_RESIDENT_BYTES as u64);
    let keeps = facts.form == Form::Component && is_small;
    // Each instance of a component has all of its memories and tables.
    let each = |of_one: usize| u32::try_from(of_one).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(total(CORE_INSTANCES))
        .total_component_instances(total(1))
        .max_core_instances_per_component(each(CORE_INSTANCES))
        .max_memories_per_component(each(facts.memories.len()))
        .max_tables_per_component(each(facts.tables.len()))
        .total_memories(total(facts.memories.len()))
        .total_tables(total(facts.tables.len()))
        .total_stacks(total(1))
        .max_unused_warm_slots(total(1))
        .max_memories_per_module(u32::try_from(facts.memories.len()).unwrap_or(u32::MAX))
        .max_tables_per_module(u32::try_from(facts.tables.len()).unwrap_or(u32::MAX))
        .max_memory_size(settings.budget.memory_bytes.next_multiple_of(PAGE_BYTES))
        .table_elements(POOL_TABLE_ELEMENTS.max(usize::try_from(most_elements).unwrap_or(usize::MAX)))
        .max_core_instance_size(INSTANCE_BYTES)
        .max_component_instance_size(INSTANCE_BYTES)
        .linear_memory_keep_resident(if keeps { KEEP_RESIDENT_BYTES } else { 0 })
        .table_keep_resident(KEEP_RESIDENT_BYTES);
    pool
}

/// wasmtime's error with all its causes, as ours.
pub fn explain(error: &wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}
