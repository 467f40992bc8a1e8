// `npm run bench [NAME...]`: bundles each bench/*.bench.ts, runs it several times in fresh processes, and prints and stores the medians with
// the raw samples (bench/results/NAME.json).

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled, root } from './ensure-installed.mjs';

const ROUNDS = 5;
ensureInstalled();
const { rolldown } = await import('rolldown');
const wanted = process.argv.slice(2);
const benches = readdirSync(join(root, 'bench'))
  .filter((name) => name.endsWith('.bench.ts'))
  .map((name) => name.replace('.bench.ts', ''));
const out = join(root, 'build', 'bench');
mkdirSync(join(root, 'bench', 'results'), { recursive: true });

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

for (const name of benches.filter((bench) => wanted.length === 0 || wanted.includes(bench))) {
  const bundle = await rolldown({
    input: { [name]: join(root, 'bench', `${name}.bench.ts`) },
    platform: 'node',
    logLevel: 'warn',
    external: ['playwright-core'],
  });
  await bundle.write({ dir: out, format: 'esm', entryFileNames: '[name].mjs' });
  await bundle.close();
  const samples = [];
  for (let round = 0; round < ROUNDS; round++) {
    const code = `import(${JSON.stringify(`file://${join(out, `${name}.mjs`)}`)}).then(async (m) => console.log(JSON.stringify(await m.run())))`;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    if (run.status !== 0) {
      process.stderr.write(run.stderr);
      process.exit(1);
    }
    samples.push(JSON.parse(run.stdout.trim().split('\n').at(-1)));
  }
  const medians = Object.fromEntries(
    Object.keys(samples[0]).map((key) => [
      key,
      typeof samples[0][key] === 'number' ? median(samples.map((sample) => sample[key])) : samples[0][key],
    ]),
  );
  const result = { name, node: process.version, cpu: cpus()[0]?.model ?? 'unknown', rounds: ROUNDS, medians, samples };
  writeFileSync(join(root, 'bench', 'results', `${name}.json`), `${JSON.stringify(result, null, 1)}\n`);
  process.stdout.write(`${name}: ${JSON.stringify(medians)}\n`);
}
