// Sums up what is in a basket: a program for WASI that reads standard input and prints a JSON object.

import { Parser } from "./parser";
import { isUTF8 } from "./utf8";

// The largest count, and the largest sum: 2^53 - 1.
const MOST: u64 = 9007199254740991;

const CATEGORIES = ["fruits", "vegetables", "meat"];

function fail(problem: string): void {
  process.stderr.write("not a basket: " + problem + "\n");
  process.exit(1);
}

function readInput(): Uint8Array {
  let buffer = new ArrayBuffer(64 << 10);
  let size = 0;
  while (true) {
    const count = process.stdin.read(buffer, size);
    if (count == 0) return Uint8Array.wrap(buffer, 0, size);
    size += count;
    if (size == buffer.byteLength) {
      const wider = new ArrayBuffer(2 * size);
      memory.copy(changetype<usize>(wider), changetype<usize>(buffer), size);
      buffer = wider;
    }
  }
}

// The sum of the counts of a category.
function sum(parser: Parser): u64 {
  let sum: u64 = 0;
  parser.open();
  while (parser.name()) {
    sum += parser.count(MOST);
    if (sum > MOST) parser.fail("the counts add up to more than 2^53 - 1");
    if (parser.problem.length > 0) break;
  }
  return sum;
}

function main(): void {
  const input = readInput();
  if (!isUTF8(input)) fail("it is not UTF-8");
  const parser = new Parser(String.UTF8.decode(input.slice().buffer));
  const sums: u64[] = [0, 0, 0];
  const seen: bool[] = [false, false, false];
  parser.open();
  while (parser.name()) {
    const category = CATEGORIES.indexOf(parser.text);
    if (category < 0) fail("a category is unknown");
    if (seen[category]) fail("a category is there twice");
    seen[category] = true;
    sums[category] = sum(parser);
  }
  parser.end();
  if (parser.problem.length > 0) fail(parser.problem);
  let row = "";
  for (let i = 0; i < CATEGORIES.length; i++) {
    row += (i == 0 ? '{"' : ',"') + CATEGORIES[i] + '":' + sums[i].toString();
  }
  process.stdout.write(row + "}\n");
}

main();
