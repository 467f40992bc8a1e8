// Whatever the bytes: no exception, no hang, every place inside its file. Seeded mutations of real programs, and sources made
// to hurt. FUZZ_SEED and FUZZ_COUNT choose another run.

import { describe, expect, it } from 'vitest';
import { compile } from './compile.ts';

const seeds = [
  `#include <qdisc/v4.h>
#define max(a, b) ({ typeof(a) x_ = (a); typeof(b) y_ = (b); x_ > y_ ? x_ : y_; })
struct flow { __u64 key; union { __u32 w; __u8 b[4]; }; int deficit : 12; };
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 16); __type(key, __u32); __type(value, struct flow); } flows SEC(".maps");
const volatile __u32 limit = 64;
static __u64 head, tail = 1;
static const char *const names[] = { "one", [2] = "three" };
static __always_inline int pick(struct flow *f, int n) { switch (n) { case 0 ... 3: return f->b[n]; default: return max(n, f->deficit); } }
SEC("qdisc/enqueue") int enqueue(struct sch_bpf_ctx *ctx) {
	__u32 key = ctx->skb->len & 15;
	struct flow *f = bpf_map_lookup_elem(&flows, &key);
	if (!f || tail - head >= limit) return SCH_BPF_DROP;
	for (int i = 0; i < 4; i++) { f->key += pick(f, i); if (names[i & 1]) break; }
	return bpf_skb_map_push(&flows, ctx->skb, f->key++) ? SCH_BPF_DROP : SCH_BPF_QUEUED;
}
char _license[] SEC("license") = "GPL";
`,
  `struct p { int x, y; struct { char c[3]; } in; };
static struct p tab[3] = { [1] = { .y = 2, .in.c = "ab" }, { 3 } };
static __attribute__((noinline)) struct p make(long a, short b) { struct p r = { a, b }; return r; }
unsigned long long test(void) {
	unsigned long long h = 1469598103934665603ull; struct p *q = tab, v = make(3, -4);
	do { h ^= q->x * 31 + (q++)->in.c[0]; if (h & 1) goto out; } while (q < tab + 3);
	{ int m[2][2] = { { 1 }, { 2, 3 } }; h = h * 7 + m[1][1] + sizeof(m) + (v.y ? v.x : ~v.y); }
out:	return h / 3 % 1000 + (h >> 60 == 2 || h < 9u);
}
`,
];
const words = [
  '{',
  '}',
  '(',
  ')',
  ';',
  'int',
  '*',
  '#define X(',
  '#if',
  '#endif',
  '"',
  "'",
  'struct',
  '=',
  '[',
  ']',
  '1ull<<70',
  'sizeof',
  'return',
];
words.push(
  '/*',
  'case',
  'goto x;',
  'static',
  '-',
  '/',
  'typedef',
  '\\\n',
  '##',
  '&',
  '.',
  '->',
  '? :',
  '__attribute__((',
  'enum {',
  '(void*)',
  '\0',
);

function mutate(text: string, next: (below: number) => number): string {
  const at = next(text.length);
  switch (next(5)) {
    case 0:
      return text.slice(0, at) + String.fromCharCode(next(256)) + text.slice(at + 1);
    case 1:
      return text.slice(0, at);
    case 2:
      return `${text.slice(0, at)} ${words[next(words.length)]} ${text.slice(at)}`;
    case 3:
      return text.slice(0, at) + text.slice(at + next(60));
    default: {
      const to = next(text.length);
      return text.slice(0, to) + text.slice(at, at + next(40)) + text.slice(to);
    }
  }
}

describe('hostile sources', () => {
  it('survives mutations', () => {
    const seed = Number(process.env.FUZZ_SEED ?? 20_260_722);
    const count = Number(process.env.FUZZ_COUNT ?? 300);
    let state = seed >>> 0;
    const next = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 4294967296) * below);
    };
    for (let run = 0; run < count; run++) {
      let text = seeds[run % seeds.length] ?? '';
      for (let changes = next(4); changes >= 0; changes--) text = mutate(text, next);
      const label = `seed ${seed}, run ${run}:\n${text}`;
      let result: ReturnType<typeof compile>;
      try {
        result = compile(
          { path: 'mutant.c', text },
          { profile: null, optimise: run % 3 === 0 ? 0 : 2, cpu: 'v4', requireProfile: false },
        );
      } catch (fault) {
        throw new Error(`${String(fault)} at ${label}`);
      }
      const { object, diagnostics } = result;
      expect(object === null, label).toBe(diagnostics.some(({ severity }) => severity === 'error'));
      for (const { span } of diagnostics) {
        if (span === null) continue;
        expect(span.start >= 0 && span.start <= span.end && span.end <= span.file.text.length, label).toBe(true);
      }
    }
  });

  const nested = (open: string, middle: string, close: string, n: number): string => open.repeat(n) + middle + close.repeat(n);
  const nasty: readonly (readonly [string, string, string, number])[] = [
    ['parentheses', `int test(void) { return\n${nested('(', '1', ')', 20_000)}; }`, 'nesting-too-deep', 2],
    ['braces', `int test(void)\n${nested('{', '', '}', 20_000)}`, 'nesting-too-deep', 2],
    ['unary operators', `int test(void) { return\n${'- '.repeat(30_000)}1; }`, 'nesting-too-deep', 2],
    ['a long sum', `int test(void) { return\n1${' + 1'.repeat(50_000)}; }`, 'nesting-too-deep', 2],
    ['calls', `int f(int x) { return x; }\nint test(void) { return ${nested('f(', '1', ')', 3000)}; }`, 'nesting-too-deep', 2],
    ['nested structs', `int a;\n${'struct a {'.repeat(5000)}`, 'nesting-too-deep', 2],
    ['else if', `int test(int x) {\n${'if (x == 1) return 2; else '.repeat(5000)} return 3; }`, 'nesting-too-deep', 2],
    ['conditional operators', `int test(int a) { return\n${'a ? 1 : '.repeat(10_000)} 2; }`, 'nesting-too-deep', 2],
    ['ten megabytes', 'int x;\n'.repeat(1_500_000), 'file-too-large', 1],
    ['open conditionals', '#if 1\n'.repeat(50_000), 'expansion-too-deep', 4097],
    [
      'a macro bomb',
      `#define A0 x x x x x x x x x x\n${Array.from({ length: 9 }, (_, i) => `#define A${i + 1} A${i} A${i} A${i} A${i} A${i} A${i} A${i} A${i}`).join('\n')}\nint t = A9;`,
      'too-many-tokens',
      11,
    ],
    ['nested macro calls', `#define F(x) x x\nint t = ${nested('F(', '1', ')', 300)};`, 'expansion-too-deep', 2],
    ['an array of a gigabyte', '\nint a[1000000000] = { [0 ... 99999999] = 1 };', 'type-too-large', 2],
    ['a range of a million', '\nint a[1000000] = { [0 ... 999999] = 1 };', 'initialiser-too-large', 2],
    ['an array of arrays of arrays', `\nint a${'[64]'.repeat(200)};`, 'type-too-large', 2],
    [
      'only noise',
      Array.from({ length: 100_000 }, (_, i) => String.fromCharCode((i * 7919) & 255)).join(''),
      'expected-declaration',
      1,
    ],
    ['an include of itself', '#include "hostile.c"\nint x;', 'include-too-deep', 1],
    ['digits', `\nint a = ${'9'.repeat(5000)};`, 'bad-number', 2],
    ['one long name', `\nint test(void) { return ${'n'.repeat(100_000)}; }`, 'undeclared', 2],
    ['nothing but quotes', '"'.repeat(100_001), 'expected-declaration', 1],
  ];
  for (const [name, text, code, line] of nasty) {
    it(`refuses ${name} in time`, () => {
      const file = { path: 'hostile.c', text };
      const started = process.hrtime.bigint();
      const { object, diagnostics } = compile(file, {
        profile: null,
        optimise: 2,
        cpu: 'v4',
        requireProfile: false,
        headers: [file],
      });
      expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(3000);
      expect(object).toBeNull();
      const found = diagnostics.find((diagnostic) => diagnostic.code === code);
      expect(found?.span, `${code} in ${diagnostics.map((diagnostic) => diagnostic.code).join()}`).toBeTruthy();
      const before = text.slice(0, found?.span?.start ?? 0);
      expect(before.split('\n').length).toBe(line);
    });
  }

  it('says the same twice', () => {
    for (const text of seeds) {
      const once = compile({ path: 'a.c', text }, { profile: null, optimise: 2, cpu: 'v3', requireProfile: false });
      const again = compile({ path: 'a.c', text }, { profile: null, optimise: 2, cpu: 'v3', requireProfile: false });
      expect(JSON.stringify(once.diagnostics)).toBe(JSON.stringify(again.diagnostics));
      expect(once.object?.functions.map(({ code }) => [...code.opcode, ...code.imm])).toEqual(
        again.object?.functions.map(({ code }) => [...code.opcode, ...code.imm]),
      );
    }
  });
});
