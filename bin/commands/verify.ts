// `qdisc verify`: the verifier's verdict on every program of a file, or on a batch of bytecode cases.

import type { Command } from 'commander';
import {
  type Diagnostic,
  type KernelVersion,
  lineColumn,
  type ProfileId,
  prepareObject,
  renderDiagnostic,
} from '../../src/engine/index.ts';
import { findProgram, loadProgram } from '../input.ts';
import type { Action } from '../main.ts';
import { profileName } from '../options.ts';
import { print, printJson, STATUS, UsageError, warn } from '../output.ts';
import { verifyBatch } from './verify-batch.ts';

interface VerifyFlags {
  readonly profile?: ProfileId;
  readonly kernel: KernelVersion;
  readonly log: string;
  readonly explain?: boolean;
  readonly batch?: string;
  readonly json?: boolean;
}

async function verifyFile(name: string, flags: VerifyFlags, done: Action): Promise<void> {
  const object = await loadProgram(findProgram(name), flags.profile ?? null);
  if (object === null) {
    if (flags.json)
      printJson({ file: name, program: null, stage: 'load', verdict: 'reject', errno: 22, message: 'it does not compile' });
    done(STATUS.NO);
    return;
  }
  const logLevel = flags.log === '2' ? 2 : flags.log === '1' ? 1 : 0;
  const prepared = prepareObject(object, { profile: flags.profile ?? null, quirks: [], set: {}, logLevel, kernel: flags.kernel });
  const place = (items: readonly Diagnostic[]) => {
    const span = items.find((item) => item.severity === 'error')?.span ?? null;
    return span === null ? { line: null, column: null } : lineColumn(span.file, span.start);
  };
  for (const { linked, accepted, report } of prepared.programs) {
    const { rejection } = report;
    const row = {
      file: name,
      program: linked.name,
      verdict: accepted ? 'accept' : 'reject',
      errno: rejection?.errno ?? 0,
      message: rejection?.kernelMessage ?? null,
      ...place(report.diagnostics),
      explanation: rejection?.explanation ?? null,
      processed: report.processed,
    };
    if (!accepted) done(STATUS.NO);
    if (flags.json) {
      printJson(row);
      continue;
    }
    for (const line of report.log) print(line);
    print(
      `${name}: ${linked.name}: ${row.verdict}${row.message === null ? '' : `: ${row.message}`} (processed ${row.processed} insns)`,
    );
    if (flags.explain && row.explanation !== null) print(row.explanation);
  }
  if (!flags.json) for (const item of prepared.diagnostics) warn(renderDiagnostic(item));
  const { verdict } = prepared;
  const fine = verdict === null ? prepared.attachable !== null : verdict.accepted;
  const first = prepared.diagnostics.find((item) => item.severity === 'error');
  const row = {
    file: name,
    program: null,
    stage: verdict?.stage ?? 'load',
    verdict: fine ? 'accept' : 'reject',
    errno: verdict?.errno ?? (fine ? 0 : 22),
    message: verdict?.message ?? first?.message ?? null,
    ...(verdict === null ? {} : { messages: verdict.message === null ? [] : [verdict.message, ...verdict.details] }),
  };
  if (flags.json) printJson(row);
  else if (verdict !== null) print(`${name}: ${row.stage}: ${row.verdict}${row.message === null ? '' : `: ${row.message}`}`);
  if (!fine) done(STATUS.NO);
}

function kernelVersion(text: string): KernelVersion {
  if (text === '7.2' || text === '6.18' || text === '6.17') return text;
  throw new UsageError(`--kernel takes 7.2, 6.18 or 6.17, not "${text}"`);
}

export function verifyCommand(program: Command, done: Action): void {
  program
    .command('verify')
    .description('verify each program')
    .argument('[files...]', 'gallery names, .c or .o files')
    .option('--profile <profile>', 'profile of a file that names none', profileName)
    .option('--kernel <version>', '7.2, 6.18 or 6.17', kernelVersion, '7.2')
    .option('--log <level>', '0, 1 or 2', '0')
    .option('--explain', 'explain a rejection to somebody who has never seen a verifier')
    .option('--batch <cases>', 'cases as JSON lines (.jsonl, .gz), or a file of qdisc cases')
    .option('--json', 'one JSON object a program')
    .action(async (files: string[], flags: VerifyFlags) => {
      if (flags.batch !== undefined) {
        await verifyBatch(flags.batch, flags.kernel);
        return;
      }
      for (const name of files) await verifyFile(name, flags, done);
    });
}
