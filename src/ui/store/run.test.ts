// A run as the page holds it: clock, results and biographies over a small log that is written here.

import { beforeEach, describe, expect, it } from 'vitest';
import { dropReason, EVENT } from '../../engine/trace/event.ts';
import { Recorder } from '../../engine/trace/recorder.ts';
import { biographyOf, momentText } from './biography.ts';
import { Clock } from './clock.ts';
import { jainIndex, percentile, resultsOf } from './results.ts';
import { RunData } from './run-data.ts';

const MS = 1e6;

/** Packets 1 and 2 (flows 0, 1) are queued; 2 leaves first; 3 (flow 1) is dropped. One step each millisecond. */
function smallRun(): RunData {
  const run = new RunData(1);
  const recorder = new Recorder(({ columns, count, base, stringBase, strings }) =>
    run.append({ type: 'chunk', runId: 1, buffer: columns.buffer, count, base, stringBase, strings: [...strings] }),
  );
  const step = (t: number): void => {
    recorder.now = t;
    recorder.openStep();
  };
  for (const [packet, flow] of [
    [1, 0],
    [2, 1],
  ] as const) {
    step(packet * MS);
    recorder.record(EVENT.ARRIVAL, packet, flow, 1000, packet, 0);
    recorder.record(EVENT.MAP_PUSH, packet, 0, 50 - packet, 0, 4);
    recorder.record(EVENT.TREE, packet, 0, 0, packet, packet === 1 ? -1 : 2);
    recorder.record(EVENT.ENQUEUE_RUN, packet, 0, 1, 20, 0);
    recorder.record(EVENT.QUEUED, packet, 0, packet, packet * 1000, 0);
  }
  step(3 * MS);
  recorder.record(EVENT.ARRIVAL, 3, 1, 500, 3, 0);
  recorder.record(EVENT.ENQUEUE_RUN, 3, 0, 2, 12, 3);
  recorder.record(EVENT.DROP, 3, dropReason('PROG_DROP'), 0, 6, 1);
  for (const [packet, flow, t] of [
    [2, 1, 4],
    [1, 0, 5],
  ] as const) {
    step(t * MS);
    recorder.record(EVENT.MAP_POP, packet, 0, 50 - packet, 0, 2);
    recorder.record(EVENT.TREE, packet, 0, 4, packet, 0);
    recorder.record(EVENT.DEQUEUE_RUN, packet, 0, 0, 9, 0);
    recorder.record(EVENT.DEQUEUED, packet, 0, packet - 1, 0, flow);
    recorder.record(EVENT.TX_START, packet, 0, (t + 0.5) * MS, 0, 0);
    recorder.now = (t + 0.5) * MS;
    recorder.openStep();
    recorder.record(EVENT.TX_DONE, packet, 0, 0, 0, flow);
  }
  recorder.flush();
  return run;
}

describe('clock', () => {
  let clock = new Clock();
  let run = smallRun();
  beforeEach(() => {
    clock = new Clock();
    run = smallRun();
    clock.attach({ maker: run.maker, names: run.names, durationNs: 6 * MS });
  });

  it('stands after everything up to a time', () => {
    clock.seekTime(2 * MS);
    expect(clock.cursor()).toMatchObject({ position: 10, t: 2 * MS, clip: null });
    expect(clock.step()).toBe(1);
  });

  it('steps to the next step and back to where it was', () => {
    clock.reducedMotion = true;
    for (let at = -1; at < run.log.steps; at++) {
      clock.seekStep(at);
      const before = clock.cursor().position;
      clock.stepBy(1);
      if (at < run.log.steps - 1) expect(clock.step()).toBe(at + 1);
      clock.stepBy(-1);
      if (at < run.log.steps - 1) expect(clock.cursor().position).toBe(before);
    }
  });

  it('begins a step as a film from the state before', () => {
    clock.seekTime(2 * MS);
    clock.stepBy(1);
    const { clip, fraction, position } = clock.cursor();
    expect(clip?.kind).toBe('arrive');
    expect([position, fraction]).toEqual([10, 0]);
    clock.stepBy(1);
    expect(clock.cursor().position).toBe(13);
  });

  it('goes to the next drop and no further', () => {
    clock.seekTime(0);
    expect(clock.seekKind(1, [EVENT.DROP])).toBe(true);
    expect(clock.t).toBe(3 * MS);
    expect(clock.seekKind(1, [EVENT.DROP])).toBe(false);
  });

  it('stays inside the run', () => {
    clock.seekTime(-5);
    expect(clock.t).toBe(0);
    clock.seekTime(1e12);
    expect(clock.t).toBe(6 * MS);
    clock.stepBy(1);
    expect(clock.cursor().position).toBe(run.log.length);
  });

  it('restores a place inside an instant', () => {
    clock.seekTime(2 * MS);
    clock.seekInside(7);
    expect(clock.cursor()).toMatchObject({ position: 7, t: 2 * MS });
    clock.seekInside(17);
    expect(clock.cursor().position).toBe(7);
  });
});

describe('results', () => {
  it('counts by flow and takes exact percentiles', () => {
    const { flows, total, jain } = resultsOf(smallRun());
    expect(flows.map(({ flow, offered, sent, dropped }) => [flow, offered, sent, dropped])).toEqual([
      [0, 1, 1, 0],
      [1, 2, 1, 1],
    ]);
    expect(flows[1]?.reasons).toEqual([{ reason: 'PROG_DROP', count: 1 }]);
    expect([flows[0]?.p50, flows[1]?.p50, total.p99]).toEqual([4 * MS, 2 * MS, 4 * MS]);
    expect(jain).toBe(1);
  });

  it('has percentiles and Jain of simple values', () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => i + 1);
    expect([percentile(values, 0.5), percentile(values, 0.99), percentile(new Float64Array(0), 0.5)]).toEqual([50, 99, null]);
    expect(jainIndex([1, 0, 0, 0])).toBe(0.25);
    expect(jainIndex([])).toBeNull();
  });
});

describe('biography', () => {
  it('tells a life in order with who overtook', () => {
    const life = biographyOf(smallRun(), 1);
    expect(life?.entries.map((entry) => entry.kind)).toEqual(['arrival', 'push', 'queued', 'pop', 'dequeued', 'start', 'sent']);
    expect(life?.overtakenBy).toEqual([2]);
    expect(life?.waited).toBe(4 * MS);
  });

  it('tells a drop with its reason', () => {
    const life = biographyOf(smallRun(), 3);
    expect(life?.fate).toBe('dropped');
    expect(life?.entries.at(-1)?.text).toContain('PROG_DROP');
  });

  it('knows no packet that never was', () => {
    expect(biographyOf(smallRun(), 99)).toBeNull();
  });

  it('writes moments', () => {
    expect(momentText(12_384_000)).toBe('12.384 ms');
    expect(momentText(1500)).toBe('1.5 µs');
    expect(momentText(1_713_456_789)).toBe('1.713457 s');
  });
});
