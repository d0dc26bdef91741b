//! A run's side of a child: hands it task after task, with their inputs, and replaces it when it is of no more use.

use std::time::Duration;

use anyhow::{Context as _, bail};

use super::Loaded;
use super::channel::{Broken, Channel};
use super::death::Death;
use super::distant::READ_BYTES;
use super::message::{Blob, FromChild, Hello, Ready, Report, ToChild};
use super::spawner::Number;
use crate::config::Budget;
use crate::input::{self, Input};
use crate::outcome::{Failure, FailureKind};
use crate::sandbox::{Attempt, INLINE_INPUT_BYTES};
use crate::task::TaskId;

/// What a child is waited for beyond what its task may take.
const GRACE: Duration = Duration::from_secs(30);

/// Initialisation and the task itself each have the time limit, and what fails in an instance that was used is tried again.
const TIMEOUTS: u32 = 4;

/// What loading may take where the processor is not in the cache: as long as the compiler may.
const LOADING: Duration = Duration::from_secs(330);

/// How large a report may be: output in its normal form, a log, and names and reasons of all kinds.
const OUTPUTS: usize = 8;
const REPORT_BYTES: usize = 16 << 20;

pub struct Worker<'r> {
    ring: &'r Loaded<'r>,
    worker: usize,
    child: Option<Child>,
    /// How its child died in the last task, if it did.
    pub death: Option<Death>,
}

struct Child {
    channel: Channel,
    number: Number,
}

impl<'r> Worker<'r> {
    /// With its child.
    ///
    /// # Errors
    /// If there can be none.
    pub fn new(ring: &'r Loaded<'r>, worker: usize) -> anyhow::Result<Self> {
        let mut this = Self { ring, worker, child: None, death: None };
        this.child = Some(this.start()?);
        Ok(this)
    }

    /// Runs a task. What becomes of the child meanwhile is the failure of this task, and of no other.
    ///
    /// # Errors
    /// If there is no child for it, or it cannot be learned how one ended.
    pub fn run(&mut self, task: &TaskId, input: Box<dyn Input>) -> anyhow::Result<Attempt> {
        self.death = None;
        let mut child = match self.child.take() {
            Some(child) => child,
            None => self.start()?,
        };
        match child.run(task, input) {
            Ok(report) => {
                self.child = Some(child);
                Ok(report.believe(self.ring.processor, task))
            }
            Err(broken) => {
                let death = self.ring.spawner.end(child.number)?;
                // One that we ended has not died.
                self.death = matches!(broken, Broken::Closed).then_some(death);
                Ok(Attempt::failed(Failure::new(FailureKind::Host, what_happened(&broken, death))))
            }
        }
    }

    fn start(&self) -> anyhow::Result<Child> {
        let budget = &self.ring.processor.settings().budget;
        let (stream, number) = self.ring.spawner.child()?;
        let most_bytes = budget.output_bytes.saturating_add(budget.log_bytes).saturating_mul(OUTPUTS);
        let mut channel = Channel::wary(stream, most_bytes.saturating_add(REPORT_BYTES)).context("set up a socket")?;
        channel.be_patient(LOADING.saturating_add(patience(budget)));
        let hello = Hello { worker: self.worker, ..self.ring.hello.clone() };
        let ready = channel.send(&hello).and_then(|()| channel.receive::<Ready>());
        match ready {
            Ok(Ok(())) => {}
            Ok(Err(reason)) => bail!("a process for tasks cannot load the processor: {reason}"),
            Err(broken) => {
                let death = self.ring.spawner.end(number)?;
                bail!("load the processor: {}", what_happened(&broken, death));
            }
        }
        channel.be_patient(patience(budget));
        Ok(Child { channel, number })
    }
}

impl Child {
    fn run(&mut self, id: &TaskId, mut input: Box<dyn Input>) -> Result<Report, Broken> {
        let (size_bytes, chunk, params) = (input.size_bytes(), input.chunk(), input.params().cloned());
        let content = size_bytes.filter(|&size_bytes| size_bytes <= INLINE_INPUT_BYTES);
        let content = content.map(|size_bytes| whole(input.as_mut(), size_bytes));
        self.channel.send(&ToChild::Task { id: id.clone(), size_bytes, chunk, params, content })?;
        loop {
            let answer = match self.channel.receive()? {
                FromChild::Read { most_bytes } => ToChild::Read(some(input.as_mut(), most_bytes)),
                FromChild::Rewind => ToChild::Rewound(input.rewind()),
                FromChild::Verify => ToChild::Verified(input.verify()),
                FromChild::Place { offset } => ToChild::Place(input.place(offset)),
                FromChild::Ended(report) => return Ok(*report),
            };
            self.channel.send(&answer)?;
        }
    }
}

/// A small input, verified.
fn whole(input: &mut dyn Input, size_bytes: u64) -> Result<Blob, Failure> {
    // At most INLINE_INPUT_BYTES.
    let mut bytes = vec![0; size_bytes as usize];
    input::read_exact(input, &mut bytes)?;
    input.verify()?;
    Ok(Blob(bytes))
}

/// The next bytes of a large one.
fn some(input: &mut dyn Input, most_bytes: u64) -> Result<Blob, Failure> {
    let mut bytes = vec![0; READ_BYTES.min(usize::try_from(most_bytes).unwrap_or(READ_BYTES))];
    let read_bytes = input.read(&mut bytes)?;
    bytes.truncate(read_bytes);
    Ok(Blob(bytes))
}

fn patience(budget: &Budget) -> Duration {
    budget.timeout.saturating_mul(TIMEOUTS).saturating_add(GRACE)
}

fn what_happened(broken: &Broken, death: Death) -> String {
    match broken {
        Broken::Closed => format!("the process that ran it died: {death}"),
        Broken::Silent(_) | Broken::Nonsense(_) => format!("the process that ran it was ended: {broken}"),
    }
}
