// Which passes run at which level, and in which order. Level 0 keeps variables in memory and inlines only what must be;
// level 1 promotes and simplifies; level 2 also inlines by cost. No pass evaluates loops or calls at compile time.

import type { IrFunction } from '../ir.ts';
import type { Reporter } from '../report.ts';
import type { FunctionSymbol } from '../tree.ts';
import { removeDeadCode } from './dead-code.ts';
import { deleteLoops } from './delete-loops.ts';
import { callsThroughPointer, settleCalls } from './indirect-calls.ts';
import { bottomUp, buildCallGraph, inlineCalls, recursiveFunctions } from './inline.ts';
import { promoteSlots } from './mem2reg.ts';
import { dropUnreachable, simplifyBlocks } from './simplify-blocks.ts';
import { simplifyValues } from './simplify-values.ts';
import { splitAggregates } from './split-aggregates.ts';
import { unrollLoops } from './unroll.ts';
import { widenSlots } from './widen-slots.ts';

export interface OptimiseOptions {
  readonly level: 0 | 1 | 2;
  readonly cpu: 'v1' | 'v2' | 'v3' | 'v4';
  /** Inline only what must be, and unroll nothing: for frames that would be too large otherwise. */
  readonly sparing: boolean;
}

/** Rounds of simplification; each is cheap when nothing changes. */
const ROUNDS = 6;
/** Rounds of inlining calls through pointers. */
const CALL_ROUNDS = 4;
/** Loops unrolled in one function at most. */
const UNROLL_ROUNDS = 24;

/** Simplifies until nothing changes, or for so many rounds. */
function simplify(fn: IrFunction, options: OptimiseOptions, rounds = ROUNDS): void {
  simplifyBlocks(fn);
  for (let round = 0; round < rounds; round++) {
    let changed = promoteSlots(fn) > 0;
    changed = simplifyValues(fn, options.cpu === 'v4') || changed;
    changed = simplifyBlocks(fn) || changed;
    changed = removeDeadCode(fn) || changed;
    changed = splitAggregates(fn) || changed;
    if (!changed) break;
  }
  if (deleteLoops(fn)) simplify(fn, options, rounds);
}

/** Optimises all functions of a unit; returns those that are still needed, in the order given. */
export function optimiseUnit(
  functions: readonly IrFunction[],
  options: OptimiseOptions,
  reporter: Reporter,
  isRoot: (symbol: FunctionSymbol) => boolean,
): IrFunction[] {
  const graph = buildCallGraph(functions);
  const recursive = recursiveFunctions(graph);
  for (const fn of functions)
    if (recursive.has(fn.symbol)) reporter.report('recursive-function', fn.symbol.place, [fn.symbol.name]);
  const bodies = new Map(functions.map((fn) => [fn.symbol, fn]));
  const context = { bodies, graph, recursive, onlyForced: options.level < 2 || options.sparing };
  for (const fn of bottomUp(functions, graph)) {
    // One round makes a body small enough to judge and to copy; what stays a function of its own is finished below. Where a call goes
    // through a pointer, no effort is spared to see which function it means.
    // The machine has no such call, so that goes for level 0, too.
    const byPointer = callsThroughPointer(fn);
    if (options.level > 0 || byPointer) simplify(fn, options, byPointer ? ROUNDS : 1);
    settleCalls(fn);
    // What inlining brings may show which function a pointer means: such a call may be inlined in turn.
    for (let round = 0; round < CALL_ROUNDS && inlineCalls(fn, context); round++) {
      const still = callsThroughPointer(fn);
      if (options.level > 0 || still) simplify(fn, options, still ? ROUNDS : 1);
      else dropUnreachable(fn);
      if (!settleCalls(fn)) break;
    }
  }
  const needed = keepNeeded(functions, isRoot);
  if (options.level > 0) for (const fn of needed) simplify(fn, options);
  if (options.level === 0) for (const fn of needed) widenSlots(fn);
  if (options.level === 2 && !options.sparing) for (const fn of needed) unroll(fn, options);
  return needed;
}

/** From the inside out: an outer loop may be next once its inner ones are gone. */
function unroll(fn: IrFunction, options: OptimiseOptions): void {
  for (let round = 0; round < UNROLL_ROUNDS && unrollLoops(fn); round++) simplify(fn, options);
}

/** Roots and what their code still refers to. */
function keepNeeded(functions: readonly IrFunction[], isRoot: (symbol: FunctionSymbol) => boolean): IrFunction[] {
  const bodies = new Map(functions.map((fn) => [fn.symbol, fn]));
  const needed = new Set(functions.filter((fn) => isRoot(fn.symbol)));
  const work = [...needed];
  const reach = (symbol: FunctionSymbol): void => {
    const fn = bodies.get(symbol);
    if (fn === undefined || needed.has(fn)) return;
    needed.add(fn);
    work.push(fn);
  };
  for (let fn = work.pop(); fn !== undefined; fn = work.pop()) {
    for (const block of fn.blocks) {
      for (const inst of [...block.phis, ...block.body]) {
        if (inst.op === 'call' && inst.target.kind === 'function') reach(inst.target.symbol);
        for (const arg of inst.args) if (arg.op === 'function') reach(arg.symbol);
      }
      if (block.end.kind === 'return' && block.end.value?.op === 'function') reach(block.end.value.symbol);
    }
  }
  return functions.filter((fn) => needed.has(fn));
}
