// Damaged objects and bytecode: refused with a message, never an exception, never a hang.

import { soundObjects, tryDamaged } from './damaged-objects.ts';
import type { Fuzzer } from './fuzzer.ts';

/** No input of this size may take longer, ms. */
const TOO_LONG = 5000;

export const fuzzer: Fuzzer = {
  about: 'damaged objects and bytecode: a verdict or a message, never an exception or a hang',
  count: 100_000,
  run: async ({ count, seed, print }) => {
    const objects = soundObjects();
    const endings = new Map<string, number>();
    const findings = new Map<string, number>();
    let slowest = { ms: 0, seed: 0 };
    for (let run = seed; run < seed + count; run++) {
      const started = performance.now();
      try {
        const { outcome } = tryDamaged(run, objects);
        endings.set(outcome, (endings.get(outcome) ?? 0) + 1);
      } catch (error) {
        const text = error instanceof Error ? `${error.message} ${(error.stack ?? '').split('\n')[1] ?? ''}` : String(error);
        const kind = text.replaceAll(/\d+/g, 'N');
        const times = (findings.get(kind) ?? 0) + 1;
        findings.set(kind, times);
        if (times <= 2) print(`seed ${run}: ${text}`);
      }
      const ms = performance.now() - started;
      if (ms > slowest.ms) slowest = { ms, seed: run };
      if (ms > TOO_LONG) print(`seed ${run}: ${ms.toFixed(0)} ms`);
      if ((run - seed + 1) % 10_000 === 0) print(`${run - seed + 1} inputs, ${findings.size} kinds of findings`);
    }
    const shares = [...endings].map(([outcome, times]) => `${times} ${outcome}`).join(', ');
    print(`${count} inputs from seed ${seed}: ${shares}; the slowest took ${slowest.ms.toFixed(0)} ms (seed ${slowest.seed})`);
    return findings.size === 0 && slowest.ms <= TOO_LONG;
  },
};
