//! The matrix of crashes: the real program killed at every step of commit and export, for every view, in every situation;
//! power cuts, full disks and folders that cannot be written to. What holds in all of them: a path is on record once,
//! rows are those of the tasks that are done, tables are old or new and never half, markers and files are never ahead of the
//! ledger, and the next run ends with what a run that nothing happened to ends with.
//!
//! `SANDMILL_CRASH_MATRIX=full` (`just crash-matrix`) kills at later passings of each step, too, and cuts the power more often.

mod power;
mod random;
mod site;
mod state;
mod storage;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use sandmill::FaultPoint;

use self::site::{Site, Situation, View};
use self::state::State;

/// Cells at whose step a run must be killed at its first passing.
const CELLS: usize = 542;

/// So many cells at a time: most of a cell is waiting for the disk.
const THREADS: usize = 3;

fn is_full() -> bool {
    std::env::var_os("SANDMILL_CRASH_MATRIX").is_some_and(|value| value == "full")
}

/// A site, where it begins, and where it ends if nothing happens.
struct Prepared {
    site: Site,
    before: State,
    after: State,
}

impl Prepared {
    fn new(view: View, situation: Situation) -> Self {
        let site = Site::new(view, situation);
        let before = State::read(&site.begin());
        let place = site.begin();
        place.run().expect_code(3);
        let after = State::read(&place);
        drop(place);
        assert_ne!(before.tasks, after.tasks, "{view:?}, {situation:?}: nothing happens");
        Self { site, before, after }
    }
}

/// Whether a run of this view in this situation passes `point`.
fn is_passed(view: View, situation: Situation, point: &str) -> bool {
    let drops = situation == Situation::Changed;
    match point.split('.').next().unwrap() {
        "ledger" if point.starts_with("ledger.create") => situation == Situation::FirstRun,
        "ledger" if point.starts_with("ledger.drop") => drops,
        "ledger" | "atomic" => true,
        "parts" => view == View::Parts,
        "tables" => view == View::Tables && drops,
        "marker" => view.has_markers() && (point != "marker.after_removal" || drops),
        "files" => view == View::Files && (!point.ends_with("removal") || drops),
        _ => panic!("{point} belongs to no view: say here where it is passed"),
    }
}

/// Does `work` on each of `items`, on a few threads.
fn on_all<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(item);
                }
            });
        }
    });
}

fn prepare_all() -> Vec<Prepared> {
    let pairs: Vec<_> = View::ALL.iter().flat_map(|&view| Situation::ALL.map(|situation| (view, situation))).collect();
    let prepared = Mutex::new(Vec::new());
    on_all(&pairs, |&(view, situation)| {
        let new = Prepared::new(view, situation);
        prepared.lock().unwrap().push(new);
    });
    prepared.into_inner().unwrap()
}

#[test]
fn killed_at_every_step_the_ledger_leads_and_the_next_run_ends_the_same() {
    let passings: &[u32] = if is_full() { &[1, 2, 3, 5, 8, 13, 21] } else { &[1, 3] };
    let prepared = prepare_all();
    let points = FaultPoint::ALL.iter().map(|point| point.name());
    let cells: Vec<(&Prepared, &str)> = points
        .flat_map(|point| prepared.iter().map(move |prepared| (prepared, point)))
        .filter(|(Prepared { site, .. }, point)| is_passed(site.view, site.situation, point))
        .collect();
    let kills = Mutex::new(BTreeMap::<u32, usize>::new());
    on_all(&cells, |&(Prepared { site, before, after }, point)| {
        for passing in passings {
            let cell = format!("{:?}, {:?}, {point}:{passing}", site.view, site.situation);
            let place = site.begin();
            let ended = place.run_with_fault(&format!("{point}:{passing}"));
            if !ended.was_killed() {
                assert!(*passing > 1, "{cell} is not reached\n{ended}");
                break;
            }
            *kills.lock().unwrap().entry(*passing).or_default() += 1;
            named(&cell, || {
                State::check_killed(&place, before, after);
                place.run().expect_code(3);
                assert_state(&State::read(&place), after);
            });
        }
    });
    let kills = kills.into_inner().unwrap();
    println!("the crash matrix: {} cells; kills by passing: {kills:?}", cells.len());
    assert_eq!((cells.len(), kills[&1]), (CELLS, CELLS), "the matrix has changed: is that meant?");
}

/// Runs a check, and says of which cell it is when it fails.
#[expect(clippy::print_stderr, reason = "beside the panic, which keeps its own place and message")]
fn named(cell: &str, check: impl FnOnce()) {
    if let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)) {
        eprintln!("in the cell {cell}");
        std::panic::resume_unwind(panic);
    }
}

/// Compares part by part: the whole of two states is too much to read.
#[track_caller]
fn assert_state(now: &State, expected: &State) {
    assert_eq!(now.tasks, expected.tasks, "the ledger");
    assert_eq!(now.followers, expected.followers, "markers or files");
    let names = |state: &State| state.tables.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(now), names(expected), "which tables there are");
    for (path, bytes) in &expected.tables {
        assert!(&now.tables[path] == bytes, "{} is another", path.display());
    }
    assert!(now == expected, "errors.csv");
}
