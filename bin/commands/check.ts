// `qdisc check`: validates a scenario.

import type { Command } from 'commander';
import { parseScenario } from '../../src/engine/index.ts';
import { galleryScenario, readText } from '../input.ts';
import type { Action } from '../main.ts';
import { print, printJson, STATUS } from '../output.ts';

/** Line (one-based) where the dotted path begins in JSON text, found by walking keys in order; 1 when it cannot be found. */
function lineOfPath(text: string, path: string): number {
  let from = 0;
  for (const part of path.split('.')) {
    if (part === '' || /^\d+$/.test(part)) continue;
    const at = text.indexOf(`"${part}"`, from);
    if (at < 0) break;
    from = at;
  }
  return text.slice(0, from).split('\n').length;
}

export function checkCommand(program: Command, done: Action): void {
  program
    .command('check')
    .description('validate a scenario')
    .argument('<scenario>', 'gallery name, .json file or -')
    .option('--json', 'one JSON object')
    .action((name: string, options: { json?: boolean }) => {
      const text = galleryScenario(name) ?? readText(name);
      const result = parseScenario(text);
      const problems = result.ok
        ? []
        : result.problems.map((item) => ({ path: item.path, line: lineOfPath(text, item.path), message: item.message }));
      if (options.json) printJson({ ok: result.ok, problems });
      else if (result.ok) print(`${name}: ok`);
      else for (const item of problems) print(`${name}:${item.line}: ${item.path === '' ? '' : `${item.path}: `}${item.message}`);
      if (!result.ok) done(STATUS.NO);
    });
}
