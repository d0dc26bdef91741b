//! What a task costs in the sandbox alone.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use sandmill::config::{Budget, Isolation};
use sandmill::input::Input;
use sandmill::outcome::{Failure, Outcome};
use sandmill::sandbox::{Processor, Sandbox, Settings};
use sandmill::task::{TaskId, TaskPath};

/// A task's bytes, in memory.
struct Bytes {
    bytes: std::sync::Arc<[u8]>,
    position: usize,
}

impl Input for Bytes {
    fn size_bytes(&self) -> Option<u64> {
        Some(self.bytes.len() as u64)
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let rest = &self.bytes[self.position..];
        let read_bytes = rest.len().min(buffer.len());
        buffer[..read_bytes].copy_from_slice(&rest[..read_bytes]);
        self.position += read_bytes;
        Ok(read_bytes)
    }

    fn rewind(&mut self) -> Result<(), Failure> {
        self.position = 0;
        Ok(())
    }

    fn verify(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
pub fn run(processor: &Path, input: &Path, tasks: u32) -> anyhow::Result<()> {
    let wasm = fs::read(processor).with_context(|| format!("read {}", processor.display()))?;
    let bytes: std::sync::Arc<[u8]> = fs::read(input).with_context(|| format!("read {}", input.display()))?.into();
    let task = TaskId::whole_file(TaskPath::from_path(Path::new("input")));
    for isolation in [Isolation::Task, Isolation::Worker] {
        let settings = Settings { isolation, ..Settings::new(Budget::default()) };
        let processor = Processor::load(&wasm, settings)?;
        let mut sandbox = Sandbox::new(&processor, 0)?;
        let mut one = || sandbox.run(&task, Box::new(Bytes { bytes: std::sync::Arc::clone(&bytes), position: 0 }));
        let first = one();
        if let Outcome::Failed(failure) = &first.outcome {
            anyhow::bail!("the task fails: {failure}");
        }
        let started = Instant::now();
        for _ in 0..tasks {
            std::hint::black_box(one());
        }
        let microseconds = started.elapsed().as_secs_f64() * 1e6 / f64::from(tasks);
        println!("{isolation:?}: {microseconds:.2} us a task, {} units of fuel", first.usage.fuel);
    }
    Ok(())
}
