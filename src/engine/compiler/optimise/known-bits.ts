// Which bits of a value can be set: an upper bound as a mask. Used to drop masks and widenings that change nothing. A few
// levels deep; phis are not followed, but loop counters carry a bound (induction.ts).

import type { Inst } from '../ir.ts';

const ALL: Readonly<Record<32 | 64, bigint>> = { 32: 0xffff_ffffn, 64: 0xffff_ffff_ffff_ffffn };

/** All ones up to the highest set bit of `mask`. */
function filled(mask: bigint): bigint {
  if (mask === 0n || mask === ALL[64]) return mask;
  const high = Number(mask >> 32n);
  const bits = high === 0 ? 32 - Math.clz32(Number(mask)) : 64 - Math.clz32(high);
  return (1n << BigInt(bits)) - 1n;
}

/** Mask of the bits that may be set. */
export function possibleBits(inst: Inst, depth = 0): bigint {
  const all = ALL[inst.width];
  if (inst.op === 'const') return inst.value;
  if (depth > 5) return all;
  const [a, b] = inst.args;
  switch (inst.op) {
    case 'compare':
      return 1n;
    case 'phi':
      return inst.bound === null ? all : filled(inst.bound);
    case 'load':
      return inst.isSigned || inst.size >= 4 ? all : (1n << BigInt(inst.size * 8)) - 1n;
    case 'zext':
      return a === undefined ? all : possibleBits(a, depth + 1);
    case 'trunc':
      return a === undefined ? all : possibleBits(a, depth + 1) & all;
    case 'bswap':
      return inst.bits < inst.width ? (1n << BigInt(inst.bits)) - 1n : all;
    case 'select':
      return b === undefined || inst.args[2] === undefined
        ? all
        : possibleBits(b, depth + 1) | possibleBits(inst.args[2], depth + 1);
    case 'binary':
      return a === undefined || b === undefined ? all : binaryBits(inst.kind, a, b, all, depth + 1);
    default:
      return all;
  }
}

function binaryBits(kind: string, a: Inst, b: Inst, all: bigint, depth: number): bigint {
  switch (kind) {
    case 'and':
      return possibleBits(a, depth) & possibleBits(b, depth);
    case 'or':
    case 'xor':
      return possibleBits(a, depth) | possibleBits(b, depth);
    case 'add': {
      const sum = filled(possibleBits(a, depth)) + filled(possibleBits(b, depth));
      return sum > all ? all : filled(sum);
    }
    case 'mul': {
      const product = filled(possibleBits(a, depth)) * filled(possibleBits(b, depth));
      return product > all ? all : filled(product);
    }
    case 'lshr':
      return b.op === 'const' ? possibleBits(a, depth) >> (b.value & 63n) : filled(possibleBits(a, depth));
    case 'shl':
      return b.op === 'const' ? (possibleBits(a, depth) << (b.value & 63n)) & all : all;
    case 'udiv':
      return filled(possibleBits(a, depth));
    case 'umod':
      return b.op === 'const' && b.value > 0n
        ? filled(b.value - 1n) & filled(possibleBits(a, depth))
        : filled(possibleBits(a, depth));
    default:
      return all;
  }
}
