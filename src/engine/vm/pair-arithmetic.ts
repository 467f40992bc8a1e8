// 64-bit multiplication, division and modulo on two 32-bit halves, without BigInt on the paths that programs take. The
// result's high half is left in {@link high}. Meaning as RFC 9669 section 4.1: division by zero gives 0, modulo by zero the dividend.

/** High half of the last result; the function itself returns the low half. */
export const high = new Int32Array(1);

const TWO_32 = 4294967296;
/** High halves below this keep a value under 2^53, where doubles are exact. */
const EXACT_HIGH = 0x200000;

/** High 32 bits of an unsigned 32 x 32 product. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const t = a1 * b0 + ((a0 * b0) >>> 16);
  const u = a0 * b1 + (t & 0xffff);
  return (a1 * b1 + Math.floor(t / 65536) + Math.floor(u / 65536)) | 0;
}

export function multiply(alo: number, ahi: number, blo: number, bhi: number): number {
  high[0] = (multiplyHigh(alo, blo) + Math.imul(ahi, blo) + Math.imul(alo, bhi)) | 0;
  return Math.imul(alo, blo);
}

const join = (lo: number, hi: number): bigint => (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
function split(value: bigint): number {
  high[0] = Number(BigInt.asIntN(32, value >> 32n));
  return Number(BigInt.asIntN(32, value));
}
function splitDouble(value: number): number {
  high[0] = Math.floor(value / TWO_32) | 0;
  return (value % TWO_32) | 0;
}

export function divide(alo: number, ahi: number, blo: number, bhi: number): number {
  if ((blo | bhi) === 0) {
    high[0] = 0;
    return 0;
  }
  if (ahi >>> 0 < EXACT_HIGH && bhi >>> 0 < EXACT_HIGH) {
    return splitDouble(Math.floor(((ahi >>> 0) * TWO_32 + (alo >>> 0)) / ((bhi >>> 0) * TWO_32 + (blo >>> 0))));
  }
  return split(join(alo, ahi) / join(blo, bhi));
}

export function modulo(alo: number, ahi: number, blo: number, bhi: number): number {
  if ((blo | bhi) === 0) {
    high[0] = ahi;
    return alo;
  }
  if (ahi >>> 0 < EXACT_HIGH && bhi >>> 0 < EXACT_HIGH) {
    return splitDouble(((ahi >>> 0) * TWO_32 + (alo >>> 0)) % ((bhi >>> 0) * TWO_32 + (blo >>> 0)));
  }
  return split(join(alo, ahi) % join(blo, bhi));
}

/** Signed forms truncate towards zero; the most negative number over -1 wraps to itself, its remainder is 0. */
export function divideSigned(alo: number, ahi: number, blo: number, bhi: number): number {
  if ((blo | bhi) === 0) {
    high[0] = 0;
    return 0;
  }
  return split(BigInt.asIntN(64, BigInt.asIntN(64, join(alo, ahi)) / BigInt.asIntN(64, join(blo, bhi))));
}

export function moduloSigned(alo: number, ahi: number, blo: number, bhi: number): number {
  if ((blo | bhi) === 0) {
    high[0] = ahi;
    return alo;
  }
  return split(BigInt.asIntN(64, join(alo, ahi)) % BigInt.asIntN(64, join(blo, bhi)));
}
