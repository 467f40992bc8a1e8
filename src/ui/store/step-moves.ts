// Where a step of the debugger leads in a run that is known instruction by instruction: pure, both ways alike. Knows no
// worker and no store.

/** One run: slots and call depths in the order they ran, and the line of a slot (0 unknown). */
export interface TracedRun {
  readonly slots: Int32Array;
  readonly depths: Uint8Array;
  readonly lineOfSlot: ArrayLike<number>;
}

/** `insn` one instruction, `line` one C line, into calls; `over` one C line, calls included; `out` to the end of the function. */
export type StepMove = 'insn' | 'line' | 'over' | 'out';

const lineAt = ({ slots, lineOfSlot }: TracedRun, at: number): number => lineOfSlot[slots[at] ?? 0] ?? 0;
const depthAt = ({ depths }: TracedRun, at: number): number => depths[at] ?? 0;

/** First instruction of the stretch in one line and one function that `at` is in, and that `inner` calls may interrupt. */
function startOfVisit(run: TracedRun, at: number, inner: boolean): number {
  const depth = depthAt(run, at);
  const line = lineAt(run, at);
  let start = at;
  for (let i = at - 1; i >= 0; i--) {
    const d = depthAt(run, i);
    if (d > depth && inner) continue;
    if (d !== depth || (lineAt(run, i) !== line && lineAt(run, i) !== 0)) break;
    if (lineAt(run, i) === line) start = i;
  }
  return start;
}

/** Next place in this run; null when the move leaves it. */
export function stepForward(run: TracedRun, at: number, move: StepMove): number | null {
  const depth = depthAt(run, at);
  const line = lineAt(run, at);
  for (let i = at + 1; i < run.slots.length; i++) {
    const d = depthAt(run, i);
    const l = lineAt(run, i);
    if (move === 'insn') return i;
    if (move === 'out') {
      if (d < depth) return i;
    } else if (d < depth) return i;
    else if (l !== 0 && (d === depth ? l !== line : move === 'line')) return i;
  }
  return null;
}

/** The place before, by the same measure: the start of the line that was left to come here. Null when it is not in this run. */
export function stepBack(run: TracedRun, at: number, move: StepMove): number | null {
  if (move === 'insn') return at > 0 ? at - 1 : null;
  const depth = depthAt(run, at);
  if (move === 'out') {
    for (let i = at - 1; i >= 0; i--) if (depthAt(run, i) < depth) return i;
    return null;
  }
  const start = startOfVisit(run, at, move === 'over');
  if (start < at) return start;
  for (let i = start - 1; i >= 0; i--) {
    const d = depthAt(run, i);
    if ((move === 'over' && d > depth) || lineAt(run, i) === 0) continue;
    return startOfVisit(run, i, move === 'over');
  }
  return null;
}
