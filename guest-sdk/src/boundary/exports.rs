//! What the exports of a processor do; `processor!` makes the exports.
//!
//! An instance may see one task or many. What a task needs is freed when it ends; what the host reads after a call has
//! returned lives until the next call.

use std::cell::RefCell;
use std::panic::{self, PanicHookInfo};
use std::ptr;
use std::sync::Once;

use crate::boundary;
use crate::error::{Error, Kind, Result};
use crate::input::Input;
use crate::output::{Output, Processor};
use crate::task;
use crate::value::Value as _;

thread_local! {
    /// What the host has asked room for, until `process` takes it.
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// What the last call has returned a pointer to.
    static REPLY: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Room for the host to put `len` bytes of input into; null if there is none.
pub fn alloc(len: usize) -> *mut u8 {
    INPUT.with_borrow_mut(|input| {
        *input = Vec::new();
        if input.try_reserve_exact(len).is_err() {
            return ptr::null_mut();
        }
        input.resize(len, 0);
        input.as_mut_ptr()
    })
}

/// Processes the input at `ptr`, or the one to be pulled if that is null; a reply.
pub fn process<F: for<'a> Processor<'a>>(function: F, ptr: *mut u8, len: usize) -> u64 {
    log_panics();
    let mut input =
        if ptr.is_null() { Input::pulled(boundary::input_len()) } else { Input::whole(take_input(ptr, len)) };
    let result = function.process(&mut input).emit();
    match &result {
        Ok(()) => task::flush(),
        Err(_) => task::discard(),
    }
    reply(result)
}

/// The input that the host has put where `alloc` told it to.
fn take_input(ptr: *mut u8, len: usize) -> Vec<u8> {
    if len == 0 {
        return Vec::new();
    }
    let mut input = INPUT.take();
    assert!(ptr::eq(input.as_ptr(), ptr) && len <= input.len(), "the host has made up a pointer");
    input.truncate(len);
    input
}

/// Calls the function that a processor has for its initialisation; a reply, which does not skip.
pub fn init(function: impl FnOnce() -> Result<()>) -> u64 {
    log_panics();
    reply(function().map_err(Error::msg))
}

/// The columns of what a processor's function returns; see [`columns_of`].
pub fn columns_of_output<F: for<'a> Processor<'a>>(_function: F) -> u64 {
    columns_of::<<F as Processor<'static>>::Output>()
}

/// The columns that `O` declares, as the pointer and the length of a JSON array; 0 if it declares none.
pub fn columns_of<O: Output>() -> u64 {
    let Some(columns) = O::COLUMNS else { return 0 };
    let mut text = String::new();
    columns.write_json(&mut text);
    keep(text)
}

fn reply(result: Result<()>) -> u64 {
    let Err(error) = result else { return 0 };
    let kind = match error.kind() {
        Kind::Failed => '\x01',
        Kind::Skipped => '\x02',
    };
    keep(format!("{kind}{error}"))
}

/// Keeps a text for the host to read after the call has returned: `ptr << 32 | len`.
fn keep(text: String) -> u64 {
    let place = (text.as_ptr() as u64) << 32 | text.len() as u64;
    REPLY.set(text);
    place
}

/// Has the message of a panic in the task's log: a panic ends as a trap, which says nothing about why.
fn log_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| panic::set_hook(Box::new(log_panic)));
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("(no message)");
    match panic.location() {
        Some(location) => boundary::log(&format!("panicked at {location}: {message}")),
        None => boundary::log(&format!("panicked: {message}")),
    }
}
