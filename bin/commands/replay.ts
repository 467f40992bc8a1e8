// `qdisc replay`: drives a qdisc through recorded kernel operations and compares packet by packet.

import type { Command } from 'commander';
import {
  type KernelTrace,
  loadCompiler,
  type ProfileId,
  prepareObject,
  renderDiagnostic,
  replayTrace,
} from '../../src/engine/index.ts';
import { findProgram, readText } from '../input.ts';
import type { Action } from '../main.ts';
import { print, printJson, STATUS, UsageError, warn } from '../output.ts';

function readTrace(path: string): KernelTrace {
  try {
    return JSON.parse(readText(path)) as KernelTrace;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path}: expected a kernel trace in JSON`);
  }
}

export function replayCommand(program: Command, done: Action): void {
  program
    .command('replay')
    .description('drive a qdisc through recorded kernel operations')
    .argument('<traces...>', '.json or .json.gz files')
    .option('--program <program>', 'run this program instead of the one the trace’s tc line names')
    .option('--json', 'one JSON object a trace')
    .action(async (traces: string[], flags: { program?: string; json?: boolean }) => {
      const compile = await loadCompiler();
      const load = (kind: string, knobs: Readonly<Record<string, number>>) => {
        const file = findProgram(flags.program ?? kind);
        const { object, diagnostics } = compile(
          { path: file.path, text: new TextDecoder().decode(file.bytes) },
          { profile: null as ProfileId | null, optimise: 2, cpu: 'v3' },
        );
        if (object === null) return diagnostics.map(renderDiagnostic).join('\n');
        const prepared = prepareObject(object, { profile: null, quirks: [], set: knobs });
        return prepared.attachable ?? prepared.diagnostics.map(renderDiagnostic).join('\n');
      };
      for (const path of traces) {
        const outcome = replayTrace(readTrace(path), load);
        if (!outcome.ok) {
          warn(`${path}: ${outcome.message}`);
          done(STATUS.WRONG_USE);
          if (flags.json)
            printJson({ trace: path, program: null, ops: 0, mismatches: 0, first: null, skipped: 0, error: outcome.message });
          continue;
        }
        const { result } = outcome;
        if (result.mismatches > 0) done(STATUS.NO);
        if (flags.json) printJson({ trace: path, ...result });
        else {
          const first =
            result.first === null
              ? ''
              : `; first at ${result.first.index}: ${result.first.field} is ${result.first.got}, the kernel had ${result.first.expected}`;
          print(`${path}: ${result.program}: ${result.ops} operations, ${result.mismatches} mismatches${first}`);
        }
      }
    });
}
