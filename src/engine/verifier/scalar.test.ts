// Soundness of what is known of numbers: for random values inside random abstract values, the concrete result of every
// operation lies inside the abstract result, and the side of a branch that is taken is never called impossible.

import { describe, expect, it } from 'vitest';
import { ALU, JMP } from '../isa/opcodes.ts';
import { constScalar, isEmpty, type Scalar, scalarOf, signExtend, truncate, UNKNOWN_SCALAR, zeroExtend32 } from './scalar.ts';
import { arithmetic } from './scalar-arithmetic.ts';
import { decide, oppositeOf, refine } from './scalar-branch.ts';
import { greatestMember, leastMember, tnumSwapBytes } from './tnum.ts';

const SEED = 20_260_101;

/** Small deterministic generator of 32-bit numbers. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const s64 = (value: bigint): bigint => BigInt.asIntN(64, value);
const s32 = (value: bigint): bigint => BigInt.asIntN(32, value);
const u32 = (value: bigint): bigint => BigInt.asUintN(32, value);

const INTERESTING = [
  0n,
  1n,
  2n,
  7n,
  31n,
  32n,
  63n,
  64n,
  255n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  1n << 32n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
];

const ordered = (x: bigint, y: bigint): readonly [bigint, bigint] => (x <= y ? [x, y] : [y, x]);

class Source {
  readonly next: () => number;
  constructor(seed: number) {
    this.next = generator(seed);
  }
  below(bound: number): number {
    return this.next() % bound;
  }
  value(): bigint {
    const near = INTERESTING[this.below(INTERESTING.length)] ?? 0n;
    switch (this.below(4)) {
      case 0:
        return near;
      case 1:
        return u64(near + BigInt(this.below(9)) - 4n);
      case 2:
        return BigInt(this.next()) >> BigInt(this.below(32));
      default:
        return (BigInt(this.next()) << 32n) | BigInt(this.next());
    }
  }
  /** An abstract value that holds `value`, of random precision. */
  around(value: bigint): Scalar {
    const other = this.value();
    switch (this.below(6)) {
      case 0:
        return constScalar(value);
      case 1:
        return UNKNOWN_SCALAR;
      case 2: {
        const [umin, umax] = ordered(value, other);
        return scalarOf({ umin, umax });
      }
      case 3: {
        const [smin, smax] = ordered(s64(value), s64(other));
        return scalarOf({ smin, smax });
      }
      case 4:
        return scalarOf({ bits: { value: u64(value & ~other), mask: other } });
      default: {
        const [u32min, u32max] = ordered(u32(value), u32(other));
        return scalarOf({ u32min, u32max });
      }
    }
  }
}

const holds = (s: Scalar, value: bigint): boolean =>
  !isEmpty(s) &&
  s.umin <= value &&
  value <= s.umax &&
  s.smin <= s64(value) &&
  s64(value) <= s.smax &&
  s.u32min <= u32(value) &&
  u32(value) <= s.u32max &&
  s.s32min <= s32(value) &&
  s32(value) <= s.s32max &&
  (value & ~s.bits.mask & ((1n << 64n) - 1n)) === s.bits.value;

/** What the machine computes (RFC 9669 section 4.1). */
function compute(operation: number, signed: boolean, wide: boolean, a: bigint, b: bigint): bigint {
  const width = wide ? 64 : 32;
  const cut = (value: bigint): bigint => BigInt.asUintN(width, value);
  const sign = (value: bigint): bigint => BigInt.asIntN(width, value);
  const shift = b & BigInt(width - 1);
  const [x, y] = [cut(a), cut(b)];
  switch (operation) {
    case ALU.ADD:
      return cut(x + y);
    case ALU.SUB:
      return cut(x - y);
    case ALU.MUL:
      return cut(x * y);
    case ALU.AND:
      return x & y;
    case ALU.OR:
      return x | y;
    case ALU.XOR:
      return x ^ y;
    case ALU.LSH:
      return cut(x << shift);
    case ALU.RSH:
      return x >> shift;
    case ALU.ARSH:
      return cut(sign(x) >> shift);
    case ALU.DIV:
      if (y === 0n) return 0n;
      return signed ? cut(sign(x) / sign(y)) : x / y;
    default:
      if (y === 0n) return x;
      return signed ? cut(sign(x) % sign(y)) : x % y;
  }
}

function compare(operation: number, wide: boolean, a: bigint, b: bigint): boolean {
  const width = wide ? 64 : 32;
  const [x, y] = [BigInt.asUintN(width, a), BigInt.asUintN(width, b)];
  const [p, q] = [BigInt.asIntN(width, a), BigInt.asIntN(width, b)];
  switch (operation) {
    case JMP.JEQ:
      return x === y;
    case JMP.JNE:
      return x !== y;
    case JMP.JGT:
      return x > y;
    case JMP.JGE:
      return x >= y;
    case JMP.JLT:
      return x < y;
    case JMP.JLE:
      return x <= y;
    case JMP.JSET:
      return (x & y) !== 0n;
    case JMP.JSGT:
      return p > q;
    case JMP.JSGE:
      return p >= q;
    case JMP.JSLT:
      return p < q;
    default:
      return p <= q;
  }
}

const OPERATIONS = [ALU.ADD, ALU.SUB, ALU.MUL, ALU.DIV, ALU.OR, ALU.AND, ALU.LSH, ALU.RSH, ALU.MOD, ALU.XOR, ALU.ARSH];
const CONDITIONS = [JMP.JEQ, JMP.JNE, JMP.JGT, JMP.JGE, JMP.JLT, JMP.JLE, JMP.JSET, JMP.JSGT, JMP.JSGE, JMP.JSLT, JMP.JSLE];

describe('abstract numbers', () => {
  it('arithmetic keeps every concrete result', () => {
    const source = new Source(SEED);
    for (let i = 0; i < 30_000; i++) {
      const [a, b] = [source.value(), source.value()];
      const [A, B] = [source.around(a), source.around(b)];
      const operation = OPERATIONS[source.below(OPERATIONS.length)] ?? ALU.ADD;
      const divides = operation === ALU.DIV || operation === ALU.MOD;
      const signed = divides && source.below(2) === 1;
      const wide = source.below(2) === 1;
      const concrete = compute(operation, signed, wide, a, b);
      if (!holds(arithmetic(operation, signed, wide, A, B), concrete)) {
        expect.fail(
          `seed ${SEED}, case ${i}: operation 0x${operation.toString(16)} wide ${wide} signed ${signed} on ${a}, ${b} gives ${concrete}`,
        );
      }
    }
  });

  it('branches keep the values that take them', () => {
    const source = new Source(SEED + 1);
    for (let i = 0; i < 30_000; i++) {
      const [a, b] = [source.value(), source.value()];
      const [A, B] = [source.around(a), source.around(b)];
      const condition = CONDITIONS[source.below(CONDITIONS.length)] ?? JMP.JEQ;
      const wide = source.below(2) === 1;
      const taken = compare(condition, wide, a, b);
      const decided = decide(condition, wide, A, B);
      const place = `seed ${SEED + 1}, case ${i}: condition 0x${condition.toString(16)} wide ${wide} on ${a}, ${b}`;
      expect(decided === null || decided === taken, place).toBe(true);
      const [x, y] = refine(taken ? condition : oppositeOf(condition), wide, A, B);
      if (!holds(x, a) || !holds(y, b)) expect.fail(place);
    }
  });

  it('extensions and byte swaps keep every value', () => {
    const source = new Source(SEED + 2);
    for (let i = 0; i < 20_000; i++) {
      const value = source.value();
      const abstract = source.around(value);
      const size = [1, 2, 4, 8][source.below(4)] ?? 4;
      const place = `seed ${SEED + 2}, case ${i}: ${value}, ${size} bytes`;
      const bits = BigInt(size * 8);
      const low = BigInt.asUintN(size * 8, value);
      if (!holds(truncate(abstract, size), low)) expect.fail(`truncate ${place}`);
      if (!holds(zeroExtend32(abstract), u32(value))) expect.fail(`zero-extend ${place}`);
      if (size < 8 && !holds(signExtend(abstract, size, false), u64(BigInt.asIntN(size * 8, value))))
        expect.fail(`sign-extend ${place}`);
      if (size < 4 && !holds(signExtend(abstract, size, true), u32(BigInt.asIntN(size * 8, value))))
        expect.fail(`sign-extend to 32 ${place}`);
      let swapped = 0n;
      for (let k = 0n; k < bits; k += 8n) swapped |= ((low >> k) & 255n) << (bits - 8n - k);
      const swap = tnumSwapBytes(truncate(abstract, size).bits, size * 8);
      expect(swapped & ~swap.mask & ((1n << 64n) - 1n), place).toBe(swap.value);
    }
  });

  it('finds the members of known bits next to a bound', () => {
    const source = new Source(SEED + 3);
    for (let i = 0; i < 4000; i++) {
      const mask = BigInt(source.below(64));
      const t = { value: BigInt(source.below(64)) & ~mask, mask };
      const members = Array.from({ length: 64 }, (_, n) => BigInt(n)).filter((n) => (n & ~t.mask) === t.value);
      const bound = BigInt(source.below(70));
      expect(leastMember(t, bound), `seed ${SEED + 3}, case ${i}`).toBe(members.find((n) => n >= bound) ?? null);
      expect(greatestMember(t, bound), `seed ${SEED + 3}, case ${i}`).toBe(members.filter((n) => n <= bound).at(-1) ?? null);
    }
  });
});
