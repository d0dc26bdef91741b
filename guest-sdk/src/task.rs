//! What a processor can say about its task beside what it returns.

use std::cell::RefCell;
use std::fmt::Display;

use crate::boundary;
use crate::row::{self, Row};

/// Rows go to the host in portions of about this size: a call for each row would cost more than writing it.
const PORTION_BYTES: usize = 64 << 10;

thread_local! {
    /// Rows which the host has not seen yet, one a line.
    static ROWS: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Emits a row at once, where returning all of them would need too much memory. If the task fails or is skipped in the
/// end, its rows are discarded.
///
/// The columns of rows that are only emitted are declared by [`processor!(function, row = Type)`](crate::processor).
pub fn emit(row: impl Row) {
    ROWS.with_borrow_mut(|rows| {
        row::write_object(&row, rows);
        rows.push('\n');
    });
    if ROWS.with_borrow(String::len) >= PORTION_BYTES {
        flush();
    }
}

/// Hands over the rows which the host has not seen yet.
pub(crate) fn flush() {
    ROWS.with_borrow_mut(|rows| {
        if !rows.is_empty() {
            boundary::emit(rows);
        }
        forget(rows);
    });
}

/// Drops the rows which the host has not seen yet.
pub(crate) fn discard() {
    ROWS.with_borrow_mut(forget);
}

/// Makes room for the next rows, in the same memory unless one large row made it large.
fn forget(rows: &mut String) {
    rows.clear();
    rows.shrink_to(2 * PORTION_BYTES);
}

/// Reports a record of the input that could not be used, and goes on: its number, its byte offset in the input where it
/// is known, and the reason. [`Line::reject`](crate::Line::reject) knows the first two.
pub fn reject(record: u64, offset: Option<u64>, reason: impl Display) {
    boundary::reject(record, offset, &reason.to_string());
}

/// Adds a line to the task's log. [`log!`](crate::log!) is `log(format_args!(...))`.
pub fn log(line: impl Display) {
    boundary::log(&line.to_string());
}

/// The value of `--param <name>=<value>`, if there is such a parameter.
pub fn param(name: &str) -> Option<String> {
    boundary::param(name)
}

/// Adds a line to the task's log, in the manner of `println!`.
#[macro_export]
macro_rules! log {
    ($($line:tt)+) => {
        $crate::log(::core::format_args!($($line)+))
    };
}
