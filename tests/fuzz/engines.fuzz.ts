// Interpreter against JIT on random verified programs.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fuzzer } from './fuzzer.ts';
import { compareEngines } from './verified-bytecode.ts';

export const fuzzer: Fuzzer = {
  about: 'random verified programs: interpreter and JIT agree on result, memory, instructions and calls',
  count: 100_000,
  run: async ({ count, seed, folder, print }) => {
    const refusals = new Map<string, number>();
    let equal = 0;
    let different = 0;
    for (let run = seed; run < seed + count; run++) {
      const result = compareEngines(run);
      if (result.kind === 'equal') equal++;
      else if (result.kind === 'refused') {
        const why = result.why.replaceAll(/\d+/g, 'N');
        refusals.set(why, (refusals.get(why) ?? 0) + 1);
      } else {
        different++;
        const file = join(folder, `engines-${run}.txt`);
        writeFileSync(file, result.text);
        print(`seed ${run}: the engines differ, see ${file}`);
      }
      if ((run - seed + 1) % 10_000 === 0) print(`${run - seed + 1} programs, ${equal} equal, ${different} different`);
    }
    for (const [why, times] of [...refusals].sort((a, b) => b[1] - a[1]).slice(0, 5)) print(`refused ${times} times: ${why}`);
    print(`${count} programs from seed ${seed}: ${equal} verified and equal, ${different} different`);
    return different === 0 && equal > count / 2;
  },
};
