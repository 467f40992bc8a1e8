// Turns a finished walk into what people and tools read: rejection with its explanation, diagnostics at source lines,
// warnings, the log. Knows nothing of how verdicts are reached.

import type { Diagnostic, DiagnosticNote } from '../base/diagnostic.ts';
import { offsetOfLine, type SourceFile, type Span } from '../base/source.ts';
import { type LinkedProgram, lineOfSlot } from '../object/link.ts';
import type { LineEntry } from '../object/program-object.ts';
import { fillTemplate } from './message.ts';
import { MESSAGES } from './messages.ts';
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
  /** Slots of the branches taken to get there, the last ones. */
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

export function rejectionOf(refusal: Refusal): Rejection {
  const message = MESSAGES[refusal.code];
  return {
    code: refusal.code,
    insn: refusal.insn,
    errno: refusal.errno,
    kernelMessage: refusal.kernelMessage,
    details: refusal.details,
    obligation: fillTemplate(message.obligation, refusal.values),
    known: refusal.known,
    explanation: `${message.explanation} ${message.fix}`,
    path: refusal.trail,
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

/** The rejection at its source line, with what had to hold, what is known, the path there, and what to change. */
export function rejectionDiagnostic(program: LinkedProgram, rejection: Rejection, origin: number): Diagnostic {
  const notes: DiagnosticNote[] = [{ message: `required: ${rejection.obligation}` }];
  if (rejection.known !== '') notes.push({ message: `known instead: ${rejection.known}` });
  if (origin >= 0) {
    const span = spanOfSlot(program, origin);
    notes.push(span === null ? { message: `it comes from instruction ${origin}` } : { message: 'it comes from here', span });
  }
  const branch = rejection.path[rejection.path.length - 1];
  if (branch !== undefined) {
    const span = spanOfSlot(program, branch);
    const message = `the path that leads here goes through this condition (${rejection.path.length} on the way)`;
    notes.push(span === null ? { message: `${message}, instruction ${branch}` } : { message, span });
  }
  notes.push({ message: rejection.explanation }, { message: `at ${placeText(program, rejection.insn)}` });
  return {
    severity: 'error',
    code: `verifier-${rejection.code}`,
    message: rejection.kernelMessage,
    span: spanOfSlot(program, rejection.insn),
    notes,
  };
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
