// Random programs whose answers gcc and clang agreed on (compiler-answers.txt), and programs that were once wrong
// (tests/corpus/compiler-differences.txt). The programs of the first kind are made from their seeds; only the answers are stored.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generateProgram } from './c-program.ts';
import { ourAnswers, SETTINGS } from './our-compiler.ts';

const rows = readFileSync('tests/fuzz/compiler-answers.txt', 'utf8')
  .split('\n')
  .filter((line) => /^\d/.test(line))
  .map((line) => line.split(' '));
const cases = readFileSync('tests/corpus/compiler-differences.txt', 'utf8')
  .split(/^=== /m)
  .slice(1)
  .map((part) => /^(.*)\n([\s\S]*?)\n---\n(\d+)/.exec(part));

describe('stored answers', () => {
  it('there are 300 of them', () => {
    expect(rows.length).toBe(300);
  });

  it('the compiler agrees with gcc and clang', () => {
    const wrong: string[] = [];
    rows.forEach(([seed = '', value = ''], at) => {
      // Every setting has its turn; the optimiser's both ends come more often.
      const setting = SETTINGS[[0, 2, 1, 2, 3, 0, 2, 4][at % 8] ?? 2];
      if (setting === undefined) return;
      const engines = [setting.engines[at % setting.engines.length] ?? 'interpreter'];
      for (const answer of ourAnswers(generateProgram(Number(seed)), 'test', [{ ...setting, engines }]))
        if (!answer.refused && answer.value !== value)
          wrong.push(`npm run fuzz -- compiler --count 1 --seed ${seed}: ${answer.setting} gives ${answer.value}, not ${value}`);
    });
    expect(wrong).toEqual([]);
  });

  for (const found of cases) {
    const [, name = '', source = '', value = ''] = found ?? [];
    it(name, () => {
      const answers = ourAnswers(source).filter(({ refused }) => !refused);
      expect(answers.length).toBeGreaterThan(3);
      expect(answers.filter((answer) => answer.value !== value)).toEqual([]);
    });
  }
});
