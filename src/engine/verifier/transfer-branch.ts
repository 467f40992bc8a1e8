// Conditional jumps: which way they can go, and what each way teaches about the registers compared: numbers, pointers that
// may be NULL, packet pointers against data_end (Linux kernel/bpf/verifier.c, check_cond_jmp_op). Knows nothing of memory or calls.

import { ALU, CLASS, JMP, SOURCE } from '../isa/opcodes.ts';
import { targetOf } from './control-flow.ts';
import { MAP } from './map-rules.ts';
import { linkedRegister, linkedSlot, markPreciseRegister } from './precision.ts';
import { replaceEverywhere } from './references.ts';
import { constReg, FLAG, isNull, isPacket, KIND, pointerReg, type Reg, regWith, scalarReg, withValue } from './register.ts';
import { constScalar, isEmpty, isZero, type Scalar, ZERO_SCALAR } from './scalar.ts';
import { arithmetic } from './scalar-arithmetic.ts';
import { type BranchFacts, branchFacts, decide, exchangedOf } from './scalar-branch.ts';
import type { State, Step } from './state.ts';
import type { Walk } from './walk.ts';

/** A pointer found not to be NULL; what a lookup in a map of maps or sockets gives becomes clear only here. */
function notNull(reg: Reg): Reg {
  // An object keeps its number: the lock inside it is told from others by it.
  const sure: Reg = regWith(reg, { nullable: false, id: (reg.flags & FLAG.OBJECT) !== 0 && reg.ref === 0 ? reg.id : 0 });
  if (reg.kind !== KIND.MAP_VALUE || reg.map === null) return sure;
  if (reg.map.inner !== null) return pointerReg(KIND.MAP_PTR, { map: reg.map.inner, mapUid: reg.id });
  if (reg.map.type === MAP.XSKMAP) return pointerReg(KIND.XDP_SOCK);
  if (reg.map.type === MAP.SOCKMAP || reg.map.type === MAP.SOCKHASH) return pointerReg(KIND.SOCK, { ref: reg.ref });
  return sure;
}

/** Registers whose NULL-ness the comparison with 0 settles, in one state. */
function settleNull(state: State, id: number, isNullNow: boolean): void {
  const settled = (reg: Reg): Reg => {
    if (reg.id !== id || !reg.nullable) return reg;
    if (isNullNow) return constReg(0n);
    return notNull(reg);
  };
  if (isNullNow) state.dropRef(id);
  replaceEverywhere(state, settled);
  if (state.packetSlot !== null) {
    const slot = settled(state.packetSlot);
    state.packetSlot = slot.kind === KIND.SCALAR ? null : slot;
  }
}

/** Which scalars share an identity, for the walk back. */
function linkedPlaces(state: State, id: number): number[] {
  const places: number[] = [];
  state.frames.forEach((frame, f) => {
    frame.regs.forEach((reg, r) => {
      if (reg.kind === KIND.SCALAR && reg.id === id) places.push(linkedRegister(f, r));
    });
    frame.stack.forEach((slot, spi) => {
      if (slot.reg !== null && slot.reg.kind === KIND.SCALAR && slot.reg.id === id) places.push(linkedSlot(f, spi));
    });
  });
  return places;
}

/** Gives every scalar linked to `known` what has been learnt about it. */
function spreadLinked(state: State, known: Reg): void {
  if (known.id === 0) return;
  replaceEverywhere(state, (reg) => {
    if (reg === known || reg.kind !== KIND.SCALAR || reg.id !== known.id) return reg;
    const distance = (reg.delta?.by ?? 0n) - (known.delta?.by ?? 0n);
    const narrow = reg.delta?.wide === false || known.delta?.wide === false;
    if (narrow && reg.value.umax > 0xffff_ffffn) return reg;
    if (distance === 0n && !narrow) return regWith(known, { delta: reg.delta });
    return withValue(reg, arithmetic(ALU.ADD, false, !narrow, known.value, constScalar(distance)));
  });
}

/** What the condition teaches in one state; false when the state is impossible. */
function learnScalars(
  state: State,
  dst: number,
  src: number | null,
  first: Reg,
  second: Reg,
  learnt: readonly [Scalar, Scalar],
): boolean {
  const a = learnt[0];
  const b = learnt[1];
  if (isEmpty(a) || isEmpty(b)) return false;
  const frame = state.frame();
  const write = (index: number, reg: Reg, value: Scalar): void => {
    const updated: Reg = withValue(reg, value);
    frame.regs[index] = updated;
    spreadLinked(state, updated);
  };
  write(dst, first, a);
  if (src !== null && src !== dst) write(src, second.id !== 0 && second.id === first.id ? frame.reg(src) : second, b);
  return true;
}

/** After `pointer < data_end` and its relatives: bytes up to the pointer are there. */
function learnPacketRange(state: State, pointer: Reg, open: boolean): void {
  if (pointer.fixed < 0 || (pointer.fixed === 0 && open)) return;
  if (pointer.value.umax > 0xffffn) return;
  const range = pointer.fixed + (open ? 1 : 0);
  replaceEverywhere(state, (reg) => {
    if (reg.kind !== pointer.kind || reg.id !== pointer.id || reg.range >= range || reg.range < 0) return reg;
    return regWith(reg, { range });
  });
}

/** {@link Reg.range} of a pointer found to be at data_end or past it, and strictly past it. */
const AT_END = -1;
const BEYOND_END = -2;

/** Remembers that this very pointer is at (or past) the end, where it was found so. */
function learnPastEnd(state: State, index: number, beyond: boolean): void {
  const frame = state.frame();
  const reg = frame.reg(index);
  if (reg.kind === KIND.PACKET) frame.regs[index] = regWith(reg, { range: beyond ? BEYOND_END : AT_END });
}

/** A pointer once found at or past the end stays there. */
function decidePackets(operation: number, first: Reg, second: Reg): boolean | null {
  let pointer = first;
  let condition = operation;
  if (second.kind === KIND.PACKET && first.kind === KIND.PACKET_END) {
    pointer = second;
    condition = exchangedOf(operation);
  } else if (!(first.kind === KIND.PACKET && second.kind === KIND.PACKET_END)) return null;
  if (pointer.range >= 0) return null;
  if (condition === JMP.JGE) return true;
  if (condition === JMP.JLT) return false;
  if (pointer.range !== BEYOND_END) return null;
  if (condition === JMP.JGT) return true;
  return condition === JMP.JLE ? false : null;
}

/** packet operation end: [the side that proves bytes up to the pointer, whether one byte more]. */
function packetProof(operation: number): { readonly onTaken: boolean; readonly open: boolean } | null {
  switch (operation) {
    case JMP.JGT:
      return { onTaken: false, open: false };
    case JMP.JLT:
      return { onTaken: true, open: true };
    case JMP.JGE:
      return { onTaken: false, open: true };
    case JMP.JLE:
      return { onTaken: true, open: false };
    default:
      return null;
  }
}

function comparesPacket(a: Reg, b: Reg): boolean {
  return (
    (a.kind === KIND.PACKET && b.kind === KIND.PACKET_END) ||
    (a.kind === KIND.PACKET_META && b.kind === KIND.PACKET && b.fixed === 0 && b.id === 0)
  );
}

function learnPackets(
  operation: number,
  dst: number,
  src: number,
  first: Reg,
  second: Reg,
  taken: State,
  straight: State,
): boolean {
  let pointer = first;
  let index = dst;
  let condition = operation;
  if (!comparesPacket(first, second)) {
    if (!comparesPacket(second, first)) return false;
    pointer = second;
    index = src;
    condition = exchangedOf(operation);
  }
  const proof = packetProof(condition);
  if (proof === null) return false;
  learnPacketRange(proof.onTaken ? taken : straight, pointer, proof.open);
  learnPastEnd(proof.onTaken ? straight : taken, index, !proof.open);
  return true;
}

const cannotBeNull = (reg: Reg): boolean =>
  !reg.nullable &&
  (reg.kind === KIND.MAP_VALUE ||
    reg.kind === KIND.MAP_KEY ||
    reg.kind === KIND.MAP_PTR ||
    (reg.kind === KIND.MEM && (reg.flags & FLAG.UNTRUSTED) === 0) ||
    reg.kind === KIND.SKB ||
    reg.kind === KIND.POPPED ||
    reg.kind === KIND.TOKEN ||
    (reg.kind === KIND.BTF_PTR && (reg.ref !== 0 || (reg.flags & FLAG.TRUSTED) !== 0)) ||
    (reg.kind >= KIND.SOCK_COMMON && reg.kind <= KIND.XDP_SOCK));

/** A number compared with itself. */
function decideSame(operation: number, wide: boolean, reg: Reg): boolean | null {
  if (reg.kind !== KIND.SCALAR) return null;
  switch (operation) {
    case JMP.JEQ:
    case JMP.JGE:
    case JMP.JLE:
    case JMP.JSGE:
    case JMP.JSLE:
      return true;
    case JMP.JSET:
      return decide(JMP.JNE, wide, reg.value, ZERO_SCALAR);
    default:
      return false;
  }
}

/** {@link branchFacts} of the instruction walked, remembered. */
function factsAt(walk: Walk, operation: number, wide: boolean, a: Scalar, b: Scalar): BranchFacts {
  const memo = walk.branchMemo;
  return memo.find(walk.insn, a, b) ?? memo.keep(walk.insn, a, b, branchFacts(operation, wide, a, b));
}

/** Whether the condition is decided by what is known, true for "jumps". */
function decideBranch(walk: Walk, operation: number, wide: boolean, first: Reg, second: Reg): boolean | null {
  if (first.kind === KIND.SCALAR && second.kind === KIND.SCALAR)
    return factsAt(walk, operation, wide, first.value, second.value).decided;
  if (!wide) return null;
  const byEnd = decidePackets(operation, first, second);
  if (byEnd !== null) return byEnd;
  const zeroRight = second.kind === KIND.SCALAR && isZero(second.value) && cannotBeNull(first);
  const zeroLeft = first.kind === KIND.SCALAR && isZero(first.value) && cannotBeNull(second);
  if (!zeroRight && !zeroLeft) return null;
  if (operation === JMP.JEQ) return false;
  return operation === JMP.JNE ? true : null;
}

function learnPointers(operation: number, wide: boolean, first: Reg, second: Reg, taken: State, straight: State): void {
  if (!wide || (operation !== JMP.JEQ && operation !== JMP.JNE)) return;
  const [equal, unequal] = operation === JMP.JEQ ? [taken, straight] : [straight, taken];
  if (first.nullable && isNull(second)) {
    settleNull(equal, first.id, true);
    settleNull(unequal, first.id, false);
  } else if (second.nullable && isNull(first)) {
    settleNull(equal, second.id, true);
    settleNull(unequal, second.id, false);
  } else if (first.nullable !== second.nullable && first.kind > KIND.SCALAR && second.kind > KIND.SCALAR) {
    const open = first.nullable ? first : second;
    const sure = first.nullable ? second : first;
    if (cannotBeNull(sure)) settleNull(equal, open.id, false);
  }
}

/** Transfer of every conditional jump. */
export function transferBranch(walk: Walk, step: Step): boolean {
  const { code, insn } = walk;
  const opcode = code.opcode[insn] ?? 0;
  const operation = opcode & 0xf0;
  const wide = (opcode & 7) === CLASS.JMP;
  const dst = code.dst[insn] ?? 0;
  const src = (opcode & 8) === SOURCE.X ? (code.src[insn] ?? 0) : null;
  const second = src === null ? walk.immediate(insn, false) : walk.reg(src);
  if (second.kind === KIND.NONE)
    return walk.refuse('unread-register', { reg: src ?? 0 }, `no instruction on this path has written R${src}`);
  const first = walk.reg(dst);
  if (first.kind === KIND.NONE)
    return walk.refuse('unread-register', { reg: dst }, `no instruction on this path has written R${dst}`);
  const target = targetOf(code, insn);
  const decided = src === dst ? decideSame(operation, wide, first) : decideBranch(walk, operation, wide, first, second);
  if (decided !== null) {
    markPreciseRegister(walk, dst);
    if (src !== null) markPreciseRegister(walk, src);
    walk.next = decided ? target : insn + 1;
    return true;
  }
  if (src !== null && first.kind === KIND.SCALAR && second.kind === KIND.SCALAR && (first.id !== 0 || second.id !== 0)) {
    step.linked = [...linkedPlaces(walk.state, first.id || -1), ...linkedPlaces(walk.state, second.id || -1)];
  } else if (first.kind === KIND.SCALAR && first.id !== 0) step.linked = linkedPlaces(walk.state, first.id);
  const taken = walk.fork(target);
  if (taken === null) return false;
  const straight = walk.state;
  walk.next = insn + 1;
  if (first.kind === KIND.SCALAR && second.kind === KIND.SCALAR) {
    const facts = factsAt(walk, operation, wide, first.value, second.value);
    const takenHolds = learnScalars(taken, dst, src, first, second, facts.taken);
    const straightHolds = learnScalars(straight, dst, src, first, second, facts.straight);
    if (!takenHolds) walk.dropFork();
    if (!straightHolds) {
      markPreciseRegister(walk, dst);
      if (src !== null) markPreciseRegister(walk, src);
      walk.abandonPath();
    } else if (!takenHolds) {
      markPreciseRegister(walk, dst);
      if (src !== null) markPreciseRegister(walk, src);
    }
    return true;
  }
  if (!wide || src === null || !learnPackets(operation, dst, src, first, second, taken, straight)) {
    learnPointers(operation, wide, first, second, taken, straight);
  }
  return true;
}

/** Forgets every packet pointer: a helper may have moved the data. */
export function forgetPackets(state: State): void {
  replaceEverywhere(state, (reg) =>
    isPacket(reg) || reg.kind === KIND.PACKET_END ? scalarReg(pointerReg(KIND.NONE).value) : reg,
  );
}
