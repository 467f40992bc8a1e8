// Simplification of one instruction whose operands are final: constants, identities, cheaper forms. Follows eBPF's rules where
// C leaves a result open: x / 0 is 0, x % 0 is x, shift counts wrap. Knows nothing of control flow.

import { bitBuiltin } from '../constant.ts';
import { type BinaryOp, type Inst, type IrFunction, mirrored, opposite, type Predicate, type Width } from '../ir.ts';
import { foldMemory } from './fold-memory.ts';
import { possibleBits } from './known-bits.ts';

/** Where a rewrite puts what it makes. */
export interface FoldHost {
  readonly fn: IrFunction;
  /** Before v4 there is no signed division: constants are divided by way of unsigned division. */
  readonly hasSignedDivision: boolean;
  /** Makes an instruction in front of the one at hand, simplified in turn. */
  readonly add: (payload: Parameters<IrFunction['make']>[0], width: Width, args: Inst[], like: Inst) => Inst;
}

const COMMUTATIVE: ReadonlySet<BinaryOp> = new Set(['add', 'mul', 'and', 'or', 'xor']);
/** (x op c1) op c2 = x op (c1 op c2). */
const ASSOCIATIVE: ReadonlySet<BinaryOp> = new Set(['add', 'mul', 'and', 'or', 'xor']);

/** A value equal to `inst`: another one, or `inst` itself when nothing is simpler. */
export function fold(host: FoldHost, inst: Inst): Inst {
  switch (inst.op) {
    case 'binary':
      return foldBinary(host, inst, inst.kind);
    case 'compare':
      return foldCompare(host, inst, inst.predicate);
    case 'sext':
      return foldSignExtension(host, inst, inst.from);
    case 'zext':
    case 'trunc':
      return foldResize(host, inst);
    case 'select':
      return foldSelect(inst);
    case 'phi':
      return foldPhi(inst);
    case 'bswap': {
      const [a] = inst.args;
      if (a?.op !== 'const') return inst;
      return host.fn.constant(bitBuiltin('bswap', a.value, inst.bits) ?? 0n, inst.width);
    }
    case 'load':
    case 'store':
    case 'atomic':
      return foldMemory(host, inst);
    default:
      return inst;
  }
}

/** What the machine computes. */
function evaluateBinary(kind: BinaryOp, a: bigint, b: bigint, width: Width): bigint {
  const wrap = (value: bigint): bigint => BigInt.asUintN(width, value);
  const sa = BigInt.asIntN(width, a);
  const sb = BigInt.asIntN(width, b);
  const count = b & BigInt(width - 1);
  switch (kind) {
    case 'add':
      return wrap(a + b);
    case 'sub':
      return wrap(a - b);
    case 'mul':
      return wrap(a * b);
    case 'udiv':
      return b === 0n ? 0n : a / b;
    case 'umod':
      return b === 0n ? a : a % b;
    case 'sdiv':
      return sb === 0n ? 0n : wrap(sa / sb);
    case 'smod':
      return sb === 0n ? a : wrap(sa % sb);
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    case 'shl':
      return wrap(a << count);
    case 'lshr':
      return a >> count;
    case 'ashr':
      return wrap(sa >> count);
  }
}

/** Truth of a comparison of two constants. */
export function evaluateCompare(predicate: Predicate, a: bigint, b: bigint, width: Width): boolean {
  const sa = BigInt.asIntN(width, a);
  const sb = BigInt.asIntN(width, b);
  switch (predicate) {
    case 'eq':
      return a === b;
    case 'ne':
      return a !== b;
    case 'ult':
      return a < b;
    case 'ule':
      return a <= b;
    case 'ugt':
      return a > b;
    case 'uge':
      return a >= b;
    case 'slt':
      return sa < sb;
    case 'sle':
      return sa <= sb;
    case 'sgt':
      return sa > sb;
    case 'sge':
      return sa >= sb;
  }
}

function foldBinary(host: FoldHost, inst: Inst, kind: BinaryOp): Inst {
  const { fn } = host;
  const [a, b] = inst.args;
  if (a === undefined || b === undefined) return inst;
  const { width } = inst;
  if (a.op === 'const' && b.op === 'const') return fn.constant(evaluateBinary(kind, a.value, b.value, width), width);
  if (a.op === 'const' && COMMUTATIVE.has(kind)) return host.add({ op: 'binary', kind }, width, [b, a], inst);
  if (b.op === 'const') {
    const simple = foldConstantRight(host, inst, kind, a, b.value);
    if (simple !== null) return simple;
  } else if (a === b) {
    if (kind === 'sub' || kind === 'xor') return fn.constant(0n, width);
    if (kind === 'and' || kind === 'or') return a;
  } else if (a.op === 'const' && a.value === 0n && kind !== 'sub' && kind !== 'add' && kind !== 'or' && kind !== 'xor') {
    // 0 op x is 0 for the rest, division by zero included.
    return a;
  }
  return inst;
}

function foldConstantRight(host: FoldHost, inst: Inst, kind: BinaryOp, a: Inst, c: bigint): Inst | null {
  const { fn } = host;
  const { width } = inst;
  const constant = (value: bigint): Inst => fn.constant(value, width);
  const all = BigInt.asUintN(width, -1n);
  const make = (made: BinaryOp, left: Inst, value: bigint): Inst =>
    host.add({ op: 'binary', kind: made }, width, [left, constant(value)], inst);
  if (kind === 'sub') return make('add', a, -c);
  if (c === 0n) {
    if (kind === 'add' || kind === 'or' || kind === 'xor' || kind === 'shl' || kind === 'lshr' || kind === 'ashr') return a;
    if (kind === 'umod' || kind === 'smod') return a;
    return constant(0n);
  }
  if (c === 1n) {
    if (kind === 'mul' || kind === 'udiv' || kind === 'sdiv') return a;
    if (kind === 'umod' || kind === 'smod') return constant(0n);
  }
  if (kind === 'add' && a.op === 'global') return fn.globalAddress(a.variable, a.offset + Number(BigInt.asIntN(32, c)));
  if (kind === 'and' && (possibleBits(a) & ~c) === 0n) return a;
  if (kind === 'and' && (possibleBits(a) & c) === 0n) return constant(0n);
  if (kind === 'or' && c === all) return constant(all);
  if (a.op === 'binary' && a.args[1]?.op === 'const' && a.args[0] !== undefined) {
    const nested = foldNested(kind, a.kind, a.args[1].value, c, width);
    if (nested !== null) return make(nested.kind, a.args[0], nested.value);
  }
  const power = powerOfTwo(c);
  if (power !== null) {
    if (kind === 'mul') return make('shl', a, power);
    if (kind === 'udiv') return make('lshr', a, power);
    if (kind === 'umod') return make('and', a, c - 1n);
  }
  if (kind === 'sdiv' || kind === 'smod') return foldSignedDivision(host, inst, kind, a, c, make);
  return null;
}

function foldNested(
  outer: BinaryOp,
  inner: BinaryOp,
  c1: bigint,
  c2: bigint,
  width: Width,
): { kind: BinaryOp; value: bigint } | null {
  if (outer === inner && ASSOCIATIVE.has(outer)) return { kind: outer, value: evaluateBinary(outer, c1, c2, width) };
  const shifts = outer === inner && (outer === 'shl' || outer === 'lshr') && c1 + c2 < BigInt(width);
  if (shifts) return { kind: outer, value: c1 + c2 };
  if (outer === 'lshr' && inner === 'shl' && c1 === c2) return { kind: 'and', value: BigInt.asUintN(width, -1n) >> c1 };
  return null;
}

function powerOfTwo(value: bigint): bigint | null {
  return value > 0n && (value & (value - 1n)) === 0n ? BigInt(value.toString(2).length - 1) : null;
}

/** Signed division by a constant without a signed instruction: by magnitudes. */
function foldSignedDivision(
  host: FoldHost,
  inst: Inst,
  kind: 'sdiv' | 'smod',
  a: Inst,
  c: bigint,
  make: (kind: BinaryOp, left: Inst, value: bigint) => Inst,
): Inst | null {
  const { width } = inst;
  const sign = 1n << BigInt(width - 1);
  const divisor = BigInt.asIntN(width, c);
  if ((possibleBits(a) & sign) === 0n && divisor > 0n) return make(kind === 'sdiv' ? 'udiv' : 'umod', a, c);
  if (host.hasSignedDivision) return null;
  const both = (made: BinaryOp, left: Inst, right: Inst): Inst =>
    host.add({ op: 'binary', kind: made }, width, [left, right], inst);
  const negative = make('ashr', a, BigInt(width - 1));
  const magnitude = both('sub', both('xor', a, negative), negative);
  const size = BigInt.asUintN(width, divisor < 0n ? -divisor : divisor);
  const result = make(kind === 'sdiv' ? 'udiv' : 'umod', magnitude, size);
  const flip = kind === 'sdiv' && divisor < 0n ? make('xor', negative, -1n) : negative;
  return both('sub', both('xor', result, flip), flip);
}

function foldCompare(host: FoldHost, inst: Inst, predicate: Predicate): Inst {
  const { fn } = host;
  const [a, b] = inst.args;
  if (a === undefined || b === undefined) return inst;
  const truth = (value: boolean): Inst => fn.constant(value ? 1n : 0n, 32);
  const make = (made: Predicate, left: Inst, right: Inst): Inst =>
    host.add({ op: 'compare', predicate: made }, 32, [left, right], inst);
  if (a.op === 'const' && b.op === 'const') return truth(evaluateCompare(predicate, a.value, b.value, a.width));
  if (a === b) return truth(['eq', 'ule', 'uge', 'sle', 'sge'].includes(predicate));
  if (a.op === 'const') return make(mirrored(predicate), b, a);
  if (b.op === 'const') {
    const simple = foldCompareConstant(host, predicate, a, b.value, make);
    if (simple !== null) return simple;
  }
  const narrow = narrowCompare(host, predicate, a, b);
  return narrow === null ? inst : make(predicate, narrow.left, narrow.right);
}

type MakeCompare = (predicate: Predicate, left: Inst, right: Inst) => Inst;

function foldCompareConstant(host: FoldHost, predicate: Predicate, a: Inst, c: bigint, make: MakeCompare): Inst | null {
  const { fn } = host;
  const { width } = a;
  const zero = fn.constant(0n, width);
  const bits = possibleBits(a);
  const equality = predicate === 'eq' || predicate === 'ne';
  if (equality && (c & ~bits) !== 0n) return fn.constant(predicate === 'ne' ? 1n : 0n, 32);
  if (predicate === 'ult' && bits < c) return fn.constant(1n, 32);
  if (predicate === 'ugt' && bits <= c) return fn.constant(0n, 32);
  if (c === 0n) {
    if (predicate === 'ult') return fn.constant(0n, 32);
    if (predicate === 'uge') return fn.constant(1n, 32);
    if (predicate === 'ugt') return make('ne', a, zero);
    if (predicate === 'ule') return make('eq', a, zero);
    if (equality && (a.op === 'slot' || a.op === 'global' || a.op === 'function'))
      return fn.constant(predicate === 'ne' ? 1n : 0n, 32);
    if (a.op === 'compare') {
      if (predicate === 'ne') return a;
      if (predicate === 'eq' && a.args[0] !== undefined && a.args[1] !== undefined)
        return make(opposite(a.predicate), a.args[0], a.args[1]);
    }
    if (equality && (a.op === 'zext' || (a.op === 'sext' && a.from === 32)) && a.args[0] !== undefined)
      return make(predicate, a.args[0], fn.constant(0n, a.args[0].width));
  }
  if (c === 1n && predicate === 'ult') return make('eq', a, zero);
  if (c === 1n && predicate === 'uge') return make('ne', a, zero);
  if (c === 1n && equality && bits === 1n) return make(opposite(predicate), a, zero);
  if (equality && a.op === 'binary' && a.args[1]?.op === 'const' && a.args[0] !== undefined) {
    const k = a.args[1].value;
    if (a.kind === 'add' && a.args[0].op !== 'slot') return make(predicate, a.args[0], fn.constant(c - k, width));
    if (a.kind === 'xor') return make(predicate, a.args[0], fn.constant(c ^ k, width));
  }
  return null;
}

/** A 64-bit comparison of widened values is one of the 32-bit values. */
function narrowCompare(host: FoldHost, predicate: Predicate, a: Inst, b: Inst): { left: Inst; right: Inst } | null {
  if (a.width !== 64) return null;
  const left = a.args[0];
  if (left === undefined || left.width !== 32) return null;
  const signed = predicate.startsWith('s');
  const equality = predicate === 'eq' || predicate === 'ne';
  const isSign = a.op === 'sext' && a.from === 32;
  if (a.op !== 'zext' && !isSign) return null;
  // Both extensions keep order: zero-extension the unsigned one (as signed numbers too), sign-extension both.
  if (a.op === 'zext' && signed) return null;
  if (b.op === a.op && (b.op !== 'sext' || b.from === 32) && b.args[0]?.width === 32) return { left, right: b.args[0] };
  if (b.op !== 'const') return null;
  const value = BigInt.asIntN(64, b.value);
  const fits =
    a.op === 'zext'
      ? value >= 0n && value <= 0xffff_ffffn
      : (signed || equality) && value >= -0x8000_0000n && value <= 0x7fff_ffffn;
  return fits ? { left, right: host.fn.constant(b.value, 32) } : null;
}

function foldSignExtension(host: FoldHost, inst: Inst, from: 8 | 16 | 32): Inst {
  const [a] = inst.args;
  if (a === undefined) return inst;
  if (a.op === 'const') return host.fn.constant(BigInt.asIntN(from, a.value), inst.width);
  const sign = 1n << BigInt(from - 1);
  if (possibleBits(a) < sign) return a.width === inst.width ? a : host.add({ op: 'zext' }, 64, [a], inst);
  if (a.width === inst.width) {
    if (a.op === 'sext' && a.from <= from) return a;
    if (a.op === 'load' && a.isSigned && a.size * 8 <= from && a.size < 4) return a;
  }
  // Bits above `from` do not matter.
  if (a.op === 'binary' && a.kind === 'and' && a.args[1]?.op === 'const' && a.args[0] !== undefined) {
    const low = BigInt.asUintN(from, -1n);
    if ((a.args[1].value & low) === low) return host.add({ op: 'sext', from }, inst.width, [a.args[0]], inst);
  }
  if (a.op === 'trunc' && inst.width === 64 && a.args[0]?.op === 'sext' && a.args[0].from <= from) return a.args[0];
  return inst;
}

function foldResize(host: FoldHost, inst: Inst): Inst {
  const [a] = inst.args;
  if (a === undefined) return inst;
  if (a.op === 'const') return host.fn.constant(a.value, inst.width);
  const inner = a.args[0];
  if (inst.op === 'trunc') {
    if ((a.op === 'zext' || a.op === 'sext') && inner?.width === 32) {
      if (a.op === 'zext' || (a.op === 'sext' && a.from === 32)) return inner;
    }
    return inst;
  }
  if (a.op === 'trunc' && inner !== undefined && possibleBits(inner) <= 0xffff_ffffn) return inner;
  return inst;
}

function foldSelect(inst: Inst): Inst {
  const [condition, yes, no] = inst.args;
  if (condition === undefined || yes === undefined || no === undefined) return inst;
  if (condition.op === 'const') return condition.value !== 0n ? yes : no;
  if (yes === no) return yes;
  if (
    condition.op === 'compare' &&
    inst.width === 32 &&
    yes.op === 'const' &&
    yes.value === 1n &&
    no.op === 'const' &&
    no.value === 0n
  )
    return condition;
  return inst;
}

/** A phi of one value, itself aside, is that value. */
function foldPhi(inst: Inst): Inst {
  let only: Inst | null = null;
  for (const arg of inst.args) {
    if (arg === inst || arg === only) continue;
    if (only !== null) return inst;
    only = arg;
  }
  return only ?? inst;
}
