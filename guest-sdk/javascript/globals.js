// What programs expect of JavaScript and QuickJS alone does not have: `console`, text as UTF-8, randomness of the task's
// own. Outside of WebAssembly these are those of Node, and this module is not loaded.

import { hasHost, log } from "./boundary.js";
import { decode, encode } from "./utf8.js";

function shown(value) {
  if (typeof value === "string") return value;
  if (value instanceof Error) return `${value}\n${value.stack ?? ""}`.trimEnd();
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

function print(...values) {
  if (hasHost()) log(values.map(shown).join(" "));
}

globalThis.console = { debug: print, error: print, info: print, log: print, warn: print };

globalThis.TextDecoder = class TextDecoder {
  #ignoreBom;

  constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
    if (!["utf-8", "utf8"].includes(String(label).toLowerCase())) throw new RangeError(`${label} is not decoded here`);
    this.encoding = "utf-8";
    this.fatal = fatal;
    this.#ignoreBom = ignoreBOM;
  }

  decode(input = new Uint8Array()) {
    const bytes = ArrayBuffer.isView(input)
      ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
      : new Uint8Array(input);
    const text = decode(bytes, this.fatal);
    return !this.#ignoreBom && text.startsWith("\ufeff") ? text.slice(1) : text;
  }
};

globalThis.TextEncoder = class TextEncoder {
  encoding = "utf-8";

  encode(text = "") {
    return encode(String(text));
  }
};

// The generator of the language was seeded when the component was built, and goes on from task to task. This one is
// xorshift128, seeded by the task's path when it is first asked.
let seed = "";
let state;

/** Begins the random numbers of a task. */
export function seedRandom(text) {
  seed = text;
  state = undefined;
}

function seeded(text) {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return Array.from({ length: 4 }, () => {
    hash = (hash + 0x9e3779b9) | 0;
    let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) | 1;
  });
}

function randomWord() {
  state ??= seeded(seed);
  let word = state[3];
  word ^= word << 11;
  word ^= word >>> 8;
  word ^= state[0] ^ (state[0] >>> 19);
  state = [word, state[0], state[1], state[2]];
  return word >>> 0;
}

Math.random = () => (randomWord() * 0x200000 + (randomWord() >>> 11)) / 0x20000000000000;
