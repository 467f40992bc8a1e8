// `qdisc bench-exec`: times a bytecode file, 8 bytes a line in hex, that works on one 64 KiB map value.

import type { Command } from 'commander';
import { decode } from '../../src/engine/isa/codec.ts';
import { type BenchProgram, benchCode } from '../../src/engine/unverified.ts';
import { readText } from '../input.ts';
import type { Action } from '../main.ts';
import { enginesOf, wholeNumber } from '../options.ts';
import { print, printJson, STATUS, warn } from '../output.ts';

const unhex = (text: string): Uint8Array =>
  Uint8Array.from(text.replace(/\s/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

const WARM_MS = 150;

/** Runs the program until the optimising tier has had time to take over, and puts it back to its first state: calls are timed warm. */
function warmUp(bench: Extract<BenchProgram, { error: null }>): void {
  const until = performance.now() + WARM_MS;
  while (performance.now() < until) bench.call();
  bench.reset();
}

export function benchExecCommand(program: Command, done: Action): void {
  program
    .command('bench-exec')
    .description('time a bytecode file')
    .argument('<file>', '.hex file')
    .option('--engine <engine>', 'interpreter, jit or both', 'jit')
    .option('--calls <n>', 'how often it is called', wholeNumber, 100)
    .option('--json', 'one JSON object an engine')
    .action((file: string, flags: { engine: string; calls: number; json?: boolean }) => {
      for (const engine of enginesOf(flags.engine)) {
        const bench = benchCode(decode(unhex(readText(file))), engine);
        if (bench.error !== null) {
          warn(bench.error);
          done(STATUS.NO);
          continue;
        }
        warmUp(bench);
        const started = process.hrtime.bigint();
        let low = 0;
        let high = 0;
        let executed = 0;
        for (let call = 0; call < flags.calls; call++) {
          const outcome = bench.call();
          if (outcome.fault !== null) warn(outcome.fault.message);
          low ^= outcome.low;
          high ^= outcome.high;
          ({ executed } = outcome);
        }
        const ns = Number(process.hrtime.bigint() - started);
        const checksum = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
        const row = { file, engine, calls: flags.calls, ns, executed, checksum };
        if (flags.json) printJson(row);
        else
          print(`${file} (${engine}): ${Math.round(ns / flags.calls)} ns a call, ${executed} instructions, checksum ${checksum}`);
      }
    });
}
