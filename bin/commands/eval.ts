// `qdisc eval`: compiles a function without arguments and runs it, without the verifier. For testing compiler and machine.

import type { Command } from 'commander';
import { type CompileOptions, loadCompiler, readObject, writeObject } from '../../src/engine/index.ts';
import { runFunction } from '../../src/engine/unverified.ts';
import { readText } from '../input.ts';
import type { Action } from '../main.ts';
import { optimisation } from '../options.ts';
import { print, printJson, STATUS } from '../output.ts';

interface EvalFlags {
  readonly entry: string;
  readonly optimise: 0 | 1 | 2;
  readonly cpu: CompileOptions['cpu'];
  readonly engine: string;
  readonly json?: boolean;
}

export function evalCommand(program: Command, done: Action): void {
  program
    .command('eval')
    .description('compile and run a function without arguments, without the verifier')
    .argument('<files...>', '.c files')
    .option('--entry <name>', 'the function', 'test')
    .option('-O, --optimise <level>', '0, 1 or 2', optimisation, 2)
    .option('--cpu <version>', 'v1 to v4', 'v4')
    .option('--engine <engine>', 'interpreter', 'interpreter')
    .option('--json', 'one JSON object a file')
    .action(async (files: string[], flags: EvalFlags) => {
      const compile = await loadCompiler();
      for (const file of files) {
        const { object, diagnostics } = compile(
          { path: file, text: readText(file) },
          { profile: null, requireProfile: false, optimise: flags.optimise, cpu: flags.cpu },
        );
        const refused = diagnostics.find((item) => item.severity === 'error');
        let error = refused === undefined ? null : `compile: ${refused.message}`;
        let value: bigint | null = null;
        let executed = 0;
        let insns = 0;
        if (flags.engine !== 'interpreter') error = `unsupported: engine ${flags.engine}`;
        if (error === null && object !== null) {
          const again = readObject(writeObject(object), object.name);
          insns = object.functions.reduce((sum, item) => sum + item.code.length, 0);
          const outcome = runFunction(again.object ?? object, flags.entry);
          ({ executed, error } = outcome);
          value = outcome.r0;
        }
        if (error !== null) done(STATUS.NO);
        if (flags.json) printJson({ file, value, error, insns, executed });
        else print(error === null ? `${file}: ${value}` : `${file}: ${error}`);
      }
    });
}
