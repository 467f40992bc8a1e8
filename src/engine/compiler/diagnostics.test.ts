// Wrong programs with the whole text of what the compiler says, in wrong-programs.golden.txt: `=== name`, the source, `---`,
// the text. A finding a mistake, no followers. ACCEPT_GOLDENS=1 rewrites the file.

import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderDiagnostic } from '../base/diagnostic.ts';
import { compile } from './compile.ts';
import { MESSAGES } from './messages.ts';

const path = new URL('./wrong-programs.golden.txt', import.meta.url);

interface Case {
  readonly name: string;
  readonly source: string;
  readonly expected: string;
}

function readCases(): Case[] {
  const text = readFileSync(path, 'utf8');
  return text
    .split(/^=== /m)
    .slice(1)
    .map((part) => {
      const newline = part.indexOf('\n');
      const [source = '', expected = ''] = part.slice(newline + 1).split('\n---\n');
      return { name: part.slice(0, newline), source, expected: expected.trim() };
    });
}

/** Programs that name a profile are compiled as the page does; the others as `eval` does. */
function say(source: string): string {
  const requireProfile = source.includes('qdisc/') || source.includes('needs a profile');
  const cpu = source.includes('cpu v4') ? 'v4' : 'v3';
  const { diagnostics, object } = compile({ path: 'wrong.c', text: source }, { profile: null, optimise: 2, cpu, requireProfile });
  const text = diagnostics.map(renderDiagnostic).join('\n');
  return `${text}${object === null ? '' : '\n(compiles)'}`.trim();
}

const cases = readCases();
if (process.env.ACCEPT_GOLDENS === '1')
  writeFileSync(path, cases.map(({ name, source }) => `=== ${name}\n${source}\n---\n${say(source)}\n`).join('\n'));

describe('wrong programs', () => {
  for (const { name, source, expected } of process.env.ACCEPT_GOLDENS === '1' ? [] : cases) {
    it(name, () => {
      expect(say(source)).toBe(expected);
    });
  }

  it('there are enough of them, with different names', () => {
    expect(cases.length).toBeGreaterThanOrEqual(100);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  it('every message of the catalogue has a text and an explanation', () => {
    for (const [code, { text, explanation }] of Object.entries(MESSAGES)) {
      expect(code).toMatch(/^[a-z0-9-]+$/);
      expect(text.length).toBeGreaterThan(1);
      expect(explanation.length).toBeGreaterThan(10);
    }
  });

  it('stops after fifty errors', () => {
    const source = Array.from({ length: 200 }, (_, i) => `int f${i}(void) { return missing${i}; }`).join('\n');
    const { diagnostics } = compile(
      { path: 'many.c', text: source },
      { profile: null, optimise: 2, cpu: 'v3', requireProfile: false },
    );
    expect(diagnostics.filter(({ severity }) => severity === 'error').length).toBe(51);
    expect(diagnostics.at(-1)?.code).toBe('too-many-errors');
  });
});
