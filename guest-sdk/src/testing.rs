//! Runs a processor natively, for unit tests: no WebAssembly, no sandbox, no limits.
//!
//! [`run`] is enough for most tests; [`Task`] is for those that need a path or parameters.
//!
//! ```
//! use sandmill_guest::{DynRow, Input, Result, param, skip, testing};
//!
//! fn size(input: &mut Input) -> Result<DynRow> {
//!     if !input.path().ends_with(".txt") {
//!         skip!("not a text");
//!     }
//!     let unit = param("unit").unwrap_or_default();
//!     Ok([(unit, input.len())].into_iter().collect())
//! }
//!
//! let outcome = testing::Task::new("abc").path("a.txt").param("unit", "bytes").run(size);
//! assert_eq!(outcome.rows.unwrap(), [r#"{"bytes":3}"#]);
//!
//! assert!(testing::run(size, "abc").rows.unwrap_err().is_skip());
//! ```

use crate::boundary::{self, stand_in};
use crate::error::Result;
use crate::input::Input;
use crate::output::{Output as _, Processor};
use crate::task;

/// What came of a task.
#[derive(Debug)]
pub struct Outcome {
    /// Its rows, each as the JSON object that was emitted; or why there are none.
    pub rows: Result<Vec<String>>,
    /// The records that could not be used.
    pub rejects: Vec<Reject>,
    /// Its files; of a task that is not done, those that would be discarded.
    pub files: Vec<File>,
    /// The lines of its log.
    pub log: Vec<String>,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name below the input's path.
    pub name: String,
    /// All that was written to it.
    pub bytes: Vec<u8>,
}

/// A record of the input that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Its number.
    pub record: u64,
    /// Its byte offset in the input.
    pub offset: Option<u64>,
    /// Why it could not be used.
    pub reason: String,
}

/// Calls a processor with this input.
pub fn run<F: for<'a> Processor<'a>>(function: F, input: impl Into<Vec<u8>>) -> Outcome {
    Task::new(input).run(function)
}

/// A task: an input, its path and the parameters.
#[derive(Debug)]
pub struct Task {
    facts: stand_in::Task,
    is_pulled: bool,
}

impl Task {
    /// A task without a path and parameters, with this input.
    pub fn new(input: impl Into<Vec<u8>>) -> Self {
        Self { facts: stand_in::Task { input: input.into(), ..Default::default() }, is_pulled: false }
    }

    /// Gives the input a path.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.facts.path = path.into();
        self
    }

    /// Makes the input a chunk of a file: where it begins there, and the number of its first record if it is known.
    pub fn chunk(mut self, offset: u64, first_record: Option<u64>) -> Self {
        self.facts.chunk = Some((offset, first_record.unwrap_or(0)));
        self
    }

    /// Gives a value to the parameter `name`.
    pub fn param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.facts.params.insert(name.into(), value.into());
        self
    }

    /// Shares a file, as `--share` does.
    pub fn shared(mut self, name: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        self.facts.shared.insert(name.into(), content.into());
        self
    }

    /// Lets the processor pull its input piece by piece, as sandmill does with large ones.
    pub fn pulled(mut self) -> Self {
        self.is_pulled = true;
        self
    }

    /// Has the size of the input unknown until it was read, as that of large compressed files is.
    pub fn of_unknown_size(mut self) -> Self {
        self.facts.hides_its_size = true;
        self.pulled()
    }

    /// Calls a processor with this task.
    pub fn run<F: for<'a> Processor<'a>>(self, function: F) -> Outcome {
        let input_bytes = self.facts.input.clone();
        let is_pulled = self.is_pulled;
        stand_in::replace(self.facts);
        let mut input = if is_pulled { Input::pulled(boundary::input_len()) } else { Input::whole(input_bytes) };
        // A test that expects a panic has left its rows here.
        task::discard();
        let result = function.process(&mut input).emit();
        task::flush();
        let done = stand_in::replace(stand_in::Task::default());
        Outcome {
            rows: result.map(|()| done.emitted.lines().map(str::to_owned).collect()),
            rejects: done.rejects,
            files: done.files,
            log: done.log,
        }
    }
}
