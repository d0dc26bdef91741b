//! A file in Arrow's IPC file format: batches as they lie in memory, so that a reader can map them.

use arrow_array::RecordBatch;
use arrow_ipc::writer::FileWriter;
use arrow_schema::Schema;

use super::super::atomic::AtomicFile;
use super::{Sheet, io_error_first};

pub(super) struct ArrowFile {
    writer: FileWriter<AtomicFile>,
    file_bytes: u64,
}

impl ArrowFile {
    pub fn begin(file: AtomicFile, schema: &Schema) -> anyhow::Result<Self> {
        Ok(Self { writer: FileWriter::try_new(file, schema).map_err(io_error_first)?, file_bytes: 0 })
    }
}

impl Sheet for ArrowFile {
    fn write(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        self.file_bytes += batch.get_array_memory_size() as u64;
        self.writer.write(batch).map_err(io_error_first)
    }

    fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    fn commit(mut self: Box<Self>) -> anyhow::Result<()> {
        self.writer.finish().map_err(io_error_first)?;
        self.writer.into_inner().map_err(io_error_first)?.commit()
    }
}
