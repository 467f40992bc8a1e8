// `qdisc exec`: runs bytecode cases of the instruction set, without the verifier.

import type { Command } from 'commander';
import { decode } from '../../src/engine/isa/codec.ts';
import { runCode } from '../../src/engine/unverified.ts';
import { readText } from '../input.ts';
import type { Action } from '../main.ts';
import { enginesOf } from '../options.ts';
import { print, printJson, STATUS, UsageError } from '../output.ts';

/** A case in the format of the instruction-set data: a JSON array or JSON lines. */
interface Case {
  readonly name: string;
  readonly code: string;
  readonly mem?: string;
}

export function readCases(text: string): Case[] {
  try {
    const trimmed = text.trim();
    if (trimmed.startsWith('[')) return JSON.parse(trimmed) as Case[];
    return trimmed
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Case);
  } catch {
    throw new UsageError('expected a JSON array of cases, or one JSON object a line');
  }
}

const unhex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export function execCommand(program: Command, done: Action): void {
  program
    .command('exec')
    .description('run bytecode cases without the verifier')
    .requiredOption('--batch <cases>', 'JSON array or JSON lines')
    .option('--engine <engine>', 'interpreter, jit or both', 'interpreter')
    .option('--json', 'one JSON object a line')
    .action((flags: { batch: string; engine: string; json?: boolean }) => {
      const engines = enginesOf(flags.engine);
      for (const item of readCases(readText(flags.batch))) {
        for (const engine of engines) {
          const code = unhex(item.code);
          const whole = code.length % 8 === 0;
          const outcome = whole
            ? runCode(decode(code), unhex(item.mem ?? ''), undefined, engine)
            : { r0: null, memory: unhex(item.mem ?? ''), error: 'load: the code is not a whole number of instructions' };
          const row = { name: item.name, engine, r0: outcome.r0, mem: hex(outcome.memory), error: outcome.error };
          if (flags.json) printJson(row);
          else print(`${item.name} (${engine}): ${outcome.error ?? outcome.r0}`);
        }
      }
      done(STATUS.FINE);
    });
}
