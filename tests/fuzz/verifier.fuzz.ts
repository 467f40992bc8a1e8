// The verifier's soundness net over random programs.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fuzzer } from './fuzzer.ts';
import { checkSeed } from './verifier-check.ts';

export const fuzzer: Fuzzer = {
  about: 'random programs: every state that the interpreter reaches lies in one that the verifier had there',
  count: 20_000,
  run: async ({ count, seed, folder, print }) => {
    const refusals = new Map<string, number>();
    let held = 0;
    let broken = 0;
    let judged = 0;
    for (let run = seed; run < seed + count; run++) {
      const result = checkSeed(run);
      if (result.kind === 'held') {
        held++;
        judged += result.states.judged;
      } else if (result.kind === 'refused') {
        const why = result.why.replaceAll(/-?\d+/g, 'N');
        refusals.set(why, (refusals.get(why) ?? 0) + 1);
      } else {
        broken++;
        const file = join(folder, `verifier-${run}.txt`);
        writeFileSync(file, result.text);
        print(`seed ${run}: ${result.text.split('\n')[0]}, see ${file}`);
      }
    }
    for (const [why, times] of [...refusals].sort((a, b) => b[1] - a[1]).slice(0, 8)) print(`refused ${times} times: ${why}`);
    print(`${count} programs from seed ${seed}: ${held} accepted, ${judged} states inside, ${broken} programs with one outside`);
    return broken === 0 && held > count / 5;
  },
};
