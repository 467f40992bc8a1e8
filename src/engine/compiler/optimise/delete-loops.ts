// Loops that do nothing: no effect, no value that is read outside. C lets a compiler assume that such a loop ends where its condition is not
// constant (C11 6.8.5 paragraph 6), and a BPF program ends in any case; so one with a way out may go. Knows nothing of trip counts.

import { type Block, computePredecessors, hasEffect, type Inst, type IrFunction, successors } from '../ir.ts';
import { computeDominators } from './dominators.ts';
import { type Loop, naturalLoops } from './loops.ts';
import { dropUnreachable } from './simplify-blocks.ts';

/** Returns true when a loop was taken out. Needs resolved operands. */
export function deleteLoops(fn: IrFunction): boolean {
  computePredecessors(fn);
  // Inner loops first: an outer one may do nothing without them.
  for (const loop of naturalLoops(computeDominators(fn)).reverse()) {
    const exit = exitOf(loop);
    if (exit === null || !isIdle(loop) || isRead(fn, loop) || joins(loop, exit)) continue;
    bypass(loop, exit);
    dropUnreachable(fn);
    deleteLoops(fn);
    return true;
  }
  return false;
}

/** The one block that the loop leaves to; null when there are several, or none. */
function exitOf({ body }: Loop): Block | null {
  let exit: Block | null = null;
  for (const block of body) {
    for (const next of successors(block)) {
      if (body.has(next)) continue;
      if (exit !== null && exit !== next) return null;
      exit = next;
    }
  }
  return exit;
}

const isIdle = ({ body }: Loop): boolean => [...body].every((block) => !block.body.some(hasEffect));

/** True when something outside reads a value of the loop, or ways out differ in what they bring along. */
function isRead(fn: IrFunction, { body }: Loop): boolean {
  const isInside = (inst: Inst | null): boolean => inst?.block != null && body.has(inst.block);
  for (const block of fn.blocks) {
    if (body.has(block)) continue;
    for (const phi of block.phis) {
      if (phi.op !== 'phi') continue;
      const brought = phi.args.filter((_, i) => phi.incoming[i] !== undefined && body.has(phi.incoming[i]));
      if (phi.args.some(isInside) || new Set(brought).size > 1) return true;
    }
    if (block.body.some((inst) => inst.args.some(isInside))) return true;
    const { end } = block;
    if ((end.kind === 'branch' && isInside(end.condition)) || (end.kind === 'return' && isInside(end.value))) return true;
  }
  return false;
}

/** True when a way into the loop leads to its exit as well, where it would have to bring two values. */
const joins = ({ header, body }: Loop, exit: Block): boolean =>
  exit.phis.length > 0 && header.preds.some((pred) => !body.has(pred) && exit.preds.includes(pred));

/** What entered the loop goes to its exit. */
function bypass({ header, body }: Loop, exit: Block): void {
  const outside = header.preds.filter((pred) => !body.has(pred));
  for (const phi of exit.phis) {
    if (phi.op !== 'phi') continue;
    const at = phi.incoming.findIndex((from) => body.has(from));
    const value = phi.args[at];
    if (value === undefined) continue;
    for (const pred of outside) {
      phi.incoming.push(pred);
      phi.args.push(value);
    }
  }
  for (const { end } of outside) {
    if (end.kind === 'jump') end.target = exit;
    else if (end.kind === 'branch') {
      if (end.yes === header) end.yes = exit;
      if (end.no === header) end.no = exit;
    }
  }
}
