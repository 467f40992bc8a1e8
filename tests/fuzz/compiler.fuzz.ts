// Differential fuzzing of the compiler: programs of our own generator against gcc and clang. What differs is made small and
// written to the folder of the run. `--accept` stores the answers of the first programs for `npm test`.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateProgram } from './c-program.ts';
import { reduceDifference } from './c-reducer.ts';
import type { Fuzzer, FuzzOptions } from './fuzzer.ts';
import { agreedValues } from './native-compilers.ts';
import { ourAnswers, settingsFor } from './our-compiler.ts';

const BATCH = 40;
/** Programs whose answers `npm test` holds the compiler to. */
const STORED = 300;
const ANSWERS = 'tests/fuzz/compiler-answers.txt';

interface Tally {
  agreed: number;
  refused: number;
  disputed: number;
  readonly different: number[];
}

export const fuzzer: Fuzzer = {
  about: 'random C programs of our own generator: every level and engine against gcc and clang',
  count: 10_000,
  run: async (options) => {
    const tally: Tally = { agreed: 0, refused: 0, disputed: 0, different: [] };
    const stored: string[] = [];
    const count = options.accept ? STORED + BATCH / 2 : options.count;
    const first = options.accept ? 1 : options.seed;
    let pending = nativeBatch(first, Math.min(BATCH, count), options);
    for (let done = 0; done < count; done += BATCH) {
      const size = Math.min(BATCH, count - done);
      const values = await pending;
      const next = done + BATCH;
      if (next < count) pending = nativeBatch(first + next, Math.min(BATCH, count - next), options);
      for (let at = 0; at < size; at++) judge(first + done + at, values[at] ?? null, tally, stored, options);
      // Lets the compilers of the next batch be heard.
      await new Promise((resolve) => setImmediate(resolve));
      if (next % 1000 < BATCH) options.print(`${next} programs: ${tally.agreed} agree, ${tally.different.length} differ`);
    }
    for (const seed of tally.different.slice(0, 20)) await explain(seed, options);
    if (options.accept) store(stored);
    options.print(
      `${count} programs from seed ${first}: ${tally.agreed} agree with gcc and clang, ${tally.different.length} differ, ` +
        `${tally.disputed} where gcc and clang do not agree, ${tally.refused} beyond BPF at some level`,
    );
    return tally.different.length === 0;
  },
};

const nativeBatch = (first: number, size: number, options: FuzzOptions): Promise<(string | null)[]> =>
  agreedValues(
    Array.from({ length: size }, (_, at) => ({ text: generateProgram(first + at, `n${at}_`), entry: `n${at}_test` })),
    options.folder,
  );

function judge(seed: number, expected: string | null, tally: Tally, stored: string[], options: FuzzOptions): void {
  if (expected === null) {
    tally.disputed++;
    options.print(`seed ${seed}: gcc and clang do not agree`);
    return;
  }
  const answers = ourAnswers(generateProgram(seed), 'test', settingsFor(seed));
  const wrong = answers.filter(({ value, refused }) => !refused && value !== expected);
  if (answers.some(({ refused }) => refused)) tally.refused++;
  if (wrong.length === 0) {
    tally.agreed++;
    if (stored.length < STORED) stored.push(`${seed} ${expected}`);
    return;
  }
  tally.different.push(seed);
  options.print(`seed ${seed}: expected ${expected}`);
  for (const { setting, value } of wrong) options.print(`  ${setting}: ${value}`);
}

async function explain(seed: number, options: FuzzOptions): Promise<void> {
  const text = await reduceDifference(generateProgram(seed), options.folder);
  const path = join(options.folder, `compiler-${seed}.c`);
  writeFileSync(path, text);
  options.print(`seed ${seed}, made small (${path}):\n${text}`);
}

function store(rows: readonly string[]): void {
  const head = [
    '# Checksums on which gcc 12 and clang 14 agree, at -O0 and -O2: seed of the program generator, value of test().',
    '# The programs are made from their seeds (c-program.ts). Written anew by: npm run fuzz -- compiler --accept',
  ];
  writeFileSync(ANSWERS, `${[...head, ...rows].join('\n')}\n`);
}
