//! A Parquet file: columns compressed by Snappy, which every reader knows, in row groups that fit into memory.

use std::io;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::super::atomic::AtomicFile;
use super::Sheet;

/// A row group is held in memory, encoded, until it has this many bytes or rows. Readers take one at a time as well.
const ROW_GROUP_BYTES: usize = 64 << 20;
const ROW_GROUP_ROWS: usize = 1 << 20;

pub(super) struct ParquetFile {
    writer: ArrowWriter<AtomicFile>,
}

impl ParquetFile {
    pub fn begin(file: AtomicFile, schema: &Arc<Schema>) -> anyhow::Result<Self> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .build();
        // Arrow's own schema beside that of Parquet would say nothing more.
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(file, Arc::clone(schema), options).map_err(io_error_first)?;
        Ok(Self { writer })
    }
}

impl Sheet for ParquetFile {
    fn write(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        self.writer.write(batch).map_err(io_error_first)
    }

    fn file_bytes(&self) -> u64 {
        (self.writer.bytes_written() + self.writer.in_progress_size()) as u64
    }

    fn commit(self: Box<Self>) -> anyhow::Result<()> {
        self.writer.into_inner().map_err(io_error_first)?.commit()
    }
}

/// An error of the file system as itself: callers ask for its kind.
fn io_error_first(error: ParquetError) -> anyhow::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(error) => (*error).into(),
            Err(source) => anyhow::anyhow!(source),
        },
        other => other.into(),
    }
}
