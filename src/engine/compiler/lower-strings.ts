// memcpy, memmove, memset, memcmp, strlen, strcmp in place: straight code for small constant sizes, byte loops otherwise.
// BPF has no library to call. Knows nothing of other built-ins.

import { alignOf } from '../abi/ctype.ts';
import type { Address } from './build-ir.ts';
import { constantValue, type Inst } from './ir.ts';
import { constantSize } from './lower-calls.ts';
import { lowerValue } from './lower-expressions.ts';
import type { Lowering } from './lower-state.ts';
import type { TExpr } from './tree.ts';
import { arrayOf, pointerOf } from './types.ts';

type IntrinsicExpr = Extract<TExpr, { kind: 'intrinsic' }>;

/** Alignment that the pointed-to type promises, seen through the conversion to void *. */
function pointeeAlign(expr: TExpr): number {
  let inner = expr;
  while (inner.kind === 'convert') inner = inner.value;
  const to = pointerOf(inner.type)?.to;
  const element = to === undefined ? undefined : (arrayOf(to)?.of ?? to);
  return element === undefined ? 1 : alignOf(element);
}

function addressed(l: Lowering, expr: TExpr): Address {
  const base = lowerValue(l, expr);
  let align = pointeeAlign(expr);
  if (base.op === 'slot') align = Math.max(align, base.slot.align);
  return { base, offset: 0, align };
}

export function lowerString(l: Lowering, expr: IntrinsicExpr): Inst {
  const { builder: b } = l;
  const [first, second, third] = expr.args;
  const zero = b.constant(0, 64);
  if (first === undefined) return zero;
  const left = addressed(l, first);
  if (expr.name === 'strlen') return length(l, left.base);
  if (second === undefined) return zero;
  if (expr.name === 'memset') {
    const value = lowerValue(l, second);
    fill(l, left, value, third === undefined ? zero : lowerValue(l, third));
    return left.base;
  }
  const right = addressed(l, second);
  if (expr.name === 'strcmp') return compareText(l, left.base, right.base);
  const size = third === undefined ? zero : lowerValue(l, third);
  if (expr.name === 'memcmp') return compareBytes(l, left.base, right.base, size);
  copy(l, left, right, size, expr.name === 'memmove');
  return left.base;
}

function byte(l: Lowering, base: Inst, index: Inst): Inst {
  const { builder: b } = l;
  return b.load({ base: b.binary('add', base, index), offset: 0, align: 1 }, 1, false, false);
}

function copy(l: Lowering, to: Address, from: Address, size: Inst, overlapping: boolean): void {
  const { builder: b } = l;
  const constant = constantSize(size);
  if (constant !== null && !(overlapping && constant > 64)) {
    if (!overlapping) return b.copy(to, from, constant);
    // memmove of few bytes: through a temporary, so that overlap does no harm.
    const slot: Address = { base: b.slot('.moved', constant, 8, null), offset: 0, align: 8 };
    b.copy(slot, from, constant);
    return b.copy(to, slot, constant);
  }
  if (!overlapping) {
    b.unlessZero(size, () => b.countedLoop(size, 1, (i) => storeByte(l, to.base, i, byte(l, from.base, i))));
    return;
  }
  const down = b.fn.makeBlock('down');
  const up = b.fn.makeBlock('up');
  const end = b.fn.makeBlock('moved');
  b.branch(b.compare('ult', from.base, to.base), down, up);
  b.start(down);
  b.unlessZero(size, () =>
    b.countedLoop(size, 1, (i) => {
      const at = b.binary('sub', b.binary('sub', size, i), b.constant(1, 64));
      storeByte(l, to.base, at, byte(l, from.base, at));
    }),
  );
  b.jump(end);
  b.start(up);
  b.unlessZero(size, () => b.countedLoop(size, 1, (i) => storeByte(l, to.base, i, byte(l, from.base, i))));
  b.jump(end);
  b.start(end);
}

function storeByte(l: Lowering, base: Inst, index: Inst, value: Inst): void {
  const { builder: b } = l;
  b.store({ base: b.binary('add', base, index), offset: 0, align: 1 }, value, 1, false);
}

function fill(l: Lowering, to: Address, value: Inst, size: Inst): void {
  const { builder: b } = l;
  const constant = constantSize(size);
  const byteValue = constantValue(value);
  if (constant !== null && byteValue !== null) return b.fill(to, Number(byteValue & 0xffn), constant);
  b.unlessZero(size, () => b.countedLoop(size, 1, (i) => storeByte(l, to.base, i, value)));
}

/** Runs `step` with a growing index until it branches out; `step` gets the index and the block to go on with. */
function scan(l: Lowering, step: (index: Inst, again: () => void) => void): void {
  const { builder: b } = l;
  const before = b.block;
  const loop = b.fn.makeBlock('scan');
  b.jump(loop);
  b.start(loop);
  const index = b.phi(64, [before], [b.constant(0, 64)]);
  step(index, () => {
    const next = b.binary('add', index, b.constant(1, 64));
    if (index.op === 'phi') {
      index.incoming.push(b.block);
      index.args.push(next);
    }
    b.jump(loop);
  });
}

function length(l: Lowering, base: Inst): Inst {
  const { builder: b } = l;
  const end = b.fn.makeBlock('ended');
  let result = b.constant(0, 64);
  scan(l, (index, again) => {
    const more = b.fn.makeBlock('more');
    result = index;
    b.branch(byte(l, base, index), more, end);
    b.start(more);
    again();
  });
  b.start(end);
  return result;
}

function compareText(l: Lowering, left: Inst, right: Inst): Inst {
  const { builder: b } = l;
  const end = b.fn.makeBlock('compared');
  let result = b.constant(0, 32);
  scan(l, (index, again) => {
    const same = b.fn.makeBlock('same');
    const more = b.fn.makeBlock('more');
    const x = byte(l, left, index);
    result = b.binary('sub', x, byte(l, right, index));
    b.branch(result, end, same);
    b.start(same);
    b.branch(x, more, end);
    b.start(more);
    again();
  });
  b.start(end);
  return result;
}

function compareBytes(l: Lowering, left: Inst, right: Inst, size: Inst): Inst {
  const { builder: b } = l;
  const end = b.fn.makeBlock('compared');
  const some = b.fn.makeBlock('some');
  const before = b.block;
  b.branch(b.compare('ne', size, b.constant(0, 64)), some, end);
  b.start(some);
  let difference = b.constant(0, 32);
  const exits: { block: typeof before; value: Inst }[] = [{ block: before, value: b.constant(0, 32) }];
  scan(l, (index, again) => {
    const same = b.fn.makeBlock('same');
    const more = b.fn.makeBlock('more');
    difference = b.binary('sub', byte(l, left, index), byte(l, right, index));
    exits.push({ block: b.block, value: difference });
    b.branch(difference, end, same);
    b.start(same);
    const next = b.binary('add', index, b.constant(1, 64));
    exits.push({ block: b.block, value: difference });
    b.branch(b.compare('ult', next, size), more, end);
    b.start(more);
    again();
  });
  b.start(end);
  return b.phi(
    32,
    exits.map((exit) => exit.block),
    exits.map((exit) => exit.value),
  );
}
