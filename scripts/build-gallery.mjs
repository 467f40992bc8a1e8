// Compiles every gallery program to the object it ships as (public/gallery/*.o), so that the page's first scene needs no compiler; and
// publishes the JSON Schema of scenarios (public/scenario.schema.json).

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildCli } from './build-cli.mjs';
import { root } from './ensure-installed.mjs';

const folder = join(root, 'public', 'gallery');
const cli = await buildCli();
const { programs } = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
let failed = 0;
for (const { file, object } of programs) {
  const source = join(folder, file);
  const target = join(folder, object);
  const newest = Math.max(statSync(source).mtimeMs, statSync(cli).mtimeMs);
  if (existsSync(target) && statSync(target).mtimeMs >= newest) continue;
  const run = spawnSync(process.execPath, [join(root, 'bin', 'qdisc.mjs'), 'compile', file, '-o', object], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (run.status !== 0) failed++;
}
const schema = spawnSync(process.execPath, [join(root, 'bin', 'qdisc.mjs'), 'schema'], { encoding: 'utf8' });
if (schema.status === 0) writeFileSync(join(root, 'public', 'scenario.schema.json'), schema.stdout);
else failed++;
if (failed > 0) process.stderr.write(`${failed} gallery programs do not compile\n`);
process.exit(failed === 0 ? 0 : 1);
