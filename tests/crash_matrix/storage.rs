//! A full disk, and folders and files that cannot be written to: the run ends with an error that names what it could not
//! write, charges no task, and the next run ends as if nothing had happened.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use tempfile::TempDir;

use super::site::{Place, Site, Situation, View};
use super::state::State;
use super::{assert_state, named, on_all};

const SITUATIONS: [Situation; 2] = [Situation::FirstRun, Situation::Changed];

/// Powers of two, of blocks of 512 bytes, to which files may grow: from less than a ledger has to enough for everything.
const LIMITS: std::ops::Range<u32> = 6..13;

/// A site with a table that is larger than the ledger, so that there are limits which only the tables meet.
fn with_large_tables(view: View, situation: Situation) -> (Site, State, State) {
    let site = Site::new(view, situation);
    site.add_long_path();
    let before = State::read(&site.begin());
    let place = site.begin();
    place.run().expect_code(3);
    let after = State::read(&place);
    drop(place);
    (site, before, after)
}

fn sites() -> Vec<(Site, State, State)> {
    let pairs: Vec<_> = View::ALL.iter().flat_map(|&view| SITUATIONS.map(|situation| (view, situation))).collect();
    let sites = Mutex::new(Vec::new());
    on_all(&pairs, |&(view, situation)| {
        let new = with_large_tables(view, situation);
        sites.lock().unwrap().push(new);
    });
    sites.into_inner().unwrap()
}

#[test]
fn a_full_disk_in_any_step_is_an_error_that_says_so_and_charges_no_task() {
    let sites = sites();
    let met = Mutex::new(Vec::new());
    let cells: Vec<_> = sites.iter().flat_map(|site| LIMITS.map(move |power| (site, 1_u32 << power))).collect();
    on_all(&cells, |&((site, before, after), blocks)| {
        let cell = format!("{:?}, {:?}, {blocks} blocks", site.view, site.situation);
        let place = site.begin();
        let output = run_limited(&place, blocks);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        named(&cell, || {
            match output.status.code() {
                // Large enough.
                Some(3) => {}
                Some(1) => met.lock().unwrap().push(refused(&stderr)),
                code => panic!("{code:?}: {stderr}"),
            }
            State::check_killed(&place, before, after);
            place.run().expect_code(3);
            assert_state(&State::read(&place), after);
        });
    });
    let met = met.into_inner().unwrap();
    for part in ["ledger", "results"] {
        assert!(met.iter().any(|met| met == part), "no limit is met by {part}: {met:?}");
    }
    println!("full disks: {} of {} cells", met.len(), cells.len());
}

/// A limit on the size of files is a full disk without a disk. The shell sets it for the program alone.
fn run_limited(place: &Place<'_>, blocks: u32) -> Output {
    let command = place.command().into_command();
    let mut limited = Command::new("sh");
    let script = format!("ulimit -f {blocks}; exec \"$@\"");
    limited.args(["-c", &script, "sh"]).arg(command.get_program()).args(command.get_args());
    limited.output().unwrap()
}

/// What could not be written, as the message says.
fn refused(stderr: &str) -> String {
    // SQLite knows no better word for a write that such a limit refuses.
    let is_full = ["disk full", "File too large", "disk I/O error"].iter().any(|words| stderr.contains(words));
    assert!(is_full, "{stderr}");
    // What a guest's memory starts with is a file in memory, which such a limit is for, too.
    let parts = [("processor", "memory"), ("results", "results"), ("files", "files"), ("ledger", "ledger")];
    let part = parts.into_iter().find(|(word, _)| stderr.contains(word));
    part.unwrap_or_else(|| panic!("it does not say what could not be written: {stderr}")).1.to_owned()
}

/// A user who may not write everywhere, for tests that root runs.
const NOBODY: u32 = 65534;

#[test]
fn what_cannot_be_written_to_ends_the_run_by_name_and_charges_no_task() {
    let read_only =
        ["out", "out/ledger.db", "out/lock", "out/tracking", "out/tracking/0", "out/files", "out/files/0", "tables"];
    let sites = sites();
    let public = Public::new();
    let refused = Mutex::new(Vec::new());
    let cells: Vec<_> = sites.iter().flat_map(|site| read_only.map(move |name| (site, name))).collect();
    on_all(&cells, |&((site, before, after), name)| {
        let cell = format!("{:?}, {:?}, {name} is read-only", site.view, site.situation);
        let place = site.begin();
        let path = place.folder().join(name);
        if !path.exists() {
            return;
        }
        // The configuration file is written before.
        let mut command = public.command(&place);
        make_nobodys(place.folder());
        make_nobodys(site.inputs().parent().unwrap());
        let mode = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode.mode() & 0o555)).unwrap();
        let output = command.output().unwrap();
        fs::set_permissions(&path, mode).unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        named(&cell, || {
            match output.status.code() {
                Some(3) => {}
                Some(1) => {
                    assert!(stderr.contains(name.rsplit('/').next().unwrap()), "it does not say what: {stderr}");
                    refused.lock().unwrap().push(name);
                }
                code => panic!("{code:?}: {stderr}"),
            }
            State::check_killed(&place, before, after);
            place.run().expect_code(3);
            assert_state(&State::read(&place), after);
        });
    });
    let mut refused = refused.into_inner().unwrap();
    println!("read-only: {} refused", refused.len());
    refused.sort_unstable();
    refused.dedup();
    for name in ["out", "out/ledger.db", "out/tracking", "out/files", "tables"] {
        assert!(refused.contains(&name), "{name} is written to although it is read-only: {refused:?}");
    }
}

/// The program and its guests where anybody may read and run them: a checkout may be for its owner alone.
struct Public {
    folder: TempDir,
}

impl Public {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    /// The command of `place`, as somebody who is not root.
    fn command(&self, place: &Place<'_>) -> Command {
        let command = place.command().into_command();
        if !rustix::process::getuid().is_root() {
            return command;
        }
        let guest = place.site.view.guest();
        let args = command.get_args().map(|arg| if arg == guest { self.copy(&guest) } else { arg.into() });
        let mut public = Command::new(self.copy(Path::new(command.get_program())));
        public.args(args).stdin(Stdio::null()).uid(NOBODY).gid(NOBODY);
        public
    }

    fn copy(&self, file: &Path) -> PathBuf {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let copy = self.folder.path().join(file.file_name().unwrap());
        let _guard = ONE_AT_A_TIME.lock().unwrap();
        if !copy.exists() {
            fs::copy(file, &copy).unwrap();
        }
        copy
    }
}

fn make_nobodys(folder: &Path) {
    if !rustix::process::getuid().is_root() {
        return;
    }
    let mut paths: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(path) = paths.pop() {
        chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        paths.extend(fs::read_dir(&path).into_iter().flatten().map(|entry| entry.unwrap().path()));
    }
}
