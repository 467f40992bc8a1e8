// The only door of the engine: what worker, page and command line may use. The compiler is behind a dynamic import, so that
// a scene whose programs are already built needs no compiler.

import type { LanguageServices } from './language/services.ts';

export { mapTypeOf } from './abi/map-types.ts';
export type { ApiProfile, ProfileId, QuirkId } from './abi/profile.ts';
export { PROFILES } from './abi/profiles.ts';
export type { Diagnostic } from './base/diagnostic.ts';
export { hasErrors, renderDiagnostic } from './base/diagnostic.ts';
export type { SourceFile } from './base/source.ts';
export { lineColumn } from './base/source.ts';
export { type Prepared, type PreparedProgram, type PrepareOptions, prepareObject } from './build.ts';
export type { CompileOptions, CompileResult } from './compiler/compile.ts';
export { disassemble } from './isa/disassemble.ts';
export type * from './language/answers.ts';
export type { LanguageAnswer, LanguageDocument, LanguageQuestion, LanguageServices } from './language/services.ts';
export { readObject, writeObject } from './object/elf.ts';
export { lineOfSlot } from './object/link.ts';
export { listing } from './object/listing.ts';
export type { ProgramObject } from './object/program-object.ts';
export type { MachineMoment } from './sim/execution.ts';
export { createExperiment, type Experiment } from './sim/experiment.ts';
export { type LocalFrame, type LocalScene, localFrames } from './sim/locals.ts';
export { viewMap } from './sim/map-view.ts';
export { parseScenario, type Scenario, type ScenarioProblem, scenarioSchema } from './sim/scenario.ts';
export { Simulation } from './sim/simulation.ts';
export { showClasses, showQdiscs } from './sim/tc-show.ts';
export { watchValue } from './sim/watch.ts';
export { judgeStructOps, type ObjectVerdict } from './struct-ops-object.ts';
export type { AttachableProgram } from './tc/attachable-program.ts';
export { type KernelTrace, type ReplayOutcome, replayTrace } from './tc/kernel-replay.ts';
export { type RunFigures, runFigures } from './trace/metrics.ts';
export { PacketTable } from './trace/packet-table.ts';
export { TraceLog } from './trace/reader.ts';
export { Recorder } from './trace/recorder.ts';
export { type BytecodeCase, judgeCase } from './verifier/bytecode-case.ts';
export { isQdiscCaseFile, type QdiscCaseFile, sourceOfQdiscCase } from './verifier/qdisc-cases.ts';
export type { KernelVersion } from './verifier/verify.ts';

/** Loads the compiler; a chunk of its own in the page. */
export const loadCompiler = async () => (await import('./compiler/compile.ts')).compile;

/** Loads the language services, which share the compiler's front end. */
export const loadLanguageServices = async (): Promise<LanguageServices> =>
  new (await import('./language/services.ts')).LanguageServices();

/** The compiler with its intermediate form printed beside the object. */
export const loadCompilerWithIr = async () => (await import('./compiler/compile.ts')).compileWithIr;

/** Long explanation of a compile message, by its code; null when the message says it all. */
export async function explainCompileMessage(code: string): Promise<string | null> {
  const { MESSAGES } = await import('./compiler/messages.ts');
  const found = Object.entries(MESSAGES).find(([name]) => name === code);
  return found === undefined ? null : found[1].explanation;
}
