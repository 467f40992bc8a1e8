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
  /** Runs of the step by their number: one goes on where it was when another has run inside it (a child called by its parent). */
  private readonly runs = new Map<number, RunPlace>();
  private current: RunPlace = { run: -1, at: -1, entryFrame: 0, lastSlot: 0, callers: [] };

  /** Run and instruction, in the step, of the instruction about to run. */
  next(runNumber: number, machine: Machine, slot = 0): { readonly run: number; readonly at: number } {
    let place = this.runs.get(runNumber);
    if (place === undefined) {
      place = { run: this.runs.size, at: -1, entryFrame: machine.lo[10] ?? 0, lastSlot: 0, callers: [] };
      this.runs.set(runNumber, place);
    }
    this.current = place;
    const depth = this.depth(machine);
    if (depth > place.callers.length)
      place.callers.push({ slot: place.lastSlot, low: machine.lo.slice(0, 10), high: machine.hi.slice(0, 10) });
    else if (depth < place.callers.length) place.callers.length = depth;
    place.lastSlot = slot;
    place.at++;
    return { run: place.run, at: place.at };
  }

  /** The same where steps follow each other. */
  placeIn(step: number, runNumber: number, machine: Machine): ExecutionPlace {
    if (step !== this.step) {
      this.step = step;
      this.runs.clear();
    }
    const { run, at } = this.next(runNumber, machine);
    return { step, run, at };
  }

  /** Calls around the instruction about to run. */
  depth(machine: Machine): number {
    return ((machine.lo[10] ?? 0) - this.current.entryFrame) / FRAME_BYTES;
  }

  moment(machine: Machine, slot: number): MachineMoment {
    const { entryFrame, callers } = this.current;
    const depth = this.depth(machine);
    const frames = Array.from({ length: depth + 1 }, (_, frame) => {
      const framePointer = entryFrame + frame * FRAME_BYTES;
      return { framePointer, bytes: machine.memory.u8.slice(framePointer - FRAME_BYTES, framePointer) };
    });
    const [low, high] = [machine.lo.slice(0, 11), machine.hi.slice(0, 11)];
    return { slot, depth, low, high, frames, callers: [...callers] };
  }
}

/** Where a run of the step stands. */
interface RunPlace {
  readonly run: number;
  at: number;
  readonly entryFrame: number;
  lastSlot: number;
  readonly callers: CallerFrame[];
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
