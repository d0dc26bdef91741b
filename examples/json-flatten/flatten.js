import { Failure } from "sandmill";

/**
 * The records of an input: its lines if it is JSON lines, else the items of its list, else itself. A line that cannot be
 * read has a problem and no value.
 *
 * @param {import("sandmill").Input} input
 */
export function* records(input) {
  if (/\.(jsonl|ndjson)$/i.test(input.path)) {
    let number = 0;
    for (const { bytes, start } of input.byteLines()) {
      number++;
      if (bytes.some((byte) => byte > 0x20)) yield { number, start, ...parsed(bytes) };
    }
    return;
  }
  const { value, problem } = parsed(input.bytes());
  if (problem !== undefined) throw new Failure(problem);
  let number = 0;
  for (const item of Array.isArray(value) ? value : [value]) {
    number++;
    yield { number, start: undefined, value: item };
  }
}

function parsed(bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return { value: JSON.parse(text) };
  } catch (error) {
    return { problem: error.message };
  }
}

/**
 * The columns and values of a record: names that lead to a value are joined, items of lists are counted from 0. What is
 * empty stays as it is, so that nothing gets lost.
 */
export function flatten(record, separator = ".", lists = "columns") {
  if (!isObject(record)) throw new Failure("it is no object");
  // A name can be one that objects have by birth.
  const cells = new Map();
  const add = (column, value) => {
    if (column === "record" || cells.has(column)) throw new Failure(`there are two values for ${JSON.stringify(column)}`);
    if (!isExact(value)) {
      throw new Failure(`${JSON.stringify(column)} may have lost digits: numbers are exact up to 2^53 - 1`);
    }
    cells.set(column, value);
  };
  const walk = (prefix, value) => {
    const isNested = isObject(value) || (Array.isArray(value) && lists === "columns");
    const entries = isNested ? Object.entries(value) : [];
    if (entries.length === 0) add(prefix, value);
    for (const [name, nested] of entries) walk(`${prefix}${separator}${name}`, nested);
  };
  for (const [name, value] of Object.entries(record)) walk(name, value);
  return Object.fromEntries(cells);
}

function isExact(value) {
  if (typeof value === "object" && value !== null) return Object.values(value).every(isExact);
  return !Number.isInteger(value) || Number.isSafeInteger(value);
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
