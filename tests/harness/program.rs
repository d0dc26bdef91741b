//! The real program, as a user starts it. Everything that it said is in the panic when a check fails.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A command line of sandmill.
pub struct Program {
    command: Command,
}

/// What became of it.
pub struct Ended {
    command: String,
    output: Output,
}

impl Program {
    pub fn new() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sandmill"));
        command
            .stdin(Stdio::null())
            .env_remove("SANDMILL_FAULT")
            .env_remove("SANDMILL_TASK_FAULT")
            .env("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
        Self { command }
    }

    pub fn args<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(mut self, args: I) -> Self {
        self.command.args(args);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn in_folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// The command, for tests that start it in their own way.
    pub fn into_command(self) -> Command {
        self.command
    }

    pub fn run(mut self) -> Ended {
        let output = self.command.output().unwrap_or_else(|error| panic!("start {:?}: {error}", self.command));
        Ended { command: format!("{:?}", self.command), output }
    }

    /// Runs it with `input` on its standard input.
    pub fn run_with_input(mut self, input: &[u8]) -> Ended {
        use std::io::Write as _;
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("start {:?}: {error}", self.command));
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        Ended { command: format!("{:?}", self.command), output }
    }
}

impl Ended {
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.output.status.code(), Some(code), "exit code\n{self}");
        self
    }

    #[track_caller]
    pub fn expect_stdout(self, part: &str) -> Self {
        assert!(self.stdout().contains(part), "no {part:?} on stdout\n{self}");
        self
    }

    #[track_caller]
    pub fn expect_stderr(self, part: &str) -> Self {
        assert!(self.stderr().contains(part), "no {part:?} on stderr\n{self}");
        self
    }

    pub fn was_killed(&self) -> bool {
        self.output.status.signal() == Some(9)
    }

    /// The signal that it died by.
    pub fn signal(&self) -> Option<i32> {
        self.output.status.signal()
    }

    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (stdout, stderr) = (self.stdout(), self.stderr());
        write!(f, "{}\n{}\n-- stdout\n{stdout}\n-- stderr\n{stderr}", self.command, self.output.status)
    }
}
