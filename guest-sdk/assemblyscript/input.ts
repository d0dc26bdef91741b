import { inputPath, inputRead } from "./host";
import { decode, isUTF8 } from "./text";

/**
 * The input of a task.
 *
 * Take it whole, with `bytes` or `text`, if it fits into the sandbox's memory. If it may not, `read` it piece by piece.
 */
export class Input {
  /** @internal Made by the SDK. `unread` is what is in memory; `more` tells whether the host may have more. */
  constructor(
    /** The size of the whole input in bytes. */
    readonly size: i64,
    private unread: Uint8Array,
    private more: bool,
  ) {}

  /** The path of the input, as the `path` column of the results shows it. */
  get path(): string {
    return inputPath();
  }

  /** The whole input, or what has not been read of it yet. */
  bytes(): Uint8Array {
    if (this.more) {
      if (this.size > i32.MAX_VALUE) throw new Error("the input does not fit into memory: read it in parts");
      let rest = new Uint8Array(<i32>this.size);
      let filled = 0;
      while (filled < rest.length) {
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
      return count;
    }
    return this.more ? inputRead(buffer) : 0;
  }
}
