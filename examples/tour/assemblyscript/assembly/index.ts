// What the SDK for AssemblyScript can do. Each line of the input says what is to be done; the README beside has the list.

import {
  Input,
  Outcome,
  Row,
  columns,
  decode,
  done,
  emit,
  fail,
  isUTF8,
  log,
  param,
  process,
  reject,
  shared,
  skip,
  writeFile,
} from "../../../../guest-sdk/assemblyscript";
export * from "../../../../guest-sdk/assemblyscript/abi";

function tour(input: Input): Outcome {
  const note = param("note");
  const source = input.path;
  const how = param("read");
  if (how !== null) return readAtOnce(input, how == "whole", note);
  const bytes = input.bytes();
  let number: i64 = 0;
  let start = 0;
  while (start < bytes.length) {
    number++;
    const found = bytes.indexOf(0x0a, start);
    const next = found < 0 ? bytes.length : found + 1;
    let end = found < 0 ? bytes.length : found;
    if (end > start && bytes[end - 1] == 0x0d) end--;
    const line = bytes.subarray(start, end);
    const text = decode(line);
    if (!isUTF8(line)) {
      reject(number, start, "not text");
    } else if (text == "") {
      reject(number, start, "empty");
    } else if (text == "skip") {
      return skip("line " + number.toString() + " asks for it");
    } else if (text == "fail") {
      return fail("line " + number.toString() + " asks for it");
    } else if (text.startsWith("log ")) {
      log(text);
    } else if (text.startsWith("file ")) {
      writeLine(text.slice(5));
    } else if (text.startsWith("shared ")) {
      const described = describeShared(text.slice(7));
      if (described === null) reject(number, start, "not shared");
      else tell(number, described, described.length, note, source);
    } else {
      tell(number, text, line.length, note, source);
    }
    start = next;
  }
  return done();
}

function tell(number: i64, text: string, length: i32, note: string | null, source: string): void {
  emit(
    new Row()
      .set("line", number)
      .set("text", text)
      .set("length", length)
      .set("above", length - 10)
      .set("half_more", <f64>length + 0.5)
      .set("is_long", length > 20)
      .set("note", note)
      .set("source", source),
  );
}

// `NAME TEXT`: the text and a newline are appended to the file.
function writeLine(line: string): void {
  const space = line.indexOf(" ");
  if (space < 0) writeFile(line, "\n");
  else writeFile(line.slice(0, space), line.slice(space + 1) + "\n");
}

function hashOn(hash: u32, bytes: Uint8Array): u32 {
  for (let i = 0; i < bytes.length; i++) hash = hash * 31 + bytes[i];
  return hash;
}

// What is in a file of the shared data, taken whole and read in parts; null if there is none.
function describeShared(name: string): string | null {
  const file = shared(name);
  if (file === null) return null;
  const whole = hashOn(0, file.bytes());
  let parts: u32 = 0;
  let offset: i64 = 0;
  const part = new Uint8Array(1000);
  for (let count = file.read(0, part); count > 0; count = file.read(offset, part)) {
    parts = hashOn(parts, part.subarray(0, count));
    offset += count;
  }
  const beyond = file.read(offset + 1, part);
  return `size ${file.size}, hash ${whole}, in parts ${offset}, hash ${parts}, beyond ${beyond}`;
}

// One row about all of the input, which is taken whole or read in parts, and written to the file `copy` if there is one.
function readAtOnce(input: Input, whole: bool, note: string | null): Outcome {
  const size = input.size < 0 ? "unknown" : input.size.toString();
  let hash: u32 = 0;
  const copy = param("copy");
  if (whole) {
    const bytes = input.bytes();
    hash = hashOn(hash, bytes);
    if (copy !== null) writeFile(copy, bytes);
  } else {
    if (copy !== null) writeFile(copy, ""); // It is there though the input is empty.
    const part = new Uint8Array(10_000);
    for (let count = input.read(part); count > 0; count = input.read(part)) {
      hash = hashOn(hash, part.subarray(0, count));
      if (copy !== null) writeFile(copy, part.subarray(0, count));
    }
  }
  emit(
    new Row()
      .set("line", input.firstRecord)
      .set("text", `at ${input.chunkOffset}, size ${size}, hash ${hash}`)
      .set("length", input.size)
      .set("above", input.size - 10)
      .set("half_more", <f64>input.size + 0.5)
      .set("is_long", input.size > 20)
      .set("note", note)
      .set("source", input.path),
  );
  return done();
}

columns(["line", "text", "length", "above", "half_more", "is_long", "note", "source"]);
process(tour);
