// Static variables that nothing writes: code reads them directly and only so, and no data holds their address. Their initial value is their
// value. Looks at the whole unit, before any function is optimised.

import { referencesOf } from '../data-sections.ts';
import type { Inst, IrFunction } from '../ir.ts';
import type { GlobalVariable } from '../tree.ts';
import { qualifiersOf } from '../types.ts';

/** Sets `neverWritten` of the variables that qualify. A variable with a section of its own may mean something to others. */
export function noteUnwritten(functions: readonly IrFunction[], variables: readonly GlobalVariable[]): void {
  const reached = new Set<GlobalVariable>();
  const reach = (inst: Inst | null | undefined): void => {
    if (inst?.op === 'global') reached.add(inst.variable);
  };
  for (const fn of functions) {
    for (const block of fn.blocks) {
      for (const phi of block.phis) phi.args.forEach(reach);
      for (const inst of block.body) if (inst.op !== 'load') inst.args.forEach(reach);
      const { end } = block;
      if (end.kind === 'return') reach(end.value);
      else if (end.kind === 'branch') reach(end.condition);
    }
  }
  for (const variable of variables)
    for (const reference of referencesOf(variable)) if (reference.kind === 'global') reached.add(reference);
  for (const variable of variables) {
    const isOurs = variable.linkage === 'static' && variable.section === null && variable.defined && !variable.keep;
    variable.neverWritten = isOurs && !reached.has(variable) && qualifiersOf(variable.type).volatile !== true;
  }
}
