// docs/c-subset.md is made from the programs that the tests run and from the catalogue of messages: this test holds it to them.
// ACCEPT_GOLDENS=1 writes it anew.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BUILTINS } from './builtins.ts';
import { LANGUAGE_PROGRAMS, type NamedProgram } from './language-programs.ts';
import { MESSAGES, type MessageCode } from './messages.ts';
import { REQUIREMENT_PROGRAMS } from './requirement-programs.ts';

const path = new URL('../../../docs/c-subset.md', import.meta.url);

/** What the compiler refuses although C has it. */
const REFUSED: readonly MessageCode[] = [
  'floating-point',
  'int128',
  'variable-length-array',
  'variadic-definition',
  'computed-goto',
  'thread-local',
  'wide-string',
  'inline-assembly',
  'indirect-call',
  'data-pointer',
  'signed-division',
  'stack-limit',
];
const WARNED: readonly MessageCode[] = ['recursive-function', 'many-arguments'];

/** In a cell of a table, without what would end it. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/%\d/g, '…');
const code = (text: string): string => text.replaceAll('_', '\\_');

function list(programs: readonly NamedProgram[]): string {
  return programs.map(([name]) => `- ${code(name)}\n`).join('');
}

function page(): string {
  const chapters = REQUIREMENT_PROGRAMS.map(({ title, programs }) => `### ${title}\n\n${list(programs)}`).join('\n');
  const row = (name: MessageCode): string =>
    `| ${cell(code(MESSAGES[name].text))} | ${cell(code(MESSAGES[name].explanation))} |\n`;
  const builtins = [...BUILTINS.keys()].filter((name) => name.startsWith('__')).sort();
  return `# The C that the compiler takes

C11 with the GNU extensions that kernel people use, minus what BPF cannot run. This page is made from the tests: each line of the
lists is the name of a program that \`src/engine/compiler/language.test.ts\` compiles at every level, runs, and compares with the
value that C gives.

A function's frame has 512 bytes. A program names its interface by an include (\`<qdisc/v4.h>\`, \`<qdisc/v5.h>\`, \`<qdisc/lab.h>\`), by a
\`.struct_ops\` section, or is given one (\`--profile\`, or the choice in the page).

## What the published BPF qdiscs need

${chapters}
## The rest of the language

${list(LANGUAGE_PROGRAMS)}
## Built-in functions

${builtins.map((name) => `\`${name}\``).join(', ')}

## Not taken

| message | instead |
|---|---|
${REFUSED.map(row).join('')}
## Taken with a warning

| message | why |
|---|---|
${WARNED.map(row).join('')}`;
}

it('docs/c-subset.md is up to date', () => {
  if (process.env.ACCEPT_GOLDENS === '1') writeFileSync(path, page());
  expect(existsSync(path) ? readFileSync(path, 'utf8') : '').toBe(page());
});
