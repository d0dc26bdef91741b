//! Where the tasks of one worker run: in its own thread, or in a child.

use super::Loaded;
use super::death::Death;
use super::worker::Worker;
use crate::input::Input;
use crate::sandbox::{Attempt, Processor};
use crate::seat::Seat;
use crate::task::TaskId;

pub enum Place<'p> {
    Thread(Box<Seat<'p>>),
    Process(Worker<'p>),
}

impl<'p> Place<'p> {
    /// In a child, if there is a ring of them.
    ///
    /// # Errors
    /// If it cannot be set up.
    pub fn new(processor: &'p Processor, ring: Option<&'p Loaded<'p>>, worker: usize) -> anyhow::Result<Self> {
        Ok(match ring {
            None => Self::Thread(Box::new(Seat::new(processor, worker)?)),
            Some(ring) => Self::Process(Worker::new(ring, worker)?),
        })
    }

    /// How the process of the last task died, if it did and nobody has taken that.
    pub fn take_death(&mut self) -> Option<Death> {
        match self {
            Self::Thread(_) => None,
            Self::Process(worker) => worker.death.take(),
        }
    }

    /// Runs a task. Whatever happens in it is an outcome.
    ///
    /// # Errors
    /// If there is no place to run the next one in.
    pub fn run(&mut self, task: &TaskId, input: Box<dyn Input>) -> anyhow::Result<Attempt> {
        match self {
            Self::Thread(seat) => seat.run(task, input),
            Self::Process(worker) => worker.run(task, input),
        }
    }
}
