//! What a ledger does when the disk, the file system or another program is against it.

use std::fs;
use std::io;
use std::path::Path;

use rusqlite::Connection;

use super::testing::{Out, done};
use super::{Error, Journal, Ledger, Lock, Reader};

/// A folder with this as its ledger.
fn folder_with(ledger: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ledger.db"), ledger).unwrap();
    folder
}

/// The bytes of a sound ledger with 2,000 tasks.
fn sound() -> Vec<u8> {
    let mut out = Out::new();
    let batch: Vec<_> = (0..2_000).map(|number| done(format!("task {number}"), "{\"a\":1}")).collect();
    out.commit(&batch);
    let Out { folder, ledger, .. } = out;
    ledger.finish().unwrap();
    fs::read(folder.path().join("ledger.db")).unwrap()
}

/// The error that opening the folder and reading all of it meets, first as a writer, then as a reader.
fn errors(folder: &Path) -> [Error; 2] {
    let write = || {
        let lock = Lock::acquire(folder)?;
        Ledger::create_or_open(&lock)?.counts()
    };
    let read = || {
        let mut reader = Reader::open(folder)?;
        reader.records_after(None, 10_000)?;
        reader.snapshot()?.for_each_rows(|_| Ok(()))
    };
    [write().unwrap_err(), read().unwrap_err()].map(|error| {
        assert!(format!("{error:#}").contains("ledger.db"), "{error:#}");
        error.downcast().unwrap()
    })
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let garbage = b"path,a\nnot a database, but a table that someone has kept here\n".repeat(100);
    let folder = folder_with(&garbage);
    assert!(errors(folder.path()).iter().all(|error| matches!(error, Error::NotALedger { .. })));
    assert_eq!(fs::read(folder.path().join("ledger.db")).unwrap(), garbage);
}

#[test]
fn another_programs_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("CREATE TABLE accounts(name TEXT)").unwrap();
    drop(connection);
    let before = fs::read(&path).unwrap();
    assert!(errors(folder.path()).iter().all(|error| matches!(error, Error::NotALedger { .. })));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn another_format_is_refused_by_its_number() {
    let folder = folder_with(&sound());
    let connection = Connection::open(folder.path().join("ledger.db")).unwrap();
    connection.pragma_update(None, "user_version", 7).unwrap();
    drop(connection);
    for error in errors(folder.path()) {
        assert!(matches!(error, Error::Format { found: 7, .. }), "{error}");
    }
}

#[test]
fn a_truncated_ledger_is_an_error_wherever_it_ends() {
    let sound = sound();
    for kept_bytes in [100, 8 << 10, sound.len() / 2, sound.len() - (8 << 10)] {
        let folder = folder_with(&sound[..kept_bytes]);
        for error in errors(folder.path()) {
            assert!(matches!(error, Error::Damaged { .. } | Error::NotALedger { .. }), "{kept_bytes}: {error}");
        }
    }
}

#[test]
fn an_overwritten_page_is_an_error_and_never_a_shorter_result() {
    let sound = sound();
    let page_bytes = 8 << 10;
    for page in 0..sound.len() / page_bytes {
        let mut bytes = sound.clone();
        bytes[page * page_bytes..(page + 1) * page_bytes].fill(0xAA);
        let folder = folder_with(&bytes);
        let read = || {
            let mut reader = Reader::open(folder.path())?;
            let (mut tasks, mut ends) = (0, 0);
            let snapshot = reader.snapshot()?;
            snapshot.for_each_rows(|task| {
                tasks += usize::from(task.rows == "{\"a\":1}\n");
                Ok(())
            })?;
            snapshot.for_each_end(|_| {
                ends += 1;
                Ok(())
            })?;
            anyhow::Ok((tasks, ends))
        };
        match read() {
            Ok(read) => assert_eq!(read, (2_000, 2_000), "page {page}"),
            Err(error) => {
                let error = error.downcast_ref::<Error>().unwrap();
                assert!(matches!(error, Error::Damaged { .. } | Error::NotALedger { .. }), "page {page}: {error}");
            }
        }
    }
}

#[test]
fn a_missing_table_is_damage() {
    let folder = folder_with(&sound());
    let connection = Connection::open(folder.path().join("ledger.db")).unwrap();
    connection.execute_batch("DROP TABLE task").unwrap();
    drop(connection);
    assert!(errors(folder.path()).iter().all(|error| matches!(error, Error::Damaged { .. })));
}

#[test]
fn rows_that_a_task_points_to_and_are_not_there_are_damage() {
    let out = Out::with(&[done("a", "{}"), done("b", "{}")]);
    out.ledger.connection.execute("DELETE FROM output WHERE id = 2", []).unwrap();
    let error = out.snapshot(|snapshot| snapshot.for_each_rows(|_| Ok(()))).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(Error::Damaged { .. })), "{error:#}");
    assert!(format!("{error:#}").contains("the rows of b are not there"), "{error:#}");
}

#[test]
fn a_ledger_whose_maker_died_early_is_made_anew_and_is_missing_until_then() {
    let folder = folder_with(b"");
    let connection = Connection::open(folder.path().join("ledger.db")).unwrap();
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).unwrap();
    drop(connection);
    let missing = Reader::open(folder.path()).unwrap_err();
    assert!(matches!(missing.downcast_ref(), Some(Error::Missing { .. })), "{missing:#}");
    let mut out = Out::at(folder);
    out.commit(&[done("a", "{}")]);
    assert_eq!(out.reader().counts().unwrap().done, 1);
}

#[test]
fn a_folder_without_a_ledger_is_not_read_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Reader::open(folder.path()).unwrap_err();
    assert!(matches!(missing.downcast_ref(), Some(Error::Missing { .. })), "{missing:#}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_folder_with_files_by_our_names_and_no_ledger_is_refused_and_one_with_others_is_not() {
    for name in [
        "results.csv",
        "results.ndjson",
        "results.parquet",
        "results.arrow",
        "errors.csv",
        "run.json",
        "tracking",
        "files",
        "ledger.db-wal",
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), "precious").unwrap();
        let lock = Lock::acquire(folder.path()).unwrap();
        let error = Ledger::create_or_open(&lock).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(Error::Foreign { .. })), "{error:#}");
        assert_eq!(fs::read(folder.path().join(name)).unwrap(), b"precious");
        assert!(!folder.path().join("ledger.db").exists());
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    Out::at(folder);
}

#[test]
fn without_shared_memory_a_rollback_journal_serves_and_what_was_in_the_log_is_kept() {
    let mut before = Out::with(&[done("a", "{}")]);
    before.commit(&[done("b", "{}")]);
    let folder = as_if_killed(&before, &["ledger.db", "ledger.db-wal"]);
    // SQLite cannot open what should be its shared memory.
    fs::create_dir(folder.path().join("ledger.db-shm")).unwrap();
    let mut out = Out::at(folder);
    assert_eq!(out.ledger.journal(), Some(Journal::Rollback));
    let mut reader = out.reader();
    assert_eq!(reader.counts().unwrap().done, 2);
    out.commit(&[done("c", "{}")]);
    assert_eq!(reader.snapshot().unwrap().counts().unwrap().done, 3);
    drop(reader);
    let Out { folder, ledger, .. } = out;
    ledger.finish().unwrap();
    assert!(!folder.path().join("ledger.db-journal").exists());
    assert_eq!(Reader::open(folder.path()).unwrap().counts().unwrap().done, 3);
}

/// A copy of an output folder's ledger, as a kill at this moment would leave it.
fn as_if_killed(out: &Out, names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        fs::copy(out.path().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

#[test]
fn a_reader_finds_what_a_killed_run_has_committed_to_the_log() {
    let out = Out::with(&[done("a", "{}")]);
    let folder = as_if_killed(&out, &["ledger.db", "ledger.db-wal"]);
    assert_eq!(Reader::open(folder.path()).unwrap().counts().unwrap().done, 1);
}

#[test]
fn a_reader_rolls_back_what_a_killed_run_has_begun() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("ledger.db-shm")).unwrap();
    let mut out = Out::at(folder);
    assert_eq!(out.ledger.journal(), Some(Journal::Rollback));
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20));
    out.commit(&[done("a", &large)]);
    // With next to no cache, changes reach the file before they are committed.
    out.ledger.connection.pragma_update(None, "cache_size", 2).unwrap();
    out.ledger.connection.execute_batch("BEGIN; UPDATE output SET rows = replace(rows, 'x', 'y')").unwrap();
    let folder = as_if_killed(&out, &["ledger.db", "ledger.db-journal"]);
    assert!(folder.path().join("ledger.db-journal").metadata().unwrap().len() > 1 << 19);
    let mut reader = Reader::open(folder.path()).unwrap();
    let check = |task: super::TaskRows<'_>| {
        assert_eq!(task.rows.trim_end(), large);
        Ok(())
    };
    reader.snapshot().unwrap().for_each_rows(check).unwrap();
}

#[test]
fn a_full_disk_is_a_typed_error_and_takes_nothing_away() {
    let mut out = Out::with(&[done("a", "{\"a\":1}")]);
    let pages: i64 = out.ledger.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    out.ledger.connection.pragma_update(None, "max_page_count", pages + 4).unwrap();
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20));
    let batch = [done("b", "{}"), done("c", &large)];
    let error = out.ledger.commit(out.run, &batch).unwrap_err();
    let Some(Error::Storage { cause, .. }) = error.downcast_ref() else { panic!("{error:#}") };
    assert_eq!(cause.kind(), io::ErrorKind::StorageFull);
    let text = format!("{error:#}");
    assert!(text.starts_with("write ledger ") && text.ends_with("ledger.db: disk full"), "{text}");
    assert!(error.downcast_ref::<Error>().unwrap().hint().unwrap().contains("everything committed is kept"));
    assert_eq!(out.reader().counts().unwrap().done, 1);
    out.ledger.connection.pragma_update(None, "max_page_count", pages + 1_000).unwrap();
    out.commit(&batch);
    assert_eq!(out.reader().counts().unwrap().done, 3);
}

#[test]
fn a_read_only_ledger_is_a_storage_error_for_a_writer() {
    let mut out = Out::with(&[done("a", "{}")]);
    out.ledger.connection.pragma_update(None, "query_only", true).unwrap();
    let error = out.ledger.commit(out.run, &[done("b", "{}")]).unwrap_err();
    let Some(Error::Storage { cause, .. }) = error.downcast_ref() else { panic!("{error:#}") };
    assert_eq!(cause.kind(), io::ErrorKind::ReadOnlyFilesystem);
}
