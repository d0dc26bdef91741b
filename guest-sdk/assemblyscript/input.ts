import { chunkOffset, firstRecord, inputPath, inputRead } from "./host";
import { decode, isUTF8 } from "./text";

/** How much room there is at first for an input of unknown size. */
const PULL_BYTES: i32 = 64 << 10;

/**
 * The input of a task.
 *
 * Take it whole, with `bytes` or `text`, if it fits into the sandbox's memory. If it may not, `read` it piece by piece.
 */
export class Input {
  /** How much has been read. */
  private offset: i64 = 0;

  /** @internal Made by the SDK. `unread` is what is in memory; `more` tells whether the host may have more. */
  constructor(
    /** -1 if the host does not know it. */
    private hostSize: i64,
    private unread: Uint8Array,
    private more: bool,
  ) {}

  /**
   * The size of the whole input in bytes; -1 as long as it is not known: that of a large input which is decompressed on
   * the way is when all of it has been read, or taken with `bytes` or `text`.
   */
  get size(): i64 {
    return this.hostSize < 0 && !this.more ? this.offset + this.unread.length : this.hostSize;
  }

  /** Where in its file the input begins, in bytes: 0 unless it is a chunk of one (`--split`). */
  get chunkOffset(): i64 {
    return chunkOffset();
  }

  /** The number of the input's first record in its file, counted from 1; 0 if it is not known. 1 for a whole file. */
  get firstRecord(): i64 {
    return firstRecord();
  }

  /** The path of the input, as the `path` column of the results shows it. */
  get path(): string {
    return inputPath();
  }

  /** The whole input, or what has not been read of it yet. */
  bytes(): Uint8Array {
    if (this.more) {
      const left = this.hostSize < 0 ? PULL_BYTES : this.hostSize - this.offset;
      if (left > i32.MAX_VALUE) throw new Error("the input does not fit into memory: read it in parts");
      let rest = new Uint8Array(<i32>left);
      let filled = 0;
      while (this.hostSize < 0 || filled < rest.length) {
        if (filled == rest.length) rest = doubled(rest);
        const count = inputRead(rest.subarray(filled));
        if (count == 0) break;
        filled += count;
      }
      this.unread = rest.subarray(0, filled);
      this.more = false;
    }
    return this.unread;
  }

  /** Whether the whole input is UTF-8. */
  isText(): bool {
    return isUTF8(this.bytes());
  }

  /** The whole input as text. What is not UTF-8 is replaced by U+FFFD. */
  text(): string {
    return decode(this.bytes());
  }

  /** Reads the next bytes of the input into `buffer`; how many, 0 at the end. */
  read(buffer: Uint8Array): i32 {
    if (this.unread.length > 0) {
      const count = min(buffer.length, this.unread.length);
      memory.copy(buffer.dataStart, this.unread.dataStart, count);
      this.unread = this.unread.subarray(count);
      this.offset += count;
      return count;
    }
    if (!this.more || buffer.length == 0) return 0;
    const count = inputRead(buffer);
    this.more = count > 0;
    this.offset += count;
    return count;
  }
}

/** A buffer with the same bytes and as much room again. */
function doubled(bytes: Uint8Array): Uint8Array {
  if (bytes.length > i32.MAX_VALUE / 2) throw new Error("the input does not fit into memory: read it in parts");
  const wider = new Uint8Array(2 * bytes.length);
  memory.copy(wider.dataStart, bytes.dataStart, bytes.length);
  return wider;
}
