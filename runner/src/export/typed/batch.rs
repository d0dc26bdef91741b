//! Rows on their way into columns.

use std::sync::Arc;

use anyhow::Context as _;
use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, StringBuilder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::Schema;
use serde_json::value::RawValue;

use crate::column::ColumnType;
use crate::row::{Row, cell_text};

/// Columns that grow by a value for each row.
pub(super) struct Batch {
    paths: StringBuilder,
    columns: Vec<Builder>,
    text_bytes: usize,
}

enum Builder {
    Bool(BooleanBuilder),
    Int64(Int64Builder),
    Uint64(UInt64Builder),
    Float64(Float64Builder),
    String(StringBuilder),
    Json(StringBuilder),
}

impl Batch {
    pub fn new(types: &[ColumnType]) -> Self {
        Self { paths: StringBuilder::new(), columns: types.iter().copied().map(Builder::new).collect(), text_bytes: 0 }
    }

    /// What the rows so far take as text; 0 if there are none.
    pub fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// Adds a row of `row_bytes` whose cells for the columns are at `slots`.
    ///
    /// # Errors
    /// If a value is not of its column's type, which a survey has found out to hold for all.
    pub fn push(&mut self, path: &str, row: &Row<'_>, slots: &[usize], row_bytes: usize) -> anyhow::Result<()> {
        self.paths.append_value(path);
        for (builder, &slot) in self.columns.iter_mut().zip(slots) {
            let cell = row.cells.get(slot).map(|&(_, value)| value).filter(|value| value.get() != "null");
            builder.push(cell)?;
        }
        self.text_bytes += row_bytes + path.len();
        Ok(())
    }

    /// The rows so far, of which there are none any more.
    ///
    /// # Errors
    /// If `schema` is another than that of the columns.
    pub fn take(&mut self, schema: &Arc<Schema>) -> anyhow::Result<RecordBatch> {
        self.text_bytes = 0;
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(1 + self.columns.len());
        arrays.push(Arc::new(self.paths.finish()));
        arrays.extend(self.columns.iter_mut().map(Builder::finish));
        Ok(RecordBatch::try_new(Arc::clone(schema), arrays)?)
    }
}

impl Builder {
    fn new(column_type: ColumnType) -> Self {
        match column_type {
            ColumnType::Bool => Self::Bool(BooleanBuilder::new()),
            ColumnType::Int64 => Self::Int64(Int64Builder::new()),
            ColumnType::Uint64 => Self::Uint64(UInt64Builder::new()),
            ColumnType::Float64 => Self::Float64(Float64Builder::new()),
            ColumnType::String => Self::String(StringBuilder::new()),
            ColumnType::Json => Self::Json(StringBuilder::new()),
        }
    }

    /// Adds a value, or the lack of one.
    fn push(&mut self, value: Option<&RawValue>) -> anyhow::Result<()> {
        let text = value.map(RawValue::get);
        let about = || format!("the value {text:?}");
        match self {
            Self::Bool(builder) => builder.append_option(text.map(str::parse).transpose().with_context(about)?),
            Self::Int64(builder) => builder.append_option(text.map(str::parse).transpose().with_context(about)?),
            Self::Uint64(builder) => builder.append_option(text.map(str::parse).transpose().with_context(about)?),
            Self::Float64(builder) => builder.append_option(text.map(str::parse).transpose().with_context(about)?),
            Self::String(builder) => builder.append_option(value.map(cell_text).transpose().with_context(about)?),
            Self::Json(builder) => builder.append_option(text),
        }
        Ok(())
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Bool(builder) => Arc::new(builder.finish()),
            Self::Int64(builder) => Arc::new(builder.finish()),
            Self::Uint64(builder) => Arc::new(builder.finish()),
            Self::Float64(builder) => Arc::new(builder.finish()),
            Self::String(builder) | Self::Json(builder) => Arc::new(builder.finish()),
        }
    }
}
