#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

#[doc(hidden)]
pub mod boundary;
mod error;
mod input;
mod lines;
mod output;
mod output_file;
mod processor;
mod reader;
mod row;
mod shared;
mod task;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
mod value;

pub use error::{Context, Error, Result};
pub use input::Input;
pub use lines::{Line, Lines, Records};
pub use output::{Output, Processor};
pub use output_file::{OutputFile, emit_file};
pub use reader::Reader;
pub use row::{DynRow, Fields, Row};
pub use sandmill_guest_derive::Row;
pub use shared::{Shared, shared};
pub use task::{emit, log, param, reject};
pub use value::Value;
