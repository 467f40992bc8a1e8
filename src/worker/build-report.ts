// From source or object to what the page shows of a build. Holds the compiler once it has been fetched. Knows nothing of runs.

import {
  explainCompileMessage,
  hasErrors,
  lineOfSlot,
  listing,
  loadCompiler,
  mapTypeOf,
  type Prepared,
  type PreparedProgram,
  type ProfileId,
  type ProgramObject,
  prepareObject,
  readObject,
  writeObject,
} from '../engine/index.ts';
import type { BuildReport, BuildRequest, FlatDiagnostic, MapSummary, ProgramInput, ProgramSummary } from './api.ts';
import { flatten } from './flat-diagnostic.ts';

/** Result of turning a program's input into an object. */
export interface Compiled {
  readonly object: ProgramObject | null;
  readonly diagnostics: readonly FlatDiagnostic[];
}

const nameOf = (path: string): string => path.replace(/^.*\//, '').replace(/\.(bpf\.)?(c|o)$/, '');

/** `variables`: with the table of variables that the debugger reads; a build while typing does without. */
export async function compileInput(input: ProgramInput, variables: boolean): Promise<Compiled> {
  if (input.kind === 'object') {
    const { object, diagnostics } = readObject(input.bytes, nameOf(input.path));
    return { object, diagnostics: diagnostics.map((item) => flatten(item, 'compile', null)) };
  }
  const compile = await loadCompiler();
  const { object, diagnostics } = compile(
    { path: input.path, text: input.text },
    { profile: input.profile, optimise: 2, cpu: 'v3', variables },
  );
  const explained = diagnostics.map(async (item) => flatten(item, 'compile', await explainCompileMessage(item.code)));
  return { object, diagnostics: await Promise.all(explained) };
}

/** What the verifier and the disassembler say of one program. */
export function summarise({ linked, accepted, report }: PreparedProgram): ProgramSummary {
  const lineOf = new Int32Array(linked.code.length);
  for (let slot = 0; slot < lineOf.length; slot++) {
    const line = lineOfSlot(linked.lines, slot);
    lineOf[slot] = line !== null && line.file === 0 ? line.line : 0;
  }
  return {
    name: linked.name,
    section: linked.section,
    accepted,
    processed: report.processed,
    assembly: listing(linked),
    lineOfSlot: lineOf,
    verifierLog: report.log,
  };
}

const summariseMaps = (object: ProgramObject): MapSummary[] =>
  object.maps
    .filter((map) => map.data === null)
    .map((map) => ({
      name: map.name,
      type: mapTypeOf(map.type)?.name ?? String(map.type),
      maxEntries: map.maxEntries,
      keySize: map.keySize,
      valueSize: map.valueSize,
    }));

/** Findings of the verifier, each with its explanation. */
export function verifierFindings(prepared: Prepared): FlatDiagnostic[] {
  const explanations = new Map(
    prepared.programs.map(({ report }) => [report.rejection?.code ?? '', report.rejection?.explanation ?? null] as const),
  );
  return prepared.diagnostics.map((item) => flatten(item, 'verify', explanations.get(item.code) ?? null));
}

export async function buildReport(request: BuildRequest): Promise<BuildReport> {
  const { revision, path, source, profile } = request;
  const started = performance.now();
  const { object, diagnostics } = await compileInput({ kind: 'source', path, text: source, profile }, false);
  const compiled = performance.now();
  const base = { revision, compileMs: compiled - started, verifyMs: 0, badge: null, profile: null as ProfileId | null };
  if (object === null) return { ...base, ok: false, diagnostics, programs: [], maps: [], object: null };
  const prepared = prepareObject(object, { profile, quirks: [], set: {} });
  const found = [...diagnostics, ...verifierFindings(prepared)];
  return {
    ...base,
    ok: prepared.attachable !== null && !hasErrors(prepared.diagnostics),
    diagnostics: found,
    profile: prepared.profile?.id ?? null,
    badge: prepared.profile?.badge ?? null,
    programs: prepared.programs.map(summarise),
    maps: summariseMaps(object),
    object: writeObject(object),
    verifyMs: performance.now() - compiled,
  };
}
