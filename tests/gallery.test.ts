// Every gallery program: it compiles without a word, is accepted, conserves packets after every event of 10 simulated
// seconds, and gives the same log twice and in slices of 1, 7 and 1,000 events.

import { describe, expect, it } from 'vitest';
import {
  createExperiment,
  loadCompiler,
  type ProgramObject,
  Recorder,
  readObject,
  type Scenario,
  writeObject,
} from '../src/engine/index.ts';
import { linkProgram } from '../src/engine/object/link.ts';
import { GALLERY_PROGRAMS, GALLERY_SCENARIOS, galleryPrograms, galleryScenario, gallerySource } from './gallery.ts';

/** Each program as it would be loaded, with its C lines. */
function linkedPrograms(object: ProgramObject | null) {
  return (object?.functions ?? []).flatMap((item, index) => {
    if (item.section === '.text') return [];
    const { name, section, code, lines } = linkProgram(object ?? expect.fail(), index, 'other');
    return [{ name, section, code, lines: lines.map(({ slot, line }) => ({ slot, line })) }];
  });
}

async function experimentOf(scenario: Scenario, engine: 'interpreter' | 'jit' = 'jit') {
  const result = createExperiment(scenario, await galleryPrograms(scenario), new Recorder(() => {}), engine);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.experiment;
}

async function digestOf(scenario: Scenario, slice: number, engine: 'interpreter' | 'jit' = 'jit'): Promise<string> {
  const experiment = await experimentOf(scenario, engine);
  for (let done = 1; experiment.step(); done++) if (done % slice === 0) experiment.recorder.flush();
  return experiment.recorder.digestHex();
}

describe.each(GALLERY_PROGRAMS.map((program) => program.id))('gallery program %s', (id) => {
  it('compiles without a diagnostic, and its object survives being written and read', async () => {
    const compile = await loadCompiler();
    const { object, diagnostics } = compile(
      { path: `${id}.bpf.c`, text: gallerySource(id) },
      { profile: null, optimise: 2, cpu: 'v3' },
    );
    expect(diagnostics).toEqual([]);
    expect(gallerySource(id)).toMatch(/^\/\/ SPDX-License-Identifier: GPL-2.0-only OR MIT\n/);
    const again = readObject(writeObject(object ?? expect.fail()), id);
    expect(again.diagnostics).toEqual([]);
    expect(linkedPrograms(again.object)).toEqual(linkedPrograms(object));
    const maps = (of: ProgramObject | null) =>
      (of?.maps ?? []).map(({ name, data, type, maxEntries }) => ({ name: data?.section ?? name, type, maxEntries }));
    expect(maps(again.object)).toEqual(maps(object));
    expect(again.object?.profile).toBe(object?.profile);
  });
});

describe.each(GALLERY_SCENARIOS.map((scenario) => scenario.id))('gallery scenario %s', (id) => {
  const long: Scenario = { ...galleryScenario(id), duration: '10s' };

  it('conserves packets after every event of 10 simulated seconds, and something happens', async () => {
    const experiment = await experimentOf(long);
    while (experiment.step()) {
      const problems = experiment.imbalances();
      if (problems.length > 0) expect.fail(`after step ${experiment.steps}: ${problems.join('; ')}`);
    }
    const balance = experiment.deviceBalance(0);
    expect(balance.sent).toBeGreaterThan(100);
    expect(balance.leaked).toBe(0);
  });

  it('gives the same log twice, in slices of 1, 7 and 1,000 events, and on both engines', async () => {
    const scenario: Scenario = { ...galleryScenario(id), duration: '2s' };
    const whole = await digestOf(scenario, Number.POSITIVE_INFINITY);
    for (const slice of [Number.POSITIVE_INFINITY, 1, 7, 1000]) expect(await digestOf(scenario, slice)).toBe(whole);
    expect(await digestOf(scenario, 100, 'interpreter')).toBe(whole);
  });
});
