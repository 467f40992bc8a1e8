// Bundles the command line from its TypeScript sources into build/cli, where bin/qdisc.mjs finds it.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './ensure-installed.mjs';

const OUT = join(root, 'build', 'cli');
const ENTRY = join(OUT, 'qdisc.mjs');

/** Newest modification time of the TypeScript files below a folder, ms. */
function newest(folder) {
  let time = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) time = Math.max(time, newest(path));
    else if (path.endsWith('.ts') && !path.endsWith('.test.ts')) time = Math.max(time, statSync(path).mtimeMs);
  }
  return time;
}

/** True when the bundle is as new as its sources. */
const upToDate = () =>
  existsSync(ENTRY) &&
  statSync(ENTRY).mtimeMs >= Math.max(...['src/engine', 'src/link', 'bin'].map((part) => newest(join(root, part))));

/** Builds when sources are newer (or `force`), and gives the path of the bundle. */
export async function buildCli(force = false) {
  if (!force && upToDate()) return ENTRY;
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({ input: { qdisc: join(root, 'bin', 'main.ts') }, platform: 'node', logLevel: 'warn' });
  await bundle.write({
    dir: OUT,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
    cleanDir: true,
  });
  await bundle.close();
  return ENTRY;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildCli(true);
