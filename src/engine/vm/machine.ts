// Contracts of execution: what a helper implementation sees of the running program, and how a run ends. Both engines
// offer exactly this. Knows nothing of particular helpers.

import type { RunMemory } from './memory.ts';

/** Why a run was stopped. Only faults of verified code that the verifier cannot exclude, and of unverified code, occur. */
export interface MachineFault {
  readonly code: 'bad-address' | 'instruction-budget' | 'call-depth' | 'bad-instruction' | 'helper';
  /** Slot that faulted. */
  readonly slot: number;
  readonly message: string;
}

/** The running program as a helper implementation sees it: r0 to r10 in two 32-bit halves, and memory. */
export interface Machine {
  readonly lo: Int32Array;
  readonly hi: Int32Array;
  readonly memory: RunMemory;
  /** Slot of the call instruction being carried out. */
  readonly callSlot: number;
  /**
   * Runs the function at `slot` with up to five arguments (low halves, high halves zero) and returns the low half of its R0.
   * The caller's registers are preserved. Used for callbacks.
   */
  callFunction(slot: number, args: readonly number[]): number;
  /** Ends the run with a fault at the current call. */
  fault(message: string): never;
  /** Ends the run with what `next` ends with, as a tail call does; its instructions count as this run's. */
  endWith(next: () => RunOutcome): never;
  /** Calls around the current one: 0 in the entry function. */
  readonly depth: number;
  /** Does work in the middle of a call that may run other programs: what this one has in registers is there again afterwards. */
  nested<T>(work: () => T): T;
}

/** Carries out one call: reads r1 to r5, writes r0. */
export type CallHandler = (machine: Machine) => void;

/** How a run of a program ended. */
export interface RunOutcome {
  /** R0 in halves; meaningless when `fault` is set. */
  readonly low: number;
  readonly high: number;
  /** Instructions executed, callbacks included. */
  readonly executed: number;
  /** Slot of the exit instruction that ended the run; -1 after a fault. */
  readonly exitSlot: number;
  readonly fault: MachineFault | null;
}

/** A program that can be run again and again over one memory. */
export interface ProgramInstance {
  /** Called before every instruction while set; see the interpreter. */
  watch: ((machine: Machine, slot: number) => void) | null;
  /** Runs with r1 and r2 as given (addresses or small numbers, high halves zero). */
  run(r1: number, r2?: number): RunOutcome;
}

/** Instructions one call of a program may execute (experience 3.5). */
export const DEFAULT_INSTRUCTION_BUDGET = 1_000_000;
/** Bytes of stack each call frame has (RFC 9669 leaves it open; Linux MAX_BPF_STACK). */
export const FRAME_BYTES = 512;
/** Call frames one run may have, callbacks included. */
export const MAX_FRAMES = 64;

/** Internal: unwinds a run that {@link Machine.endWith} ended; caught where the run began, never seen outside. */
export class EndSignal {
  readonly outcome: RunOutcome;
  constructor(outcome: RunOutcome) {
    this.outcome = outcome;
  }
}

/** Sets R0 to a signed 32-bit number, sign-extended, as the kernel's helpers return errors. */
export function setResult(machine: Machine, value: number): void {
  machine.lo[0] = value;
  machine.hi[0] = value < 0 ? -1 : 0;
}
