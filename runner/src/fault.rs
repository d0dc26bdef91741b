//! Fault points: places at which a crash test ends the process as a power cut would, with nothing unwound or flushed.
//!
//! `SANDMILL_FAULT=NAME` kills it at the first passing of that point, `NAME:K` at the K-th. `SANDMILL_TASK_FAULT=DEED:PATH`
//! has each task of that path, and `DEED:PATH@BYTE` the one that begins at that byte of it, do something to the process that runs
//! it: `panic`, `abort` or `segv`. Release builds have none.

use crate::task::TaskId;

/// Declares the points with their names, so that the list cannot drift from the enum.
macro_rules! points {
    ($($point:ident = $name:literal,)+) => {
        /// A place at which a process can be made to die.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Point {
            $($point,)+
        }

        impl Point {
            pub const ALL: &[Self] = &[$(Self::$point,)+];

            /// The name in `SANDMILL_FAULT`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$point => $name,)+
                }
            }
        }
    };
}

points! {
    LedgerCreated = "ledger.create.file",
    LedgerSchemaMade = "ledger.create.schema",
    CommitBeforeBegin = "ledger.commit.before_begin",
    CommitAfterBegin = "ledger.commit.after_begin",
    CommitMidBatch = "ledger.commit.mid_batch",
    CommitBeforeCommit = "ledger.commit.before_commit",
    CommitAfterCommit = "ledger.commit.after_commit",
    DropBeforeBegin = "ledger.drop.before_begin",
    DropMidBatch = "ledger.drop.mid_batch",
    DropBeforeCommit = "ledger.drop.before_commit",
    DropAfterCommit = "ledger.drop.after_commit",
    FinishBeforeFold = "ledger.finish.before_fold",
    FinishAfterFold = "ledger.finish.after_fold",
    FileCreated = "atomic.created",
    FilePartlyWritten = "atomic.partly_written",
    FileBeforeSync = "atomic.before_sync",
    FileAfterSync = "atomic.after_sync",
    FileAfterRename = "atomic.after_rename",
    FileAfterFolderSync = "atomic.after_folder_sync",
    PartsCreated = "parts.created",
    PartsBeforeRename = "parts.before_rename",
    PartsAfterRename = "parts.after_rename",
    TablesBeforeRemoval = "tables.before_removal",
    TablesAfterRemoval = "tables.after_removal",
    MarkerBeforeWrite = "marker.before_write",
    MarkerAfterFolder = "marker.after_folder",
    MarkerAfterWrite = "marker.after_write",
    MarkerAfterRemoval = "marker.after_removal",
    StagedCreated = "files.staged_created",
    StagedWritten = "files.staged_written",
    FilesBeforeSync = "files.before_sync",
    FilesAfterSync = "files.after_sync",
    FileBeforePlacing = "files.before_placing",
    FileAfterFolder = "files.after_folder",
    FileAfterPlacing = "files.after_placing",
    FileBeforeRemoval = "files.before_removal",
    FileAfterRemoval = "files.after_removal",
    MovesForgotten = "files.moves_forgotten",
    FilesSwept = "files.swept",
}

/// Where faults are asked for: what a process that starts another has to hand on.
#[cfg(debug_assertions)]
pub const VARIABLES: &[&str] = &["SANDMILL_FAULT", "SANDMILL_TASK_FAULT"];
#[cfg(not(debug_assertions))]
pub const VARIABLES: &[&str] = &[];

/// Passes a fault point.
#[cfg(debug_assertions)]
pub fn point(point: Point) {
    armed::pass(point);
}

/// Passes a fault point, of which release builds have none.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn point(_point: Point) {}

/// A task begins.
#[cfg(debug_assertions)]
pub fn task(task: &TaskId) {
    armed::run(task);
}

/// A task begins, at which nothing happens in release builds.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn task(_task: &TaskId) {}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use rustix::process::Signal;

    use super::Point;
    use crate::task::TaskId;

    /// The point at which this process dies, and how many passings are left until then.
    struct Fault {
        name: String,
        passings_left: AtomicU64,
    }

    static FAULT: OnceLock<Option<Fault>> = OnceLock::new();

    /// What tasks of which path do.
    static TASK_FAULT: OnceLock<Option<String>> = OnceLock::new();

    pub(super) fn run(task: &TaskId) {
        let Some(fault) = TASK_FAULT.get_or_init(|| std::env::var("SANDMILL_TASK_FAULT").ok()) else { return };
        match fault.split_once(':') {
            Some((deed, which)) if is_meant(which, task) => commit(deed),
            _ => {}
        }
    }

    /// All tasks of a path, or the one that begins at a byte of it.
    fn is_meant(which: &str, task: &TaskId) -> bool {
        let path = task.path.to_string();
        which == path || which == format!("{path}@{}", task.offset)
    }

    #[expect(clippy::panic, reason = "it is asked for")]
    fn commit(deed: &str) {
        match deed {
            "panic" => panic!("as asked for"),
            "abort" => std::process::abort(),
            "segv" => die_by(Signal::SEGV),
            _ => {}
        }
    }

    pub(super) fn pass(point: Point) {
        let Some(fault) = FAULT.get_or_init(|| parse(&std::env::var("SANDMILL_FAULT").ok()?)) else { return };
        if fault.name == point.name() && fault.passings_left.fetch_sub(1, Ordering::Relaxed) == 1 {
            die();
        }
    }

    fn parse(text: &str) -> Option<Fault> {
        let (name, passing) = match text.split_once(':') {
            Some((name, passing)) => (name, passing.parse().ok()?),
            None => (text, 1),
        };
        Some(Fault { name: name.to_owned(), passings_left: AtomicU64::new(passing) })
    }

    fn die() {
        die_by(Signal::KILL);
    }

    fn die_by(signal: Signal) {
        // A signal to oneself is delivered before the call returns, or any moment now: nothing may run until then. One that
        // has a handler gets there once that has been taken away.
        while rustix::process::kill_process(rustix::process::getpid(), signal).is_ok() {
            std::thread::park_timeout(std::time::Duration::from_millis(1));
        }
        std::process::abort();
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_fault_is_a_name_and_a_passing() {
            let of = |text| parse(text).map(|fault| (fault.name, fault.passings_left.into_inner()));
            assert_eq!(of("atomic.created"), Some(("atomic.created".to_owned(), 1)));
            assert_eq!(of("atomic.created:7"), Some(("atomic.created".to_owned(), 7)));
            assert_eq!(of("atomic.created:x"), None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for (index, point) in Point::ALL.iter().enumerate() {
            assert!(Point::ALL[..index].iter().all(|other| other.name() != point.name()), "{}", point.name());
        }
    }

    #[test]
    fn every_point_is_passed_somewhere() {
        let sources = [
            include_str!("ledger/mod.rs"),
            include_str!("ledger/open.rs"),
            include_str!("ledger/commit.rs"),
            include_str!("export/atomic.rs"),
            include_str!("export/place.rs"),
            include_str!("export/stripes.rs"),
            include_str!("export/markers.rs"),
            include_str!("outbox/mod.rs"),
        ];
        for point in Point::ALL {
            let passing = format!("Point::{point:?})");
            assert!(sources.iter().any(|source| source.contains(&passing)), "{passing} is passed nowhere");
        }
    }
}
