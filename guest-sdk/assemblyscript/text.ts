// Text as bytes: a buffer that grows, and UTF-8.

/** What stands for something that is no character. */
const REPLACEMENT: i32 = 0xfffd;

/** Bytes that are written one after the other. */
export class Bytes {
  private buffer: ArrayBuffer;
  size: i32 = 0;

  constructor(capacity: i32) {
    this.buffer = new ArrayBuffer(capacity);
  }

  get pointer(): usize {
    return changetype<usize>(this.buffer);
  }

  clear(): void {
    this.size = 0;
  }

  byte(value: i32): void {
    store<u8>(this.room(1), <u8>value);
  }

  copy(pointer: usize, size: i32): void {
    memory.copy(this.room(size), pointer, size);
  }

  /** A text that is ASCII. */
  ascii(text: string): void {
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i));
  }

  /** A character; half a surrogate pair is none. */
  character(code: i32): void {
    if (code >= 0xd800 && code <= 0xdfff) code = REPLACEMENT;
    if (code < 0x80) {
      this.byte(code);
    } else if (code < 0x800) {
      this.byte(0xc0 | (code >> 6));
      this.byte(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
      this.byte(0xe0 | (code >> 12));
      this.byte(0x80 | ((code >> 6) & 0x3f));
      this.byte(0x80 | (code & 0x3f));
    } else {
      this.byte(0xf0 | (code >> 18));
      this.byte(0x80 | ((code >> 12) & 0x3f));
      this.byte(0x80 | ((code >> 6) & 0x3f));
      this.byte(0x80 | (code & 0x3f));
    }
  }

  toString(): string {
    return String.UTF8.decodeUnsafe(this.pointer, this.size);
  }

  /** A place for `size` more bytes. */
  private room(size: i32): usize {
    const end = this.size + size;
    if (end > this.buffer.byteLength) {
      const wider = new ArrayBuffer(max(end, 2 * this.buffer.byteLength));
      memory.copy(changetype<usize>(wider), this.pointer, this.size);
      this.buffer = wider;
    }
    const place = this.pointer + this.size;
    this.size = end;
    return place;
  }
}

/**
 * The size of the character of UTF-8 at `pointer`, of which there are `left` bytes at most, at least one. If there is
 * none, minus the number of bytes to be replaced.
 */
export function characterSize(pointer: usize, left: i32): i32 {
  const first = <i32>load<u8>(pointer);
  if (first < 0x80) return 1;
  let size = 0;
  // The second byte is where overlong forms, surrogates and what is beyond U+10FFFF are told.
  let low = 0x80;
  let high = 0xbf;
  if (first >= 0xc2 && first <= 0xdf) {
    size = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    size = 3;
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    size = 4;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
  } else {
    return -1;
  }
  for (let i = 1; i < size; i++) {
    if (i >= left) return -i;
    const next = <i32>load<u8>(pointer + i);
    if (next < low || next > high) return -i;
    low = 0x80;
    high = 0xbf;
  }
  return size;
}

/** Whether bytes are UTF-8. */
export function isUTF8(bytes: Uint8Array): bool {
  let at = bytes.dataStart;
  const end = at + bytes.length;
  while (at < end) {
    const size = characterSize(at, <i32>(end - at));
    if (size < 0) return false;
    at += size;
  }
  return true;
}

/** The text that bytes are in UTF-8; what is none is replaced by U+FFFD. */
export function decode(bytes: Uint8Array): string {
  if (isUTF8(bytes)) return String.UTF8.decodeUnsafe(bytes.dataStart, bytes.length);
  const repaired = new Bytes(bytes.length + 16);
  let at = bytes.dataStart;
  const end = at + bytes.length;
  while (at < end) {
    const size = characterSize(at, <i32>(end - at));
    if (size < 0) {
      repaired.character(REPLACEMENT);
      at -= size;
    } else {
      repaired.copy(at, size);
      at += size;
    }
  }
  return repaired.toString();
}
