// `npm run fuzz [-- NAME... --count N --seed S]`: bundles tests/fuzz/NAME.fuzz.ts and runs them; without a name, all of them. Status 1 when
// one found something. Files of a run are in build/fuzz.

import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled, root } from './ensure-installed.mjs';

ensureInstalled();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string' },
    seed: { type: 'string', default: '1' },
    accept: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});
process.chdir(root);
const all = readdirSync(join(root, 'tests', 'fuzz'))
  .filter((name) => name.endsWith('.fuzz.ts'))
  .map((name) => name.replace('.fuzz.ts', ''));
const unknown = positionals.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`There is no fuzzer ${unknown.join(', ')}. There are: ${all.join(', ')}\n`);
  process.exit(2);
}
const folder = join(root, 'build', 'fuzz');
mkdirSync(folder, { recursive: true });

/** Bundles one fuzzer under a name of its own, so that several runs do not disturb each other. */
async function load(name) {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: { [name]: join(root, 'tests', 'fuzz', `${name}.fuzz.ts`) },
    platform: 'node',
    logLevel: 'warn',
  });
  const dir = join(folder, `bundle-${process.pid}`);
  await bundle.write({ dir, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });
  await bundle.close();
  return (await import(`file://${join(dir, `${name}.mjs`)}`)).fuzzer;
}

let clean = true;
for (const name of positionals.length > 0 ? positionals : all) {
  const fuzzer = await load(name);
  process.stdout.write(`${name}: ${fuzzer.about}\n`);
  if (values.list) continue;
  const started = performance.now();
  const ok = await fuzzer.run({
    count: Number(values.count ?? fuzzer.count),
    seed: Number(values.seed),
    accept: values.accept,
    folder,
    print: (line) => process.stdout.write(`  ${line}\n`),
  });
  clean &&= ok;
  process.stdout.write(
    `${name}: ${ok ? 'nothing found' : 'FOUND SOMETHING'} (${((performance.now() - started) / 1000).toFixed(0)} s)\n`,
  );
}
process.exit(clean ? 0 : 1);
