// Which passes run at which level, and in which order. Level 0 keeps variables in memory; 1 and 2 promote and simplify.

import type { IrFunction } from '../ir.ts';
import type { Reporter } from '../report.ts';
import type { FunctionSymbol } from '../tree.ts';
import { promoteSlots } from './mem2reg.ts';

export interface OptimiseOptions {
  readonly level: 0 | 1 | 2;
  readonly cpu: 'v1' | 'v2' | 'v3' | 'v4';
}

/** Optimises all functions of a unit; returns those that are still needed, in the order given. */
export function optimiseUnit(
  functions: readonly IrFunction[],
  options: OptimiseOptions,
  _reporter: Reporter,
  _isRoot: (symbol: FunctionSymbol) => boolean,
): IrFunction[] {
  if (options.level > 0) for (const fn of functions) promoteSlots(fn);
  return [...functions];
}
