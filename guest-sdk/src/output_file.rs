//! Files that a processor gives.

use std::fmt;
use std::io::{self, BufWriter, Write};

use crate::boundary;

/// What is handed to the host at once: a call for every few bytes would cost more than writing them.
const BUFFER_BYTES: usize = 64 << 10;

/// Gives a file with these bytes: `files/<path of the input>/<name>` in the output folder, once the task is done. A name
/// has folders if it has slashes. If there is a file of this name, the bytes are appended to it.
///
/// A name that leads elsewhere (`..`, a leading slash), has control characters or backslashes, or differs from another in
/// nothing but case ends the task as `bad_output`.
pub fn emit_file(name: &str, bytes: &[u8]) {
    boundary::file_write(name, bytes);
}

/// A file that is written piece by piece, where its bytes at once would need too much memory. See [`emit_file`] for names.
///
/// Writing to it cannot fail: a file too many, or too long, ends the task.
pub struct OutputFile {
    file: BufWriter<HostFile>,
}

impl OutputFile {
    /// Begins a file, or goes on at the end of the one that has this name.
    pub fn create(name: impl Into<String>) -> Self {
        let name = name.into();
        // It is there though nothing is ever written to it.
        boundary::file_write(&name, &[]);
        Self { file: BufWriter::with_capacity(BUFFER_BYTES, HostFile { name }) }
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl fmt::Debug for OutputFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OutputFile").field(&self.file.get_ref().name).finish()
    }
}

/// The host's end of a file.
struct HostFile {
    name: String,
}

impl Write for HostFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        boundary::file_write(&self.name, bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
