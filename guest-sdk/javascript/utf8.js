// UTF-8 with what QuickJS has: `escape` and `decodeURIComponent` are native code, a loop over bytes is not.

// How many bytes become characters at once: all are arguments of one call.
const CHUNK_BYTES = 8 << 10;

const NOT_ASCII = /[^\0-\x7f]/;

/** The bytes as text. What is not UTF-8 is a TypeError, or U+FFFD each. */
export function decode(bytes, isStrict) {
  let raw = "";
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    raw += String.fromCharCode.apply(null, bytes.subarray(at, at + CHUNK_BYTES));
  }
  if (!NOT_ASCII.test(raw)) return raw;
  try {
    return decodeURIComponent(escape(raw));
  } catch {
    if (isStrict) throw new TypeError("the text is not UTF-8");
    return repaired(bytes);
  }
}

/** The text as UTF-8. Halves of surrogate pairs become U+FFFD. */
export function encode(text) {
  const raw = unescape(encodeURIComponent(text.toWellFormed()));
  const bytes = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at++) bytes[at] = raw.charCodeAt(at);
  return bytes;
}

/** The text with U+FFFD for each longest beginning of a character that is none, as everybody does it. */
function repaired(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const { code, size } = character(bytes, at);
    text += String.fromCodePoint(code);
    at += size;
  }
  return text;
}

/** The character at a place, and its size; U+FFFD and the size of what is wrong if there is none. */
function character(bytes, at) {
  const first = bytes[at];
  if (first < 0x80) return { code: first, size: 1 };
  const wrong = (size) => ({ code: 0xfffd, size });
  const more = first >= 0xc2 && first <= 0xdf ? 1 : (first & 0xf0) === 0xe0 ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0;
  if (more === 0) return wrong(1);
  // The second byte rules out what could be said shorter, surrogates, and what is above U+10FFFF.
  const lowest = { 0xe0: 0xa0, 0xf0: 0x90 }[first] ?? 0x80;
  const highest = { 0xed: 0x9f, 0xf4: 0x8f }[first] ?? 0xbf;
  let code = first & (0x3f >> more);
  for (let next = 1; next <= more; next++) {
    const byte = bytes[at + next];
    const isSecond = next === 1;
    if (!(byte >= (isSecond ? lowest : 0x80) && byte <= (isSecond ? highest : 0xbf))) return wrong(next);
    code = (code << 6) | (byte & 0x3f);
  }
  return { code, size: more + 1 };
}
