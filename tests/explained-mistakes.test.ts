// Classic mistakes with what a person is told about each, word for word: tests/corpus/explained/NAME.c and NAME.txt. A text that
// changes is read again with the eyes of somebody who has never met a verifier, then accepted with `npx vitest run -u`.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Diagnostic, renderDiagnostic } from '../src/engine/base/diagnostic.ts';
import { prepareObject } from '../src/engine/build.ts';
import { compile } from '../src/engine/compiler/compile.ts';
import { judgeStructOps } from '../src/engine/struct-ops-object.ts';

const FOLDER = 'tests/corpus/explained';

function findings(path: string, text: string): readonly Diagnostic[] {
  const { object, diagnostics } = compile({ path, text }, { profile: null, optimise: 2, cpu: 'v3' });
  if (object === null) return diagnostics;
  if (object.structOps.length > 0) {
    const { programs } = judgeStructOps(object, '7.2');
    return [...diagnostics, ...programs.flatMap(({ result }) => result.report.diagnostics)];
  }
  return [...diagnostics, ...prepareObject(object, { profile: null, quirks: [], set: {} }).diagnostics];
}

describe('mistakes explained', () => {
  const names = readdirSync(FOLDER).flatMap((name) => (name.endsWith('.c') ? [name.slice(0, -2)] : []));
  it('are at least thirty', () => expect(names.length).toBeGreaterThanOrEqual(30));

  it.each(names)('%s', async (name) => {
    const found = findings(`${name}.c`, readFileSync(`${FOLDER}/${name}.c`, 'utf8'));
    expect(found.length, 'it is found').toBeGreaterThan(0);
    await expect(`${found.map(renderDiagnostic).join('\n\n')}\n`).toMatchFileSnapshot(`corpus/explained/${name}.txt`);
    for (const { severity, span, notes } of found) {
      if (severity !== 'error') continue;
      expect(span, 'it has a place').not.toBeNull();
      expect(notes.map((note) => note.message).join('\n'), 'it says what to change').not.toBe('');
    }
  });
});
