//! Views: files made from the ledger for people and programs to read. The only user of csv, arrow and parquet.
//!
//! Every one of them can be made again at any time, so nothing is ever decided by what is in one. A table is replaced
//! as a whole and is never seen half-made.

pub mod atomic;
mod columns;
mod marker_path;
mod markers;
mod ndjson;
mod place;
mod problems;
mod replace;
mod stripes;
mod table;
#[cfg(test)]
mod tests;
mod typed;

use std::path::{Path, PathBuf};

pub use self::markers::MarkerTree;
pub use self::table::Written;

use self::columns::Columns;
use self::place::Place;
use crate::column::ColumnType;
use crate::config::{Format, Layout, Views};
use crate::ledger::Snapshot;

/// The table of failures and rejects in an output folder.
pub const ERRORS: &str = "errors.csv";

/// Why views cannot be made as asked. Each has a way out in its message.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "the rows have more than {most} different columns: raise --max-columns, or take the rows as NDJSON \
         (`--stdout ndjson`, or `sqlite3 ledger.db 'SELECT rows FROM output'` in the output folder)"
    )]
    TooManyColumns { most: usize },
    #[error("a row has a column {column:?}, which is where the input's path goes: choose another --path-column")]
    PathColumnTaken { column: String },
    #[error(
        "the column {column:?} is declared {column_type}, and the value {value} is none: declare another type with --columns, \
         or none to have it found out"
    )]
    Misfit { column: String, column_type: ColumnType, value: String },
    #[error(
        "{} is there already and was not written by sandmill: move it away, or choose another folder",
        path.display()
    )]
    ForeignTable { path: PathBuf },
}

/// The formats in which the results are to be in the output folder `out`: those asked for, and those that they are there
/// in already. A table that were not made anew would be out of date.
fn formats(out: &Path, views: &Views) -> Vec<Format> {
    let is_there = |format| place::target(out, format).symlink_metadata().is_ok();
    // R-3PO's tables are what its layout is for.
    let is_layout = |format| format == Format::Csv && views.layout != Layout::OneTable;
    let is_wanted = |&format: &Format| views.formats.contains(&format) || is_layout(format) || is_there(format);
    Format::ALL.into_iter().filter(is_wanted).collect()
}

/// The files and folders that hold the results, in the output folder `out` or where the layout says.
pub fn result_files(out: &Path, views: &Views) -> Vec<PathBuf> {
    let files_of = |format| match (&views.layout, format) {
        (Layout::Striped { folder, tables }, Format::Csv) => stripes::files(folder, *tables),
        _ => vec![place::target(out, format)],
    };
    formats(out, views).into_iter().flat_map(files_of).collect()
}

/// Finds out before a run what would keep its views from being written after it.
///
/// # Errors
/// [`Error::ForeignTable`] if another program's file is in the way.
pub fn check(views: &Views) -> anyhow::Result<()> {
    match &views.layout {
        Layout::OneTable => Ok(()),
        Layout::Striped { folder, tables } => stripes::check(folder, *tables),
    }
}

/// Makes the tables of results and of errors from `snapshot`, in the output folder `out` or where the layout says.
///
/// # Errors
/// [`Error`]; or what the file system says, as [`std::io::Error`] in the chain. The files of before are then still
/// there.
pub fn write_views(snapshot: &Snapshot<'_>, out: &Path, views: &Views) -> anyhow::Result<Written> {
    atomic::sweep(out)?;
    let (typed, plain): (Vec<_>, Vec<_>) =
        formats(out, views).into_iter().partition(|format| matches!(format, Format::Parquet | Format::Arrow));
    let mut written = Written::default();
    if plain.contains(&Format::Ndjson) {
        let place = Place::create(out, Format::Ndjson, views.part_bytes)?;
        written.rows = ndjson::write(snapshot, place, &views.path_column)?;
    }
    // These know of columns, too.
    if !typed.is_empty() {
        written = typed::write(snapshot, out, &typed, views)?;
    }
    if plain.contains(&Format::Csv) {
        written = write_csv(snapshot, out, views)?;
    }
    problems::write(snapshot, &out.join(ERRORS), views.csv_formulas)?;
    Ok(written)
}

fn write_csv(snapshot: &Snapshot<'_>, out: &Path, views: &Views) -> anyhow::Result<Written> {
    let declared = views.columns.as_deref().unwrap_or_default();
    match &views.layout {
        Layout::OneTable => {
            let path_column = Some(views.path_column.as_str());
            let columns = Columns::new(path_column, declared, views.max_columns)?;
            table::write_tables(snapshot, &[place::target(out, Format::Csv)], path_column, columns, views.csv_formulas)
        }
        Layout::Striped { folder, tables } => {
            let columns = Columns::new(None, declared, views.max_columns)?;
            stripes::write(snapshot, folder, *tables, columns, views.csv_formulas)
        }
    }
}
