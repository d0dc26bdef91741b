//! What a task costs in the sandbox alone.

use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use sandmill::config::{Budget, Isolation, WarmStart};
use sandmill::outcome::Outcome;
use sandmill::sandbox::{Processor, Sandbox, Settings};
use sandmill::task::{TaskId, TaskPath};

use crate::input::Bytes;

#[derive(Args)]
pub struct Overhead {
    processor: PathBuf,
    /// What every task gets as its input.
    input: PathBuf,
    tasks: u32,
    #[arg(long, value_enum, default_value_t = Fresh::Task)]
    isolation: Fresh,
    #[arg(long, value_enum, default_value_t = Warm::Auto)]
    warm_start: Warm,
    /// Where compiled processors are kept, as `sandmill run --cache-dir` has it; without it they are compiled each time.
    #[arg(long)]
    cache_dir: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Fresh {
    Task,
    Worker,
}

#[derive(Clone, Copy, ValueEnum)]
enum Warm {
    Auto,
    Off,
}

impl Overhead {
    /// Runs the same task over and over in one sandbox, and prints what one took.
    #[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
    pub fn run(self) -> anyhow::Result<()> {
        let wasm = fs::read(&self.processor).with_context(|| format!("read {}", self.processor.display()))?;
        let bytes: Arc<[u8]> = fs::read(&self.input).with_context(|| format!("read {}", self.input.display()))?.into();
        let settings = Settings {
            isolation: match self.isolation {
                Fresh::Task => Isolation::Task,
                Fresh::Worker => Isolation::Worker,
            },
            warm_start: match self.warm_start {
                Warm::Auto => WarmStart::Auto,
                Warm::Off => WarmStart::Off,
            },
            cache: self.cache_dir,
            ..Settings::new(Budget::default())
        };
        let processor = Processor::load(&wasm, settings)?;
        let mut sandbox = Sandbox::new(&processor, 0)?;
        let task = TaskId::whole_file(TaskPath::from_path("input".as_ref()));
        let mut one = || sandbox.run(&task, Box::new(Bytes::new(&bytes)));
        let first = one();
        if let Outcome::Failed(failure) = &first.outcome {
            anyhow::bail!("the task fails: {failure}");
        }
        let started = Instant::now();
        for _ in 0..self.tasks {
            black_box(one());
        }
        let microseconds = started.elapsed().as_secs_f64() * 1e6 / f64::from(self.tasks.max(1));
        println!("{microseconds:.3} us a task, {} units of fuel", first.usage.fuel);
        Ok(())
    }
}
