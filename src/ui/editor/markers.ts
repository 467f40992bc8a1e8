// Findings as Monaco's markers and quick fixes. Places of other files (headers) fall back to the first line. Knows no store.

import type * as Monaco from 'monaco-editor/editor/editor.api.js';
import type { FlatDiagnostic } from '../../worker/api.ts';

const OWNER = 'qdisc';

/** True when the finding is about the file in the editor. */
const isHere = (item: FlatDiagnostic, file: string): boolean => item.line > 0 && (item.file === null || item.file === file);

function rangeOf(monaco: typeof Monaco, item: FlatDiagnostic): Monaco.Range {
  const empty = item.endLine === item.line && item.endColumn <= item.column;
  return new monaco.Range(item.line, item.column, Math.max(item.line, item.endLine), empty ? item.column + 1 : item.endColumn);
}

/** Shows the findings of `file` in `model`. */
export function showMarkers(
  monaco: typeof Monaco,
  model: Monaco.editor.ITextModel,
  file: string,
  items: readonly FlatDiagnostic[],
): void {
  const severities = {
    error: monaco.MarkerSeverity.Error,
    warning: monaco.MarkerSeverity.Warning,
    note: monaco.MarkerSeverity.Info,
  } as const;
  const markers = items
    .filter((item) => isHere(item, file))
    .map((item): Monaco.editor.IMarkerData => {
      const range = rangeOf(monaco, item);
      return {
        severity: severities[item.severity],
        message: item.explanation === null ? item.message : `${item.message}\n${item.explanation}`,
        code: item.code,
        source: item.stage,
        startLineNumber: range.startLineNumber,
        startColumn: range.startColumn,
        endLineNumber: range.endLineNumber,
        endColumn: range.endColumn,
        relatedInformation: item.notes
          .filter((note) => note.line !== null)
          .map((note) => ({
            resource: model.uri,
            message: note.message,
            startLineNumber: note.line ?? 1,
            startColumn: note.column ?? 1,
            endLineNumber: note.line ?? 1,
            endColumn: (note.column ?? 1) + 1,
          })),
      };
    });
  monaco.editor.setModelMarkers(model, OWNER, markers);
}

/** Offers the findings' fixes as quick fixes of the editor; `current` gives the findings of the moment. */
export function offerFixes(monaco: typeof Monaco, uri: string, current: () => readonly FlatDiagnostic[]): Monaco.IDisposable {
  return monaco.languages.registerCodeActionProvider('c', {
    provideCodeActions: (model, range) => {
      const actions = current().flatMap((item): Monaco.languages.CodeAction[] => {
        const { fix } = item;
        if (fix === null || model.uri.toString() !== uri || !range.intersectRanges(rangeOf(monaco, item))) return [];
        const place = new monaco.Range(fix.line, fix.column, fix.endLine, fix.endColumn);
        return [
          {
            title: fix.description,
            kind: 'quickfix',
            isPreferred: true,
            edit: {
              edits: [{ resource: model.uri, versionId: model.getVersionId(), textEdit: { range: place, text: fix.text } }],
            },
          },
        ];
      });
      return { actions, dispose: () => {} };
    },
  });
}
