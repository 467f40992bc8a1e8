// The C lines that the program ran in the step of a record, in order: why it came to its answer. Asks the worker, which re-executes
// that step; shows nothing while there is no answer.

import { type ReactNode, useEffect, useState } from 'react';
import type { ExecutedRun } from '../../worker/api.ts';
import { executedAt } from '../store/engine-bridge.ts';
import { programOf, stepThrough } from '../store/stepping.ts';
import { useStore } from '../store/store.ts';

/** Lines shown at most; a loop runs the same ones again. */
const MOST_LINES = 24;

/** Lines in the order they were reached; one directly repeated stands once. */
function linesOf(run: ExecutedRun, lineOfSlot: ArrayLike<number>): number[] {
  const lines: number[] = [];
  for (const slot of run.slots) {
    const line = lineOfSlot[slot] ?? 0;
    if (line > 0 && lines[lines.length - 1] !== line) lines.push(line);
  }
  return lines;
}

export function ExecutedLines({ record, program }: { readonly record: number; readonly program: string }): ReactNode {
  const run = useStore((state) => state.run);
  const runId = run?.runId ?? 0;
  const [runs, setRuns] = useState<readonly ExecutedRun[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another run has other lines
  useEffect(() => {
    let wanted = true;
    void executedAt(record).then((found) => {
      if (wanted) setRuns(found);
    });
    return () => {
      wanted = false;
    };
  }, [record, runId]);
  const [first] = runs;
  if (first === undefined) return null;
  const lines = linesOf(first, programOf(run, first)?.lineOfSlot ?? []);
  if (lines.length === 0) return null;
  const toLine = (line: number): void => {
    const { reveal } = useStore.getState();
    useStore.setState({ program, reveal: { program, line, request: (reveal?.request ?? 0) + 1 }, narrowTab: 'code' });
  };
  return (
    <p className="chips" data-testid="executed-lines">
      <span className="muted">{first.program} ran lines</span>
      {lines.slice(0, MOST_LINES).map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a loop runs the same line again
        <button key={index} type="button" className="chip" onClick={() => toLine(line)}>
          {line}
        </button>
      ))}
      {lines.length > MOST_LINES ? <span className="muted">and {lines.length - MOST_LINES} more</span> : null}
      <button type="button" className="linklike" data-testid="step-through" onClick={() => void stepThrough(record)}>
        Step through
      </button>
    </p>
  );
}
