// The event queue against a sorted list: random sets, moves and cancellations, with many equal times.

import { describe, expect, it } from 'vitest';
import { nextBelow, type RandomStream, seedStream } from '../base/prng.ts';
import { RunMemory } from '../vm/memory.ts';
import { EventQueue } from './event-queue.ts';

const SEED = 41;
const TIMERS = 60;

describe('event queue', () => {
  it(`orders by time and then by the order of setting (seed ${SEED})`, () => {
    const stream: RandomStream = { state: new Int32Array(4), at: 0 };
    seedStream(stream, SEED, 'event queue');
    const queue = new EventQueue(new RunMemory({ hostBytes: EventQueue.bytes(TIMERS) + 256, programBytes: 0 }), TIMERS);
    let model: { timer: number; time: number; order: number }[] = [];
    for (let step = 0; step < 20_000; step++) {
      const timer = nextBelow(stream, TIMERS);
      if (nextBelow(stream, 4) === 0) {
        expect(queue.takeFirst()).toBe(model[0]?.timer ?? -1);
        model = model.slice(1);
        // Sometimes nothing is set before the next is asked for.
        if (nextBelow(stream, 3) > 0) continue;
      } else if (nextBelow(stream, 3) === 0) {
        queue.cancel(timer);
        model = model.filter((item) => item.timer !== timer);
      } else {
        const time = nextBelow(stream, 40);
        queue.set(timer, time);
        model = [...model.filter((item) => item.timer !== timer), { timer, time, order: step }];
      }
      expect(queue.size).toBe(model.length);
      model.sort((a, b) => a.time - b.time || a.order - b.order);
      expect([queue.first, queue.size]).toEqual([model[0]?.timer ?? -1, model.length]);
      expect(queue.isPending(timer)).toBe(model.some((item) => item.timer === timer));
      if (model[0] !== undefined) expect(queue.timeOf(model[0].timer)).toBe(model[0].time);
    }
  });
});
