// `qdisc exec`: runs bytecode cases of the instruction set, or one program of an object, without the verifier.

import { basename } from 'node:path';
import type { Command } from 'commander';
import { readObject, renderDiagnostic } from '../../src/engine/index.ts';
import { decode } from '../../src/engine/isa/codec.ts';
import { runCode } from '../../src/engine/unverified.ts';
import { runObjectProgram } from '../../src/engine/unverified-object.ts';
import { readBytes, readText } from '../input.ts';
import type { Action } from '../main.ts';
import { enginesOf } from '../options.ts';
import { print, printJson, STATUS, UsageError, warn } from '../output.ts';

/** A case in the format of the instruction-set data: a JSON array or JSON lines. */
interface Case {
  readonly name: string;
  readonly code: string;
  readonly mem?: string;
}

function readCases(text: string): Case[] {
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

interface ExecFlags {
  readonly batch?: string;
  readonly program?: string;
  readonly data: string;
  readonly engine: string;
  readonly json?: boolean;
}

function runBatch(path: string, flags: ExecFlags): void {
  for (const item of readCases(readText(path))) {
    for (const engine of enginesOf(flags.engine)) {
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
}

function runObject(path: string, flags: ExecFlags, done: Action): void {
  const { object, diagnostics } = readObject(readBytes(path), basename(path).replace(/\.o$/, ''));
  for (const item of diagnostics) warn(renderDiagnostic(item));
  if (object === null) throw new UsageError(`${path} is no object that can be read`);
  const programs = object.functions.filter((item) => item.section !== '.text').map((item) => item.name);
  if (flags.program === undefined) throw new UsageError(`--program takes one of ${programs.join(', ')}`);
  for (const engine of enginesOf(flags.engine)) {
    const outcome = runObjectProgram(object, flags.program, unhex(flags.data), engine);
    if (outcome.error !== null) done(STATUS.NO);
    if (flags.json) printJson({ engine, r0: outcome.r0, data: hex(outcome.data), maps: outcome.maps, error: outcome.error });
    else print(`${flags.program} (${engine}): ${outcome.error ?? outcome.r0}`);
  }
}

export function execCommand(program: Command, done: Action): void {
  program
    .command('exec')
    .description('run bytecode cases, or one program of an object on a frame, without the verifier')
    .argument('[object]', 'ELF object')
    .option('--batch <cases>', 'JSON array or JSON lines of cases')
    .option('--program <name>', 'program of the object')
    .option('--data <hex>', 'the frame', '')
    .option('--engine <engine>', 'interpreter, jit or both', 'interpreter')
    .option('--json', 'one JSON object a line')
    .action((object: string | undefined, flags: ExecFlags) => {
      if (flags.batch !== undefined) runBatch(flags.batch, flags);
      else if (object !== undefined) runObject(object, flags, done);
      else throw new UsageError('expected an object, or --batch CASES');
    });
}
