//! WASI 0.2 for components: wasmtime-wasi's, with the functions replaced that would let a guest out of its budgets.
//!
//! Sleeping takes no time: a wish to be woken is a future that is not ready in the first round of polling, and moves the
//! guest's clock on in the second, since then nothing else was ready either.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use wasmtime::component::{Linker, Resource};
use wasmtime::{AsContextMut as _, StoreContextMut, ensure};
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, PathFlags};
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, DynPollable, InputStream, OutputStream, Pollable, StreamError, StreamResult,
    subscribe,
};
use wasmtime_wasi::{WasiView as _, async_trait};

use crate::sandbox::failure::ProcExit;
use crate::sandbox::guest::{Guest, consume_fuel};
use crate::sandbox::io::Io;

/// The most random bytes of one call: wasmtime-wasi's own default.
const RANDOM_BYTES: u64 = 64 << 20;

/// The most that one read of a file copies.
const READ_BYTES: usize = 64 << 10;

/// The most that one write to a file may bring.
const WRITE_BYTES: usize = 64 << 10;

/// Defines WASI 0.2. The versions in the names are those of wasmtime-wasi, which the replacements must hit.
///
/// # Errors
/// If two definitions collide, which would be our bug.
pub fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    linker.allow_shadowing(true);
    // wasmtime-wasi's own would sleep in the host.
    let mut clock = linker.instance("wasi:clocks/monotonic-clock@0.2.12")?;
    clock.func_wrap("subscribe-instant", |store: StoreContextMut<'_, Guest>, (instant,): (u64,)| {
        Ok((subscribe_until(store, instant)?,))
    })?;
    clock.func_wrap("subscribe-duration", |store: StoreContextMut<'_, Guest>, (duration,): (u64,)| {
        let instant = store.data().io.now_ns().saturating_add(duration);
        Ok((subscribe_until(store, instant)?,))
    })?;
    // wasmtime-wasi's own draw byte by byte, for no fuel.
    let mut random = linker.instance("wasi:random/random@0.2.12")?;
    random.func_wrap("get-random-bytes", |store: StoreContextMut<'_, Guest>, (len,): (u64,)| {
        Ok((random_bytes(store, len)?,))
    })?;
    let mut insecure = linker.instance("wasi:random/insecure@0.2.12")?;
    insecure.func_wrap("get-insecure-random-bytes", |store: StoreContextMut<'_, Guest>, (len,): (u64,)| {
        Ok((random_bytes(store, len)?,))
    })?;
    // wasmtime-wasi's own is one number for all tasks.
    let mut seed = linker.instance("wasi:random/insecure-seed@0.2.12")?;
    seed.func_wrap("insecure-seed", |store: StoreContextMut<'_, Guest>, (): ()| {
        let mut bytes = [0; 16];
        store.data().io.fill_random(&mut bytes);
        let seed = u128::from_le_bytes(bytes);
        Ok((((seed as u64), (seed >> 64) as u64),))
    })?;
    // wasmtime-wasi's own stream reads ahead in threads of its own.
    let mut files = linker.instance("wasi:filesystem/types@0.2.12")?;
    files.func_wrap("[method]descriptor.read-via-stream", read_via_stream)?;
    files.func_wrap("[method]descriptor.write-via-stream", |store, (descriptor, offset)| {
        write_via_stream(store, &descriptor, Some(offset))
    })?;
    files.func_wrap("[method]descriptor.append-via-stream", |store, (descriptor,)| {
        write_via_stream(store, &descriptor, None)
    })?;
    // A link could lead out of the folder that a guest writes to.
    files.func_wrap("[method]descriptor.link-at", |_: StoreContextMut<'_, Guest>, _: LinkAt| {
        Ok((Err::<(), _>(ErrorCode::NotPermitted),))
    })?;
    files.func_wrap("[method]descriptor.symlink-at", |_: StoreContextMut<'_, Guest>, _: SymlinkAt| {
        Ok((Err::<(), _>(ErrorCode::NotPermitted),))
    })?;
    let mut exit = linker.instance("wasi:cli/exit@0.2.12")?;
    exit.func_wrap("exit", |_: StoreContextMut<'_, Guest>, (status,): (Result<(), ()>,)| -> wasmtime::Result<()> {
        Err(ProcExit(i32::from(status.is_err())).into())
    })?;
    exit.func_wrap("exit-with-code", |_: StoreContextMut<'_, Guest>, (code,): (u8,)| -> wasmtime::Result<()> {
        Err(ProcExit(code.into()).into())
    })?;
    linker.allow_shadowing(false);
    Ok(())
}

fn subscribe_until(mut store: StoreContextMut<'_, Guest>, deadline_ns: u64) -> wasmtime::Result<Resource<DynPollable>> {
    let guest = store.data_mut();
    // The end of time comes a nanosecond early, so that it does come.
    let alarm = Alarm { io: Arc::clone(&guest.io), deadline_ns: deadline_ns.min(u64::MAX - 1) };
    let table = guest.ctx().table;
    let alarm = table.push(alarm)?;
    subscribe(table, alarm)
}

fn random_bytes(mut store: StoreContextMut<'_, Guest>, len: u64) -> wasmtime::Result<Vec<u8>> {
    ensure!(len <= RANDOM_BYTES, "asked for {len} random bytes at once, and gets {RANDOM_BYTES} at most");
    consume_fuel(store.as_context_mut(), len)?;
    // At most RANDOM_BYTES.
    let mut bytes = vec![0; len as usize];
    store.data().io.fill_random(&mut bytes);
    Ok(bytes)
}

type OpenedStream = Result<Resource<DynInputStream>, ErrorCode>;

fn read_via_stream(
    mut store: StoreContextMut<'_, Guest>,
    (descriptor, offset): (Resource<Descriptor>, u64),
) -> wasmtime::Result<(OpenedStream,)> {
    let table = store.data_mut().ctx().table;
    let file = match table.get(&descriptor)? {
        Descriptor::File(file) => Arc::clone(&file.file),
        Descriptor::Dir(_) => return Ok((Err(ErrorCode::IsDirectory),)),
    };
    let stream: DynInputStream = Box::new(FileStream { file, offset });
    Ok((Ok(table.push(stream)?),))
}

/// The arguments of `link-at` and `symlink-at`.
type LinkAt = (Resource<Descriptor>, PathFlags, String, Resource<Descriptor>, String);
type SymlinkAt = (Resource<Descriptor>, String, String);

/// From an offset on, or at the end of the file.
fn write_via_stream(
    mut store: StoreContextMut<'_, Guest>,
    descriptor: &Resource<Descriptor>,
    offset: Option<u64>,
) -> wasmtime::Result<(Result<Resource<DynOutputStream>, ErrorCode>,)> {
    let guest = store.data_mut();
    let file = match guest.ctx().table.get(descriptor)? {
        Descriptor::File(file) if file.perms.write_not_permitted() => return Ok((Err(ErrorCode::NotPermitted),)),
        Descriptor::File(file) => Arc::clone(&file.file),
        Descriptor::Dir(_) => return Ok((Err(ErrorCode::IsDirectory),)),
    };
    if let Some(quota) = &mut guest.quota {
        quota.watch(&file);
    }
    let stream: DynOutputStream = Box::new(FileSink { file, offset });
    Ok((Ok(guest.ctx().table.push(stream)?),))
}

/// A time of the guest's monotonic clock that it waits for.
struct Alarm {
    io: Arc<Io>,
    deadline_ns: u64,
}

#[async_trait]
impl Pollable for Alarm {
    async fn ready(&mut self) {
        Waiting { io: &self.io, deadline_ns: self.deadline_ns, has_wished: false }.await;
    }
}

struct Waiting<'a> {
    io: &'a Io,
    deadline_ns: u64,
    has_wished: bool,
}

impl Future for Waiting<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.has_wished {
            // All that the guest waits for was asked once, and nothing was ready: time passes until something is. The first
            // to be asked again moves the clock to the earliest wish of all, and there is none for the others.
            self.io.sleep_until_wish();
        }
        if self.io.now_ns() >= self.deadline_ns {
            return Poll::Ready(());
        }
        if !self.has_wished {
            self.has_wished = true;
            self.io.wish_to_wake(self.deadline_ns);
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        // Those that wait together stop together.
        self.io.forget_wishes();
    }
}

/// A file from an offset on. Files here are copies of inputs on a local disk: reading them is never worth a thread.
struct FileStream {
    file: Arc<File>,
    offset: u64,
}

#[async_trait]
impl Pollable for FileStream {
    async fn ready(&mut self) {}
}

#[async_trait]
impl InputStream for FileStream {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size == 0 {
            return Ok(Bytes::new());
        }
        let mut buffer = vec![0; size.min(READ_BYTES)];
        let read_bytes = self
            .file
            .read_at(&mut buffer, self.offset)
            .map_err(|error| StreamError::LastOperationFailed(error.into()))?;
        if read_bytes == 0 {
            return Err(StreamError::Closed);
        }
        self.offset += read_bytes as u64;
        buffer.truncate(read_bytes);
        Ok(buffer.into())
    }
}

/// A file that is written from an offset on, or at its end.
struct FileSink {
    file: Arc<File>,
    offset: Option<u64>,
}

#[async_trait]
impl Pollable for FileSink {
    async fn ready(&mut self) {}
}

impl OutputStream for FileSink {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let write = |this: &mut Self| {
            let offset = match this.offset {
                Some(offset) => offset,
                None => this.file.metadata()?.len(),
            };
            this.file.write_all_at(&bytes, offset)?;
            if let Some(offset) = &mut this.offset {
                *offset = offset.saturating_add(bytes.len() as u64);
            }
            std::io::Result::Ok(())
        };
        write(self).map_err(|error| StreamError::LastOperationFailed(error.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES)
    }
}
