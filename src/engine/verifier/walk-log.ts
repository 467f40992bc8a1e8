// The kernel's verifier log, levels 1 and 2 (Linux kernel/bpf/verifier.c do_check, kernel/bpf/log.c print_insn_state): each instruction
// with what it touched, source lines, calls. At level 1 the text goes back to where a path forked when that path is left, so that
// what stands at the end is the path that was refused; at level 2 everything stays. Text is made only at the end.

import { CLASS, JMP } from '../isa/opcodes.ts';
import { type LinkedProgram, lineOfSlot } from '../object/link.ts';
import type { LineEntry } from '../object/program-object.ts';
import { isExit, registersOf } from './control-flow.ts';
import { ALL_REGISTERS, type FramePicture, pictureText, takePicture } from './frame-picture.ts';
import { kernelListing } from './kernel-text.ts';
import { KIND } from './register.ts';
import { isConst } from './scalar.ts';
import type { Frame, Slot } from './state.ts';
import type { Walk } from './walk.ts';

/** Pieces kept: a log nobody can read to its end helps nobody. */
const LIMIT = 40_000;
/** Columns that states are aligned to (BPF_LOG_ALIGNMENT, BPF_LOG_MIN_ALIGNMENT). */
const COLUMN = 40;
const COLUMN_STEP = 8;

/** `insn`: the line break after it is gone once a state has been put behind it, even when that state is taken back. */
interface InsnPiece {
  readonly kind: 'insn';
  readonly slot: number;
  broken: boolean;
}
type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'state'; readonly before: string; readonly picture: FramePicture }
  | InsnPiece;

const isCondition = (opcode: number): boolean => {
  const operation = opcode & 0xf0;
  const jumps = (opcode & 7) === CLASS.JMP || (opcode & 7) === CLASS.JMP32;
  return jumps && operation !== JMP.JA && operation !== JMP.CALL && operation !== JMP.EXIT && operation !== JMP.JCOND;
};

/** Slot of the current frame that a load is about to read; -1 for other instructions. */
function slotRead(walk: Walk): number {
  if (((walk.code.opcode[walk.insn] ?? 0) & 7) !== CLASS.LDX) return -1;
  const base = walk.reg(walk.code.src[walk.insn] ?? 0);
  if (base.kind !== KIND.STACK || !isConst(base.value) || base.frame !== walk.frame().number) return -1;
  return (-(Number(base.value.smin) + (walk.code.off[walk.insn] ?? 0)) - 1) >> 3;
}

export class WalkLog {
  private readonly program: LinkedProgram;
  private readonly level: 1 | 2;
  private pieces: Piece[] = [];
  private scratched = ALL_REGISTERS;
  private scratchedSlots: 'all' | Set<number> = 'all';
  private line: LineEntry | null = null;
  private lastInsn: InsnPiece | null = null;
  /** Stack slot that the instruction noted last reads; -1 for none. */
  private reads = -1;
  /** A path has been taken up, or a function left: level 2 says where from. */
  private jumped = false;
  /** Frame and stack before the instruction noted last. */
  private frame: Frame | null = null;
  private stack: readonly Slot[] = [];
  private depth = 1;

  constructor(program: LinkedProgram, level: 1 | 2) {
    this.program = program;
    this.level = level;
    if (level === 1) return;
    for (const [i, part] of program.subprograms.entries()) this.put({ kind: 'text', text: `func#${i} @${part.start}\n` });
  }

  /** Where the log stands, for {@link resume}. */
  position(): number {
    return this.pieces.length;
  }

  /** A path that forked when the log stood at `position` is taken up. */
  resume(position: number): void {
    if (this.level === 1 && position < this.pieces.length) this.pieces.length = position;
    this.scratched = ALL_REGISTERS;
    this.scratchedSlots = 'all';
    this.jumped = true;
    this.frame = null;
  }

  /** The walk of a global function by itself begins. */
  begin(name: string, number: number): void {
    this.resume(this.level === 1 ? 0 : this.pieces.length);
    this.jumped = false;
    this.put({ kind: 'text', text: `Validating ${name}() func#${number}...\n` });
  }

  /** All paths have been walked without a fault. */
  accept(): void {
    if (this.level === 1) this.pieces.length = 0;
  }

  private put(piece: Piece): void {
    if (this.pieces.length < LIMIT) this.pieces.push(piece);
  }

  private picture(walk: Walk, frame: Frame, everything: boolean): FramePicture {
    const slots = everything || this.scratchedSlots === 'all' ? 'all' : [...this.scratchedSlots];
    return takePicture(walk.state, frame, everything ? ALL_REGISTERS : this.scratched, slots);
  }

  /** What changed, behind the last instruction or on a line of its own. */
  private printChanged(walk: Walk): void {
    const last = this.pieces[this.pieces.length - 1];
    const behind = last !== undefined && last === this.lastInsn;
    if (behind && this.lastInsn !== null) this.lastInsn.broken = true;
    this.put({ kind: 'state', before: behind ? ';' : `${walk.insn}:`, picture: this.picture(walk, walk.frame(), false) });
    this.scratched = 0;
    this.scratchedSlots = new Set();
  }

  private printLine(slot: number): void {
    const line = lineOfSlot(this.program.lines, slot);
    if (line === null || line === this.line) return;
    this.line = line;
    const file = this.program.files[line.file];
    const text = file?.text?.split('\n')[line.line - 1]?.trim() ?? '';
    this.put({ kind: 'text', text: `; ${text} @ ${(file?.path ?? '').replace(/^.*\//, '')}:${line.line}\n` });
  }

  /** Notes the instruction the walk is about to take. */
  note(walk: Walk): void {
    if (this.pieces.length >= LIMIT) return;
    if (this.level === 2 && this.jumped) {
      const picture = this.picture(walk, walk.frame(), true);
      this.put({ kind: 'state', before: `\nfrom ${walk.previous} to ${walk.insn}:`, picture });
      this.jumped = false;
    }
    if (this.scratched !== 0 || this.scratchedSlots === 'all' || this.scratchedSlots.size > 0) this.printChanged(walk);
    this.printLine(walk.insn);
    this.lastInsn = { kind: 'insn', slot: walk.insn, broken: false };
    this.put(this.lastInsn);
    this.frame = walk.frame();
    this.reads = slotRead(walk);
    this.stack = this.frame.stack.slice();
    this.depth = walk.state.frames.length;
  }

  /** The instruction has been walked; `walk` stands after it. */
  done(walk: Walk): void {
    const { insn } = walk;
    const opcode = walk.code.opcode[insn] ?? 0;
    this.scratched |= registersOf(walk.code, insn, walk.shape.argumentsOf);
    this.scratchSlots();
    if (isCondition(opcode)) this.printChanged(walk);
    const depth = walk.state.frames.length;
    if (depth > this.depth) this.entered(walk);
    else if (depth < this.depth && isExit(opcode)) this.left(walk);
    this.depth = depth;
  }

  private scratchSlots(): void {
    const frame = this.frame;
    if (frame === null || this.scratchedSlots === 'all') return;
    for (let i = 0; i < frame.stack.length; i++) if (frame.stack[i] !== this.stack[i]) this.scratchedSlots.add(i);
    if (this.reads >= 0) this.scratchedSlots.add(this.reads);
  }

  private entered(walk: Walk): void {
    const caller = walk.state.frames[walk.state.frames.length - 2];
    if (caller === undefined || walk.frame().callback !== null) return;
    this.put({ kind: 'text', text: 'caller:\n' });
    this.put({ kind: 'state', before: '', picture: this.picture(walk, caller, true) });
    this.put({ kind: 'text', text: 'callee:\n' });
    this.put({ kind: 'state', before: '', picture: this.picture(walk, walk.frame(), true) });
    this.scratched = ALL_REGISTERS;
    this.scratchedSlots = 'all';
  }

  private left(walk: Walk): void {
    if (this.frame === null) return;
    this.put({ kind: 'text', text: 'returning from callee:\n' });
    this.put({ kind: 'state', before: '', picture: this.picture(walk, this.frame, true) });
    this.put({ kind: 'text', text: `to caller at ${walk.next}:\n` });
    this.put({ kind: 'state', before: '', picture: this.picture(walk, walk.frame(), true) });
    this.jumped = true;
  }

  /** The state at the walk's instruction is covered by one walked before. */
  covered(walk: Walk): void {
    const text = this.jumped ? `\nfrom ${walk.previous} to ${walk.insn}: safe\n` : `${walk.insn}: safe\n`;
    this.put({ kind: 'text', text });
  }

  /** The log as lines, with `ending` behind what was walked. */
  lines(ending: string, nameOf: (id: number) => string): string[] {
    const listing = kernelListing(this.program, nameOf);
    let text = '';
    let column = 0;
    for (const piece of this.pieces) {
      if (piece.kind === 'insn') {
        const line = listing[piece.slot] ?? '';
        column = line.length + 1;
        text += `${line}${piece.broken ? ' ' : '\n'}`;
      } else if (piece.kind === 'text') text += piece.text;
      else text += `${piece.before === ';' ? alignment(column) : ''}${piece.before}${pictureText(piece.picture)}\n`;
    }
    return `${text}${ending}`.split('\n');
  }
}

/** Blanks up to the column of states; one of them stands where the line break was. */
function alignment(column: number): string {
  const wanted = Math.max(column + COLUMN_STEP / 2, COLUMN);
  return ' '.repeat(Math.max(Math.ceil(wanted / COLUMN_STEP) * COLUMN_STEP - column - 2, 0));
}
