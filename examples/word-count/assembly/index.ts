// The words that come most often in each text.

import { Input, Outcome, Row, columns, done, emit, fail, init, param, process, skip } from "../../../guest-sdk/assemblyscript";
import { Words } from "./words";
export * from "../../../guest-sdk/assemblyscript/abi";

const MOST_TOP: i32 = 1000;
let top: i32 = 10;

// A word and how often it comes.
class Entry {
  constructor(
    readonly word: string,
    readonly count: i32,
  ) {}
}

function prepare(): Outcome {
  const value = param("top");
  if (value === null) return done();
  top = I32.parseInt(value);
  if (top.toString() != value || top < 1 || top > MOST_TOP) {
    return fail("top is a number from 1 to " + MOST_TOP.toString() + ", not `" + value + "`");
  }
  return done();
}

function count(input: Input): Outcome {
  if (!input.isText()) return skip("not a text in UTF-8");
  const counts = new Map<string, i32>();
  const words = new Words(input.text());
  while (words.next()) {
    const word = words.word;
    counts.set(word, counts.has(word) ? counts.get(word) + 1 : 1);
  }
  const entries = new Array<Entry>();
  const found = counts.keys();
  for (let i = 0; i < found.length; i++) entries.push(new Entry(found[i], counts.get(found[i])));
  // The most frequent first, in the order of their letters where they are equally so.
  entries.sort((a, b) => (a.count != b.count ? b.count - a.count : a.word < b.word ? -1 : 1));
  for (let i = 0; i < min(top, entries.length); i++) {
    emit(new Row().set("rank", i + 1).set("word", entries[i].word).set("count", entries[i].count));
  }
  return done();
}

columns(["rank", "word", "count"]);
init(prepare);
process(count);
