// Following runs of programs: what ran, the machine at any instruction, and the search for the next stop in both directions.

import { describe, expect, it } from 'vitest';
import { experimentOf, FIFO } from '../../../tests/assembled-qdisc.ts';
import { galleryPrograms, galleryScenario } from '../../../tests/gallery.ts';
import { Recorder } from '../trace/recorder.ts';
import { comparePlaces, type ExecutionPlace } from './execution.ts';
import { createExperiment } from './experiment.ts';
import { Simulation } from './simulation.ts';
import { watchValue } from './watch.ts';

function ranTo(steps: number): Simulation {
  const simulation = new Simulation(experimentOf(FIFO));
  simulation.advance(steps);
  return simulation;
}

describe('following a step', () => {
  it('lists what every program executed and leaves the run as it was', () => {
    const simulation = ranTo(300);
    const before = simulation.stateDigest();
    const [first, second] = simulation.executionsIn(1);
    expect(first?.program).toBe('enqueue');
    expect([...(first?.slots ?? [])]).toEqual([0, 1, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13]);
    expect(first?.executed).toBe(12);
    expect(second?.program).toBe('dequeue');
    expect(second?.slots[0]).toBe(0);
    expect(simulation.stateDigest()).toBe(before);
    expect(simulation.executionsIn(0)).toEqual([]);
    expect(simulation.executionsIn(301)).toEqual([]);
  });

  it('shows the machine before every instruction of a step', () => {
    const simulation = ranTo(300);
    const before = simulation.stateDigest();
    for (const [run, { slots, depths }] of simulation.executionsIn(7).entries()) {
      for (const [at, slot] of slots.entries()) {
        const seen = simulation.machineAt({ step: 7, run, at }, (machine, experiment, qdisc, program) => {
          const { slot, depth, frames } = machine;
          const register = watchValue('fp', { machine, experiment, qdisc, program });
          return { slot, depth, frames: frames.length, stack: frames[0]?.bytes.length, register };
        });
        expect(seen).toMatchObject({ slot, depth: depths[at], frames: (depths[at] ?? 0) + 1, stack: 512 });
        expect(seen?.register).toMatch(/^\d+ \(0x[0-9a-f]+\)$/);
      }
    }
    expect(simulation.machineAt({ step: 7, run: 0, at: 9999 }, () => true)).toBeNull();
    expect(simulation.stateDigest()).toBe(before);
  });

  it('finds the same stops as a walk over all steps, forwards and backwards', () => {
    const simulation = ranTo(600);
    const stop = simulation.executionsIn(1)[1]?.slots[2];
    const wanted = (_qdisc: number, program: string, slot: number): boolean => program === 'dequeue' && slot === stop;
    const all: ExecutionPlace[] = [];
    for (let step = 1; step <= 600; step++) {
      simulation.executionsIn(step).forEach(({ program, slots }, run) => {
        slots.forEach((slot, at) => {
          if (wanted(0, program, slot)) all.push({ step, run, at });
        });
      });
    }
    expect(all.length).toBeGreaterThan(20);
    const walk = (start: ExecutionPlace, direction: 1 | -1): ExecutionPlace[] => {
      const found: ExecutionPlace[] = [];
      let from = start;
      for (;;) {
        const answer = simulation.findExecution(from, direction, wanted, 37);
        if (answer.kind === 'end') return found;
        if (answer.kind === 'found') found.push(answer.place);
        from = answer.kind === 'found' ? answer.place : { step: answer.to, run: direction === 1 ? -1 : 1e9, at: 0 };
      }
    };
    expect(walk({ step: 1, run: -1, at: 0 }, 1)).toEqual(all);
    expect(walk({ step: 601, run: 0, at: 0 }, -1)).toEqual(all.toReversed());
    expect(all.toSorted(comparePlaces)).toEqual(all);
  });
});

describe('qdiscs inside one another', () => {
  it('are two runs, the parent’s going on when the child’s has ended', async () => {
    const scenario = galleryScenario('linux_prio');
    const result = createExperiment(scenario, await galleryPrograms(scenario), new Recorder(null));
    if (!result.ok) throw new Error(result.problems[0]?.message);
    const simulation = new Simulation(result.experiment);
    simulation.advance(400);
    const nested = Array.from({ length: 100 }, (_, i) => simulation.executionsIn(300 + i)).filter((runs) => runs.length > 1);
    expect(nested.length).toBeGreaterThan(50);
    for (const runs of nested) {
      const names = runs.map(({ qdisc, program }) => `${qdisc} ${program}`);
      expect(new Set(names).size).toBe(names.length);
      expect(runs[0]?.qdisc).toBe(0);
    }
  });
});

describe('watch expressions', () => {
  it('read registers, memory, variables and maps, and say what they do not know', () => {
    const simulation = ranTo(300);
    const of = (text: string): string | null =>
      simulation.machineAt({ step: 1, run: 0, at: 3 }, (machine, experiment, qdisc, program) =>
        watchValue(text, { machine, experiment, qdisc, program }),
      );
    expect(of('r0')).toMatch(/^\d+ \(0x[0-9a-f]+\)$/);
    expect(of('*(fp-8):8')).toMatch(/^([0-9a-f]{2} ){8}= \d+$/);
    expect(of('*fp-4:2')).toMatch(/^([0-9a-f]{2} ){2}= \d+$/);
    expect(of('*0x0:4')).toBe('0x0 is not in program memory');
    expect(of('*fp:65')).toBe('from 1 to 64 bytes can be shown');
    expect(of('queue')).toMatch(/^(empty|\{ .* \})$/);
    expect(of('nobody')).toBe('there is no variable or map "nobody" here');
    expect(of('r11')).toMatch(/^not understood/);
    expect(of('a + b')).toMatch(/^not understood/);
  });
});
