//! The task that a guest of contract B or C is at, and what the imports of both do with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::INLINE_INPUT_BYTES;
use super::io::output_limit;
use super::shared::{self, Shared, SharedFile};
use crate::file::{FILE_COST_BYTES, GivenFiles};
use crate::input::{self, Input};
use crate::outcome::{Failure, FailureKind, Reject};
use crate::row::{Rows, Schema};
use crate::task::TaskId;

/// What a reject costs of the output budget besides its reason.
const REJECT_BYTES: usize = 32;

/// What the imports work on.
pub struct Task {
    pub params: Arc<BTreeMap<String, String>>,
    pub schema: Arc<Schema>,
    pub shared: Option<Arc<Shared>>,
    /// The shared file that was read from last.
    pub open_shared: Option<SharedFile>,
    pub output_limit_bytes: usize,
    /// `None` while the guest initialises.
    pub current: Option<Current>,
}

/// The task that the guest is at.
pub struct Current {
    pub path: String,
    /// Where in its file the task begins.
    pub offset: u64,
    pub input: Box<dyn Input>,
    /// The guest has read from the input by itself.
    pub pulled: bool,
    pub rows: Rows,
    pub rejects: Vec<Reject>,
    pub files: GivenFiles,
    output_bytes: usize,
}

impl Task {
    /// The value of a parameter: the input's own, or that of the run.
    pub fn param(&self, name: &str) -> Option<&str> {
        let own = self.current.as_ref().and_then(|current| current.input.params()?.get(name));
        own.or_else(|| self.params.get(name).map(String::as_str))
    }

    /// The task, for the import called `call`.
    ///
    /// # Errors
    /// If there is none.
    pub fn current(&mut self, call: &str) -> Result<&mut Current, Failure> {
        at_hand(&mut self.current, call)
    }

    /// Takes rows, as JSON.
    ///
    /// # Errors
    /// If they are no rows, or too much output.
    pub fn emit(&mut self, json: &[u8]) -> Result<(), Failure> {
        let current = at_hand(&mut self.current, "emit")?;
        current.spend_output(json.len(), self.output_limit_bytes)?;
        current.rows.push_json(json, &self.schema)
    }

    /// Takes bytes for the end of a file.
    ///
    /// # Errors
    /// If it can be no file's name, or too much output.
    pub fn write_file(&mut self, name: &[u8], bytes: &[u8]) -> Result<(), Failure> {
        let limit_bytes = self.output_limit_bytes;
        let current = self.current("file_write")?;
        current.spend_output(bytes.len(), limit_bytes)?;
        let (file, is_new) = current.files.open(name)?;
        file.extend_from_slice(bytes);
        if is_new {
            current.spend_output(FILE_COST_BYTES, limit_bytes)?;
        }
        Ok(())
    }

    /// The shared file of this name, for the import called `call`. It stays open for the next call.
    ///
    /// # Errors
    /// If there is none, or it cannot be opened.
    pub fn shared_file(&mut self, call: &str, name: &str) -> Result<&SharedFile, Failure> {
        if self.open_shared.as_ref().is_none_or(|open| open.name != name) {
            self.open_shared = match &self.shared {
                Some(shared) => shared.open(name).map_err(shared::unreadable)?,
                None => None,
            };
        }
        self.open_shared
            .as_ref()
            .ok_or_else(|| Failure::new(FailureKind::Trap, format!("{call}: there is no shared file {name:?}")))
    }

    /// Takes a record that could not be used.
    ///
    /// # Errors
    /// If it is too much output.
    pub fn reject(&mut self, reject: Reject) -> Result<(), Failure> {
        let limit_bytes = self.output_limit_bytes;
        let current = self.current("reject")?;
        current.spend_output(REJECT_BYTES + reject.reason.len(), limit_bytes)?;
        current.rejects.push(reject);
        Ok(())
    }
}

fn at_hand<'a>(current: &'a mut Option<Current>, call: &str) -> Result<&'a mut Current, Failure> {
    current.as_mut().ok_or_else(|| {
        Failure::new(FailureKind::Trap, format!("{call} belongs to a task and was called during initialisation"))
    })
}

impl Current {
    pub fn new(task: &TaskId, input: Box<dyn Input>, rows: Rows) -> Self {
        Self {
            path: task.path.to_string(),
            offset: task.offset,
            input,
            pulled: false,
            rows,
            rejects: Vec::new(),
            files: GivenFiles::default(),
            output_bytes: 0,
        }
    }

    /// The number of the first record of the input in its file, counted from 1, if it is known. That of what is no chunk is.
    pub fn first_record(&self) -> Option<u64> {
        match self.input.chunk() {
            Some(chunk) => chunk.first_record,
            None => Some(1),
        }
    }

    /// The whole input if it is small; a large one is for the guest to pull.
    ///
    /// # Errors
    /// If it cannot be read, or changed meanwhile.
    pub fn whole(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let Some(size_bytes) = self.input.size_bytes().filter(|&size_bytes| size_bytes <= INLINE_INPUT_BYTES) else {
            return Ok(None);
        };
        let mut bytes = vec![0; size_bytes as usize];
        input::read_exact(self.input.as_mut(), &mut bytes)?;
        self.input.verify()?;
        Ok(Some(bytes))
    }

    /// Reads on in the input, until `buffer` is full or the input at its end.
    ///
    /// # Errors
    /// If the input cannot be read.
    pub fn pull(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        if !self.pulled {
            self.pulled = true;
            self.input.rewind()?;
        }
        let mut filled_bytes = 0;
        while filled_bytes < buffer.len() {
            match self.input.read(&mut buffer[filled_bytes..])? {
                0 => break,
                read_bytes => filled_bytes += read_bytes,
            }
        }
        Ok(filled_bytes)
    }

    /// The rejects, with their numbers and offsets as of the file, as far as it is known.
    pub fn take_rejects(&mut self) -> Vec<Reject> {
        let mut rejects = std::mem::take(&mut self.rejects);
        if let Some(chunk) = self.input.chunk() {
            for reject in &mut rejects {
                reject.record =
                    reject.record.saturating_add(chunk.first_record.map_or(0, |number| number.saturating_sub(1)));
                reject.offset = reject.offset.map(|offset| self.input.place(offset));
            }
        }
        rejects
    }

    fn spend_output(&mut self, bytes: usize, limit_bytes: usize) -> Result<(), Failure> {
        self.output_bytes = self.output_bytes.saturating_add(bytes);
        if self.output_bytes > limit_bytes { Err(output_limit(limit_bytes)) } else { Ok(()) }
    }
}
