// Baskets, read token by token: the parser of the language keeps the last of names that come twice, and recurses.

import { Failure } from "sandmill";

export const CATEGORIES = ["fruits", "vegetables", "meat"];

const SPACE = /[ \t\n\r]*/y;
const COUNT = /(?:0|[1-9][0-9]{0,15})(?![0-9.eE])/y;
// What is not allowed in a string, escaped or not, is found by the parser of the language.
const STRING = /"(?:[^"\\]|\\.)*"/sy;

/** The sums of a basket. */
export function read(text) {
  const reader = new Reader(text);
  const sums = new Map();
  for (const category of reader.names()) {
    if (!CATEGORIES.includes(category) || sums.has(category)) {
      throw new Failure(`the category ${JSON.stringify(category)} is unknown or there twice`);
    }
    let sum = 0;
    for (const _ of reader.names()) {
      sum += reader.count();
      if (!Number.isSafeInteger(sum)) throw new Failure("sums are at most 2^53 - 1");
    }
    sums.set(category, sum);
  }
  reader.end();
  return Object.fromEntries(CATEGORIES.map((category) => [category, sums.get(category) ?? 0]));
}

/** JSON, and where in it we are: at no white space. */
class Reader {
  #text;
  #at = 0;

  constructor(text) {
    this.#text = text;
    this.#match(SPACE);
  }

  /** The names of an object, each of which is followed by a value that is to be read before the next. */
  *names() {
    this.#expect("{");
    if (this.#takes("}")) return;
    do yield this.#name();
    while (this.#takes(","));
    this.#expect("}");
  }

  count() {
    const count = Number(this.#match(COUNT) ?? NaN);
    if (!Number.isSafeInteger(count)) throw this.#unexpected("a count");
    this.#match(SPACE);
    return count;
  }

  end() {
    if (this.#at < this.#text.length) throw this.#unexpected("the end");
  }

  #name() {
    const string = this.#match(STRING);
    if (string === undefined) throw this.#unexpected("a name");
    const name = JSON.parse(string);
    if (!name.isWellFormed()) throw new Failure("half of a surrogate pair is no text");
    this.#match(SPACE);
    this.#expect(":");
    return name;
  }

  /** What a pattern matches here. */
  #match(pattern) {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    this.#at += found?.[0].length ?? 0;
    return found?.[0];
  }

  #takes(character) {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    this.#match(SPACE);
    return true;
  }

  #expect(character) {
    if (!this.#takes(character)) throw this.#unexpected(`'${character}'`);
  }

  #unexpected(expected) {
    return new Failure(`${expected} is expected at character ${this.#at}`);
  }
}
