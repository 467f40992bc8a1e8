// Instructions that say what a variable is, for the debugger. They make no code, and passes decide as if they were not there; what a pass drops or
// moves between blocks, it passes on through these functions. Knows nothing of where values end up.

import { type Block, type DebugInst, type Inst, type IrFunction, resolve, type Slot, type VariablePiece } from '../ir.ts';
import type { Place } from '../token.ts';

/** From here on the piece is `holds`; `undef`: it has no value yet; null: it is nowhere. */
export function debugValue(piece: VariablePiece, holds: Inst | null, place: Place | null, inMemory = false): DebugInst {
  return {
    id: -1,
    width: 64,
    args: [],
    block: null,
    place,
    forward: null,
    op: 'debug',
    piece,
    holds,
    inMemory,
  };
}

const debugIn = (block: Block): DebugInst[] => block.body.filter((inst) => inst.op === 'debug');

/** At the start of `block` the variables that blocks gave values to are nowhere: a way leads here past those blocks, or without them. */
export function forgetAt(block: Block, changed: Iterable<Block>): void {
  const pieces = new Set<VariablePiece>();
  for (const from of changed) for (const { piece } of debugIn(from)) pieces.add(piece);
  if (pieces.size === 0) return;
  const kills = [...pieces].map((piece) => debugValue(piece, null, null));
  for (const kill of kills) kill.block = block;
  block.body.unshift(...kills);
}

/** `pred` no longer goes through `block` on its way to `target`: what `block` says of variables is said at the end of `pred`, or forgotten. */
export function carryAround(block: Block, pred: Block, target: Block): void {
  const said = debugIn(block);
  if (said.length === 0) return;
  if (pred.end.kind !== 'jump') {
    forgetAt(target, [block]);
    return;
  }
  for (const { piece, holds, place, inMemory } of said) {
    const value = holds === null ? null : resolve(holds);
    const own = value?.op === 'phi' && value.block === block ? value.args[value.incoming.indexOf(pred)] : value;
    const made = debugValue(piece, own ?? null, place, inMemory);
    made.block = pred;
    pred.body.push(made);
  }
}

/** What was said of the whole variable is said of its parts: that it has no value yet. */
export function splitDebug(fn: IrFunction, whole: VariablePiece, parts: readonly VariablePiece[]): void {
  for (const block of fn.blocks) {
    if (!block.body.some((inst) => inst.op === 'debug' && inst.piece === whole)) continue;
    block.body = block.body.flatMap((inst) =>
      inst.op === 'debug' && inst.piece === whole ? parts.map((piece) => ({ ...inst, piece })) : [inst],
    );
  }
}

type StoreInst = Extract<Inst, { op: 'store' }>;

/**
 * All stores to a slot that nothing reads go: in their place stands what they gave to which bytes of the variable. Bytes that stores of different
 * extent share are one piece, of which nothing is known.
 */
export function replaceDeadStores(fn: IrFunction, dead: ReadonlyMap<Slot, readonly StoreInst[]>): void {
  const made = new Map<Inst, Inst>();
  for (const [{ piece: whole }, stores] of dead) {
    if (whole === undefined) continue;
    const parts: { piece: VariablePiece; from: number; to: number; isWhole: boolean }[] = [];
    for (const { offset: from, size } of [...stores].sort((a, b) => a.offset - b.offset || b.size - a.size)) {
      const to = from + size;
      const last = parts.at(-1);
      if (last === undefined || from >= last.to) parts.push({ piece: whole, from, to, isWhole: true });
      else if (from !== last.from || to !== last.to) {
        last.to = Math.max(last.to, to);
        last.isWhole = false;
      }
    }
    for (const part of parts) part.piece = { ...whole, offset: whole.offset + part.from, size: part.to - part.from };
    for (const store of stores) {
      const part = parts.find(({ from, to }) => store.offset >= from && store.offset < to);
      const value = store.args[1];
      if (part === undefined || value === undefined) continue;
      const debug = debugValue(part.piece, part.isWhole ? resolve(value) : null, store.place);
      debug.block = store.block;
      made.set(store, debug);
    }
    splitDebug(
      fn,
      whole,
      parts.map(({ piece }) => piece),
    );
  }
  if (made.size > 0) for (const block of fn.blocks) block.body = block.body.map((inst) => made.get(inst) ?? inst);
}
