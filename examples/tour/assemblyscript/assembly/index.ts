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
  skip,
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
    } else {
      emit(
        new Row()
          .set("line", number)
          .set("text", text)
          .set("length", line.length)
          .set("above", line.length - 10)
          .set("half_more", <f64>line.length + 0.5)
          .set("is_long", line.length > 20)
          .set("note", note)
          .set("source", source),
      );
    }
    start = next;
  }
  return done();
}

// One row about all of the input, which is taken whole or read in parts.
function readAtOnce(input: Input, whole: bool, note: string | null): Outcome {
  const size = input.size < 0 ? "unknown" : input.size.toString();
  let hash: u32 = 0;
  if (whole) {
    const bytes = input.bytes();
    for (let i = 0; i < bytes.length; i++) hash = hash * 31 + bytes[i];
  } else {
    const part = new Uint8Array(10_000);
    for (let count = input.read(part); count > 0; count = input.read(part)) {
      for (let i = 0; i < count; i++) hash = hash * 31 + part[i];
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
