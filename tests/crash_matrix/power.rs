//! Power cuts. What the program has synced is there afterwards, and of the rest anything: views and markers cut off, empty or
//! gone, the ledger's log cut anywhere behind its last synced transaction, its shared memory gone, files that wait for their
//! transaction damaged, and files back where they waited whose move was not synced.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use sandmill::FaultPoint;

use super::random::Random;
use super::site::Place;
use super::state::{State, tasks};
use super::{Prepared, assert_state, is_full, is_passed, named, on_all, prepare_all};

/// For each view and situation.
const POWER_CUTS: u64 = 8;
const POWER_CUTS_FULL: u64 = 100;

#[test]
fn after_a_power_cut_what_was_committed_is_there_and_the_next_run_mends_the_rest() {
    let prepared = prepare_all();
    let cuts = if is_full() { POWER_CUTS_FULL } else { POWER_CUTS };
    let cells: Vec<(&Prepared, u64)> =
        prepared.iter().flat_map(|prepared| (0..cuts).map(move |seed| (prepared, seed))).collect();
    on_all(&cells, |&(Prepared { site, before, after }, seed)| {
        let mut random = Random::new(seed);
        let points: Vec<&str> = FaultPoint::ALL
            .iter()
            .map(|point| point.name())
            .filter(|point| is_passed(site.view, site.situation, point))
            .collect();
        let fault = format!("{}:{}", points[random.below(points.len())], 1 + random.below(4));
        let cell = format!("{:?}, {:?}, {fault}, power cut {seed}", site.view, site.situation);
        let place = site.begin();
        // One that is not killed has ended, and loses its power then.
        let _ = place.run_with_fault(&fault);
        named(&cell, || {
            let committed = tasks(&place.out());
            cut_power(&place, before, &mut random);
            let left = tasks(&place.out());
            assert_eq!(left, committed, "what was committed is there");
            place.run().expect_code(3);
            assert_state(&State::read(&place), after);
        });
    });
    println!("power cuts: {}", cells.len());
}

fn cut_power(place: &Place<'_>, before: &State, random: &mut Random) {
    let out = place.out();
    cut_log(&out, random);
    undo_moves(place, before, random);
    let tables = place.folder().join("tables");
    for path in files_below(&out).into_iter().chain(files_below(&tables)) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_synced = name.starts_with("ledger.db") || name == "lock" || name == ".sandmill-tables";
        let is_placed = path.starts_with(out.join("files"));
        let is_noted =
            path.starts_with(out.join(".staging-files")) && moves(&out).iter().any(|(_, staged)| *staged == name);
        if !is_synced && !is_placed && !is_noted {
            damage(&path, random);
        }
    }
}

/// Cuts a file anywhere, empties or removes it, or leaves it.
fn damage(path: &Path, random: &mut Random) {
    match random.below(4) {
        0 => fs::remove_file(path).unwrap(),
        1 => fs::write(path, "").unwrap(),
        2 => {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..random.below(bytes.len() + 1)]).unwrap();
        }
        _ => {}
    }
}

/// Cuts the write-ahead log somewhere behind its last synced transaction. What else there is of it may be garbage.
fn cut_log(out: &Path, random: &mut Random) {
    let path = out.join("ledger.db-wal");
    let _ = fs::remove_file(out.join("ledger.db-shm"));
    let Ok(mut log) = fs::read(&path) else { return };
    let synced = synced_bytes(&log);
    let kept = synced + random.below(log.len() - synced + 1);
    log.truncate(kept);
    if random.is_heads() {
        log[synced..].fill(0xA5);
    }
    fs::write(path, log).unwrap();
}

/// The end of the last frame that commits: every commit is synced. The format is SQLite's own
/// (<https://www.sqlite.org/fileformat2.html#the_write_ahead_log>).
fn synced_bytes(log: &[u8]) -> usize {
    const HEADER: usize = 32;
    const FRAME_HEADER: usize = 24;
    if log.len() < HEADER {
        return 0;
    }
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes[..4].try_into().unwrap());
    let frame_bytes = FRAME_HEADER + number(&log[8..]) as usize;
    let salt = &log[16..24];
    let frames = log[HEADER..].chunks_exact(frame_bytes).take_while(|frame| &frame[8..16] == salt);
    let commits = frames.enumerate().filter(|(_, frame)| number(&frame[4..]) != 0);
    commits.last().map_or(HEADER, |(index, _)| HEADER + (index + 1) * frame_bytes)
}

/// Where files are to be put and what they are called where they wait, of the transaction that was the last.
fn moves(out: &Path) -> Vec<(PathBuf, String)> {
    let copy = tempfile::tempdir().unwrap();
    for name in ["ledger.db", "ledger.db-wal"].into_iter().filter(|name| out.join(name).exists()) {
        fs::copy(out.join(name), copy.path().join(name)).unwrap();
    }
    let Ok(ledger) = Connection::open(copy.path().join("ledger.db")) else { return Vec::new() };
    let Ok(mut statement) = ledger.prepare("SELECT path, staged FROM move WHERE staged NOT NULL") else {
        return Vec::new();
    };
    let rows = statement.query_map([], |row| {
        let key: Vec<u8> = row.get(0)?;
        Ok((PathBuf::from(String::from_utf8(key).unwrap().replace('\0', "/")), row.get(1)?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// A rename that was not synced may not have happened; and somebody may clear what waits.
fn undo_moves(place: &Place<'_>, before: &State, random: &mut Random) {
    let out = place.out();
    for (path, staged) in moves(&out) {
        let (placed, waiting) = (out.join("files").join(&path), out.join(".staging-files").join(staged));
        if placed.exists() && !waiting.exists() && random.is_heads() {
            fs::create_dir_all(waiting.parent().unwrap()).unwrap();
            fs::rename(&placed, &waiting).unwrap();
            if let Some(old) = before.followers.get(&Path::new("out/files").join(&path)) {
                fs::write(&placed, old.bytes()).unwrap();
            }
        }
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}
