// What differs in WebAssembly from Node: the globals, and how tasks end. tests/javascript.rs runs it.

import { Skip, init, log, param, processor, readShared } from "sandmill";

console.log("while it is built there is no log");

const decoded = (bytes, options) => {
  try {
    return new TextDecoder("utf-8", options).decode(bytes);
  } catch (error) {
    return error.name;
  }
};

const WAYS = {
  *lines(input) {
    for (const { bytes } of input.byteLines()) {
      const lossy = decoded(bytes, { ignoreBOM: true });
      const strict = decoded(bytes, { fatal: true, ignoreBOM: true });
      const is_text = strict === lossy;
      const bytesAgain = new TextEncoder().encode(lossy);
      yield { lossy, is_text, encoded: !is_text || bytesAgain.every((byte, at) => byte === bytes[at]) };
    }
  },
  random: () => ({ a: Math.random(), b: Math.random(), now: Date.now(), has_range: inRange() }),
  throw() {
    throw new RangeError("thrown");
  },
  skip() {
    throw new Skip("not for us \ud800");
  },
  console() {
    console.log("a", 1, { b: [null] }, undefined);
    console.error(new Error("shown"));
    log("half \ud800");
  },
  files(input) {
    input.writeFile("notes/a.txt", "noted ä\n");
    return { words: new TextDecoder().decode(readShared("words", 4)) };
  },
  half: () => ({ a: "\ud800" }),
  async: async () => ({}),
  recursion: () => ({ a: depth() }),
  memory() {
    const kept = [];
    for (;;) kept.push(new Uint8Array(1 << 20).fill(1));
  },
  memory_of_objects() {
    const kept = [];
    for (;;) kept.push({ number: kept.length, text: `text ${kept.length}` });
  },
};

function inRange() {
  let [least, most, sum] = [1, 0, 0];
  for (let times = 0; times < 10_000; times++) {
    const number = Math.random();
    [least, most, sum] = [Math.min(least, number), Math.max(most, number), sum + number];
  }
  return least >= 0 && least < 0.001 && most < 1 && most > 0.999 && Math.abs(sum / 10_000 - 0.5) < 0.02;
}

function depth() {
  return depth() + 1;
}

init(() => {
  if (!(param("do") in WAYS)) throw new Error("`do` is none of those");
});

processor((input) => WAYS[param("do")](input));
