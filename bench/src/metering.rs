//! What metering costs compute-bound guests: the kernels as native code, and in the sandbox under each way to meter.

use std::fs;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use anyhow::{Context as _, bail};
use sandmill_bench_kernels::{KERNELS, Kernel};
use wasmtime::{Config, Engine, Linker, Module, Store, TypedFunc};

/// The fuel after which a guest comes back to its host.
const SLICE_FUEL: u64 = 1_000_000;

/// One measurement takes about this long.
const SECONDS: f64 = 0.1;

#[derive(Clone, Copy, PartialEq)]
enum Metering {
    Off,
    Fuel,
    Epochs,
    FuelAndEpochs,
    FuelSlices,
}

impl Metering {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Off, "off"),
        (Self::Fuel, "fuel, no deadline"),
        (Self::Epochs, "epochs, no fuel"),
        (Self::FuelAndEpochs, "fuel and epochs"),
        (Self::FuelSlices, "fuel in slices"),
    ];

    /// As in the runner, but for how time and fuel are metered.
    fn engine(self) -> wasmtime::Result<Engine> {
        let mut config = Config::new();
        config
            .consume_fuel(!matches!(self, Self::Off | Self::Epochs))
            .epoch_interruption(matches!(self, Self::Epochs | Self::FuelAndEpochs))
            .concurrency_support(false)
            .cranelift_nan_canonicalization(true)
            .relaxed_simd_deterministic(true);
        Engine::new(&config)
    }
}

/// A kernel in an instance of its own.
struct Guest {
    store: Store<()>,
    call: TypedFunc<u32, u64>,
}

impl Guest {
    fn new(metering: Metering, engine: &Engine, module: &Module, name: &str) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(engine);
        let mut store = Store::new(engine, ());
        // Randomness for hash tables is all that a kernel asks for: it gets zeros.
        linker.define_unknown_imports_as_default_values(&mut store, module)?;
        if matches!(metering, Metering::Fuel | Metering::FuelAndEpochs | Metering::FuelSlices) {
            store.set_fuel(u64::MAX)?;
        }
        if matches!(metering, Metering::Epochs | Metering::FuelAndEpochs) {
            store.set_epoch_deadline(u64::MAX / 2);
        }
        if metering == Metering::FuelSlices {
            store.fuel_async_yield_interval(Some(SLICE_FUEL))?;
        }
        let instance = block_on(linker.instantiate_async(&mut store, module))?;
        let initialise = instance.get_typed_func::<(), ()>(&mut store, "_initialize")?;
        block_on(initialise.call_async(&mut store, ()))?;
        let call = instance.get_typed_func(&mut store, name)?;
        Ok(Self { store, call })
    }

    fn call(&mut self, metering: Metering, rounds: u32) -> wasmtime::Result<u64> {
        match metering {
            Metering::FuelSlices => block_on(self.call.call_async(&mut self.store, rounds)),
            _ => self.call.call(&mut self.store, rounds),
        }
    }
}

/// Polls until it is done: what is pending here has only come to the end of a slice.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// Seconds of processor time that a call takes, and what it gives.
fn timed(call: impl FnOnce() -> anyhow::Result<u64>) -> anyhow::Result<(f64, u64)> {
    let started = processor_seconds()?;
    let sum = call()?;
    Ok((processor_seconds()? - started, sum))
}

/// What this thread has used of a processor: Linux tells it to the nanosecond.
fn processor_seconds() -> anyhow::Result<f64> {
    let path = "/proc/thread-self/schedstat";
    let text = fs::read_to_string(path).with_context(|| format!("read {path}"))?;
    let nanoseconds = text.split(' ').next().unwrap_or_default();
    Ok(nanoseconds.parse::<f64>().with_context(|| format!("understand {path}"))? / 1e9)
}

/// Prints each kernel's time under each way of metering, as ratios; the least of `rounds` measurements of each counts.
#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
pub fn run(kernels: &Path, rounds: u32) -> anyhow::Result<()> {
    let wasm = fs::read(kernels).with_context(|| format!("read {}", kernels.display()))?;
    let explain = |error: wasmtime::Error| anyhow::anyhow!("{error:#}");
    let mut engines = Vec::new();
    for (metering, name) in Metering::ALL {
        let engine = metering.engine().map_err(explain)?;
        let module = Module::new(&engine, &wasm).map_err(explain)?;
        engines.push((metering, name, engine, module));
    }
    println!("{:<20}{:>10}{:>10}{:>10}{:>10}{:>10}", "", "hash", "json", "matmul", "regex", "geo. mean");
    let mut least = vec![[f64::INFINITY; KERNELS.len()]; engines.len() + 1];
    for (column, (name, native)) in KERNELS.into_iter().enumerate() {
        let units = calibrate(native)?;
        for _ in 0..rounds {
            let (seconds, expected) = timed(|| Ok(native(units)))?;
            least[0][column] = least[0][column].min(seconds);
            for (row, (metering, label, engine, module)) in engines.iter().enumerate() {
                let mut guest = Guest::new(*metering, engine, module, name).map_err(explain)?;
                let (seconds, sum) = timed(|| guest.call(*metering, units).map_err(explain))?;
                if sum != expected {
                    bail!("{name} gives {sum} with metering {label}, and {expected} natively");
                }
                least[row + 1][column] = least[row + 1][column].min(seconds);
            }
        }
    }
    let labels = std::iter::once("native").chain(engines.iter().map(|engine| engine.1));
    for (label, seconds) in labels.zip(&least) {
        let ratios: Vec<f64> = seconds.iter().zip(&least[1]).map(|(seconds, off)| seconds / off).collect();
        let mean = (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp();
        print!("{label:<20}");
        ratios.iter().for_each(|ratio| print!("{ratio:>10.3}"));
        println!("{mean:>10.3}");
    }
    Ok(())
}

/// How many rounds of a kernel take [`SECONDS`].
fn calibrate(kernel: Kernel) -> anyhow::Result<u32> {
    let mut units = 1;
    while timed(|| Ok(kernel(units)))?.0 < SECONDS / 2.0 && units < 1 << 30 {
        units *= 2;
    }
    Ok(units)
}
