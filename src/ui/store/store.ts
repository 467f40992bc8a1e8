// Assembles the slices into the one store. Only values live here: the clock, the worker and the drafts' storage are beside
// it and write their results in. No React but the hook.

import { create } from 'zustand';
import { type BuildSlice, initialBuild } from './build-slice.ts';
import { Clock } from './clock.ts';
import { type DraftSlice, initialDraft } from './draft-slice.ts';
import { initialRun, type RunSlice } from './run-slice.ts';
import { initialSteps, type StepSlice } from './step-slice.ts';
import { initialView, type ViewSlice } from './view-slice.ts';

export type State = BuildSlice & RunSlice & ViewSlice & DraftSlice & StepSlice;

export const useStore = create<State>(() => ({
  ...initialBuild(),
  ...initialRun(),
  ...initialView(),
  ...initialDraft(),
  ...initialSteps(),
}));

/** The page's one clock. */
export const clock = new Clock();

const READOUT_EVERY = 100;
let readoutAt = 0;
let readoutTimer: ReturnType<typeof setTimeout> | null = null;

function writeReadout(): void {
  readoutTimer = null;
  readoutAt = performance.now();
  const cursor = clock.cursor();
  const { playing, speed, skipping } = clock;
  const readout = {
    t: cursor.t,
    position: cursor.position,
    step: clock.step(),
    playing,
    speed,
    caption: clock.caption(),
    skipping,
  };
  const old = useStore.getState().readout;
  const same = (Object.keys(readout) as (keyof typeof readout)[]).every((key) => readout[key] === old[key]);
  if (!same) useStore.setState({ readout });
}

/** The store hears of the clock at most ten times a second, and always of the last word. */
clock.subscribe(() => {
  if (readoutTimer !== null) return;
  const wait = clock.playing === useStore.getState().readout.playing ? READOUT_EVERY - (performance.now() - readoutAt) : 0;
  if (wait <= 0) writeReadout();
  else readoutTimer = setTimeout(writeReadout, wait);
});

let toastTimer: ReturnType<typeof setTimeout> | null = null;

/** Says a sentence for a few seconds. */
export function say(text: string): void {
  if (toastTimer !== null) clearTimeout(toastTimer);
  useStore.setState({ toast: text });
  toastTimer = setTimeout(() => useStore.setState({ toast: null }), 4000);
}
