// The event queue against `flatqueue` (a heap in flat arrays) in the hold model: take the earliest event, put one back at a random
// later time; with 1,000 and 10,000 pending.

import FlatQueue from 'flatqueue';
import { EventQueue } from '../src/engine/sim/event-queue.ts';
import { RunMemory } from '../src/engine/vm/memory.ts';

const HOLDS = 1_000_000;
const ROUNDS = 7;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** The same times for both. */
function delays(count: number): Float64Array {
  const times = new Float64Array(count);
  let state = 1;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    times[i] = 1 + (state >>> 12);
  }
  return times;
}

function holdOwn(pending: number, delay: Float64Array): number {
  const memory = new RunMemory({ hostBytes: pending * 32 + 4096, programBytes: 0 });
  const queue = new EventQueue(memory, pending);
  for (let i = 0; i < pending; i++) queue.set(i, delay[i] ?? 0);
  const started = performance.now();
  for (let i = 0; i < HOLDS; i++) {
    const event = queue.first;
    const now = queue.timeOf(event);
    queue.takeFirst();
    queue.set(event, now + (delay[i] ?? 0));
  }
  return performance.now() - started;
}

function holdFlat(pending: number, delay: Float64Array): number {
  const queue = new FlatQueue<number>();
  for (let i = 0; i < pending; i++) queue.push(i, delay[i] ?? 0);
  const started = performance.now();
  for (let i = 0; i < HOLDS; i++) {
    const now = queue.peekValue() ?? 0;
    queue.push(queue.pop() ?? 0, now + (delay[i] ?? 0));
  }
  return performance.now() - started;
}

export function run(): Record<string, unknown> {
  const result: Record<string, unknown> = { name: 'queue' };
  const delay = delays(HOLDS);
  for (const pending of [1000, 10_000]) {
    holdOwn(pending, delay);
    holdFlat(pending, delay);
    const own: number[] = [];
    const flat: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      own.push(holdOwn(pending, delay));
      flat.push(holdFlat(pending, delay));
    }
    result[`own_${pending}_ns_a_hold`] = Math.round((median(own) / HOLDS) * 1e6);
    result[`over_flatqueue_${pending}`] = Math.round(median(flat.map((value, at) => value / (own[at] ?? value))) * 100) / 100;
  }
  return result;
}
