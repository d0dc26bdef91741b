// The SDK, run natively: `node --test` in the folder above.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Failure, Skip, log, param, processor, readShared, sharedSize } from "../index.js";
import { registered } from "../registry.js";
import { run } from "../testing.js";
import { decode, encode } from "../utf8.js";

const WAYS = [{}, { pulled: true }, { knowsSize: false }];

test("rows are returned, yielded or emitted, in order, whatever their number", () => {
  const expected = Array.from({ length: 20_000 }, (_, number) => ({ number }));
  function* yields() {
    const row = {};
    for (row.number = 0; row.number < expected.length; row.number++) yield row;
  }
  function emits(input) {
    for (const row of expected.slice(1)) input.emit({ number: row.number - 1 });
    return [{ number: expected.length - 1 }];
  }
  assert.deepEqual(run(yields).rows, expected);
  assert.deepEqual(run(emits).rows, expected);
  assert.deepEqual(run(() => ({ a: "ä\u2028", b: null, c: NaN })).rows, [{ a: "ä\u2028", b: null, c: null }]);
  assert.deepEqual(run(() => undefined).rows, []);
});

test("what is no row fails", () => {
  for (const [returned, message] of [
    ["text", "not a string"],
    [1, "not a number"],
    [[1], "not a number"],
    [[[1]], "not an array"],
    [[null], "not null"],
    [Promise.resolve({}), "cannot be async"],
    [{ a: 1n }, "BigInt"],
  ]) {
    const { error } = run(() => returned);
    assert.ok(error.startsWith("TypeError: ") && error.includes(message), error);
  }
});

test("an input is taken whole, in lines or in parts", () => {
  const text = `a,b\r\nä,\n\n\rend${"x".repeat(200_000)}`;
  const lines = ["a,b", "ä,", "", `\rend${"x".repeat(200_000)}`];
  for (const way of WAYS) {
    const taken = (take) => run((input) => ({ it: take(input), size: input.size }), text, way).rows[0];
    const { length } = new TextEncoder().encode(text);
    assert.deepEqual(taken((input) => input.text()), { it: text, size: length });
    assert.deepEqual(taken((input) => input.text() + input.text()).it, text + text);
    assert.deepEqual(taken((input) => [...input.lines()]), { it: lines, size: length });
    assert.deepEqual(taken((input) => [...input.byteLines()].map(({ start }) => start)).it, [0, 5, 9, 10]);
    assert.deepEqual(taken((input) => new TextDecoder().decode(input.read(5)) + input.text()).it, text);
    assert.deepEqual(taken((input) => input.read(0).length).it, 0);
    assert.deepEqual(taken((input) => input.lines().next().value).it, "a,b");
  }
});

test("the size is known when all has been read", () => {
  const sizes = (input) => ({ before: input.size ?? null, first: input.read(3).length, rest: input.bytes().length, after: input.size });
  for (const [way, before] of [[WAYS[0], 10], [WAYS[1], 10], [WAYS[2], null]]) {
    assert.deepEqual(run(sizes, "0123456789", way).rows, [{ before, first: 3, rest: 7, after: 10 }]);
  }
});

test("what is not text fails", () => {
  const bytes = new Uint8Array([0x61, 0x0a, 0xff]);
  assert.match(run((input) => ({ a: input.text() }), bytes).error, /^TypeError/);
  assert.match(run((input) => [...input.lines()].map((line) => ({ line })), bytes).error, /^TypeError/);
});

test("a task fails or is skipped, and has no rows then", () => {
  const ends = (thrown) =>
    run((input) => {
      input.emit({ a: 1 });
      input.reject(1, "broken");
      throw thrown;
    });
  const nothing = { rows: [], rejects: [], files: {} };
  assert.deepEqual(ends(new Skip("not for us")), { ...nothing, log: [], error: undefined, skipped: "not for us" });
  assert.deepEqual(ends(new Failure("not a basket")), { ...nothing, log: [], error: "not a basket", skipped: undefined });
  const failed = ends(new RangeError("too many"));
  assert.equal(failed.error, "RangeError: too many");
  assert.match(failed.log[0], /sdk\.test\.js/);
  assert.equal(ends("a string").error, "a string");
});

test("rejects, parameters, the log, files and shared data", () => {
  const tried = run(
    (input) => {
      input.reject(3, "not text \ud800", 17);
      input.reject(4, "empty");
      log("said");
      input.writeFile("a/b", "ä");
      input.writeFile("a/b", new Uint8Array([0]));
      const words = new TextDecoder().decode(readShared("words"));
      const tail = new TextDecoder().decode(readShared("words", 4, 7));
      return { top: param("top"), none: param("toString") ?? "none", path: input.path, words, tail };
    },
    "",
    { path: "x", params: { top: "3" }, shared: { words: new TextEncoder().encode("one\ntwo\n") } },
  );
  assert.deepEqual(tried.rejects, [
    { record: 3, reason: "not text \ufffd", offset: 17 },
    { record: 4, reason: "empty", offset: undefined },
  ]);
  assert.deepEqual(tried.log, ["said"]);
  assert.deepEqual([...tried.files["a/b"]], [0xc3, 0xa4, 0]);
  assert.deepEqual(tried.rows, [{ top: "3", none: "none", path: "x", words: "one\ntwo\n", tail: "two" }]);
  assert.equal(run(() => ({ size: sharedSize("words") ?? "none" })).rows[0].size, "none");
  assert.match(run(() => ({ a: readShared("words") })).error, /there is no "words" in the shared data/);
  for (const record of [-1, 0.5, NaN, 2 ** 53, "1", undefined]) {
    assert.match(run((input) => input.reject(record, "")).error, /^RangeError: the record is/);
  }
});

test("there is one processor, and nothing to ask before there is a task", () => {
  const count = () => undefined;
  assert.equal(processor(count, { columns: new Set(["a", "b"]) }), count);
  assert.deepEqual([registered.process, registered.columns], [count, ["a", "b"]]);
  assert.throws(() => processor(count), /two processors/);
  assert.throws(() => processor("count"), TypeError);
  assert.throws(() => param("top"), /there is no task yet/);
});

test("UTF-8 is read and written as Node does it", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const lossy = new TextDecoder("utf-8", { ignoreBOM: true });
  // Numbers that look random and are the same in every run, most of which are no text.
  let state = 1;
  const below = (bound) => (state = Math.imul(state, 48_271) & 0x7fffffff) % bound;
  const BYTES = [0, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff];
  let sound = 0;
  for (let round = 0; round < 20_000; round++) {
    const bytes = Uint8Array.from({ length: below(5) }, () => BYTES[below(BYTES.length)]);
    assert.equal(decode(bytes, false), lossy.decode(bytes), String(bytes));
    let expected;
    try {
      expected = strict.decode(bytes);
      sound++;
    } catch {
      assert.throws(() => decode(bytes, true), TypeError, String(bytes));
      continue;
    }
    assert.equal(decode(bytes, true), expected);
    assert.deepEqual(encode(expected), bytes);
  }
  assert.ok(sound > 100, String(sound));
  const long = "ä\ufeff🍌\u0000x".repeat(10_000);
  assert.equal(decode(encode(long), true), long);
  assert.deepEqual(encode("\ud800x"), new TextEncoder().encode("\ud800x"));
});
