// The fast gate: types, lint and import rules. Prints every finding, stops with status 1 when there is one.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { bin } from './ensure-installed.mjs';

const steps = [
  ...['engine', 'worker', 'ui', 'tests'].map((part) => [`types: ${part}`, [bin('tsc'), '-p', `tsconfig.${part}.json`]]),
  ['lint', [bin('biome'), 'check', '--max-diagnostics=40', '--error-on-warnings']],
  ...(existsSync('tests/architecture.test.ts')
    ? [['imports', [bin('vitest'), 'run', '--reporter=dot', 'tests/architecture.test.ts']]]
    : []),
];

let failed = 0;
for (const [name, command] of steps) {
  const started = performance.now();
  const run = spawnSync(command[0], command.slice(1), { encoding: 'utf8' });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const ok = run.status === 0;
  if (!ok) {
    failed++;
    process.stdout.write(`${run.stdout}${run.stderr}`);
  }
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
}
process.exit(failed === 0 ? 0 : 1);
