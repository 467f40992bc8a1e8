// Diagnostics as they cross to the page: places as lines and columns, no object graphs. Knows nothing of who found them.

import type { Diagnostic, ScenarioProblem } from '../engine/index.ts';
import { lineColumn } from '../engine/index.ts';
import type { FlatDiagnostic } from './api.ts';

type Place = { readonly line: number; readonly column: number; readonly endLine: number; readonly endColumn: number };
const NOWHERE: Place = { line: 1, column: 1, endLine: 1, endColumn: 1 };

function placeOf(span: Diagnostic['span']): Place {
  if (span === null) return NOWHERE;
  const from = lineColumn(span.file, span.start);
  const to = lineColumn(span.file, Math.max(span.end, span.start + 1));
  return { line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}

/** `explanation` is the long text for people who meet the message for the first time. */
export function flatten(diagnostic: Diagnostic, stage: FlatDiagnostic['stage'], explanation: string | null): FlatDiagnostic {
  const { fix } = diagnostic;
  return {
    severity: diagnostic.severity,
    code: diagnostic.code,
    message: diagnostic.message,
    file: diagnostic.span?.file.path ?? null,
    ...placeOf(diagnostic.span),
    notes: diagnostic.notes.map(({ message, span }) => {
      const place = span === undefined ? null : placeOf(span);
      return { message, line: place?.line ?? null, column: place?.column ?? null, file: span?.file.path ?? null };
    }),
    fix: fix === undefined ? null : { description: fix.description, text: fix.text, ...placeOf(fix.span) },
    explanation,
    stage,
  };
}

/** A scenario's problem; its path stands in the message, since the page shows the scenario as a form as well as text. */
export const flattenProblem = ({ path, message }: ScenarioProblem): FlatDiagnostic => ({
  severity: 'error',
  code: 'scenario',
  message: path === '' ? message : `${path}: ${message}`,
  file: null,
  ...NOWHERE,
  notes: [],
  fix: null,
  explanation: null,
  stage: 'scenario',
});
