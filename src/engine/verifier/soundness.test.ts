// Random programs that the verifier accepts are run on a small concrete machine of this test's own: no run may touch a byte
// outside the stack, or one that was never written. What this catches is a wrong range, a wrong pruning, a lost copy.
// FUZZ_PROGRAMS sets how many (default 600).

import { describe, expect, it } from 'vitest';
import { PROFILE_V4 } from '../abi/profile-v4.ts';
import { present } from '../base/assert.ts';
import type { Code } from '../isa/codec.ts';
import { JMP } from '../isa/opcodes.ts';
import { rulesOfProfile } from './program-rules.ts';
import { testProgram } from './test-programs.ts';
import { verifyUnderRules } from './verify.ts';

const SEED = 77_001;
const PROGRAMS = Number(process.env.FUZZ_PROGRAMS ?? 600);
const RUNS = 24;
const RULES = present(rulesOfProfile(PROFILE_V4, 'qdisc/enqueue', false), 'rules of enqueue');

function generator(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) % bound;
  };
}

const NUMBERS = [0, 1, 2, 3, 7, 8, 15, 16, 31, 63, 64, 255, -1, -8, 2147483647, -2147483648];
const ALU_SIGNS = ['+=', '-=', '*=', '|=', '&=', '^=', '<<=', '>>=', 's>>=', '/=', '%='];
const CONDITIONS = ['==', '!=', '>', '>=', '<', '<=', 's>', 's>=', 's<', 's<=', '&'];

/** A program over numbers in R6 to R9 and slots at -8 to -40, ending in accesses at a computed offset from -104 to -41. */
function randomProgram(next: (bound: number) => number): string {
  const pick = <T>(list: readonly T[], otherwise: T): T => list[next(list.length)] ?? otherwise;
  const reg = (): string => `${next(4) === 0 ? 'w' : 'r'}${6 + next(4)}`;
  const wide = (): string => `r${6 + next(4)}`;
  const lines = ['r0 = 0', ...[8, 16, 24, 32, 40].map((at) => `*(u64 *)(r10 - ${at}) = ${pick(NUMBERS, 0)}`)];
  for (let at = 48; at <= 104; at += 8) lines.push(`*(u64 *)(r10 - ${at}) = 0`);
  for (let r = 6; r <= 9; r++) {
    lines.push('call 7', `r${r} = r0`);
    if (next(2) === 0) lines.push(`r${r} &= ${pick([1, 3, 7, 63, 255], 63)}`);
  }
  const body = 6 + next(14);
  let labels = 0;
  const open: { label: string; at: number }[] = [];
  for (let i = 0; i < body; i++) {
    for (const { label, at } of open) if (at === i) lines.push(`${label}:`);
    switch (next(9)) {
      case 0:
        lines.push(`${wide()} = ${wide()}`);
        break;
      case 1:
        lines.push(`*(u${pick([8, 16, 32, 64], 64)} *)(r10 - ${pick([8, 16, 24, 32, 40], 8)}) = ${wide()}`);
        break;
      case 2:
        lines.push(`${wide()} = *(u${pick([8, 16, 32, 64], 64)} *)(r10 - ${pick([8, 16, 24, 32, 40], 8)})`);
        break;
      case 3:
      case 4:
      case 5: {
        const label = `l${labels++}`;
        const a = reg();
        const right = next(2) === 0 ? `${a[0]}${6 + next(4)}` : `${pick(NUMBERS, 0)}`;
        lines.push(`if ${a} ${pick(CONDITIONS, '==')} ${right} goto ${label}`);
        open.push({ label, at: i + 1 + next(5) });
        break;
      }
      default: {
        const a = reg();
        const sign = pick(ALU_SIGNS, '+=');
        const shift = sign.includes('<<') || sign.includes('>>');
        const divide = sign === '/=' || sign === '%=';
        const amount = shift ? next(a.startsWith('w') ? 32 : 64) : divide ? 1 + next(9) : pick(NUMBERS, 1);
        lines.push(next(2) === 0 && !shift && !divide ? `${a} ${sign} ${a[0]}${6 + next(4)}` : `${a} ${sign} ${amount}`);
      }
    }
  }
  for (const { label, at } of open) if (at >= body) lines.push(`${label}:`);
  for (let k = 0; k < 2; k++) {
    const index = wide();
    const guard = next(4);
    if (guard === 0) lines.push(`${index} &= ${pick([7, 15, 31, 63], 63)}`);
    else if (guard === 1) lines.push(`if ${index} > ${next(70)} goto out`);
    else if (guard === 2) lines.push(`if ${index} s> ${next(70)} goto out`, `if ${index} s< ${pick([0, -1, 1], 0)} goto out`);
    lines.push('r2 = r10', 'r2 += -104', `r2 += ${index}`, next(2) === 0 ? 'r3 = *(u8 *)(r2 + 0)' : '*(u8 *)(r2 + 0) = 1');
  }
  return [...lines, 'out:', 'r0 = 2', 'exit'].join('\n');
}

const BASE = 1n << 40n;
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

function calculate(operation: number, width: number, a: bigint, b: bigint): bigint {
  const cut = (value: bigint): bigint => BigInt.asUintN(width, value);
  const [x, y] = [cut(a), cut(b)];
  const shift = y & BigInt(width - 1);
  switch (operation) {
    case 0x00:
      return cut(x + y);
    case 0x10:
      return cut(x - y);
    case 0x20:
      return cut(x * y);
    case 0x30:
      return y === 0n ? 0n : x / y;
    case 0x40:
      return x | y;
    case 0x50:
      return x & y;
    case 0x60:
      return cut(x << shift);
    case 0x70:
      return x >> shift;
    case 0x90:
      return y === 0n ? x : x % y;
    case 0xa0:
      return x ^ y;
    case 0xb0:
      return y;
    default:
      return cut(BigInt.asIntN(width, x) >> shift);
  }
}

function jumps(operation: number, width: number, a: bigint, b: bigint): boolean {
  const [x, y] = [BigInt.asUintN(width, a), BigInt.asUintN(width, b)];
  const [p, q] = [BigInt.asIntN(width, a), BigInt.asIntN(width, b)];
  const table: Readonly<Record<number, boolean>> = {
    [JMP.JEQ]: x === y,
    [JMP.JNE]: x !== y,
    [JMP.JGT]: x > y,
    [JMP.JGE]: x >= y,
    [JMP.JLT]: x < y,
    [JMP.JLE]: x <= y,
    [JMP.JSET]: (x & y) !== 0n,
    [JMP.JSGT]: p > q,
    [JMP.JSGE]: p >= q,
    [JMP.JSLT]: p < q,
    [JMP.JSLE]: p <= q,
  };
  return table[operation] ?? true;
}

/** Runs to exit; a sentence when an access leaves the stack or reads what was never written. */
function run(code: Code, random: () => bigint): string | null {
  const regs = new Array<bigint>(11).fill(0n);
  regs[10] = BASE + 512n;
  const bytes = new Uint8Array(512);
  const written = new Uint8Array(512);
  for (let pc = 0; pc < code.length; pc++) {
    const opcode = code.opcode[pc] ?? 0;
    const [dst, src, off, imm] = [code.dst[pc] ?? 0, code.src[pc] ?? 0, code.off[pc] ?? 0, BigInt(code.imm[pc] ?? 0)];
    const kind = opcode & 7;
    const operand = (opcode & 8) !== 0 ? (regs[src] ?? 0n) : u64(imm);
    if (kind === 4 || kind === 7) regs[dst] = calculate(opcode & 0xf0, kind === 7 ? 64 : 32, regs[dst] ?? 0n, operand);
    else if (kind === 5 || kind === 6) {
      if (opcode === 0x95) return null;
      if (opcode === 0x85) regs[0] = random();
      else if (jumps(opcode & 0xf0, kind === 5 ? 64 : 32, regs[dst] ?? 0n, operand)) pc += off;
    } else {
      const size = [4, 2, 1, 8][(opcode >> 3) & 3] ?? 1;
      const place = u64((regs[kind === 1 ? src : dst] ?? 0n) + BigInt(off)) - BASE;
      if (place < 0n || place + BigInt(size) > 512n) return `instruction ${pc} touches byte ${place - 512n}`;
      const at = Number(place);
      if (kind === 1) {
        let value = 0n;
        for (let i = size - 1; i >= 0; i--) {
          if (written[at + i] === 0) return `instruction ${pc} reads byte ${at + i - 512}, never written`;
          value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
        }
        regs[dst] = value;
      } else {
        const value = kind === 3 ? (regs[src] ?? 0n) : u64(imm);
        for (let i = 0; i < size; i++) {
          bytes[at + i] = Number((value >> BigInt(8 * i)) & 255n);
          written[at + i] = 1;
        }
      }
    }
  }
  return 'ran off the end';
}

describe('accepted programs', () => {
  it(`stay inside their stack (${PROGRAMS} random programs)`, () => {
    const next = generator(SEED);
    let accepted = 0;
    for (let i = 0; i < PROGRAMS; i++) {
      const text = randomProgram(next);
      const program = testProgram(text, 'qdisc/enqueue');
      // Every second program with states saved and compared wherever they can be.
      const flags = { strictAlignment: false, saveOften: i % 2 === 1 };
      const { ok } = verifyUnderRules(program, RULES, { profile: 'v4', instructionLimit: 20_000 }, flags);
      if (!ok) continue;
      accepted++;
      for (let k = 0; k < RUNS; k++) {
        const random = (): bigint => {
          const special = NUMBERS[next(NUMBERS.length)] ?? 0;
          return next(2) === 0 ? u64(BigInt(special)) : (BigInt(next(0xffff_ffff)) << 32n) | BigInt(next(0xffff_ffff));
        };
        const fault = run(program.code, random);
        if (fault !== null) expect.fail(`seed ${SEED}, program ${i}: ${fault}\n${text}`);
      }
    }
    // A net that accepts nothing catches nothing.
    expect(accepted).toBeGreaterThan(PROGRAMS / 5);
  });
});
