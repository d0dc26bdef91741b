//! The host's functions, made safe.

mod sandmill_1 {
    #[link(wasm_import_module = "sandmill_1")]
    unsafe extern "C" {
        pub(crate) safe fn input_len() -> i64;
        pub(crate) safe fn chunk_offset() -> u64;
        pub(crate) safe fn first_record() -> u64;
        pub(crate) fn input_read(ptr: *mut u8, len: usize) -> usize;
        pub(crate) fn input_path(ptr: *mut u8, len: usize) -> i32;
        pub(crate) fn param(name_ptr: *const u8, name_len: usize, ptr: *mut u8, len: usize) -> i32;
        pub(crate) fn shared_len(name_ptr: *const u8, name_len: usize) -> i64;
        pub(crate) fn shared_read(name_ptr: *const u8, name_len: usize, offset: u64, ptr: *mut u8, len: usize)
        -> usize;
        pub(crate) fn emit(ptr: *const u8, len: usize);
        pub(crate) fn reject(record: u64, offset: i64, ptr: *const u8, len: usize);
        pub(crate) fn file_write(name_ptr: *const u8, name_len: usize, ptr: *const u8, len: usize);
        pub(crate) fn log(ptr: *const u8, len: usize);
    }
}

/// Most paths and parameters fit into this, so that one call is enough.
const TEXT_BYTES: usize = 256;

pub(crate) use sandmill_1::{chunk_offset, first_record};

/// The size of the input, if it is known.
pub(crate) fn input_len() -> Option<u64> {
    u64::try_from(sandmill_1::input_len()).ok()
}

/// Appends as much of the input as there is room for in `buffer` without growing it, from where the last call stopped.
/// The number of bytes; 0 at the end of the input.
pub(crate) fn input_read(buffer: &mut Vec<u8>) -> usize {
    let room = buffer.spare_capacity_mut();
    // SAFETY: the host writes at most `room.len()` bytes to `room`, which is ours alone to write.
    let read = unsafe { sandmill_1::input_read(room.as_mut_ptr().cast(), room.len()) };
    assert!(read <= room.len(), "the host has written more than there is room for");
    // SAFETY: the first `read` bytes of the room behind the vector's end, and so within its capacity, are written.
    unsafe { buffer.set_len(buffer.len() + read) };
    read
}

pub(crate) fn input_path() -> String {
    // SAFETY: `text` gives a pointer to `len` bytes which may be written.
    text(|ptr, len| unsafe { sandmill_1::input_path(ptr, len) }).unwrap_or_default()
}

pub(crate) fn param(name: &str) -> Option<String> {
    // SAFETY: `name` lives until the call is over, and `text` gives a pointer to `len` bytes which may be written.
    text(|ptr, len| unsafe { sandmill_1::param(name.as_ptr(), name.len(), ptr, len) })
}

/// A text of unknown length. `write` writes as much of it as fits to the place it is given, and returns the whole
/// length, or a negative number if there is no such text.
fn text(write: impl Fn(*mut u8, usize) -> i32) -> Option<String> {
    let mut text: Vec<u8> = Vec::with_capacity(TEXT_BYTES);
    loop {
        let len = usize::try_from(write(text.as_mut_ptr(), text.capacity())).ok()?;
        if len <= text.capacity() {
            // SAFETY: the whole text did fit, so its `len` bytes are written, and `len` is within the capacity.
            unsafe { text.set_len(len) };
            return Some(String::from_utf8_lossy(&text).into_owned());
        }
        text.reserve_exact(len);
    }
}

pub(crate) fn shared_len(name: &str) -> Option<u64> {
    // SAFETY: the host only reads the bytes of `name`, while it is borrowed.
    u64::try_from(unsafe { sandmill_1::shared_len(name.as_ptr(), name.len()) }).ok()
}

/// Fills `buffer` from `offset` on; the number of bytes. There must be a file of this name.
pub(crate) fn shared_read(name: &str, offset: u64, buffer: &mut [u8]) -> usize {
    // SAFETY: the host reads the bytes of `name` and writes at most `buffer.len()` bytes to `buffer`, while both are borrowed.
    let read = unsafe { sandmill_1::shared_read(name.as_ptr(), name.len(), offset, buffer.as_mut_ptr(), buffer.len()) };
    assert!(read <= buffer.len(), "the host has written more than there is room for");
    read
}

pub(crate) fn emit(rows: &str) {
    // SAFETY: the host only reads the bytes of `rows`, while it is borrowed.
    unsafe { sandmill_1::emit(rows.as_ptr(), rows.len()) }
}

pub(crate) fn reject(record: u64, offset: Option<u64>, reason: &str) {
    let offset = offset.and_then(|offset| i64::try_from(offset).ok()).unwrap_or(-1);
    // SAFETY: the host only reads the bytes of `reason`, while it is borrowed.
    unsafe { sandmill_1::reject(record, offset, reason.as_ptr(), reason.len()) }
}

pub(crate) fn file_write(name: &str, bytes: &[u8]) {
    // SAFETY: the host only reads the bytes of `name` and `bytes`, while they are borrowed.
    unsafe { sandmill_1::file_write(name.as_ptr(), name.len(), bytes.as_ptr(), bytes.len()) }
}

pub(crate) fn log(line: &str) {
    // SAFETY: the host only reads the bytes of `line`, while it is borrowed.
    unsafe { sandmill_1::log(line.as_ptr(), line.len()) }
}
