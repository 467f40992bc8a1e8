// Stack slots that can live in WebAssembly locals: spilled registers and small variables whose address nobody else can reach. A
// BPF program has ten registers and spills the rest, WebAssembly has as many locals as it likes. For verified code only:
// what helpers may touch is taken from the pointer they are given. Knows nothing of code generation.

import { type Code, OPCODE_LDDW } from '../../isa/codec.ts';
import { ALU, CLASS, JMP, MODE, PSEUDO_CALL, PSEUDO_LD, SOURCE } from '../../isa/opcodes.ts';
import { FRAME_BYTES } from '../machine.ts';
import type { ControlFlow } from './structure.ts';

/** A promoted slot: bytes [offset, offset + size) from the frame pointer, and its number. */
export interface StackSlot {
  readonly offset: number;
  readonly size: 1 | 2 | 4 | 8;
  readonly number: number;
}

/** Promoted slots of a function, by the offset that instructions name. */
export type StackSlots = ReadonlyMap<number, StackSlot>;

export const NO_STACK_SLOTS: StackSlots = new Map();

/** Most slots of one function that become locals. */
const LIMIT = 64;
const FRAME_POINTER = 10;
const SIZES = [4, 2, 1, 8] as const;

interface Access {
  readonly slot: number;
  readonly offset: number;
  readonly size: 1 | 2 | 4 | 8;
  readonly writes: boolean;
}

const isMemory = (opcode: number): boolean => {
  const cls = opcode & 7;
  return cls === CLASS.LDX || cls === CLASS.ST || cls === CLASS.STX;
};
const isAtomic = (opcode: number): boolean => (opcode & 7) === CLASS.STX && (opcode & 0xe0) === MODE.ATOMIC;
const isAlu = (opcode: number): boolean => (opcode & 7) === CLASS.ALU || (opcode & 7) === CLASS.ALU64;
const isHelperCall = (code: Code, slot: number): boolean =>
  code.opcode[slot] === (CLASS.JMP | JMP.CALL) && code.src[slot] !== PSEUDO_CALL.SUBPROGRAM;

/**
 * Lowest offset from the frame pointer that anything but plain loads and stores of r10 can reach in slots [start, end): 0 when
 * nothing can, -512 when that cannot be told. A pointer `rX = r10; rX += imm` that goes nowhere but into helper calls and plain
 * accesses reaches bytes from `imm` up, because helpers work upwards from what they are given.
 */
function lowestEscape(code: Code, start: number, end: number, leaders: ReadonlySet<number>): number {
  let lowest = 0;
  for (let slot = start; slot < end; slot++) {
    const opcode = code.opcode[slot] ?? 0;
    if (opcode === OPCODE_LDDW) {
      // A callback gets pointers from its helper and may move them down.
      if (code.src[slot] === PSEUDO_LD.FUNCTION) return -FRAME_BYTES;
      slot++;
      continue;
    }
    const base = isMemory(opcode) && ((opcode & 7) === CLASS.LDX ? code.src[slot] : code.dst[slot]) === FRAME_POINTER;
    const value = (opcode & 7) === CLASS.STX && code.src[slot] === FRAME_POINTER;
    const operand = !isMemory(opcode) && (opcode & 8) === SOURCE.X && code.src[slot] === FRAME_POINTER;
    if (value || (base && isAtomic(opcode))) return -FRAME_BYTES;
    if (!operand) continue;
    if (!isAlu(opcode) || (opcode & 0xf0) !== ALU.MOV) return -FRAME_BYTES;
    const reach = reachOf(code, slot, end, leaders);
    if (reach === null) return -FRAME_BYTES;
    lowest = Math.min(lowest, reach);
  }
  return lowest;
}

/** Lowest byte that the copy of r10 made at `slot` can reach; null when it is used in a way this does not follow. */
function reachOf(code: Code, slot: number, end: number, leaders: ReadonlySet<number>): number | null {
  const register = code.dst[slot] ?? 0;
  let offset = 0;
  let lowest = 0;
  for (let at = slot + 1; at < end && !leaders.has(at); at++) {
    const opcode = code.opcode[at] ?? 0;
    const dst = code.dst[at] ?? 0;
    const src = code.src[at] ?? 0;
    if (opcode === OPCODE_LDDW) {
      if (dst === register) return lowest;
      at++;
      continue;
    }
    const cls = opcode & 7;
    if (isAlu(opcode)) {
      const readsIt = (opcode & 8) === SOURCE.X && src === register && (opcode & 0xf0) !== ALU.END;
      if (readsIt) return null;
      if (dst !== register) continue;
      if ((opcode & 0xf0) === ALU.MOV) return lowest;
      if (opcode !== (CLASS.ALU64 | ALU.ADD)) return null;
      offset += code.imm[at] ?? 0;
      lowest = Math.min(lowest, offset);
    } else if (isMemory(opcode)) {
      if (isAtomic(opcode) && (dst === register || src === register)) return null;
      if (cls === CLASS.STX && src === register) return null;
      const base = cls === CLASS.LDX ? src : dst;
      if (base === register) lowest = Math.min(lowest, offset + (code.off[at] ?? 0));
      if (cls === CLASS.LDX && dst === register) return lowest;
    } else if (isHelperCall(code, at)) {
      if (register <= 5) return lowest;
    } else return null;
  }
  return null;
}

function accessesOf(code: Code, start: number, end: number): Access[] {
  const accesses: Access[] = [];
  for (let slot = start; slot < end; slot++) {
    const opcode = code.opcode[slot] ?? 0;
    if (opcode === OPCODE_LDDW) slot++;
    else if (isMemory(opcode) && !isAtomic(opcode)) {
      const reads = (opcode & 7) === CLASS.LDX;
      if ((reads ? code.src[slot] : code.dst[slot]) !== FRAME_POINTER) continue;
      accesses.push({ slot, offset: code.off[slot] ?? 0, size: SIZES[(opcode >> 3) & 3] ?? 8, writes: !reads });
    }
  }
  return accesses;
}

/** Places whose every access names the same bytes, below `lowest`. */
function wholePlaces(accesses: readonly Access[], lowest: number): Map<number, StackSlot> {
  const sizes = new Map<number, 1 | 2 | 4 | 8 | null>();
  for (const { offset, size } of accesses) {
    const known = sizes.get(offset);
    sizes.set(offset, known === undefined || known === size ? size : null);
  }
  const places = [...sizes].sort(([a], [b]) => a - b);
  const slots = new Map<number, StackSlot>();
  let endOfBefore = -FRAME_BYTES;
  places.forEach(([offset, size], index) => {
    const next = places[index + 1]?.[0] ?? 0;
    const overlaps = offset < endOfBefore || (size !== null && next < offset + size);
    endOfBefore = Math.max(endOfBefore, offset + (size ?? 8));
    if (size === null || overlaps || offset + size > lowest || slots.size >= LIMIT) return;
    slots.set(offset, { offset, size, number: slots.size });
  });
  return slots;
}

/** Takes away places that some path reads before it writes them: memory keeps what was there, a local does not. */
function dropUnwritten(slots: Map<number, StackSlot>, accesses: readonly Access[], flow: ControlFlow): void {
  const { blocks, sequence } = flow;
  const all = new Set(slots.keys());
  const into = blocks.map((_, block) => (block === 0 ? new Set<number>() : new Set(all)));
  const within = (block: number): readonly Access[] => {
    const { start, end } = blocks[block] ?? { start: 0, end: 0 };
    return accesses.filter(({ slot }) => slot >= start && slot < end);
  };
  const own = blocks.map((_, block) => within(block));
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of sequence) {
      const written = new Set(into[block]);
      for (const { offset, writes } of own[block] ?? []) if (writes) written.add(offset);
      for (const next of blocks[block]?.next ?? []) {
        for (const offset of into[next] ?? []) {
          if (written.has(offset)) continue;
          into[next]?.delete(offset);
          changed = true;
        }
      }
    }
  }
  for (const block of sequence) {
    const written = new Set(into[block]);
    for (const { offset, writes } of own[block] ?? []) {
      if (writes) written.add(offset);
      else if (!written.has(offset)) slots.delete(offset);
    }
  }
}

/** Stack slots of the function in slots [start, end) that may become locals. */
export function promotedSlots(code: Code, start: number, end: number, flow: ControlFlow): StackSlots {
  const accesses = accessesOf(code, start, end);
  if (accesses.length === 0) return NO_STACK_SLOTS;
  const lowest = lowestEscape(code, start, end, new Set(flow.blocks.map((block) => block.start)));
  const slots = wholePlaces(accesses, lowest);
  if (slots.size > 0) dropUnwritten(slots, accesses, flow);
  return new Map([...slots.values()].map((slot, number) => [slot.offset, { ...slot, number }]));
}
