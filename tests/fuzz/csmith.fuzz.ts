// Differential fuzzing of the compiler with csmith (Yang, Chen, Eide, Regehr, 2011), where Debian's package is installed. Its
// programs include a header of our own, which the compiler finds as it finds any other.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CSMITH_HEADER, CSMITH_OPTIONS } from './csmith-runtime.ts';
import type { Fuzzer, FuzzOptions } from './fuzzer.ts';
import { agreedValues } from './native-compilers.ts';
import { ourAnswers, settingsFor } from './our-compiler.ts';

const AT_A_TIME = 4;

/** The program of a seed; null when csmith is missing or gave up. */
function csmithProgram(seed: number): string | null {
  try {
    const text = execFileSync('csmith', ['--seed', String(seed), ...CSMITH_OPTIONS], { encoding: 'utf8', timeout: 20_000 });
    return text.replaceAll(/if \(print_hash_value\) printf\(.*\);/g, ';');
  } catch {
    return null;
  }
}

/** With the header in its place: the natives read one file. */
const standalone = (text: string): string => text.replace('#include "csmith.h"', CSMITH_HEADER.replace('#pragma once\n', ''));

const nativeBatch = (texts: readonly (string | null)[], folder: string): Promise<(string | null)[]> =>
  Promise.all(
    texts.map(async (text) =>
      text === null
        ? null
        : ((await agreedValues([{ text: `${standalone(text)}\n#undef main\n`, entry: 'test' }], folder))[0] ?? null),
    ),
  );

export const fuzzer: Fuzzer = {
  about: 'random C programs of csmith: every level and engine against gcc and clang',
  count: 2_000,
  run: async ({ count, seed, folder, print }: FuzzOptions) => {
    if (csmithProgram(1) === null) {
      print('csmith is not installed: nothing was compared');
      return true;
    }
    let agreed = 0;
    let refused = 0;
    let disputed = 0;
    const different: number[] = [];
    const headers = [{ path: 'csmith.h', text: CSMITH_HEADER }];
    const textsFrom = (done: number): (string | null)[] =>
      Array.from({ length: Math.min(AT_A_TIME, count - done) }, (_, at) => csmithProgram(seed + done + at));
    let texts = textsFrom(0);
    let pending = nativeBatch(texts, folder);
    for (let done = 0; done < count; done += AT_A_TIME) {
      const values = await pending;
      const now = texts;
      if (done + AT_A_TIME < count) {
        texts = textsFrom(done + AT_A_TIME);
        pending = nativeBatch(texts, folder);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      now.forEach((text, at) => {
        const expected = values[at] ?? null;
        if (text === null || expected === null) {
          disputed++;
          return;
        }
        const answers = ourAnswers(text, 'test', settingsFor(seed + done + at), headers);
        const wrong = answers.filter((answer) => !answer.refused && answer.value !== expected);
        if (answers.every((answer) => answer.refused)) refused++;
        else if (wrong.length === 0) agreed++;
        else {
          different.push(seed + done + at);
          const path = join(folder, `csmith-${seed + done + at}.c`);
          writeFileSync(path, standalone(text));
          print(`seed ${seed + done + at} (${path}): expected ${expected}`);
          for (const { setting, value } of wrong) print(`  ${setting}: ${value}`);
        }
      });
      if ((done + AT_A_TIME) % 200 === 0) print(`${done + AT_A_TIME} programs: ${agreed} agree, ${different.length} differ`);
    }
    print(
      `${count} programs from seed ${seed}: ${agreed} agree with gcc and clang, ${different.length} differ, ` +
        `${refused} beyond BPF, ${disputed} without an agreed answer`,
    );
    return different.length === 0;
  },
};
