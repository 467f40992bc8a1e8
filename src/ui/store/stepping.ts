// The debugger's actions: opens a run of a program, moves in it and on to the next, looks for breakpoints. What a move means is
// in step-moves.ts; values are in the store. No React.

import { EVENT } from '../../engine/trace/event.ts';
import type { BreakpointSlots, ExecutedRun, ExecutionPlace, ProgramSummary } from '../../worker/api.ts';
import { engine } from './engine-bridge.ts';
import type { RunData } from './run-data.ts';
import { type StepMove, stepBack, stepForward, type TracedRun } from './step-moves.ts';
import type { Stepping } from './step-slice.ts';
import { clock, say, useStore } from './store.ts';

const RUN_ENDS = [EVENT.ENQUEUE_RUN, EVENT.DEQUEUE_RUN];
/** Larger than any run or instruction number: the end of a step. */
const END = Number.MAX_SAFE_INTEGER;

const { getState: get, setState: set } = useStore;
/** Grows with each request; late answers are dropped. */
let asked = 0;
let searches = 0;

/** The program that a run executed, or null when the run is not of the shown simulation. */
export function programOf(run: RunData | null, executed: ExecutedRun | undefined): ProgramSummary | null {
  if (run === null || executed === undefined) return null;
  return run.qdisc(executed.qdisc)?.[executed.program] ?? null;
}

/** The stepped run with its lines, or null. */
function tracedRun(stepping: Stepping | null, run: RunData | null): TracedRun | null {
  const executed = stepping?.runs[stepping.run];
  if (executed === undefined || stepping?.runId !== run?.runId) return null;
  return { ...executed, lineOfSlot: programOf(run, executed)?.lineOfSlot ?? [] };
}

/** C line and program name where the debugger stands; null when it stands nowhere. */
export function stepLine(
  state: Pick<ReturnType<typeof get>, 'stepping' | 'run'>,
): { readonly program: string; readonly line: number } | null {
  const { stepping, run } = state;
  const traced = tracedRun(stepping, run);
  const executed = stepping?.runs[stepping.run];
  if (traced === null || stepping === null || executed === undefined) return null;
  // Instructions without a line of their own belong to the line before.
  for (let at = stepping.at; at >= 0; at--) {
    const line = traced.lineOfSlot[traced.slots[at] ?? 0] ?? 0;
    if (line > 0) return { program: run?.qdisc(executed.qdisc)?.program ?? '', line };
  }
  return null;
}

async function look(): Promise<void> {
  const number = ++asked;
  const { stepping, watches } = get();
  if (stepping === null) return;
  const { step, run, at } = stepping;
  const machine = await engine()
    .machineAt(stepping.runId, { step, run, at }, watches)
    .catch(() => null);
  if (number !== asked) return;
  const now = get().stepping;
  if (now !== null) set({ stepping: { ...now, machine } });
}

/** Whether the clock stands at the moment before a step, which is what the scene shows while that step is gone through. */
const clockIsBefore = (step: number): boolean => !clock.playing && clock.step() === step - 2;

/** Shows a place: the scene goes to the moment before its step, the editor to its line. */
function stand(next: Omit<Stepping, 'machine' | 'before'>): void {
  const old = get().stepping;
  const before = old !== null && old.runId === next.runId && old.step === next.step && old.run === next.run ? old.machine : null;
  if (!clockIsBefore(next.step)) {
    clock.pause();
    clock.seekStep(next.step - 2);
  }
  set({ stepping: { ...next, machine: null, before }, sideTab: 'step' });
  const place = stepLine(get());
  if (place !== null) {
    const { reveal } = get();
    set({ program: place.program, reveal: { ...place, request: (reveal?.request ?? 0) + 1 } });
  }
  void look();
}

/** The runs of a step; null when the worker no longer has them, or there are none. */
async function runsOf(step: number): Promise<readonly ExecutedRun[] | null> {
  const { run } = get();
  if (run === null || run.detached) return null;
  const runs = await engine()
    .executed(run.runId, step)
    .catch(() => null);
  return runs === null || runs.length === 0 || get().run !== run ? null : runs;
}

/** Opens the run of a program in step `step` (1 the first): the one asked for, at its first or last instruction. */
async function open(step: number, choose: 'first' | 'last' | ExecutionPlace): Promise<boolean> {
  const runs = await runsOf(step);
  const { run } = get();
  if (runs === null || run === null) return false;
  const number = choose === 'first' ? 0 : choose === 'last' ? runs.length - 1 : choose.run;
  const at = choose === 'first' ? 0 : choose === 'last' ? (runs[number]?.slots.length ?? 1) - 1 : choose.at;
  stand({ runId: run.runId, step, runs, run: number, at });
  return true;
}

/** Opens the first run of the step that a record belongs to. */
export async function stepThrough(record: number): Promise<void> {
  const { run } = get();
  if (run === null) return;
  if (!(await open(run.log.stepOf(record) + 1, 'first'))) say('No program ran there.');
}

/** Opens the next (or previous) step in which a program ran, from where the clock or the debugger stands. */
export async function stepToRun(direction: 1 | -1): Promise<void> {
  const { run, stepping } = get();
  if (run === null) return;
  // Steps count from 1 here and from 0 in the log; the clock stands before the step it would do next.
  const within = stepping?.runId === run.runId ? stepping.step : null;
  const next = within ?? clock.step() + 1;
  const from = direction === 1 ? run.log.stepStart(next) - 1 : run.log.stepStart(within === null ? next : next - 1);
  const record = run.log.find(from, direction, RUN_ENDS);
  const opened = record >= 0 && (await open(run.log.stepOf(record) + 1, direction === 1 ? 'first' : 'last'));
  if (!opened) say(direction === 1 ? 'No program runs after this.' : 'No program ran before this.');
}

/** Chooses another run of the same step. */
export function chooseRun(number: number): void {
  const { stepping } = get();
  if (stepping !== null && stepping.runs[number] !== undefined) stand({ ...stepping, run: number, at: 0 });
}

/** Goes to an instruction of the run. */
export function stepTo(at: number): void {
  const { stepping } = get();
  const length = stepping?.runs[stepping.run]?.slots.length ?? 0;
  if (stepping !== null && length > 0) stand({ ...stepping, at: Math.max(0, Math.min(at, length - 1)) });
}

/** Moves; past the ends of a run it goes on to the next or previous one. */
export async function stepMove(move: StepMove, direction: 1 | -1): Promise<void> {
  const { stepping, run } = get();
  const traced = tracedRun(stepping, run);
  if (stepping === null || traced === null) return stepToRun(direction);
  const at = direction === 1 ? stepForward(traced, stepping.at, move) : stepBack(traced, stepping.at, move);
  if (at !== null) return stand({ ...stepping, at });
  const other = stepping.runs[stepping.run + direction];
  if (other === undefined) return stepToRun(direction);
  stand({ ...stepping, run: stepping.run + direction, at: direction === 1 ? 0 : Math.max(0, other.slots.length - 1) });
}

/** Closes the debugger. */
export function endStepping(): void {
  asked++;
  searches++;
  set({ stepping: null, searching: false });
}

/** Slots at which a run enters one of a program's lines: the first of each stretch of slots with that line. */
function slotsOfLines(program: ProgramSummary | null, lines: readonly number[]): number[] {
  if (program === null) return [];
  const slots: number[] = [];
  program.lineOfSlot.forEach((line, slot) => {
    if (lines.includes(line) && program.lineOfSlot[slot - 1] !== line && program.assembly[slot] !== '') slots.push(slot);
  });
  return slots;
}

function breakpointSlots(run: RunData): BreakpointSlots[] {
  const { breakpoints } = get();
  return (run.info?.qdiscs ?? []).flatMap((qdisc) =>
    (['enqueue', 'dequeue', 'change', 'peek'] as const).flatMap((program) => {
      const slots = slotsOfLines(qdisc[program], breakpoints[qdisc.program] ?? []);
      return slots.length === 0 ? [] : [{ qdisc: qdisc.index, program, slots }];
    }),
  );
}

/** Goes to the next (or previous) place where a program comes to a line with a breakpoint; Stop or a second call ends the search. */
export async function stepToBreakpoint(direction: 1 | -1): Promise<void> {
  const { run, stepping, searching } = get();
  const number = ++searches;
  if (searching) return set({ searching: false });
  if (run === null || run.detached) return;
  const stops = breakpointSlots(run);
  if (stops.length === 0) return say('Set a breakpoint first: click left of a line number, or press F9 in the editor.');
  let from: ExecutionPlace =
    stepping?.runId === run.runId
      ? { step: stepping.step, run: stepping.run, at: stepping.at }
      : { step: clock.step() + 2, run: direction === 1 ? -1 : 0, at: direction === 1 ? 0 : -1 };
  set({ searching: true });
  for (;;) {
    const answer = await engine()
      .findBreakpoint(run.runId, from, direction, stops)
      .catch(() => null);
    if (number !== searches) return;
    if (answer?.kind === 'searched') {
      from = { step: answer.to, run: direction === 1 ? -1 : END, at: 0 };
      continue;
    }
    set({ searching: false });
    if (answer?.kind === 'found') await open(answer.place.step, answer.place);
    else say(direction === 1 ? 'No breakpoint is reached after this.' : 'No breakpoint is reached before this.');
    return;
  }
}

/** Sets or takes away the breakpoint of a line. */
export function toggleBreakpoint(program: string, line: number): void {
  const { breakpoints } = get();
  const lines = breakpoints[program] ?? [];
  const next = lines.includes(line) ? lines.filter((item) => item !== line) : [...lines, line].sort((a, b) => a - b);
  set({ breakpoints: { ...breakpoints, [program]: next } });
}

/** Adds a watch expression, or takes one away. */
export function watch(text: string, wanted: boolean): void {
  const { watches } = get();
  const rest = watches.filter((item) => item !== text);
  set({ watches: wanted ? [...rest, text] : rest });
  void look();
}
