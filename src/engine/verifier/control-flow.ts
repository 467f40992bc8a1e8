// The shape of a program before any value is looked at: subprograms, jump targets, reachability, the places where states
// are saved, and which registers can still be read (Linux kernel/bpf/verifier.c, check_subprogs, check_cfg,
// compute_live_registers). Knows nothing of values.

import type { Code } from '../isa/codec.ts';
import { CLASS, JMP, MODE, PSEUDO_CALL, PSEUDO_LD, SOURCE } from '../isa/opcodes.ts';
import type { LinkedProgram, Subprogram } from '../object/link.ts';

export interface ShapeFault {
  readonly code: string;
  readonly insn: number;
  readonly values: Readonly<Record<string, string | number>>;
}

export interface Shape {
  readonly subprograms: readonly Subprogram[];
  /** Subprogram that a slot belongs to. */
  readonly owner: Int32Array;
  /** 1 where states are compared and saved. */
  readonly prunePoint: Uint8Array;
  /** 1 where a state is saved on every visit: callback calls and may_goto. */
  readonly forced: Uint8Array;
  /** 1 inside a loop that goes through a forced place: precision there is only known when the loop has ended. */
  readonly openLoop: Uint8Array;
  /** Bit r: register r may be read from here on before it is written. */
  readonly live: Uint16Array;
  /** Arguments that the call at a slot takes. */
  readonly argumentsOf: (slot: number) => number;
}

const classOf = (opcode: number): number => opcode & 7;
const operationOf = (opcode: number): number => opcode & 0xf0;
const isJump = (opcode: number): boolean => classOf(opcode) === CLASS.JMP || classOf(opcode) === CLASS.JMP32;
const isPlainJump = (opcode: number): boolean => isJump(opcode) && operationOf(opcode) === JMP.JA;
export const isExit = (opcode: number): boolean => opcode === (CLASS.JMP | JMP.EXIT);
export const isCall = (opcode: number): boolean => opcode === (CLASS.JMP | JMP.CALL);
export const isMayGoto = (opcode: number): boolean => opcode === (CLASS.JMP | JMP.JCOND);
export const isLoadImm64 = (opcode: number): boolean => opcode === 0x18;

/** Target of a jump that is no call and no exit. */
export const targetOf = (code: Code, slot: number): number =>
  slot + 1 + ((code.opcode[slot] ?? 0) === (CLASS.JMP32 | JMP.JA) ? (code.imm[slot] ?? 0) : (code.off[slot] ?? 0));

/** Slot that a local call or a function address refers to. */
export const calleeOf = (code: Code, slot: number): number => slot + 1 + (code.imm[slot] ?? 0);

const isLocalCall = (code: Code, slot: number): boolean =>
  isCall(code.opcode[slot] ?? 0) && code.src[slot] === PSEUDO_CALL.SUBPROGRAM;
const isFunctionAddress = (code: Code, slot: number): boolean =>
  isLoadImm64(code.opcode[slot] ?? 0) && code.src[slot] === PSEUDO_LD.FUNCTION;

/** Starts of subprograms as the calls name them, for bytecode that comes without a list. */
export function findSubprograms(code: Code): Subprogram[] | ShapeFault {
  const starts = new Set([0]);
  for (let slot = 0; slot < code.length; slot++) {
    if (isLocalCall(code, slot) || isFunctionAddress(code, slot)) {
      const target = calleeOf(code, slot);
      if (target < 0 || target >= code.length) {
        return { code: 'call-target-outside', insn: slot, values: { target, count: code.length } };
      }
      starts.add(target);
    }
    if (isLoadImm64(code.opcode[slot] ?? 0)) slot++;
  }
  const ordered = [...starts].sort((a, b) => a - b);
  return ordered.map((start, i) => ({
    name: i === 0 ? 'main' : `subprogram ${i}`,
    start,
    end: ordered[i + 1] ?? code.length,
    linkage: 'static',
  }));
}

function checkSubprograms(code: Code, subprograms: readonly Subprogram[]): ShapeFault | null {
  const starts = new Set(subprograms.map((part) => part.start));
  for (const part of subprograms) {
    for (let slot = part.start; slot < part.end; slot++) {
      const opcode = code.opcode[slot] ?? 0;
      if ((isLocalCall(code, slot) || isFunctionAddress(code, slot)) && !starts.has(calleeOf(code, slot))) {
        return { code: 'call-target-outside', insn: slot, values: { target: calleeOf(code, slot), count: code.length } };
      }
      if (
        isJump(opcode) &&
        !isCall(opcode) &&
        !isExit(opcode) &&
        operationOf(opcode) !== JMP.CALL &&
        operationOf(opcode) !== JMP.EXIT
      ) {
        const target = targetOf(code, slot);
        if (target < part.start || target >= part.end) return { code: 'jump-out-of-range', insn: slot, values: { slot, target } };
      }
    }
    const last = code.opcode[part.end - 1] ?? 0;
    const previousIsWide = part.end - 2 >= part.start && isLoadImm64(code.opcode[part.end - 2] ?? 0);
    if (previousIsWide || (!isExit(last) && !isPlainJump(last)))
      return { code: 'falls-off-the-end', insn: Math.max(0, part.end - 1), values: {} };
  }
  return null;
}

/** Slots that can follow `slot` inside its own function. */
function successors(code: Code, slot: number): number[] {
  const opcode = code.opcode[slot] ?? 0;
  if (isExit(opcode)) return [];
  if (isPlainJump(opcode)) return [targetOf(code, slot)];
  if (isLoadImm64(opcode)) return [slot + 2];
  if (isJump(opcode) && !isCall(opcode)) return [slot + 1, targetOf(code, slot)];
  return [slot + 1];
}

function checkReachability(code: Code, subprograms: readonly Subprogram[]): ShapeFault | null {
  const seen = new Uint8Array(code.length);
  const pending = [0];
  while (pending.length > 0) {
    const slot = pending.pop() ?? 0;
    if (seen[slot] === 1) continue;
    seen[slot] = 1;
    if (isLocalCall(code, slot) || isFunctionAddress(code, slot)) pending.push(calleeOf(code, slot));
    for (const next of successors(code, slot)) {
      if (next >= code.length) return { code: 'jump-out-of-range', insn: slot, values: { slot, target: next } };
      pending.push(next);
    }
  }
  for (let slot = 0; slot < code.length; slot++) {
    const wide = isLoadImm64(code.opcode[slot] ?? 0);
    if (seen[slot] !== 1) return { code: 'unreachable', insn: slot, values: { slot } };
    if (wide) {
      if (seen[slot + 1] === 1) return { code: 'jump-into-wide', insn: slot, values: { slot } };
      slot++;
    }
  }
  return subprograms.length === 0 ? { code: 'falls-off-the-end', insn: 0, values: {} } : null;
}

/** First call cycle in the call graph, or null. Callbacks are edges as well. */
function checkRecursion(code: Code, subprograms: readonly Subprogram[], owner: Int32Array): ShapeFault | null {
  const mark = new Uint8Array(subprograms.length);
  const visit = (index: number): ShapeFault | null => {
    mark[index] = 1;
    const part = subprograms[index];
    for (let slot = part?.start ?? 0; slot < (part?.end ?? 0); slot++) {
      if (isLocalCall(code, slot) || isFunctionAddress(code, slot)) {
        const callee = owner[calleeOf(code, slot)] ?? 0;
        if (mark[callee] === 1) {
          return { code: 'recursion', insn: slot, values: { from: part?.name ?? '', to: subprograms[callee]?.name ?? '' } };
        }
        const fault = mark[callee] === 0 ? visit(callee) : null;
        if (fault !== null) return fault;
      }
      if (isLoadImm64(code.opcode[slot] ?? 0)) slot++;
    }
    mark[index] = 2;
    return null;
  };
  return subprograms.length === 0 ? null : visit(0);
}

/** Registers read and written by one slot, as bit masks; `argumentsOf` tells how many the call at a slot takes. */
function usesAndDefines(code: Code, slot: number, argumentsOf: (slot: number) => number): readonly [number, number] {
  const opcode = code.opcode[slot] ?? 0;
  const dst = 1 << (code.dst[slot] ?? 0);
  const src = 1 << (code.src[slot] ?? 0);
  const byRegister = (opcode & 8) === SOURCE.X;
  switch (classOf(opcode)) {
    case CLASS.LD: {
      if (isLoadImm64(opcode)) return [0, dst];
      return [(1 << 6) | ((opcode & 0xe0) === MODE.IND ? src : 0), 0x3f];
    }
    case CLASS.LDX:
      return [src, dst];
    case CLASS.ST:
      return [dst, 0];
    case CLASS.STX: {
      if ((opcode & 0xe0) !== MODE.ATOMIC) return [dst | src, 0];
      const imm = code.imm[slot] ?? 0;
      if (imm === 0xf1) return [dst | src | 1, 1];
      if (imm === 0x100) return [src, dst];
      if (imm === 0x110) return [dst | src, 0];
      return [dst | src, (imm & 1) === 1 ? src : 0];
    }
    case CLASS.ALU:
    case CLASS.ALU64: {
      const operation = operationOf(opcode);
      if (operation === 0xd0 || operation === 0x80) return [dst, dst];
      if (operation === 0xb0) return [byRegister ? src : 0, dst];
      return [dst | (byRegister ? src : 0), dst];
    }
    default: {
      const operation = operationOf(opcode);
      if (operation === JMP.CALL) {
        const count = argumentsOf(slot);
        return [((1 << (count + 1)) - 1) & ~1, 0x3f];
      }
      if (operation === JMP.EXIT) return [1, 0];
      if (operation === JMP.JA || operation === JMP.JCOND) return [0, 0];
      return [dst | (byRegister ? src : 0), 0];
    }
  }
}

/** Registers that one slot reads or writes, as bits. */
export function registersOf(code: Code, slot: number, argumentsOf: (slot: number) => number): number {
  const [used, defined] = usesAndDefines(code, slot, argumentsOf);
  return used | defined;
}

/** Backward sweeps until nothing changes; code without long backward jumps needs two. */
function computeLive(code: Code, argumentsOf: (slot: number) => number): Uint16Array {
  const live = new Uint16Array(code.length + 1);
  const uses = new Uint16Array(code.length);
  const keeps = new Uint16Array(code.length);
  const second = new Uint8Array(code.length);
  for (let slot = 0; slot < code.length; slot++) {
    const [used, defined] = usesAndDefines(code, slot, argumentsOf);
    uses[slot] = used;
    keeps[slot] = ~defined;
    if (isLoadImm64(code.opcode[slot] ?? 0)) {
      slot++;
      second[slot] = 1;
    }
  }
  for (let changed = true; changed; ) {
    changed = false;
    for (let slot = code.length - 1; slot >= 0; slot--) {
      if (second[slot] === 1) continue;
      let after = 0;
      for (const next of successors(code, slot)) after |= live[next] ?? 0;
      const before = (after & (keeps[slot] ?? 0)) | (uses[slot] ?? 0);
      if (before === live[slot]) continue;
      live[slot] = before;
      changed = true;
    }
  }
  return live;
}

/** Marks the slots of every strongly connected component of one function's graph that holds a forced slot (Tarjan, without recursion). */
function markOpenLoops(code: Code, forced: Uint8Array): Uint8Array {
  const open = new Uint8Array(code.length);
  if (!forced.includes(1)) return open;
  const index = new Int32Array(code.length).fill(-1);
  const low = new Int32Array(code.length);
  const onStack = new Uint8Array(code.length);
  const stack: number[] = [];
  let counter = 0;
  for (let root = 0; root < code.length; root++) {
    if (index[root] !== -1) continue;
    const work: { slot: number; next: number[]; at: number }[] = [{ slot: root, next: successors(code, root), at: 0 }];
    index[root] = low[root] = counter++;
    stack.push(root);
    onStack[root] = 1;
    while (work.length > 0) {
      const top = work[work.length - 1];
      if (top === undefined) break;
      const next = top.next[top.at++];
      if (next !== undefined) {
        if (next >= code.length) continue;
        if (index[next] === -1) {
          index[next] = low[next] = counter++;
          stack.push(next);
          onStack[next] = 1;
          work.push({ slot: next, next: successors(code, next), at: 0 });
        } else if (onStack[next] === 1) low[top.slot] = Math.min(low[top.slot] ?? 0, index[next] ?? 0);
        continue;
      }
      work.pop();
      const parent = work[work.length - 1];
      if (parent !== undefined) low[parent.slot] = Math.min(low[parent.slot] ?? 0, low[top.slot] ?? 0);
      if (low[top.slot] !== index[top.slot]) continue;
      const members: number[] = [];
      for (;;) {
        const member = stack.pop() ?? top.slot;
        onStack[member] = 0;
        members.push(member);
        if (member === top.slot) break;
      }
      // A callback call is a loop by itself: the call is walked again after each return.
      if (members.some((member) => forced[member] === 1)) for (const member of members) open[member] = 1;
    }
  }
  return open;
}

/** Where states are compared, as the kernel's check_cfg marks it. */
function markPrunePoints(code: Code, takesCallback: (slot: number) => boolean): { prunePoint: Uint8Array; forced: Uint8Array } {
  const prunePoint = new Uint8Array(code.length + 1);
  const forced = new Uint8Array(code.length);
  for (let slot = 0; slot < code.length; slot++) {
    const opcode = code.opcode[slot] ?? 0;
    if (isLoadImm64(opcode)) {
      slot++;
      continue;
    }
    if (!isJump(opcode) || isExit(opcode)) continue;
    if (isCall(opcode)) {
      if (code.src[slot] === PSEUDO_CALL.SUBPROGRAM) {
        prunePoint[slot] = 1;
        prunePoint[slot + 1] = 1;
        prunePoint[calleeOf(code, slot)] = 1;
      } else if (takesCallback(slot)) {
        prunePoint[slot] = 1;
        forced[slot] = 1;
      }
      continue;
    }
    prunePoint[targetOf(code, slot)] = 1;
    if (isPlainJump(opcode)) continue;
    prunePoint[slot] = 1;
    if (isMayGoto(opcode)) forced[slot] = 1;
  }
  return { prunePoint, forced };
}

/** Functions in one program (BPF_MAX_SUBPROGS). */
const SUBPROGRAM_LIMIT = 256;

/** Checks jumps and calls only, which the kernel does before it looks at single instructions. */
export const checkJumps = (program: LinkedProgram): ShapeFault | null =>
  program.code.length === 0
    ? { code: 'falls-off-the-end', insn: 0, values: {} }
    : program.subprograms.length > SUBPROGRAM_LIMIT
      ? { code: 'too-many-subprograms', insn: 0, values: { count: program.subprograms.length } }
      : checkSubprograms(program.code, program.subprograms);

/**
 * The whole shape, or the first fault in it. Jumps must have been checked. `argumentsOf` and `isForced` are asked about slots
 * with calls of helpers and kernel functions: how many arguments, and whether it is a loop by itself.
 */
export function shapeOf(
  program: LinkedProgram,
  argumentsOf: (slot: number) => number,
  isForced: (slot: number) => boolean,
): Shape | ShapeFault {
  const { code, subprograms } = program;
  const owner = new Int32Array(code.length);
  for (const [index, part] of subprograms.entries()) owner.fill(index, part.start, part.end);
  const fault = checkReachability(code, subprograms) ?? checkRecursion(code, subprograms, owner);
  if (fault !== null) return fault;
  const { prunePoint, forced } = markPrunePoints(code, isForced);
  return {
    subprograms,
    owner,
    prunePoint,
    forced,
    openLoop: markOpenLoops(code, forced),
    live: computeLive(code, argumentsOf),
    argumentsOf,
  };
}
