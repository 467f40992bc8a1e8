// The machine on unverified code: a test bench for the command line's `exec` and `eval`, and for tests. The memory holds
// nothing but the program's own data. Importable from bin and tests only (architecture invariant 6).

import type { Code } from './isa/codec.ts';
import { validateCode } from './isa/validate.ts';
import { linkProgram } from './object/link.ts';
import type { ProgramObject } from './object/program-object.ts';
import { Interpreter, type InterpreterSetup } from './vm/interpreter.ts';
import { JitProgram } from './vm/jit/jit-program.ts';
import { type ArrayPlace, handlerOf, resolveCode } from './vm/load.ts';
import { type CallHandler, FRAME_BYTES, MAX_FRAMES, type ProgramInstance, type RunOutcome } from './vm/machine.ts';
import { RunMemory } from './vm/memory.ts';

/** Result of a run; `error` starts with `load` when the code was refused, else it says how the run was stopped. */
export interface UnverifiedOutcome {
  /** R0, unsigned 64 bits; null when there was an error. */
  readonly r0: bigint | null;
  readonly memory: Uint8Array;
  readonly executed: number;
  readonly error: string | null;
}

const KIB = 1024;

const XORSHIFT_SEED = 2463534242 | 0;

interface XorShift {
  state: number;
}

/** Helpers the bench offers: 5 is a "unwind"-free constant of the conformance suite, 7 a fixed xorshift generator. */
function benchHelper(id: number, random: XorShift = { state: XORSHIFT_SEED }): CallHandler | undefined {
  if (id !== 5 && id !== 7) return undefined;
  return (machine) => {
    let { state } = random;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    random.state = state;
    machine.lo[0] = id === 5 ? 0 : state;
    machine.hi[0] = 0;
  };
}

/** Which engine runs the code. The JIT checks every address here, because nothing has been verified. */
export type EngineName = 'interpreter' | 'jit';

function engineOf(setup: InterpreterSetup, engine: EngineName, checked = true): ProgramInstance {
  return engine === 'jit' ? new JitProgram({ ...setup, argumentsOf: () => 5, checked }) : new Interpreter(setup);
}

/**
 * Runs bare code on `input`: r1 is its address (0 when empty), r2 its length. `checked` false: the JIT
 * trusts every address, as it does with verified code.
 */
export function runCode(
  code: Code,
  input: Uint8Array,
  budget = 50_000_000,
  engineName: EngineName = 'interpreter',
  checked = true,
): UnverifiedOutcome {
  const problem = validateCode(code)[0];
  if (problem !== undefined) return { r0: null, memory: input, executed: 0, error: `load: ${problem.message}` };
  const memory = new RunMemory({ hostBytes: 0, programBytes: 128 * KIB + input.length });
  const stackBase = memory.allocateProgram(FRAME_BYTES * MAX_FRAMES);
  const at = memory.allocateProgram(Math.max(8, input.length));
  memory.u8.set(input, at);
  const helpers = new Map<number, CallHandler | undefined>();
  const handler = (slot: number): CallHandler | undefined => {
    if (code.opcode[slot] !== 0x85 || code.src[slot] !== 0) return undefined;
    const id = code.imm[slot] ?? 0;
    if (!helpers.has(id)) helpers.set(id, benchHelper(id));
    return helpers.get(id);
  };
  const engine = engineOf({ code, memory, stackBase, handlerOf: handler, instructionBudget: budget }, engineName, checked);
  const outcome = engine.run(input.length === 0 ? 0 : at, input.length);
  const error = outcome.fault === null ? null : `fault at instruction ${outcome.fault.slot}: ${outcome.fault.message}`;
  return {
    r0: error === null ? (BigInt(outcome.high >>> 0) << 32n) | BigInt(outcome.low >>> 0) : null,
    memory: memory.u8.slice(at, at + input.length),
    executed: outcome.executed,
    error,
  };
}

/** Runs a function without arguments of an object, with its data sections in place (`qdisc eval`). */
export function runFunction(
  object: ProgramObject,
  name: string,
  budget = 200_000_000,
  engineName: EngineName = 'interpreter',
): UnverifiedOutcome {
  const nothing = new Uint8Array();
  const entry = object.functions.findIndex((candidate) => candidate.name === name);
  if (entry < 0) return { r0: null, memory: nothing, executed: 0, error: `load: there is no function ${name}` };
  const program = linkProgram(object, entry, 'other');
  const problem = validateCode(program.code)[0];
  if (problem !== undefined) return { r0: null, memory: nothing, executed: 0, error: `load: ${problem.message}` };
  const bytes = object.maps.reduce((sum, map) => sum + map.valueSize + 64, 0);
  const memory = new RunMemory({ hostBytes: 0, programBytes: 128 * KIB + bytes });
  const stackBase = memory.allocateProgram(FRAME_BYTES * MAX_FRAMES);
  const places = object.maps.map((map) => memory.allocateProgram(map.valueSize, 64));
  object.maps.forEach((map, index) => {
    if (map.data === null) return;
    const at = places[index] ?? 0;
    memory.u8.set(map.data.bytes, at);
    for (const { offset, target, addend } of map.data.relocations) {
      memory.view.setInt32(at + offset, (places[target] ?? 0) + addend, true);
      memory.view.setInt32(at + offset + 4, 0, true);
    }
  });
  const bindings = {
    mapHandle: (index: number) => places[index] ?? 0,
    mapValueAddress: (index: number) => places[index] ?? 0,
    helper: benchHelper,
    kfunc: () => undefined,
  };
  const code = resolveCode(program, bindings);
  const engine = engineOf(
    { code, memory, stackBase, handlerOf: handlerOf(program, bindings), instructionBudget: budget },
    engineName,
  );
  const outcome = engine.run(0, 0);
  const error = outcome.fault === null ? null : `fault at instruction ${outcome.fault.slot}: ${outcome.fault.message}`;
  return {
    r0: error === null ? (BigInt(outcome.high >>> 0) << 32n) | BigInt(outcome.low >>> 0) : null,
    memory: nothing,
    executed: outcome.executed,
    error,
  };
}

/** A benchmark program in place, with the way back to its first state; or why it cannot be. */
export type BenchProgram =
  | { readonly error: string }
  | { readonly error: null; readonly call: () => RunOutcome; readonly reset: () => void };

const BENCH_MAP_BYTES = 65_536;
/** ld_imm64 of this number stands for the benchmark's map. */
const BENCH_MAP = 0x4d415031;

/** Bytecode that works on one 64 KiB array value: helper 1 looks it up, helper 7 is the xorshift generator. */
export function benchCode(code: Code, engineName: EngineName): BenchProgram {
  const [problem] = validateCode(code);
  if (problem !== undefined) return { error: `load: ${problem.message}` };
  const memory = new RunMemory({ hostBytes: 0, programBytes: 65_536 + FRAME_BYTES * MAX_FRAMES + BENCH_MAP_BYTES });
  const stackBase = memory.allocateProgram(FRAME_BYTES * MAX_FRAMES);
  const value = memory.allocateProgram(BENCH_MAP_BYTES, 4096);
  const imm = code.imm.slice();
  for (let slot = 0; slot + 1 < code.length; slot++) {
    if (code.opcode[slot] === 0x18 && imm[slot] === 0 && imm[slot + 1] === BENCH_MAP) imm[slot] = value;
  }
  const generator: XorShift = { state: XORSHIFT_SEED };
  const random = benchHelper(7, generator);
  const lookup: CallHandler = (machine) => {
    machine.lo[0] = value;
    machine.hi[0] = 0;
  };
  const handlerAt = (slot: number): CallHandler | undefined => {
    if (code.opcode[slot] !== 0x85 || code.src[slot] !== 0) return undefined;
    return code.imm[slot] === 1 ? lookup : code.imm[slot] === 7 ? random : undefined;
  };
  const place = { values: value, stride: BENCH_MAP_BYTES, maxEntries: 1 };
  const arrayLookupAt = (slot: number): ArrayPlace | null => (code.imm[slot] === 1 ? place : null);
  const setup = { code: { ...code, imm }, memory, stackBase, handlerOf: handlerAt, instructionBudget: 2_000_000_000 };
  const jit = (): JitProgram =>
    new JitProgram({ ...setup, argumentsOf: (slot) => (code.imm[slot] === 7 ? 0 : 2), arrayLookupAt, checked: false });
  const engine: ProgramInstance = engineName === 'jit' ? jit() : new Interpreter(setup);
  const reset = (): void => {
    memory.u8.fill(0, value, value + BENCH_MAP_BYTES);
    generator.state = XORSHIFT_SEED;
  };
  return { error: null, call: () => engine.run(0, 0), reset };
}
