// Commands that are planned and not there yet: they say so with status 2 and pretend nothing.

import type { Command } from 'commander';
import type { Action } from '../main.ts';
import { STATUS, warn } from '../output.ts';

const LATER = ['sweep', 'grade', 'tc', 'export', 'map'] as const;

export function laterCommands(program: Command, done: Action): void {
  for (const name of LATER) {
    program
      .command(name)
      .description('not available yet')
      .argument('[arguments...]')
      .allowUnknownOption()
      .action(() => {
        warn(`qdisc ${name} is not available yet`);
        done(STATUS.WRONG_USE);
      });
  }
}
