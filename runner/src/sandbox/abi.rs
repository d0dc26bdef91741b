//! ABI 1: the imports of an SDK reactor, as `docs/guest-abi.md` specifies them.
//!
//! Every pointer and length of the guest goes through [`range`] before anything is read, written or allocated.

use std::ops::Range;

use wasmtime::{AsContextMut as _, Caller, Extern, Linker, Memory};

use super::contract::ABI_MODULE;
use super::guest::{Guest, consume_fuel, give_earned_fuel};
use crate::outcome::{Failure, FailureKind, Reject};

/// The bytes `len` at `ptr` as a range of a memory of `memory_bytes`, if they lie in it.
pub fn range(memory_bytes: usize, ptr: i32, len: i32) -> Option<Range<usize>> {
    let start = ptr.cast_unsigned() as usize;
    let end = start.checked_add(len.cast_unsigned() as usize)?;
    (end <= memory_bytes).then_some(start..end)
}

/// The guest's exported memory.
///
/// # Errors
/// If it has none, which only a module with a start function of its own can bring about.
pub fn memory(caller: &mut Caller<'_, Guest>) -> wasmtime::Result<Memory> {
    if let Some(memory) = caller.data().memory {
        return Ok(memory);
    }
    match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => {
            caller.data_mut().memory = Some(memory);
            Ok(memory)
        }
        _ => Err(Failure::new(FailureKind::Trap, "called the host without a memory").into()),
    }
}

/// Defines the imports.
///
/// # Errors
/// If a name is taken, which would be our bug.
pub fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.func_wrap(ABI_MODULE, "input_len", input_len)?;
    linker.func_wrap(ABI_MODULE, "input_read", input_read)?;
    linker.func_wrap(ABI_MODULE, "input_path", input_path)?;
    linker.func_wrap(ABI_MODULE, "chunk_offset", chunk_offset)?;
    linker.func_wrap(ABI_MODULE, "first_record", first_record)?;
    linker.func_wrap(ABI_MODULE, "param", param)?;
    linker.func_wrap(ABI_MODULE, "emit", emit)?;
    linker.func_wrap(ABI_MODULE, "reject", reject)?;
    linker.func_wrap(ABI_MODULE, "file_write", file_write)?;
    linker.func_wrap(ABI_MODULE, "log", log)?;
    Ok(())
}

fn input_len(mut caller: Caller<'_, Guest>) -> wasmtime::Result<i64> {
    let current = caller.data_mut().task.current("input_len")?;
    Ok(current.input.size_bytes().map_or(-1, |size_bytes| i64::try_from(size_bytes).unwrap_or(i64::MAX)))
}

fn input_read(mut caller: Caller<'_, Guest>, ptr: i32, len: i32) -> wasmtime::Result<i32> {
    let memory = memory(&mut caller)?;
    let (data, guest) = memory.data_and_store_mut(&mut caller);
    let buffer = slice_mut(data, "input_read", ptr, len)?;
    let filled_bytes = guest.task.current("input_read")?.pull(buffer)?;
    // What is read may bring the fuel that moving it costs.
    give_earned_fuel(caller.as_context_mut())?;
    consume_fuel(caller.as_context_mut(), filled_bytes as u64)?;
    // No 32-bit memory holds more than u32::MAX bytes.
    Ok((filled_bytes as u32).cast_signed())
}

fn input_path(mut caller: Caller<'_, Guest>, ptr: i32, len: i32) -> wasmtime::Result<i32> {
    let path = std::mem::take(&mut caller.data_mut().task.current("input_path")?.path);
    let written = write_text(&mut caller, "input_path", &path, ptr, len);
    caller.data_mut().task.current("input_path")?.path = path;
    written
}

fn chunk_offset(mut caller: Caller<'_, Guest>) -> wasmtime::Result<i64> {
    Ok(i64::try_from(caller.data_mut().task.current("chunk_offset")?.offset).unwrap_or(i64::MAX))
}

fn first_record(mut caller: Caller<'_, Guest>) -> wasmtime::Result<i64> {
    let number = caller.data_mut().task.current("first_record")?.first_record().unwrap_or(0);
    Ok(i64::try_from(number).unwrap_or(i64::MAX))
}

fn param(mut caller: Caller<'_, Guest>, name_ptr: i32, name_len: i32, ptr: i32, len: i32) -> wasmtime::Result<i32> {
    let memory = memory(&mut caller)?;
    let (data, guest) = memory.data_and_store_mut(&mut caller);
    let name = slice(data, "param", name_ptr, name_len)?;
    let value = std::str::from_utf8(name).ok().and_then(|name| guest.task.param(name)).map(str::to_owned);
    match value {
        Some(value) => write_text(&mut caller, "param", &value, ptr, len),
        None => Ok(-1),
    }
}

fn emit(mut caller: Caller<'_, Guest>, ptr: i32, len: i32) -> wasmtime::Result<()> {
    let memory = memory(&mut caller)?;
    slice(memory.data(&caller), "emit", ptr, len)?;
    consume_fuel(caller.as_context_mut(), len.cast_unsigned().into())?;
    let (data, guest) = memory.data_and_store_mut(&mut caller);
    let text = slice(data, "emit", ptr, len)?;
    Ok(guest.task.emit(text)?)
}

fn reject(mut caller: Caller<'_, Guest>, record: i64, offset: i64, ptr: i32, len: i32) -> wasmtime::Result<()> {
    let memory = memory(&mut caller)?;
    slice(memory.data(&caller), "reject", ptr, len)?;
    consume_fuel(caller.as_context_mut(), len.cast_unsigned().into())?;
    let (data, guest) = memory.data_and_store_mut(&mut caller);
    let reason = slice(data, "reject", ptr, len)?;
    guest.task.reject(Reject {
        record: record.cast_unsigned(),
        offset: u64::try_from(offset).ok(),
        reason: String::from_utf8_lossy(reason).into_owned(),
    })?;
    Ok(())
}

fn file_write(mut caller: Caller<'_, Guest>, name_ptr: i32, name_len: i32, ptr: i32, len: i32) -> wasmtime::Result<()> {
    let memory = memory(&mut caller)?;
    slice(memory.data(&caller), "file_write", name_ptr, name_len)?;
    slice(memory.data(&caller), "file_write", ptr, len)?;
    consume_fuel(caller.as_context_mut(), u64::from(name_len.cast_unsigned()) + u64::from(len.cast_unsigned()))?;
    let (data, guest) = memory.data_and_store_mut(&mut caller);
    let name = slice(data, "file_write", name_ptr, name_len)?;
    let bytes = slice(data, "file_write", ptr, len)?;
    Ok(guest.task.write_file(name, bytes)?)
}

fn log(mut caller: Caller<'_, Guest>, ptr: i32, len: i32) -> wasmtime::Result<()> {
    let memory = memory(&mut caller)?;
    slice(memory.data(&caller), "log", ptr, len)?;
    consume_fuel(caller.as_context_mut(), len.cast_unsigned().into())?;
    let (data, guest) = memory.data_and_store_mut(&mut caller);
    guest.io.log(slice(data, "log", ptr, len)?);
    guest.io.log(b"\n");
    Ok(())
}

/// Writes as much of `text` as fits into the guest's buffer, and returns its whole length.
fn write_text(caller: &mut Caller<'_, Guest>, call: &str, text: &str, ptr: i32, len: i32) -> wasmtime::Result<i32> {
    let memory = memory(caller)?;
    let buffer = slice_mut(memory.data_mut(&mut *caller), call, ptr, len)?;
    let fits = text.len().min(buffer.len());
    buffer[..fits].copy_from_slice(&text.as_bytes()[..fits]);
    consume_fuel(caller.as_context_mut(), fits as u64)?;
    Ok(i32::try_from(text.len()).unwrap_or(i32::MAX))
}

pub fn slice<'a>(data: &'a [u8], call: &str, ptr: i32, len: i32) -> Result<&'a [u8], Failure> {
    range(data.len(), ptr, len).map(|range| &data[range]).ok_or_else(|| outside(call, ptr, len, data.len()))
}

pub fn slice_mut<'a>(data: &'a mut [u8], call: &str, ptr: i32, len: i32) -> Result<&'a mut [u8], Failure> {
    match range(data.len(), ptr, len) {
        Some(range) => Ok(&mut data[range]),
        None => Err(outside(call, ptr, len, data.len())),
    }
}

fn outside(call: &str, ptr: i32, len: i32, memory_bytes: usize) -> Failure {
    Failure::new(
        FailureKind::Trap,
        format!(
            "{call}: {} bytes at {} are not within the memory of {memory_bytes} bytes",
            len.cast_unsigned(),
            ptr.cast_unsigned()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_unsigned_and_never_wrap() {
        assert_eq!(range(10, 0, 10), Some(0..10));
        assert_eq!(range(10, 10, 0), Some(10..10));
        assert_eq!(range(10, 1, 10), None);
        assert_eq!(range(10, -1, 1), None);
        assert_eq!(range(10, 0, -1), None);
        assert_eq!(range(usize::MAX, -1, -1), Some(0xffff_ffff..0x1_ffff_fffe));
    }
}
