// What sandmill gives to a processor: component.js sets it in WebAssembly, testing.js elsewhere.

// The most that sandmill gives at once.
export const PIECE_BYTES = 1 << 20;

const nowhere = new Proxy(
  {},
  {
    get() {
      throw new Error("there is no task yet: sandmill can be asked from the processor and `init` on");
    },
  },
);

// The interface `host` of docs/wit/processor.wit, in which rows are JSON.
let current = nowhere;

/** Whether there is one: not while the component is built. */
export function hasHost() {
  return current !== nowhere;
}

/** The boundary of now. */
export function host() {
  return current;
}

/** Sets it, and returns the one before. */
export function setHost(boundary) {
  const before = current;
  current = boundary;
  return before;
}

/** The text as it can be handed over: halves of surrogate pairs, which UTF-8 cannot say, become U+FFFD. */
export function sound(text) {
  return String(text).toWellFormed();
}

/** The value of `--param name=value`; undefined if there is no such parameter. */
export function param(name) {
  return host().param(sound(name)) ?? undefined;
}

/** Adds a line to the task's log, as `console.log` does. */
export function log(line) {
  host().log(sound(line));
}

/** The size in bytes of a file of the shared data (`--share`); undefined if there is none by this name. */
export function sharedSize(name) {
  return host().sharedLen(sound(name)) ?? undefined;
}

/** A file of the shared data, or a part of it. */
export function readShared(name, start = 0, end = Infinity) {
  const size = sharedSize(name);
  if (size === undefined) throw new Error(`there is no ${JSON.stringify(name)} in the shared data`);
  const content = new Uint8Array(Math.max(0, Math.min(end, size) - start));
  for (let filled = 0; filled < content.length; ) {
    const piece = host().sharedRead(sound(name), start + filled, Math.min(content.length - filled, PIECE_BYTES));
    content.set(piece, filled);
    filled += piece.length;
  }
  return content;
}
