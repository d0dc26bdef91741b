//! The first reading: which columns there are, and of which types.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::super::columns::{Columns, Placed};
use super::{a_row_of, misfit};
use crate::column::{ColumnType, Seen};
use crate::ledger::Snapshot;
use crate::row::Row;

/// All columns of all rows.
pub(super) struct Survey {
    pub columns: Columns,
    /// One for each of the columns.
    pub types: Vec<ColumnType>,
}

impl Survey {
    /// # Errors
    /// [`super::Error`] if a column has a name that it may not have, there are too many, or a value is not of the type
    /// that `declared` says.
    pub fn of(
        snapshot: &Snapshot<'_>,
        mut columns: Columns,
        declared: &BTreeMap<String, ColumnType>,
    ) -> anyhow::Result<Self> {
        let mut seen: Vec<Seen> = Vec::new();
        let mut slots = Vec::new();
        snapshot.for_each_rows(|task| {
            for line in task.rows.lines() {
                survey_row(line, &mut columns, &mut slots, &mut seen, declared).with_context(|| a_row_of(task.key))?;
            }
            Ok(())
        })?;
        seen.resize(columns.names().len(), Seen::default());
        let type_of = |(name, seen): (&String, &Seen)| declared.get(name).copied().unwrap_or(seen.column_type());
        let types = columns.names().iter().zip(&seen).map(type_of).collect();
        Ok(Self { columns, types })
    }
}

fn survey_row(
    line: &str,
    columns: &mut Columns,
    slots: &mut Vec<usize>,
    seen: &mut Vec<Seen>,
    declared: &BTreeMap<String, ColumnType>,
) -> anyhow::Result<()> {
    let row = Row::parse(line)?;
    let mut placed = columns.place(&row, slots)?;
    if matches!(placed, Placed::NewColumns) {
        // Now they are known.
        placed = columns.place(&row, slots)?;
    }
    seen.resize(columns.names().len(), Seen::default());
    for (column, seen) in seen.iter_mut().enumerate() {
        let cell = if matches!(placed, Placed::InOrder) { column } else { slots[column] };
        if let Some((name, value)) = row.cells.get(cell) {
            *seen = seen.and(Seen::of(value));
            if let Some(column_type) = declared.get(name.as_ref())
                && !column_type.accepts(value)
            {
                return Err(misfit(name, *column_type, value.get()).into());
            }
        }
    }
    Ok(())
}
