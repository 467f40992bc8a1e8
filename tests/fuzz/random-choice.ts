// Choices of the program generators, all from one seeded stream: the same seed gives the same program. Knows nothing of C.

import { nextBelow, PRNG_STATE_WORDS, type RandomStream, seedStream } from '../../src/engine/base/prng.ts';

export class Choice {
  private readonly stream: RandomStream = { state: new Int32Array(PRNG_STATE_WORDS), at: 0 };

  constructor(seed: number, name: string) {
    seedStream(this.stream, seed, name);
  }

  /** Uniform integer from 0 to `bound` - 1. */
  below(bound: number): number {
    return nextBelow(this.stream, Math.max(1, bound));
  }

  /** Uniform integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True in `percent` of a hundred cases. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new RangeError('nothing to choose from');
    return item;
  }

  /** One of the rows, each as likely as its weight says. */
  weighted<T>(rows: readonly (readonly [weight: number, item: T])[]): T {
    let at = this.below(rows.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, item] of rows) {
      at -= weight;
      if (at < 0) return item;
    }
    throw new RangeError('nothing to choose from');
  }
}
