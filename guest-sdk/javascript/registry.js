// What the processor's module has registered, for component.js to find.

export const registered = { process: undefined, init: undefined, columns: undefined };

/** Makes a function the processor: it is called once for every input. */
export function processor(process, { columns } = {}) {
  if (typeof process !== "function") throw new TypeError("a processor is a function");
  if (registered.process !== undefined) throw new Error("there are two processors");
  registered.process = process;
  registered.columns = columns === undefined ? undefined : Array.from(columns, String);
  return process;
}

/** Has a function called once in every sandbox, before the first task. If it throws, no task can run. */
export function init(callback) {
  registered.init = callback;
}
