// The gallery for tests: every scenario with its programs compiled and verified from source.

import { readFileSync } from 'node:fs';
import {
  type AttachableProgram,
  loadCompiler,
  parseScenario,
  prepareObject,
  renderDiagnostic,
  type Scenario,
} from '../src/engine/index.ts';

const FOLDER = 'public/gallery';

export interface GalleryScenario {
  readonly id: string;
  readonly program: string;
}

const index = JSON.parse(readFileSync(`${FOLDER}/index.json`, 'utf8')) as {
  programs: { id: string; file: string; title: string; profile: string }[];
  scenarios: { id: string; file: string; program: string; title: string; watch: string }[];
};

export const GALLERY_PROGRAMS = index.programs;
export const GALLERY_SCENARIOS = index.scenarios;

export const gallerySource = (id: string): string => readFileSync(`${FOLDER}/${id}.bpf.c`, 'utf8');

export function galleryScenario(id: string): Scenario {
  const result = parseScenario(readFileSync(`${FOLDER}/${id}.scenario.json`, 'utf8'));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.scenario;
}

/** Compiles and verifies the programs of a scenario; anything refused fails the test with its diagnostics. */
export async function galleryPrograms(scenario: Scenario): Promise<Map<string, AttachableProgram>> {
  const compile = await loadCompiler();
  const programs = new Map<string, AttachableProgram>();
  for (const [name, item] of Object.entries(scenario.programs)) {
    const path = `${item.gallery}.bpf.c`;
    const { object, diagnostics } = compile(
      { path, text: gallerySource(item.gallery ?? name) },
      { profile: null, optimise: 2, cpu: 'v3' },
    );
    if (object === null) throw new Error(diagnostics.map(renderDiagnostic).join('\n'));
    const prepared = prepareObject(object, { profile: null, quirks: item.quirks ?? [], set: item.set ?? {} });
    if (prepared.attachable === null) throw new Error(prepared.diagnostics.map(renderDiagnostic).join('\n'));
    programs.set(name, prepared.attachable);
  }
  return programs;
}
