//! Views: files made from the ledger for people and programs to read. The only user of csv.
//!
//! Every one of them can be made again at any time, so nothing is ever decided by what is in one. A table is replaced
//! as a whole and is never seen half-made.

pub mod atomic;
mod columns;
mod marker_path;
mod markers;
mod problems;
mod stripes;
mod table;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use self::markers::MarkerTree;
pub use self::table::Written;

use self::columns::Columns;
use crate::config::{Layout, Views};
use crate::ledger::Snapshot;

/// The one table of results in an output folder.
pub const RESULTS: &str = "results.csv";
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
        "{} is there already and was not written by sandmill: move it away, or choose another folder",
        path.display()
    )]
    ForeignTable { path: PathBuf },
}

/// The files that hold the results, in the output folder `out` or where the layout says.
pub fn result_files(out: &Path, layout: &Layout) -> Vec<PathBuf> {
    match layout {
        Layout::OneTable => vec![out.join(RESULTS)],
        Layout::Striped { folder, tables } => stripes::files(folder, *tables),
    }
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
    let declared = views.columns.as_deref().unwrap_or_default();
    let written = match &views.layout {
        Layout::OneTable => {
            let path_column = Some(views.path_column.as_str());
            let columns = Columns::new(path_column, declared, views.max_columns)?;
            table::write_tables(snapshot, &result_files(out, &views.layout), path_column, columns)?
        }
        Layout::Striped { folder, tables } => {
            let columns = Columns::new(None, declared, views.max_columns)?;
            stripes::write(snapshot, folder, *tables, columns)?
        }
    };
    problems::write(snapshot, &out.join(ERRORS))?;
    Ok(written)
}
