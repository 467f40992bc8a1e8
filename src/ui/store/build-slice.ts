// The program being edited and what the engine said of it. No React.

import type { BuildReport, FlatDiagnostic } from '../../worker/api.ts';

export interface BuildSlice {
  /** Name of the program (a key of the scenario's `programs`) in the editor. */
  readonly program: string;
  /** Texts by program name: what the editor shows. */
  readonly texts: Readonly<Record<string, string>>;
  /** Texts as the gallery or the scenario has them. */
  readonly originals: Readonly<Record<string, string>>;
  readonly revision: number;
  readonly state: 'idle' | 'building' | 'ok' | 'failed';
  /** Of the newest revision that was answered. */
  readonly report: BuildReport | null;
  readonly diagnostics: readonly FlatDiagnostic[];
  /** True when what runs is not what the editor shows. */
  readonly stale: boolean;
}

export const initialBuild = (): BuildSlice => ({
  program: '',
  texts: {},
  originals: {},
  revision: 0,
  state: 'idle',
  report: null,
  diagnostics: [],
  stale: false,
});

/** Texts that differ from their originals. */
export const changedTexts = (build: Pick<BuildSlice, 'texts' | 'originals'>): Record<string, string> =>
  Object.fromEntries(Object.entries(build.texts).filter(([name, text]) => build.originals[name] !== text));
