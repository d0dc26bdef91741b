import { hostLog, hostParam, hostReject } from "./host";
import { Input } from "./input";

/** How a task ends: see `done`, `fail` and `skip`. */
export class Outcome {
  /** @internal `kind` is the first byte of a reply of the ABI. */
  constructor(
    readonly kind: i32,
    readonly message: string,
  ) {}
}

/** The task is done, and its rows are those that were emitted. */
export function done(): Outcome {
  return new Outcome(0, "");
}

/** The task has failed: it has no rows, and `message` is on record. */
export function fail(message: string): Outcome {
  return new Outcome(1, message);
}

/** The input is none of this processor's business: no rows, and no failure. */
export function skip(reason: string): Outcome {
  return new Outcome(2, reason);
}

/** @internal What the processor has registered. */
export class Registered {
  static process: ((input: Input) => Outcome) | null = null;
  static init: (() => Outcome) | null = null;
  static columns: string[] | null = null;
}

/** Makes `callback` the processor. It is called once for every input. */
export function process(callback: (input: Input) => Outcome): void {
  Registered.process = callback;
}

/** Has `callback` called once in every sandbox, before the first task. If it fails, no task can run. */
export function init(callback: () => Outcome): void {
  Registered.init = callback;
}

/**
 * Declares the columns of every row, in their order. Then the results have all of them even if no task succeeds, and a
 * row that has others is a failure. Without it the columns are those that any row has.
 */
export function columns(names: string[]): void {
  Registered.columns = names;
}

/** The value of `--param name=value`; null if there is no such parameter. */
export function param(name: string): string | null {
  return hostParam(name);
}

/**
 * Reports a record of the input that could not be used: its number, counted from 1, its byte offset in the input
 * (negative if that is not known), and the reason. The task goes on.
 */
export function reject(record: i64, offset: i64, reason: string): void {
  hostReject(record, offset, reason);
}

/** Adds a line to the task's log, as `console.log` does. */
export function log(line: string): void {
  hostLog(line);
}
