// What must hold of the compiler for any text at all: no exception, an object exactly when there is no error, every place inside
// its file, findings that can be printed, an object that can be written. And the programs that damaged ones are made from.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { renderDiagnostic } from '../../src/engine/base/diagnostic.ts';
import type { Span } from '../../src/engine/base/source.ts';
import { compile } from '../../src/engine/compiler/compile.ts';
import { LANGUAGE_PROGRAMS } from '../../src/engine/compiler/language-programs.ts';
import { REQUIREMENT_PROGRAMS } from '../../src/engine/compiler/requirement-programs.ts';
import { readObject, writeObject } from '../../src/engine/object/elf.ts';
import { SETTINGS } from './our-compiler.ts';

const GALLERY = 'public/gallery';
const SUITE = '../shared/data/csuite';
/** Damaging long programs mostly tests the part in front of the damage. */
const LONGEST = 12_000;

/** Programs of the gallery, of the language tests, and (where it is present) of the suite of C programs. */
export function soundPrograms(): string[] {
  const files = (folder: string, keep: (at: number) => boolean): string[] =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => name.endsWith('.c'))
          .sort()
          .filter((_, at) => keep(at))
          .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
      : [];
  const goldens = readFileSync('src/engine/compiler/wrong-programs.golden.txt', 'utf8')
    .split(/^=== .*\n/m)
    .flatMap((part) => part.split('\n---\n')[0] ?? []);
  const small = [...LANGUAGE_PROGRAMS, ...REQUIREMENT_PROGRAMS.flatMap(({ programs }) => programs)].map(([, source]) => source);
  return [
    ...files(GALLERY, () => true),
    ...files(GALLERY, () => true),
    ...files(SUITE, (at) => at % 7 === 0),
    ...goldens,
    ...small,
  ].filter((text) => text.length > 0 && text.length <= LONGEST);
}

/** What is wrong with the compiler's answer to a text, or null. */
export function complaint(text: string, seed: number): string | null {
  const { optimise, cpu } = SETTINGS[seed % SETTINGS.length] ?? { optimise: 2, cpu: 'v4' };
  try {
    const { object, diagnostics } = compile(
      { path: 'mutant.c', text },
      { profile: null, optimise, cpu, requireProfile: seed % 10 === 0 },
    );
    if ((object === null) !== diagnostics.some(({ severity }) => severity === 'error'))
      return object === null ? 'no object and no error' : 'an object in spite of an error';
    for (const diagnostic of diagnostics) {
      const spans = [diagnostic.span, diagnostic.fix?.span, ...diagnostic.notes.map((note) => note.span)];
      for (const span of spans)
        if (span !== null && span !== undefined && !inside(span)) return `${diagnostic.code}: outside the file`;
      if (renderDiagnostic(diagnostic).includes('undefined:')) return `${diagnostic.code}: cannot be printed`;
    }
    // A file without functions is no program: reading it says so.
    if (object !== null && object.functions.length > 0) {
      const back = readObject(writeObject(object), 'mutant.o');
      if (back.object === null) return `the object cannot be read back: ${back.diagnostics[0]?.message ?? ''}`;
    }
    return null;
  } catch (fault) {
    return fault instanceof Error ? (fault.stack ?? String(fault)).split('\n').slice(0, 4).join(' | ') : String(fault);
  }
}

const inside = ({ file, start, end }: Span): boolean =>
  Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= file.text.length;

/** A shorter text with the same complaint: pieces are left out, from halves to single characters. */
export function smallest(text: string, holds: (text: string) => boolean): string {
  let best = text;
  let trials = 4000;
  for (let size = best.length >> 1; size >= 1; size = size > 8 ? size >> 1 : size - 1) {
    for (let at = 0; at + size <= best.length && trials > 0; ) {
      const candidate = best.slice(0, at) + best.slice(at + size);
      trials--;
      if (holds(candidate)) best = candidate;
      else at += size;
    }
  }
  return best;
}
