// A part of `npm run fuzz -- sources`: a thousand damaged sources, and what earlier runs found.

import { describe, expect, it } from 'vitest';
import { complaint, soundPrograms } from './source-check.ts';
import { damagedSource } from './source-mutations.ts';

/** FUZZ_SEED chooses another thousand. */
const FIRST = Number(process.env.FUZZ_SEED ?? 1);
const COUNT = 1000;

describe('damaged sources', () => {
  it('get findings inside the file, and nothing is thrown', () => {
    const programs = soundPrograms();
    const found: string[] = [];
    for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
      const problem = complaint(damagedSource(seed, programs).text, seed);
      if (problem !== null) found.push(`npm run fuzz -- sources --count 1 --seed ${seed}: ${problem}`);
    }
    expect(found).toEqual([]);
  });

  it('are the same for the same seed', () => {
    const programs = soundPrograms();
    expect(damagedSource(7, programs)).toEqual(damagedSource(7, programs));
    expect(new Set(Array.from({ length: 50 }, (_, seed) => damagedSource(seed, programs).text)).size).toBeGreaterThan(45);
  });
});
