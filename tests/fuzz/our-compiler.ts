// Values of C programs as the project computes them: compiled at every level, written to an object, read back, run on both
// engines. Knows nothing of where programs come from.

import type { SourceFile } from '../../src/engine/base/source.ts';
import { type CompileOptions, compile } from '../../src/engine/compiler/compile.ts';
import { readObject, writeObject } from '../../src/engine/object/elf.ts';
import { type EngineName, runFunction } from '../../src/engine/unverified.ts';

export interface Setting {
  readonly optimise: 0 | 1 | 2;
  readonly cpu: CompileOptions['cpu'];
  readonly engines: readonly EngineName[];
}

/** All ways a program is run; the last two are refused where signed division is needed. */
export const SETTINGS: readonly Setting[] = [
  { optimise: 0, cpu: 'v4', engines: ['interpreter', 'jit'] },
  { optimise: 1, cpu: 'v4', engines: ['interpreter'] },
  { optimise: 2, cpu: 'v4', engines: ['interpreter', 'jit'] },
  { optimise: 2, cpu: 'v3', engines: ['interpreter'] },
  { optimise: 1, cpu: 'v1', engines: ['jit'] },
];

/** The settings a program of a seed is run with when there are many: both ends of the optimiser, and one of the others. */
export const settingsFor = (seed: number): readonly Setting[] =>
  SETTINGS.filter((_, at) => (at % 2 === 0 ? at < 4 || seed % 3 === 0 : seed % 3 === (at + 1) / 2));

export const settingText = ({ optimise, cpu }: Setting, engine: string): string => `-O${optimise} ${cpu} ${engine}`;

export interface Answer {
  readonly setting: string;
  /** Decimal, unsigned; or what went wrong. */
  readonly value: string;
  /** True when the compiler refused the program. */
  readonly refused: boolean;
}

const INSTRUCTION_BUDGET = 30_000_000;

/** Codes of findings that say what BPF has not, rather than that something is wrong. */
const BEYOND: ReadonlySet<string> = new Set(['signed-division', 'stack-limit', 'atomic-cpu', 'indirect-call', 'jump-too-far']);

/** The program's value in each setting. */
export function ourAnswers(text: string, entry = 'test', settings = SETTINGS, headers: readonly SourceFile[] = []): Answer[] {
  return settings.flatMap((setting): Answer[] => {
    const { optimise, cpu } = setting;
    let made: ReturnType<typeof compile>;
    try {
      made = compile({ path: 'program.c', text }, { profile: null, requireProfile: false, optimise, cpu, headers });
    } catch (fault) {
      return [{ setting: settingText(setting, ''), value: `fault: ${String(fault)}`, refused: false }];
    }
    const error = made.diagnostics.find(({ severity }) => severity === 'error');
    if (made.object === null) {
      const value = `error: ${error?.message ?? 'no object'} [${error?.code ?? ''}]`;
      return [{ setting: settingText(setting, ''), value, refused: BEYOND.has(error?.code ?? '') }];
    }
    const { object } = readObject(writeObject(made.object), 'program.o');
    if (object === null) return [{ setting: settingText(setting, ''), value: 'error: cannot be read back', refused: false }];
    return setting.engines.map((engine): Answer => {
      const { r0, error: stopped } = runFunction(object, entry, INSTRUCTION_BUDGET, engine);
      return { setting: settingText(setting, engine), value: r0 === null ? `stopped: ${stopped}` : String(r0), refused: false };
    });
  });
}
