// The C lines that the program ran in the step of a record, in order: why it came to its answer. Asks the worker, which re-executes
// that step; shows nothing while there is no answer.

import { type ReactNode, useEffect, useState } from 'react';
import type { ExecutedRun } from '../../worker/api.ts';
import { executedAt } from '../store/engine-bridge.ts';
import { useStore } from '../store/store.ts';

/** Lines shown at most; a loop runs the same ones again. */
const MOST_LINES = 24;

export function ExecutedLines({ record, program }: { readonly record: number; readonly program: string }): ReactNode {
  const runId = useStore((state) => state.run?.runId ?? 0);
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
  if (first === undefined || first.lines.length === 0) return null;
  const toLine = (line: number): void => {
    const { reveal } = useStore.getState();
    useStore.setState({ program, reveal: { program, line, request: (reveal?.request ?? 0) + 1 }, narrowTab: 'code' });
  };
  return (
    <p className="chips" data-testid="executed-lines">
      <span className="muted">{first.program} ran lines</span>
      {first.lines.slice(0, MOST_LINES).map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a loop runs the same line again
        <button key={index} type="button" className="chip" onClick={() => toLine(line)}>
          {line}
        </button>
      ))}
      {first.lines.length > MOST_LINES ? <span className="muted">and {first.lines.length - MOST_LINES} more</span> : null}
    </p>
  );
}
