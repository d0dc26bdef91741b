/** What a cell holds. `null` is an empty cell, and so is a number that is infinite or none; lists and objects are JSON. */
export type Cell = null | boolean | number | string | readonly Cell[] | { readonly [name: string]: Cell };

/** Columns and their values. */
export type Row = { readonly [column: string]: Cell | undefined };

/** What a processor returns: a row, several (it may be a generator), or none. */
export type Returned = Row | Iterable<Row> | null | undefined | void;

/**
 * The input of a task, and where its rows and rejects go.
 *
 * Take it whole, with `bytes` or `text`, if it fits into the sandbox's memory; `lines` and `read` have only a part of it
 * in memory at a time.
 */
export class Input {
  private constructor();

  /** The path of the input, as the `path` column of the results shows it. */
  readonly path: string;

  /**
   * The size of the whole input in bytes; undefined as long as it is not known: that of a large input which is
   * decompressed on the way is when all of it has been read.
   */
  readonly size: number | undefined;

  /** Where in its file the input begins, in bytes: 0 unless it is a chunk of one (`--split`). */
  readonly chunkOffset: number;

  /** The number of the input's first record in its file, counted from 1; undefined if it is not known. */
  readonly firstRecord: number | undefined;

  /** The whole input, or what has not been read of it yet. */
  bytes(): Uint8Array;

  /** The same as text. It is a TypeError if it is not UTF-8. */
  text(): string;

  /** The next bytes, at most so many; none at the end. */
  read(maxBytes: number): Uint8Array;

  /** The lines as text, without the line ends `\n` and `\r\n`. It is a TypeError if one is not UTF-8. */
  lines(): Generator<string, void, void>;

  /** The lines as bytes, without their ends, and where each begins in the input. */
  byteLines(): Generator<{ bytes: Uint8Array; start: number }, void, void>;

  /**
   * Gives a row. Those that the processor returns come after it. If the task fails or is skipped in the end, its rows are
   * discarded.
   */
  emit(row: Row): void;

  /**
   * Reports a record that could not be used: its number, counted from 1, the reason, and where in the input it begins, in
   * bytes. The task goes on.
   */
  reject(record: number, reason: string, offset?: number): void;

  /**
   * Appends to a file of the task, which the first call makes: `OUT/files/...` has it when the task is done. The name is
   * a relative path with `/` between its parts.
   */
  writeFile(name: string, content: string | Uint8Array): void;
}

/** The input is none of this processor's business: no rows, and no failure. */
export class Skip extends Error {}

/**
 * The task has failed, and this is all of the message. Whatever else is thrown fails the task, too; the name of the error
 * is then in the message, and its stack in the log.
 */
export class Failure extends Error {}

export interface Options {
  /**
   * Declares the columns of every row, in their order. Then the results have all of them even if no task succeeds, and a
   * row that has others is a failure. Without it the columns are those that any row has.
   */
  columns?: Iterable<string>;
}

/** Makes a function the processor: it is called once for every input. */
export function processor<Process extends (input: Input) => Returned>(process: Process, options?: Options): Process;

/** Has a function called once in every sandbox, before the first task. If it throws, no task can run. */
export function init(callback: () => void): void;

/** The value of `--param name=value`; undefined if there is no such parameter. */
export function param(name: string): string | undefined;

/** Adds a line to the task's log, as `console.log` does. */
export function log(line: string): void;

/** The size in bytes of a file of the shared data (`--share`); undefined if there is none by this name. */
export function sharedSize(name: string): number | undefined;

/** A file of the shared data, or the part of it from byte `start` up to `end`. It is an error if there is none. */
export function readShared(name: string, start?: number, end?: number): Uint8Array;
