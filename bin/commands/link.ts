// `qdisc share` makes a link of a scenario; `qdisc open` prints the scenario in one.

import type { Command } from 'commander';
import { encodeLink } from '../../src/link/codec.ts';
import type { Json } from '../../src/link/difference.ts';
import { galleryScenario, loadScenario } from '../input.ts';
import type { Action } from '../main.ts';
import { print, printJson } from '../output.ts';

const DEFAULT_BASE = 'http://localhost:4173/';

export function shareCommand(program: Command, _done: Action): void {
  program
    .command('share')
    .description('make a link of a scenario')
    .argument('<scenario>', 'gallery name, .json file or link')
    .option('--base <url>', 'address of the page', DEFAULT_BASE)
    .option('--json', 'one JSON object')
    .action((name: string, options: { base: string; json?: boolean }) => {
      const { scenario, sources, preset } = loadScenario(name);
      const text = preset === null ? null : galleryScenario(preset);
      const state = { preset, scenario: scenario as unknown as Json, sources, view: {} };
      const link = options.base.replace(/#.*$/, '') + encodeLink(state, text === null ? null : (JSON.parse(text) as Json));
      if (options.json) printJson({ link, characters: link.length });
      else print(link);
    });
}

export function openCommand(program: Command, _done: Action): void {
  program
    .command('open')
    .description('print the scenario in a link')
    .argument('<link>')
    .option('--json', 'one JSON object on one line')
    .action((link: string, options: { json?: boolean }) => {
      const text = link.includes('#') ? link : `#${link}`;
      const { scenario, sources } = loadScenario(text);
      const programs = Object.fromEntries(
        Object.entries(scenario.programs).map(([name, item]) => {
          const source = sources[name];
          if (source === undefined) return [name, item];
          const { gallery: _gallery, ...rest } = item;
          return [name, { ...rest, source }];
        }),
      );
      const whole = { ...scenario, programs };
      if (options.json) printJson(whole);
      else print(JSON.stringify(whole, null, 2));
    });
}
