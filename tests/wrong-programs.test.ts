// Wrong programs (tests/corpus/wrong/*.c): each gives a message at the line marked `//! text` (alternatives with |), or, marked
// `//!! text`, one without a place; none takes longer than a second, none makes anything throw.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Diagnostic, lineColumn, loadCompiler, prepareObject } from '../src/engine/index.ts';

const FOLDER = 'tests/corpus/wrong';
const SECOND = 1000;

async function diagnosticsOf(path: string, text: string): Promise<readonly Diagnostic[]> {
  const compile = await loadCompiler();
  const { object, diagnostics } = compile({ path, text }, { profile: null, optimise: 2, cpu: 'v3' });
  if (object === null) return diagnostics;
  return [...diagnostics, ...prepareObject(object, { profile: null, quirks: [], set: {} }).diagnostics];
}

const errorsOf = (diagnostics: readonly Diagnostic[]): { line: number | null; message: string }[] =>
  diagnostics
    .filter((item) => item.severity === 'error')
    .map(({ span, message, notes }) => ({
      line: span === null ? null : lineColumn(span.file, span.start).line,
      message: [message, ...notes.map((note) => note.message)].join(' / '),
    }));

describe('wrong programs', () => {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.c'));
  it('are at least twenty', () => expect(names.length).toBeGreaterThanOrEqual(20));

  it.each(names)('%s', async (name) => {
    const text = readFileSync(`${FOLDER}/${name}`, 'utf8');
    const lines = text.split('\n');
    const marked = lines.findIndex((line) => line.includes('//! ') || line.includes('//!! '));
    const [, mark = '', wanted = ''] = /\/\/(!!?) (.*)/.exec(lines[marked] ?? '') ?? [];
    expect(wanted, 'the case is marked').not.toBe('');
    await diagnosticsOf(name, text);
    const started = performance.now();
    const errors = errorsOf(await diagnosticsOf(name, text));
    expect(performance.now() - started).toBeLessThan(SECOND);
    const pattern = new RegExp(wanted.replace(/[()[\]]/g, '\\$&'), 'i');
    expect(errors.map((error) => `${error.line}: ${error.message}`).join('\n')).toMatch(pattern);
    const found = errors.find((error) => pattern.test(error.message));
    expect(found?.line ?? null, JSON.stringify(errors)).toBe(mark === '!!' ? null : marked + 1);
  });

  it.each([
    ['10 MB of text', 'int x;\n'.repeat(1_500_000)],
    ['100,000 opening brackets', `int f(void) { return ${'('.repeat(100_000)}1; }`],
    ['100,000 nested blocks', `int f(void) ${'{'.repeat(100_000)}`],
    [
      'a macro that doubles itself',
      `${Array.from({ length: 40 }, (_, i) => `#define M${i + 1} M${i} M${i}`).join('\n')}\nint x = M40;\n`,
    ],
    ['a header that includes itself', '#include "self.h"\n'.repeat(10)],
    ['noise', Array.from({ length: 20_000 }, (_, i) => String.fromCharCode(33 + ((i * 7919) % 90))).join('')],
    ['control characters and half surrogates', '\u0000\u0001\ud800 int \udfff x;\n'.repeat(100)],
    ['a string without end', 'char *s = "abc\nint x;'],
    ['nothing', ''],
  ])('%s gives a message within a second', async (_, text) => {
    const started = performance.now();
    const errors = errorsOf(await diagnosticsOf('typed.c', text));
    expect(performance.now() - started).toBeLessThan(SECOND);
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.length).toBeLessThanOrEqual(60);
  });
});
