//! The files of tasks: on record with the outcome that gave them, and noted as moves until they are in their place.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::record::{amount, amount_of, blob_of, id_of};
use crate::file::{Move, Put, StagedFile};
use crate::outcome::{Failure, FailureKind, Finished};
use crate::task::{TaskId, TaskPath};

/// What `file` says of the outcome that a task had: to be removed, unless something else comes to its place.
const REMOVE_ALL: &str = "INSERT INTO move SELECT path, NULL, 0 FROM file WHERE key = ?1 AND offset = ?2 \
    ON CONFLICT (path) DO UPDATE SET staged = NULL";
const DELETE_ALL: &str = "DELETE FROM file WHERE key = ?1 AND offset = ?2";
const INSERT: &str = "INSERT INTO file VALUES (?1, ?2, ?3, ?4, ?5)";
const PUT: &str = "INSERT INTO move VALUES (?1, ?2, 0) \
    ON CONFLICT (path) DO UPDATE SET staged = excluded.staged, replaces = 1";
const AT: &str = "SELECT key, offset FROM file WHERE path = ?1";
const BELOW: &str = "SELECT key, offset FROM file WHERE path > ?1 AND path < ?2 LIMIT 1";

/// Takes the files of a task from the record.
pub(super) fn remove(transaction: &Transaction<'_>, id: &TaskId) -> rusqlite::Result<()> {
    let of_task = params![id.path.key(), amount(id.offset)];
    transaction.prepare_cached(REMOVE_ALL)?.execute(of_task)?;
    transaction.prepare_cached(DELETE_ALL)?.execute(of_task)?;
    Ok(())
}

/// Takes `paths` from the record without anything following from it.
pub(super) fn disown(transaction: &Transaction<'_>, paths: &[TaskPath]) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached("DELETE FROM file WHERE path = ?1")?;
    for path in paths {
        statement.execute([path.key()])?;
    }
    Ok(())
}

/// Puts the files of a task on record. Those of its earlier outcome are off it already.
pub(super) fn store(transaction: &Transaction<'_>, finished: &Finished) -> rusqlite::Result<()> {
    let id = &finished.task.id;
    for StagedFile { path, size_bytes, sha256, staged } in &finished.files {
        let file = params![path.key(), id.path.key(), amount(id.offset), amount(*size_bytes), sha256];
        transaction.prepare_cached(INSERT)?.execute(file)?;
        transaction.prepare_cached(PUT)?.execute(params![path.key(), staged])?;
    }
    Ok(())
}

/// Why the files of a task cannot be, beside those on record: two tasks mean one place, or one has a folder where another
/// has a file. Inputs of one tree never do; those of different times, or two files of one task, can.
pub(super) fn conflict(transaction: &Transaction<'_>, finished: &Finished) -> rusqlite::Result<Option<Failure>> {
    for (index, file) in finished.files.iter().enumerate() {
        let key = file.path.key();
        let own = finished.files[..index].iter().find(|other| is_at_or_above(&other.path, &file.path));
        let other = match own {
            Some(_) => Some(finished.task.id.path.clone()),
            None => other_at(transaction, key)?,
        };
        if let Some(other) = other {
            let message = format!("the file {} is where {other} has a file or a folder", file.path);
            return Ok(Some(Failure::new(FailureKind::BadOutput, message)));
        }
    }
    Ok(None)
}

/// Whether one of the two is the other, or a folder above it.
fn is_at_or_above(one: &TaskPath, other: &TaskPath) -> bool {
    let (one, other) = (one.key(), other.key());
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    long.starts_with(short) && matches!(long.get(short.len()), None | Some(0))
}

/// The task that has a file at `key`, above it or below it.
fn other_at(transaction: &Transaction<'_>, key: &[u8]) -> rusqlite::Result<Option<TaskPath>> {
    let path_of = |row: &rusqlite::Row<'_>| Ok(id_of(row, 0, 1)?.path);
    let mut at = transaction.prepare_cached(AT)?;
    let ends = key.iter().enumerate().filter(|(_, byte)| **byte == 0).map(|(end, _)| end);
    for end in ends.chain([key.len()]) {
        if let Some(path) = at.query_row([&key[..end]], path_of).optional()? {
            return Ok(Some(path));
        }
    }
    // What begins with the key and a NUL.
    let bounds = [[key, &[0]].concat(), [key, &[1]].concat()];
    transaction.prepare_cached(BELOW)?.query_row(bounds, path_of).optional()
}

/// The next `limit` moves after `after`: those that remove, or those that put.
pub(super) fn moves_after(
    connection: &Connection,
    removing: bool,
    after: Option<&TaskPath>,
    limit: usize,
) -> rusqlite::Result<Vec<Move>> {
    let mut statement = connection.prepare_cached(
        "SELECT move.path, staged, replaces, key, offset, size_bytes, sha256 FROM move LEFT JOIN file USING (path) \
         WHERE (staged IS NULL) = ?1 AND move.path > ?2 ORDER BY move.path LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![removing, after.map_or(&[][..], TaskPath::key), limit])?;
    let mut moves = Vec::new();
    while let Some(row) = rows.next()? {
        let put = match row.get(1)? {
            None => None,
            Some(staged) => Some(Put {
                staged,
                replaces: row.get(2)?,
                task: id_of(row, 3, 4)?,
                size_bytes: amount_of(row, 5)?,
                sha256: row.get(6)?,
            }),
        };
        moves.push(Move { path: TaskPath::from_key(blob_of(row, 0)?), put });
    }
    Ok(moves)
}

/// Forgets the moves, which must be made and synced.
pub(super) fn forget_moves(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM move")?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::testing::{Out, again, done, id};
    use super::*;

    fn with_files(task: &str, files: &[&str]) -> Finished {
        let mut finished = done(task, "{}");
        finished.files = files
            .iter()
            .map(|path| StagedFile {
                path: TaskPath::from_path(Path::new(path)),
                size_bytes: 3,
                sha256: [7; 32],
                staged: format!("s-{path}"),
            })
            .collect();
        finished
    }

    /// Moves as text: `-path` for one that removes, `+path` for one that puts, `=path` for one that replaces.
    fn moves(out: &Out) -> Vec<String> {
        let all = [true, false].map(|removing| out.ledger.moves_after(removing, None, 100).unwrap());
        let shown = |a_move: &Move| match &a_move.put {
            None => format!("-{}", a_move.path),
            Some(put) => {
                assert_eq!((put.size_bytes, put.sha256), (3, [7; 32]));
                format!("{}{}", if put.replaces { '=' } else { '+' }, a_move.path)
            }
        };
        all.iter().flatten().map(shown).collect()
    }

    #[test]
    fn the_transaction_says_what_is_to_be_moved_and_the_next_one_forgets_it() {
        let mut out = Out::new();
        out.commit(&[with_files("a", &["a/x", "a/y"]), with_files("b", &["b/x"]), done("c", "{}")]);
        assert_eq!(moves(&out), ["+a/x", "+a/y", "+b/x"]);
        out.commit(&[again(with_files("a", &["a/y", "a/z"]))]);
        assert_eq!(moves(&out), ["-a/x", "=a/y", "+a/z"]);
        out.commit(&[again(done("a", "{}"))]);
        assert_eq!(moves(&out), ["-a/y", "-a/z"]);
        out.ledger.drop_tasks(&[id("b")]).unwrap();
        assert_eq!(moves(&out), ["-b/x"]);
        out.ledger.forget_moves().unwrap();
        assert!(moves(&out).is_empty());
    }

    #[test]
    fn what_is_in_the_place_of_a_lost_file_is_not_to_be_removed() {
        let mut out = Out::new();
        out.commit(&[with_files("a", &["a/x", "a/y"])]);
        out.ledger.drop_lost(&[id("a")], &[TaskPath::from_path(Path::new("a/x"))]).unwrap();
        assert_eq!(moves(&out), ["-a/y"]);
        assert_eq!((out.ledger.counts().unwrap().files, out.ledger.counts().unwrap().tasks()), (0, 0));
    }

    #[test]
    fn moves_come_in_pages() {
        let mut out = Out::new();
        out.commit(&[with_files("a", &["1", "2", "3"])]);
        let page = |after: Option<&TaskPath>| out.ledger.moves_after(false, after, 2).unwrap();
        let first = page(None);
        assert_eq!(first.len(), 2);
        assert_eq!(page(first.last().map(|last| &last.path)).len(), 1);
        assert!(page(Some(&TaskPath::from_path(Path::new("3")))).is_empty());
    }

    #[test]
    fn a_place_that_another_task_has_fails_the_task_that_comes_later() {
        for (first, second) in [("x/y", "x/y"), ("x", "x/y"), ("x/y", "x"), ("x/y/z", "x")] {
            let mut out = Out::new();
            out.commit(&[with_files("a", &[first])]);
            let refused = out.ledger.commit(out.run, &[with_files("b", &["o", second]), done("c", "{}")]).unwrap();
            let [(index, failure)] = refused.as_slice() else { panic!("{first} {second}: {refused:?}") };
            assert_eq!((*index, failure.kind), (0, FailureKind::BadOutput));
            assert!(failure.message.contains(second) && failure.message.contains("where a has"), "{failure}");
            let counts = out.ledger.counts().unwrap();
            assert_eq!((counts.done, counts.tasks_failed(), counts.files, counts.rows), (2, 1, 1, 2));
            assert!(moves(&out).is_empty(), "its other file is not placed");
        }
    }

    #[test]
    fn names_that_only_begin_alike_are_no_conflict() {
        let mut out = Out::new();
        out.commit(&[with_files("a", &["x/y"])]);
        out.commit(&[with_files("b", &["x/y.z", "x!", "x/yz", "xx"])]);
        assert_eq!(out.ledger.counts().unwrap().files, 5);
    }

    #[test]
    fn two_files_of_one_task_can_be_a_conflict() {
        let mut out = Out::new();
        let refused = out.ledger.commit(out.run, &[with_files("a", &["a/x", "a"])]).unwrap();
        assert_eq!(refused.len(), 1);
    }

    #[test]
    fn a_place_that_an_outcome_gives_up_can_be_taken_in_the_same_transaction() {
        let mut out = Out::new();
        out.commit(&[with_files("a", &["x"])]);
        out.commit(&[again(done("a", "{}")), with_files("b", &["x"])]);
        assert_eq!(moves(&out), ["=x"]);
    }
}
