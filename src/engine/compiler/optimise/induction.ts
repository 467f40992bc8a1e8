// Bounds of loop counters: a phi that starts at a constant, grows by constants, and grows only where it is below a constant
// limit. With the bound, widening a signed counter costs nothing and masks of it fall away. Knows nothing of trip counts.

import type { Block, Inst } from '../ir.ts';
import { type Dominators, dominates } from './dominators.ts';

/** Sets `bound` of every counter found. Needs up-to-date predecessors. */
export function boundCounters(doms: Dominators): void {
  for (const block of doms.order) {
    const { end } = block;
    if (end.kind !== 'branch' || end.yes === end.no || end.yes.preds.length !== 1) continue;
    const { condition } = end;
    if (condition.op !== 'compare') continue;
    const [left, right] = condition.args;
    if (left?.op !== 'phi' || left.block !== block || right?.op !== 'const') continue;
    const limit = limitOf(condition.predicate, BigInt.asIntN(right.width, right.value));
    if (limit === null) continue;
    const bound = counterBound(left, limit, end.yes, doms);
    if (bound !== null && bound < 1n << BigInt(left.width - 1)) left.bound = bound;
  }
}

/** Largest value that takes the branch into the loop; null when the predicate or the limit says nothing for counters from 0 up. */
function limitOf(predicate: string, constant: bigint): bigint | null {
  if (constant < 0n) return null;
  if (predicate === 'slt' || predicate === 'ult') return constant - 1n;
  return predicate === 'sle' || predicate === 'ule' ? constant : null;
}

function counterBound(phi: Extract<Inst, { op: 'phi' }>, limit: bigint, body: Block, doms: Dominators): bigint | null {
  let bound = 0n;
  for (const arg of phi.args) {
    if (arg.op === 'const') {
      const start = BigInt.asIntN(arg.width, arg.value);
      if (start < 0n) return null;
      bound = start > bound ? start : bound;
      continue;
    }
    const step =
      arg.op === 'binary' && arg.kind === 'add' && arg.args[0] === phi && arg.args[1]?.op === 'const' ? arg.args[1] : null;
    if (step === null || arg.block === null || !dominates(doms, body, arg.block)) return null;
    const by = BigInt.asIntN(step.width, step.value);
    if (by < 0n) return null;
    bound = limit + by > bound ? limit + by : bound;
  }
  return bound;
}
