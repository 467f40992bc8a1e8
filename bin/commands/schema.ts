// `qdisc schema`: the JSON Schema of a scenario, made from the one schema that validates it.

import { toJsonSchema } from '@valibot/to-json-schema';
import type { Command } from 'commander';
import { scenarioSchema } from '../../src/engine/index.ts';
import type { Action } from '../main.ts';
import { print } from '../output.ts';

export function schemaCommand(program: Command, _done: Action): void {
  program
    .command('schema')
    .description('print the JSON Schema of a scenario')
    .action(() => {
      const schema = toJsonSchema(scenarioSchema, { errorMode: 'ignore', typeMode: 'input' });
      print(JSON.stringify({ ...schema, title: 'Qdisc Playground scenario, version 1' }, null, 2));
    });
}
