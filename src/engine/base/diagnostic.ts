// Errors as values: what was wrong, where, why, and what to do. Used by compiler, verifier, scenario reader, links
// and command line alike. Knows nothing of who made the diagnostic.

import { lineColumn, lineText, type Span } from './source.ts';

export type Severity = 'error' | 'warning' | 'note';

/** A second labelled place, or (without a span) a sentence of explanation. */
export interface DiagnosticNote {
  readonly message: string;
  readonly span?: Span;
}

/** A certain or likely repair: replace `span` by `text`. */
export interface Fix {
  readonly description: string;
  readonly span: Span;
  readonly text: string;
}

/** One finding. `code` is stable, kebab-case, and the key of the catalogue that explains it at length. */
export interface Diagnostic {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly span: Span | null;
  readonly notes: readonly DiagnosticNote[];
  readonly fix?: Fix;
}

/** True when any finding is an error. */
export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((diagnostic) => diagnostic.severity === 'error');

const place = (span: Span): string => {
  const { line, column } = lineColumn(span.file, span.start);
  return `${span.file.path}:${line}:${column}`;
};

function excerpt(span: Span): string[] {
  const from = lineColumn(span.file, span.start);
  const to = lineColumn(span.file, span.end);
  const text = lineText(span.file, from.line).slice(0, 240);
  const width = to.line === from.line ? Math.max(1, to.column - from.column) : Math.max(1, text.length - from.column + 1);
  const indent = text.slice(0, from.column - 1).replace(/[^\t]/g, ' ');
  const gutter = String(from.line).padStart(5);
  return [`${gutter} | ${text}`, `      | ${indent}^${'~'.repeat(Math.min(width, 240) - 1)}`];
}

/** Plain text in the shape that clang made familiar: place, severity, message, the line, a caret, then the notes. */
export function renderDiagnostic(diagnostic: Diagnostic): string {
  const head = diagnostic.span === null ? '' : `${place(diagnostic.span)}: `;
  const lines = [`${head}${diagnostic.severity}: ${diagnostic.message} [${diagnostic.code}]`];
  if (diagnostic.span !== null) lines.push(...excerpt(diagnostic.span));
  for (const note of diagnostic.notes) {
    lines.push(`${note.span === undefined ? '' : `${place(note.span)}: `}note: ${note.message}`);
    if (note.span !== undefined) lines.push(...excerpt(note.span));
  }
  if (diagnostic.fix !== undefined) lines.push(`help: ${diagnostic.fix.description}`);
  return lines.join('\n');
}

/** Orders by file, then place, then severity; stable for equal places. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const rank = { error: 0, warning: 1, note: 2 } as const;
  return [...diagnostics].sort((a, b) => {
    if (a.span === null || b.span === null) return (a.span === null ? 0 : 1) - (b.span === null ? 0 : 1);
    if (a.span.file.path !== b.span.file.path) return a.span.file.path < b.span.file.path ? -1 : 1;
    return a.span.start - b.span.start || rank[a.severity] - rank[b.severity];
  });
}
