// Damaged sources: whatever the bytes, the compiler answers with findings inside the file. A part of these runs in
// src/engine/compiler/hostile-sources.test.ts.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fuzzer } from './fuzzer.ts';
import { complaint, smallest, soundPrograms } from './source-check.ts';
import { damagedSource } from './source-mutations.ts';

/** No source of this size may take longer, ms. */
const TOO_LONG = 5000;

export const fuzzer: Fuzzer = {
  about: 'damaged C sources: no exception, no hang, every finding inside the file',
  count: 100_000,
  run: async ({ count, seed, folder, print }) => {
    const programs = soundPrograms();
    const kinds = new Map<string, number>();
    let slowest = { ms: 0, seed: 0 };
    let found = 0;
    for (let run = seed; run < seed + count; run++) {
      const { text } = damagedSource(run, programs);
      const started = performance.now();
      const problem = complaint(text, run);
      const ms = performance.now() - started;
      if (ms > slowest.ms) slowest = { ms, seed: run };
      if (ms > TOO_LONG) {
        found++;
        writeFileSync(join(folder, `sources-${run}.c`), text);
        print(`seed ${run}: ${ms.toFixed(0)} ms for ${text.length} characters`);
      }
      if (problem !== null) {
        found++;
        const kind = problem.replaceAll(/\d+/g, 'N');
        const times = (kinds.get(kind) ?? 0) + 1;
        kinds.set(kind, times);
        if (times <= 2) {
          const small = smallest(text, (candidate) => complaint(candidate, run)?.replaceAll(/\d+/g, 'N') === kind);
          writeFileSync(join(folder, `sources-${run}.c`), small);
          print(`seed ${run}: ${problem}\n---\n${small}\n---`);
        }
      }
      if ((run - seed + 1) % 10_000 === 0) print(`${run - seed + 1} sources, ${found} findings`);
    }
    print(
      `${count} sources from seed ${seed}: ${found} findings; the slowest took ${slowest.ms.toFixed(0)} ms (seed ${slowest.seed})`,
    );
    return found === 0;
  },
};
