// What the debugger says of variables in optimised code, against the same programs without optimisation, where every variable is in the stack: at
// every instruction that the first steps of each gallery scenario execute, a variable that is shown has a value that it has at that line.

import { describe, expect, it } from 'vitest';
import {
  type AttachableProgram,
  createExperiment,
  type Experiment,
  loadCompiler,
  localFrames,
  prepareObject,
  Recorder,
  type Scenario,
} from '../src/engine/index.ts';
import { lineOfSlot } from '../src/engine/object/link.ts';
import { PlaceCounter } from '../src/engine/sim/execution.ts';
import type { QdiscProgram } from '../src/engine/tc/bpf-qdisc.ts';
import { GALLERY_SCENARIOS, galleryScenario, gallerySource } from './gallery.ts';

/** Instructions followed at most in one scenario, and steps done unwatched before them. */
const INSTRUCTIONS = 1200;
const STEPS_BEFORE = 150;

/** Null for a program that is refused: without optimisation the verifier may find too many ways through it. */
async function experimentAt(scenario: Scenario, optimise: 0 | 2): Promise<Experiment | null> {
  const compile = await loadCompiler();
  const programs = new Map<string, AttachableProgram>();
  for (const [name, item] of Object.entries(scenario.programs)) {
    const text = gallerySource(item.gallery ?? name);
    const { object } = compile({ path: `${item.gallery}.bpf.c`, text }, { profile: null, optimise, cpu: 'v3' });
    const options = { profile: null, quirks: item.quirks ?? [], set: item.set ?? {} };
    const { attachable } = prepareObject(object ?? expect.fail(`${name} does not compile`), options);
    if (attachable === null) return null;
    programs.set(name, attachable);
  }
  const result = createExperiment(scenario, programs, new Recorder(() => {}));
  return result.ok ? result.experiment : expect.fail(JSON.stringify(result.problems));
}

interface Seen {
  readonly step: number;
  readonly program: QdiscProgram;
  readonly line: number;
  /** Function, variable and line of its declaration. */
  readonly variable: string;
  readonly state: 'shown' | 'unset' | 'away';
  readonly value: string;
}

/** Addresses in the stack differ between the two. */
const comparable = (value: string): string => value.replace(/0x[0-9a-f]+ → stack[^,}]*/g, 'stack');

function follow(experiment: Experiment, steps: number | null): { seen: Seen[]; steps: number } {
  const seen: Seen[] = [];
  let instructions = 0;
  for (let i = 0; i < STEPS_BEFORE; i++) experiment.step();
  const counter = new PlaceCounter();
  for (const { qdisc, enqueue, dequeue } of experiment.instances) {
    qdisc.follow((program, run, machine, slot) => {
      instructions++;
      counter.next(run, machine, slot);
      const linked = (program === 'enqueue' ? enqueue : dequeue).linked;
      const line = lineOfSlot(linked.lines, slot)?.line ?? 0;
      const scene = { machine: counter.moment(machine, slot), experiment, qdisc: qdisc.index, program };
      for (const frame of localFrames(scene)) {
        if (frame.depth !== scene.machine.depth) continue;
        for (const { name, line: declared, state, value } of frame.locals) {
          const variable = `${frame.name} ${name}:${declared}`;
          seen.push({ step: experiment.steps, program, line, variable, state, value: comparable(value) });
        }
      }
    });
  }
  let done = 0;
  while (steps === null ? instructions < INSTRUCTIONS : done < steps) {
    done++;
    if (!experiment.step()) break;
  }
  return { seen, steps: done };
}

/** Scenarios whose programs the verifier refuses unoptimised. */
const uncompared: string[] = [];
const totals = { shown: 0, unset: 0, away: 0 };

describe.each(GALLERY_SCENARIOS.map(({ id }) => id))('variables of %s', (id) => {
  it('have at every instruction of optimised code a value that they have at that line', async () => {
    const scenario = galleryScenario(id);
    const optimised = follow((await experimentAt(scenario, 2)) ?? expect.fail('refused'), null);
    for (const { state } of optimised.seen) totals[state]++;
    expect(optimised.seen.length).toBeGreaterThan(100);
    const other = await experimentAt(scenario, 0);
    if (other === null) {
      uncompared.push(id);
      return;
    }
    const plain = follow(other, optimised.steps);
    const values = new Set<string>();
    const lastLine = new Map<string, number>();
    for (const { step, program, line, variable, value } of plain.seen) {
      const key = `${step} ${program}`;
      values.add(`${key} ${line} ${variable} ${value}`);
      // What a line did to a variable shows where the next one begins.
      const before = lastLine.get(`${key} ${variable}`);
      if (before !== undefined && before !== line) values.add(`${key} ${before} ${variable} ${value}`);
      lastLine.set(`${key} ${variable}`, line);
    }
    const lines = new Set(plain.seen.map(({ step, program, line, variable }) => `${step} ${program} ${line} ${variable}`));
    const wrong = new Set<string>();
    for (const { step, program, line, variable, state, value } of optimised.seen) {
      const isWhole = state === 'shown' && !/optimised away|not set yet/.test(value);
      if (!isWhole || !lines.has(`${step} ${program} ${line} ${variable}`)) continue;
      if (!values.has(`${step} ${program} ${line} ${variable} ${value}`))
        wrong.add(`${program} line ${line}: ${variable} = ${value}`);
    }
    expect([...wrong].slice(0, 20)).toEqual([]);
  });
});

describe('variables of the gallery', () => {
  it('are shown at 70 % of all moments that they are in scope and have been set', () => {
    const share = totals.shown / (totals.shown + totals.away);
    console.info(`variables at instructions: ${JSON.stringify(totals)}, ${(share * 100).toFixed(1)} % shown`);
    expect(share).toBeGreaterThan(0.7);
    // Unoptimised, fq_codel is too large for the verifier; all others are compared.
    const withFqCodel = GALLERY_SCENARIOS.map(({ id }) => id).filter((id) =>
      JSON.stringify(galleryScenario(id).programs).includes('"fq_codel"'),
    );
    expect(uncompared).toEqual(withFqCodel);
  });
});
