import { PIECE_BYTES, host, sound } from "./boundary.js";
import { Rows } from "./rows.js";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

// How much is pulled at a time for the lines of a large input.
const WINDOW_BYTES = 64 << 10;

/** The input of a task, and where its rows and rejects go. index.d.ts describes it. */
export class Input {
  #size;
  // What is in memory and has not been read yet.
  #unread;
  // Whether sandmill may have more.
  #hasMore;
  #readBytes = 0;
  #rows = new Rows();

  /** Made by the SDK. `content` is null if the input is to be pulled, `size` if it is not known. */
  constructor(path, size, content, chunkOffset = 0, firstRecord = 1) {
    this.path = path;
    this.chunkOffset = chunkOffset;
    this.firstRecord = firstRecord ?? undefined;
    this.#size = size ?? undefined;
    this.#unread = content ?? new Uint8Array();
    this.#hasMore = content === null;
  }

  get size() {
    return this.#size === undefined && !this.#hasMore ? this.#readBytes + this.#unread.length : this.#size;
  }

  bytes() {
    const pieces = [this.#unread];
    while (this.#hasMore) pieces.push(this.#pull(PIECE_BYTES));
    if (pieces.length > 1) this.#unread = joined(pieces);
    return this.#unread;
  }

  text() {
    return decoded(this.bytes());
  }

  read(maxBytes) {
    if (!(maxBytes > 0)) return new Uint8Array();
    const piece = this.#hasMore && this.#unread.length === 0 ? this.#pull(maxBytes) : this.#unread.subarray(0, maxBytes);
    this.#unread = this.#unread.subarray(piece.length);
    this.#readBytes += piece.length;
    return piece;
  }

  *lines() {
    for (const { bytes } of this.byteLines()) yield decoded(bytes);
  }

  *byteLines() {
    let begun = [];
    let start = 0;
    let begunBytes = 0;
    for (let piece = this.read(WINDOW_BYTES); piece.length > 0; piece = this.read(WINDOW_BYTES)) {
      let at = 0;
      for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED, at)) {
        const bytes = joined([...begun, piece.subarray(at, end)]);
        yield { bytes: withoutReturn(bytes), start };
        start += bytes.length + 1;
        begun = [];
        begunBytes = 0;
        at = end + 1;
      }
      if (at < piece.length) {
        begun.push(piece.subarray(at));
        begunBytes += piece.length - at;
      }
    }
    if (begunBytes > 0) yield { bytes: withoutReturn(joined(begun)), start };
  }

  emit(row) {
    this.#rows.add(row);
  }

  reject(record, reason, offset) {
    host().reject(whole("record", record), offset === undefined ? null : whole("offset", offset), sound(reason));
  }

  writeFile(name, content) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    if (!(bytes instanceof Uint8Array)) throw new TypeError("a file's content is a string or a Uint8Array");
    host().writeFile(sound(name), bytes);
  }

  /** Calls the processor with this input. Those of its rows come back, as JSON, which sandmill has not seen. */
  runProcessor(process) {
    this.#rows.addAll(process(this));
    return this.#rows.take();
  }

  #pull(maxBytes) {
    const piece = host().read(Math.min(Math.floor(maxBytes), PIECE_BYTES));
    this.#hasMore = piece.length > 0;
    return piece;
  }
}

function decoded(bytes) {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

function withoutReturn(line) {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}

function joined(pieces) {
  if (pieces.length === 1) return pieces[0];
  const all = new Uint8Array(pieces.reduce((bytes, piece) => bytes + piece.length, 0));
  let filled = 0;
  for (const piece of pieces) {
    all.set(piece, filled);
    filled += piece.length;
  }
  return all;
}

function whole(what, number) {
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new RangeError(`the ${what} is ${String(number)}, which is no whole number from 0 to 2^53 - 1`);
}
