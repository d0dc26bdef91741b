//! Standard input and output of WASI commands, straight between a guest's memory and its host's.
//!
//! wasmtime-wasi takes a table of descriptors, two copies and some allocations for each read or write. As long as a guest has
//! asked it for nothing, the three standard streams are as they began, and what most programs do with them is done here. All
//! else is left to it: other descriptors, pointers that are wrong, and everything from its first call on.
//!
//! The layouts are those of `wasi_snapshot_preview1.witx`.

use std::ops::Range;

use wasmtime::{AsContextMut as _, Caller, Linker};
use wasmtime_wasi::p1::{WasiP1Ctx, wasi_snapshot_preview1 as wasi};
use wiggle::GuestMemory;

use super::abi::{memory, range};
use super::contract::WASI_MODULE;
use super::fiber;
use super::guest::Guest;

const STDIN: i32 = 0;
const STDOUT: i32 = 1;
const STDERR: i32 = 2;

const SUCCESS: i32 = 0;
const EBADF: i32 = 8;
const ESPIPE: i32 = 70;

const IOVEC_BYTES: usize = 8;
/// More than any program has for a standard stream.
const MOST_IOVECS: usize = 64;
/// The most that is moved by one call.
const MOST_BYTES: usize = 1 << 20;

const FDSTAT_BYTES: i32 = 24;
const RIGHT_FD_READ: u64 = 1 << 1;
const RIGHT_FD_WRITE: u64 = 1 << 6;

/// `SEEK_END`, the largest of the three.
const LAST_WHENCE: i32 = 2;

/// Takes the place of what is defined by wasmtime-wasi.
///
/// # Errors
/// If shadowing is not allowed, which would be our bug.
pub fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.func_wrap(WASI_MODULE, "fd_read", fd_read)?;
    linker.func_wrap(WASI_MODULE, "fd_write", fd_write)?;
    linker.func_wrap(WASI_MODULE, "fd_fdstat_get", fd_fdstat_get)?;
    linker.func_wrap(WASI_MODULE, "fd_seek", fd_seek)?;
    linker.func_wrap(WASI_MODULE, "fd_prestat_get", fd_prestat_get)?;
    Ok(())
}

fn fd_read(mut caller: Caller<'_, Guest>, fd: i32, iovs: i32, count: i32, read: i32) -> wasmtime::Result<i32> {
    let memory = memory(&mut caller)?;
    let (data, guest) = memory.data_and_store_mut(&mut caller);
    if fd == STDIN
        && guest.has_not_used_wasi()
        && let Some(call) = Transfer::of(data, iovs, count, read)
    {
        let read_bytes = guest.io.read_stdin(&mut data[call.buffer])?;
        data[call.result].copy_from_slice(&(read_bytes as u32).to_le_bytes());
        return Ok(SUCCESS);
    }
    let (memory, wasi) = guest_and_wasi(&mut caller)?;
    fiber::at_once(wasi::fd_read(wasi, &mut GuestMemory::Unshared(memory), fd, iovs, count, read))
}

fn fd_write(mut caller: Caller<'_, Guest>, fd: i32, iovs: i32, count: i32, written: i32) -> wasmtime::Result<i32> {
    let memory = memory(&mut caller)?;
    let (data, guest) = memory.data_and_store_mut(&mut caller);
    if matches!(fd, STDOUT | STDERR)
        && guest.has_not_used_wasi()
        && let Some(call) = Transfer::of(data, iovs, count, written)
    {
        let text = &data[call.buffer];
        let written_bytes = text.len() as u32;
        if fd == STDOUT {
            guest.io.write_stdout(text)?;
        } else {
            guest.io.log(text);
        }
        data[call.result].copy_from_slice(&written_bytes.to_le_bytes());
        return Ok(SUCCESS);
    }
    let (memory, wasi) = guest_and_wasi(&mut caller)?;
    fiber::at_once(wasi::fd_write(wasi, &mut GuestMemory::Unshared(memory), fd, iovs, count, written))
}

fn fd_fdstat_get(mut caller: Caller<'_, Guest>, fd: i32, stat: i32) -> wasmtime::Result<i32> {
    let memory = memory(&mut caller)?;
    let (data, guest) = memory.data_and_store_mut(&mut caller);
    if matches!(fd, STDIN | STDOUT | STDERR)
        && guest.has_not_used_wasi()
        && let Some(range) = aligned(data, stat, FDSTAT_BYTES, 8)
    {
        let rights = if fd == STDIN { RIGHT_FD_READ } else { RIGHT_FD_WRITE };
        let stat = &mut data[range];
        // Of a type that is not known, which is no terminal; and without flags. What lies between is not written.
        stat[0] = 0;
        stat[2..4].fill(0);
        stat[8..16].copy_from_slice(&rights.to_le_bytes());
        stat[16..24].copy_from_slice(&rights.to_le_bytes());
        return Ok(SUCCESS);
    }
    let (memory, wasi) = guest_and_wasi(&mut caller)?;
    fiber::at_once(wasi::fd_fdstat_get(wasi, &mut GuestMemory::Unshared(memory), fd, stat))
}

fn fd_seek(mut caller: Caller<'_, Guest>, fd: i32, offset: i64, whence: i32, position: i32) -> wasmtime::Result<i32> {
    if matches!(fd, STDIN | STDOUT | STDERR) && caller.data().has_not_used_wasi() && (0..=LAST_WHENCE).contains(&whence)
    {
        return Ok(ESPIPE);
    }
    let (memory, wasi) = guest_and_wasi(&mut caller)?;
    fiber::at_once(wasi::fd_seek(wasi, &mut GuestMemory::Unshared(memory), fd, offset, whence, position))
}

/// The folders that a guest is granted: every program that opens files asks for them as it starts.
fn fd_prestat_get(mut caller: Caller<'_, Guest>, fd: i32, prestat: i32) -> wasmtime::Result<i32> {
    // One that is granted any has used WASI from the start.
    if caller.data().has_not_used_wasi() {
        return Ok(EBADF);
    }
    let (memory, wasi) = guest_and_wasi(&mut caller)?;
    wasi::fd_prestat_get(wasi, &mut GuestMemory::Unshared(memory), fd, prestat)
}

/// What wasmtime-wasi's own definitions hand to it.
fn guest_and_wasi<'a>(caller: &'a mut Caller<'_, Guest>) -> wasmtime::Result<(&'a mut [u8], &'a mut WasiP1Ctx)> {
    let memory = memory(caller)?;
    let bytes = caller.as_context_mut().hostcall_fuel();
    let (data, guest) = memory.data_and_store_mut(caller);
    let wasi = guest.wasi();
    wasi::WasiSnapshotPreview1::set_hostcall_fuel(wasi, bytes);
    Ok((data, wasi))
}

/// What is moved by one call, and where it is told how much that was.
struct Transfer {
    buffer: Range<usize>,
    result: Range<usize>,
}

impl Transfer {
    /// The first buffer of a list that is not empty, which is the one that is used; `None` if anything is out of the ordinary.
    fn of(data: &[u8], iovs: i32, count: i32, result: i32) -> Option<Self> {
        let count = usize::try_from(count).ok().filter(|count| *count <= MOST_IOVECS)?;
        let iovs = aligned(data, iovs, i32::try_from(count * IOVEC_BYTES).ok()?, 4)?;
        let (iovs, _) = data[iovs].as_chunks::<IOVEC_BYTES>();
        let mut buffers = iovs
            .iter()
            .map(|[p0, p1, p2, p3, len @ ..]| (i32::from_le_bytes([*p0, *p1, *p2, *p3]), i32::from_le_bytes(*len)));
        let (ptr, len) = buffers.find(|(_, len)| *len != 0)?;
        let buffer = range(data.len(), ptr, len).filter(|buffer| buffer.len() <= MOST_BYTES)?;
        Some(Self { buffer, result: aligned(data, result, 4, 4)? })
    }
}

/// The bytes `len` at `ptr`, if they lie in memory as they should.
fn aligned(data: &[u8], ptr: i32, len: i32, alignment: u32) -> Option<Range<usize>> {
    range(data.len(), ptr, len).filter(|_| ptr.cast_unsigned().is_multiple_of(alignment))
}
