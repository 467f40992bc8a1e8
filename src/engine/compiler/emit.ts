// Machine code with registers assigned to encoded slots: order of blocks, jumps, frame offsets, relocations and line table.
// Knows nothing of how the code was chosen.

import { lineColumn, type SourceFile } from '../base/source.ts';
import { type Code, codeOf, type Insn } from '../isa/codec.ts';
import { ALU, CLASS, JMP, SOURCE } from '../isa/opcodes.ts';
import type { LineEntry, VariableTable } from '../object/program-object.ts';
import { layOutFrame } from './frame.ts';
import type { Slot } from './ir.ts';
import {
  FRAME_POINTER,
  type MachineBlock,
  type MachineFunction,
  type MachineInsn,
  NO_REGISTER,
  OPPOSITE_JUMP,
  type Reference,
} from './machine.ts';
import type { Reporter } from './report.ts';
import type { Place } from './token.ts';

export interface EmittedFunction {
  readonly code: Code;
  readonly references: readonly { readonly slot: number; readonly reference: Reference }[];
  readonly lines: readonly LineEntry[];
  readonly stackBytes: number;
  /** The instruction that each slot came from. */
  readonly origins: readonly MachineInsn[];
  readonly frame: ReadonlyMap<Slot, number>;
  readonly variables?: VariableTable;
}

/** Largest frame of one function (MAX_BPF_STACK); the caller refuses what is larger. */
export const STACK_LIMIT = 512;

export interface EmitOptions {
  readonly longJumps: boolean;
  readonly fileIndex: (file: SourceFile) => number;
}

export function emitFunction(
  fn: MachineFunction,
  spillSlots: readonly Slot[],
  options: EmitOptions,
  reporter: Reporter,
): EmittedFunction {
  simplifyJumps(fn);
  const frame = layOutFrame([...fn.slots, ...spillSlots]);
  const emitter = new Emitter(frame.offsets, options);
  for (const block of fn.blocks) emitter.block(block);
  if (!emitter.resolveJumps()) reporter.report('jump-too-far', fn.symbol.place, [fn.symbol.name]);
  const lines = lineTable(emitter.places, fn.symbol.place, options);
  const { references, origins } = emitter;
  return { code: codeOf(emitter.insns), references, lines, stackBytes: frame.size, origins, frame: frame.offsets };
}

/** Jumps to jumps, jumps to the next instruction, and blocks nothing reaches. */
function simplifyJumps(fn: MachineFunction): void {
  const final = (block: MachineBlock): MachineBlock => {
    let at = block;
    for (let hops = 0; hops < 50; hops++) {
      const only = at.insns[0];
      if (at.insns.length !== 1 || only?.kind !== 'goto' || only.target === null || only.target === at) break;
      at = only.target;
    }
    return at;
  };
  for (const block of fn.blocks) for (const insn of block.insns) if (insn.target !== null) insn.target = final(insn.target);
  dropUnreached(fn);
  fn.blocks.forEach((block, index) => {
    const next = fn.blocks[index + 1];
    let last = block.insns.at(-1);
    const before = block.insns.at(-2);
    if (last?.kind === 'goto' && before?.kind === 'branch' && before.target === next && next !== undefined) {
      const inverse = OPPOSITE_JUMP.get(before.opcode & 0xf0);
      if (inverse !== undefined) {
        before.opcode = (before.opcode & ~0xf0) | inverse;
        before.target = last.target;
        block.insns.pop();
        last = block.insns.at(-1);
      }
    }
    if (last?.kind === 'goto' && last.target === next && next !== undefined) block.insns.pop();
    const end = block.insns.at(-1);
    if (end?.kind === 'branch' && end.target === next && next !== undefined) block.insns.pop();
  });
}

function dropUnreached(fn: MachineFunction): void {
  const entry = fn.blocks[0];
  if (entry === undefined) return;
  const seen = new Set<MachineBlock>([entry]);
  const work = [entry];
  for (let block = work.pop(); block !== undefined; block = work.pop()) {
    for (const insn of block.insns) {
      if (insn.target === null || seen.has(insn.target)) continue;
      seen.add(insn.target);
      work.push(insn.target);
    }
  }
  const kept = fn.blocks.filter((block) => seen.has(block));
  fn.blocks.length = 0;
  fn.blocks.push(...kept);
}

class Emitter {
  readonly insns: Insn[] = [];
  readonly places: (Place | null)[] = [];
  readonly origins: MachineInsn[] = [];
  readonly references: { slot: number; reference: Reference }[] = [];
  private readonly offsets: ReadonlyMap<Slot, number>;
  private readonly options: EmitOptions;
  private readonly starts = new Map<MachineBlock, number>();
  private readonly jumps: { at: number; target: MachineBlock; long: boolean }[] = [];

  constructor(offsets: ReadonlyMap<Slot, number>, options: EmitOptions) {
    this.offsets = offsets;
    this.options = options;
  }

  private put(insn: MachineInsn, opcode: number, dst: number, src: number, off: number, imm: number): void {
    this.insns.push({ opcode, dst: Math.max(0, dst), src: Math.max(0, src), off, imm });
    this.places.push(insn.place);
    this.origins.push(insn);
  }

  block(block: MachineBlock): void {
    this.starts.set(block, this.insns.length);
    for (const insn of block.insns) this.emit(insn);
  }

  private emit(insn: MachineInsn): void {
    const slotOffset = insn.slot === null ? 0 : (this.offsets.get(insn.slot) ?? 0);
    if (insn.reference !== null) this.references.push({ slot: this.insns.length, reference: insn.reference });
    switch (insn.kind) {
      case 'lddw':
        this.put(insn, insn.opcode, insn.dst, 0, 0, insn.imm);
        this.put(insn, 0, 0, 0, 0, insn.high);
        return;
      case 'frame':
        this.put(insn, ALU.MOV | SOURCE.X | CLASS.ALU64, insn.dst, FRAME_POINTER, 0, 0);
        if (slotOffset + insn.off !== 0) this.put(insn, ALU.ADD | SOURCE.K | CLASS.ALU64, insn.dst, 0, 0, slotOffset + insn.off);
        return;
      case 'cmov': {
        this.put(insn, insn.opcode, insn.left, insn.right, 1, insn.right === NO_REGISTER ? insn.imm : 0);
        const width = insn.src !== NO_REGISTER || insn.off === 64 ? CLASS.ALU64 : CLASS.ALU;
        const source = insn.src === NO_REGISTER ? SOURCE.K : SOURCE.X;
        this.put(insn, ALU.MOV | source | width, insn.dst, insn.src, 0, insn.src === NO_REGISTER ? insn.otherImm : 0);
        return;
      }
      case 'goto':
      case 'branch': {
        const long = insn.kind === 'goto' && this.options.longJumps;
        if (insn.target !== null) this.jumps.push({ at: this.insns.length, target: insn.target, long });
        this.put(insn, insn.opcode, insn.dst, insn.src, 0, insn.imm);
        return;
      }
      case 'asm':
        for (const one of insn.code) {
          this.insns.push(one);
          this.places.push(insn.place);
          this.origins.push(insn);
        }
        return;
      case 'call': {
        const own = insn.reference !== null;
        this.put(insn, insn.opcode, 0, own ? (insn.reference?.kind === 'kfunc' ? 2 : 1) : 0, 0, insn.imm);
        return;
      }
      case 'load':
      case 'store':
      case 'store-imm':
      case 'atomic':
        this.put(insn, insn.opcode, insn.dst, insn.src, slotOffset + insn.off, insn.imm);
        return;
      default:
        this.put(insn, insn.opcode, insn.dst, insn.src, insn.off, insn.imm);
    }
  }

  /** Fills in distances; false when one does not fit. */
  resolveJumps(): boolean {
    let fits = true;
    for (const { at, target, long } of this.jumps) {
      const insn = this.insns[at];
      const distance = (this.starts.get(target) ?? 0) - at - 1;
      if (insn === undefined) continue;
      if (distance >= -32768 && distance <= 32767) this.insns[at] = { ...insn, off: distance };
      else if (long) this.insns[at] = { ...insn, opcode: JMP.JA | CLASS.JMP32, off: 0, imm: distance };
      else fits = false;
    }
    return fits;
  }
}

function lineTable(places: readonly (Place | null)[], fallback: Place, options: EmitOptions): LineEntry[] {
  const lines: LineEntry[] = [];
  let current: Place | null = null;
  places.forEach((place, slot) => {
    const at = place ?? current ?? fallback;
    if (current !== null && at.file === current.file && at.start === current.start && at.end === current.end) return;
    current = at;
    lines.push(lineEntry(at, slot, options.fileIndex(at.file)));
  });
  return lines;
}

/** The line table's entry for a place. */
export function lineEntry(place: Place, slot: number, file: number): LineEntry {
  const from = lineColumn(place.file, place.start);
  const to = lineColumn(place.file, place.end);
  return { slot, file, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}
