//! The columns of a table, found out row by row, and where each cell of a row goes.

use std::collections::HashMap;

use super::Error;
use crate::row::Row;

/// The columns known so far, in order.
#[derive(Debug)]
pub(super) struct Columns {
    names: Vec<String>,
    index: HashMap<String, usize>,
    /// Rows that have all columns, in order: the usual ones, counted together.
    rows_in_order: u64,
    /// In how many of the other rows each column is.
    filled: Vec<u64>,
    /// Where the cells of the row before went. Rows that follow one another mostly agree in that.
    places: Vec<usize>,
    /// The column of the row's path: not one of these, and none of these may be called so.
    path_column: Option<String>,
    most: usize,
}

/// Where the cells of a row are to be found.
#[derive(Debug)]
pub(super) enum Placed {
    /// The cells are the columns, in their order.
    InOrder,
    /// The cells' numbers were written to the caller's slots, one slot for each column.
    BySlots,
    /// The row has columns that were not known. They are now.
    NewColumns,
}

/// The slot of a column that a row does not have.
const ABSENT: usize = usize::MAX;

impl Columns {
    /// The columns `declared`, which more may follow.
    pub(super) fn new(path_column: Option<&str>, declared: &[String], most: usize) -> Result<Self, Error> {
        let mut columns = Self {
            names: Vec::new(),
            index: HashMap::new(),
            rows_in_order: 0,
            filled: Vec::new(),
            places: Vec::new(),
            path_column: path_column.map(str::to_owned),
            most,
        };
        for name in declared {
            columns.add(name)?;
        }
        Ok(columns)
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The columns that are not in every one of the `rows` rows counted.
    pub(super) fn sparse(&self, rows: u64) -> Vec<String> {
        let filled = self.names.iter().zip(&self.filled);
        filled.filter(|&(_, filled)| self.rows_in_order + filled < rows).map(|(name, _)| name.clone()).collect()
    }

    /// Finds out where the cells of `row` go. `slots` is for the answer.
    pub(super) fn place(&mut self, row: &Row<'_>, slots: &mut Vec<usize>) -> Result<Placed, Error> {
        let cells = &row.cells;
        if cells.len() == self.names.len() && cells.iter().zip(&self.names).all(|((name, _), column)| name == column) {
            return Ok(Placed::InOrder);
        }
        let columns_known = self.names.len();
        slots.clear();
        slots.resize(columns_known, ABSENT);
        self.places.resize(cells.len(), ABSENT);
        for (cell, (name, _)) in cells.iter().enumerate() {
            let mut place = self.places[cell];
            if self.names.get(place).is_none_or(|column| column != name) {
                place = match self.index.get(name.as_ref()) {
                    Some(&place) => place,
                    None => self.add(name)?,
                };
                self.places[cell] = place;
            }
            if let Some(slot) = slots.get_mut(place) {
                *slot = cell;
            }
        }
        Ok(if self.names.len() > columns_known { Placed::NewColumns } else { Placed::BySlots })
    }

    /// Counts a row that has all columns.
    pub(super) fn count_in_order(&mut self) {
        self.rows_in_order += 1;
    }

    /// Counts a row by its slots.
    pub(super) fn count_slots(&mut self, slots: &[usize]) {
        for (filled, &slot) in self.filled.iter_mut().zip(slots) {
            *filled += u64::from(slot != ABSENT);
        }
    }

    /// Forgets all rows counted, and keeps the columns.
    pub(super) fn restart_count(&mut self) {
        self.rows_in_order = 0;
        self.filled.fill(0);
    }

    fn add(&mut self, name: &str) -> Result<usize, Error> {
        if self.path_column.as_deref() == Some(name) {
            return Err(Error::PathColumnTaken { column: name.to_owned() });
        }
        if self.names.len() == self.most {
            return Err(Error::TooManyColumns { most: self.most });
        }
        let place = self.names.len();
        self.names.push(name.to_owned());
        self.index.insert(name.to_owned(), place);
        self.filled.push(0);
        Ok(place)
    }
}
