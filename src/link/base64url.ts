// base64url without padding (RFC 4648 section 5), on bytes. No DOM: the command line uses it too.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Value of each character, or -1. */
const VALUES = (() => {
  const values = new Int8Array(128).fill(-1);
  for (let i = 0; i < ALPHABET.length; i++) values[ALPHABET.charCodeAt(i)] = i;
  return values;
})();

export function toBase64Url(data: Uint8Array): string {
  let text = '';
  for (let at = 0; at < data.length; at += 3) {
    const left = data.length - at;
    const bits = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
    text += (ALPHABET[bits >> 18] ?? '') + (ALPHABET[(bits >> 12) & 63] ?? '');
    if (left > 1) text += ALPHABET[(bits >> 6) & 63] ?? '';
    if (left > 2) text += ALPHABET[bits & 63] ?? '';
  }
  return text;
}

/** Bytes of the text, or null when a character does not belong the length is impossible, or
 * spare bits are set (so that no two texts mean the same bytes). */
export function fromBase64Url(text: string): Uint8Array | null {
  if (text.length % 4 === 1) return null;
  const data = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const value = digitOf(text, i);
    if (value < 0) return null;
    bits = (bits << 6) | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      data[at++] = (bits >> held) & 255;
    }
  }
  return (bits & ((1 << held) - 1)) === 0 ? data : null;
}

const digitOf = (text: string, at: number): number => {
  const code = text.charCodeAt(at);
  return code < 128 ? (VALUES[code] ?? -1) : -1;
};

/** An unsigned number in exactly `digits` characters, most significant first; the caller sees to it that it fits. */
export function numberToBase64Url(value: number, digits: number): string {
  let text = '';
  for (let shift = (digits - 1) * 6; shift >= 0; shift -= 6) text += ALPHABET[(value >>> shift) & 63] ?? '';
  return text;
}

/** The number that {@link numberToBase64Url} wrote, or null. */
export function numberFromBase64Url(text: string): number | null {
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = digitOf(text, i);
    if (digit < 0) return null;
    value = value * 64 + digit;
  }
  return value;
}
