// Sums up what is in each basket, with the SDK and its reader for JSON.

import { Input, JsonReader, Outcome, Row, columns, done, emit, fail, process } from "../../../../guest-sdk/assemblyscript";
export * from "../../../../guest-sdk/assemblyscript/abi";

// The largest count, and the largest sum: 2^53 - 1.
const MOST: u64 = 9007199254740991;

const CATEGORIES = ["fruits", "vegetables", "meat"];

function count(input: Input): Outcome {
  const json = new JsonReader(input.bytes());
  const sums: u64[] = [0, 0, 0];
  const seen: bool[] = [false, false, false];
  json.enterObject();
  while (json.nextName()) {
    const category = CATEGORIES.indexOf(json.name);
    if (category < 0) return fail("unknown category `" + json.name + "`");
    if (seen[category]) return fail("the category `" + json.name + "` is there twice");
    seen[category] = true;
    let sum: u64 = 0;
    json.enterObject();
    while (json.nextName()) {
      const count = json.u64();
      if (count > MOST || sum + count > MOST) return fail("counts and sums are at most 2^53 - 1");
      sum += count;
    }
    sums[category] = sum;
  }
  json.end();
  if (json.hasFailed) return fail("not a basket: " + json.error);
  const row = new Row();
  for (let i = 0; i < CATEGORIES.length; i++) row.set(CATEGORIES[i], sums[i]);
  emit(row);
  return done();
}

columns(CATEGORIES);
process(count);
