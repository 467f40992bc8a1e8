// Reads what is named on the command line: files, standard input (`-`), gzip, gallery programs and scenarios, links. Knows
// nothing of commands.

import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import {
  loadCompiler,
  type ProfileId,
  type ProgramObject,
  parseScenario,
  readObject,
  renderDiagnostic,
  type Scenario,
} from '../src/engine/index.ts';
import { decodeLink, resolveLink } from '../src/link/codec.ts';
import type { Json } from '../src/link/difference.ts';
import { UsageError, warn } from './output.ts';

/** The project's folder, from the bundle's place in build/cli. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const GALLERY = join(ROOT, 'public', 'gallery');
/** Scenarios that speed is measured with: named like gallery scenarios, not shown on the page. */
const BENCH_SCENARIOS = join(ROOT, 'bench', 'scenarios');

export interface GalleryIndex {
  readonly programs: readonly {
    readonly id: string;
    readonly title: string;
    readonly profile: string;
    readonly file: string;
    readonly watch: string;
  }[];
  readonly scenarios: readonly {
    readonly id: string;
    readonly title: string;
    readonly watch: string;
    readonly file: string;
    readonly program: string;
  }[];
}

export function galleryIndex(): GalleryIndex {
  return JSON.parse(readFileSync(join(GALLERY, 'index.json'), 'utf8')) as GalleryIndex;
}

/** Bytes of a file; `-` is standard input, `.gz` is unpacked. */
export function readBytes(path: string): Uint8Array {
  let data: Buffer;
  try {
    data = readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!path.endsWith('.gz')) return data;
  try {
    return gunzipSync(data);
  } catch {
    throw new UsageError(`cannot read ${path}: it is not gzip data`);
  }
}

export const readText = (path: string): string => new TextDecoder().decode(readBytes(path));

/** A program named by gallery id, `.c` or `.o` file. */
export interface ProgramFile {
  readonly path: string;
  readonly kind: 'source' | 'object';
  readonly bytes: Uint8Array;
}

export function findProgram(name: string): ProgramFile {
  const entry = galleryIndex().programs.find((item) => item.id === name);
  if (entry !== undefined && !existsSync(name)) {
    return { path: entry.file, kind: 'source', bytes: readBytes(join(GALLERY, entry.file)) };
  }
  const bytes = readBytes(name);
  const isElf = bytes[0] === 0x7f && bytes[1] === 0x45;
  return { path: name === '-' ? 'standard-input.c' : name, kind: isElf ? 'object' : 'source', bytes };
}

/** The object of a program; null after its errors have been printed. */
export async function loadProgram(
  file: ProgramFile,
  profile: ProfileId | null,
  requireProfile = true,
): Promise<ProgramObject | null> {
  if (file.kind === 'object') {
    const { object, diagnostics } = readObject(file.bytes, basename(file.path).replace(/\.o$/, ''));
    for (const item of diagnostics) warn(renderDiagnostic(item));
    return object;
  }
  const compile = await loadCompiler();
  const source = { path: file.path, text: new TextDecoder().decode(file.bytes) };
  const { object, diagnostics } = compile(source, { profile, optimise: 2, cpu: 'v3', requireProfile });
  for (const item of diagnostics) warn(renderDiagnostic(item));
  return object;
}

/** A scenario and the sources that a link brought along. */
export interface LoadedScenario {
  readonly scenario: Scenario;
  readonly sources: Readonly<Record<string, string>>;
  /** Gallery id when it is a gallery scenario. */
  readonly preset: string | null;
}

function accept(
  text: string,
  where: string,
  preset: string | null,
  sources: Readonly<Record<string, string>> = {},
): LoadedScenario {
  const result = parseScenario(text);
  if (result.ok) return { scenario: result.scenario, sources, preset };
  throw new UsageError(
    result.problems.map(({ path, message }) => `${where}: ${path === '' ? '' : `${path}: `}${message}`).join('\n'),
  );
}

/** Text of a gallery scenario, or of one of those that speed is measured with; or null. */
export function galleryScenario(id: string): string | null {
  const entry = galleryIndex().scenarios.find((item) => item.id === id);
  if (entry !== undefined) return readText(join(GALLERY, entry.file));
  const measured = join(BENCH_SCENARIOS, `${basename(id)}.scenario.json`);
  return existsSync(measured) ? readText(measured) : null;
}

function openLink(link: string): LoadedScenario {
  const decoded = decodeLink(link.slice(link.indexOf('#')));
  if (!decoded.ok) throw new UsageError(decoded.problem.message);
  const { content } = decoded;
  const text = content.preset === null ? null : galleryScenario(content.preset);
  const resolved = resolveLink(content, text === null ? null : (JSON.parse(text) as Json));
  if (!resolved.ok) throw new UsageError(resolved.problem.message);
  return accept(JSON.stringify(resolved.state.scenario), 'the link', content.preset, content.sources);
}

/** A scenario named by gallery id, file, `-` or share link. */
export function loadScenario(name: string): LoadedScenario {
  if (name.includes('#')) return openLink(name);
  const gallery = existsSync(name) ? null : galleryScenario(name);
  if (gallery !== null) return accept(gallery, name, name);
  return accept(readText(name), name, null);
}
