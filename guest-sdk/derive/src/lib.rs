//! `#[derive(Row)]` for `sandmill-guest`, which re-exports it and documents it for users.

mod row;

use proc_macro::TokenStream;
use syn::{DeriveInput, Error, parse_macro_input};

/// Makes a struct a row: each field is a column, in the order of the fields.
///
/// The name of a column is the name of its field, or what `#[row(rename = "...")]` says.
#[proc_macro_derive(Row, attributes(row))]
pub fn derive_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    row::expand(input).unwrap_or_else(Error::into_compile_error).into()
}
