// Makes a component of a processor: `node sandmill/build.js PROCESSOR.js OUTPUT.wasm`, in the folder of the project.

import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

import { componentize } from "componentize-qjs";

const [source, output, ...rest] = process.argv.slice(2);
if (output === undefined || rest.length > 0) {
  console.error("usage: node sandmill/build.js PROCESSOR.js OUTPUT.wasm");
  process.exit(2);
}
const root = process.cwd();
const module = resolve(source);
if (!module.startsWith(root + sep)) {
  console.error(`${source} is not in this folder, which is all that is seen of the project`);
  process.exit(2);
}
// The component first: it makes the globals that a processor may want as it is loaded.
const entry = [
  'import { ready } from "sandmill/component";',
  `import ${JSON.stringify(`./${module.slice(root.length + 1).split(sep).join("/")}`)};`,
  'export { guest, guestColumns, guestInit } from "sandmill/component";',
  "ready();",
].join("\n");

try {
  const { component } = await componentize({
    witPath: fileURLToPath(new URL("wit", import.meta.url)),
    jsSource: entry,
    // Imports of the entry are looked up from there: it is no file, and this must be one.
    jsPath: join(root, "package.json"),
    moduleRoot: root,
    world: "processor-with-init",
    sync: true,
  });
  await writeFile(output, Buffer.concat([component, producers()]));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

/** The section that says what a component was made of, for `sandmill inspect`. All lengths are of one byte. */
function producers() {
  const { version } = createRequire(import.meta.url)("componentize-qjs/package.json");
  const named = (text) => Buffer.from([text.length, ...Buffer.from(text)]);
  const field = (name, value, version) => [named(name), Buffer.from([1]), named(value), named(version)];
  const content = Buffer.concat([
    named("producers"),
    Buffer.from([2]),
    ...field("language", "JavaScript", ""),
    ...field("processed-by", "componentize-qjs", version),
  ]);
  return Buffer.from([0, content.length, ...content]);
}
