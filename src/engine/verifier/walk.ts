// What one verification carries from instruction to instruction: the program, its shape and rules, the current state, the
// states still to walk, the budget and the first rejection. Knows nothing of what instructions do.

import type { Code } from '../isa/codec.ts';
import { PSEUDO_CALL } from '../isa/opcodes.ts';
import type { LinkedProgram } from '../object/link.ts';
import type { Shape } from './control-flow.ts';
import { OperandMemo } from './memo.ts';
import { fillTemplate, type MessageValues } from './message.ts';
import { MESSAGES, type MessageCode } from './messages.ts';
import type { ProgramRules } from './program-rules.ts';
import { constReg, kindName, type Reg, scalarReg, UNKNOWN } from './register.ts';
import type { Scalar } from './scalar.ts';
import type { BranchFacts } from './scalar-branch.ts';
import { Frame, State, type Step } from './state.ts';

/** Why a program was refused, before it is written up. */
export interface Refusal {
  readonly code: MessageCode;
  readonly insn: number;
  readonly errno: number;
  readonly kernelMessage: string;
  readonly values: MessageValues;
  readonly known: string;
  /** Lines that followed the first in the log. */
  readonly details: readonly string[];
  /** Slot of the call that gave the value in question; -1 when none did. */
  readonly origin: number;
}

export interface WalkWarning {
  readonly code: MessageCode;
  readonly insn: number;
  readonly known: string;
}

/** What a log of the walk is told when paths fork and are taken up. */
interface PathLog {
  position(): number;
  resume(position: number): void;
}

interface PendingPath {
  readonly state: State;
  readonly insn: number;
  readonly previous: number;
  /** Where the log stood. */
  readonly log: number;
}

export interface WalkOptions {
  readonly instructionLimit: number;
  readonly strictAlignment: boolean;
  /** Save a state at every prune point (the kernel's BPF_F_TEST_STATE_FREQ). */
  readonly saveOften: boolean;
  /** Compare every scalar when states are compared, not only those that decisions depended on. */
  readonly everyScalar?: boolean;
  readonly logLevel: 0 | 1 | 2;
}

/** Pending paths the kernel accepts (BPF_COMPLEXITY_LIMIT_JMP_SEQ). */
const PENDING_LIMIT = 8192;

export class Walk {
  readonly program: LinkedProgram;
  readonly code: Code;
  readonly shape: Shape;
  readonly rules: ProgramRules;
  readonly options: WalkOptions;
  state: State;
  insn = 0;
  previous = -1;
  /** Set by a transfer that decides where to go next; otherwise the walk goes on to the next slot. */
  next = 0;
  processed = 0;
  /** Set when the path cannot be gone on with: nothing is wrong, it just cannot happen. */
  abandoned = false;
  jumps = 0;
  /** Jumps and instructions walked when a state was last saved. */
  savedAtJumps = 0;
  savedAtInsns = 0;
  savedStates = 0;
  /** States that are kept now, at most, and at one instruction. */
  keptStates = 0;
  peakStates = 0;
  mostStates = 0;
  log: PathLog | null = null;
  /** Lines of the log that follow the rejection, and that only the log has. */
  logNotes: readonly string[] = [];
  refusal: Refusal | null = null;
  /** First slot of the function walked: 0, or a global function's. */
  entry = 0;
  /** The global function that is walked returns void. */
  entryReturnsNothing = false;
  /** References of the operation's arguments, by place; 0 for one that is not owned. */
  argumentRefs: readonly number[] = [];
  readonly warnings: WalkWarning[] = [];
  /** Left shifts of numbers whose upper bits can fall off. */
  readonly lossyShifts = new Set<number>();
  readonly explored = new Map<number, State[]>();
  /** Kind of pointer a load or store goes through, by slot; -1 none yet. */
  readonly pointerKinds: Int8Array;
  /** Deepest byte of stack each subprogram's own frame touches. */
  readonly stackDepths: number[];
  /** Results of arithmetic and of narrowing moves, and what conditions decide and teach. */
  readonly arithmeticMemo = new OperandMemo<Scalar>();
  readonly branchMemo = new OperandMemo<BranchFacts>();
  private readonly immediates: (Reg | undefined)[] = [];
  private readonly pending: PendingPath[] = [];
  private lastId = 0;

  constructor(program: LinkedProgram, shape: Shape, rules: ProgramRules, options: WalkOptions) {
    this.program = program;
    this.code = program.code;
    this.shape = shape;
    this.rules = rules;
    this.options = options;
    this.state = new State(new Frame(0, -1, 0, 0));
    this.pointerKinds = new Int8Array(program.code.length).fill(-1);
    this.stackDepths = shape.subprograms.map(() => 0);
  }

  /** Stands at the start of another function, with nothing known. */
  startAgain(entry: number, subprogram: number): void {
    this.entry = entry;
    this.insn = entry;
    this.previous = -1;
    this.argumentRefs = [];
    this.explored.clear();
    this.state = new State(new Frame(0, -1, subprogram, this.newId()));
  }

  /** A number no register has yet. */
  newId(): number {
    this.lastId++;
    return this.lastId;
  }

  frame(): Frame {
    return this.state.frame();
  }

  reg(index: number): Reg {
    return this.frame().reg(index);
  }

  setReg(index: number, reg: Reg): void {
    this.frame().regs[index] = reg;
  }

  /** The constant in an instruction as a number; `zeroExtended` where only its low half counts. The same object on every visit. */
  immediate(slot: number, zeroExtended: boolean): Reg {
    const known = this.immediates[slot];
    if (known !== undefined) return known;
    const imm = this.code.imm[slot] ?? 0;
    const made = constReg(BigInt(zeroExtended ? imm >>> 0 : imm));
    this.immediates[slot] = made;
    return made;
  }

  setScalar(index: number, value: Scalar): void {
    this.setReg(index, scalarReg(value));
  }

  setUnknown(index: number): void {
    this.setReg(index, UNKNOWN);
  }

  /** Refuses the program; returns false so that a transfer can return it. The first refusal stands. */
  refuse(code: MessageCode, values: MessageValues = {}, known = '', details: readonly string[] = [], origin = -1): false {
    if (this.refusal !== null) return false;
    const message = MESSAGES[code];
    this.refusal = {
      code,
      insn: this.insn,
      errno: message.errno,
      kernelMessage: fillTemplate(message.kernel, values),
      values,
      known,
      details,
      origin,
    };
    return false;
  }

  /** Adds a line to the rejection, with the error number of the check that failed because of it. */
  addDetail(line: string, errno: number | null = null): void {
    if (this.refusal !== null)
      this.refusal = { ...this.refusal, errno: errno ?? this.refusal.errno, details: [...this.refusal.details, line] };
  }

  /** Type of a register as messages name it. */
  kindOf(index: number): string {
    return kindName(this.reg(index));
  }

  /** The call at a slot is the step of an iterator. */
  isIteratorNext(slot: number): boolean {
    return this.code.src[slot] === PSEUDO_CALL.KFUNC && this.program.kfuncs[this.code.imm[slot] ?? 0] === 'bpf_iter_num_next';
  }

  warn(code: MessageCode, known = ''): void {
    if (this.warnings.some((warning) => warning.code === code && warning.insn === this.insn)) return;
    this.warnings.push({ code, insn: this.insn, known });
  }

  /** Notes the instruction about to be walked, for precision tracking. */
  recordStep(): Step {
    const step: Step = {
      slot: this.insn,
      before: this.state.steps,
      traced: 0,
      stackSlot: -1,
      stackFrame: -1,
      linked: null,
      frame: this.state.frames.length - 1,
      leavesCallback: false,
    };
    this.state.steps = step;
    return step;
  }

  /** Keeps a copy of the current state to be walked later from `insn`; null when there are too many. */
  fork(insn: number): State | null {
    const state = this.state.copy();
    this.pending.push({ state, insn, previous: this.insn, log: this.log?.position() ?? 0 });
    if (state.parent !== null) state.parent.branches++;
    if (this.pending.length > PENDING_LIMIT) {
      this.refuse('too-many-branches', { count: this.pending.length });
      return null;
    }
    return state;
  }

  /** Takes back the last {@link fork}: that way cannot be gone. */
  dropFork(): void {
    const path = this.pending.pop();
    if (path !== undefined && path.state.parent !== null) path.state.parent.branches--;
  }

  /** The current path turned out to be impossible. */
  abandonPath(): void {
    this.abandoned = true;
  }

  /** Takes up the path put aside last; false when none is left. */
  resume(): boolean {
    const path = this.pending.pop();
    if (path === undefined) return false;
    this.state = path.state;
    this.insn = path.insn;
    this.previous = path.previous;
    this.log?.resume(path.log);
    return true;
  }

  /** The path has ended: nothing more will be walked from the states it passed unless others still are. */
  endPath(): void {
    for (let state = this.state.parent; state !== null; state = state.parent) {
      state.branches--;
      if (state.branches > 0) break;
    }
  }

  /** Widens the record of a subprogram's own stack to `bytes`. */
  touchStack(frame: Frame, bytes: number): void {
    if (bytes > (this.stackDepths[frame.subprogram] ?? 0)) this.stackDepths[frame.subprogram] = bytes;
  }
}
