// One point on one path: the call frames with their registers and stacks, the references held, and where the packets
// are. Cheap to copy, because registers and slots are immutable. Knows nothing of instructions.

import type { ObjectMap } from '../object/program-object.ts';
import { framePointer, NOT_INIT, type Reg } from './register.ts';

/** What a stack byte holds. */
export const BYTE = { INVALID: 0, SPILL: 1, MISC: 2, ZERO: 3, DYNPTR: 4, ITERATOR: 5 } as const;
export type ByteType = (typeof BYTE)[keyof typeof BYTE];

/** Registers R0 to R10. */
export const REGISTERS = 11;
export const FRAME_POINTER = 10;
/** Bytes of stack one frame may use. */
export const STACK_LIMIT = 512;

/** Eight bytes of stack. `types` packs four bits a byte, lowest address first; `reg` is the spilled register where bytes say SPILL. */
export interface Slot {
  readonly types: number;
  readonly reg: Reg | null;
}

/** The slot whose bytes all have one type. */
const uniform = (type: number): Slot => ({ types: (type * 0x11111111) >>> 0, reg: null });
export const SLOT_INVALID = uniform(BYTE.INVALID);
export const SLOT_MISC = uniform(BYTE.MISC);
/** Eight bytes of a view or an iterator; `reg` tells which and in what state. */
export const occupied = (type: ByteType, reg: Reg): Slot => ({ types: uniform(type).types, reg });
export const spilled = (reg: Reg): Slot => ({ types: 0x11111111, reg });

/** Type of byte `index` (0 the lowest address). */
export const byteType = (slot: Slot, index: number): number => (slot.types >>> (index * 4)) & 15;
/** How the kernel's log writes what a byte holds (slot_type_char in kernel/bpf/log.c). */
const LETTERS: Readonly<Record<number, string>> = {
  [BYTE.INVALID]: '?',
  [BYTE.SPILL]: 'r',
  [BYTE.MISC]: 'm',
  [BYTE.ZERO]: '0',
  [BYTE.DYNPTR]: 'd',
  [BYTE.ITERATOR]: 'i',
};

/** One letter a byte, the highest address first. */
export const slotLetters = (slot: Slot): string =>
  Array.from({ length: 8 }, (_, i) => LETTERS[byteType(slot, 7 - i)] ?? '?').join('');

/** The slot with bytes [from, from + count) of another type. */
export function withBytes(slot: Slot, from: number, count: number, type: number, reg: Reg | null): Slot {
  let types = slot.types;
  for (let i = from; i < from + count; i++) types = (types & ~(15 << (i * 4))) | (type << (i * 4));
  return { types: types >>> 0, reg };
}
/** True when all eight bytes are one spilled register. */
export const isFullSpill = (slot: Slot): boolean => slot.types === 0x11111111;

/** How a callback was entered and what it must return. */
export interface CallbackFrame {
  readonly low: bigint;
  readonly high: bigint;
  /** The order function of a tree, which runs under the tree's lock. */
  readonly ordersTree: boolean;
  /** References held when it was entered. */
  readonly refs: readonly number[];
}

function freshRegisters(frame: number): Reg[] {
  const regs = new Array<Reg>(REGISTERS).fill(NOT_INIT);
  regs[FRAME_POINTER] = framePointer(frame);
  return regs;
}

/** Registers and stack of one activation of a function. Slot i covers bytes [-8(i+1), -8i) from the frame pointer. */
export class Frame {
  regs: Reg[];
  stack: Slot[];
  /** Slot of the call that entered it; -1 for the entry function. */
  callsite: number;
  /** Index of its subprogram. */
  subprogram: number;
  number: number;
  callback: CallbackFrame | null;
  /** How often the callback called from here has been entered on this path. */
  callbackDepth: number;
  /** Bit r: register r must be compared exactly (set in saved states only). */
  preciseRegs: number;
  /** The same for slots 0 to 31 and 32 to 63. */
  preciseLow: number;
  preciseHigh: number;
  /** Tells activations with the same number apart. */
  readonly activation: number;
  /** Slots read after a saved state, and slots overwritten since the state saved before; see stack-reads.ts. */
  readLow: number;
  readHigh: number;
  writtenLow: number;
  writtenHigh: number;

  constructor(
    number: number,
    callsite: number,
    subprogram: number,
    activation: number,
    regs: Reg[] = freshRegisters(number),
    stack: Slot[] = [],
  ) {
    this.regs = regs;
    this.stack = stack;
    this.callsite = callsite;
    this.subprogram = subprogram;
    this.number = number;
    this.callback = null;
    this.callbackDepth = 0;
    this.preciseRegs = 0;
    this.preciseLow = 0;
    this.preciseHigh = 0;
    this.activation = activation;
    this.readLow = 0;
    this.readHigh = 0;
    this.writtenLow = 0;
    this.writtenHigh = 0;
  }

  copy(): Frame {
    const { number, callsite, subprogram, activation } = this;
    const frame = new Frame(number, callsite, subprogram, activation, this.regs.slice(), this.stack.slice());
    frame.callback = this.callback;
    frame.callbackDepth = this.callbackDepth;
    frame.writtenLow = this.writtenLow;
    frame.writtenHigh = this.writtenHigh;
    return frame;
  }

  reg(index: number): Reg {
    return this.regs[index] ?? NOT_INIT;
  }

  slot(index: number): Slot {
    return this.stack[index] ?? SLOT_INVALID;
  }

  /** Writes a slot, extending the part of the stack in use. */
  setSlot(index: number, slot: Slot): void {
    while (this.stack.length < index) this.stack.push(SLOT_INVALID);
    this.stack[index] = slot;
  }

  isPreciseSlot(index: number): boolean {
    return ((index < 32 ? this.preciseLow >>> index : this.preciseHigh >>> (index - 32)) & 1) !== 0;
  }

  markPreciseSlot(index: number): void {
    if (index < 32) this.preciseLow |= 1 << index;
    else this.preciseHigh |= 1 << (index - 32);
  }
}

/** One instruction walked since the last saved state, newest first: what precision tracking walks back over. */
export interface Step {
  readonly slot: number;
  readonly before: Step | null;
  /** Registers that precision tracking has followed from here before, as bits, nothing else being wanted. */
  traced: number;
  /** Stack slot that a load filled from or a store spilled to, and its frame; -1 for none. */
  stackSlot: number;
  stackFrame: number;
  /** Registers that a condition updated together, as frame * 100 + register, or frame * 100 + 16 + stack slot. */
  linked: readonly number[] | null;
  /** Number of the frame that executes it. */
  readonly frame: number;
  /** The exit of a callback: the helper that called it runs on in the caller. */
  leavesCallback: boolean;
}

/** A reference the program must give back. */
export interface Reference {
  readonly id: number;
  /** Slot of the call that gave it. */
  readonly insn: number;
  /** `packet`: popped from an skb map. */
  readonly kind: 'object' | 'packet';
}

/** The spin lock that is held: of which map's value (or object), and which of them. */
export interface HeldLock {
  readonly map: ObjectMap | null;
  readonly id: number;
}

/** Where the packet of an enqueue program is. */
export type StackPacket = 'with the stack' | 'in a map' | 'may be gone';

export class State {
  frames: Frame[];
  refs: Reference[];
  lock: HeldLock | null;
  /** Nested RCU read sections and sections without preemption. */
  rcu: number;
  preempt: number;
  /** Saved state this path last passed; null at the entry. */
  parent: State | null;
  /** Steps since the parent. */
  steps: Step | null;
  /** Where the state was saved. */
  at: number;
  /** Paths that started here and have not ended. */
  branches: number;
  callbackUnrollDepth: number;
  mayGotoDepth: number;
  /** Enqueue: where ctx->skb's packet is. */
  stackPacket: StackPacket;
  /** Dequeue: what ctx->skb holds; null is NULL. */
  packetSlot: Reg | null;
  /** True when this path has stored a packet anywhere (for the warning about QUEUED without a push). */
  pushed: boolean;
  /** Times this saved state was compared in vain, and in success. */
  misses: number;
  hits: number;

  constructor(entry: Frame) {
    this.frames = [entry];
    this.refs = [];
    this.lock = null;
    this.rcu = 0;
    this.preempt = 0;
    this.parent = null;
    this.steps = null;
    this.at = 0;
    this.branches = 0;
    this.callbackUnrollDepth = 0;
    this.mayGotoDepth = 0;
    this.stackPacket = 'with the stack';
    this.packetSlot = null;
    this.pushed = false;
    this.misses = 0;
    this.hits = 0;
  }

  copy(): State {
    const state = new State(this.frame());
    state.frames = this.frames.map((frame) => frame.copy());
    state.refs = this.refs;
    state.lock = this.lock;
    state.rcu = this.rcu;
    state.preempt = this.preempt;
    state.parent = this.parent;
    state.steps = this.steps;
    state.callbackUnrollDepth = this.callbackUnrollDepth;
    state.mayGotoDepth = this.mayGotoDepth;
    state.stackPacket = this.stackPacket;
    state.packetSlot = this.packetSlot;
    state.pushed = this.pushed;
    return state;
  }

  /** The innermost frame. */
  frame(): Frame {
    const frame = this.frames[this.frames.length - 1];
    if (frame === undefined) throw new RangeError('a state has at least one frame');
    return frame;
  }

  hasRef(id: number): boolean {
    return this.refs.some((reference) => reference.id === id);
  }

  dropRef(id: number): void {
    this.refs = this.refs.filter((reference) => reference.id !== id);
  }
}
