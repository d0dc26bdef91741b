//! The results as NDJSON: the rows as the ledger has them, each with its path first.

use std::io::Write as _;

use anyhow::Context as _;

use super::atomic::AtomicFile;
use super::place::Place;
use super::table::{about, show_path};
use crate::ledger::{Snapshot, TaskRows};
use crate::row;

/// Writes the rows in `snapshot` to `place`. Returns how many there are.
pub(super) fn write(snapshot: &Snapshot<'_>, mut place: Place, path_column: &str) -> anyhow::Result<u64> {
    let target = place.target().to_path_buf();
    let file = place.next_file()?;
    let mut lines = Lines {
        path_column,
        place,
        file,
        file_bytes: 0,
        rows: 0,
        path: String::new(),
        cell: String::new(),
        line: String::new(),
    };
    snapshot.for_each_rows(|task| lines.take(&task)).with_context(|| about(&target))?;
    let Lines { place, file, rows, .. } = lines;
    file.commit()?;
    place.commit()?;
    Ok(rows)
}

struct Lines<'a> {
    path_column: &'a str,
    place: Place,
    file: AtomicFile,
    file_bytes: u64,
    rows: u64,
    /// Scratch, kept for its memory: a path, the cell made of it, and a line.
    path: String,
    cell: String,
    line: String,
}

impl Lines<'_> {
    /// Takes the rows of one task, which stay together.
    fn take(&mut self, task: &TaskRows<'_>) -> anyhow::Result<()> {
        if task.rows.is_empty() {
            return Ok(());
        }
        if self.place.is_full(self.file_bytes) {
            let file = self.place.next_file()?;
            std::mem::replace(&mut self.file, file).commit()?;
            self.file_bytes = 0;
        }
        show_path(task.key, &mut self.path);
        self.cell.clear();
        row::push_cell(self.path_column, &self.path, &mut self.cell);
        for object in task.rows.lines() {
            self.line.clear();
            row::push_line(&self.cell, object, &mut self.line);
            self.file.write_all(self.line.as_bytes())?;
            self.file_bytes += self.line.len() as u64;
            self.rows += 1;
        }
        Ok(())
    }
}
