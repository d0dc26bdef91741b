// What AssemblyScript takes from its host elsewhere. The options `use` in asconfig.json put these in its place, so that
// a module imports nothing but what sandmill gives.

// @ts-ignore: decorator
@external("sandmill_1", "log")
declare function sandmill_log(pointer: usize, size: i32): void;

// Imported only where Math.random() is used.
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "random_get")
declare function random_get(pointer: usize, size: i32): i32;

function log(line: string): void {
  const bytes = String.UTF8.encode(line);
  sandmill_log(changetype<usize>(bytes), bytes.byteLength);
}

/** What `throw` and failed assertions come to: the task ends as a trap, and the message is the end of its log. */
export function sandmill_abort(
  message: string | null = null,
  fileName: string | null = null,
  line: u32 = 0,
  column: u32 = 0,
): void {
  const what = message === null ? "abort" : message;
  const where = fileName === null ? "" : " (" + fileName + ":" + line.toString() + ":" + column.toString() + ")";
  log(what + where);
  unreachable();
}

export function sandmill_trace(
  message: string,
  count: i32 = 0,
  a0: f64 = 0,
  a1: f64 = 0,
  a2: f64 = 0,
  a3: f64 = 0,
  a4: f64 = 0,
): void {
  let line = "trace: " + message;
  if (count > 0) line += " " + a0.toString();
  if (count > 1) line += ", " + a1.toString();
  if (count > 2) line += ", " + a2.toString();
  if (count > 3) line += ", " + a3.toString();
  if (count > 4) line += ", " + a4.toString();
  log(line);
}

/** What Math.random() starts from: randomness of sandmill's, the same for the same path in every run. */
export function sandmill_seed(): f64 {
  const bytes = new ArrayBuffer(8);
  random_get(changetype<usize>(bytes), 8);
  return reinterpret<f64>(load<u64>(changetype<usize>(bytes)));
}

export namespace sandmill_console {
  export function log(message: string = ""): void {
    sandmill_line(message);
  }
  export function debug(message: string = ""): void {
    sandmill_line(message);
  }
  export function info(message: string = ""): void {
    sandmill_line(message);
  }
  export function warn(message: string = ""): void {
    sandmill_line(message);
  }
  export function error(message: string = ""): void {
    sandmill_line(message);
  }
  export function assert<T>(condition: T, message: string = ""): void {
    if (!condition) sandmill_line("Assertion failed: " + message);
  }
}

function sandmill_line(message: string): void {
  log(message);
}
