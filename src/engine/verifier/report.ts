// Turns a finished walk into what people and tools read: rejection with its explanation, diagnostics at source lines,
// warnings, the log. Knows nothing of how verdicts are reached.

import type { Diagnostic, DiagnosticNote } from '../base/diagnostic.ts';
import { lineColumn, offsetOfLine, type SourceFile, type Span } from '../base/source.ts';
import { type LinkedProgram, lineOfSlot } from '../object/link.ts';
import type { LineEntry } from '../object/program-object.ts';
import { fillTemplate } from './message.ts';
import { MESSAGES } from './messages.ts';
import type { EarlierDeed, OriginKind, PassedCondition, PathSlice } from './path-slice.ts';
import type { Refusal, WalkWarning } from './walk.ts';

/** Why a program was refused. */
export interface Rejection {
  /** Key of the catalogue (messages.ts). */
  readonly code: string;
  /** Slot of the instruction. */
  readonly insn: number;
  /** Error number as the kernel gives it, positive. */
  readonly errno: number;
  /** First line of the kernel's log, in the wording of 7.2. */
  readonly kernelMessage: string;
  /** Lines of the kernel's log that follow it. */
  readonly details: readonly string[];
  /** What had to hold. */
  readonly obligation: string;
  /** What is known instead, ranges in numbers. */
  readonly known: string;
  /** For somebody who never saw a verifier: what is wrong, why, what to change. */
  readonly explanation: string;
  /** The two halves of the explanation: what is wrong and why, and what to change. */
  readonly reason: string;
  readonly fix: string;
  /** Slots of the conditions on the way there that the value in question went through, or the last ones. */
  readonly path: readonly number[];
}

export interface VerifierWarning {
  readonly code: string;
  readonly insn: number;
  readonly message: string;
  readonly explanation: string;
}

const sources = new WeakMap<object, SourceFile>();

/** Source file of a line entry; null when its text is not known. */
function sourceOf(program: LinkedProgram, line: LineEntry): SourceFile | null {
  const file = program.files[line.file];
  if (file === undefined || file.text === null) return null;
  let source = sources.get(file);
  if (source === undefined) {
    source = { path: file.path, text: file.text };
    sources.set(file, source);
  }
  return source;
}

/** Place in the source that a slot comes from; null when it is not known. */
function spanOfSlot(program: LinkedProgram, slot: number): Span | null {
  const line = lineOfSlot(program.lines, slot);
  if (line === null) return null;
  const file = sourceOf(program, line);
  if (file === null) return null;
  const start = offsetOfLine(file, line.line) + line.column - 1;
  const end = offsetOfLine(file, line.endLine) + line.endColumn - 1;
  return { file, start, end: Math.max(end, start + 1) };
}

const placeText = (program: LinkedProgram, slot: number): string => {
  const line = lineOfSlot(program.lines, slot);
  const part = program.subprograms.find((subprogram) => slot >= subprogram.start && slot < subprogram.end);
  const path = line === null ? null : (program.files[line.file]?.path ?? null);
  const where = line === null || path === null ? '' : `${path}:${line.line}, `;
  return `${where}instruction ${slot} of ${program.name}${part === undefined || part.start === 0 ? '' : ` (in ${part.name})`}`;
};

export function rejectionOf(refusal: Refusal, slice: PathSlice): Rejection {
  const message = MESSAGES[refusal.code];
  const reason = fillTemplate(message.explanation, refusal.values);
  return {
    code: refusal.code,
    insn: refusal.insn,
    errno: refusal.errno,
    kernelMessage: refusal.kernelMessage,
    details: refusal.details,
    obligation: fillTemplate(message.obligation, refusal.values),
    known: refusal.known,
    explanation: `${reason} ${message.fix}`,
    reason,
    fix: message.fix,
    path: slice.conditions.map(({ slot }) => slot),
  };
}

export function warningOf(warning: WalkWarning): VerifierWarning {
  const message = MESSAGES[warning.code];
  return {
    code: warning.code,
    insn: warning.insn,
    message: warning.known === '' ? message.kernel : `${message.kernel}: ${warning.known}`,
    explanation: `${message.explanation} ${message.fix}`,
  };
}

const ORIGIN_WORDS: Readonly<Record<OriginKind, string>> = {
  call: 'it comes from this call',
  'number-call': 'the number comes from this call',
  load: 'the value is read here',
  constant: 'the value is set here',
  address: 'the address is taken here',
  argument: 'it is an argument of the operation',
};

const EARLIER_WORDS: Readonly<Record<EarlierDeed['kind'], string>> = {
  'given-away': 'it was given away here',
  'lock-taken': 'the lock was taken here',
  'lock-given-back': 'the lock was given back here',
  deleted: 'it may have been deleted here',
  stored: 'a packet was stored here before',
  written: 'the variable was last written here',
};

const sameSpan = (a: Span | null, b: Span | null): boolean =>
  a !== null && b !== null && a.file === b.file && a.start === b.start && a.end === b.end;

/** A note at a slot, with its place in the source where there is one. */
function noteAt(program: LinkedProgram, slot: number, message: string): DiagnosticNote {
  const span = spanOfSlot(program, slot);
  return span === null ? { message: `${message} (instruction ${slot})` } : { message, span };
}

function conditionNote(program: LinkedProgram, { slot, next }: PassedCondition, wrapper: LineEntry | null): DiagnosticNote {
  const from = lineOfSlot(program.lines, slot);
  const to = lineOfSlot(program.lines, next);
  if (to === null) return noteAt(program, slot, `from this condition the path goes on at instruction ${next}`);
  if (wrapper !== null && to.line === wrapper.line)
    return noteAt(program, slot, 'from this condition the path goes on to the end');
  if (from !== null && from.line === to.line && from.file === to.file)
    return noteAt(program, slot, 'the path goes through this condition');
  return noteAt(program, slot, `from this condition the path goes on at line ${to.line}`);
}

const lineOfSpan = (span: Span): number => lineColumn(span.file, span.start).line;

/** Notes about where the value came from; what the refused line itself shows is left out where something else is shown. */
function originNotes(program: LinkedProgram, { origin, earlier, conditions }: PathSlice, span: Span | null): DiagnosticNote[] {
  const notes: DiagnosticNote[] = [];
  const from = origin === null ? null : spanOfSlot(program, origin.slot);
  const sameLine = from !== null && span !== null && from.file === span.file && lineOfSpan(from) === lineOfSpan(span);
  const redundant = sameSpan(from, span) || (sameLine && (earlier !== null || conditions.length > 0));
  if (origin !== null && !redundant) notes.push(noteAt(program, origin.slot, ORIGIN_WORDS[origin.kind]));
  if (earlier !== null) notes.push(noteAt(program, earlier.slot, EARLIER_WORDS[earlier.kind]));
  return notes;
}

/** The rejection at its source line: what is wrong, what had to hold, what is known, where the value came from, the path, what to change. */
export function rejectionDiagnostic(program: LinkedProgram, rejection: Rejection, slice: PathSlice): Diagnostic {
  const span = spanOfSlot(program, slice.place >= 0 ? slice.place : rejection.insn);
  const notes: DiagnosticNote[] = [{ message: rejection.reason }, { message: `required: ${rejection.obligation}` }];
  if (rejection.known !== '') notes.push({ message: `known instead: ${rejection.known}` });
  const wrapper = slice.place >= 0 && slice.place !== rejection.insn ? lineOfSlot(program.lines, rejection.insn) : null;
  notes.push(...originNotes(program, slice, span));
  for (const condition of slice.conditions) notes.push(conditionNote(program, condition, wrapper));
  notes.push({ message: `to fix: ${rejection.fix}` }, { message: `at ${placeText(program, rejection.insn)}` });
  return { severity: 'error', code: `verifier-${rejection.code}`, message: rejection.kernelMessage, span, notes };
}

export function warningDiagnostic(program: LinkedProgram, warning: VerifierWarning): Diagnostic {
  return {
    severity: 'warning',
    code: `verifier-${warning.code}`,
    message: warning.message,
    span: spanOfSlot(program, warning.insn),
    notes: [{ message: warning.explanation }, { message: `at ${placeText(program, warning.insn)}` }],
  };
}
