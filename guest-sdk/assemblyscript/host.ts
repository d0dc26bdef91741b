// ABI 1 as docs/guest-abi.md has it: what the host gives, made safe.

// @ts-ignore: decorator
@external("sandmill_1", "input_len")
declare function sandmill_input_len(): i64;

// @ts-ignore: decorator
@external("sandmill_1", "input_read")
declare function sandmill_input_read(pointer: usize, size: i32): i32;

// @ts-ignore: decorator
@external("sandmill_1", "input_path")
declare function sandmill_input_path(pointer: usize, size: i32): i32;

// @ts-ignore: decorator
@external("sandmill_1", "chunk_offset")
declare function sandmill_chunk_offset(): i64;

// @ts-ignore: decorator
@external("sandmill_1", "first_record")
declare function sandmill_first_record(): i64;

// @ts-ignore: decorator
@external("sandmill_1", "param")
declare function sandmill_param(namePointer: usize, nameSize: i32, pointer: usize, size: i32): i32;

// @ts-ignore: decorator
@external("sandmill_1", "shared_len")
declare function sandmill_shared_len(namePointer: usize, nameSize: i32): i64;

// @ts-ignore: decorator
@external("sandmill_1", "shared_read")
declare function sandmill_shared_read(
  namePointer: usize,
  nameSize: i32,
  offset: i64,
  pointer: usize,
  size: i32,
): i32;

// @ts-ignore: decorator
@external("sandmill_1", "emit")
declare function sandmill_emit(pointer: usize, size: i32): void;

// @ts-ignore: decorator
@external("sandmill_1", "reject")
declare function sandmill_reject(record: i64, offset: i64, pointer: usize, size: i32): void;

// @ts-ignore: decorator
@external("sandmill_1", "file_write")
declare function sandmill_file_write(namePointer: usize, nameSize: i32, pointer: usize, size: i32): void;

// @ts-ignore: decorator
@external("sandmill_1", "log")
declare function sandmill_log(pointer: usize, size: i32): void;

// Most paths and parameters fit into this, so that one call is enough.
const TEXT_BYTES: i32 = 256;

export function chunkOffset(): i64 {
  return sandmill_chunk_offset();
}

export function firstRecord(): i64 {
  return sandmill_first_record();
}

/** -1 if it is not known. */
export function inputSize(): i64 {
  return sandmill_input_len();
}

/** Reads on into `buffer`; the number of bytes, 0 at the end. */
export function inputRead(buffer: Uint8Array): i32 {
  return sandmill_input_read(buffer.dataStart, buffer.length);
}

export function inputPath(): string {
  let text = new ArrayBuffer(TEXT_BYTES);
  let size = sandmill_input_path(changetype<usize>(text), text.byteLength);
  if (size > text.byteLength) {
    text = new ArrayBuffer(size);
    size = sandmill_input_path(changetype<usize>(text), size);
  }
  return String.UTF8.decodeUnsafe(changetype<usize>(text), size);
}

export function hostParam(name: string): string | null {
  const key = String.UTF8.encode(name);
  const keyPointer = changetype<usize>(key);
  let text = new ArrayBuffer(TEXT_BYTES);
  let size = sandmill_param(keyPointer, key.byteLength, changetype<usize>(text), text.byteLength);
  if (size < 0) return null;
  if (size > text.byteLength) {
    text = new ArrayBuffer(size);
    size = sandmill_param(keyPointer, key.byteLength, changetype<usize>(text), size);
  }
  return String.UTF8.decodeUnsafe(changetype<usize>(text), size);
}

/** -1 if there is no such file. `name` is UTF-8. */
export function sharedSize(name: ArrayBuffer): i64 {
  return sandmill_shared_len(changetype<usize>(name), name.byteLength);
}

/** Reads into `buffer`; the number of bytes, 0 at the end and beyond. */
export function sharedRead(name: ArrayBuffer, offset: i64, buffer: Uint8Array): i32 {
  return sandmill_shared_read(changetype<usize>(name), name.byteLength, offset, buffer.dataStart, buffer.length);
}

export function hostEmit(pointer: usize, size: i32): void {
  sandmill_emit(pointer, size);
}

export function hostReject(record: i64, offset: i64, reason: string): void {
  const text = String.UTF8.encode(reason);
  sandmill_reject(record, offset, changetype<usize>(text), text.byteLength);
}

export function hostWriteFile(name: string, pointer: usize, size: i32): void {
  const key = String.UTF8.encode(name);
  sandmill_file_write(changetype<usize>(key), key.byteLength, pointer, size);
}

export function hostLog(line: string): void {
  const text = String.UTF8.encode(line);
  sandmill_log(changetype<usize>(text), text.byteLength);
}
