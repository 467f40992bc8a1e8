// The language services while somebody types: after each keystroke the reading of the text and every question about it, on a
// program of some 300 lines and on one of some 3,000. Prints one JSON object; times in milliseconds, of the clock and (reading_cpu, the
// collector's threads included) of the processors, which other jobs on the machine do not lengthen.

import { readFileSync } from 'node:fs';
import { nextBelow, type RandomStream, seedStream } from '../src/engine/base/prng.ts';
import { outlineOf } from '../src/engine/language/outline.ts';
import { answer, type LanguageQuestion } from '../src/engine/language/services.ts';
import { AnalysisStore, analyse } from '../src/engine/language/source-analysis.ts';

const stream: RandomStream = { state: new Int32Array(4), at: 0 };
seedStream(stream, 4242, 'bench');
const PIECES = [
  '\n\tflow->',
  '\n\tif (bpf_map_lookup_elem(&tab',
  '\n\t__u32 n = qlen + ',
  '\n\treturn SCH_',
  '\n\tbpf_printk("%u", ',
];
const KEYSTROKES = 480;

const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
};
const round = (value: number): number => Math.round(value * 100) / 100;

/** Copies of a program behind one another, the names that it declares numbered. */
function repeated(source: string, times: number): string {
  const names = outlineOf(analyse({ path: 'a.c', text: source }, { profile: null })).map(({ name }) => name);
  const body = source.replace(/^#include.*$/m, '');
  const copies = Array.from({ length: times - 1 }, (_, copy) =>
    body.replace(new RegExp(`\\b(${names.join('|')})\\b`, 'g'), `$1_${copy}`),
  );
  return [source, ...copies].join('\n');
}

const ASKED = [
  'completion',
  'signature',
  'hover',
  'definition',
  'references',
  'highlights',
  'rename-place',
  'outline',
  'tokens',
] as const;

function question(kind: (typeof ASKED)[number], offset: number): LanguageQuestion {
  switch (kind) {
    case 'hover':
    case 'definition':
      return { kind, offset, header: null };
    case 'references':
      return { kind, offset, header: null, declarations: true };
    case 'outline':
    case 'tokens':
      return { kind };
    default:
      return { kind, offset };
  }
}

function typing(source: string, name: string, result: Record<string, unknown>): void {
  const store = new AnalysisStore();
  const times = new Map<string, number[]>([
    ['reading', []],
    ['reading-cpu', []],
    ...ASKED.map((kind): [string, number[]] => [kind, []]),
    ['rename', []],
  ]);
  const time = <T>(kind: string, work: () => T): T => {
    const started = performance.now();
    const made = work();
    times.get(kind)?.push(performance.now() - started);
    return made;
  };
  store.of('a.bpf.c', source, { profile: null });
  // Places behind statements inside functions.
  const places = [...source.matchAll(/;\n\t(?!_)/g)].map(({ index }) => index + 1);
  let made = 0;
  while (made < KEYSTROKES) {
    const at = places[nextBelow(stream, places.length)] ?? 0;
    const piece = PIECES[nextBelow(stream, PIECES.length)] ?? '';
    for (let length = 1; length <= piece.length && made < KEYSTROKES; length++, made++) {
      const text = source.slice(0, at) + piece.slice(0, length) + source.slice(at);
      const before = process.cpuUsage();
      const analysis = time('reading', () => store.of('a.bpf.c', text, { profile: null }));
      const { user, system } = process.cpuUsage(before);
      times.get('reading-cpu')?.push((user + system) / 1000);
      for (const kind of ASKED) time(kind, () => answer(analysis, question(kind, at + length)));
    }
  }
  const whole = store.of('a.bpf.c', source, { profile: null });
  for (const { start } of [...source.matchAll(/\bflow->/g)].slice(0, 8).map(({ index }) => ({ start: index })))
    time('rename', () => answer(whole, { kind: 'rename', offset: start, name: 'renamed' }));
  for (const [kind, values] of times) {
    // The first fifth warms up.
    const warm = values.slice(Math.floor(values.length / 5));
    result[`${name}_${kind.replace('-', '_')}_p95_ms`] = round(quantile(warm, 0.95));
  }
  result[`${name}_reading_median_ms`] = round(quantile((times.get('reading') ?? []).slice(KEYSTROKES / 5), 0.5));
  result[`${name}_lines`] = source.split('\n').length;
}

export function run(): Record<string, unknown> {
  const source = readFileSync('public/gallery/fq_codel.bpf.c', 'utf8');
  const result: Record<string, unknown> = { name: 'language' };
  typing(source, 'small', result);
  typing(repeated(source, 9), 'large', result);
  return result;
}
