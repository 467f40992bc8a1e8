// The one place that calls the worker client and writes its results into the store: builds, runs, questions about a
// moment. Late answers of older revisions and older runs are dropped here. No React.

import type { LanguageAnswer, LanguageDocument, LanguageQuestion } from '../../engine/index.ts';
import type { Scenario } from '../../engine/sim/scenario.ts';
import type { BuildReport, EngineMessage, ExecutedRun, FlatDiagnostic, MomentReport, ProgramInput } from '../../worker/api.ts';
import { EngineClient, EngineLost } from '../../worker/client.ts';
import { programObject, programText } from './gallery.ts';
import { RunData } from './run-data.ts';
import { clock, say, useStore } from './store.ts';

const BUILD_DELAY = 150;
const VERSION_EVERY = 100;

let client: EngineClient | null = null;
/** Run that is computed and will replace the shown one when it has got to the moment that is looked at. */
let incoming: RunData | null = null;
let wantedT = 0;
let wantedPlay = false;
let wantedPosition: number | null = null;
let versionPending = false;
let buildTimer: ReturnType<typeof setTimeout> | null = null;
let startNumber = 0;
/** Runs up to this id are of the past. */
let endedRunId = -1;

const { setState: set, getState: get } = useStore;

export function engine(): EngineClient {
  client ??= new EngineClient({ onMessage: receive, onReplaced: replaced });
  return client;
}

/** Begins to load the worker, and a spare when the page is idle. */
export function wakeEngine(): void {
  engine();
  setTimeout(() => engine().warmSpare(), 4000);
}

function bumpVersion(): void {
  if (versionPending) return;
  versionPending = true;
  setTimeout(() => {
    versionPending = false;
    set((state) => ({ runVersion: state.runVersion + 1 }));
  }, VERSION_EVERY);
}

function replaced(reason: string): void {
  incoming = null;
  endedRunId = -1;
  const { run } = get();
  if (run !== null) run.detached = true;
  if (run !== null && !run.done) {
    clock.complete = true;
    set({ runState: 'stopped' });
  }
  if (reason === 'stopped') say('Stopped. The run up to here stays to look at.');
  else set({ runState: 'stopped', runMessage: `Stopped: ${reason}. A new one has taken its place; your text is untouched.` });
}

function dataFor(runId: number): RunData | null {
  const { run } = get();
  if (incoming !== null && incoming.runId === runId) return incoming;
  if (incoming === null && run !== null && run.runId === runId && !run.detached) return run;
  if (runId <= endedRunId) return null;
  incoming = new RunData(runId);
  return incoming;
}

function receive(message: EngineMessage): void {
  const data = dataFor(message.runId);
  if (data === null) return;
  if (message.type === 'chunk') data.append(message);
  else data.status = message;
  if (data === incoming) swapWhenReady();
  if (data === get().run) shownGrew(data, message.type === 'status');
}

function shownGrew(data: RunData, status: boolean): void {
  bumpVersion();
  clock.complete = data.done;
  if (!status || data.status === null) return;
  const { state, message } = data.status;
  set({ runState: state, ...(message === null ? {} : { runMessage: message }) });
}

/** Puts the incoming run on the stage once its log reaches the moment that is looked at (or is complete). */
function swapWhenReady(): void {
  const fresh = incoming;
  if (fresh === null || fresh.info === null) return;
  if (!fresh.done && (fresh.knownNs < wantedT || fresh.log.length < (wantedPosition ?? 0))) return;
  incoming = null;
  endedRunId = Math.max(endedRunId, fresh.runId);
  clock.attach({ maker: fresh.maker, names: fresh.names, durationNs: fresh.info.durationNs });
  clock.complete = fresh.done;
  clock.seekTime(Math.min(wantedT, fresh.info.durationNs));
  if (wantedPosition !== null) clock.seekInside(wantedPosition);
  const state = fresh.status?.state ?? 'running';
  const { packet } = get();
  set({
    run: fresh,
    runState: state,
    runProblems: [],
    runMessage: fresh.status?.message ?? null,
    packet: packet <= fresh.packets.last || !fresh.done ? packet : 0,
  });
  bumpVersion();
  if (wantedPlay) clock.play();
}

const fault = (message: string): FlatDiagnostic => ({
  severity: 'error',
  code: 'engine-lost',
  message,
  file: null,
  line: 0,
  column: 0,
  endLine: 0,
  endColumn: 0,
  notes: [],
  fix: null,
  explanation: null,
  stage: 'scenario',
});

/** What each program of the scenario is: changed text, else the built object, else the gallery's text. */
async function programInputs(scenario: Scenario): Promise<Record<string, ProgramInput>> {
  const { texts, originals, gallery } = get();
  const inputs: Record<string, ProgramInput> = {};
  for (const [name, program] of Object.entries(scenario.programs)) {
    const text = texts[name] ?? program.source;
    const profile = program.profile ?? null;
    const path = `${name}.bpf.c`;
    const known = gallery?.programs.find((item) => item.id === program.gallery);
    if (known !== undefined && (texts[name] === undefined || texts[name] === originals[name])) {
      const bytes = await programObject(known);
      if (bytes !== null) {
        inputs[name] = { kind: 'object', path: known.object, bytes };
        continue;
      }
      const source = texts[name] ?? (await programText(known));
      if (source !== null) inputs[name] = { kind: 'source', path: known.file, text: source, profile };
    } else if (text !== undefined) inputs[name] = { kind: 'source', path, text, profile };
  }
  return inputs;
}

/**
 * Starts the scenario with the texts as they are; the shown run stays until the new one has got to `t`. False when it could
 * not be started.
 */
export async function startRun(t: number, play: boolean, position?: number): Promise<boolean> {
  const { scenario } = get();
  if (scenario === null) return false;
  const number = ++startNumber;
  wantedT = t;
  wantedPlay = play;
  wantedPosition = position ?? null;
  const programs = await programInputs(scenario);
  if (number !== startNumber) return true;
  if (get().run === null) set({ runState: 'starting' });
  endedRunId = Math.max(endedRunId, get().run?.runId ?? -1, incoming?.runId ?? -1);
  incoming = null;
  try {
    const result = await engine().start({ scenario, programs });
    if (number !== startNumber) return true;
    if (!result.ok) {
      set((state) => ({ runProblems: result.problems, runState: state.run === null ? 'failed' : state.runState, stale: true }));
      return false;
    }
    set({ runProblems: result.warnings.filter((item) => item.severity !== 'note'), stale: false, runMessage: null });
    const data = dataFor(result.run.runId);
    if (data === null) return true;
    data.info = result.run;
    if (data === incoming) swapWhenReady();
    return true;
  } catch (error) {
    if (number !== startNumber || !(error instanceof EngineLost)) throw error;
    set({ runProblems: [fault(`The run could not be started: ${error.message}.`)], runState: 'failed' });
    return false;
  }
}

/** Takes the shown run off the stage: it is of another document. */
export function clearStage(): void {
  clock.attach(null);
  set({ run: null, runState: 'failed', stale: false });
}

/** Builds the text in the editor now; a good program is run from the moment that is looked at. */
export async function buildNow(run: boolean): Promise<void> {
  if (buildTimer !== null) clearTimeout(buildTimer);
  buildTimer = null;
  const { program, texts, scenario } = get();
  const source = texts[program];
  if (source === undefined || scenario === null) return;
  const revision = get().revision + 1;
  set({ revision, state: 'building' });
  const profile = scenario.programs[program]?.profile ?? null;
  let report: BuildReport;
  try {
    report = await engine().build({ revision, path: `${program}.bpf.c`, source, profile });
  } catch (error) {
    if (!(error instanceof EngineLost)) throw error;
    if (get().revision === revision) {
      set({ state: 'failed', diagnostics: [fault(`The program could not be built: ${error.message}.`)], stale: true });
    }
    return;
  }
  if (get().revision !== revision) return;
  set({ state: report.ok ? 'ok' : 'failed', report, diagnostics: report.diagnostics });
  if (!report.ok) set({ stale: true });
  else if (run) await startRun(clock.t, clock.playing);
}

/** The person typed: build after a pause in typing. */
export function textChanged(program: string, text: string): void {
  const { texts } = get();
  if (texts[program] === text) return;
  set({ texts: { ...texts, [program]: text } });
  if (buildTimer !== null) clearTimeout(buildTimer);
  buildTimer = setTimeout(() => void buildNow(true), BUILD_DELAY);
}

/** Ends the run and whatever the worker is doing. */
export async function stopEngine(): Promise<void> {
  clock.pause();
  startNumber++;
  await engine().stop();
  const { run, state } = get();
  if (state === 'building') set({ state: 'idle' });
  if (run !== null && !run.done) set({ runState: 'stopped' });
}

/** State of the shown run after the cursor's step; null when the worker no longer has the run. */
export async function inspectMoment(packet: number): Promise<MomentReport | null> {
  const { run } = get();
  if (run === null || run.detached) return null;
  try {
    return await engine().inspect(run.runId, clock.step() + 1, packet);
  } catch {
    return null;
  }
}

/** What the programs ran in the step of a record; nothing when the worker no longer has the run. */
export async function executedAt(record: number): Promise<readonly ExecutedRun[]> {
  const { run } = get();
  if (run === null || run.detached) return [];
  try {
    return (await engine().executed(run.runId, run.log.stepOf(record) + 1)) ?? [];
  } catch {
    return [];
  }
}

/** Asks the language services about the text of a program; null when there is no answer to be had. */
export async function askLanguage(about: LanguageDocument, question: LanguageQuestion): Promise<LanguageAnswer | null> {
  try {
    return await engine().language(about, question);
  } catch {
    return null;
  }
}

/** Checks a scenario's JSON text. */
export async function checkScenarioText(
  text: string,
): Promise<{ readonly scenario: Scenario | null; readonly problems: readonly FlatDiagnostic[] }> {
  try {
    return await engine().checkScenario(text);
  } catch (error) {
    return { scenario: null, problems: [fault(error instanceof Error ? error.message : String(error))] };
  }
}
