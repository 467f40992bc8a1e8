// Where variables are said to be: pass by pass (promotion to registers, constants, splitting, inlining, unrolling, deleted loops, spilling), and that
// following them changes no instruction.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encode } from '../isa/codec.ts';
import { lineOfSlot } from '../object/link.ts';
import type { ObjectFunction, VariablePlace } from '../object/program-object.ts';
import { compile } from './compile.ts';

const HEAD = '#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n';

function build(text: string, optimise: 0 | 1 | 2 = 2): ObjectFunction {
  const options = { profile: null, optimise, cpu: 'v3', requireProfile: false } as const;
  const { object, diagnostics } = compile({ path: 'v.bpf.c', text: HEAD + text }, options);
  return object?.functions.find(({ name }) => name === 'f') ?? expect.fail(diagnostics.map(({ message }) => message).join('\n'));
}

function placeText(place: VariablePlace): string {
  switch (place.kind) {
    case 'register':
      return 'register';
    case 'constant':
      return String(BigInt.asIntN(32, place.value));
    case 'stack':
      return 'stack';
    default:
      return place.kind;
  }
}

/** Slots that come from a line of the text below the head. */
function slotsOf(fn: ObjectFunction, line: number): number[] {
  return Array.from({ length: fn.code.length }, (_, slot) => slot).filter(
    (slot) => (lineOfSlot(fn.lines, slot)?.line ?? 0) - 2 === line,
  );
}

/** What is said of a variable before an instruction: `away`, `register`, `3`, of several parts `0:register 4:3`; null out of scope. */
function said(fn: ObjectFunction, slot: number, name: string): string | null {
  const inScope = fn.variables?.variables.filter(
    (item) => item.name === name && item.scope.some(({ from, to }) => slot >= from && slot < to),
  );
  const variable = inScope?.at(-1);
  if (variable === undefined) return null;
  const parts = variable.ranges.filter(({ from, to }) => slot >= from && slot < to);
  if (parts.length === 0) return 'away';
  return parts.map(({ offset, place }) => (parts.length === 1 ? '' : `${offset}:`) + placeText(place)).join(' ');
}

/** All that is said of a variable in the slots of a line, each once. */
const atLine = (fn: ObjectFunction, line: number, name: string): (string | null)[] => [
  ...new Set(slotsOf(fn, line).map((slot) => said(fn, slot, name))),
];

describe('variables, pass by pass', () => {
  it('stand in the stack without optimisation, from where they are stored, inside their scope', () => {
    const fn = build(
      'SEC("tc") int f(struct __sk_buff *skb) {\n__u32 a = skb->len;\n{ __u32 b = a + 1;\nskb->mark = b; }\nreturn a;\n}',
      0,
    );
    expect(atLine(fn, 2, 'a')).toEqual(['unset']);
    expect(atLine(fn, 4, 'a')).toEqual(['stack']);
    expect(atLine(fn, 4, 'b')).toEqual(['stack']);
    expect(atLine(fn, 5, 'b')).toEqual([null]);
    expect(said(fn, slotsOf(fn, 5)[0] ?? 0, 'skb')).toBe('stack');
  });

  it('are registers and constants once promoted, and nowhere when nothing holds them any more', () => {
    const fn = build(
      'SEC("tc") int f(struct __sk_buff *skb) {\n__u32 a = skb->len;\n__u32 k = 7;\nskb->mark = a * k;\nskb->priority = k;\nreturn 0;\n}',
    );
    expect(atLine(fn, 4, 'a')).toContain('register');
    expect(atLine(fn, 4, 'k')).toEqual(['7']);
    expect(atLine(fn, 5, 'a')).toEqual(['away']);
    expect(said(fn, 0, 'skb')).toBe('register');
  });

  it('join where ways meet, and are nowhere where the ways disagree', () => {
    const fn = build(
      'SEC("tc") int f(struct __sk_buff *skb) {\n__u32 a = 1, dead = 1;\nif (skb->mark) {\na = skb->len;\ndead = 2; }\nskb->priority = a;\nskb->mark = 0;\nreturn 0;\n}',
    );
    expect(atLine(fn, 6, 'a')).toEqual(['register']);
    expect(atLine(fn, 6, 'dead')).toEqual(['away']);
  });

  it('come in parts when a structure is split', () => {
    const fn = build(
      'struct pair { __u32 x, y; };\nSEC("tc") int f(struct __sk_buff *skb) {\nstruct pair p = { skb->len, 5 };\nskb->mark = p.x;\nskb->priority = p.x + p.y;\nreturn 0;\n}',
    );
    expect(atLine(fn, 5, 'p')).toContain('0:register 4:5');
  });

  it('belong to the inlined call', () => {
    const fn = build(
      'static __always_inline __u32 twice(__u32 x) {\n__u32 y = x * 2;\nreturn y + 1; }\nSEC("tc") int f(struct __sk_buff *skb) {\n__u32 a = skb->len;\nskb->mark = twice(a);\nskb->priority = twice(skb->hash);\nreturn a;\n}',
    );
    expect(fn.variables?.calls.map(({ name, line, parent }) => [name, line - 2, parent])).toEqual([
      ['twice', 6, -1],
      ['twice', 7, -1],
    ]);
    expect(atLine(fn, 3, 'y')).toEqual(['register']);
    expect(atLine(fn, 6, 'y')).toEqual([null]);
    // Inside the inlined call the caller's variables are there, too.
    expect(atLine(fn, 3, 'a')).toEqual(['register']);
  });

  it('count along in every copy of an unrolled loop', () => {
    const fn = build(
      '__u64 sums[4];\nSEC("tc") int f(struct __sk_buff *skb) {\nfor (int i = 0; i < 4; i++)\nsums[i] += skb->len;\nreturn 0;\n}',
    );
    expect(atLine(fn, 4, 'i')).toEqual(['0', '1', '2', '3']);
  });

  it('are nowhere after a loop that was deleted', () => {
    const fn = build(
      'SEC("tc") int f(struct __sk_buff *skb) {\nint n = 0;\nfor (int i = 0; i < (int)skb->len; i++) n += 2;\nskb->mark = 1;\nreturn 0;\n}',
    );
    expect(atLine(fn, 4, 'n')).toEqual(['away']);
  });

  it('are found in spill slots', () => {
    const names = Array.from({ length: 9 }, (_, i) => `v${i}`);
    const read = names.map((name, i) => `__u32 ${name} = sums[${i}];`).join(' ');
    const use = names.map((name, i) => `sums[${i}] = ${name} * ${i + 3};`).join(' ');
    const fn = build(
      `volatile __u32 sums[16];\nSEC("tc") int f(struct __sk_buff *skb) {\n${read}\nbpf_ktime_get_ns();\n${use}\nreturn 0;\n}`,
    );
    const slot = slotsOf(fn, 4)[0] ?? expect.fail('no call');
    const places = names.map((name) => said(fn, slot, name));
    expect(places).toContain('stack');
    expect(places).toContain('register');
    expect(places).not.toContain('away');
  });

  it('follow a parameter that is a structure by its address', () => {
    const fn = build(
      'struct big { __u64 x[4]; };\n__attribute__((noinline)) __u64 f(struct big b) {\nreturn b.x[0] +\nb.x[3]; }\nstruct big one;\nSEC("tc") int g(struct __sk_buff *skb) { return f(one); }',
    );
    expect(said(fn, 0, 'b')).toBe('pointed');
  });

  it('are absent when not asked for', () => {
    const options = { profile: null, optimise: 2, cpu: 'v3', requireProfile: false, variables: false } as const;
    const { object } = compile(
      { path: 'v.bpf.c', text: `${HEAD}SEC("tc") int f(struct __sk_buff *skb) { int a = skb->len; return a; }` },
      options,
    );
    expect(object?.functions[0]?.variables).toBeUndefined();
  });
});

describe('following variables', () => {
  it.each([0, 1, 2] as const)('changes no instruction and no line of the gallery at level %d', (optimise) => {
    for (const file of readdirSync('public/gallery').filter((name) => name.endsWith('.bpf.c'))) {
      const text = readFileSync(`public/gallery/${file}`, 'utf8');
      const [followed, plain] = [true, false].map((variables) =>
        compile({ path: file, text }, { profile: null, optimise, cpu: 'v3', variables }).object?.functions.map((fn) => {
          return {
            name: fn.name,
            code: encode(fn.code),
            lines: fn.lines,
            relocations: fn.relocations,
            stackBytes: fn.stackBytes,
          };
        }),
      );
      expect(followed).toEqual(plain);
      expect(followed?.length).toBeGreaterThan(0);
    }
  });
});
