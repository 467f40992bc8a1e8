// Completion and signature help of the editor, from the language services.

import type * as Monaco from 'monaco-editor/editor/editor.api.js';
import type { CompletionKind } from '../../engine/index.ts';
import { askAbout, headerOf, type LanguageSource, rangeIn } from './language-source.ts';

type MonacoApi = typeof Monaco;
type Kinds = Readonly<Record<CompletionKind, Monaco.languages.CompletionItemKind>>;

const kindsOf = ({ languages: { CompletionItemKind: kind } }: MonacoApi): Kinds => ({
  variable: kind.Variable,
  parameter: kind.Variable,
  field: kind.Field,
  function: kind.Function,
  macro: kind.Constant,
  type: kind.TypeParameter,
  struct: kind.Struct,
  enum: kind.Enum,
  enumMember: kind.EnumMember,
  keyword: kind.Keyword,
  header: kind.File,
  label: kind.Reference,
  section: kind.Module,
});

/** Characters behind which something can be offered although no word has begun. */
const TRIGGERS = ['.', '>', '<', '"', '/', '#', '&', ' '];

/** A space asks only behind words that want a name of a certain kind: anywhere else the list would be in the way. */
const WANTS_NAME = /(^|[^\w])(return|goto|case|struct|union|enum|=|,)\s$/;
/** A greater-than sign asks only as the end of an arrow, a slash only inside an include. */
function asksHere(typed: string | undefined, before: string): boolean {
  switch (typed) {
    case ' ':
      return WANTS_NAME.test(before) && !/[,]\s$/.test(before);
    case '>':
      return before.endsWith('->');
    case '<':
    case '/':
      return /^\s*#\s*include\b/.test(before);
    case '"':
      return /(SEC\("|^\s*#\s*include\s*")$/.test(before);
    case '&':
      return /[(,]\s*&$/.test(before);
    default:
      return true;
  }
}

const sortText = (rank: number): string =>
  Math.round(rank * 1000)
    .toString()
    .padStart(6, '0');

export function offerCompletion(monaco: MonacoApi, source: LanguageSource): Monaco.IDisposable {
  const kinds = kindsOf(monaco);
  return monaco.languages.registerCompletionItemProvider('c', {
    triggerCharacters: TRIGGERS,
    provideCompletionItems: async (model, position, context, token) => {
      const before = model.getLineContent(position.lineNumber).slice(0, position.column - 1);
      if (headerOf(model) !== null || !asksHere(context.triggerCharacter, before)) return { suggestions: [] };
      const answer = await askAbout(source, model, token, { kind: 'completion', offset: model.getOffsetAt(position) });
      if (answer?.kind !== 'completion') return { suggestions: [] };
      const range = rangeIn(model, answer.value.replace);
      const insert = { ...range, endLineNumber: position.lineNumber, endColumn: position.column };
      const suggestions = answer.value.items.map(
        (item): Monaco.languages.CompletionItem => ({
          label: { label: item.label, description: item.kind === 'keyword' ? '' : shortened(item.detail) },
          kind: kinds[item.kind],
          insertText: item.insert,
          detail: item.detail,
          documentation: { value: item.documentation },
          sortText: sortText(item.rank),
          filterText: item.insert.startsWith('.') || item.insert.startsWith('&') ? `${item.label} ${item.insert}` : item.label,
          range: { insert, replace: range },
          ...(item.snippet ? { insertTextRules: monaco.languages.CompletionItemInsertTextRule.InsertAsSnippet } : {}),
          ...(item.snippet && item.kind !== 'keyword' ? { command: HINTS } : {}),
        }),
      );
      return { suggestions };
    },
  });
}

/** Shows the signature once a call with places for its arguments is in. */
const HINTS = { id: 'editor.action.triggerParameterHints', title: '' };

const shortened = (detail: string): string => (detail.length > 46 ? `${detail.slice(0, 45)}…` : detail);

export function offerSignatures(monaco: MonacoApi, source: LanguageSource): Monaco.IDisposable {
  return monaco.languages.registerSignatureHelpProvider('c', {
    signatureHelpTriggerCharacters: ['(', ','],
    signatureHelpRetriggerCharacters: [')'],
    provideSignatureHelp: async (model, position, token) => {
      if (headerOf(model) !== null) return null;
      const answer = await askAbout(source, model, token, { kind: 'signature', offset: model.getOffsetAt(position) });
      if (answer?.kind !== 'signature' || answer.value === null) return null;
      const { label, parameters, active, documentation } = answer.value;
      const signature: Monaco.languages.SignatureInformation = {
        label,
        documentation: { value: documentation },
        parameters: parameters.map((parameter) => ({
          label: [parameter.start, parameter.end],
          ...(parameter.documentation === '' ? {} : { documentation: { value: parameter.documentation } }),
        })),
      };
      return { value: { signatures: [signature], activeSignature: 0, activeParameter: active }, dispose: () => {} };
    },
  });
}
