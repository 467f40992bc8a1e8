// The verifier's soundness net: a fortieth of `npm run fuzz -- verifier`, the gallery in simulation, and how wide the ranges are.

import { describe, expect, it } from 'vitest';
import { createExperiment, Recorder } from '../../src/engine/index.ts';
import { rulesOfProfile } from '../../src/engine/verifier/program-rules.ts';
import { verifyUnderRules } from '../../src/engine/verifier/verify.ts';
import { GALLERY_SCENARIOS, galleryPrograms, galleryScenario } from '../gallery.ts';
import { AbstractStates, type Places } from './abstract-states.ts';
import { checkSeed } from './verifier-check.ts';

const SEED = Number(process.env.FUZZ_SEED ?? 1);
const PROGRAMS = Number(process.env.FUZZ_VERIFIER ?? 500);

it(`every state of ${PROGRAMS} random programs was foreseen (npm run fuzz -- verifier --count ${PROGRAMS} --seed ${SEED})`, () => {
  let held = 0;
  let judged = 0;
  for (let seed = SEED; seed < SEED + PROGRAMS; seed++) {
    const result = checkSeed(seed);
    if (result.kind === 'broken') expect.fail(`seed ${seed}: ${result.text}`);
    if (result.kind !== 'held') continue;
    held++;
    judged += result.states.judged;
  }
  expect(held).toBeGreaterThan(PROGRAMS / 2);
  expect(judged).toBeGreaterThan(PROGRAMS * 100);
});

/** log2 of the number of values a live scalar can have, on average over 100 programs: may shrink, must not grow. */
const MEAN_WIDTH = 29.8;

it('ranges of 100 programs are no wider than they were', () => {
  const widths: number[] = [];
  for (let seed = 1; widths.length < 100; seed++) {
    const result = checkSeed(seed);
    if (result.kind === 'held') widths.push(result.states.meanWidth());
  }
  expect(widths.reduce((sum, width) => sum + width, 0) / widths.length).toBeLessThanOrEqual(MEAN_WIDTH);
});

const NOWHERE: Places = { packetStart: 0, packetEnd: 0, arrays: new Map() };
/** Instructions of a scenario that are judged. */
const INSTRUCTIONS = 20_000;

describe('gallery programs in simulation', () => {
  it.each(GALLERY_SCENARIOS.map(({ id }) => id))('%s reaches only states that the verifier foresaw', async (id) => {
    const scenario = { ...galleryScenario(id), duration: '2s' };
    const made = createExperiment(scenario, await galleryPrograms(scenario), new Recorder(() => {}), 'interpreter');
    if (!made.ok) expect.fail(JSON.stringify(made.problems));
    const { experiment } = made;
    let wrong: string | null = null;
    let judged = 0;
    for (const { qdisc, program } of experiment.instances) {
      const known = new Map<string, AbstractStates>();
      for (const { kind, verified } of program.programs) {
        const states = new AbstractStates();
        const rules = rulesOfProfile(program.profile, kind, false);
        if (rules === null) continue;
        const flags = { strictAlignment: false, saveOften: false, everyScalar: true, observe: states.observe };
        const { ok } = verifyUnderRules(
          verified.linked,
          rules,
          { profile: program.profile.id, instructionLimit: 200_000 },
          flags,
        );
        // With every scalar compared some programs take longer than the limit; those are not judged.
        if (ok) known.set(kind, states);
      }
      qdisc.follow((name, _run, machine, slot) => {
        const states = known.get(`qdisc/${name}`);
        if (states === undefined || judged > INSTRUCTIONS) return;
        judged++;
        wrong ??= states.judge(machine, slot, NOWHERE);
      });
    }
    while (judged < INSTRUCTIONS && wrong === null && experiment.step());
    expect(wrong).toBeNull();
    expect(judged, 'instructions judged').toBeGreaterThan(100);
  });
});
