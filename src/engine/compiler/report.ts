// Collects findings: one place that turns a catalogue code into a Diagnostic, stops after fifty errors, and never says
// the same thing about the same place twice. Knows nothing of C.

import type { Diagnostic, DiagnosticNote, Fix } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import { type CompileMessage, MESSAGES, type MessageCode } from './messages.ts';
import type { Place } from './token.ts';

/** After this many errors a run stops listening (clang's -ferror-limit is 20; the page shows more). */
const ERROR_LIMIT = 50;
const WARNING_LIMIT = 200;
/** One mistake that is found again and again (a macro that writes it ten thousand times) ends a run as well. */
const REPEAT_LIMIT = 1000;

export interface ReportExtra {
  readonly notes?: readonly DiagnosticNote[];
  readonly fix?: Fix;
}

const fill = (text: string, args: readonly string[]): string =>
  text.replace(/%(\d)/g, (_, digit: string) => {
    const value = args[Number(digit)] ?? '';
    return value.length > 200 ? `${value.slice(0, 200)}…` : value;
  });

/** Notes that walk a macro chain from the inside out, at most four deep. */
function expansionNotes(place: Place | null): DiagnosticNote[] {
  const notes: DiagnosticNote[] = [];
  for (let step = place?.expansion ?? null; step !== null && notes.length < 4; step = step.parent) {
    const message = `expanded from macro '${step.macro}'`;
    notes.push(step.definition === null ? { message } : { message, span: step.definition });
  }
  return notes;
}

export class Reporter {
  readonly diagnostics: Diagnostic[] = [];
  private readonly seen = new Set<string>();
  private readonly errorLimit: number;
  private errors = 0;
  private warnings = 0;
  private repeats = 0;
  private readonly advised = new Set<MessageCode>();
  /** What the driver knows beside the finding: notes to go with it. */
  hints: (code: MessageCode, args: readonly string[]) => readonly DiagnosticNote[] = () => [];

  constructor(errorLimit = ERROR_LIMIT) {
    this.errorLimit = errorLimit;
  }

  /** True once an error was reported. */
  get failed(): boolean {
    return this.errors > 0;
  }

  /** True when the error limit is reached; callers may stop early. */
  get full(): boolean {
    return this.errors >= this.errorLimit || this.repeats >= REPEAT_LIMIT;
  }

  /** Reports the catalogue entry `code` with its `%0`, `%1` … filled from `args`. */
  report(code: MessageCode, place: Place | null, args: readonly string[] = [], extra: ReportExtra = {}): void {
    const entry: CompileMessage = MESSAGES[code];
    const key = `${code}|${place === null ? '' : `${place.file.path}:${place.start}`}|${args.join('|')}`;
    if (this.seen.has(key)) {
      if (entry.severity === 'error') this.repeats++;
      return;
    }
    this.seen.add(key);
    const message = fill(entry.text, args);
    if (entry.severity === 'error') {
      if (this.errors >= this.errorLimit) return;
      this.errors++;
    } else if (++this.warnings > WARNING_LIMIT) return;
    const span: Span | null = place === null ? null : { file: place.file, start: place.start, end: place.end };
    const notes = [...(extra.notes ?? []), ...this.hints(code, args), ...expansionNotes(place)];
    if (entry.advice === true && !this.advised.has(code)) notes.push({ message: entry.explanation });
    this.advised.add(code);
    this.diagnostics.push({ severity: entry.severity, code, message, span, notes, ...(extra.fix ? { fix: extra.fix } : {}) });
    if (entry.severity === 'error' && this.errors === this.errorLimit) {
      const limit = MESSAGES['too-many-errors'];
      this.diagnostics.push({ severity: 'error', code: 'too-many-errors', message: limit.text, span, notes: [] });
    }
  }
}
