// Parsers of option values that several commands share; each refuses with one line that says what was expected.

import { parseTime } from '../src/engine/base/quantity.ts';
import { PROFILES, type ProfileId } from '../src/engine/index.ts';
import type { EngineName } from '../src/engine/unverified.ts';
import { UsageError } from './output.ts';

export function profileName(text: string): ProfileId {
  const found = PROFILES.find((profile) => profile.id === text);
  if (found === undefined)
    throw new UsageError(`--profile takes ${PROFILES.map((profile) => profile.id).join(', ')}, not "${text}"`);
  return found.id;
}

export function optimisation(text: string): 0 | 1 | 2 {
  if (text === '0') return 0;
  if (text === '1') return 1;
  if (text === '2') return 2;
  throw new UsageError(`-O takes 0, 1 or 2, not "${text}"`);
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new UsageError(`expected a whole number, not "${text}"`);
  return value;
}

/** A duration as a scenario has it. */
export function durationText(text: string): string {
  if (parseTime(text) === null) throw new UsageError(`expected a time such as 10s or 500ms, not "${text}"`);
  return text;
}

/** `interpreter`, `jit` or `both`. */
export function enginesOf(text: string): EngineName[] {
  if (text === 'both') return ['interpreter', 'jit'];
  if (text === 'interpreter' || text === 'jit') return [text];
  throw new UsageError(`--engine takes interpreter, jit or both, not "${text}"`);
}

/** One engine. */
export function engineName(text: string): EngineName {
  if (text === 'interpreter' || text === 'jit') return text;
  throw new UsageError(`--engine takes interpreter or jit, not "${text}"`);
}
