//! How a process ended, in words.

use std::fmt;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use rustix::process::Signal;

/// The signals by which processes come to die.
const NAMES: [(Signal, &str); 10] = [
    (Signal::ABORT, "SIGABRT"),
    (Signal::BUS, "SIGBUS"),
    (Signal::FPE, "SIGFPE"),
    (Signal::ILL, "SIGILL"),
    (Signal::KILL, "SIGKILL"),
    (Signal::SEGV, "SIGSEGV"),
    (Signal::SYS, "SIGSYS"),
    (Signal::TERM, "SIGTERM"),
    (Signal::TRAP, "SIGTRAP"),
    (Signal::XCPU, "SIGXCPU"),
];

/// The end of a child that nobody asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death(ExitStatus);

impl Death {
    /// As the system tells it.
    pub fn from_raw(status: i32) -> Self {
        Self(ExitStatus::from_raw(status))
    }

    /// Whether it is by a signal that no fault raises, but a person, a supervisor or a kernel that is short of memory.
    pub fn is_from_outside(self) -> bool {
        self.0.signal() == Some(Signal::KILL.as_raw())
    }
}

/// "SIGSEGV", "signal 42", "exit code 1".
impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.signal(), self.0.code()) {
            (Some(number), _) => match NAMES.iter().find(|(signal, _)| signal.as_raw() == number) {
                Some((_, name)) => f.write_str(name),
                None => write!(f, "signal {number}"),
            },
            (None, Some(code)) => write!(f, "exit code {code}"),
            (None, None) => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_has_a_name() {
        let told = |status| Death::from_raw(status).to_string();
        assert_eq!([9, 11, 9 << 8].map(|status| Death::from_raw(status).is_from_outside()), [true, false, false]);
        assert_eq!([told(11), told(9), told(40), told(1 << 8)], ["SIGSEGV", "SIGKILL", "signal 40", "exit code 1"]);
    }
}
