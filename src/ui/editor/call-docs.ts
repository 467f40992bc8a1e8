// Hover and completion of helper calls, from the text of the calls table. Knows no store.

import type * as Monaco from 'monaco-editor/editor/editor.api.js';
import { CALLS, type CallRow } from '../../engine/abi/calls.ts';

const prototype = (row: CallRow): string =>
  `${row.prototype.returns}${row.prototype.returns.endsWith('*') ? '' : ' '}${row.name}(${row.prototype.params})`;

/** Markdown of a call: prototype, what it does, errors, who may call it. Our own text, nothing a person typed. */
function documentation(row: CallRow): string {
  const errors = row.errors.map(({ errno, value, when }) => `- \`-${errno}\` (${-value}): ${when}`);
  const where = row.kinds === null ? 'Any program.' : `Only in ${row.kinds.map((kind) => `\`${kind}\``).join(', ')}.`;
  const profiles = row.profiles === null ? '' : ` Profiles ${row.profiles.join(', ')}.`;
  return [
    '```c',
    prototype(row),
    '```',
    row.summary,
    ...(errors.length > 0 ? ['', 'Gives', ...errors] : []),
    '',
    `*${where}${profiles}*`,
  ].join('\n');
}

/** Registers both for C; once per page. */
export function offerCallDocs(monaco: typeof Monaco): void {
  const rows = new Map(CALLS.map((row) => [row.name, row]));
  monaco.languages.registerHoverProvider('c', {
    provideHover: (model, position) => {
      const word = model.getWordAtPosition(position);
      const row = word === null ? undefined : rows.get(word.word);
      return row === undefined ? null : { contents: [{ value: documentation(row) }] };
    },
  });
  monaco.languages.registerCompletionItemProvider('c', {
    provideCompletionItems: (model, position) => {
      const word = model.getWordUntilPosition(position);
      const range = {
        startLineNumber: position.lineNumber,
        endLineNumber: position.lineNumber,
        startColumn: word.startColumn,
        endColumn: word.endColumn,
      };
      return {
        suggestions: CALLS.map((row) => ({
          label: row.name,
          kind: monaco.languages.CompletionItemKind.Function,
          insertText: row.name,
          detail: prototype(row),
          documentation: { value: documentation(row) },
          range,
        })),
      };
    },
  });
}
