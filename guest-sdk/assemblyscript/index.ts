// Processors for sandmill in AssemblyScript; README.md tells how.

export { writeFile } from "./file";
export { Input } from "./input";
export { JsonKind, JsonReader } from "./json";
export { Row, emit } from "./row";
export { Shared, shared } from "./shared";
export { Outcome, columns, done, fail, init, log, param, process, reject, skip } from "./task";
export { decode, isUTF8 } from "./text";
