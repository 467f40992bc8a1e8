// Instructions that say what a variable is, for the debugger. They make no code, and passes decide as if they were not there; what a pass drops or
// moves between blocks, it passes on through these functions. Knows nothing of where values end up.

import { type Block, type DebugInst, type Inst, resolve, type VariablePiece } from '../ir.ts';
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
