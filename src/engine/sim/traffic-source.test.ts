// When packets come: by rate, and by a gap that does not look at sizes.

import { describe, expect, it } from 'vitest';
import { RunMemory } from '../vm/memory.ts';
import { parseScenario, type ScenarioFlow } from './scenario.ts';
import { TrafficSource } from './traffic-source.ts';

/** Times of the first `count` packets, ns. */
function timesOf(flow: ScenarioFlow, count: number): number[] {
  const memory = new RunMemory({ hostBytes: 1024, programBytes: 0 });
  const source = new TrafficSource(memory, 0, 0, flow, 1);
  const times = [source.first()];
  while (times.length < count) times.push(source.next(times.at(-1) ?? 0));
  return times;
}
const gaps = (times: readonly number[]): number[] => times.slice(1).map((time, at) => time - (times[at] ?? 0));

describe('traffic', () => {
  it('spaces by size where a rate is given, and evenly where a gap is', () => {
    const size = ['125b', '1250b'];
    expect(gaps(timesOf({ name: 'a', kind: 'constant', rate: '1mbit', size }, 5))).toEqual([1e6, 1e7, 1e6, 1e7]);
    expect(gaps(timesOf({ name: 'a', kind: 'constant', gap: '3ms', size }, 5))).toEqual([3e6, 3e6, 3e6, 3e6]);
  });

  it('takes a gap as the mean of a poisson flow', () => {
    const times = timesOf({ name: 'a', kind: 'poisson', gap: '1ms', size: ['64b', '1514b'] }, 20_001);
    expect((times.at(-1) ?? 0) / 20_000).toBeGreaterThan(0.98e6);
    expect((times.at(-1) ?? 0) / 20_000).toBeLessThan(1.02e6);
  });

  it('wants either a rate or a gap', () => {
    const problems = (flow: object): string[] => {
      const devices = [{ name: 'eth0', rate: '1mbit' }];
      const document = { version: 1, title: 't', seed: 1, duration: '1s', programs: {}, devices, tc: [], flows: [flow] };
      const result = parseScenario(JSON.stringify(document));
      return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`);
    };
    const flow = { name: 'a', kind: 'constant', size: '64b' };
    expect(problems({ ...flow, gap: '1ms' })).toEqual([]);
    expect(problems(flow)).toEqual(['flows.0.rate: a constant flow needs "rate", such as "2mbit", or "gap", such as "1ms"']);
    expect(problems({ ...flow, rate: '1mbit', gap: '1ms' })).toEqual(['flows.0.gap: give either "rate" or "gap"']);
    expect(problems({ ...flow, gap: '0ns' })).toEqual(['flows.0.gap: must be more than 0']);
    expect(problems({ ...flow, kind: 'burst', count: 1, interval: '1ms', gap: '1ms' })).toEqual([
      'flows.0.gap: a burst flow has "interval" and no "gap"',
    ]);
  });
});
