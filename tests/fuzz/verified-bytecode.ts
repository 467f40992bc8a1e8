// Random programs that the verifier accepts, run by both engines over memory of their own: result, memory, instructions and the calls
// they make must be equal. For `npm run fuzz -- engines` and its slice in `npm test`.

import { nextBelow, nextU32, type RandomStream, seedStream } from '../../src/engine/base/prng.ts';
import { assemble } from '../../src/engine/isa/assemble.ts';
import { type LinkedProgram, NO_LINKED_PARTS } from '../../src/engine/object/link.ts';
import { findSubprograms } from '../../src/engine/verifier/control-flow.ts';
import { rulesOfKernelType } from '../../src/engine/verifier/kernel-rules.ts';
import { type VerifiedProgram, verifyUnderRules } from '../../src/engine/verifier/verify.ts';
import { type EngineChoice, instantiate } from '../../src/engine/vm/instantiate.ts';
import { type CallHandler, FRAME_BYTES, MAX_FRAMES } from '../../src/engine/vm/machine.ts';
import { RunMemory } from '../../src/engine/vm/memory.ts';

/** Bytes of the one array value that programs work on. */
const VALUE_BYTES = 256;
const MAP_HANDLE = 0x1000;
const SIGNS = ['+=', '-=', '*=', '|=', '&=', '^=', '/=', '%=', 's/=', 's%='];
const CONDITIONS = ['==', '!=', '>', '>=', '<', '<=', 's>', 's>=', 's<', 's<=', '&'];

class Writer {
  readonly lines: string[] = [];
  private readonly stream: RandomStream = { state: new Int32Array(4), at: 0 };
  private labels = 0;

  constructor(seed: number) {
    seedStream(this.stream, seed, 'verified bytecode');
  }

  below(bound: number): number {
    return nextBelow(this.stream, bound);
  }
  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
  constant(): number {
    return this.below(3) === 0 ? nextU32(this.stream) | 0 : this.below(200) - 100;
  }
  wide(): string {
    return `${(BigInt(nextU32(this.stream)) << BigInt(this.below(33))) & 0xffffffffffffffffn} ll`;
  }
  /** R9 is the value's address; numbers live in R0 to R8. */
  number(): string {
    return `r${this.below(9)}`;
  }

  /** One random instruction or call. */
  step(): void {
    const wide = this.below(3) !== 0;
    const target = `${wide ? 'r' : 'w'}${this.below(9)}`;
    const other = this.below(2) === 0 ? `${target[0]}${this.below(9)}` : `${this.constant()}`;
    const slot = 8 * (1 + this.below(8));
    switch (this.below(10)) {
      case 0:
      case 1:
      case 2: {
        const sign = this.pick(SIGNS);
        const divides = /[/%]/.test(sign);
        this.lines.push(`${target} ${sign} ${divides && !/^[rw]/.test(other) ? 1 + this.below(99) : other}`);
        break;
      }
      case 3:
        this.lines.push(`${target} ${this.pick(['<<=', '>>=', 's>>='])} ${this.below(wide ? 64 : 32)}`);
        break;
      case 4:
        this.lines.push(
          this.pick([
            `${target} = ${other}`,
            `${this.number()} = ${this.wide()}`,
            `${target} = (s16)${target[0]}${this.below(9)}`,
          ]),
        );
        break;
      case 5:
        this.lines.push(`*(${this.pick(['u8', 'u16', 'u32', 'u64'])} *)(r9 + ${8 * this.below(30)}) = ${this.number()}`);
        break;
      case 6:
        this.lines.push(
          `${this.number()} = *(${this.pick(['u8', 'u16', 'u32', 'u64', 's8', 's16', 's32'])} *)(r9 + ${8 * this.below(30)})`,
        );
        break;
      case 7:
        this.lines.push(
          this.below(2) === 0
            ? `*(u64 *)(r10 - ${slot + 8}) = ${this.number()}`
            : `${this.number()} = *(u64 *)(r10 - ${slot + 8})`,
        );
        break;
      case 8:
        this.lines.push(
          this.pick([
            `lock *(u64 *)(r9 + 8) += ${this.number()}`,
            'w3 = atomic_fetch_add((u32 *)(r9 + 16), w3)',
            'r4 = xchg_64(r9 + 24, r4)',
          ]),
        );
        break;
      default:
        this.call();
    }
  }

  /** A helper: the clock, the random numbers, the array again. R1 to R5 are nobody's afterwards. */
  private call(): void {
    if (this.below(3) === 0) this.lookup();
    else this.lines.push(`call ${this.pick([5, 7, 8])}`);
    for (let r = 1; r <= 5; r++) this.lines.push(`r${r} = ${this.constant()}`);
  }

  private lookup(): void {
    const label = `found${this.labels++}`;
    this.lines.push(`*(u32 *)(r10 - 4) = ${this.below(3)}`, 'r2 = r10', 'r2 += -4', 'r1 = map 0 ll', 'call 1');
    this.lines.push(
      `if r0 == 0 goto ${label}`,
      `*(u32 *)(r0 + ${4 * this.below(60)}) = ${this.constant()}`,
      'r0 = 1',
      `${label}:`,
    );
  }

  /** Steps with jumps forward over some of them. */
  body(count: number): void {
    const open: string[] = [];
    for (let i = 0; i < count; i++) {
      this.step();
      if (this.below(4) === 0) {
        const label = `skip${this.labels++}`;
        const narrow = this.below(2) === 0;
        const left = `${narrow ? 'w' : 'r'}${this.below(9)}`;
        const right = this.below(2) === 0 ? `${left[0]}${this.below(9)}` : `${this.constant()}`;
        this.lines.push(`if ${left} ${this.pick(CONDITIONS)} ${right} goto ${label}`);
        open.push(label);
      }
      if (open.length > 0 && this.below(3) === 0) this.lines.push(`${open.splice(this.below(open.length), 1)[0]}:`);
    }
    for (const label of open) this.lines.push(`${label}:`);
  }
}

/** Text of the program of a seed: a prologue that finds the array's value, numbers everywhere, random code with a loop, an exit. */
export function bytecodeText(seed: number): string {
  const writer = new Writer(seed);
  const { lines } = writer;
  lines.push(
    '*(u32 *)(r10 - 4) = 0',
    'r2 = r10',
    'r2 += -4',
    'r1 = map 0 ll',
    'call 1',
    'if r0 != 0 goto start',
    'r0 = 0',
    'exit',
  );
  lines.push('start:', 'r9 = r0');
  for (let r = 0; r <= 8; r++) lines.push(`r${r} = ${writer.wide()}`);
  for (let at = 16; at <= 72; at += 8) lines.push(`*(u64 *)(r10 - ${at}) = ${writer.constant()}`);
  writer.body(4 + writer.below(14));
  // A loop the verifier can count: its counter is on the stack, where nothing else writes.
  lines.push(`*(u64 *)(r10 - 88) = ${1 + writer.below(5)}`, 'again:');
  writer.body(2 + writer.below(6));
  lines.push('r8 = *(u64 *)(r10 - 88)', 'r8 += -1', '*(u64 *)(r10 - 88) = r8', 'if r8 != 0 goto again');
  writer.body(2 + writer.below(6));
  lines.push('r0 ^= r6', 'exit');
  return lines.join('\n');
}

/** The program after verification, or the reason it was refused. */
function verified(text: string): VerifiedProgram | string {
  const { code, problems } = assemble(text);
  if (problems.length > 0) return `does not assemble: ${problems[0]?.message}`;
  const found = findSubprograms(code);
  const array = {
    type: 2,
    keySize: 4,
    valueSize: VALUE_BYTES,
    maxEntries: 2,
    flags: 0,
    pinning: 0,
    keyType: null,
    valueType: null,
  };
  const linked: LinkedProgram = {
    ...NO_LINKED_PARTS,
    name: 'random',
    section: 'socket',
    kind: 'other',
    license: 'GPL',
    code,
    subprograms: Array.isArray(found) ? found.map((part) => ({ ...part, name: '' })) : [],
    maps: [{ ...array, name: 'array', data: null, inner: null, line: null }],
    lines: [],
    files: [],
    kfuncs: [],
  };
  const rules = rulesOfKernelType('socket_filter', 0);
  const result = verifyUnderRules(linked, rules, { profile: null }, { strictAlignment: false, saveOften: false });
  return result.ok ? result.program : (result.report.rejection?.kernelMessage ?? 'refused');
}

/** Everything a run can be told apart by. */
function runWith(program: VerifiedProgram, engine: EngineChoice, seed: number): string {
  const memory = new RunMemory({ hostBytes: 0, programBytes: FRAME_BYTES * MAX_FRAMES + 4096 });
  const stackBase = memory.allocateProgram(FRAME_BYTES * MAX_FRAMES);
  const values = memory.allocateProgram(2 * VALUE_BYTES, 8);
  for (let at = 0; at < 2 * VALUE_BYTES; at++) memory.u8[values + at] = Math.imul(at + seed, 0x9e3779b1) >>> 24;
  const calls: number[] = [];
  let random = seed | 1;
  const answer =
    (id: number): CallHandler =>
    (machine) => {
      calls.push(id, machine.callSlot);
      random = Math.imul(random, 1664525) + 1013904223;
      machine.lo[0] = id === 8 ? 0 : random;
      machine.hi[0] = id === 5 ? random >>> 28 : 0;
    };
  const lookup: CallHandler = (machine) => {
    const key = memory.view.getUint32(machine.lo[2] ?? 0, true);
    machine.lo[0] = key < 2 ? values + key * VALUE_BYTES : 0;
    machine.hi[0] = 0;
  };
  const handlers = new Map([[1, lookup], ...[5, 7, 8].map((id): [number, CallHandler] => [id, answer(id)])]);
  const bindings = {
    mapHandle: () => MAP_HANDLE,
    mapValueAddress: () => values,
    arrayPlace: () => ({ values, stride: VALUE_BYTES, maxEntries: 2 }),
    helper: (id: number) => handlers.get(id),
    kfunc: () => undefined,
  };
  const outcome = instantiate(program, { memory, stackBase, bindings }, engine).run(0);
  const { low, high, executed, exitSlot, fault } = outcome;
  return JSON.stringify({
    low,
    high,
    executed,
    exitSlot,
    fault,
    calls,
    memory: memory.u8.slice(values, values + 2 * VALUE_BYTES).join(),
  });
}

export type EngineComparison =
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'equal' }
  | { readonly kind: 'different'; readonly text: string };

/** Verifies the program of a seed and compares both engines on it. */
export function compareEngines(seed: number): EngineComparison {
  const text = bytecodeText(seed);
  const program = verified(text);
  if (typeof program === 'string') return { kind: 'refused', why: program };
  const interpreter = runWith(program, 'interpreter', seed);
  const jit = runWith(program, 'jit', seed);
  return interpreter === jit
    ? { kind: 'equal' }
    : { kind: 'different', text: `${text}\n\ninterpreter ${interpreter}\njit         ${jit}` };
}
