// Values of literals (C11 6.4.4, 6.4.5): integers with their suffixes, characters, strings with escapes. Pure functions
// over spelled text. Knows nothing of where the literal stands.

export interface IntegerLiteral {
  readonly value: bigint;
  readonly unsigned: boolean;
  /** Number of `l` in the suffix: 0, 1 or 2. */
  readonly longs: number;
  readonly decimal: boolean;
}

const INTEGER = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)([uU]?(?:ll|LL|l|L)?|(?:ll|LL|l|L)[uU])$/;

/** The integer a pp-number spells, or null (floating point, bad digits or suffix, more than 64 bits). */
export function parseInteger(text: string): IntegerLiteral | null {
  const match = INTEGER.exec(text);
  const digits = match?.[1];
  if (digits === undefined || digits.length > 80) return null;
  const suffix = (match?.[2] ?? '').toLowerCase();
  const octal = /^0[0-7]+$/.test(digits);
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  if (value > 0xffff_ffff_ffff_ffffn) return null;
  return {
    value,
    unsigned: suffix.includes('u'),
    longs: suffix.replaceAll('u', '').length,
    decimal: /^[1-9]/.test(digits) || digits === '0',
  };
}

/** True when the text looks like a floating-point constant, which BPF cannot compute with. */
export const isFloating = (text: string): boolean =>
  !/^0[xX]/.test(text) ? /^[0-9.]*[.eE]/.test(text) || /^[0-9]+[fF]$/.test(text) : /[.pP]/.test(text);

const SIMPLE: Readonly<Record<string, number>> = {
  n: 10,
  t: 9,
  r: 13,
  a: 7,
  b: 8,
  f: 12,
  v: 11,
  e: 27,
  '\\': 92,
  "'": 39,
  '"': 34,
  '?': 63,
};

/** Code units of the text between quotes; a code unit above 255 only from \u escapes and plain characters of wide literals. */
function decodeText(body: string): number[] | null {
  const units: number[] = [];
  for (let at = 0; at < body.length; ) {
    const character = body[at] ?? '';
    if (character !== '\\') {
      const point = body.codePointAt(at) ?? 0;
      units.push(point);
      at += point > 0xffff ? 2 : 1;
      continue;
    }
    const simple = SIMPLE[body[at + 1] ?? ''];
    if (simple !== undefined) {
      units.push(simple);
      at += 2;
      continue;
    }
    const rest = body.slice(at + 1, at + 16);
    const numeric = /^(?:x([0-9a-fA-F]+)|([0-7]{1,3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest);
    if (numeric === null) return null;
    const [whole, hex, octal, short, long] = numeric;
    const value = Number.parseInt(hex ?? octal ?? short ?? long ?? '0', octal === undefined ? 16 : 8);
    units.push(hex !== undefined || octal !== undefined ? -1 - (value & 0xff) : value);
    at += 1 + whole.length;
  }
  return units;
}

function utf8(units: readonly number[]): number[] {
  const bytes: number[] = [];
  for (const unit of units) {
    if (unit < 0) bytes.push(-1 - unit);
    else if (unit < 0x80) bytes.push(unit);
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 63));
    else if (unit < 0x10000) bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 63), 0x80 | (unit & 63));
    else bytes.push(0xf0 | (unit >> 18), 0x80 | ((unit >> 12) & 63), 0x80 | ((unit >> 6) & 63), 0x80 | (unit & 63));
  }
  return bytes;
}

/** Bytes of a string literal without the final zero; null for an unknown escape. Wide strings are not built. */
export function stringBytes(text: string): number[] | null {
  const open = text.indexOf('"');
  const units = decodeText(text.slice(open + 1, -1));
  return units === null ? null : utf8(units);
}

/** Prefix of a string or character literal: ``, `u8`, `L`, `u` or `U`. */
export const literalPrefix = (text: string): string => /^[A-Za-z0-9]*/.exec(text)?.[0] ?? '';

/** Value of a character constant of type int (C11 6.4.4.4; several characters as gcc and clang pack them); null when malformed. */
export function characterValue(text: string): bigint | null {
  const open = text.indexOf("'");
  const units = decodeText(text.slice(open + 1, -1));
  if (units === null || units.length === 0) return null;
  if (open > 0) return BigInt(Math.max(units[0] ?? 0, -1 - (units[0] ?? 0)));
  const bytes = utf8(units);
  if (bytes.length === 1) return BigInt.asIntN(8, BigInt(bytes[0] ?? 0));
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return BigInt.asIntN(32, value);
}
