/** Goes through the words of a text: letters and digits, with apostrophes and hyphens within, in lower case. */
export class Words {
  /** What `next` has found. */
  word: string = "";
  private at: i32 = 0;

  constructor(private text: string) {}

  /** Goes to the next word; false if there is none. */
  next(): bool {
    const text = this.text;
    while (this.at < text.length && !isLetter(text.charCodeAt(this.at))) this.at++;
    const start = this.at;
    let end = start;
    while (this.at < text.length) {
      const code = text.charCodeAt(this.at);
      if (isLetter(code)) end = this.at + 1;
      else if (!isJoint(code) || end < this.at) break;
      this.at++;
    }
    this.at = end;
    this.word = text.substring(start, end).toLowerCase();
    return end > start;
  }
}

/** All that is not ASCII counts as a letter, but for spaces and punctuation. */
function isLetter(code: i32): bool {
  if (code < 0x80) {
    const lower = code | 0x20;
    return (lower >= 0x61 && lower <= 0x7a) || (code >= 0x30 && code <= 0x39);
  }
  const isPunctuation =
    code < 0xc0 || code == 0xd7 || code == 0xf7 || code == 0xfeff || (code >= 0x2000 && code < 0x2070) || (code >= 0x3000 && code < 0x3040);
  // The feminine and masculine ordinals and the micro sign are letters of that block.
  return !isPunctuation || code == 0xaa || code == 0xb5 || code == 0xba;
}

/** What may be between letters of one word: an apostrophe, typed or typeset, and a hyphen. */
function isJoint(code: i32): bool {
  return code == 0x27 || code == 0x2019 || code == 0x2d;
}
