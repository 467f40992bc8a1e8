// Calls through a pointer whose function has become known: a function passed to one that was inlined here, or kept in a variable that
// never changes. They become plain calls; what stays unknown is refused later.

import { type IrFunction, resolve } from '../ir.ts';

/** True when some call's function is not known yet. */
export const callsThroughPointer = (fn: IrFunction): boolean =>
  fn.blocks.some(({ body }) => body.some((inst) => inst.op === 'call' && inst.target.kind === 'indirect'));

/** Returns true when a call was settled. */
export function settleCalls(fn: IrFunction): boolean {
  let changed = false;
  for (const block of fn.blocks) {
    for (const inst of block.body) {
      if (inst.op !== 'call' || inst.target.kind !== 'indirect') continue;
      const callee = inst.args[0] === undefined ? null : resolve(inst.args[0]);
      if (callee?.op !== 'function') continue;
      const { symbol } = callee;
      inst.target = symbol.ksym ? { kind: 'kfunc', name: symbol.name } : { kind: 'function', symbol };
      inst.args = inst.args.slice(1);
      changed = true;
    }
  }
  return changed;
}
