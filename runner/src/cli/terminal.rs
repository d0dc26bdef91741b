//! Standard output and standard error, which may be closed: that is nobody's bug, and no reason to panic.

use std::io::{self, BufWriter, IsTerminal as _, Write};

use rustix::termios;

use super::error::StdoutClosed;

/// A line on standard error. If that is closed, nobody wants to know.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Standard output, buffered: [`Stdout::finish`] it.
pub struct Stdout(BufWriter<io::Stdout>);

impl Stdout {
    pub fn open() -> Self {
        Self(BufWriter::with_capacity(64 << 10, io::stdout()))
    }

    /// # Errors
    /// [`StdoutClosed`] if nobody reads any more.
    pub fn line(&mut self, line: &str) -> anyhow::Result<()> {
        writeln!(self.0, "{line}").map_err(stdout_error)
    }

    /// # Errors
    /// As [`Stdout::line`].
    pub fn bytes(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.0.write_all(bytes).map_err(stdout_error)
    }

    /// Shows what there is so far.
    ///
    /// # Errors
    /// As [`Stdout::line`].
    pub fn flush(&mut self) -> anyhow::Result<()> {
        self.0.flush().map_err(stdout_error)
    }

    /// # Errors
    /// As [`Stdout::line`].
    pub fn finish(mut self) -> anyhow::Result<()> {
        self.flush()
    }
}

/// What a failed write to standard output means.
pub fn stdout_error(error: io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => StdoutClosed.into(),
        _ => anyhow::Error::new(error).context("write to standard output"),
    }
}

/// Columns and rows of the terminal that standard error is.
pub fn size() -> Option<(usize, usize)> {
    let size = termios::tcgetwinsize(io::stderr()).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then_some((size.ws_col.into(), size.ws_row.into()))
}

pub fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether standard error can redraw lines.
pub fn can_redraw() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb") && size().is_some()
}
