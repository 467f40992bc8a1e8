// Whatever the text: every question has an answer, inside the text, in bounded time. Texts are cut and changed at random; a
// failure prints the seed, which `SEED=n npx vitest run src/engine/language/broken-text.test.ts` replays.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { completionAt } from './completion.ts';
import { outlineOf } from './outline.ts';
import { HEAD, INSIDE } from './sample-program.ts';
import { answer, type LanguageQuestion } from './services.ts';
import { analyse, type SourceAnalysis } from './source-analysis.ts';

const GALLERY = 'public/gallery';
const sources = [
  `${HEAD}${INSIDE}p->len = LEAST(f.len, LIMIT);\n\treturn SCH_BPF_OK;\n}\n`,
  ...readdirSync(GALLERY)
    .filter((name) => name.endsWith('.bpf.c'))
    .map((name) => readFileSync(`${GALLERY}/${name}`, 'utf8')),
];
const WORDS = [
  '{',
  '}',
  '(',
  ')',
  ';',
  '"',
  "'",
  '->',
  '.',
  '#',
  '/*',
  '*/',
  '\n',
  '#define X(',
  'struct',
  'return',
  ',',
  '\\\n',
  '<',
  '&',
  ' x ',
  '\u0000',
  '##',
];

/** Marsaglia's xorshift. */
function random(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function questions(offset: number): LanguageQuestion[] {
  const header = null;
  return [
    { kind: 'completion', offset },
    { kind: 'signature', offset },
    { kind: 'hover', offset, header },
    { kind: 'definition', offset, header },
    { kind: 'references', offset, header, declarations: true },
    { kind: 'highlights', offset },
    { kind: 'rename-place', offset },
    { kind: 'outline' },
    { kind: 'tokens' },
  ];
}

/** Asks everything and looks that all ranges lie inside the text. */
function askAll(analysis: SourceAnalysis, offset: number): void {
  const { length } = analysis.file.text;
  for (const question of questions(offset)) {
    const found = answer(analysis, question);
    for (const [, number = '0'] of JSON.stringify(found.value)?.matchAll(/"(?:start|end)":(-?\d+)/g) ?? []) {
      const inside = Number(number) >= 0 && (Number(number) <= length || /definition|references|signature/.test(found.kind));
      if (!inside) throw new Error(`${found.kind} answers ${number} of ${length}`);
    }
  }
}

describe('broken text', () => {
  const seed = Number(process.env.SEED ?? 20260101);
  it(`answers for 400 changed texts (seed ${seed})`, () => {
    const next = random(seed);
    for (let round = 0; round < 400; round++) {
      let text = sources[next(sources.length)] ?? '';
      for (let change = next(3); change >= 0; change--) {
        const at = next(text.length + 1);
        const cut = next(4) === 0 ? next(200) : next(4);
        text = text.slice(0, at) + (WORDS[next(WORDS.length)] ?? '') + text.slice(at + cut);
      }
      if (next(3) === 0) text = text.slice(0, next(text.length + 1));
      const analysis = analyse({ path: 'broken.bpf.c', text }, { profile: null });
      for (let look = 0; look < 3; look++) askAll(analysis, next(text.length + 1));
    }
  }, 60_000);

  it('answers at every offset of a text that is typed from its start', () => {
    const text = sources[0] ?? '';
    for (let length = 0; length <= text.length; length += 7) {
      const analysis = analyse({ path: 'typed.bpf.c', text: text.slice(0, length) }, { profile: null });
      askAll(analysis, length);
    }
  }, 60_000);

  it('offers members while a member is typed, whatever the line before was cut to', () => {
    const before = 'if (p->len > LEAST(f.len, LIMIT) && counter)';
    for (let length = 0; length <= before.length; length++) {
      const text = `${HEAD}${INSIDE}${before.slice(0, length)}\n\tp->`;
      const labels = completionAt(analyse({ path: 'a.c', text: `${text}\n}\n` }, { profile: null }), text.length).items;
      expect([before.slice(0, length), labels[0]?.label]).toEqual([before.slice(0, length), 'len']);
    }
  });

  it('keeps the outline of the gallery while any one line is half written', () => {
    for (const text of sources.slice(0, 6)) {
      const lines = text.split('\n');
      const functions = (source: string): string[] =>
        outlineOf(analyse({ path: 'a.c', text: source }, { profile: null })).flatMap(({ kind, name }) =>
          kind === 'function' ? [name] : [],
        );
      const all = functions(text);
      for (let at = 0; at < lines.length; at += 3) {
        const line = lines[at] ?? '';
        // Lines of the outline itself apart: a function without its head is none.
        if (!line.startsWith('\t') || line.includes('/*')) continue;
        const half = [...lines.slice(0, at), line.slice(0, Math.ceil(line.length / 2)), ...lines.slice(at + 1)].join('\n');
        expect([line, functions(half)]).toEqual([line, all]);
      }
    }
  }, 60_000);

  it.each([
    ['deep nesting', `int f(void) { return ${'('.repeat(5000)}`],
    ['a macro without end', `#define A A A\n${'A '.repeat(2000)}`],
    ['many errors', 'foo bar baz;\n'.repeat(3000)],
    ['only brackets', '{([<'.repeat(3000)],
    ['no text', ''],
    ['a long line', `int x = ${'1 + '.repeat(20_000)}1;`],
  ])('answers for %s', (_, text) => {
    const analysis = analyse({ path: 'a.c', text }, { profile: null });
    for (const offset of [0, text.length >> 1, text.length]) askAll(analysis, offset);
  });

  const suite = '../shared/data/csuite';
  if (!existsSync(suite)) console.warn(`NOTE: ${suite} is not there; its programs are not read`);
  (existsSync(suite) ? it : it.skip)(
    'reads every program of the C suite',
    () => {
      for (const name of readdirSync(suite)
        .filter((file) => file.endsWith('.c'))
        .slice(0, 120)) {
        const text = readFileSync(`${suite}/${name}`, 'utf8');
        const analysis = analyse({ path: name, text }, { profile: 'v4' });
        askAll(analysis, text.length >> 1);
      }
    },
    60_000,
  );
});
