// A stand-in for sandmill, so that processors can be tested as the JavaScript that they are.

import { setHost } from "./boundary.js";
import { Input } from "./input.js";
import { Skip, messageOf, stackOf } from "./outcome.js";

/** Runs a processor on one input. testing.d.ts describes it. */
export function run(process, content = "", options = {}) {
  const { path = "input", params = {}, shared = {}, pulled = false, knowsSize = true } = options;
  const { chunkOffset = 0, firstRecord = 1 } = options;
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const tried = { rows: [], rejects: [], files: {}, log: [], error: undefined, skipped: undefined };
  const size = knowsSize ? bytes.length : null;
  const input = new Input(path, size, pulled || !knowsSize ? null : bytes, chunkOffset, firstRecord);
  const boundary = standIn(bytes, params, shared, tried);
  const before = setHost(boundary);
  try {
    boundary.emit(input.runProcessor(process));
    return tried;
  } catch (thrown) {
    const stack = stackOf(thrown);
    if (stack !== undefined) tried.log.push(stack);
    const ended = thrown instanceof Skip ? { skipped: thrown.message } : { error: messageOf(thrown) };
    return { ...tried, rows: [], rejects: [], files: {}, ...ended };
  } finally {
    setHost(before);
  }
}

function standIn(content, params, shared, tried) {
  let readBytes = 0;
  return {
    read(maxBytes) {
      const piece = content.slice(readBytes, readBytes + maxBytes);
      readBytes += piece.length;
      return piece;
    },
    param: (name) => (Object.hasOwn(params, name) ? params[name] : null),
    emit: (json) => tried.rows.push(...lines(json).map((row) => JSON.parse(row))),
    reject: (record, offset, reason) => tried.rejects.push({ record, reason, offset: offset ?? undefined }),
    writeFile(name, bytes) {
      tried.files[name] = new Uint8Array([...(tried.files[name] ?? []), ...bytes]);
    },
    sharedLen: (name) => (Object.hasOwn(shared, name) ? shared[name].length : null),
    sharedRead: (name, offset, maxBytes) => shared[name].slice(offset, offset + maxBytes),
    log: (line) => tried.log.push(line),
  };
}

function lines(json) {
  return json === "" ? [] : json.split("\n");
}
