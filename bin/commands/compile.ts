// `qdisc compile`: C in; diagnostics, assembly, IR or an ELF object out.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import {
  type CompileOptions,
  type Diagnostic,
  disassemble,
  lineColumn,
  loadCompilerWithIr,
  mapTypeOf,
  type ProfileId,
  renderDiagnostic,
  writeObject,
} from '../../src/engine/index.ts';
import { findProgram } from '../input.ts';
import type { Action } from '../main.ts';
import { optimisation, profileName } from '../options.ts';
import { print, printJson, STATUS, UsageError, warn } from '../output.ts';

interface CompileFlags {
  readonly profile?: ProfileId;
  readonly include?: readonly string[];
  readonly define?: readonly string[];
  readonly output?: string;
  readonly cpu: CompileOptions['cpu'];
  readonly emit?: string;
  readonly json?: boolean;
  readonly optimise: 0 | 1 | 2;
}

/** Every header below a folder, named as `#include` would. */
function headersOf(folder: string, below = folder): { path: string; text: string }[] {
  return readdirSync(below, { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    if (entry.isDirectory()) return headersOf(folder, path);
    return entry.name.endsWith('.h') ? [{ path: relative(folder, path), text: readFileSync(path, 'utf8') }] : [];
  });
}

function diagnosticJson(item: Diagnostic): Record<string, unknown> {
  const from = item.span === null ? null : lineColumn(item.span.file, item.span.start);
  const to = item.span === null ? null : lineColumn(item.span.file, item.span.end);
  return {
    severity: item.severity,
    code: item.code,
    file: item.span?.file.path ?? null,
    line: from?.line ?? null,
    column: from?.column ?? null,
    endLine: to?.line ?? null,
    endColumn: to?.column ?? null,
    message: item.message,
    notes: item.notes.map((note) => ({
      message: note.message,
      line: note.span === undefined ? null : lineColumn(note.span.file, note.span.start).line,
    })),
    fix: item.fix === undefined ? null : { description: item.fix.description, text: item.fix.text },
  };
}

export function compileCommand(program: Command, done: Action): void {
  program
    .command('compile')
    .description('compile C to eBPF')
    .argument('<files...>', 'gallery names or .c files')
    .option('--profile <profile>', 'profile of a file that names none', profileName)
    .option('-I, --include <dir...>', 'folder with headers')
    .option('-D, --define <name=value...>', 'define a macro')
    .option('-O, --optimise <level>', '0, 1 or 2', optimisation, 2)
    .option('--cpu <version>', 'v1 to v4', 'v3')
    .option('-o, --output <file>', 'write the object')
    .option('--emit <what>', 'asm, object or ir')
    .option('--json', 'one JSON object a file')
    .action(async (files: string[], flags: CompileFlags) => {
      if (flags.output !== undefined && files.length > 1) throw new UsageError('-o takes one input file');
      const compile = await loadCompilerWithIr();
      const headers = (flags.include ?? []).flatMap((folder) => headersOf(folder));
      const defines = (flags.define ?? []).map(
        (text) => [text.replace(/=.*$/s, ''), text.includes('=') ? text.replace(/^[^=]*=/, '') : '1'] as const,
      );
      for (const name of files) {
        const file = findProgram(name);
        if (file.kind === 'object') throw new UsageError(`${name} is an object already`);
        const source = { path: file.path, text: new TextDecoder().decode(file.bytes) };
        const { object, diagnostics, ir } = compile(source, {
          profile: flags.profile ?? null,
          optimise: flags.optimise,
          cpu: flags.cpu,
          defines,
          headers,
        });
        if (object === null) done(STATUS.NO);
        if (object !== null && flags.output !== undefined) writeFileSync(flags.output, writeObject(object));
        if (flags.json) {
          const programs = (object?.functions ?? []).filter((item) => item.section !== '.text');
          printJson({
            file: name,
            ok: object !== null,
            diagnostics: diagnostics.map(diagnosticJson),
            programs: programs.map((item) => ({
              name: item.name,
              section: item.section,
              insns: item.code.length,
              stack: item.stackBytes,
            })),
            maps: (object?.maps ?? []).map((map) => ({
              name: map.name,
              type: mapTypeOf(map.type)?.name ?? map.type,
              max_entries: map.maxEntries,
            })),
          });
          continue;
        }
        for (const item of diagnostics) warn(renderDiagnostic(item));
        if (object === null) continue;
        if (flags.emit === 'ir') print(ir ?? '');
        else if (flags.emit === 'object') process.stdout.write(writeObject(object));
        else if (flags.emit === 'asm' || flags.output === undefined) {
          for (const item of object.functions) {
            print(`${item.name}:  ; section ${item.section}, ${item.code.length} slots, ${item.stackBytes} bytes of stack`);
            disassemble(item.code).forEach((text, slot) => {
              if (text !== '') print(`${String(slot).padStart(5)}: ${text}`);
            });
          }
        }
      }
    });
}
