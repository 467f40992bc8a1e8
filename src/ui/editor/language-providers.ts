// Everything that the language services give the editor, registered together; and the colours of names by meaning.

import type * as Monaco from 'monaco-editor/editor/editor.api.js';
import { askAbout, HEADER_SCHEME, headerOf, type LanguageSource } from './language-source.ts';
import {
  offerDefinitions,
  offerHighlights,
  offerHover,
  offerOutline,
  offerReferences,
  offerRename,
} from './navigation-providers.ts';
import { SEMANTIC_LEGEND } from './semantic-legend.ts';
import { offerCompletion, offerSignatures } from './typing-providers.ts';

type MonacoApi = typeof Monaco;

function offerColours(monaco: MonacoApi, source: LanguageSource): Monaco.IDisposable {
  return monaco.languages.registerDocumentSemanticTokensProvider('c', {
    getLegend: () => SEMANTIC_LEGEND,
    provideDocumentSemanticTokens: async (model, _last, token) => {
      if (headerOf(model) !== null) return null;
      const answer = await askAbout(source, model, token, { kind: 'tokens' });
      return answer?.kind === 'tokens' ? { data: answer.value } : null;
    },
    releaseDocumentSemanticTokens: () => {},
  });
}

/** Opens a header when a definition lies in one; `show` is told which model and place. */
function openHeaders(
  monaco: MonacoApi,
  show: (model: Monaco.editor.ITextModel, at: Monaco.IPosition) => void,
): Monaco.IDisposable {
  return monaco.editor.registerEditorOpener({
    openCodeEditor: (_source, resource, place) => {
      const model = monaco.editor.getModel(resource);
      if (model === null) return false;
      const at =
        place === undefined
          ? { lineNumber: 1, column: 1 }
          : 'lineNumber' in place
            ? place
            : { lineNumber: place.startLineNumber, column: place.startColumn };
      show(model, at);
      return true;
    },
  });
}

/** Registers all providers for C. Disposing takes them and the models of headers away. */
export function offerLanguage(
  monaco: MonacoApi,
  source: LanguageSource,
  show: (model: Monaco.editor.ITextModel, at: Monaco.IPosition) => void,
): Monaco.IDisposable {
  const registered = [
    offerCompletion(monaco, source),
    offerSignatures(monaco, source),
    offerHover(monaco, source),
    offerDefinitions(monaco, source),
    offerReferences(monaco, source),
    offerHighlights(monaco, source),
    offerRename(monaco, source),
    offerOutline(monaco, source),
    offerColours(monaco, source),
    openHeaders(monaco, show),
  ];
  return {
    dispose: () => {
      for (const item of registered) item.dispose();
      for (const model of monaco.editor.getModels()) if (model.uri.scheme === HEADER_SCHEME) model.dispose();
    },
  };
}
