//! Exit codes: every way in which the program can end, as one enum.

use std::process::ExitCode;

use sandmill::event::Stop;
use sandmill::report::{Ended, Summary};

/// How the program ends. [`super::help::RUN_EXAMPLES`] tells users of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Every task is done or skipped; or the command did what it was asked for.
    Success,
    /// The run could not start or not go on; a processor was refused; a file could not be written.
    Failed,
    /// The command line or the configuration file makes no sense.
    Usage,
    /// The run came to its end, and failed tasks or rejects are on record.
    FailuresOnRecord,
    /// `--fail-fast`, `--max-errors` or `--max-rejects` ended the run.
    TooManyErrors,
    /// Ctrl-C.
    Interrupted,
    /// Whoever read our standard output went away: the code that a shell gives for SIGPIPE.
    StdoutClosed,
    /// SIGTERM.
    Terminated,
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::FailuresOnRecord => 3,
            Self::TooManyErrors => 4,
            Self::Interrupted => 130,
            Self::StdoutClosed => 141,
            Self::Terminated => 143,
        }
    }

    /// The end of a run that returned a summary.
    pub fn of_run(summary: &Summary) -> Self {
        match summary.ended {
            Ended::Stopped(stop) => Self::of_stop(stop),
            Ended::Completed if summary.total.tasks_failed() > 0 || summary.total.rejects > 0 => Self::FailuresOnRecord,
            Ended::Completed => Self::Success,
        }
    }

    pub fn of_stop(stop: Stop) -> Self {
        match stop {
            Stop::Interrupted => Self::Interrupted,
            Stop::Terminated => Self::Terminated,
            Stop::FailFast | Stop::MaxErrors | Stop::MaxRejects => Self::TooManyErrors,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sandmill::event::Counts;
    use sandmill::outcome::FailureKind;

    use super::super::help::RUN_EXAMPLES;
    use super::*;

    fn summary(ended: Ended, total: Counts) -> Summary {
        Summary {
            ended,
            run: Counts::default(),
            total,
            kept: 0,
            elapsed: Duration::ZERO,
            slowest: Vec::new(),
            most_fuel: Vec::new(),
            views: None,
            lockdown: sandmill::LockdownState::Off,
            not_reproducible: Vec::new(),
        }
    }

    #[test]
    fn a_completed_run_is_judged_by_what_is_on_record() {
        let exit = |total| Exit::of_run(&summary(Ended::Completed, total));
        assert_eq!(exit(Counts { done: 3, skipped: 1, ..Counts::default() }), Exit::Success);
        assert_eq!(exit(Counts { done: 3, rejects: 1, ..Counts::default() }), Exit::FailuresOnRecord);
        let failed = [(FailureKind::Trap, 1)].into();
        assert_eq!(exit(Counts { done: 3, failed, ..Counts::default() }), Exit::FailuresOnRecord);
    }

    #[test]
    fn the_help_tells_of_every_code() {
        let all = [
            Exit::Success,
            Exit::Failed,
            Exit::Usage,
            Exit::FailuresOnRecord,
            Exit::TooManyErrors,
            Exit::Interrupted,
            Exit::StdoutClosed,
            Exit::Terminated,
        ];
        for exit in all {
            assert!(RUN_EXAMPLES.contains(&format!("\n  {:<4} ", exit.code())), "{exit:?}");
        }
    }

    #[test]
    fn a_stopped_run_is_judged_by_who_stopped_it() {
        let code = |stop| Exit::of_run(&summary(Ended::Stopped(stop), Counts::default())).code();
        assert_eq!([Stop::FailFast, Stop::MaxErrors, Stop::Interrupted, Stop::Terminated].map(code), [4, 4, 130, 143]);
    }
}
