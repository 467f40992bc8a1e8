// Installs the locked packages when they are missing or older than the lock file. Needs Node and npm alone.

import { spawnSync } from 'node:child_process';
import { existsSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Path of a locally installed command. */
export const bin = (name) => join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);

/**
 * Installs the locked packages unless node_modules is as new as package-lock.json. Not `npm ci`: that insists on lock entries for the optional
 * packages of every platform, which a registry mirror need not hold. Exits with npm's status when the install fails.
 */
export function ensureInstalled() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    process.stderr.write(`Node ${process.versions.node} is too old: the playground needs 20.19 or newer.\n`);
    process.exit(2);
  }
  const marker = join(root, 'node_modules', '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs) return;
  process.stdout.write('Installing packages …\n');
  const run = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (run.status !== 0) process.exit(run.status ?? 1);
  utimesSync(marker, new Date(), new Date());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensureInstalled();
