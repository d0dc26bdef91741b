import { Input, Returned, Row } from "./index.js";

export interface Options {
  path?: string;
  params?: Record<string, string>;
  shared?: Record<string, Uint8Array>;
  /** The input comes in pieces, as sandmill gives large ones. */
  pulled?: boolean;
  /** If not, the input is pulled, and its size is not known beforehand. */
  knowsSize?: boolean;
  chunkOffset?: number;
  firstRecord?: number;
}

/** What came of trying a processor. A task that fails or is skipped has no rows, rejects and files. */
export interface Tried {
  rows: Row[];
  rejects: { record: number; reason: string; offset: number | undefined }[];
  files: Record<string, Uint8Array>;
  log: string[];
  /** The message of a task that failed. */
  error: string | undefined;
  /** The reason of one that is skipped. */
  skipped: string | undefined;
}

/** Runs a processor on one input. */
export function run(process: (input: Input) => Returned, content?: string | Uint8Array, options?: Options): Tried;
