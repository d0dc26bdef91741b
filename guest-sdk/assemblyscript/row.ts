import { hostEmit } from "./host";
import { Bytes } from "./text";

// Rows go to the host in portions of about this size: a call for each row would cost more than writing it.
const PORTION_BYTES: i32 = 64 << 10;

// Rows that the host has not seen yet, one a line.
const pending = new Bytes(1 << 10);

/**
 * A row: names of columns and their values.
 *
 *     emit(new Row().set("word", word).set("count", count));
 */
export class Row {
  private json: Bytes = new Bytes(128);

  /**
   * Adds a value: an integer, a float, a bool, a string, or null, which is an empty cell. A float that is infinite or
   * not a number is written as null, because JSON has no other word for it.
   */
  set<T>(name: string, value: T): this {
    this.json.byte(this.json.size == 0 ? 0x7b : 0x2c);
    writeString(this.json, name);
    this.json.byte(0x3a);
    writeValue<T>(this.json, value);
    return this;
  }

  /** @internal */
  appendTo(rows: Bytes): void {
    if (this.json.size == 0) rows.byte(0x7b);
    rows.copy(this.json.pointer, this.json.size);
    rows.byte(0x7d);
    rows.byte(0x0a);
  }
}

/** Gives a row. If the task fails or is skipped in the end, its rows are discarded. */
export function emit(row: Row): void {
  row.appendTo(pending);
  if (pending.size >= PORTION_BYTES) flush();
}

/** @internal Hands over the rows which the host has not seen yet. */
export function flush(): void {
  if (pending.size > 0) hostEmit(pending.pointer, pending.size);
  pending.clear();
}

/** @internal Drops the rows which the host has not seen yet. */
export function discard(): void {
  pending.clear();
}

/** @internal A JSON array of strings. */
export function arrayOf(strings: string[]): Bytes {
  const json = new Bytes(128);
  json.byte(0x5b);
  for (let i = 0; i < strings.length; i++) {
    if (i > 0) json.byte(0x2c);
    writeString(json, strings[i]);
  }
  json.byte(0x5d);
  return json;
}

function writeValue<T>(json: Bytes, value: T): void {
  if (isNullable<T>() && changetype<usize>(value) == 0) {
    json.ascii("null");
  } else if (isString<T>()) {
    writeString(json, changetype<string>(value));
  } else if (isBoolean<T>()) {
    json.ascii(value ? "true" : "false");
  } else if (isFloat<T>()) {
    json.ascii(isFinite(value) ? value.toString() : "null");
  } else if (isInteger<T>()) {
    json.ascii(value.toString());
  } else {
    ERROR("a column holds an integer, a float, a bool or a string");
  }
}

function writeString(json: Bytes, text: string): void {
  json.byte(0x22);
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i);
    if (code == 0x22 || code == 0x5c) {
      json.byte(0x5c);
      json.byte(code);
    } else if (code < 0x20) {
      json.ascii("\\u00");
      json.ascii(code.toString(16).padStart(2, "0"));
    } else {
      json.character(code);
      if (code > 0xffff) i++;
    }
  }
  json.byte(0x22);
}
