// Programs as they ran, instruction by instruction: what a debugger shows of a step. Made by following a re-executed step.
// Knows nothing of checkpoints.

import type { QdiscProgram } from '../tc/bpf-qdisc.ts';
import { FRAME_BYTES, type Machine } from '../vm/machine.ts';

/** Instructions of one step that are listed; a program may run a million. */
const LISTED = 200_000;

/** One run of a program. */
export interface ProgramExecution {
  readonly qdisc: number;
  readonly program: QdiscProgram;
  /** Slot of each instruction, in the order they ran. */
  readonly slots: Int32Array;
  /** Calls around each instruction: 0 in the entry function. */
  readonly depths: Uint8Array;
  /** Instructions that ran, more than are listed where it was too many. */
  readonly executed: number;
}

/** An instruction of a run of a step: step from 1, run and instruction from 0. */
export interface ExecutionPlace {
  readonly step: number;
  readonly run: number;
  readonly at: number;
}

/** Negative, zero or positive as `a` comes before, is, or comes after `b`. */
export const comparePlaces = (a: ExecutionPlace, b: ExecutionPlace): number => a.step - b.step || a.run - b.run || a.at - b.at;

export type ExecutionFilter = (qdisc: number, program: QdiscProgram, slot: number) => boolean;

export type ExecutionSearch =
  | { readonly kind: 'found'; readonly place: ExecutionPlace }
  /** Nothing yet: go on from step `to`. */
  | { readonly kind: 'searched'; readonly to: number }
  /** There is none. */
  | { readonly kind: 'end' };

/** Registers and stack before an instruction; copies. */
export interface MachineMoment {
  readonly slot: number;
  readonly depth: number;
  /** R0 to R10 in halves. */
  readonly low: Int32Array;
  readonly high: Int32Array;
  /** Stack of each frame, the entry function's first: 512 bytes that end at its r10. */
  readonly frames: readonly { readonly framePointer: number; readonly bytes: Uint8Array }[];
  /** By depth: the call that each outer frame is in, and its registers then, R0 to R9 (R6 to R9 are as it will find them). */
  readonly callers: readonly CallerFrame[];
}

export interface CallerFrame {
  readonly slot: number;
  readonly low: Int32Array;
  readonly high: Int32Array;
}

/** Counts runs and instructions of a followed step. */
export class PlaceCounter {
  private step = -1;
  private runNumber = -1;
  private run = -1;
  private at = -1;
  private entryFrame = 0;
  private lastSlot = 0;
  private readonly callers: CallerFrame[] = [];

  /** Run and instruction, in the step, of the instruction about to run. */
  next(runNumber: number, machine: Machine, slot = 0): { readonly run: number; readonly at: number } {
    if (runNumber !== this.runNumber) {
      this.runNumber = runNumber;
      this.run++;
      this.at = -1;
      this.entryFrame = machine.lo[10] ?? 0;
      this.callers.length = 0;
    }
    const depth = this.depth(machine);
    if (depth > this.callers.length)
      this.callers.push({ slot: this.lastSlot, low: machine.lo.slice(0, 10), high: machine.hi.slice(0, 10) });
    else if (depth < this.callers.length) this.callers.length = depth;
    this.lastSlot = slot;
    this.at++;
    return { run: this.run, at: this.at };
  }

  /** The same where steps follow each other. */
  placeIn(step: number, runNumber: number, machine: Machine): ExecutionPlace {
    if (step !== this.step) {
      this.step = step;
      this.run = -1;
      this.runNumber = -1;
    }
    const { run, at } = this.next(runNumber, machine);
    return { step, run, at };
  }

  /** Calls around the instruction about to run. */
  depth(machine: Machine): number {
    return ((machine.lo[10] ?? 0) - this.entryFrame) / FRAME_BYTES;
  }

  moment(machine: Machine, slot: number): MachineMoment {
    const depth = this.depth(machine);
    const frames = Array.from({ length: depth + 1 }, (_, frame) => {
      const framePointer = this.entryFrame + frame * FRAME_BYTES;
      return { framePointer, bytes: machine.memory.u8.slice(framePointer - FRAME_BYTES, framePointer) };
    });
    const [low, high] = [machine.lo.slice(0, 11), machine.hi.slice(0, 11)];
    return { slot, depth, low, high, frames, callers: [...this.callers] };
  }
}

interface Collected {
  readonly qdisc: number;
  readonly program: QdiscProgram;
  readonly slots: number[];
  readonly depths: number[];
  executed: number;
}

/** Gathers the runs of one followed step. */
export class ExecutionCollector {
  private readonly counter = new PlaceCounter();
  private readonly collected: Collected[] = [];
  private listed = 0;

  see(qdisc: number, program: QdiscProgram, runNumber: number, machine: Machine, slot: number): void {
    const { run } = this.counter.next(runNumber, machine);
    let current = this.collected[run];
    if (current === undefined) {
      current = { qdisc, program, slots: [], depths: [], executed: 0 };
      this.collected.push(current);
    }
    current.executed++;
    if (this.listed >= LISTED) return;
    this.listed++;
    current.slots.push(slot);
    current.depths.push(this.counter.depth(machine));
  }

  executions(): ProgramExecution[] {
    return this.collected.map(({ qdisc, program, slots, depths, executed }) => ({
      qdisc,
      program,
      slots: Int32Array.from(slots),
      depths: Uint8Array.from(depths),
      executed,
    }));
  }
}
