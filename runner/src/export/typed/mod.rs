//! The results as Parquet and as Arrow: the only users of those crates.
//!
//! Both know the type of every column before the first row. So the rows are read twice: for what the columns are, and
//! to be written, a batch of rows at a time into all the files that are asked for.

mod arrow;
mod batch;
mod parquet;
mod survey;

use std::num::NonZeroU64;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, DataType, Field, Schema};

use self::batch::Batch;
use self::survey::Survey;
use super::Error;
use super::atomic::AtomicFile;
use super::columns::{Columns, Placed};
use super::place::Place;
use super::table::{Written, about, show_path};
use crate::column::ColumnType;
use crate::config::{Format, Views};
use crate::ledger::{Snapshot, TaskRows};
use crate::row::{Row, shown};
use crate::task::TaskPath;

/// A batch is written when the text of its rows takes this much: enough for the formats to be at their best, and as much
/// as every column takes in memory once more.
const BATCH_BYTES: usize = 8 << 20;

/// A file of one of the formats, in the making.
trait Sheet {
    fn write(&mut self, batch: &RecordBatch) -> anyhow::Result<()>;

    /// About how large the file is by now.
    fn file_bytes(&self) -> u64;

    /// Completes the file and puts it in its place.
    fn commit(self: Box<Self>) -> anyhow::Result<()>;
}

/// Writes the rows in `snapshot` to the tables of `formats` in `out`.
///
/// # Errors
/// [`Error`], and what the file system says.
pub(super) fn write(snapshot: &Snapshot<'_>, out: &Path, formats: &[Format], views: &Views) -> anyhow::Result<Written> {
    let path_column = views.path_column.as_str();
    let columns = Columns::new(Some(path_column), views.columns.as_deref().unwrap_or_default(), views.max_columns)?;
    let survey = Survey::of(snapshot, columns, &views.types)?;
    let schema = Arc::new(schema(path_column, survey.columns.names(), &survey.types));
    let create = |format: &Format| Table::create(out, *format, views.part_bytes, &schema);
    let mut tables: Vec<Table> = formats.iter().map(create).collect::<anyhow::Result<_>>()?;

    let part_bytes = views.part_bytes.map_or(usize::MAX, |bytes| usize::try_from(bytes.get()).unwrap_or(usize::MAX));
    let mut filling = Filling {
        // A part ends with a batch.
        batch_bytes: BATCH_BYTES.min(part_bytes),
        columns: survey.columns,
        batch: Batch::new(&survey.types),
        schema,
        slots: Vec::new(),
        path: String::new(),
        rows: 0,
    };
    snapshot.for_each_rows(|task| filling.take(&task, &mut tables))?;
    filling.hand_over(&mut tables)?;
    for table in tables {
        table.commit()?;
    }
    let Filling { columns, rows, .. } = filling;
    Ok(Written { rows, sparse: columns.sparse(rows), columns: columns.names().to_vec() })
}

/// The path, which every row has, and the columns.
fn schema(path_column: &str, names: &[String], types: &[ColumnType]) -> Schema {
    let path = Field::new(path_column, DataType::Utf8, false);
    let columns = names.iter().zip(types).map(|(name, column_type)| {
        let data_type = match column_type {
            ColumnType::Bool => DataType::Boolean,
            ColumnType::Int64 => DataType::Int64,
            ColumnType::Uint64 => DataType::UInt64,
            ColumnType::Float64 => DataType::Float64,
            ColumnType::String | ColumnType::Json => DataType::Utf8,
        };
        Field::new(name, data_type, true)
    });
    Schema::new(std::iter::once(path).chain(columns).collect::<Vec<_>>())
}

/// The second reading.
struct Filling {
    batch_bytes: usize,
    columns: Columns,
    batch: Batch,
    schema: Arc<Schema>,
    slots: Vec<usize>,
    path: String,
    rows: u64,
}

impl Filling {
    fn take(&mut self, task: &TaskRows<'_>, tables: &mut [Table]) -> anyhow::Result<()> {
        if task.rows.is_empty() {
            return Ok(());
        }
        show_path(task.key, &mut self.path);
        for line in task.rows.lines() {
            if self.batch.text_bytes() > 0 && self.batch.text_bytes() + line.len() > self.batch_bytes {
                self.hand_over(tables)?;
            }
            self.take_row(line).with_context(|| a_row_of(task.key))?;
        }
        Ok(())
    }

    fn take_row(&mut self, line: &str) -> anyhow::Result<()> {
        let row = Row::parse(line)?;
        match self.columns.place(&row, &mut self.slots)? {
            Placed::NewColumns => bail!("a column has come into a snapshot, which does not change"),
            Placed::InOrder => {
                self.slots.clear();
                self.slots.extend(0..row.cells.len());
                self.columns.count_in_order();
            }
            Placed::BySlots => self.columns.count_slots(&self.slots),
        }
        self.rows += 1;
        self.batch.push(&self.path, &row, &self.slots, line.len())
    }

    fn hand_over(&mut self, tables: &mut [Table]) -> anyhow::Result<()> {
        if self.batch.text_bytes() == 0 {
            return Ok(());
        }
        let batch = self.batch.take(&self.schema)?;
        for table in tables {
            table.write(&batch)?;
        }
        Ok(())
    }
}

/// A table of one format: a file, or parts of which the last is in the making.
struct Table {
    place: Place,
    format: Format,
    schema: Arc<Schema>,
    sheet: Box<dyn Sheet>,
    /// Nothing was written to the sheet yet.
    is_empty: bool,
}

impl Table {
    fn create(
        out: &Path,
        format: Format,
        part_bytes: Option<NonZeroU64>,
        schema: &Arc<Schema>,
    ) -> anyhow::Result<Self> {
        let mut place = Place::create(out, format, part_bytes)?;
        let sheet = sheet(format, place.next_file()?, schema).with_context(|| about(place.target()))?;
        Ok(Self { place, format, schema: Arc::clone(schema), sheet, is_empty: true })
    }

    fn write(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        if !self.is_empty && self.place.is_full(self.sheet.file_bytes()) {
            let file = self.place.next_file()?;
            let next = sheet(self.format, file, &self.schema).with_context(|| about(self.place.target()))?;
            std::mem::replace(&mut self.sheet, next).commit()?;
        }
        self.is_empty = false;
        self.sheet.write(batch).with_context(|| about(self.place.target()))
    }

    fn commit(self) -> anyhow::Result<()> {
        let target = self.place.target().to_path_buf();
        self.sheet.commit().with_context(|| about(&target))?;
        self.place.commit()
    }
}

fn sheet(format: Format, file: AtomicFile, schema: &Arc<Schema>) -> anyhow::Result<Box<dyn Sheet>> {
    Ok(match format {
        Format::Arrow => Box::new(arrow::ArrowFile::begin(file, schema)?),
        // No other format has columns with types.
        Format::Parquet | Format::Csv | Format::Ndjson => Box::new(parquet::ParquetFile::begin(file, schema)?),
    })
}

/// What a row of the task with this key is called in messages.
fn a_row_of(key: &[u8]) -> String {
    format!("a row of {}", TaskPath::from_key(key))
}

/// An error of the file system as itself: callers ask for its kind.
fn io_error_first(error: ArrowError) -> anyhow::Error {
    match error {
        ArrowError::IoError(_, error) => error.into(),
        other => other.into(),
    }
}

/// A value that is not of its column's declared type.
fn misfit(column: &str, column_type: ColumnType, value: &str) -> Error {
    Error::Misfit { column: column.to_owned(), column_type, value: shown(value) }
}
