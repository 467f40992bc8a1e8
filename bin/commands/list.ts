// `qdisc list`: gallery programs and scenarios.

import type { Command } from 'commander';
import { galleryIndex } from '../input.ts';
import type { Action } from '../main.ts';
import { print, printJson } from '../output.ts';

export function listCommand(program: Command, _done: Action): void {
  program
    .command('list')
    .description('list gallery programs and scenarios')
    .option('--json', 'one JSON object a line')
    .action((options: { json?: boolean }) => {
      const { programs, scenarios } = galleryIndex();
      const profileOf = new Map(programs.map(({ id, profile }) => [id, profile]));
      const rows = [
        ...programs.map(({ id, title, profile }) => ({ kind: 'program', name: id, title, profile })),
        ...scenarios.map(({ id, title, program: uses }) => ({
          kind: 'scenario',
          name: id,
          title,
          profile: profileOf.get(uses) ?? null,
        })),
      ];
      for (const row of rows) {
        if (options.json) printJson(row);
        else print(`${row.kind.padEnd(9)} ${row.name.padEnd(14)} ${String(row.profile).padEnd(4)} ${row.title}`);
      }
    });
}
