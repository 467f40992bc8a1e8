// UTF-8, because the engine is compiled without the platform's TextEncoder. Bytes that are no UTF-8 read as U+FFFD.

/** Bytes of a text. A lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const out: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const point = code >= 0xd800 && code < 0xe000 ? 0xfffd : code;
    if (point < 0x80) out.push(point);
    else if (point < 0x800) out.push(0xc0 | (point >> 6), 0x80 | (point & 63));
    else if (point < 0x1_0000) out.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
    else out.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
  }
  return Uint8Array.from(out);
}

/** Least code point of a sequence of 2, 3, 4 bytes. */
const LEAST = [0, 0, 0x80, 0x800, 0x1_0000];

/** Text of bytes. */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0;
    const length =
      first < 0x80
        ? 1
        : first >= 0xc2 && first < 0xe0
          ? 2
          : first >= 0xe0 && first < 0xf0
            ? 3
            : first >= 0xf0 && first < 0xf5
              ? 4
              : 0;
    let point = length === 1 ? first : first & (0x7f >> length);
    let valid = length > 0 && at + length <= bytes.length;
    for (let i = 1; valid && i < length; i++) {
      const next = bytes[at + i] ?? 0;
      valid = (next & 0xc0) === 0x80;
      point = (point << 6) | (next & 63);
    }
    if (valid && length > 1) valid = point >= (LEAST[length] ?? 0) && point <= 0x10_ffff && !(point >= 0xd800 && point < 0xe000);
    text += valid ? String.fromCodePoint(point) : '\ufffd';
    at += valid ? length : 1;
  }
  return text;
}
