// Steps of the debugger, written as a picture: each instruction is its C line, calls are deeper.

import { describe, expect, it } from 'vitest';
import { type StepMove, stepBack, stepForward, type TracedRun } from './step-moves.ts';

/** `1 1 2 (7 8 8) 2 3`: lines in order; parentheses are calls. */
function traced(picture: string): TracedRun {
  const lines: number[] = [];
  const depths: number[] = [];
  let depth = 0;
  for (const token of picture.match(/\d+|[()]/g) ?? []) {
    if (token === '(') depth++;
    else if (token === ')') depth--;
    else {
      lines.push(Number(token));
      depths.push(depth);
    }
  }
  return { slots: Int32Array.from(lines, (_, i) => i), depths: Uint8Array.from(depths), lineOfSlot: lines };
}

/** All places a move visits from one end to the other. */
function walk(run: TracedRun, from: number, move: StepMove, step: typeof stepForward): number[] {
  const places: number[] = [];
  for (let at: number | null = from; at !== null; at = step(run, at, move)) places.push(at);
  return places;
}

const RUN = traced('1 1 2 (7 8 8) 2 3 3 1 4');

describe('steps of the debugger', () => {
  it('go an instruction at a time', () => {
    expect(walk(RUN, 0, 'insn', stepForward)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(walk(RUN, 10, 'insn', stepBack)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  });

  it('go a line at a time, into calls and back out of them', () => {
    expect(walk(RUN, 0, 'line', stepForward)).toEqual([0, 2, 3, 4, 6, 7, 9, 10]);
    expect(walk(RUN, 10, 'line', stepBack)).toEqual([10, 9, 7, 6, 4, 3, 2, 0]);
  });

  it('go over calls', () => {
    expect(walk(RUN, 0, 'over', stepForward)).toEqual([0, 2, 7, 9, 10]);
    expect(walk(RUN, 10, 'over', stepBack)).toEqual([10, 9, 7, 2, 0]);
    expect(stepForward(RUN, 4, 'over')).toBe(6);
  });

  it('go out of a function, and back to its call', () => {
    expect(stepForward(RUN, 3, 'out')).toBe(6);
    expect(stepBack(RUN, 5, 'out')).toBe(2);
    expect(stepForward(RUN, 0, 'out')).toBeNull();
    expect(stepBack(RUN, 7, 'out')).toBeNull();
  });

  it('do not stop where no line is known', () => {
    const run = traced('1 0 0 2 0 3');
    expect(walk(run, 0, 'line', stepForward)).toEqual([0, 3, 5]);
    expect(walk(run, 5, 'line', stepBack)).toEqual([5, 3, 0]);
  });

  it('go to the start of the line first when they begin in its middle', () => {
    expect(stepBack(RUN, 8, 'line')).toBe(7);
    expect(stepBack(RUN, 6, 'over')).toBe(2);
    expect(stepBack(RUN, 6, 'line')).toBe(4);
  });
});
