// Loops that count and do nothing: no effect, no value that is read outside, and a counter that goes towards its limit. A loop that may never end
// stays, for the verifier to point at. Knows nothing of trip counts.

import {
  type Block,
  computePredecessors,
  hasEffect,
  type Inst,
  type IrFunction,
  opposite,
  type PhiInst,
  successors,
} from '../ir.ts';
import { forgetAt } from './debug-values.ts';
import { computeDominators, type Dominators, dominates } from './dominators.ts';
import { type Loop, naturalLoops } from './loops.ts';
import { dropUnreachable } from './simplify-blocks.ts';

/** Returns true when a loop was taken out. Needs resolved operands. */
export function deleteLoops(fn: IrFunction): boolean {
  computePredecessors(fn);
  // Inner loops first: an outer one may do nothing without them.
  const doms = computeDominators(fn);
  for (const loop of naturalLoops(doms).reverse()) {
    const exit = exitOf(loop);
    if (exit === null || !isIdle(loop) || !ends(loop, doms) || isRead(fn, loop) || joins(loop, exit)) continue;
    bypass(loop, exit);
    forgetAt(exit, loop.body);
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

/** Predicates under which a loop goes on, and the sign of a step that puts an end to it; 0: one of either. */
const TOWARDS: Readonly<Record<string, number>> = { slt: 1, ult: 1, sle: 1, sgt: -1, ugt: -1, sge: -1, ne: 0 };

/** True when a branch that every turn takes compares a counter with a limit it goes towards. */
function ends({ header, body, latches }: Loop, doms: Dominators): boolean {
  for (const block of body) {
    const { end } = block;
    if (end.kind !== 'branch' || body.has(end.yes) === body.has(end.no) || end.condition.op !== 'compare') continue;
    if (!latches.every((latch) => dominates(doms, block, latch))) continue;
    const [left, limit] = end.condition.args;
    const goesOn = body.has(end.yes) ? end.condition.predicate : opposite(end.condition.predicate);
    const isFixed = limit?.block == null || !body.has(limit.block);
    const counter = left?.op === 'binary' && left.kind === 'add' && left.args[1]?.op === 'const' ? left.args[0] : left;
    const step = counter?.op === 'phi' && counter.block === header ? stepOf(counter, body) : 0n;
    const wanted = TOWARDS[goesOn];
    if (!isFixed || wanted === undefined || step === 0n) continue;
    if (wanted === 0 ? step === 1n || step === -1n : step > 0n === wanted > 0) return true;
  }
  return false;
}

/** What each turn adds to the counter; 0 when that is not one constant. */
function stepOf(phi: PhiInst, body: ReadonlySet<Block>): bigint {
  let step = 0n;
  for (const [i, from] of phi.incoming.entries()) {
    if (!body.has(from)) continue;
    const next = phi.args[i];
    const by = next?.op === 'binary' && next.kind === 'add' && next.args[0] === phi ? next.args[1] : undefined;
    if (by?.op !== 'const') return 0n;
    const value = BigInt.asIntN(by.width, by.value);
    if (step !== 0n && step !== value) return 0n;
    step = value;
  }
  return step;
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
