//! The imports of ABI 1 that read shared data (`--share`).

use wasmtime::{AsContextMut as _, Caller, Linker};

use super::abi::{memory, slice, slice_mut};
use super::contract::ABI_MODULE;
use super::guest::{Guest, consume_fuel};

/// Defines the imports.
///
/// # Errors
/// If a name is taken, which would be our bug.
pub fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.func_wrap(ABI_MODULE, "shared_len", shared_len)?;
    linker.func_wrap(ABI_MODULE, "shared_read", shared_read)?;
    Ok(())
}

fn shared_len(mut caller: Caller<'_, Guest>, name_ptr: i32, name_len: i32) -> wasmtime::Result<i64> {
    let name = name(&mut caller, "shared_len", name_ptr, name_len)?;
    let file_bytes = caller.data().task.shared.as_ref().and_then(|shared| shared.file_bytes(&name?));
    Ok(file_bytes.map_or(-1, |file_bytes| i64::try_from(file_bytes).unwrap_or(i64::MAX)))
}

fn shared_read(
    mut caller: Caller<'_, Guest>,
    name_ptr: i32,
    name_len: i32,
    offset: i64,
    ptr: i32,
    len: i32,
) -> wasmtime::Result<i32> {
    let name = name(&mut caller, "shared_read", name_ptr, name_len)?;
    let memory = memory(&mut caller)?;
    let (data, guest) = memory.data_and_store_mut(&mut caller);
    let buffer = slice_mut(data, "shared_read", ptr, len)?;
    let file = guest.task.shared_file("shared_read", &name.unwrap_or_default())?;
    let read_bytes = match u64::try_from(offset) {
        // No file is that large.
        Err(_) => 0,
        Ok(offset) => file.read_at(buffer, offset)?,
    };
    consume_fuel(caller.as_context_mut(), read_bytes as u64)?;
    // No 32-bit memory holds more than u32::MAX bytes.
    Ok((read_bytes as u32).cast_signed())
}

/// A name in the guest's memory; `None` if it is not UTF-8, as no name is.
fn name(caller: &mut Caller<'_, Guest>, call: &str, ptr: i32, len: i32) -> wasmtime::Result<Option<String>> {
    let memory = memory(caller)?;
    slice(memory.data(&*caller), call, ptr, len)?;
    consume_fuel(caller.as_context_mut(), len.cast_unsigned().into())?;
    let name = slice(memory.data(&*caller), call, ptr, len)?;
    // Longer than any path: not worth a copy.
    if name.len() > MOST_NAME_BYTES {
        return Ok(None);
    }
    Ok(std::str::from_utf8(name).ok().map(str::to_owned))
}

/// The longest path that there is on Linux.
const MOST_NAME_BYTES: usize = 4096;
