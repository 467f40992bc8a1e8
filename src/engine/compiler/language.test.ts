// One small program a language feature, compiled at every level and run: the value must be C's. Sources define `test`.

import { describe, expect, it } from 'vitest';
import { renderDiagnostic } from '../base/diagnostic.ts';
import { runFunction } from '../unverified.ts';
import { type CompileOptions, compile } from './compile.ts';
import { LANGUAGE_PROGRAMS, T, u64 } from './language-programs.ts';
import { REQUIREMENT_PROGRAMS } from './requirement-programs.ts';

const settings: readonly Pick<CompileOptions, 'optimise' | 'cpu'>[] = [
  { optimise: 0, cpu: 'v4' },
  { optimise: 1, cpu: 'v4' },
  { optimise: 2, cpu: 'v4' },
  { optimise: 2, cpu: 'v3' },
  { optimise: 2, cpu: 'v1' },
];

function evaluate(source: string, setting: Pick<CompileOptions, 'optimise' | 'cpu'>): bigint | string {
  const { object, diagnostics } = compile({ path: 'test.c', text: source }, { ...setting, profile: null, requireProfile: false });
  if (object === null) return diagnostics.map(renderDiagnostic).join('\n');
  const { r0, error } = runFunction(object, 'test', 1_000_000);
  return r0 ?? error ?? 'nothing';
}

describe('language', () => {
  for (const [name, source, value] of [...LANGUAGE_PROGRAMS, ...REQUIREMENT_PROGRAMS.flatMap(({ programs }) => programs)]) {
    it(name, () => {
      for (const setting of settings) expect([setting, evaluate(source, setting)]).toEqual([setting, BigInt(value)]);
    });
  }

  it('compares, adds and swaps atomically', () => {
    const source = `static unsigned long long x = 100; static unsigned y = 7; ${T} {
      unsigned long long o = __sync_fetch_and_add(&x, 5), p = __sync_fetch_and_or(&x, 0x1000);
      unsigned c = __sync_val_compare_and_swap(&y, 7, 9), e = __sync_lock_test_and_set(&y, 1);
      return (o + p) * 100 + c * 10 + e + __atomic_add_fetch(&x, 1, __ATOMIC_SEQ_CST); }`;
    const expected = (100n + 105n) * 100n + 70n + 9n + (0x1000n | 105n) + 1n;
    for (const setting of settings.slice(0, 4)) expect(evaluate(source, setting)).toBe(expected);
  });

  it('takes the operands of atomic operations through pointers', () => {
    const source = `static long v = 5; ${T} { long e = 4, d = 9, o; int a = __atomic_compare_exchange(&v, &e, &d, 0, 5, 5),
      b = __atomic_compare_exchange(&v, &e, &d, 0, 5, 5); __atomic_load(&v, &o, 5); long x = 11, w; __atomic_exchange(&v, &x, &w, 5);
      __atomic_store(&v, &e, 5); __atomic_thread_fence(__ATOMIC_SEQ_CST); return a * 100000 + b * 10000 + o * 1000 + w * 100 + v * 10 + e; }`;
    for (const setting of settings.slice(0, 4)) expect(evaluate(source, setting)).toBe(19_955n);
  });

  it('divides signed numbers from v4 on, and by constants before', () => {
    const source = `${T} { volatile int a = -7; volatile long long b = -100; return (a / 2 + 10) * 10000 + (a % 3 + 5) * 100 + b / -7 + b % 9; }`;
    const expected = u64((-3 + 10) * 10000 + (-1 + 5) * 100 + 14 - 1);
    for (const setting of settings.slice(2)) expect(evaluate(source, setting)).toBe(expected);
    const variable = `${T} { volatile int a = -7, b = 2; return a / b; }`;
    expect(evaluate(variable, { optimise: 2, cpu: 'v4' })).toBe(u64(-3));
    expect(evaluate(variable, { optimise: 2, cpu: 'v3' })).toContain('--cpu v4');
  });
});
