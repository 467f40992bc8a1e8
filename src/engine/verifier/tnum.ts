// Known bits of a 64-bit value ("tristate numbers"): a bit set in `mask` is unknown, else `value` has it. The algebra of
// Linux kernel/bpf/tnum.c and of Vishwanathan et al., "Sound, precise, and fast abstract interpretation with tristate
// numbers" (CGO 2022). Knows nothing of ranges, registers or instructions.

export interface Tnum {
  readonly value: bigint;
  /** Unknown bits; no bit is set in both. */
  readonly mask: bigint;
}

const ALL = 0xffff_ffff_ffff_ffffn;
const LOW = 0xffff_ffffn;

/** Nothing known. */
export const TNUM_UNKNOWN: Tnum = { value: 0n, mask: ALL };

/** Exactly `value` (unsigned 64 bits). */
export const tnumConst = (value: bigint): Tnum => ({ value, mask: 0n });

/** Number of bits up to the highest set one. */
export function bitLength(value: bigint): number {
  const high = Number(value >> 32n);
  return high === 0 ? 32 - Math.clz32(Number(value & LOW)) : 64 - Math.clz32(high);
}

/** The smallest tnum that holds every value in [min, max] (unsigned). */
export function tnumRange(min: bigint, max: bigint): Tnum {
  const differing = bitLength(min ^ max);
  if (differing > 63) return TNUM_UNKNOWN;
  const delta = (1n << BigInt(differing)) - 1n;
  return { value: min & ~delta & ALL, mask: delta };
}

export function tnumAdd(a: Tnum, b: Tnum): Tnum {
  const mask = (a.mask + b.mask) & ALL;
  const value = (a.value + b.value) & ALL;
  const sigma = (mask + value) & ALL;
  const unknown = (sigma ^ value) | a.mask | b.mask;
  return { value: value & ~unknown, mask: unknown };
}

export function tnumSub(a: Tnum, b: Tnum): Tnum {
  const difference = (a.value - b.value) & ALL;
  const alpha = (difference + a.mask) & ALL;
  const beta = (difference - b.mask) & ALL;
  const unknown = (alpha ^ beta) | a.mask | b.mask;
  return { value: difference & ~unknown, mask: unknown };
}

export function tnumAnd(a: Tnum, b: Tnum): Tnum {
  const alpha = a.value | a.mask;
  const beta = b.value | b.mask;
  const value = a.value & b.value;
  return { value, mask: alpha & beta & ~value };
}

export function tnumOr(a: Tnum, b: Tnum): Tnum {
  const value = a.value | b.value;
  return { value, mask: (a.mask | b.mask) & ~value };
}

export function tnumXor(a: Tnum, b: Tnum): Tnum {
  const mask = a.mask | b.mask;
  return { value: (a.value ^ b.value) & ~mask, mask };
}

/** Product: known bits by long multiplication, unknown ones accumulated as shifted masks. */
export function tnumMul(a: Tnum, b: Tnum): Tnum {
  const known = (a.value * b.value) & ALL;
  let unknown: Tnum = { value: 0n, mask: 0n };
  let left = a;
  let right = b;
  while (left.value !== 0n || left.mask !== 0n) {
    if ((left.value & 1n) !== 0n) unknown = tnumAdd(unknown, { value: 0n, mask: right.mask });
    else if ((left.mask & 1n) !== 0n) unknown = tnumAdd(unknown, { value: 0n, mask: right.value | right.mask });
    left = { value: left.value >> 1n, mask: left.mask >> 1n };
    right = { value: (right.value << 1n) & ALL, mask: (right.mask << 1n) & ALL };
  }
  return tnumAdd({ value: known, mask: 0n }, unknown);
}

export const tnumShiftLeft = (a: Tnum, shift: bigint): Tnum => ({
  value: (a.value << shift) & ALL,
  mask: (a.mask << shift) & ALL,
});
export const tnumShiftRight = (a: Tnum, shift: bigint): Tnum => ({ value: a.value >> shift, mask: a.mask >> shift });

/** Arithmetic shift of a value `width` bits wide: an unknown sign bit spreads as unknown. */
export const tnumShiftRightSigned = (a: Tnum, shift: bigint, width: 32 | 64): Tnum => ({
  value: BigInt.asUintN(width, BigInt.asIntN(width, a.value) >> shift),
  mask: BigInt.asUintN(width, BigInt.asIntN(width, a.mask) >> shift),
});

/** What is known when both hold; the caller must know that they can. */
export function tnumIntersect(a: Tnum, b: Tnum): Tnum {
  const mask = a.mask & b.mask;
  return { value: (a.value | b.value) & ~mask, mask };
}

/** True when some number is in both. */
export const tnumOverlap = (a: Tnum, b: Tnum): boolean => ((a.value ^ b.value) & ~(a.mask | b.mask) & ALL) === 0n;

/** The low `bits` bits, the rest known zero. */
export function tnumCast(a: Tnum, bits: number): Tnum {
  if (bits === 64) return a;
  const keep = (1n << BigInt(bits)) - 1n;
  return { value: a.value & keep, mask: a.mask & keep };
}

/** The low 32 bits of `low` under the high 32 bits of `high`. */
export const tnumJoin = (high: Tnum, low: Tnum): Tnum => ({
  value: (high.value & ~LOW) | (low.value & LOW),
  mask: (high.mask & ~LOW) | (low.mask & LOW),
});

/** True when every value of `b` is one of `a`. */
export const tnumContains = (a: Tnum, b: Tnum): boolean => (b.mask & ~a.mask) === 0n && a.value === (b.value & ~a.mask);

/** True when every value is a multiple of `size`, a power of two. */
export const tnumIsAligned = (a: Tnum, size: bigint): boolean => size === 0n || ((a.value | a.mask) & (size - 1n)) === 0n;

/** The least member not below `from` (unsigned), or null when there is none. */
export function leastMember(t: Tnum, from: bigint): bigint | null {
  if (from <= t.value) return t.value;
  const wrong = (from ^ t.value) & ~t.mask & ALL;
  if (wrong === 0n) return from;
  const above = BigInt(bitLength(wrong));
  const lowBits = (1n << above) - 1n;
  const low = t.value & lowBits;
  if (((t.value >> (above - 1n)) & 1n) === 1n) return (from & ~lowBits) | low;
  // The highest wrong bit is too large: the part above it must grow to the next member.
  const mask = t.mask >> above;
  const part = (from >> above) & mask;
  if (part === mask) return null;
  const next = (part - mask) & mask;
  return (((t.value >> above) | next) << above) | low;
}

/** The greatest member not above `to` (unsigned), or null when there is none. */
export function greatestMember(t: Tnum, to: bigint): bigint | null {
  const mirrored = leastMember({ value: ~(t.value | t.mask) & ALL, mask: t.mask }, ~to & ALL);
  return mirrored === null ? null : ~mirrored & ALL;
}

function swapBytes(value: bigint, width: number): bigint {
  let result = 0n;
  for (let shift = 0; shift < width; shift += 8) result |= ((value >> BigInt(shift)) & 0xffn) << BigInt(width - 8 - shift);
  return result;
}

/** Bytes of the low `width` bits in reverse, the rest zero. */
export const tnumSwapBytes = (a: Tnum, width: number): Tnum => ({
  value: swapBytes(a.value, width),
  mask: swapBytes(a.mask, width),
});

/** `(value; mask)` in hexadecimal, as the kernel's log prints it; the bare number when it is known. */
export const tnumText = (a: Tnum): string => `(0x${a.value.toString(16)}; 0x${a.mask.toString(16)})`;
