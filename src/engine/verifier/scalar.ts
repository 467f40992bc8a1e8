// What is known of a 64-bit number: signed and unsigned ranges of the whole and of its low half, and known bits; and how
// each of these tightens the others (Linux kernel/bpf/verifier.c, reg_bounds_sync). Immutable values. Knows nothing of
// registers or instructions.

import {
  greatestMember,
  leastMember,
  TNUM_UNKNOWN,
  type Tnum,
  tnumCast,
  tnumConst,
  tnumContains,
  tnumIntersect,
  tnumJoin,
  tnumRange,
  tnumText,
} from './tnum.ts';

export const S64_MIN = -0x8000_0000_0000_0000n;
export const S64_MAX = 0x7fff_ffff_ffff_ffffn;
export const U64_MAX = 0xffff_ffff_ffff_ffffn;
export const S32_MIN = -0x8000_0000n;
export const S32_MAX = 0x7fff_ffffn;
export const U32_MAX = 0xffff_ffffn;

/** All bounds are inclusive. `bits` holds the value as an unsigned number. */
export interface Scalar {
  readonly bits: Tnum;
  readonly smin: bigint;
  readonly smax: bigint;
  readonly umin: bigint;
  readonly umax: bigint;
  readonly s32min: bigint;
  readonly s32max: bigint;
  readonly u32min: bigint;
  readonly u32max: bigint;
}

/** The same fields while they are being computed. */
export type ScalarDraft = { -readonly [K in keyof Scalar]: Scalar[K] };

/** Nothing known, to be filled in. The one place that writes scalars out, so that all of them are alike to the engine that runs this. */
export const blankScalar = (): ScalarDraft => ({
  bits: TNUM_UNKNOWN,
  smin: S64_MIN,
  smax: S64_MAX,
  umin: 0n,
  umax: U64_MAX,
  s32min: S32_MIN,
  s32max: S32_MAX,
  u32min: 0n,
  u32max: U32_MAX,
});

/** Nothing known. */
export const UNKNOWN_SCALAR: Scalar = blankScalar();

/** A copy to be changed. */
export function draftOf(s: Scalar): ScalarDraft {
  const r = blankScalar();
  r.bits = s.bits;
  r.smin = s.smin;
  r.smax = s.smax;
  r.umin = s.umin;
  r.umax = s.umax;
  r.s32min = s.s32min;
  r.s32max = s.s32max;
  r.u32min = s.u32min;
  r.u32max = s.u32max;
  return r;
}

function makeConst(value: bigint): Scalar {
  const unsigned = BigInt.asUintN(64, value);
  const signed = BigInt.asIntN(64, value);
  const low = BigInt.asUintN(32, value);
  const signedLow = BigInt.asIntN(32, value);
  const r = blankScalar();
  r.bits = tnumConst(unsigned);
  r.smin = r.smax = signed;
  r.umin = r.umax = unsigned;
  r.s32min = r.s32max = signedLow;
  r.u32min = r.u32max = low;
  return r;
}

/** Constants met before, so that equal ones are mostly one object; forgotten together when there are too many. */
const SHARED_LIMIT = 4096;
const shared = new Map<bigint, Scalar>();

/** Exactly `value`, given signed or unsigned; mostly shared. */
export function constScalar(value: bigint): Scalar {
  const known = shared.get(value);
  if (known !== undefined) return known;
  const unsigned = BigInt.asUintN(64, value);
  if (unsigned !== value) return constScalar(unsigned);
  if (shared.size >= SHARED_LIMIT) shared.clear();
  const made = makeConst(value);
  shared.set(value, made);
  return made;
}

export const ZERO_SCALAR: Scalar = constScalar(0n);

export const isConst = (scalar: Scalar): boolean => scalar.bits.mask === 0n;
export const isZero = (scalar: Scalar): boolean => scalar.bits.mask === 0n && scalar.bits.value === 0n;
/** True when the low 32 bits are known. */
export const isConst32 = (scalar: Scalar): boolean => (scalar.bits.mask & U32_MAX) === 0n;

/** True when no number satisfies all bounds: the path that led here cannot be taken. */
export const isEmpty = (scalar: Scalar): boolean =>
  scalar.smin > scalar.smax || scalar.umin > scalar.umax || scalar.s32min > scalar.s32max || scalar.u32min > scalar.u32max;

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const s32 = (value: bigint): bigint => BigInt.asIntN(32, value);
const u32 = (value: bigint): bigint => BigInt.asUintN(32, value);
const s64 = (value: bigint): bigint => BigInt.asIntN(64, value);
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

function boundsFromBits(r: ScalarDraft): void {
  const { value, mask } = r.bits;
  const low = value & U32_MAX;
  const lowMask = mask & U32_MAX;
  r.s32min = max(r.s32min, s32(low | (lowMask & 0x8000_0000n)));
  r.s32max = min(r.s32max, s32(low | (lowMask & 0x7fff_ffffn)));
  r.u32min = max(r.u32min, low);
  r.u32max = min(r.u32max, low | lowMask);
  r.smin = max(r.smin, s64(value | (mask & 0x8000_0000_0000_0000n)));
  r.smax = min(r.smax, s64(value | (mask & 0x7fff_ffff_ffff_ffffn)));
  r.umin = max(r.umin, value);
  r.umax = min(r.umax, value | mask);
}

function deduce32(r: ScalarDraft): void {
  if (r.umin >> 32n === r.umax >> 32n) {
    r.u32min = max(r.u32min, u32(r.umin));
    r.u32max = min(r.u32max, u32(r.umax));
    if (s32(r.umin) <= s32(r.umax)) {
      r.s32min = max(r.s32min, s32(r.umin));
      r.s32max = min(r.s32max, s32(r.umax));
    }
  }
  if (r.smin >> 32n === r.smax >> 32n) {
    if (u32(r.smin) <= u32(r.smax)) {
      r.u32min = max(r.u32min, u32(r.smin));
      r.u32max = min(r.u32max, u32(r.smax));
    }
    if (s32(r.smin) <= s32(r.smax)) {
      r.s32min = max(r.s32min, s32(r.smin));
      r.s32max = min(r.s32max, s32(r.smax));
    }
  }
  if ((r.smin >> 32n) + 1n === r.smax >> 32n && s32(r.smin) < 0n && s32(r.smax) >= 0n) {
    r.s32min = max(r.s32min, s32(r.smin));
    r.s32max = min(r.s32max, s32(r.smax));
  }
  if (s32(r.u32min) <= s32(r.u32max)) {
    r.s32min = max(r.s32min, s32(r.u32min));
    r.s32max = min(r.s32max, s32(r.u32max));
  }
  if (u32(r.s32min) <= u32(r.s32max)) {
    r.u32min = max(r.u32min, u32(r.s32min));
    r.u32max = min(r.u32max, u32(r.s32max));
  } else if (r.u32max < u32(r.s32min)) {
    // The signed range crosses zero and the unsigned one meets only its part from 0 up.
    r.s32min = max(r.s32min, s32(r.u32min));
    r.u32max = min(r.u32max, u32(r.s32max));
  } else if (u32(r.s32max) < r.u32min) {
    r.s32max = min(r.s32max, s32(r.u32max));
    r.u32min = max(r.u32min, u32(r.s32min));
  }
}

function deduce64(r: ScalarDraft): void {
  if (r.umax <= S64_MAX) {
    r.smin = max(r.smin, r.umin);
    r.smax = min(r.smax, r.umax);
  } else if (r.umin > S64_MAX) {
    r.smin = max(r.smin, s64(r.umin));
    r.smax = min(r.smax, s64(r.umax));
  }
  if (r.smin >= 0n) {
    r.umin = max(r.umin, r.smin);
    r.umax = min(r.umax, r.smax);
  } else if (r.smax < 0n) {
    r.umin = max(r.umin, u64(r.smin));
    r.umax = min(r.umax, u64(r.smax));
  } else if (r.umax < u64(r.smin)) {
    r.smin = max(r.smin, s64(r.umin));
    r.umax = min(r.umax, u64(r.smax));
  } else if (r.smax < r.umin) {
    r.smax = min(r.smax, s64(r.umax));
    r.umin = max(r.umin, u64(r.smin));
  }
}

/** The upper halves of the wide bounds over the narrow unsigned ones. */
const HIGH = ~U32_MAX;

function deduceMixed(r: ScalarDraft): void {
  if (r.u32min !== 0n || r.u32max !== U32_MAX) {
    r.umin = max(r.umin, (r.umin & HIGH) | r.u32min);
    r.umax = min(r.umax, (r.umax & HIGH) | r.u32max);
    r.smin = max(r.smin, (r.smin & HIGH) | r.u32min);
    r.smax = min(r.smax, (r.smax & HIGH) | r.u32max);
  }
  if (r.s32min >= 0n && r.smin >= S32_MIN && r.smax <= S32_MAX) {
    r.smin = max(r.smin, r.s32min);
    r.smax = min(r.smax, r.s32max);
    r.umin = max(r.umin, r.s32min);
    r.umax = min(r.umax, r.s32max);
    r.bits = tnumIntersect(r.bits, tnumRange(r.s32min, r.s32max));
  }
}

function bitsFromBounds(r: ScalarDraft): void {
  const whole = tnumIntersect(r.bits, tnumRange(r.umin, r.umax));
  const low = tnumIntersect(tnumCast(whole, 32), tnumRange(r.u32min, r.u32max));
  r.bits = tnumJoin(whole, low);
}

/** Tightens every part by the others. An impossible combination comes out as {@link isEmpty}. */
export function settle(r: ScalarDraft): Scalar {
  boundsFromBits(r);
  for (let round = 0; round < 3; round++) {
    if (isEmpty(r)) return r;
    const { smin, smax, umin, umax, s32min, s32max, u32min, u32max } = r;
    deduce32(r);
    deduce64(r);
    deduceMixed(r);
    const wide = smin === r.smin && smax === r.smax && umin === r.umin && umax === r.umax;
    if (wide && s32min === r.s32min && s32max === r.s32max && u32min === r.u32min && u32max === r.u32max) break;
  }
  if (isEmpty(r)) return r;
  bitsFromBounds(r);
  boundsFromBits(r);
  return collapse(r);
}

/** Where range and known bits have one number in common, that is the value; where they have none, the path is impossible. */
function collapse(r: ScalarDraft): Scalar {
  const { value, mask } = r.bits;
  if (mask === 0n || (mask & (mask + 1n)) === 0n) return r;
  const least = leastMember(r.bits, r.umin);
  const greatest = greatestMember(r.bits, r.umax);
  if (least === null || greatest === null || least > greatest) return { ...r, umin: 1n, umax: 0n, bits: { value, mask } };
  return least === greatest ? constScalar(least) : r;
}

/** Parts given, the rest unknown, then settled. */
export const scalarOf = (parts: Partial<Scalar>): Scalar => settle(Object.assign(blankScalar(), parts));

/** What `size` bytes loaded with zero extension can be. */
export function unsignedOfSize(size: number): Scalar {
  const known = bySize[size];
  if (known !== undefined) return known;
  const made = scalarOf({ bits: tnumCast(TNUM_UNKNOWN, size * 8) });
  bySize[size] = made;
  return made;
}
const bySize: (Scalar | undefined)[] = [];

/** Zero-extended low 32 bits. */
export function zeroExtend32(a: Scalar): Scalar {
  if (a.bits.mask === 0n) return constScalar(a.bits.value & U32_MAX);
  if (a.umax <= U32_MAX) return a;
  const r = draftOf(a);
  r.bits = tnumCast(a.bits, 32);
  r.umin = a.u32min;
  r.umax = a.u32max;
  r.smin = 0n;
  r.smax = U32_MAX;
  return settle(r);
}

/** Zero-extended low `size` bytes. */
export function truncate(a: Scalar, size: number): Scalar {
  if (size === 8) return a;
  if (size === 4) return zeroExtend32(a);
  const limit = (1n << BigInt(size * 8)) - 1n;
  if (a.bits.mask === 0n) return constScalar(a.bits.value & limit);
  if (a.umax <= limit) return a;
  const same = (a.umin & ~limit) === (a.umax & ~limit);
  return scalarOf({ bits: tnumCast(a.bits, size * 8), umin: same ? a.umin & limit : 0n, umax: same ? a.umax & limit : limit });
}

/** Sign-extended low `size` bytes; `to32` cuts the result to 32 bits and zero-extends it, as movsx does in 32-bit form. */
export function signExtend(a: Scalar, size: number, to32: boolean): Scalar {
  const width = size * 8;
  const cut = (s: Scalar): Scalar => (to32 ? zeroExtend32(s) : s);
  if (a.bits.mask === 0n) return cut(constScalar(BigInt.asIntN(width, a.bits.value)));
  const lowest = -(1n << BigInt(width - 1));
  const highest = (1n << BigInt(width - 1)) - 1n;
  if (a.smin >= lowest && a.smax <= highest) return cut(a);
  const unit = 1n << BigInt(width);
  const [from, to] = to32 ? [a.s32min, a.s32max] : [a.smin, a.smax];
  const sameTop = from >> BigInt(width) === to >> BigInt(width);
  const low = BigInt.asIntN(width, from);
  const high = BigInt.asIntN(width, to);
  const keeps = sameTop && to - from < unit && low <= high;
  const signKnown = (a.bits.mask >> BigInt(width - 1)) & 1n;
  const bits: Tnum = {
    value: signKnown === 0n ? u64(BigInt.asIntN(width, a.bits.value)) : BigInt.asUintN(width, a.bits.value),
    mask: u64(BigInt.asIntN(width, a.bits.mask)),
  };
  return cut(
    scalarOf({
      bits: { value: bits.value & ~bits.mask, mask: bits.mask },
      smin: keeps ? low : lowest,
      smax: keeps ? high : highest,
    }),
  );
}

/** True when every number of `inner` is one of `outer`. */
export const contains = (outer: Scalar, inner: Scalar): boolean =>
  outer === inner ||
  (outer.umin <= inner.umin &&
    outer.umax >= inner.umax &&
    outer.smin <= inner.smin &&
    outer.smax >= inner.smax &&
    outer.u32min <= inner.u32min &&
    outer.u32max >= inner.u32max &&
    outer.s32min <= inner.s32min &&
    outer.s32max >= inner.s32max &&
    tnumContains(outer.bits, inner.bits));

/** True when both describe the same set in the same words. */
export const sameScalar = (a: Scalar, b: Scalar): boolean =>
  a === b ||
  (a.bits.value === b.bits.value &&
    a.bits.mask === b.bits.mask &&
    a.smin === b.smin &&
    a.smax === b.smax &&
    a.umin === b.umin &&
    a.umax === b.umax &&
    a.s32min === b.s32min &&
    a.s32max === b.s32max &&
    a.u32min === b.u32min &&
    a.u32max === b.u32max);

/** The bounds that say something, as the kernel's log lists them: `smin=0,umax=255,var_off=(0x0; 0xff)`; empty when nothing is known. */
export function boundsText(s: Scalar): string {
  const parts: [string, bigint, bigint][] = [
    ['smin', s.smin, S64_MIN],
    ['smax', s.smax, S64_MAX],
    ['umin', s.umin, 0n],
    ['umax', s.umax, U64_MAX],
    ['smin32', s.s32min, s.smin >= S32_MIN && s.smax <= S32_MAX ? s.smin : S32_MIN],
    ['smax32', s.s32max, s.smin >= S32_MIN && s.smax <= S32_MAX ? s.smax : S32_MAX],
    ['umin32', s.u32min, s.umax <= U32_MAX ? s.umin : 0n],
    ['umax32', s.u32max, s.umax <= U32_MAX ? s.umax : U32_MAX],
  ];
  const groups = new Map<bigint, string[]>();
  for (const [name, value, silent] of parts) {
    if (value === silent) continue;
    const names = groups.get(value);
    if (names === undefined) groups.set(value, [name]);
    else names.push(name);
  }
  const texts = [...groups].map(([value, names]) => `${names.join('=')}=${value}`);
  if (s.bits.mask !== U64_MAX) texts.push(`var_off=${tnumText(s.bits)}`);
  return texts.join(',');
}

/** A range a person can read: `5`, `0 to 255`, `any number`. */
export function rangeWords(s: Scalar): string {
  if (isConst(s)) return `${s.smin}`;
  if (s.smin === S64_MIN && s.smax === S64_MAX) return s.umax === U64_MAX ? 'any number' : `${s.umin} to ${s.umax} (unsigned)`;
  return `${s.smin} to ${s.smax}`;
}
