// Instructions that our code executes against clang-14's code of the same C (-O2, -mcpu=v3, our bundled headers) on the same work: every
// gallery scenario in the simulator with clang's objects in place of ours, and the sources of ../shared/data/objects on their test frames.
// Counts, not times: one run is as good as five. Needs clang-14 (Debian) and says so without it.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { headersOf } from '../src/engine/abi/headers.ts';
import { compile } from '../src/engine/compiler/compile.ts';
import {
  type AttachableProgram,
  createExperiment,
  type ProfileId,
  type ProgramObject,
  parseScenario,
  prepareObject,
  Recorder,
  readObject,
  renderDiagnostic,
  type Scenario,
} from '../src/engine/index.ts';
import { EVENT } from '../src/engine/trace/event.ts';
import { runObjectProgram } from '../src/engine/unverified-object.ts';

const GALLERY = 'public/gallery';
const OBJECTS = '../shared/data/objects';
/** Simulated time of a gallery scenario. */
const DURATION = '5s';

/** What a case executed, ours and clang's. */
interface Row {
  readonly name: string;
  readonly ours: number;
  readonly clang: number;
}

/** Clang with our headers in a folder of its own. */
class Clang {
  private readonly folder = mkdtempSync(join(tmpdir(), 'code-bench-'));
  private readonly headers = new Map<ProfileId | null, string>();

  readonly isThere = spawnSync('clang-14', ['--version']).status === 0;

  private headerFolder(profile: ProfileId | null): string {
    let folder = this.headers.get(profile);
    if (folder === undefined) {
      folder = join(this.folder, profile ?? 'plain');
      for (const { path, text } of headersOf(profile)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
      this.headers.set(profile, folder);
    }
    return folder;
  }

  object(path: string, name: string, profile: ProfileId | null): ProgramObject {
    const out = join(this.folder, `${name}.o`);
    const includes = ['-nostdinc', '-I', this.headerFolder(profile)];
    const flags = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-w', ...includes, '-c', path, '-o', out];
    const built = spawnSync('clang-14', flags, { encoding: 'utf8' });
    if (built.status !== 0) throw new Error(`${path}: ${built.stderr}`);
    const { object, diagnostics } = readObject(readFileSync(out), name);
    if (object === null) throw new Error(diagnostics.map(renderDiagnostic).join('\n'));
    return object;
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }
}

function ourObject(path: string, profile: ProfileId | null): ProgramObject {
  const options = { profile, optimise: 2, cpu: 'v3', requireProfile: false } as const;
  const { object, diagnostics } = compile({ path, text: readFileSync(path, 'utf8') }, options);
  if (object === null) throw new Error(diagnostics.map(renderDiagnostic).join('\n'));
  return object;
}

/** Adds up what the programs executed, and what they answered. */
class CountingRecorder extends Recorder {
  executed = 0;
  answers = '';

  override record(kind: number, packet: number, _a = 0, b = 0, c = 0): void {
    if (kind !== EVENT.ENQUEUE_RUN && kind !== EVENT.DEQUEUE_RUN) return;
    this.executed += c;
    this.answers += `${kind}:${packet}:${b};`;
  }
}

function runScenario(scenario: Scenario, objectOf: (id: string) => ProgramObject): CountingRecorder {
  const programs = new Map<string, AttachableProgram>();
  for (const [name, { gallery = name, quirks = [], set = {} }] of Object.entries(scenario.programs)) {
    const prepared = prepareObject(objectOf(gallery), { profile: null, quirks, set });
    if (prepared.attachable === null) throw new Error(prepared.diagnostics.map(renderDiagnostic).join('\n'));
    programs.set(name, prepared.attachable);
  }
  const recorder = new CountingRecorder(() => {});
  const made = createExperiment({ ...scenario, duration: DURATION }, programs, recorder, 'jit');
  if (!made.ok) throw new Error(JSON.stringify(made.problems));
  while (made.experiment.step());
  return recorder;
}

function galleryRow(clang: Clang, id: string): Row {
  const parsed = parseScenario(readFileSync(`${GALLERY}/${id}.scenario.json`, 'utf8'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const path = (program: string): string => `${GALLERY}/${program}.bpf.c`;
  const ours = runScenario(parsed.scenario, (program) => ourObject(path(program), null));
  const theirs = runScenario(parsed.scenario, (program) => clang.object(path(program), program, null));
  if (ours.answers !== theirs.answers) throw new Error(`${id}: the two codes do not answer alike`);
  return { name: `gallery/${id}`, ours: ours.executed, clang: theirs.executed };
}

interface ObjectCase {
  readonly source: string;
  readonly entry?: string;
  readonly programs?: readonly { readonly name: string; readonly test_run?: { readonly data: string } }[];
}

const unhex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

function executedOf(object: ProgramObject, name: string, data: string): { executed: number; r0: number } {
  const { executed, r0, error } = runObjectProgram(object, name, unhex(data), 'interpreter');
  if (r0 === null) throw new Error(error ?? 'no result');
  return { executed, r0 };
}

function objectRow(clang: Clang, item: ObjectCase): Row | string {
  const path = `${OBJECTS}/${item.source}`;
  const ours = ourObject(path, null);
  const theirs = clang.object(path, item.source.replace(/\.c$/, ''), null);
  const name = `objects/${item.source}`;
  const row = { name, ours: 0, clang: 0 };
  const entries = item.entry === undefined ? (item.programs ?? []) : [{ name: item.entry, test_run: { data: '' } }];
  for (const { name: entry, test_run } of entries) {
    if (test_run === undefined) continue;
    const [a, b] = [executedOf(ours, entry, test_run.data), executedOf(theirs, entry, test_run.data)];
    if (a.r0 !== b.r0) throw new Error(`${name}: ${a.r0}, clang's ${b.r0}`);
    row.ours += a.executed;
    row.clang += b.executed;
  }
  return row.clang === 0 ? `${name}: no program of it is run` : row;
}

/** The rows, or the reason why a case has none. */
function* rows(clang: Clang): Generator<Row | string> {
  const index = JSON.parse(readFileSync(`${GALLERY}/index.json`, 'utf8')) as { scenarios: { id: string }[] };
  for (const { id } of index.scenarios) yield guarded(id, () => galleryRow(clang, id));
  if (!existsSync(OBJECTS)) return yield `${OBJECTS} is not there`;
  const cases = JSON.parse(readFileSync(`${OBJECTS}/index.json`, 'utf8')) as ObjectCase[];
  const bySource = new Map(cases.toReversed().map((item) => [item.source, item]));
  for (const item of [...bySource.values()].reverse()) yield guarded(item.source, () => objectRow(clang, item));
}

function guarded(name: string, make: () => Row | string): Row | string {
  try {
    return make();
  } catch (fault) {
    return `${name}: ${fault instanceof Error ? fault.message : String(fault)}`;
  }
}

export function run(): Record<string, unknown> {
  const clang = new Clang();
  if (!clang.isThere) return { name: 'code', skipped: 'clang-14 is not there' };
  const result: Record<string, unknown> = { name: 'code' };
  const left: string[] = [];
  let logs = 0;
  let count = 0;
  let worst = 0;
  for (const row of rows(clang)) {
    if (typeof row === 'string') {
      left.push(row);
      continue;
    }
    const ratio = row.ours / row.clang;
    result[row.name] = `${row.ours} / ${row.clang} = ${ratio.toFixed(3)}`;
    logs += Math.log(ratio);
    worst = Math.max(worst, ratio);
    count++;
  }
  clang.close();
  result.left_out = left;
  result.cases = count;
  result.geometric_mean = Math.round(Math.exp(logs / Math.max(1, count)) * 1000) / 1000;
  result.worst = Math.round(worst * 1000) / 1000;
  return result;
}
