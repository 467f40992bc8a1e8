// Hover, definition, references, marks, renaming and the outline of the editor, from the language services.

import type * as Monaco from 'monaco-editor/editor/editor.api.js';
import type { OutlineItem, OutlineKind } from '../../engine/index.ts';
import { askAbout, headerOf, type LanguageSource, locations, rangeIn } from './language-source.ts';

type MonacoApi = typeof Monaco;
type Model = Monaco.editor.ITextModel;

export function offerHover(monaco: MonacoApi, source: LanguageSource): Monaco.IDisposable {
  return monaco.languages.registerHoverProvider('c', {
    provideHover: async (model, position, token) => {
      const question = { kind: 'hover', offset: model.getOffsetAt(position), header: headerOf(model) } as const;
      const answer = await askAbout(source, model, token, question);
      if (answer?.kind !== 'hover' || answer.value === null) return null;
      const { range, sections } = answer.value;
      return { range: rangeIn(model, range), contents: [{ value: sections.join('\n\n') }] };
    },
  });
}

export function offerDefinitions(monaco: MonacoApi, source: LanguageSource): Monaco.IDisposable {
  return monaco.languages.registerDefinitionProvider('c', {
    provideDefinition: async (model, position, token) => {
      const question = { kind: 'definition', offset: model.getOffsetAt(position), header: headerOf(model) } as const;
      const answer = await askAbout(source, model, token, question);
      if (answer?.kind !== 'definition' || answer.value === null) return null;
      const originSelectionRange = rangeIn(model, answer.value.origin);
      const places = await locations(monaco, source, token, answer.value.targets);
      return places.map(({ uri, range }) => ({ uri, range, targetSelectionRange: range, originSelectionRange }));
    },
  });
}

export function offerReferences(monaco: MonacoApi, source: LanguageSource): Monaco.IDisposable {
  return monaco.languages.registerReferenceProvider('c', {
    provideReferences: async (model, position, context, token) => {
      const offset = model.getOffsetAt(position);
      const question = { kind: 'references', offset, header: headerOf(model), declarations: context.includeDeclaration } as const;
      const answer = await askAbout(source, model, token, question);
      return answer?.kind === 'references' ? locations(monaco, source, token, answer.value) : [];
    },
  });
}

export function offerHighlights(monaco: MonacoApi, source: LanguageSource): Monaco.IDisposable {
  const { Read, Write } = monaco.languages.DocumentHighlightKind;
  return monaco.languages.registerDocumentHighlightProvider('c', {
    provideDocumentHighlights: async (model, position, token) => {
      if (headerOf(model) !== null) return [];
      const answer = await askAbout(source, model, token, { kind: 'highlights', offset: model.getOffsetAt(position) });
      if (answer?.kind !== 'highlights') return [];
      return answer.value.map((item) => ({ range: rangeIn(model, item), kind: item.write ? Write : Read }));
    },
  });
}

/** Shows a sentence at a place of the text: the editor itself tells of a refused name on the console only. */
function sayAt(monaco: MonacoApi, model: Model, position: Monaco.IPosition, words: string): void {
  const editor = monaco.editor.getEditors().find((candidate) => candidate.getModel() === model);
  const messages = editor?.getContribution('editor.contrib.messageController') ?? null;
  if (messages === null || !('showMessage' in messages) || typeof messages.showMessage !== 'function') return;
  const { showMessage } = messages;
  // After the field for the name is gone, whose closing would take the sentence along.
  setTimeout(() => Reflect.apply(showMessage, messages, [words, position]), 60);
}

export function offerRename(monaco: MonacoApi, source: LanguageSource): Monaco.IDisposable {
  const nowhere = { range: { startLineNumber: 1, startColumn: 1, endLineNumber: 1, endColumn: 1 }, text: '' };
  return monaco.languages.registerRenameProvider('c', {
    resolveRenameLocation: async (model, position, token) => {
      if (headerOf(model) !== null) return { ...nowhere, rejectReason: 'Bundled headers cannot be changed.' };
      const answer = await askAbout(source, model, token, { kind: 'rename-place', offset: model.getOffsetAt(position) });
      if (answer?.kind !== 'rename-place') return { ...nowhere, rejectReason: 'The text has changed; try again.' };
      if (!answer.value.ok) return { ...nowhere, rejectReason: answer.value.reason };
      return { range: rangeIn(model, answer.value.range), text: answer.value.name };
    },
    provideRenameEdits: async (model, position, name, token) => {
      const answer = await askAbout(source, model, token, { kind: 'rename', offset: model.getOffsetAt(position), name });
      if (answer?.kind !== 'rename') return { edits: [], rejectReason: 'The text has changed; try again.' };
      if (!answer.value.ok) {
        sayAt(monaco, model, position, answer.value.reason);
        return { edits: [], rejectReason: answer.value.reason };
      }
      const versionId = model.getVersionId();
      const edits = answer.value.edits.map((edit) => ({
        resource: model.uri,
        versionId,
        textEdit: { range: rangeIn(model, edit), text: edit.text },
      }));
      return { edits };
    },
  });
}

type SymbolKinds = Readonly<Record<OutlineKind, Monaco.languages.SymbolKind>>;

export function offerOutline(monaco: MonacoApi, source: LanguageSource): Monaco.IDisposable {
  const { SymbolKind: kind } = monaco.languages;
  const kinds: SymbolKinds = {
    function: kind.Function,
    struct: kind.Struct,
    union: kind.Struct,
    enum: kind.Enum,
    field: kind.Field,
    enumMember: kind.EnumMember,
    variable: kind.Variable,
    map: kind.Object,
    type: kind.TypeParameter,
    macro: kind.Constant,
  };
  return monaco.languages.registerDocumentSymbolProvider('c', {
    provideDocumentSymbols: async (model, token) => {
      if (headerOf(model) !== null) return [];
      const answer = await askAbout(source, model, token, { kind: 'outline' });
      return answer?.kind === 'outline' ? answer.value.map((item) => symbol(model, kinds, item)) : [];
    },
  });
}

const symbol = (model: Model, kinds: SymbolKinds, item: OutlineItem): Monaco.languages.DocumentSymbol => ({
  name: item.name,
  detail: item.detail,
  kind: kinds[item.kind],
  tags: [],
  range: rangeIn(model, item.range),
  selectionRange: rangeIn(model, item.selection),
  children: item.children.map((child) => symbol(model, kinds, child)),
});
