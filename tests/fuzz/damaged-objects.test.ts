// A part of `npm run fuzz -- objects`.

import { expect, it } from 'vitest';
import { soundObjects, tryDamaged } from './damaged-objects.ts';

const SEED = Number(process.env.FUZZ_SEED ?? 1);
const INPUTS = 400;

it(`${INPUTS} damaged objects and programs end with a value or a message (npm run fuzz -- objects --count ${INPUTS} --seed ${SEED})`, () => {
  const objects = soundObjects();
  const endings = new Map<string, number>();
  for (let seed = SEED; seed < SEED + INPUTS; seed++) {
    const { outcome } = tryDamaged(seed, objects);
    endings.set(outcome, (endings.get(outcome) ?? 0) + 1);
  }
  // Damage of all degrees: refused when read, rejected by the verifier, and harmless.
  expect([...endings.keys()].sort()).toEqual(['ran', 'refused', 'rejected']);
});
