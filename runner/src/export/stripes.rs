//! R-3PO's layout: `0.results.csv` to `N-1.results.csv` in a folder that may be the user's.
//!
//! A file `.sandmill-tables` in that folder says how many tables there are by us. Only those are ever overwritten or
//! removed; it is written before the first of them, so none is ours that it does not tell of.

use std::fs;
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Error;
use super::atomic::{self, remove_if_there};
use super::columns::Columns;
use super::table::{Written, write_tables};
use crate::fault::{self, Point};
use crate::formula::CsvFormulas;
use crate::ledger::Snapshot;

const RECORD: &str = ".sandmill-tables";

/// Makes sure that no table of someone else is in the way.
///
/// # Errors
/// [`Error::ForeignTable`] if there is one.
pub(super) fn check(folder: &Path, tables: NonZeroUsize) -> anyhow::Result<()> {
    let ours = tables_of_ours(folder)?;
    match (ours..tables.get()).map(|number| table(folder, number)).find(|path| path.symlink_metadata().is_ok()) {
        Some(path) => Err(Error::ForeignTable { path }.into()),
        None => Ok(()),
    }
}

/// Writes the tables. Those that an earlier run with more of them has left are removed.
pub(super) fn write(
    snapshot: &Snapshot<'_>,
    folder: &Path,
    tables: NonZeroUsize,
    columns: Columns,
    formulas: CsvFormulas,
) -> anyhow::Result<Written> {
    fs::create_dir_all(folder).with_context(|| format!("create folder {}", folder.display()))?;
    atomic::sweep(folder)?;
    check(folder, tables)?;
    let tables_before = tables_of_ours(folder)?;
    if tables_before < tables.get() {
        record(folder, tables.get())?;
    }
    let written = write_tables(snapshot, &files(folder, tables), None, columns, formulas)?;
    if tables_before > tables.get() {
        fault::point(Point::TablesBeforeRemoval);
        for number in tables.get()..tables_before {
            let path = table(folder, number);
            remove_if_there(&path).with_context(|| format!("remove {}", path.display()))?;
        }
        fault::point(Point::TablesAfterRemoval);
        record(folder, tables.get())?;
    }
    Ok(written)
}

/// The tables.
pub(super) fn files(folder: &Path, tables: NonZeroUsize) -> Vec<PathBuf> {
    (0..tables.get()).map(|number| table(folder, number)).collect()
}

/// The table with this number.
fn table(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("{number}.results.csv"))
}

/// Tables with numbers below this are ours.
fn tables_of_ours(folder: &Path) -> anyhow::Result<usize> {
    let path = folder.join(RECORD);
    let about = || format!("read {}", path.display());
    match fs::read_to_string(&path) {
        Ok(text) => text.trim_end().parse().with_context(about),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error).with_context(about),
    }
}

fn record(folder: &Path, tables: usize) -> anyhow::Result<()> {
    atomic::write(&folder.join(RECORD), |file| Ok(writeln!(file, "{tables}")?))
}
