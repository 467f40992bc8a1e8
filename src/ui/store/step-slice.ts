// The debugger's part of the store: which run of a program is stepped through, where it stands, what is watched, where it
// stops. No React.

import type { ExecutedRun, MachineReport } from '../../worker/api.ts';

/** A run of a program being stepped through. */
export interface Stepping {
  /** Run of the scenario it belongs to. */
  readonly runId: number;
  /** Step of the simulation, 1 the first, and all program runs in it. */
  readonly step: number;
  readonly runs: readonly ExecutedRun[];
  /** Which of them, and before which of its instructions. */
  readonly run: number;
  readonly at: number;
  /** The machine there; null until the worker has answered. */
  readonly machine: MachineReport | null;
  /** The machine at the place shown before, to see what changed. */
  readonly before: MachineReport | null;
}

export interface StepSlice {
  readonly stepping: Stepping | null;
  /** Lines to stop at, by program name, ascending. */
  readonly breakpoints: Readonly<Record<string, readonly number[]>>;
  readonly watches: readonly string[];
  /** A search for a breakpoint is under way. */
  readonly searching: boolean;
}

export const initialSteps = (): StepSlice => ({ stepping: null, breakpoints: {}, watches: [], searching: false });
