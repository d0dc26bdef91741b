/** Whether bytes are UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
export function isUTF8(bytes: Uint8Array): bool {
  let at = 0;
  while (at < bytes.length) {
    const first = <i32>bytes[at++];
    if (first < 0x80) continue;
    if (first < 0xc2 || first > 0xf4) return false;
    const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    let low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    let high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    for (let i = 0; i < more; i++) {
      if (at == bytes.length) return false;
      const next = <i32>bytes[at++];
      if (next < low || next > high) return false;
      low = 0x80;
      high = 0xbf;
    }
  }
  return true;
}
