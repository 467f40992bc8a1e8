// A sample of the C programs whose values gcc and clang agree on (shared data, not part of the project), at every level
// through the interpreter. The whole set is a matter of minutes: CSUITE=all.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runFunction } from '../unverified.ts';
import { compile } from './compile.ts';

const folder = new URL('../../../../shared/data/csuite/', import.meta.url);
const present = existsSync(folder);
if (!present) console.warn('SKIPPED: ../shared/data/csuite is not there, so the compiler is not compared with gcc and clang');

interface Row {
  readonly name: string;
  readonly file: string;
  readonly expected: string;
}

function readRows(): Row[] {
  const text = readFileSync(new URL('index.json', folder), 'utf8');
  const rows: Row[] = text.trimStart().startsWith('[')
    ? JSON.parse(text)
    : text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
  return process.env.CSUITE === 'all' ? rows : rows.filter((_, index) => index % 9 === 4);
}

/** Ten kilobytes of variables, which only optimisation shows to be idle: the others say how much stack is missing. */
const LARGE_FRAME = 'torture/20011008-3';

describe.skipIf(!present)('csuite', () => {
  for (const { name, file, expected } of present ? readRows() : []) {
    it(name, () => {
      const text = readFileSync(new URL(file, folder), 'utf8');
      for (const optimise of name === LARGE_FRAME ? ([2] as const) : ([0, 1, 2] as const)) {
        const { object, diagnostics } = compile(
          { path: file, text },
          { profile: null, optimise, cpu: 'v4', requireProfile: false },
        );
        expect(diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message)).toEqual([]);
        if (object === null) continue;
        const { r0, error } = runFunction(object, 'test', 20_000_000);
        expect([optimise, error, String(r0)]).toEqual([optimise, null, expected]);
      }
    });
  }
});
