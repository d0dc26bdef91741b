//! CSV tables from the rows in a ledger: one, or several with the same header that share the tasks out.
//!
//! The columns are not known before the last row was read, but nearly always after the first one. So the tables are
//! written at once with the columns of the first row; if another one turns up, the rest is read for its columns only,
//! and the tables are written again from the start.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};

use super::atomic::AtomicFile;
use super::columns::{Columns, Placed};
use crate::formula::CsvFormulas;
use crate::ledger::{Snapshot, TaskRows};
use crate::row::{Row, cell_text};
use crate::task::TaskPath;

/// What was written, over all tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub rows: u64,
    /// The column of paths is not among them.
    pub columns: Vec<String>,
    /// The columns that are not in every row.
    pub sparse: Vec<String>,
}

/// Writes the rows in `snapshot` to the tables at `targets`, a task's rows to the one at its rank modulo their number.
pub(super) fn write_tables(
    snapshot: &Snapshot<'_>,
    targets: &[PathBuf],
    path_column: Option<&str>,
    columns: Columns,
    formulas: CsvFormulas,
) -> anyhow::Result<Written> {
    let mut tables = Tables::create(targets, path_column, columns, formulas)?;
    tables.fill(snapshot).map_err(io_error_first).with_context(|| match targets {
        [target] => about(target),
        _ => "write tables of results".to_owned(),
    })?;
    tables.finish()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// For the first row, to know the columns.
    Waiting,
    Writing,
    /// More columns have turned up; what was written is void.
    Collecting,
}

struct Tables<'a> {
    writers: Vec<csv::Writer<AtomicFile>>,
    path_column: Option<&'a str>,
    columns: Columns,
    formulas: CsvFormulas,
    state: State,
    rows: u64,
    /// Scratch, kept for its memory: where the cells of the row at hand are, and its path as text.
    slots: Vec<usize>,
    path: String,
}

impl<'a> Tables<'a> {
    fn create(
        targets: &[PathBuf],
        path_column: Option<&'a str>,
        columns: Columns,
        formulas: CsvFormulas,
    ) -> anyhow::Result<Self> {
        let create = |target: &PathBuf| AtomicFile::create(target).map(csv_writer);
        Ok(Self {
            writers: targets.iter().map(create).collect::<anyhow::Result<_>>()?,
            path_column,
            columns,
            formulas,
            state: State::Waiting,
            rows: 0,
            slots: Vec::new(),
            path: String::new(),
        })
    }

    fn fill(&mut self, snapshot: &Snapshot<'_>) -> anyhow::Result<()> {
        if !self.columns.names().is_empty() {
            self.begin()?;
        }
        snapshot.for_each_rows(|task| self.take(&task))?;
        if self.state == State::Collecting {
            self.restart()?;
            snapshot.for_each_rows(|task| self.take(&task))?;
            if self.state == State::Collecting {
                bail!("a column has come into a snapshot, which does not change");
            }
        }
        if self.state == State::Waiting {
            self.begin()?;
        }
        for writer in &mut self.writers {
            writer.flush()?;
        }
        Ok(())
    }

    /// Fixes the columns and writes them as the header of every table.
    fn begin(&mut self) -> csv::Result<()> {
        self.state = State::Writing;
        // A table without columns is an empty file: no header could say that, and no row either.
        if self.path_column.is_none() && self.columns.names().is_empty() {
            return Ok(());
        }
        let formulas = self.formulas;
        for writer in &mut self.writers {
            let names = self.path_column.into_iter().chain(self.columns.names().iter().map(String::as_str));
            writer.write_record(names.map(|name| formulas.cell(name).into_owned()))?;
        }
        Ok(())
    }

    /// Takes the rows of one task.
    fn take(&mut self, task: &TaskRows<'_>) -> anyhow::Result<()> {
        if task.rows.is_empty() {
            return Ok(());
        }
        if self.path_column.is_some() && self.state != State::Collecting {
            show_path(task.key, &mut self.path);
        }
        let table = usize::try_from(task.rank % self.writers.len().max(1) as u64)?;
        for line in task.rows.lines() {
            self.take_row(task.key, line, table)?;
        }
        Ok(())
    }

    fn take_row(&mut self, key: &[u8], line: &str, table: usize) -> anyhow::Result<()> {
        let about = || format!("a row of {}", TaskPath::from_key(key));
        let row = Row::parse(line).with_context(about)?;
        let mut placed = self.columns.place(&row, &mut self.slots).with_context(about)?;
        match self.state {
            State::Collecting => return Ok(()),
            State::Waiting => {
                self.begin()?;
                placed = self.columns.place(&row, &mut self.slots)?;
            }
            State::Writing => {}
        }
        let Some(writer) = self.writers.get_mut(table) else { return Ok(()) };
        if matches!(placed, Placed::NewColumns) {
            self.state = State::Collecting;
            return Ok(());
        }
        self.rows += 1;
        if self.path_column.is_some() {
            writer.write_field(self.formulas.cell(&self.path).as_ref())?;
        } else if self.columns.names().is_empty() {
            return Ok(());
        }
        if matches!(placed, Placed::InOrder) {
            for (_, value) in &row.cells {
                writer.write_field(self.formulas.cell(&cell_text(value).with_context(about)?).as_ref())?;
            }
            self.columns.count_in_order();
        } else {
            for &slot in &self.slots {
                match row.cells.get(slot) {
                    Some((_, value)) => {
                        writer.write_field(self.formulas.cell(&cell_text(value).with_context(about)?).as_ref())?;
                    }
                    None => writer.write_field("")?,
                }
            }
            self.columns.count_slots(&self.slots);
        }
        Ok(writer.write_record(None::<&[u8]>)?)
    }

    /// Empties the tables, to write them again with the columns that are known now.
    fn restart(&mut self) -> anyhow::Result<()> {
        for writer in std::mem::take(&mut self.writers) {
            let mut file = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
            file.restart()?;
            self.writers.push(csv_writer(file));
        }
        self.columns.restart_count();
        self.rows = 0;
        Ok(self.begin()?)
    }

    fn finish(self) -> anyhow::Result<Written> {
        for writer in self.writers {
            writer.into_inner().map_err(csv::IntoInnerError::into_error)?.commit()?;
        }
        Ok(Written { rows: self.rows, sparse: self.columns.sparse(self.rows), columns: self.columns.names().to_vec() })
    }
}

/// A CSV writer as all our tables have it: RFC 4180, lines ended by LF.
pub(super) fn csv_writer(file: AtomicFile) -> csv::Writer<AtomicFile> {
    csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(file)
}

/// An error of the file system as itself instead of wrapped in one of csv: callers ask for its kind.
pub(super) fn io_error_first(error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<csv::Error>().map(csv::Error::into_kind) {
        Ok(csv::ErrorKind::Io(error)) => error.into(),
        Ok(other) => anyhow!("{other:?}"),
        Err(error) => error,
    }
}

/// Writes the path with this key to `text`, as views show it.
pub(super) fn show_path(key: &[u8], text: &mut String) {
    text.clear();
    match std::str::from_utf8(key) {
        // Nothing in it needs an escape. Character by character it would take half of the time of a small row.
        Ok(key) if !key.contains('\\') => {
            for (index, component) in key.split('\0').enumerate() {
                if index > 0 {
                    text.push('/');
                }
                text.push_str(component);
            }
        }
        _ => {
            // Writing to a string does not fail.
            let _ = write!(text, "{}", TaskPath::from_key(key));
        }
    }
}

/// The context of an error in making the file at `path`.
pub(super) fn about(path: &Path) -> String {
    format!("write {}", path.display())
}
