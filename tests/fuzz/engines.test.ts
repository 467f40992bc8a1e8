// A hundredth of `npm run fuzz -- engines`.

import { expect, it } from 'vitest';
import { compareEngines } from './verified-bytecode.ts';

const SEED = Number(process.env.FUZZ_SEED ?? 1);
const PROGRAMS = Number(process.env.FUZZ_ENGINES ?? 1000);

it(`interpreter and JIT agree on ${PROGRAMS} random verified programs (npm run fuzz -- engines --count ${PROGRAMS} --seed ${SEED})`, () => {
  let equal = 0;
  for (let seed = SEED; seed < SEED + PROGRAMS; seed++) {
    const result = compareEngines(seed);
    if (result.kind === 'different') expect.fail(`seed ${seed}:\n${result.text}`);
    if (result.kind === 'equal') equal++;
  }
  expect(equal).toBeGreaterThan(PROGRAMS / 2);
});
