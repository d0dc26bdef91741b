//! Where the tasks of one worker run: in a sandbox of its own, which a panic of ours costs and nothing else.

use crate::input::Input;
use crate::panics;
use crate::sandbox::{Attempt, Processor, Sandbox};
use crate::task::TaskId;

pub struct Seat<'p> {
    processor: &'p Processor,
    worker: usize,
    sandbox: Sandbox<'p>,
}

impl<'p> Seat<'p> {
    /// # Errors
    /// If the sandbox cannot be set up.
    pub fn new(processor: &'p Processor, worker: usize) -> anyhow::Result<Self> {
        Ok(Self { processor, worker, sandbox: Sandbox::new(processor, worker)? })
    }

    /// Runs a task. Whatever happens in it is an outcome.
    ///
    /// # Errors
    /// If there is no place to run the next one in.
    pub fn run(&mut self, task: &TaskId, input: Box<dyn Input>) -> anyhow::Result<Attempt> {
        match panics::caught(|| self.sandbox.run(task, input)) {
            Ok(attempt) => Ok(attempt),
            Err(failure) => {
                // Nobody knows what a panic left of it.
                self.sandbox = Sandbox::new(self.processor, self.worker)?;
                Ok(Attempt::failed(failure))
            }
        }
    }
}
