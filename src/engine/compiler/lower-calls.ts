// Calls and built-ins to intermediate code. Our calling convention: up to five values in registers; records go by address of
// a copy, a record result through an address in front; with more than five values the fifth register points to the rest in
// the caller's frame. Knows nothing of registers themselves.

import { alignOf, type CType, sizeOf } from '../abi/ctype.ts';
import type { Address } from './build-ir.ts';
import { BUILTINS } from './builtins.ts';
import { type AtomicKind, type CallTarget, constantValue, type Inst } from './ir.ts';
import { lowerValue } from './lower-expressions.ts';
import { lowerAddress } from './lower-memory.ts';
import { lowerOverflow } from './lower-overflow.ts';
import { accessSize, type Lowering, widthOf } from './lower-state.ts';
import { lowerString } from './lower-strings.ts';
import type { FunctionSymbol, TExpr } from './tree.ts';
import { integerOf, isRecord, isSigned, isVoid, pointerOf } from './types.ts';

/** Values that travel in registers: R1 to R5. */
export const REGISTER_ARGUMENTS = 5;

type CallExpr = Extract<TExpr, { kind: 'call' }>;
type IntrinsicExpr = Extract<TExpr, { kind: 'intrinsic' }>;

export function lowerCall(l: Lowering, expr: CallExpr): Inst {
  const { callee } = expr;
  if (callee.kind === 'symbol') {
    const builtin = libraryBuiltin(callee.symbol, expr);
    if (builtin !== null) return lowerIntrinsic(l, builtin);
    const target: CallTarget = callee.symbol.ksym
      ? { kind: 'kfunc', name: callee.symbol.name }
      : { kind: 'function', symbol: callee.symbol };
    return emitCall(l, expr, target);
  }
  if (callee.kind === 'helper') return emitCall(l, expr, { kind: 'helper', id: callee.id, name: callee.name });
  const value = lowerValue(l, callee.value);
  if (value.op === 'function') return emitCall(l, expr, { kind: 'function', symbol: value.symbol });
  return emitCall(l, expr, { kind: 'indirect' }, value);
}

/** memcpy and its like, declared but not defined by the program: the compiler's own. */
function libraryBuiltin(symbol: FunctionSymbol, expr: CallExpr): IntrinsicExpr | null {
  if (symbol.body !== null || symbol.ksym) return null;
  const rule = BUILTINS.get(symbol.name)?.rule;
  if (rule?.kind !== 'fixed' || rule.params.length !== expr.args.length) return null;
  const args = expr.args.map(
    (arg, i): TExpr => ({
      kind: 'convert',
      value: arg,
      type: rule.params[i] ?? arg.type,
      explicit: false,
      place: arg.place,
    }),
  );
  return { kind: 'intrinsic', name: rule.intrinsic, args, type: expr.type, place: expr.place };
}

function emitCall(l: Lowering, expr: CallExpr, target: CallTarget, pointer: Inst | null = null): Inst {
  const { builder } = l;
  const values: Inst[] = [];
  const returnsRecord = isRecord(expr.type);
  let result: Address | null = null;
  if (returnsRecord) {
    result = temporary(l, '.result', expr.type);
    values.push(result.base);
  }
  const native = target.kind === 'function' || target.kind === 'indirect';
  for (const arg of expr.args) values.push(lowerArgument(l, arg, !native));
  const passed = values.length > REGISTER_ARGUMENTS ? spillArguments(l, values) : values;
  const hasResult = !isVoid(expr.type) && !returnsRecord;
  const width = hasResult && native ? widthOf(expr.type) : 64;
  const call = builder.add(
    builder.fn.make(
      { op: 'call', target, hasResult, scope: [...builder.scope] },
      width,
      pointer === null ? passed : [pointer, ...passed],
      builder.place,
    ),
  );
  if (result !== null) return result.base;
  if (!hasResult) return builder.constant(0, 64);
  if (native) return narrowResult(l, call, expr.type);
  const resized = builder.resize(call, widthOf(expr.type), false);
  return narrowResult(l, resized, expr.type);
}

/** A callee keeps small results extended; helpers promise nothing. */
function narrowResult(l: Lowering, value: Inst, type: CType): Inst {
  if (sizeOf(type) >= 4 || value.op !== 'trunc') return value;
  const { builder } = l;
  if (integerOf(type)?.bool)
    return builder.compare('ne', builder.binary('and', value, builder.constant(0xff, 32)), builder.constant(0, 32));
  if (isSigned(type)) return builder.signExtend(value, sizeOf(type) === 1 ? 8 : 16);
  return builder.binary('and', value, builder.constant(sizeOf(type) === 1 ? 0xff : 0xffff, 32));
}

/** Helpers read whole registers, so their arguments are extended to 64 bits. */
function lowerArgument(l: Lowering, arg: TExpr, wide: boolean): Inst {
  if (isRecord(arg.type)) {
    const copy = temporary(l, '.argument', arg.type);
    l.builder.copy(copy, lowerAddress(l, arg), sizeOf(arg.type));
    return copy.base;
  }
  const value = lowerValue(l, arg);
  return wide ? l.builder.resize(value, 64, isSigned(arg.type)) : value;
}

function temporary(l: Lowering, name: string, type: CType): Address {
  const size = sizeOf(type);
  const align = size >= 8 ? Math.max(8, alignOf(type)) : alignOf(type);
  return { base: l.builder.slot(name, size, align, null), offset: 0, align };
}

/** The fifth and later values go to memory; their address is the fifth. */
function spillArguments(l: Lowering, values: readonly Inst[]): Inst[] {
  const { builder } = l;
  const kept = values.slice(0, REGISTER_ARGUMENTS - 1);
  const rest = values.slice(REGISTER_ARGUMENTS - 1);
  const base = builder.slot('.arguments', rest.length * 8, 8, null);
  rest.forEach((value, i) => {
    builder.store({ base, offset: i * 8, align: 8 }, builder.resize(value, 64, false), 8, false);
  });
  return [...kept, base];
}

/** Built-in operations. */
export function lowerIntrinsic(l: Lowering, expr: IntrinsicExpr): Inst {
  const { builder } = l;
  const { name, args } = expr;
  const nothing = builder.constant(0, 64);
  if (name.startsWith('atomic-')) return lowerAtomic(l, expr);
  switch (name) {
    case 'unreachable':
    case 'trap':
      builder.block.end = { kind: 'unreachable', place: builder.place };
      l.startDead();
      return nothing;
    case 'barrier':
      builder.add(builder.fn.make({ op: 'barrier' }, 64, [], builder.place));
      return nothing;
    case 'may-goto':
      return builder.add(builder.fn.make({ op: 'may-goto' }, 32, [], builder.place));
    case 'memcpy':
    case 'memmove':
    case 'memset':
    case 'memcmp':
    case 'strlen':
    case 'strcmp':
      return lowerString(l, expr);
    case 'add-overflow':
    case 'sub-overflow':
    case 'mul-overflow':
      return lowerOverflow(l, expr);
  }
  const first = args[0];
  if (first === undefined) return nothing;
  const value = lowerValue(l, first);
  const width = value.width;
  switch (name) {
    case 'bswap': {
      const bits = sizeOf(first.type) * 8;
      return builder.bswap(value, bits === 16 ? 16 : bits === 32 ? 32 : 64);
    }
    case 'abs': {
      const sign = builder.binary('ashr', value, builder.constant(width - 1, width));
      return builder.binary('sub', builder.binary('xor', value, sign), sign);
    }
    case 'popcount':
      return builder.resize(popcount(l, value), 32, false);
    case 'parity':
      return builder.binary('and', builder.resize(popcount(l, value), 32, false), builder.constant(1, 32));
    case 'clz':
      return builder.resize(popcount(l, builder.binary('xor', smear(l, value), builder.constant(-1, width))), 32, false);
    case 'ctz':
    case 'ffs':
      return trailing(l, value, name);
    default:
      return nothing;
  }
}

/** Hacker's Delight 5-1: counts bits in parallel. */
function popcount(l: Lowering, x: Inst): Inst {
  const { builder: b } = l;
  const w = x.width;
  const mask = (pattern: bigint): Inst => b.constant(pattern, w);
  const pairs = b.binary('sub', x, b.binary('and', b.binary('lshr', x, b.constant(1, w)), mask(0x5555_5555_5555_5555n)));
  const low = b.binary('and', pairs, mask(0x3333_3333_3333_3333n));
  const high = b.binary('and', b.binary('lshr', pairs, b.constant(2, w)), mask(0x3333_3333_3333_3333n));
  const fours = b.binary('add', low, high);
  const eights = b.binary('and', b.binary('add', fours, b.binary('lshr', fours, b.constant(4, w))), mask(0x0f0f_0f0f_0f0f_0f0fn));
  return b.binary('lshr', b.binary('mul', eights, mask(0x0101_0101_0101_0101n)), b.constant(w - 8, w));
}

/** All bits below the highest set one become set. */
function smear(l: Lowering, x: Inst): Inst {
  const { builder: b } = l;
  let value = x;
  for (let shift = 1; shift < x.width; shift *= 2)
    value = b.binary('or', value, b.binary('lshr', value, b.constant(shift, x.width)));
  return value;
}

/** ctz: bits below the lowest set one; ffs: one more, and 0 for 0. */
function trailing(l: Lowering, x: Inst, name: 'ctz' | 'ffs'): Inst {
  const { builder: b } = l;
  const w = x.width;
  const below = b.binary('and', b.binary('xor', x, b.constant(-1, w)), b.binary('sub', x, b.constant(1, w)));
  const count = b.resize(popcount(l, below), 32, false);
  if (name === 'ctz') return count;
  const isZero = b.compare('eq', x, b.constant(0, w));
  return b.select(isZero, b.constant(0, 32), b.binary('add', count, b.constant(1, 32)));
}

function lowerAtomic(l: Lowering, expr: IntrinsicExpr): Inst {
  const { builder: b } = l;
  const [pointer, first, second] = expr.args;
  const to = pointerOf(pointer?.type ?? expr.type)?.to;
  if (pointer === undefined || to === undefined) return b.constant(0, 64);
  const at = { base: lowerValue(l, pointer), offset: 0, align: alignOf(to) };
  const width = widthOf(to);
  const size = width === 64 ? 8 : 4;
  if (expr.name === 'atomic-load') return b.load(at, accessSize(to), isSigned(to), true);
  const operand = first === undefined ? b.constant(0, width) : lowerValue(l, first);
  if (expr.name === 'atomic-store') {
    b.store(at, operand, accessSize(to), true);
    return b.constant(0, 64);
  }
  const emit = (kind: AtomicKind, values: Inst[], fetch: boolean): Inst =>
    b.add(b.fn.make({ op: 'atomic', kind, fetch, offset: 0, size }, width, [at.base, ...values], b.place));
  if (expr.name === 'atomic-exchange') return emit('xchg', [operand], true);
  if (expr.name.startsWith('atomic-compare')) {
    const desired = second === undefined ? operand : lowerValue(l, second);
    return lowerCompareExchange(l, expr, operand, desired, emit);
  }
  const match = /^atomic-(?:fetch-(\w+)|(\w+)-fetch)$/.exec(expr.name);
  const op = match?.[1] ?? match?.[2] ?? 'add';
  const value = op === 'sub' ? b.binary('sub', b.constant(0, width), operand) : operand;
  const kind: AtomicKind = op === 'and' || op === 'or' || op === 'xor' ? op : 'add';
  const old = emit(kind, [value], true);
  return match?.[1] !== undefined ? old : b.binary(kind === 'add' ? 'add' : kind, old, value);
}

type EmitAtomic = (kind: AtomicKind, values: Inst[], fetch: boolean) => Inst;

function lowerCompareExchange(l: Lowering, expr: IntrinsicExpr, expected: Inst, desired: Inst, emit: EmitAtomic): Inst {
  const { builder: b } = l;
  if (expr.name !== 'atomic-compare-exchange-n') {
    const old = emit('cmpxchg', [expected, desired], true);
    return expr.name === 'atomic-compare-exchange-value' ? old : b.compare('eq', old, expected);
  }
  const size = desired.width === 64 ? 8 : 4;
  const at = { base: expected, offset: 0, align: size };
  const wanted = b.load(at, size, false, false);
  const old = emit('cmpxchg', [wanted, desired], true);
  b.store(at, old, size, false);
  return b.compare('eq', old, wanted);
}

/** Constant size in bytes, or null. */
export const constantSize = (value: Inst): number | null => {
  const constant = constantValue(value);
  return constant === null || constant > 1n << 20n ? null : Number(constant);
};
