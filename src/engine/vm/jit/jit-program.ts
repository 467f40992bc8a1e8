// A program compiled to WebAssembly, with the same face as the interpreter: run, faults as values, calls to the same handlers. Watched runs are
// handed to an interpreter over the same memory, so stepping and running agree. Knows nothing of what helpers do.

import { present } from '../../base/assert.ts';
import { Interpreter, type InterpreterSetup, type Watch } from '../interpreter.ts';
import type { ArrayPlace } from '../load.ts';
import {
  EndSignal,
  FRAME_BYTES,
  MAX_FRAMES,
  type Machine,
  type MachineFault,
  type ProgramInstance,
  type RunOutcome,
} from '../machine.ts';
import type { RunMemory } from '../memory.ts';
import { functionStarts, SHARED, translate } from './translate.ts';
import { FAULT } from './translate-insn.ts';

class FaultSignal {
  readonly fault: MachineFault;
  constructor(fault: MachineFault) {
    this.fault = fault;
  }
}

export interface JitSetup extends InterpreterSetup {
  /** Registers a call hands over, by slot. */
  readonly argumentsOf: (slot: number) => number;
  /** Place of the array that the lookup called at a slot is about, where that is known: such a lookup takes no call. Absent: none. */
  readonly arrayLookupAt?: (slot: number) => ArrayPlace | null;
  /** Check every address (unverified code). */
  readonly checked: boolean;
}

/** Words that all programs over one memory share: registers handed to calls, counters, the frame. */
const SHARED_WORDS = [SHARED.lo / 4, SHARED.result / 4 + 2] as const;

/** Registers saved around a callback: R0 to R5. */
const KEPT = 6;

type Run = (r1: number, r2: number) => void;
type Callback = (a: number, b: number, c: number, d: number, e: number) => number;

export class JitProgram implements ProgramInstance, Machine {
  readonly lo: Int32Array;
  readonly hi: Int32Array;
  readonly memory: RunMemory;
  callSlot = 0;
  watch: Watch | null = null;
  /** Functions that needed a dispatcher; zero for structured C. */
  readonly dispatchers: number;

  private readonly setup: JitSetup;
  private readonly words: Int32Array;
  private readonly exports: Readonly<Record<string, unknown>>;
  private readonly entry: Run;
  private interpreter: Interpreter | null = null;
  private readonly saved: Int32Array[] = [];
  /** The program has functions beside its entry. */
  private readonly nests: boolean;

  constructor(setup: JitSetup) {
    this.setup = setup;
    this.memory = setup.memory;
    const { buffer } = setup.memory.wasm;
    this.lo = new Int32Array(buffer, SHARED.lo, 16);
    this.hi = new Int32Array(buffer, SHARED.hi, 16);
    this.words = setup.memory.i32;
    const handlers = Array.from({ length: setup.code.length }, (_, slot) => setup.handlerOf(slot));
    const distinct = [...new Set(handlers)].filter((handler) => handler !== undefined);
    const functions = functionStarts(setup.code);
    this.nests = functions.length > 1;
    const { bytes, dispatchers } = translate({
      code: setup.code,
      functions,
      memoryPages: buffer.byteLength / 65_536,
      stackBase: setup.stackBase,
      instructionBudget: setup.instructionBudget,
      argumentsOf: (slot) => (handlers[slot] === undefined ? undefined : setup.argumentsOf(slot)),
      handlerOf: (slot) => distinct.indexOf(present(handlers[slot], 'handler')),
      handlers: distinct.length,
      arrayLookupAt: setup.arrayLookupAt ?? (() => null),
      checked: setup.checked ? { low: setup.memory.programBase, high: setup.memory.programLimit } : null,
    });
    this.dispatchers = dispatchers;
    // A handler has an import of its own: the call goes straight there, which costs half of a look into a table.
    const calls = distinct.map((handler, number) => [
      `call${number}`,
      (slot: number): void => {
        this.callSlot = slot;
        handler(this);
      },
    ]);
    const fault = (code: number, slot: number): never => this.stop(code, slot);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory: setup.memory.wasm, fault, ...Object.fromEntries(calls) },
    });
    this.exports = instance.exports;
    this.entry = instance.exports.run as Run;
  }

  run(r1: number, r2 = 0): RunOutcome {
    if (this.watch !== null) return this.watched(r1, r2);
    try {
      this.entry(r1, r2);
    } catch (signal) {
      if (signal instanceof EndSignal) return signal.outcome;
      return { low: 0, high: 0, executed: this.word(SHARED.executed), exitSlot: -1, fault: faultOf(signal) };
    }
    const at = SHARED.result / 4;
    return {
      low: this.words[at] ?? 0,
      high: this.words[at + 1] ?? 0,
      executed: this.word(SHARED.executed),
      exitSlot: this.word(SHARED.exitSlot),
      fault: null,
    };
  }

  private watched(r1: number, r2: number): RunOutcome {
    this.interpreter ??= new Interpreter(this.setup);
    this.interpreter.watch = this.watch;
    return this.interpreter.run(r1, r2);
  }

  private word(address: number): number {
    return this.words[address / 4] ?? 0;
  }

  callFunction(slot: number, args: readonly number[]): number {
    const keepSlot = this.callSlot;
    const frame = this.word(SHARED.frame);
    const depth = (frame - this.setup.stackBase) / FRAME_BYTES;
    if (depth >= MAX_FRAMES - 1) this.stop(FAULT.DEPTH, keepSlot);
    const callback = this.exports[`callback${slot}`] as Callback;
    const kept = this.keepRegisters(depth);
    const result = callback(args[0] ?? 0, args[1] ?? 0, args[2] ?? 0, args[3] ?? 0, args[4] ?? 0);
    for (let r = 0; r < KEPT; r++) {
      this.lo[r] = kept[r] ?? 0;
      this.hi[r] = kept[KEPT + r] ?? 0;
    }
    this.words[SHARED.frame / 4] = frame;
    this.callSlot = keepSlot;
    return result;
  }

  nested<T>(work: () => T): T {
    const { callSlot } = this;
    const kept = this.words.slice(...SHARED_WORDS);
    const result = work();
    this.words.set(kept, SHARED_WORDS[0]);
    this.callSlot = callSlot;
    return result;
  }

  /** Copies R0 to R5, which the caller of a callback goes on with, to a place of its own for each depth of calls. */
  private keepRegisters(depth: number): Int32Array {
    const kept = this.saved[depth] ?? new Int32Array(2 * KEPT);
    this.saved[depth] = kept;
    for (let r = 0; r < KEPT; r++) {
      kept[r] = this.lo[r] ?? 0;
      kept[KEPT + r] = this.hi[r] ?? 0;
    }
    return kept;
  }

  fault(message: string): never {
    throw new FaultSignal({ code: 'helper', slot: this.callSlot, message });
  }

  endWith(next: () => RunOutcome): never {
    const executed = this.word(SHARED.executed);
    const outcome = next();
    throw new EndSignal({ ...outcome, executed: executed + outcome.executed });
  }

  get depth(): number {
    return this.nests ? (this.word(SHARED.frame) - this.setup.stackBase) / FRAME_BYTES - 1 : 0;
  }

  private stop(code: number, slot: number): never {
    switch (code) {
      case FAULT.BUDGET:
        throw new FaultSignal({
          code: 'instruction-budget',
          slot,
          message: `more than ${this.setup.instructionBudget} instructions in one call`,
        });
      case FAULT.DEPTH:
        throw new FaultSignal({ code: 'call-depth', slot, message: `more than ${MAX_FRAMES} call frames` });
      case FAULT.ADDRESS:
        throw new FaultSignal({ code: 'bad-address', slot, message: 'access outside program memory' });
      default:
        throw new FaultSignal({ code: 'bad-instruction', slot, message: 'an instruction that cannot be executed here' });
    }
  }
}

/** The fault that ended a run; anything else is ours and goes on. A trap of the engine (stack exhausted, memory left) has no slot. */
function faultOf(signal: unknown): MachineFault {
  if (signal instanceof FaultSignal) return signal.fault;
  if (signal instanceof WebAssembly.RuntimeError)
    return { code: 'bad-address', slot: -1, message: `the machine trapped: ${signal.message}` };
  if (signal instanceof RangeError) return { code: 'call-depth', slot: -1, message: 'the machine ran out of stack' };
  throw signal;
}
