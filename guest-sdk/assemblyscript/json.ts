import { Bytes, characterSize } from "./text";

/** What comes next in a JSON text. */
export enum JsonKind {
  Object,
  Array,
  String,
  Number,
  Bool,
  Null,
  /** Nothing that JSON knows. */
  None,
}

/** Objects and arrays nest this deep at most, as many as any honest text has. */
const MAX_DEPTH: i32 = 512;

/**
 * Reads a JSON text (RFC 8259, strictly) from its start to its end.
 *
 *     const json = new JsonReader(input.bytes());
 *     let sum: u64 = 0;
 *     json.enterObject();
 *     while (json.nextName()) {
 *       if (json.name == "count") sum += json.u64();
 *       else json.skip();
 *     }
 *     json.end();
 *     if (json.hasFailed) return fail(json.error);
 *
 * After the first error nothing is read any more: values are 0, empty or null, there is no next name or item, and
 * `error` says what was wrong. So it is enough to look at it once, before anything that was read is used.
 */
export class JsonReader {
  /** What was wrong; empty as long as nothing is. */
  error: string = "";
  /** What `nextName` has found. */
  name: string = "";
  private at: usize;
  private start: usize;
  private stop: usize;
  // For each object or array that has been entered: whether it is an object, and whether it had something in it.
  private isObject: StaticArray<bool> = new StaticArray<bool>(MAX_DEPTH);
  private isBegun: StaticArray<bool> = new StaticArray<bool>(MAX_DEPTH);
  private depth: i32 = 0;

  constructor(private bytes: Uint8Array) {
    this.start = bytes.dataStart;
    this.at = this.start;
    this.stop = this.start + bytes.length;
  }

  get hasFailed(): bool {
    return this.error.length > 0;
  }

  /** Where the next byte is read from. */
  get offset(): i32 {
    return <i32>(this.at - this.start);
  }

  /** What the next value is, without reading it. */
  peek(): JsonKind {
    switch (this.nextByte()) {
      case 0x7b:
        return JsonKind.Object;
      case 0x5b:
        return JsonKind.Array;
      case 0x22:
        return JsonKind.String;
      case 0x74:
      case 0x66:
        return JsonKind.Bool;
      case 0x6e:
        return JsonKind.Null;
      case 0x2d:
        return JsonKind.Number;
      default:
        return isDigit(this.nextByte()) ? JsonKind.Number : JsonKind.None;
    }
  }

  /** Goes into an object, whose names are then to be read by `nextName`. */
  enterObject(): void {
    this.enter(0x7b, true, "an object is expected");
  }

  /** Goes into an array, whose items are then to be read as long as `nextItem` says so. */
  enterArray(): void {
    this.enter(0x5b, false, "an array is expected");
  }

  /** Reads the next name of the object, which is then in `name`, and whose value is next. False at its end. */
  nextName(): bool {
    this.name = "";
    if (!this.next(true, 0x7d)) return false;
    this.name = this.string();
    if (this.nextByte() != 0x3a) return this.fail("a colon is expected");
    this.at++;
    return true;
  }

  /** Whether there is a next item in the array, which is then to be read. False at its end. */
  nextItem(): bool {
    return this.next(false, 0x5d);
  }

  /** Reads a string. */
  string(): string {
    const text = new Bytes(32);
    return this.readString(text) ? text.toString() : "";
  }

  /** Reads a number as the text that it is. */
  number(): string {
    this.nextByte();
    const from = this.at;
    return this.readNumber() ? String.UTF8.decodeUnsafe(from, this.at - from) : "";
  }

  /** Reads a number. */
  f64(): f64 {
    const text = this.number();
    return text.length > 0 ? parseFloat(text) : 0;
  }

  /** Reads a whole number, which is written in digits alone. */
  u64(): u64 {
    return this.readWhole("a whole number from 0 to 2^64 - 1 is expected");
  }

  /** Reads a whole number, which is written in digits and perhaps a minus sign. */
  i64(): i64 {
    const problem = "a whole number from -2^63 to 2^63 - 1 is expected";
    const isNegative = this.nextByte() == 0x2d;
    // What follows the sign has to be a digit.
    if (isNegative && !isDigit(this.byteAt(++this.at))) {
      this.fail(problem);
      return 0;
    }
    const size = this.readWhole(problem);
    if (size > <u64>i64.MAX_VALUE + <u64>isNegative) {
      this.fail(problem);
      return 0;
    }
    return isNegative ? <i64>(0 - size) : <i64>size;
  }

  /** Reads true or false. */
  bool(): bool {
    const isTrue = this.nextByte() == 0x74;
    if (!this.word(isTrue ? "true" : "false")) {
      this.fail("true or false is expected");
      return false;
    }
    return isTrue;
  }

  /** Reads null. */
  null(): void {
    this.nextByte();
    if (!this.word("null")) this.fail("null is expected");
  }

  /** Reads a value of any kind, and everything in it. */
  skip(): void {
    const depth = this.depth;
    do {
      if (this.depth > depth) {
        const isObject = this.isObject[this.depth - 1];
        if (isObject ? !this.nextName() : !this.nextItem()) continue;
      }
      switch (this.peek()) {
        case JsonKind.Object:
          this.enterObject();
          break;
        case JsonKind.Array:
          this.enterArray();
          break;
        case JsonKind.String:
          this.string();
          break;
        case JsonKind.Number:
          this.number();
          break;
        case JsonKind.Bool:
          this.bool();
          break;
        case JsonKind.Null:
          this.null();
          break;
        default:
          this.fail("a value is expected");
      }
    } while (!this.hasFailed && this.depth > depth);
  }

  /** There must be nothing more. */
  end(): void {
    if (this.nextByte() != -1 || this.depth > 0) this.fail("the end is expected");
  }

  private fail(problem: string): bool {
    if (!this.hasFailed) this.error = problem + " at byte " + this.offset.toString();
    return false;
  }

  // The byte at a place; -1 behind the end and after an error.
  private byteAt(at: usize): i32 {
    return at < this.stop && !this.hasFailed ? <i32>load<u8>(at) : -1;
  }

  // The next byte that is not white space, which is skipped.
  private nextByte(): i32 {
    let byte = this.byteAt(this.at);
    while (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09) byte = this.byteAt(++this.at);
    return byte;
  }

  private enter(bracket: i32, isObject: bool, problem: string): void {
    if (this.nextByte() != bracket) {
      this.fail(problem);
    } else if (this.depth == MAX_DEPTH) {
      this.fail("more than " + MAX_DEPTH.toString() + " levels are nested");
    } else {
      this.at++;
      this.isObject[this.depth] = isObject;
      this.isBegun[this.depth] = false;
      this.depth++;
    }
  }

  private next(isObject: bool, bracket: i32): bool {
    if (this.hasFailed) return false;
    const top = this.depth - 1;
    if (top < 0 || this.isObject[top] != isObject) return this.fail("this is within no such object or array");
    let byte = this.nextByte();
    if (byte == bracket) {
      this.at++;
      this.depth = top;
      return false;
    }
    if (this.isBegun[top]) {
      if (byte != 0x2c) return this.fail("a comma is expected");
      this.at++;
      byte = this.nextByte();
    }
    this.isBegun[top] = true;
    if (isObject && byte != 0x22) return this.fail("a name is expected");
    if (byte == bracket || byte == -1) return this.fail("a value is expected");
    return true;
  }

  private word(word: string): bool {
    for (let i = 0; i < word.length; i++) {
      if (this.byteAt(this.at + i) != word.charCodeAt(i)) return false;
    }
    this.at += word.length;
    return true;
  }

  private readString(text: Bytes): bool {
    if (this.nextByte() != 0x22) return this.fail("a string is expected");
    this.at++;
    while (true) {
      const byte = this.byteAt(this.at);
      if (byte == 0x22) {
        this.at++;
        return true;
      }
      if (byte == -1) return this.fail("a string does not end");
      if (byte < 0x20) return this.fail("a control character is not escaped");
      if (byte == 0x5c) {
        if (!this.readEscape(text)) return false;
      } else {
        const size = characterSize(this.at, <i32>(this.stop - this.at));
        if (size < 0) return this.fail("a string is not UTF-8");
        text.copy(this.at, size);
        this.at += size;
      }
    }
  }

  private readEscape(text: Bytes): bool {
    const letter = this.byteAt(this.at + 1);
    if (letter == 0x75) {
      let code = this.readHex();
      if (code >= 0xd800 && code <= 0xdbff && this.byteAt(this.at) == 0x5c && this.byteAt(this.at + 1) == 0x75) {
        const low = this.readHex();
        code = low >= 0xdc00 && low <= 0xdfff ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : -1;
      }
      if (code < 0 || (code >= 0xd800 && code <= 0xdfff)) return this.fail("an escape is no character");
      text.character(code);
      return true;
    }
    const at = '"\\/bfnrt'.indexOf(String.fromCharCode(letter));
    if (letter == -1 || at < 0) return this.fail("an escape is not known");
    text.byte('"\\/\b\f\n\r\t'.charCodeAt(at));
    this.at += 2;
    return true;
  }

  // The number in `\uXXXX`, which is read; -1 if that is none.
  private readHex(): i32 {
    let code = 0;
    for (let i = 2; i < 6; i++) {
      const byte = this.byteAt(this.at + i);
      const letter = byte | 0x20;
      if (isDigit(byte)) code = (code << 4) | (byte - 0x30);
      else if (letter >= 0x61 && letter <= 0x66 && byte > 0) code = (code << 4) | (letter - 0x61 + 10);
      else return -1;
    }
    this.at += 6;
    return code;
  }

  // Reads digits, of which there must be one.
  private readDigits(): bool {
    if (!isDigit(this.byteAt(this.at))) return this.fail("a digit is expected");
    while (isDigit(this.byteAt(this.at))) this.at++;
    return true;
  }

  private readNumber(): bool {
    if (this.nextByte() == 0x2d) this.at++;
    const isZero = this.byteAt(this.at) == 0x30;
    const from = this.at;
    if (!this.readDigits()) return false;
    if (isZero && this.at > from + 1) return this.fail("a number begins with 0");
    if (this.byteAt(this.at) == 0x2e) {
      this.at++;
      if (!this.readDigits()) return false;
    }
    if ((this.byteAt(this.at) | 0x20) == 0x65) {
      this.at++;
      const sign = this.byteAt(this.at);
      if (sign == 0x2b || sign == 0x2d) this.at++;
      if (!this.readDigits()) return false;
    }
    return true;
  }

  private readWhole(problem: string): u64 {
    this.nextByte();
    const from = this.at;
    let value: u64 = 0;
    for (let byte = this.byteAt(this.at); isDigit(byte); byte = this.byteAt(this.at)) {
      const digit = <u64>(byte - 0x30);
      if (value > (u64.MAX_VALUE - digit) / 10) {
        this.fail(problem);
        return 0;
      }
      value = value * 10 + digit;
      this.at++;
    }
    const after = this.byteAt(this.at);
    const isLong = this.at > from + 1 && load<u8>(from) == 0x30;
    if (this.at == from || isLong || after == 0x2e || (after | 0x20) == 0x65) {
      this.fail(problem);
      return 0;
    }
    return value;
  }
}

function isDigit(byte: i32): bool {
  return byte >= 0x30 && byte <= 0x39;
}
