//! `errors.csv`: every failure and every reject, one a line, in input order.

use std::path::Path;

use anyhow::Context as _;

use super::atomic::AtomicFile;
use super::table::{about, csv_writer, io_error_first, show_path};
use crate::formula::CsvFormulas;
use crate::ledger::{FailedTask, Problem, Snapshot};
use crate::task::TaskId;

const HEADER: [&str; 9] = ["path", "kind", "message", "hint", "attempt", "fuel", "elapsed_us", "record", "byte_offset"];

/// What stands in the column `kind` for a reject.
const REJECT: &str = "reject";
const REJECT_HINT: &str = "the processor could not use this record and went on";

/// A message may be the whole end of a log. A table that people open takes this much of it, the ledger keeps it all.
const MESSAGE_BYTES: usize = 4 << 10;

/// Writes the problems in `snapshot` to the file at `path`. Returns how many there are.
pub(super) fn write(snapshot: &Snapshot<'_>, path: &Path, formulas: CsvFormulas) -> anyhow::Result<u64> {
    let mut problems =
        Problems { writer: csv_writer(AtomicFile::create(path)?), count: 0, path: String::new(), formulas };
    problems.write_all(snapshot).map_err(io_error_first).with_context(|| about(path))?;
    let Problems { writer, count, .. } = problems;
    let file = writer.into_inner().map_err(csv::IntoInnerError::into_error).with_context(|| about(path))?;
    file.commit()?;
    Ok(count)
}

struct Problems {
    writer: csv::Writer<AtomicFile>,
    count: u64,
    formulas: CsvFormulas,
    /// Scratch.
    path: String,
}

impl Problems {
    fn write_all(&mut self, snapshot: &Snapshot<'_>) -> anyhow::Result<()> {
        self.writer.write_record(HEADER)?;
        snapshot.for_each_problem(|id, problem| {
            self.count += 1;
            Ok(self.write_problem(id, &problem)?)
        })
    }

    fn write_problem(&mut self, id: &TaskId, problem: &Problem<'_>) -> csv::Result<()> {
        show_path(id.path.key(), &mut self.path);
        let (path, formulas) = (self.formulas.cell(&self.path), self.formulas);
        match *problem {
            Problem::Failed(FailedTask { kind, message, attempts, usage, .. }) => self.writer.write_record([
                path.as_ref(),
                kind.as_str(),
                formulas.cell(capped(message)).as_ref(),
                kind.hint(),
                &attempts.to_string(),
                &usage.fuel.to_string(),
                &usage.elapsed_us.to_string(),
                "",
                // Where in the input the task begins, if it is a chunk of it.
                &Some(id.offset).filter(|&offset| offset > 0).map(|offset| offset.to_string()).unwrap_or_default(),
            ]),
            Problem::Reject { record, byte_offset, reason } => self.writer.write_record([
                path.as_ref(),
                REJECT,
                formulas.cell(capped(reason)).as_ref(),
                REJECT_HINT,
                "",
                "",
                "",
                &record.to_string(),
                &byte_offset.map(|offset| offset.to_string()).unwrap_or_default(),
            ]),
        }
    }
}

/// The beginning of `message`, if it is too long for a table.
fn capped(message: &str) -> &str {
    &message[..message.floor_char_boundary(MESSAGE_BYTES)]
}
