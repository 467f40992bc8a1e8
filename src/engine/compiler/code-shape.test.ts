// What the code looks like, where the verifier or the page depends on it: bounds checks tied to their register, context
// accesses with fixed offsets, sections, maps, data, line table, relocations. Texts are disassembly.

import { describe, expect, it } from 'vitest';
import { renderDiagnostic } from '../base/diagnostic.ts';
import { disassemble } from '../isa/disassemble.ts';
import { lineOfSlot } from '../object/link.ts';
import type { ObjectFunction, ProgramObject } from '../object/program-object.ts';
import { type CompileOptions, compile, compileWithIr } from './compile.ts';

function build(text: string, options: Partial<CompileOptions> = {}): ProgramObject {
  const { object, diagnostics } = compile(
    { path: 'dir/shape.bpf.c', text },
    { profile: null, optimise: 2, cpu: 'v3', ...options },
  );
  if (object === null) throw new Error(diagnostics.map(renderDiagnostic).join('\n'));
  return object;
}

function functionOf(object: ProgramObject, name: string): ObjectFunction {
  const found = object.functions.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no function ${name}`);
  return found;
}

const assembly = (object: ProgramObject, name: string): string[] =>
  disassemble(functionOf(object, name).code).filter((line) => line !== '');

const ENQUEUE = `#include <qdisc/v5.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
`;

describe('code shape', () => {
  it('checks and reads a packet through one register, without widening the 32-bit pointer fields', () => {
    const object = build(`${ENQUEUE}SEC("qdisc/enqueue") int e(struct sch_bpf_ctx *ctx) {
	struct __sk_buff *skb = ctx->skb;
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + sizeof(struct ethhdr);
	if ((void *)(ip + 1) > end) return SCH_BPF_DROP;
	return ip->tos;
}`);
    expect(assembly(object, 'e')).toEqual([
      'r1 = *(u64 *)(r1 + 0)',
      'r2 = *(u32 *)(r1 + 76)',
      'r3 = *(u32 *)(r1 + 80)',
      'r1 = r2',
      'r1 += 34',
      'if r1 <= r3 goto +2',
      'w0 = 1',
      'exit',
      'r0 = *(u8 *)(r2 + 15)',
      'exit',
    ]);
  });

  it('tests the pointer that a lookup returns, and loads through it', () => {
    const object =
      build(`${ENQUEUE}struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, __u32); __type(value, __u64); } m SEC(".maps");
SEC("qdisc/enqueue") int e(struct sch_bpf_ctx *ctx) {
	__u32 key = 7;
	__u64 *v = bpf_map_lookup_elem(&m, &key);
	if (!v) return 1;
	*v += 1;
	return 0;
}`);
    const lines = assembly(object, 'e');
    expect(lines.join('\n')).toMatch(/w(\d) = 7\n\*\(u32 \*\)\(r10 - 4\) = r\1\n/);
    const call = lines.indexOf('call 1');
    expect(lines[call + 1]).toMatch(/^if r0 != 0 goto/);
    expect(lines.join('\n')).toContain('*(u64 *)(r0 + 0)');
    expect(object.maps[0]).toMatchObject({ name: 'm', type: 1, keySize: 4, valueSize: 8, maxEntries: 8, data: null });
    expect(functionOf(object, 'e').relocations).toEqual([{ kind: 'map', slot: expect.any(Number), target: 0 }]);
  });

  it('never stores an immediate to the context before v4, where old kernels refuse it', () => {
    const source = `${ENQUEUE}SEC("qdisc/dequeue") int d(struct sch_bpf_ctx *ctx) { ctx->delay = 5; return SCH_BPF_THROTTLE; }`;
    expect(assembly(build(source), 'd').join('\n')).toMatch(/\*\(u64 \*\)\(r1 \+ 16\) = r\d/);
    expect(assembly(build(source, { cpu: 'v4' }), 'd')).toContain('*(u64 *)(r1 + 16) = 5');
  });

  it('uses no 32-bit jumps before v3 and no unsigned less-than before v2', () => {
    const source = 'int f(unsigned a, unsigned b) { return a < b ? 3 : 4; }';
    const options = { requireProfile: false };
    expect(assembly(build(source, { ...options, cpu: 'v3' }), 'f').join('\n')).toMatch(/if w\d/);
    for (const cpu of ['v1', 'v2'] as const)
      expect(assembly(build(source, { ...options, cpu }), 'f').join('\n')).not.toMatch(/if w\d/);
    expect(assembly(build(source, { ...options, cpu: 'v1' }), 'f').join('\n')).not.toMatch(/if r\d <[= ]/);
  });

  it('passes callbacks as relocated addresses and keeps their function', () => {
    const object =
      build(`${ENQUEUE}struct { __uint(type, BPF_MAP_TYPE_SKBMAP); __uint(max_entries, 8); __type(key, __u64); } q SEC(".maps");
static long first(void *map, const __u64 *key, struct __sk_buff *skb, void *ctx) { *(__u64 *)ctx = *key; return 1; }
SEC("qdisc/dequeue") int d(struct sch_bpf_ctx *ctx) { __u64 k = 0; bpf_for_each_map_elem(&q, first, &k, 0); ctx->skb = bpf_skb_map_pop(&q, k); return 0; }`);
    const { relocations } = functionOf(object, 'd');
    const target = object.functions.findIndex(({ name }) => name === 'first');
    expect(relocations).toContainEqual({ kind: 'function-address', slot: expect.any(Number), target });
    expect(functionOf(object, 'first')).toMatchObject({ section: '.text', linkage: 'static' });
  });

  it('puts variables into the sections that libbpf would, with knobs not folded', () => {
    const object = build(`${ENQUEUE}const volatile __u32 limit = 9;
static __u64 zero; __u32 set = 3; static const char text[] = "abc"; const char *name = text; __u8 own[4] SEC(".data.own") = {1};
SEC("qdisc/enqueue") int e(struct sch_bpf_ctx *ctx) { zero++; return limit + set + name[0] + own[1]; }
char _license[] SEC("license") = "GPL";`);
    expect(object.profile).toBe('v5');
    expect(object.license).toBe('GPL');
    expect(object.name).toBe('shape');
    const section = (name: string) => object.maps.find((map) => map.name === name);
    expect(object.maps.map(({ name }) => name).sort()).toEqual(['.bss', '.data', '.data.own', '.rodata']);
    expect(section('.rodata')?.data).toMatchObject({ readOnly: true });
    expect([...(section('.rodata')?.data?.bytes.subarray(0, 4) ?? [])]).toEqual([9, 0, 0, 0]);
    expect(section('.rodata')?.data?.variables[0]).toMatchObject({ name: 'limit', offset: 0, size: 4, linkage: 'global' });
    const rodata = object.maps.findIndex(({ name }) => name === '.rodata');
    expect(section('.data')?.data?.relocations).toEqual([{ offset: 8, target: rodata, addend: 4 }]);
    const knob = functionOf(object, 'e').relocations.filter(
      (relocation) => relocation.kind === 'map-value' && relocation.target === rodata,
    );
    expect(knob).toEqual([{ kind: 'map-value', slot: expect.any(Number), target: rodata, addend: 0 }]);
  });

  it('gives every instruction a place in the file it came from', () => {
    const text = `${ENQUEUE}static __u64 count;\nSEC("qdisc/enqueue") int e(struct sch_bpf_ctx *ctx)\n{\n\tcount += 2;\n\treturn bpf_ktime_get_ns() & 1;\n}\n`;
    const object = build(text);
    const { code, lines } = functionOf(object, 'e');
    for (let slot = 0; slot < code.length; slot++) {
      const line = lineOfSlot(lines, slot);
      expect(line).not.toBeNull();
      expect(object.files[line?.file ?? -1]?.path).toBe('dir/shape.bpf.c');
    }
    expect(new Set(lines.map(({ line }) => line))).toEqual(new Set([7, 8]));
  });

  it('keeps noinline functions as calls and drops what is inlined', () => {
    const object = build(
      `static int small(int x) { return x * 2; }
static __attribute__((noinline)) int far(int x) { return x * 3; }
int outer(int x) { return small(x) + far(x); }`,
      { requireProfile: false },
    );
    expect(object.functions.map(({ name }) => name)).toEqual(['far', 'outer']);
    expect(functionOf(object, 'outer').relocations).toEqual([{ kind: 'function', slot: expect.any(Number), target: 0 }]);
  });

  it('keeps variables in memory at level 0', () => {
    const source = 'int f(int a) { int b = a + 1; b = b * 2; return b; }';
    expect(assembly(build(source, { requireProfile: false, optimise: 2 }), 'f')).toHaveLength(4);
    expect(
      assembly(build(source, { requireProfile: false, optimise: 0 }), 'f').filter((line) => line.includes('r10')).length,
    ).toBeGreaterThan(4);
  });

  it('prints the intermediate form', () => {
    const source = 'int f(int a) { int s = 0; for (int i = 0; i < a; i++) s += i; return s; }';
    const { ir } = compileWithIr({ path: 'f.c', text: source }, { profile: null, optimise: 2, cpu: 'v3', requireProfile: false });
    expect(ir).toMatch(/^function f\(arg0:i32\): i32\nentry\.0:\n {2}jump /);
    expect(ir).toMatch(/%\d+:i32 = phi 0 from entry\.0, %\d+ from /);
    expect(ir).toMatch(/slt32 %\d+, arg0/);
  });
});

describe('loops and frames', () => {
  const plain = { requireProfile: false } as const;
  const jumpsBack = (lines: readonly string[]): boolean => lines.some((line) => /goto -\d/.test(line));

  it('unrolls short loops whose turns are known, and keeps long ones', () => {
    const loop = (turns: number, pragma = ''): string =>
      `int a[256]; int f(void) { int s = 0;\n${pragma}\nfor (int i = 0; i < ${turns}; i++) { if (a[i] > 3) break; s += a[i] * i; } return s; }`;
    expect(jumpsBack(assembly(build(loop(4), plain), 'f'))).toBe(false);
    expect(jumpsBack(assembly(build(loop(200), plain), 'f'))).toBe(true);
    expect(jumpsBack(assembly(build(loop(60, '#pragma unroll'), plain), 'f'))).toBe(false);
    expect(jumpsBack(assembly(build(loop(4, '#pragma nounroll'), plain), 'f'))).toBe(true);
    expect(jumpsBack(assembly(build(loop(4), { ...plain, optimise: 1 }), 'f'))).toBe(true);
  });

  it('unrolls the outer loop once the inner one is gone', () => {
    const source =
      'int m[9]; int f(int x) { int s = 0; for (int i = 0; i < 3; i++) for (int j = 0; j < 3; j++) s += m[3 * i + j] ^ x; return s; }';
    expect(jumpsBack(assembly(build(source, plain), 'f'))).toBe(false);
  });

  it('takes out loops that do nothing, and the memory that only they needed', () => {
    const idle =
      'static int same(int *a) { return 0; } int f(int n) { int a[900]; for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) if (same(&a[j])) a[j] = 1; return n; }';
    const object = build(idle, plain);
    expect(jumpsBack(assembly(object, 'f'))).toBe(false);
    expect(functionOf(object, 'f').stackBytes).toBe(0);
    for (const busy of [
      'int f(int n) { int s = 0; for (int i = 0; i < n; i++) s += i ^ n; return s; }',
      'int f(int n) { for (volatile int i = 0; i < n; i++) ; return n; }',
      'int f(int n) { for (;;) ; return n; }',
      'int f(int n, int *p) { int i = n; while (i) i = *p ? 1 : 2; return n; }',
      'int f(unsigned n) { for (unsigned i = n; i != 3; i += 2) ; return n; }',
    ])
      expect(jumpsBack(assembly(build(busy, plain), 'f')), busy).toBe(true);
  });

  it('leaves calls as calls where inlining would make the frame too large', () => {
    const part = (name: string): string =>
      `static inline int ${name}(int x) { volatile char b[300]; for (int i = 0; i < 300; i++) b[i] = x + i; return b[x & 127]; }`;
    const object = build(
      `${part('p')}\n${part('q')}\nint f(int x) { volatile char c[200]; c[0] = x; return p(x) + q(x + 1) + c[0]; }`,
      plain,
    );
    expect(functionOf(object, 'f').stackBytes).toBeLessThanOrEqual(512);
  });

  it('keeps variables in slots of eight bytes without optimisation, so that the verifier can follow their bounds', () => {
    const lines = assembly(
      build('int a[4]; int f(unsigned i) { if (i > 3) return 0; return a[i]; }', { ...plain, optimise: 0 }),
      'f',
    );
    expect(lines.join('\n')).toMatch(/\*\(u64 \*\)\(r10 - 8\) = r\d/);
    expect(lines.join('\n')).not.toContain('u32 *)(r10');
  });
});

describe('what need not be done twice', () => {
  const plain = { requireProfile: false } as const;

  it('keeps a value in the argument register that it came in', () => {
    const lines = assembly(
      build(
        '__attribute__((noinline)) static int g(int x, int y) { return x / (y | 1u); } int f(int x) { return g(x, x + 1) + x; }',
        plain,
      ),
      'f',
    );
    expect(lines.filter((line) => line.startsWith('r1 ='))).toEqual([]);
  });

  it('reads a static variable that nothing writes as a constant, and one that something may write from memory', () => {
    const reads = (rest: string): boolean =>
      assembly(build(`static int k = 7; ${rest} int f(void) { return k; }`, plain), 'f').some((line) => line.includes('u32 *'));
    expect(reads('')).toBe(false);
    expect(reads('void set(int x) { k = x; }')).toBe(true);
    expect(reads('int *where(void) { return &k; }')).toBe(true);
    expect(reads('int *const to = &k;')).toBe(true);
    expect(assembly(build('static volatile int k = 7; int f(void) { return k; }', plain), 'f').join()).toContain('u32 *');
    expect(assembly(build('int k = 7; int f(void) { return k; }', plain), 'f').join()).toContain('u32 *');
  });

  it('makes the address of a variable once along a way', () => {
    const lines = assembly(build('int k; int f(int x) { k = x; if (x > 3) k = x * k; return k; }', plain), 'f');
    expect(lines.filter((line) => line.includes(' ll'))).toHaveLength(1);
  });
});

describe('calls through pointers', () => {
  const source = `static int add(int a, int b) { return a + b; } static int sub(int a, int b) { return a - b; }
static inline __attribute__((always_inline)) int apply(int (*f)(int, int), int a, int b) { return f(a, b); }
int test(int x) { int (*g)(int, int) = sub; return apply(add, x, 2) * 10 + apply(g, x, 1); }`;

  it('are plain calls, or nothing at all, where optimisation shows the function', () => {
    for (const optimise of [1, 2] as const)
      expect(build(source, { requireProfile: false, optimise }).functions.length).toBeGreaterThan(0);
    expect(assembly(build(source, { requireProfile: false }), 'test').join('\n')).not.toContain('call');
  });

  it('are refused where the function stays unknown', () => {
    const unknown = 'int test(int (*f)(int), int x) { return f(x); }';
    const { object, diagnostics } = compile(
      { path: 'p.c', text: unknown },
      { profile: null, optimise: 2, cpu: 'v3', requireProfile: false },
    );
    expect(object).toBeNull();
    expect(diagnostics.map((one) => one.code)).toEqual(['indirect-call']);
  });
});
