// Results remembered by instruction: a walk passes the same instruction with the same operands many times, and the
// operands are shared immutable values, so comparing references tells. Knows nothing of what the results mean.

import type { Scalar } from './scalar.ts';

/** Operand pairs remembered for each instruction. */
const WAYS = 4;

/** The last few results of one two-operand function, for each slot of a program. */
export class OperandMemo<Result> {
  private readonly firsts: (Scalar | undefined)[] = [];
  private readonly seconds: (Scalar | undefined)[] = [];
  private readonly results: (Result | undefined)[] = [];
  private readonly turns: number[] = [];

  /** The result for these very operands at `slot`, or undefined. */
  find(slot: number, first: Scalar, second: Scalar): Result | undefined {
    const base = slot * WAYS;
    for (let at = base; at < base + WAYS; at++) {
      if (this.firsts[at] === first && this.seconds[at] === second) return this.results[at];
    }
    return undefined;
  }

  /** Remembers a result, in place of the oldest one; gives it back. */
  keep(slot: number, first: Scalar, second: Scalar, result: Result): Result {
    const turn = this.turns[slot] ?? 0;
    const at = slot * WAYS + turn;
    this.turns[slot] = (turn + 1) % WAYS;
    this.firsts[at] = first;
    this.seconds[at] = second;
    this.results[at] = result;
    return result;
  }
}
