// Processors for sandmill in AssemblyScript; README.md tells how.

export { Input } from "./input";
export { JsonKind, JsonReader } from "./json";
export { Row, emit } from "./row";
export { Outcome, columns, done, fail, init, log, param, process, reject, skip } from "./task";
export { decode, isUTF8 } from "./text";
