//! `--stdout`: rows as they are committed, as NDJSON or CSV.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, bail};
use sandmill::config::Views;
use sandmill::formula::CsvFormulas;
use sandmill::outcome::{Finished, Outcome};
use sandmill::row::{self, Row, Rows};

use super::run_args::RowFormat;
use super::terminal::stdout_error;

/// Where rows go. A run cannot be told of an error here, only to stop: the error waits for [`RowStream::finish`].
pub struct RowStream {
    writer: Mutex<Writer>,
    is_over: AtomicBool,
}

struct Writer {
    out: Box<dyn Write + Send>,
    format: Format,
    error: Option<anyhow::Error>,
}

enum Format {
    Ndjson { path_column: String },
    Csv { path_column: String, formulas: CsvFormulas, header: Option<Header> },
}

/// The columns of a CSV stream, which are settled before its first row.
struct Header {
    /// Position of each column, counted after the path.
    positions: HashMap<String, usize>,
    formulas: CsvFormulas,
}

impl RowStream {
    /// Rows in `format` go to `out`, whose columns are those of `views`.
    pub fn new(format: RowFormat, views: &Views, out: impl Write + Send + 'static) -> Self {
        let format = match format {
            RowFormat::Ndjson => Format::Ndjson { path_column: views.path_column.clone() },
            RowFormat::Csv => {
                let path_column = views.path_column.clone();
                Format::Csv { path_column, formulas: views.csv_formulas, header: None }
            }
        };
        let mut writer = Writer { out: Box::new(out), format, error: None };
        if let Some(columns) = &views.columns {
            writer.error = writer.start(columns).err();
        }
        let is_over = AtomicBool::new(writer.error.is_some());
        Self { writer: Mutex::new(writer), is_over }
    }

    /// Writes the rows of the done tasks among `finished`.
    pub fn write(&self, finished: &[Finished]) {
        if self.is_over() {
            return;
        }
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = writer.write(finished) {
            writer.error = Some(error);
            self.is_over.store(true, Ordering::Relaxed);
        }
    }

    /// Whether there is no use in further rows.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// # Errors
    /// What ended the stream: [`super::error::StdoutClosed`], a failed write, a row that does not fit.
    pub fn finish(&self) -> anyhow::Result<()> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.error.take().map_or(Ok(()), Err)
    }
}

impl Writer {
    /// Settles the columns before any row is there.
    fn start(&mut self, columns: &[String]) -> anyhow::Result<()> {
        let Format::Csv { path_column, formulas, header } = &mut self.format else { return Ok(()) };
        let mut table = table();
        *header = Some(Header::write(path_column, columns.iter().map(String::as_str), *formulas, &mut table)?);
        self.put(&csv_text(table)?)
    }

    fn write(&mut self, finished: &[Finished]) -> anyhow::Result<()> {
        let done = finished.iter().filter_map(|finished| match &finished.outcome {
            Outcome::Done { rows, .. } if rows.count() > 0 => Some((finished.task.id.path.to_string(), rows)),
            _ => None,
        });
        match &mut self.format {
            Format::Ndjson { path_column } => {
                let mut text = String::new();
                for (path, rows) in done {
                    push_ndjson(path_column, &path, rows, &mut text);
                }
                self.put(text.as_bytes())
            }
            Format::Csv { path_column, formulas, header } => {
                let mut table = table();
                let written = push_csv(path_column, *formulas, header, done, &mut table);
                // What came before a row that does not fit is good.
                self.put(&csv_text(table)?)?;
                written
            }
        }
    }

    /// A batch at a time, so that a reader sees rows when they are final.
    fn put(&mut self, text: &[u8]) -> anyhow::Result<()> {
        self.out.write_all(text).and_then(|()| self.out.flush()).map_err(stdout_error)
    }
}

/// Puts the path first into each of the objects.
fn push_ndjson(path_column: &str, path: &str, rows: &Rows, text: &mut String) {
    let mut cell = String::new();
    row::push_cell(path_column, path, &mut cell);
    for object in rows.as_ndjson().lines() {
        row::push_line(&cell, object, text);
    }
}

type Table = csv::Writer<Vec<u8>>;

fn table() -> Table {
    csv::Writer::from_writer(Vec::new())
}

fn csv_text(table: Table) -> anyhow::Result<Vec<u8>> {
    table.into_inner().map_err(|error| error.into_error()).context("write CSV")
}

fn push_csv<'a>(
    path_column: &str,
    formulas: CsvFormulas,
    header: &mut Option<Header>,
    done: impl Iterator<Item = (String, &'a Rows)>,
    table: &mut Table,
) -> anyhow::Result<()> {
    for (path, rows) in done {
        for object in rows.as_ndjson().lines() {
            let row = Row::parse(object).context("read a row")?;
            let header = match header {
                Some(header) => header,
                None => {
                    let names = row.cells.iter().map(|(name, _)| &**name);
                    header.insert(Header::write(path_column, names, formulas, table)?)
                }
            };
            header.write_row(&path, &row, table)?;
        }
    }
    Ok(())
}

impl Header {
    fn write<'a>(
        path_column: &str,
        columns: impl Iterator<Item = &'a str>,
        formulas: CsvFormulas,
        table: &mut Table,
    ) -> anyhow::Result<Self> {
        let mut positions = HashMap::new();
        let mut names = vec![formulas.cell(path_column).into_owned()];
        for (position, name) in columns.enumerate() {
            positions.insert(name.to_owned(), position);
            names.push(formulas.cell(name).into_owned());
        }
        table.write_record(&names).context("write CSV")?;
        Ok(Self { positions, formulas })
    }

    fn write_row(&self, path: &str, row: &Row<'_>, table: &mut Table) -> anyhow::Result<()> {
        let mut cells = vec![Cow::Borrowed(""); self.positions.len()];
        for (name, value) in &row.cells {
            let Some(cell) = self.positions.get(name.as_ref()).and_then(|&position| cells.get_mut(position)) else {
                bail!(
                    "print the rows of {path}: the column {name:?} is not in the header that was printed; \
                     use --stdout ndjson, or name all columns with --columns"
                );
            };
            *cell = row::cell_text(value).context("read a row")?;
        }
        let record = std::iter::once(path).chain(cells.iter().map(Cow::as_ref));
        table.write_record(record.map(|text| self.formulas.cell(text).into_owned())).context("write CSV")
    }
}

#[cfg(test)]
mod tests;
