// The verifier's door: a linked program in; a VerifiedProgram, minted only here, or a rejection out, and a report either
// way. Never throws on any program. Knows nothing of the compiler or of execution.

import { kfuncNamed } from '../abi/kfuncs.ts';
import type { ProfileId } from '../abi/profile.ts';
import { profileOf } from '../abi/profiles.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import { PSEUDO_CALL } from '../isa/opcodes.ts';
import type { LinkedProgram } from '../object/link.ts';
import { checkJumps, type ShapeFault, shapeOf } from './control-flow.ts';
import { checkEncodings } from './encoding-checks.ts';
import { checkValueAddresses, explore, type Observer } from './explore.ts';
import { startGlobalFunction } from './global-functions.ts';
import { fillTemplate } from './message.ts';
import { isMessageCode, MESSAGES } from './messages.ts';
import { NO_SLICE, slicePath } from './path-slice.ts';
import { type ProgramRules, rulesOfProfile } from './program-rules.ts';
import { refineRefusal } from './refine-refusal.ts';
import {
  type Rejection,
  rejectionDiagnostic,
  rejectionOf,
  type VerifierWarning,
  warningDiagnostic,
  warningOf,
} from './report.ts';
import { StateTable } from './state-table.ts';
import { checkStructOpsProgram, startStructOps } from './struct-ops-entry.ts';
import { type KernelVersion, rulesOfStructOps } from './struct-ops-model.ts';
import { checkStackDepth } from './transfer-call.ts';
import { type Refusal, Walk } from './walk.ts';
import { WalkLog } from './walk-log.ts';

export type { Rejection, VerifierWarning } from './report.ts';
export { StructTable } from './special-fields.ts';
export type { AbstractState, StateTable } from './state-table.ts';
export type { KernelVersion } from './struct-ops-model.ts';

export interface VerifyOptions {
  readonly profile: ProfileId | null;
  /** Study the posted code: losing a packet is a warning instead of a rejection. */
  readonly asPosted?: boolean;
  /** 1: the rejection's own lines; 2: the state before every instruction as well. */
  readonly logLevel?: 0 | 1 | 2;
  /** Most instructions walked; the kernel's limit is 1,000,000. */
  readonly instructionLimit?: number;
  /** Whose verdict is wanted; matters to struct_ops programs. 7.2 when absent. */
  readonly kernel?: KernelVersion;
}

export interface VerifierReport {
  readonly program: string;
  readonly rejection: Rejection | null;
  readonly warnings: readonly VerifierWarning[];
  /** Instructions walked, all paths together. */
  readonly processed: number;
  readonly log: readonly string[];
  /** The rejection and the warnings at their places in the source. */
  readonly diagnostics: readonly Diagnostic[];
  /** What was known before each instruction, on the first few visits. */
  readonly states: StateTable;
}

declare const verified: unique symbol;

/** A program that cannot fault: the only thing the virtual machine takes. Made only by {@link verify}. */
export interface VerifiedProgram {
  readonly [verified]: true;
  readonly linked: LinkedProgram;
  /** Bytes of its own stack each subprogram uses. */
  readonly stackDepths: readonly number[];
}

export type VerifyResult =
  | { readonly ok: true; readonly program: VerifiedProgram; readonly report: VerifierReport }
  | { readonly ok: false; readonly report: VerifierReport };

/** The kernel's BPF_COMPLEXITY_LIMIT_INSNS. */
const INSTRUCTION_LIMIT = 1_000_000;
/** What the kernel's loader flags change; for programs that do not come from a profile. */
export interface WalkFlags {
  readonly strictAlignment: boolean;
  readonly saveOften: boolean;
  /** See {@link Walk}: with it every concrete state lies in a state that was walked, which tests want. */
  readonly everyScalar?: boolean;
  /** Called before every instruction walked. */
  readonly observe?: (walk: Walk) => void;
}

function mint(linked: LinkedProgram, stackDepths: readonly number[]): VerifiedProgram {
  return { linked, stackDepths } as VerifiedProgram;
}

function refusalOfFault(fault: ShapeFault): Refusal {
  const code = isMessageCode(fault.code) ? fault.code : 'unreachable';
  const message = MESSAGES[code];
  return {
    code,
    insn: fault.insn,
    errno: message.errno,
    kernelMessage: fillTemplate(message.kernel, fault.values),
    values: fault.values,
    known: '',
    details: [],
    origin: -1,
  };
}

interface Walked {
  readonly refusal: Refusal | null;
  readonly walk: Walk | null;
  readonly states: StateTable;
  readonly trace: WalkLog | null;
}

function walkProgram(program: LinkedProgram, rules: ProgramRules, options: VerifyOptions, flags: WalkFlags): Walked {
  const states = new StateTable();
  const fault = checkJumps(program) ?? checkEncodings(program);
  if (fault !== null) return { refusal: refusalOfFault(fault), walk: null, states, trace: null };
  const wrong = rules.model === undefined ? null : checkStructOpsProgram(program, rules.model);
  if (wrong !== null) return { refusal: refusalOfFault(wrong), walk: null, states, trace: null };
  const shape = shapeOf(
    program,
    (slot) => argumentCount(program, rules, slot),
    (slot) => isLoopCall(program, rules, slot),
  );
  if ('code' in shape) {
    const old = rules.model !== undefined && rules.model.kernel !== '7.2' && shape.code === 'recursion';
    const fault = old ? { code: 'too-many-frames', insn: shape.insn, values: { count: 9 } } : shape;
    return { refusal: refusalOfFault(fault), walk: null, states, trace: null };
  }
  const walk = new Walk(program, shape, rules, {
    instructionLimit: options.instructionLimit ?? INSTRUCTION_LIMIT,
    logLevel: options.logLevel ?? 0,
    ...flags,
  });
  if (!checkValueAddresses(walk)) return { refusal: walk.refusal, walk, states, trace: null };
  walk.insn = 0;
  const trace = options.logLevel === undefined || options.logLevel === 0 ? null : new WalkLog(program, options.logLevel);
  walk.log = trace;
  const observe: Observer = {
    before: (at) => {
      states.keep(at);
      flags.observe?.(at);
      trace?.note(at);
    },
    ...(trace === null ? {} : { after: (at) => trace.done(at), covered: (at) => trace.covered(at) }),
  };
  startStructOps(walk);
  if (explore(walk, observe) && rules.model !== undefined) walkGlobalFunctions(walk, observe, trace);
  if (walk.refusal === null) {
    trace?.accept();
    checkStackDepth(walk);
  }
  return { refusal: walk.refusal, walk, states, trace };
}

/** Arguments that the call at a slot takes; all five registers where that is not known. */
function argumentCount(program: LinkedProgram, rules: ProgramRules, slot: number): number {
  const imm = program.code.imm[slot] ?? 0;
  if (program.code.src[slot] === PSEUDO_CALL.HELPER) return rules.helper(imm)?.args.length ?? 5;
  if (program.code.src[slot] === PSEUDO_CALL.KFUNC) return kfuncNamed(program.kfuncs[imm] ?? '')?.args.length ?? 5;
  return 5;
}

/** The call at a slot is a loop by itself: it calls back, or it is the step of an iterator. */
function isLoopCall(program: LinkedProgram, rules: ProgramRules, slot: number): boolean {
  const imm = program.code.imm[slot] ?? 0;
  if (program.code.src[slot] === PSEUDO_CALL.HELPER) return (rules.helper(imm)?.callback ?? null) !== null;
  const row = kfuncNamed(program.kfuncs[imm] ?? '');
  return row !== null && (row.returns === 'number' || row.args.includes('less'));
}

/** Walks every global function of the program by itself. */
function walkGlobalFunctions(walk: Walk, observe: Observer, trace: WalkLog | null): void {
  for (const [number, part] of walk.shape.subprograms.entries()) {
    if (number === 0 || part.linkage !== 'global') continue;
    walk.startAgain(part.start, number);
    startGlobalFunction(walk, part);
    trace?.begin(part.name, number);
    if (!explore(walk, observe)) return;
  }
}

/** Refusals after more instructions than this are not walked again for their log. */
const LOGGED_INSTRUCTIONS = 200_000;

/**
 * The log of level 1. It holds the last path only, and nothing of a program that is accepted; so the walk, which always goes
 * the same way, is done again with a log when it was refused, and costs nothing when it was not.
 */
function lastPath(
  { refusal, walk }: Walked,
  program: LinkedProgram,
  rules: ProgramRules,
  options: VerifyOptions,
  flags: WalkFlags,
): WalkLog | null {
  if (options.logLevel !== 1 || refusal === null || walk === null || walk.processed > LOGGED_INSTRUCTIONS) return null;
  return walkProgram(program, rules, options, flags).trace;
}

function logOf({ refusal, walk, trace }: Walked, rules: ProgramRules, level: 0 | 1 | 2): string[] {
  if (level === 0) return [];
  const { processed = 0, mostStates = 0, savedStates = 0, peakStates = 0 } = walk ?? {};
  const states = `max_states_per_insn ${mostStates} total_states ${savedStates} peak_states ${peakStates} mark_read 0`;
  const ending = `processed ${processed} insns (limit ${INSTRUCTION_LIMIT}) ${states}`;
  const said = refusal === null ? [] : [refusal.kernelMessage, ...refusal.details, ...(walk?.logNotes ?? [])];
  const text = [...said, ending].join('\n');
  return trace === null ? text.split('\n') : trace.lines(text, (id) => rules.helperName(id) ?? 'unknown');
}

/** Verifies under rules given by the caller: for kernel program types in tests and for the command line's corpus. */
export function verifyUnderRules(
  program: LinkedProgram,
  rules: ProgramRules,
  options: VerifyOptions,
  flags: WalkFlags,
): VerifyResult {
  const level = options.logLevel ?? 0;
  const walked = walkProgram(program, rules, { ...options, logLevel: level === 2 ? 2 : 0 }, flags);
  const { walk, states } = walked;
  const warnings = (walk?.warnings ?? []).map(warningOf);
  const slice = walk === null ? NO_SLICE : slicePath(walk);
  const refusal = walk === null || walked.refusal === null ? walked.refusal : refineRefusal(walk, walked.refusal, slice);
  const rejection = refusal === null ? null : rejectionOf(refusal, slice);
  const diagnostics = warnings.map((warning) => warningDiagnostic(program, warning));
  if (rejection !== null) diagnostics.unshift(rejectionDiagnostic(program, rejection, slice));
  const report: VerifierReport = {
    program: program.name,
    rejection,
    warnings,
    processed: walk?.processed ?? 0,
    log: logOf({ ...walked, refusal, trace: walked.trace ?? lastPath(walked, program, rules, options, flags) }, rules, level),
    diagnostics,
    states,
  };
  if (rejection !== null || walk === null) return { ok: false, report };
  return { ok: true, program: mint(program, [...walk.stackDepths]), report };
}

const NO_RULES = {
  reason: 'The profile of this object does not know programs of this kind.',
  fix: 'Choose another profile or another section name.',
};

function noRules(program: LinkedProgram, profile: ProfileId | null): VerifyResult {
  const kernelMessage = `no rules for ${program.kind} programs under profile ${profile ?? '(none)'}`;
  const rejection: Rejection = {
    code: 'no-rules',
    insn: 0,
    errno: 22,
    kernelMessage,
    obligation: 'the profile has this kind of program',
    known: '',
    details: [],
    explanation: `${NO_RULES.reason} ${NO_RULES.fix}`,
    ...NO_RULES,
    path: [],
  };
  const diagnostic: Diagnostic = { severity: 'error', code: 'verifier-no-rules', message: kernelMessage, span: null, notes: [] };
  return {
    ok: false,
    report: {
      program: program.name,
      rejection,
      warnings: [],
      processed: 0,
      log: [],
      diagnostics: [diagnostic],
      states: new StateTable(),
    },
  };
}

/** Judges one linked program under a profile. Deterministic; ends within the instruction limit. */
export function verify(program: LinkedProgram, options: VerifyOptions): VerifyResult {
  const profile = options.profile === null ? null : profileOf(options.profile);
  const rules =
    program.structOps !== null
      ? rulesOfStructOps(program, options.kernel ?? '7.2')
      : profile === null
        ? null
        : rulesOfProfile(profile, program.kind, options.asPosted ?? false);
  if (rules === null) return noRules(program, options.profile);
  return verifyUnderRules(program, rules, options, { strictAlignment: false, saveOften: false });
}
