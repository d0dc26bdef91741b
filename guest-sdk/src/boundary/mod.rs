//! The only way to the host: what ABI 1 (`docs/guest-abi.md`) gives to a guest, as safe functions, and what it asks of
//! one. All unsafe code of this crate is in `imports`.
//!
//! On any other target than wasm32, the host is a stand-in, so that processors can be tested as the Rust that they are.
//! Public for the sake of `processor!` only, and no part of what versions promise.

mod exports;
#[cfg(target_arch = "wasm32")]
#[expect(unsafe_code, reason = "the ABI is made of pointers into our memory")]
mod imports;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod stand_in;

pub use exports::{alloc, columns_of, columns_of_output, init, process};
#[cfg(target_arch = "wasm32")]
pub(crate) use imports::{
    chunk_offset, emit, file_write, first_record, input_len, input_path, input_read, log, param, reject, shared_len,
    shared_read,
};
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use stand_in::{
    chunk_offset, emit, file_write, first_record, input_len, input_path, input_read, log, param, reject, shared_len,
    shared_read,
};
