// The component: what sandmill calls. build.js puts it together with the module of the processor.

import world from "sandmill:processor/host@1.0.0";

import { setHost, sound } from "./boundary.js";
import { seedRandom } from "./globals.js";
import { Input } from "./input.js";
import { Skip, messageOf, stackOf } from "./outcome.js";
import { registered } from "./registry.js";

// The imports of the world, in which rows are JSON.
const boundary = { ...world, emit: (json) => world.emit({ tag: "json", val: json }) };

/** Called when the processor's module has been loaded. Before that there is no host. */
export function ready() {
  if (registered.process === undefined) {
    throw new Error("the module has no processor: call `processor(function)` of sandmill in it");
  }
  setHost(boundary);
}

export const guest = {
  process(task, input) {
    seedRandom(task.path);
    const content = input.tag === "whole" ? input.val : null;
    const taken = new Input(task.path, task.inputBytes, content, task.chunkOffset, task.firstRecord);
    try {
      return { tag: "json", val: taken.runProcessor(registered.process) };
    } catch (thrown) {
      if (thrown instanceof Skip) throw { tag: "skip", val: sound(thrown.message) };
      throw { tag: "error", val: failed(thrown) };
    }
  },
};

export const guestColumns = {
  columns() {
    return registered.columns ?? null;
  },
};

export const guestInit = {
  init() {
    seedRandom("");
    try {
      registered.init?.();
    } catch (thrown) {
      throw failed(thrown);
    }
  },
};

/** The message of what was thrown; where it comes from is in the log. */
function failed(thrown) {
  const stack = stackOf(thrown);
  if (stack !== undefined) boundary.log(sound(stack));
  return sound(messageOf(thrown));
}
