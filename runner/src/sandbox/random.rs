//! `random_get` from a guest's own generator, straight into its memory.
//!
//! wasmtime-wasi's own draws byte by byte into a buffer on the host: a second for 64 MiB, in which no deadline strikes.

use wasmtime::{AsContextMut as _, Caller};

use super::abi::{memory, range};
use super::guest::{Guest, consume_fuel};

const SUCCESS: i32 = 0;
const EFAULT: i32 = 21;

/// Fills a buffer of the guest. Each byte costs one unit of fuel.
///
/// # Errors
/// If the guest's fuel does not suffice.
pub fn random_get(mut caller: Caller<'_, Guest>, ptr: i32, len: i32) -> wasmtime::Result<i32> {
    let memory = memory(&mut caller)?;
    let Some(range) = range(memory.data_size(&caller), ptr, len) else { return Ok(EFAULT) };
    consume_fuel(caller.as_context_mut(), range.len() as u64)?;
    let (data, guest) = memory.data_and_store_mut(&mut caller);
    guest.io.fill_random(&mut data[range]);
    Ok(SUCCESS)
}
