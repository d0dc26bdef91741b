// What the SDK for JavaScript can do. Each line of the input says what is to be done; the README beside has the list.

import { Failure, Skip, log, param, processor, readShared, sharedSize } from "sandmill";

const COLUMNS = ["line", "text", "length", "above", "half_more", "is_long", "note", "source"];

function told(input, line, text, length) {
  return {
    line,
    text,
    length,
    above: length - 10,
    half_more: length + 0.5,
    is_long: length > 20,
    note: param("note") ?? null,
    source: input.path,
  };
}

function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function* tour(input) {
  const how = param("read");
  if (how !== undefined) {
    yield readAtOnce(input, how === "whole");
    return;
  }
  let number = 0;
  for (const { bytes, start } of input.byteLines()) {
    number++;
    const text = textOf(bytes);
    if (text === undefined) input.reject(number, "not text", start);
    else if (text === "") input.reject(number, "empty", start);
    else if (text === "skip") throw new Skip(`line ${number} asks for it`);
    else if (text === "fail") throw new Failure(`line ${number} asks for it`);
    else if (text.startsWith("log ")) log(text);
    else if (text.startsWith("file ")) writeLine(input, text.slice(5));
    else if (text.startsWith("shared ")) {
      const described = describeShared(text.slice(7));
      if (described === undefined) input.reject(number, "not shared", start);
      else yield told(input, number, described, described.length);
    } else yield told(input, number, text, bytes.length);
  }
}

/** `NAME TEXT`: the text and a newline are appended to the file. */
function writeLine(input, line) {
  const space = line.indexOf(" ");
  if (space < 0) input.writeFile(line, "\n");
  else input.writeFile(line.slice(0, space), `${line.slice(space + 1)}\n`);
}

function hashOn(hash, bytes) {
  for (let at = 0; at < bytes.length; at++) hash = (Math.imul(hash, 31) + bytes[at]) >>> 0;
  return hash;
}

/** What is in a file of the shared data, taken whole and read in parts; undefined if there is none. */
function describeShared(name) {
  const size = sharedSize(name);
  if (size === undefined) return undefined;
  const whole = hashOn(0, readShared(name));
  let parts = 0;
  let end = 0;
  for (let part = readShared(name, 0, 1_000); part.length > 0; part = readShared(name, end, end + 1_000)) {
    parts = hashOn(parts, part);
    end += part.length;
  }
  const beyond = readShared(name, end + 1).length;
  return `size ${size}, hash ${whole}, in parts ${end}, hash ${parts}, beyond ${beyond}`;
}

/** One row about all of the input, which is taken whole or read in parts, and written to the file `copy` if there is one. */
function readAtOnce(input, whole) {
  const size = input.size ?? "unknown";
  const copy = param("copy");
  // It is there though the input is empty.
  if (copy !== undefined) input.writeFile(copy, "");
  let hash = 0;
  for (const part of whole ? [input.bytes()] : parts(input)) {
    hash = hashOn(hash, part);
    if (copy !== undefined) input.writeFile(copy, part);
  }
  return told(input, input.firstRecord ?? 0, `at ${input.chunkOffset}, size ${size}, hash ${hash}`, input.size);
}

function* parts(input) {
  for (let part = input.read(10_000); part.length > 0; part = input.read(10_000)) yield part;
}

processor(tour, { columns: COLUMNS });
