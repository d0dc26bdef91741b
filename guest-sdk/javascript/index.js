// Processors for sandmill in JavaScript; README.md tells how.

export { Failure, Skip } from "./outcome.js";
export { Input } from "./input.js";
export { init, processor } from "./registry.js";
export { log, param, readShared, sharedSize } from "./boundary.js";
