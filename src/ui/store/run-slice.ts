// The run that is shown, the one that is being computed to replace it, and the one that was kept to compare. No React.

import type { FlatDiagnostic } from '../../worker/api.ts';
import type { RunResults } from './results.ts';
import type { RunData } from './run-data.ts';

/** A run kept beside the next one. */
export interface KeptRun {
  readonly title: string;
  readonly results: RunResults;
  readonly backlogTimes: Float64Array;
  readonly backlog: Float64Array;
  readonly durationNs: number;
}

export interface RunSlice {
  readonly run: RunData | null;
  /** Grows as the run's log grows (at most ten a second): derivations depend on it. */
  readonly runVersion: number;
  readonly runState: 'none' | 'starting' | 'running' | 'done' | 'stopped' | 'failed';
  /** Why the scenario could not be run. */
  readonly runProblems: readonly FlatDiagnostic[];
  readonly runMessage: string | null;
  readonly kept: KeptRun | null;
}

export const initialRun = (): RunSlice => ({
  run: null,
  runVersion: 0,
  runState: 'none',
  runProblems: [],
  runMessage: null,
  kept: null,
});
