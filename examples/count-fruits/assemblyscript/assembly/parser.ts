/** Reads as much of JSON as a basket is made of: objects, strings and whole numbers. After the first problem, no more. */
export class Parser {
  /** What is wrong; empty as long as nothing is. */
  problem: string = "";
  /** What `name` has found. */
  text: string = "";
  private at: i32 = 0;
  private isFirst: bool = false;

  constructor(private json: string) {}

  fail(problem: string): void {
    if (this.problem.length == 0) this.problem = problem + " at character " + this.at.toString();
    // Nothing comes after the end.
    this.at = this.json.length;
  }

  /** Goes into an object. */
  open(): void {
    this.expect(0x7b, "an object is expected");
    this.isFirst = true;
  }

  /** Reads the next name of the object, and goes to its value; false at the end of the object. */
  name(): bool {
    const byte = this.next();
    const isFirst = this.isFirst;
    this.isFirst = false;
    if (byte == 0x7d) {
      this.at++;
      return false;
    }
    if (!isFirst) this.expect(0x2c, "a comma is expected");
    this.next();
    this.text = this.string();
    this.expect(0x3a, "a colon is expected");
    return this.problem.length == 0;
  }

  /** Reads a count, which is at most `most`. */
  count(most: u64): u64 {
    let code = this.next();
    const from = this.at;
    let count: u64 = 0;
    while (code >= 0x30 && code <= 0x39) {
      count = count * 10 + (code - 0x30);
      if (count > most) break;
      code = this.codeAt(++this.at);
    }
    const isLong = this.at > from + 1 && this.json.charCodeAt(from) == 0x30;
    // A comma or the end of the object has to follow, so a fraction or an exponent is found there.
    if (this.at == from || count > most || isLong) this.fail("a count is expected");
    return count;
  }

  /** There must be nothing more. */
  end(): void {
    if (this.next() != -1) this.fail("the end is expected");
  }

  // The character at a place; -1 behind the end.
  private codeAt(at: i32): i32 {
    return at < this.json.length ? this.json.charCodeAt(at) : -1;
  }

  // The next character that is not white space, which is skipped.
  private next(): i32 {
    let code = this.codeAt(this.at);
    while (code == 0x20 || code == 0x0a || code == 0x0d || code == 0x09) code = this.codeAt(++this.at);
    return code;
  }

  private expect(code: i32, problem: string): void {
    if (this.next() == code) this.at++;
    else this.fail(problem);
  }

  private string(): string {
    this.expect(0x22, "a string is expected");
    let text = "";
    let code = this.codeAt(this.at++);
    while (code != 0x22) {
      if (code == 0x5c) code = this.escape();
      else if (code < 0x20) code = -1;
      if (code < 0) {
        this.fail("a string is expected");
        return "";
      }
      text += String.fromCodePoint(code);
      code = this.codeAt(this.at++);
    }
    return text;
  }

  // What an escape means, of which the backslash is read; -1 if it means nothing.
  private escape(): i32 {
    const letter = this.codeAt(this.at++);
    if (letter != 0x75) {
      const at = letter < 0 ? -1 : '"\\/bfnrt'.indexOf(String.fromCharCode(letter));
      return at < 0 ? -1 : '"\\/\b\f\n\r\t'.charCodeAt(at);
    }
    const code = this.hex();
    if (code < 0xd800 || code > 0xdfff) return code;
    // The first half of a pair; the second follows.
    if (code > 0xdbff || this.codeAt(this.at++) != 0x5c || this.codeAt(this.at++) != 0x75) return -1;
    const low = this.hex();
    return low < 0xdc00 || low > 0xdfff ? -1 : 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }

  private hex(): i32 {
    let value = 0;
    for (let i = 0; i < 4; i++) {
      const code = this.codeAt(this.at++);
      const digit = code < 0 ? -1 : "0123456789abcdef".indexOf(String.fromCharCode(code).toLowerCase());
      if (digit < 0) return -1;
      value = (value << 4) | digit;
    }
    return value;
  }
}
