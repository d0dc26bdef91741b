import { host } from "./boundary.js";

// Rows go to sandmill in portions of about this size: a call for each row would cost more than writing it.
const PORTION_CHARACTERS = 64 << 10;

/** The rows of a task which sandmill has not seen yet. */
export class Rows {
  #pending = [];
  #pendingCharacters = 0;

  add(row) {
    if (!isRow(row)) throw new TypeError(`a row is an object of columns and values, not ${described(row)}`);
    // Written at once: the processor may change the row when it goes on.
    const json = JSON.stringify(row);
    this.#pending.push(json);
    this.#pendingCharacters += json.length;
    if (this.#pendingCharacters >= PORTION_CHARACTERS) host().emit(this.take());
  }

  /** What a processor returns: a row, several, or none. */
  addAll(returned) {
    if (returned === undefined || returned === null) return;
    if (isIterable(returned)) {
      for (const row of returned) this.add(row);
    } else {
      this.add(returned);
    }
  }

  /** The rows as JSON, one a line. */
  take() {
    const json = this.#pending.join("\n");
    this.#pending = [];
    this.#pendingCharacters = 0;
    return json;
  }
}

function isIterable(value) {
  return typeof value === "object" && typeof value[Symbol.iterator] === "function";
}

function isPromise(value) {
  return typeof value?.then === "function";
}

function isRow(value) {
  return typeof value === "object" && value !== null && !isIterable(value) && !isPromise(value);
}

function described(value) {
  if (isPromise(value)) return "a promise: a processor waits for nothing, so it cannot be async";
  if (Array.isArray(value)) return "an array";
  return value === null ? "null" : `a ${typeof value}`;
}
