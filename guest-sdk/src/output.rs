//! What a user's function may look like, and what it may return.

use crate::error::{Error, Result};
use crate::input::Input;
use crate::row::Row;
use crate::task::emit;

/// A function from an input to its rows. Every `fn(&mut Input) -> impl Output` is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a processor",
    note = "a processor is a `fn(&mut sandmill_guest::Input)` which returns nothing, a row, an `Option` or a `Vec` of \
            rows, or a `Result` of one of these"
)]
pub trait Processor<'a> {
    /// What the function returns. It may borrow from the input.
    type Output: Output;

    /// Calls the function.
    fn process(self, input: &'a mut Input) -> Self::Output;
}

impl<'a, F: FnOnce(&'a mut Input) -> O, O: Output> Processor<'a> for F {
    type Output = O;

    fn process(self, input: &'a mut Input) -> O {
        self(input)
    }
}

/// What a processor's function may return: `()`, a [`Row`], an `Option` or a `Vec` of rows, or a `Result` of one of
/// these.
#[diagnostic::on_unimplemented(
    message = "a processor cannot return `{Self}`",
    note = "it returns nothing, a row, an `Option` or a `Vec` of rows, or a `Result` of one of these; `#[derive(Row)]` \
            makes a struct with named fields a row"
)]
pub trait Output {
    /// The columns of all rows, where the type of the rows declares them.
    const COLUMNS: Option<&'static [&'static str]>;

    /// Emits the rows, or gives the reason why there are none.
    ///
    /// # Errors
    /// If the function returned one.
    fn emit(self) -> Result<()>;
}

impl<R: Row> Output for R {
    const COLUMNS: Option<&'static [&'static str]> = R::COLUMNS;

    fn emit(self) -> Result<()> {
        emit(self);
        Ok(())
    }
}

/// No row, or the rows that the function has emitted itself.
impl Output for () {
    const COLUMNS: Option<&'static [&'static str]> = None;

    fn emit(self) -> Result<()> {
        Ok(())
    }
}

impl<R: Row> Output for Option<R> {
    const COLUMNS: Option<&'static [&'static str]> = R::COLUMNS;

    fn emit(self) -> Result<()> {
        self.into_iter().for_each(emit);
        Ok(())
    }
}

impl<R: Row> Output for Vec<R> {
    const COLUMNS: Option<&'static [&'static str]> = R::COLUMNS;

    fn emit(self) -> Result<()> {
        self.into_iter().for_each(emit);
        Ok(())
    }
}

impl<O: Output, E: Into<Error>> Output for Result<O, E> {
    const COLUMNS: Option<&'static [&'static str]> = O::COLUMNS;

    fn emit(self) -> Result<()> {
        self.map_err(Into::into)?.emit()
    }
}
