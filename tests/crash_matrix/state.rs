//! What lies in an output folder, and what must hold of it at any moment.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::site::Place;

/// Everything that must be the same after any crash, once the next run has ended.
#[derive(Debug, Default, PartialEq)]
pub struct State {
    /// What is on record of each task, by its path.
    pub tasks: BTreeMap<String, Task>,
    /// The results: each file by its path.
    pub tables: BTreeMap<PathBuf, Vec<u8>>,
    /// Markers and files out, which follow the ledger task by task.
    pub followers: BTreeMap<PathBuf, Follower>,
    /// Path, kind and message of each row of `errors.csv`.
    errors: Vec<[String; 3]>,
}

/// The outcome of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    state: String,
    message: Option<String>,
    rows: String,
}

/// A file that is about one task.
#[derive(Debug, PartialEq)]
pub struct Follower {
    task: String,
    bytes: Vec<u8>,
}

impl Follower {
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl State {
    /// Of a folder at rest.
    pub fn read(place: &Place<'_>) -> Self {
        let out = place.out();
        let errors = match csv::Reader::from_path(out.join("errors.csv")) {
            Ok(mut reader) => {
                reader.records().map(|record| [0, 1, 2].map(|cell| record.as_ref().unwrap()[cell].to_owned())).collect()
            }
            Err(_) => Vec::new(),
        };
        Self { tasks: tasks(&out), tables: tables(place), followers: followers(place), errors }
    }

    /// Checks a folder in which a run was killed that was to lead from `before` to `after`.
    #[track_caller]
    pub fn check_killed(place: &Place<'_>, before: &Self, after: &Self) {
        let now = Self { tasks: tasks(&place.out()), ..Self::default() };
        for (path, task) in &now.tasks {
            let known = [before, after].iter().any(|state| state.tasks.get(path) == Some(task));
            assert!(known, "{path} is on record as neither run has it: {task:?}");
        }
        for path in before.tasks.keys().filter(|path| after.tasks.contains_key(*path)) {
            assert!(now.tasks.contains_key(path), "{path} was on record and is not any more");
        }
        let tables = tables(place);
        for folder in table_names([before, after]) {
            let [now, before, after] = [&tables, &before.tables, &after.tables].map(|tables| within(tables, &folder));
            assert!(now == before || now == after, "{} is neither the old nor the new table", folder.display());
        }
        for (path, follower) in followers(place) {
            let is_old = before.followers.get(&path) == Some(&follower);
            let task = now.tasks.get(&follower.task);
            let is_new = after.followers.get(&path) == Some(&follower) && task == after.tasks.get(&follower.task);
            assert!(is_old || is_new, "{} is ahead of the ledger, which has {task:?}", path.display());
        }
    }
}

/// Each table of these states: a file, or a folder of parts.
fn table_names(states: [&State; 2]) -> Vec<PathBuf> {
    let paths = states.into_iter().flat_map(|state| state.tables.keys());
    let mut names: Vec<PathBuf> = paths
        .map(|path| match path.parent() {
            Some(folder) if folder.to_string_lossy().contains("results.") => folder.to_owned(),
            _ => path.clone(),
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

fn within<'a>(tables: &'a BTreeMap<PathBuf, Vec<u8>>, name: &Path) -> Vec<(&'a PathBuf, &'a Vec<u8>)> {
    tables.iter().filter(|(path, _)| path.starts_with(name)).collect()
}

/// What is on record, with the ledger's own invariant checked: rows are those of tasks that are done, once each. The
/// ledger is copied first: reading it in its place would mend what a crash has left.
pub fn tasks(out: &Path) -> BTreeMap<String, Task> {
    let copy = tempfile::tempdir().unwrap();
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-journal"] {
        if out.join(name).exists() {
            fs::copy(out.join(name), copy.path().join(name)).unwrap();
        }
    }
    if !copy.path().join("ledger.db").exists() {
        return BTreeMap::new();
    }
    let ledger = Connection::open(copy.path().join("ledger.db")).unwrap();
    let number = |sql: &str| ledger.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    if number("SELECT count(*) FROM sqlite_schema WHERE name = 'task'") == 0 {
        return BTreeMap::new();
    }
    let integrity: String = ledger.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(integrity, "ok");
    assert_eq!(
        number("SELECT count(*) FROM output"),
        number("SELECT count(DISTINCT output) FROM task WHERE state = 'done'"),
        "rows that belong to no task, or to two"
    );
    assert_eq!(number("SELECT count(*) FROM task WHERE state != 'done' AND (rows > 0 OR output NOT NULL)"), 0);
    let mut statement = ledger
        .prepare("SELECT path, state, message, coalesce(o.rows, ''), t.rows FROM tasks t LEFT JOIN output o ON o.id = t.output")
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut tasks = BTreeMap::new();
    while let Some(row) = rows.next().unwrap() {
        let task = Task { state: row.get(1).unwrap(), message: row.get(2).unwrap(), rows: row.get(3).unwrap() };
        assert_eq!(row.get::<_, i64>(4).unwrap() as usize, task.rows.lines().count());
        let path: String = row.get(0).unwrap();
        assert_eq!(tasks.insert(path, task), None, "a path is there twice");
    }
    tasks
}

/// Every file below `folder` of `place`, by its path in it.
fn files_below(place: &Place<'_>, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![place.folder().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(place.folder()).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn tables(place: &Place<'_>) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut tables = files_below(place, "tables");
    for entry in fs::read_dir(place.out()).into_iter().flatten() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.starts_with("results.") {
            let path = place.out().join(&name);
            match fs::read(&path) {
                Ok(bytes) => drop(tables.insert(Path::new("out").join(name), bytes)),
                Err(_) => tables.extend(files_below(place, &format!("out/{name}"))),
            }
        }
    }
    // What is being written has no name yet.
    tables.retain(|path, _| !path.to_string_lossy().contains(".sandmill-"));
    tables
}

fn followers(place: &Place<'_>) -> BTreeMap<PathBuf, Follower> {
    let inputs = place.site.inputs();
    let mut found = files_below(place, "out/tracking");
    found.extend(files_below(place, "out/files"));
    found
        .into_iter()
        .map(|(path, bytes)| {
            let task = path.parent().unwrap().components().skip(2).collect::<PathBuf>();
            // R-3PO's markers lie below the whole path of the inputs.
            let task = Path::new("/").join(&task).strip_prefix(&inputs).map_or(task, Path::to_owned);
            (path, Follower { task: task.to_str().unwrap().to_owned(), bytes })
        })
        .collect()
}
