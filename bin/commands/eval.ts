// `qdisc eval`: compiles a function without arguments and runs it, without the verifier. For testing compiler and machine.

import type { Command } from 'commander';
import { type CompileOptions, loadCompiler, readObject, writeObject } from '../../src/engine/index.ts';
import { runFunction } from '../../src/engine/unverified.ts';
import { readText } from '../input.ts';
import type { Action } from '../main.ts';
import { enginesOf, optimisation } from '../options.ts';
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
    .option('--engine <engine>', 'interpreter, jit or both', 'interpreter')
    .option('--json', 'one JSON object a file')
    .action(async (files: string[], flags: EvalFlags) => {
      const compile = await loadCompiler();
      const engines = enginesOf(flags.engine);
      for (const file of files) {
        const { object, diagnostics } = compile(
          { path: file, text: readText(file) },
          { profile: null, requireProfile: false, optimise: flags.optimise, cpu: flags.cpu },
        );
        const refused = diagnostics.find((item) => item.severity === 'error');
        const loaded = object === null ? null : readObject(writeObject(object), object.name).object;
        const insns = (loaded?.functions ?? []).reduce((sum, item) => sum + item.code.length, 0);
        for (const engine of engines) {
          const nothing = { r0: null, executed: 0, error: `compile: ${refused?.message ?? 'the object cannot be read back'}` };
          const { r0, executed, error } = loaded === null ? nothing : runFunction(loaded, flags.entry, undefined, engine);
          if (error !== null) done(STATUS.NO);
          if (flags.json) printJson({ file, engine, value: r0, error, insns, executed });
          else print(error === null ? `${file}: ${r0}` : `${file}: ${error}`);
        }
      }
    });
}
