import { sharedRead, sharedSize } from "./host";
import { decode } from "./text";

/** A file of the shared data. */
export class Shared {
  /** @internal Made by `shared`. The name is UTF-8. */
  constructor(
    private name: ArrayBuffer,
    /** Its size in bytes. */
    readonly size: i64,
  ) {}

  /** All of it. */
  bytes(): Uint8Array {
    if (this.size > i32.MAX_VALUE) throw new Error("the shared file does not fit into memory: read it in parts");
    const bytes = new Uint8Array(<i32>this.size);
    return bytes.subarray(0, this.read(0, bytes));
  }

  /** All of it as text. What is not UTF-8 is replaced by U+FFFD. */
  text(): string {
    return decode(this.bytes());
  }

  /** Reads the bytes from `offset` on into `buffer`; how many, 0 at the end and beyond. */
  read(offset: i64, buffer: Uint8Array): i32 {
    return sharedRead(this.name, offset, buffer);
  }
}

/**
 * The file `name` of the data that every task may read (`--share`), null if there is none: the name of the file that is
 * shared, or its path in the folder that is. May be called in `init`, too.
 */
export function shared(name: string): Shared | null {
  const key = String.UTF8.encode(name);
  const size = sharedSize(key);
  return size < 0 ? null : new Shared(key, size);
}
