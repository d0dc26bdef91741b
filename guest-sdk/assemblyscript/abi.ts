// ABI 1 as docs/guest-abi.md has it: what the host calls. A processor exports all of this from its entry file:
//
//     export * from "../sandmill/abi";

import { inputSize } from "./host";
import { Input } from "./input";
import { arrayOf, discard, flush } from "./row";
import { Outcome, Registered, fail } from "./task";
import { Bytes } from "./text";

// What the host asked room for, until a task takes it. Nothing moves in memory.
let room = new ArrayBuffer(0);
// What the last call returned a pointer to; the host reads it before it calls again.
let reply = new Bytes(0);

export function sandmill_abi_1(): void {}

export function sandmill_alloc(size: i32): usize {
  room = new ArrayBuffer(size);
  return changetype<usize>(room);
}

export function sandmill_init(): u64 {
  const callback = Registered.init;
  return callback === null ? 0 : replyTo(callback());
}

export function sandmill_columns(): u64 {
  const columns = Registered.columns;
  return columns === null ? 0 : keep(arrayOf(columns));
}

export function sandmill_process(pointer: usize, size: i32): u64 {
  const isWhole = pointer != 0;
  const bytes = Uint8Array.wrap(room, 0, isWhole ? size : 0);
  room = new ArrayBuffer(0);
  const callback = Registered.process;
  if (callback === null) return replyTo(fail("there is no processor: call `process` in the entry file"));
  const outcome = callback(new Input(inputSize(), bytes, !isWhole));
  if (outcome.kind == 0) {
    flush();
  } else {
    discard();
  }
  return replyTo(outcome);
}

function replyTo(outcome: Outcome): u64 {
  if (outcome.kind == 0) return 0;
  const message = new Bytes(64);
  message.byte(outcome.kind);
  const text = String.UTF8.encode(outcome.message);
  message.copy(changetype<usize>(text), text.byteLength);
  return keep(message);
}

// Has bytes live until the next call, and packs their place.
function keep(bytes: Bytes): u64 {
  reply = bytes;
  return ((<u64>bytes.pointer) << 32) | bytes.size;
}
