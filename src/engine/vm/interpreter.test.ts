// The interpreter against the shared conformance cases (when they are there) and against BigInt arithmetic on random operands.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nextU32, type RandomStream, seedStream } from '../base/prng.ts';
import { assemble } from '../isa/assemble.ts';
import { decode } from '../isa/codec.ts';
import { runCode } from '../unverified.ts';

const CASES = '../shared/data/isa';

interface IsaCase {
  name: string;
  code: string;
  mem: string;
  r0: string | null;
  mem_out?: string;
  error?: string;
  status: string;
}

const unhex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

describe.each(['interpreter', 'jit'] as const)('conformance cases, %s', (engine) => {
  for (const file of ['bpf_conformance.json', 'generated.json']) {
    if (!existsSync(`${CASES}/${file}`)) {
      console.warn(`SKIPPED: ${CASES}/${file} is not there`);
      it.skip(file, () => {});
      continue;
    }
    it(file, () => {
      const cases = (JSON.parse(readFileSync(`${CASES}/${file}`, 'utf8')) as IsaCase[]).filter((item) => item.status === 'ok');
      expect(cases.length).toBeGreaterThan(50);
      const wrong: string[] = [];
      for (const item of cases) {
        const code = unhex(item.code);
        const outcome = runCode(decode(code), unhex(item.mem), undefined, engine);
        const loaded = outcome.error === null || !outcome.error.startsWith('load');
        if (item.error === 'load' ? loaded : outcome.r0?.toString() !== item.r0) {
          wrong.push(`${item.name}: wanted ${item.error ?? item.r0}, got ${outcome.error ?? outcome.r0}`);
        } else if (
          item.mem_out !== undefined &&
          item.mem_out !== null &&
          Buffer.from(outcome.memory).toString('hex') !== item.mem_out
        ) {
          wrong.push(`${item.name}: memory`);
        }
      }
      expect(wrong).toEqual([]);
    });
  }
});

const mask = (value: bigint): bigint => BigInt.asUintN(64, value);
const signed = (value: bigint): bigint => BigInt.asIntN(64, value);
const MODEL: Record<string, (a: bigint, b: bigint) => bigint> = {
  '+=': (a, b) => a + b,
  '-=': (a, b) => a - b,
  '*=': (a, b) => a * b,
  '/=': (a, b) => (b === 0n ? 0n : a / b),
  '%=': (a, b) => (b === 0n ? a : a % b),
  's/=': (a, b) => (b === 0n ? 0n : signed(a) / signed(b)),
  's%=': (a, b) => (b === 0n ? a : signed(a) % signed(b)),
  '<<=': (a, b) => a << (b & 63n),
  '>>=': (a, b) => a >> (b & 63n),
  's>>=': (a, b) => signed(a) >> (b & 63n),
  '|=': (a, b) => a | b,
  '&=': (a, b) => a & b,
  '^=': (a, b) => a ^ b,
};

describe.each(['interpreter', 'jit'] as const)('64-bit arithmetic, %s', (engine) => {
  const seed = 20261;
  const stream: RandomStream = { state: new Int32Array(4), at: 0 };
  seedStream(stream, seed, 'arithmetic');
  const operand = (): bigint => {
    const edges = [
      0n,
      1n,
      2n,
      0x7fffffffn,
      0x80000000n,
      0xffffffffn,
      0x100000000n,
      0x7fffffffffffffffn,
      0x8000000000000000n,
      mask(-1n),
    ];
    const pick = nextU32(stream) % 20;
    if (pick < edges.length) return edges[pick] ?? 0n;
    const value = (BigInt(nextU32(stream)) << 32n) | BigInt(nextU32(stream));
    return value >> BigInt(nextU32(stream) % 64);
  };
  const pairs = engine === 'jit' ? 60 : 400;
  it.each(Object.keys(MODEL))(`%s equals BigInt on ${pairs} pairs (seed ${seed})`, (operator) => {
    for (let i = 0; i < pairs; i++) {
      const a = operand();
      const b = operand();
      const { code } = assemble(`r0 = ${a} ll\nr2 = ${b} ll\nr0 ${operator} r2\nexit`);
      expect(runCode(code, new Uint8Array(), undefined, engine).r0, `${a} ${operator} ${b}`).toBe(
        mask(MODEL[operator]?.(a, b) ?? 0n),
      );
    }
  });
});

describe('faults', () => {
  const outcome = (text: string, budget?: number) => runCode(assemble(text).code, new Uint8Array(), budget);
  it('names the slot and the address of a NULL dereference', () => {
    expect(outcome('r1 = 0\nr0 = *(u64 *)(r1 + 8)\nexit').error).toBe(
      'fault at instruction 1: access of 8 bytes at 0x8, outside program memory (a NULL pointer was dereferenced)',
    );
  });
  it('stops an endless loop at the budget', () => {
    expect(outcome('again: r1 += 1\ngoto again\nexit', 1000).error).toBe(
      'fault at instruction 1: more than 1000 instructions in one call',
    );
  });
  it('stops endless recursion at the frame limit', () => {
    expect(outcome('f: call f\nexit').error).toBe('fault at instruction 0: more than 64 call frames');
  });
  it('refuses code that ends without exit', () => {
    expect(outcome('r0 = 1').error).toBe('load: last insn is not an exit or jmp');
  });
});
