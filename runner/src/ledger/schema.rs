//! The tables of the ledger, and the marks by which its file is known. `docs/output.md` describes them for users.

use rusqlite::Connection;

/// `PRAGMA application_id`: "sdml".
const APPLICATION_ID: i64 = 0x7364_6D6C;

/// `PRAGMA user_version`. Every change of the tables or of what is in them raises it.
pub(super) const FORMAT: i64 = 3;

/// Rows lie in a table of their own, appended in the order of the commits, so that reading the tasks (every start of a
/// run does) passes over none of them. Rows inside `task` would be exported in half the time (0.12 us a task instead of
/// 0.25), but each insert costs a little more, and with rows of 800 bytes every scan would read 1 GB for a million
/// tasks. What few tasks have and may be long comes last: a scan stops before it.
///
/// `move` is empty but for what is to be done in the folder of files since the last transaction.
///
/// The views `tasks` and `files` are for people with an SQL shell, whose `replace` cannot turn a NUL byte into a slash.
const TABLES: &str = "
CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id       INTEGER PRIMARY KEY,
    started  INTEGER NOT NULL,
    ended    INTEGER,
    how      TEXT,
    document TEXT NOT NULL
) STRICT;

CREATE TABLE task (
    key               BLOB    NOT NULL,
    offset            INTEGER NOT NULL,
    size_bytes        INTEGER,
    mtime_ns          INTEGER,
    state             TEXT    NOT NULL,
    kind              TEXT,
    rows              INTEGER NOT NULL,
    rejects           INTEGER NOT NULL,
    attempts          INTEGER NOT NULL,
    fuel              INTEGER NOT NULL,
    elapsed_us        INTEGER NOT NULL,
    peak_memory_bytes INTEGER NOT NULL,
    run               INTEGER NOT NULL,
    params            TEXT,
    output            INTEGER,
    message           TEXT,
    backtrace         TEXT,
    log               TEXT,
    PRIMARY KEY (key, offset)
) STRICT, WITHOUT ROWID;

CREATE TABLE output (
    id   INTEGER PRIMARY KEY,
    rows TEXT NOT NULL
) STRICT;

CREATE TABLE reject (
    key         BLOB    NOT NULL,
    offset      INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    record      INTEGER NOT NULL,
    byte_offset INTEGER,
    reason      TEXT    NOT NULL,
    PRIMARY KEY (key, offset, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE file (
    path       BLOB    NOT NULL PRIMARY KEY,
    key        BLOB    NOT NULL,
    offset     INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256     BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX file_of_task ON file (key, offset);

CREATE TABLE move (
    path     BLOB    NOT NULL PRIMARY KEY,
    staged   TEXT,
    replaces INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIEW tasks AS SELECT (
    WITH RECURSIVE part(path, rest) AS (
        SELECT '', key
        UNION ALL
        SELECT path || CAST(substr(rest, 1, instr(rest, x'00') - 1) AS TEXT) || '/', substr(rest, instr(rest, x'00') + 1)
        FROM part WHERE instr(rest, x'00') > 0
    )
    SELECT path || CAST(rest AS TEXT) FROM part WHERE instr(rest, x'00') = 0
) AS path, task.* FROM task;

CREATE VIEW files AS SELECT (
    WITH RECURSIVE part(path, rest) AS (
        SELECT '', file.path
        UNION ALL
        SELECT path || CAST(substr(rest, 1, instr(rest, x'00') - 1) AS TEXT) || '/', substr(rest, instr(rest, x'00') + 1)
        FROM part WHERE instr(rest, x'00') > 0
    )
    SELECT path || CAST(rest AS TEXT) FROM part WHERE instr(rest, x'00') = 0
) AS path, file.key, file.offset, file.size_bytes, lower(hex(file.sha256)) AS sha256 FROM file;
";

/// What a database file turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// Nothing is in it: a new file, or one whose maker died before it made the tables.
    Empty,
    Ours,
    /// Ours, by a version that knows another format.
    OtherFormat(i64),
    Foreign,
}

/// Looks at what `connection` has opened, without changing it.
pub(super) fn header(connection: &Connection) -> rusqlite::Result<Header> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application_id = pragma("application_id")?;
    if application_id == APPLICATION_ID {
        let format = pragma("user_version")?;
        return Ok(if format == FORMAT { Header::Ours } else { Header::OtherFormat(format) });
    }
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(if application_id == 0 && objects == 0 { Header::Empty } else { Header::Foreign })
}

/// Makes the tables and the marks, in one transaction.
pub(super) fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    transaction.execute_batch(TABLES)?;
    transaction.execute("INSERT INTO meta VALUES ('made_by', ?)", [concat!("sandmill ", env!("CARGO_PKG_VERSION"))])?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()
}
