// `npm test`: installs what is needed, then types, lint, unit and corpus tests, the build with its size limits, and the
// browser tests against it. Stops at the first stage that fails.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bin, ensureInstalled, root } from './ensure-installed.mjs';
import { findChromium } from './find-chromium.mjs';

ensureInstalled();

function stage(name, command, args, env = {}) {
  const started = performance.now();
  process.stdout.write(`\n== ${name}\n`);
  const run = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  process.stdout.write(
    `== ${name}: ${run.status === 0 ? 'ok' : 'FAILED'} (${((performance.now() - started) / 1000).toFixed(0)} s)\n`,
  );
  if (run.status !== 0) process.exit(run.status ?? 1);
}

if (!existsSync(join(root, '..', 'shared')))
  process.stdout.write('NOTE: ../shared is not there; the tests that need it are skipped.\n');
stage('types, lint, imports', process.execPath, ['scripts/check.mjs']);
stage('build', 'npm', ['run', '-s', 'build']);
stage('sizes', bin('size-limit'), []);
stage('unit and corpus tests', bin('vitest'), ['run', '--reporter=dot']);
stage('browser tests', bin('vitest'), ['run', '--config', 'tests/browser/vitest.config.ts'], { CHROMIUM: findChromium() });
