// From jumps to structured control flow: basic blocks, dominators, and for reducible graphs the nesting of WebAssembly blocks and
// loops (Ramsey, "Beyond Relooper", ICFP 2022). An irreducible graph gets a dispatcher. Knows nothing of what instructions do.

import { present } from '../../base/assert.ts';
import { type Code, OPCODE_LDDW } from '../../isa/codec.ts';
import { CLASS, JMP, PSEUDO_CALL } from '../../isa/opcodes.ts';

/** Slots [start, end); `next` are block numbers: none for an exit, one for a jump or fall-through, two (taken, else) for a condition. */
export interface BasicBlock {
  readonly start: number;
  readonly end: number;
  /** Slot of the instruction that ends it. */
  readonly last: number;
  readonly next: readonly number[];
}

export interface ControlFlow {
  readonly blocks: readonly BasicBlock[];
  /** Position of each block in reverse postorder; -1 for a block that is never reached. */
  readonly order: readonly number[];
  /** Blocks in reverse postorder. */
  readonly sequence: readonly number[];
  readonly dominator: readonly number[];
  /** Forward edges into each block. */
  readonly forwardIn: readonly number[];
  readonly isLoopHead: readonly boolean[];
  readonly isReducible: boolean;
}

function isJump(code: Code, slot: number): boolean {
  const opcode = code.opcode[slot] ?? 0;
  const cls = opcode & 7;
  return (cls === CLASS.JMP || cls === CLASS.JMP32) && !((opcode & 0xf0) === JMP.CALL && cls === CLASS.JMP);
}

/** Where a jump goes, by slot. */
function targetOf(code: Code, slot: number): number {
  const opcode = code.opcode[slot] ?? 0;
  const long = (opcode & 0xf0) === JMP.JA && (opcode & 7) === CLASS.JMP32;
  return slot + 1 + (long ? (code.imm[slot] ?? 0) : (code.off[slot] ?? 0));
}

/** The basic blocks of the function in slots [start, end); block 0 is its entry. */
export function basicBlocks(code: Code, start: number, end: number): BasicBlock[] {
  const leaders = new Set([start]);
  for (let slot = start; slot < end; slot++) {
    if (isJump(code, slot)) {
      if ((code.opcode[slot] ?? 0) >> 4 !== JMP.EXIT >> 4) leaders.add(targetOf(code, slot));
      if (slot + 1 < end) leaders.add(slot + 1);
    }
    if (code.opcode[slot] === OPCODE_LDDW) slot++;
  }
  const starts = [...leaders].sort((a, b) => a - b);
  const numberOf = new Map(starts.map((slot, index) => [slot, index]));
  return starts.map((from, index) => {
    const to = starts[index + 1] ?? end;
    let last = from;
    for (let slot = from; slot < to; slot++) {
      last = slot;
      if (code.opcode[slot] === OPCODE_LDDW) slot++;
    }
    return { start: from, end: to, last, next: successors(code, last, to, numberOf) };
  });
}

function successors(code: Code, last: number, to: number, numberOf: ReadonlyMap<number, number>): number[] {
  const after = numberOf.get(to);
  if (!isJump(code, last)) return after === undefined ? [] : [after];
  const operation = (code.opcode[last] ?? 0) & 0xf0;
  if (operation === JMP.EXIT) return [];
  const taken = present(numberOf.get(targetOf(code, last)), 'jump target');
  return operation === JMP.JA ? [taken] : [taken, present(after, 'fall-through')];
}

/** Orders, dominators (Cooper, Harvey, Kennedy 2001) and reducibility. */
export function controlFlow(blocks: readonly BasicBlock[]): ControlFlow {
  const sequence = reversePostorder(blocks);
  const order = new Array<number>(blocks.length).fill(-1);
  sequence.forEach((block, index) => {
    order[block] = index;
  });
  const orderOf = (block: number): number => order[block] ?? -1;
  const predecessors: number[][] = blocks.map(() => []);
  for (const block of sequence) for (const next of blocks[block]?.next ?? []) predecessors[next]?.push(block);
  const dominator = new Array<number>(blocks.length).fill(-1);
  dominator[0] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of sequence) {
      if (block === 0) continue;
      let best = -1;
      for (const before of predecessors[block] ?? []) {
        if ((dominator[before] ?? -1) < 0) continue;
        best = best < 0 ? before : meet(best, before, dominator, orderOf);
      }
      if (dominator[block] !== best) {
        dominator[block] = best;
        changed = true;
      }
    }
  }
  const forwardIn = new Array<number>(blocks.length).fill(0);
  const isLoopHead = new Array<boolean>(blocks.length).fill(false);
  let isReducible = true;
  for (const block of sequence) {
    for (const next of blocks[block]?.next ?? []) {
      if (orderOf(next) > orderOf(block)) forwardIn[next] = (forwardIn[next] ?? 0) + 1;
      else {
        isLoopHead[next] = true;
        if (!dominates(next, block, dominator)) isReducible = false;
      }
    }
  }
  return { blocks, order, sequence, dominator, forwardIn, isLoopHead, isReducible };
}

function reversePostorder(blocks: readonly BasicBlock[]): number[] {
  const seen = new Uint8Array(blocks.length);
  const post: number[] = [];
  const stack: { block: number; at: number }[] = [{ block: 0, at: 0 }];
  seen[0] = 1;
  for (let top = stack[0]; top !== undefined; top = stack[stack.length - 1]) {
    const next = blocks[top.block]?.next[top.at++];
    if (next === undefined) {
      post.push(top.block);
      stack.pop();
    } else if (seen[next] === 0) {
      seen[next] = 1;
      stack.push({ block: next, at: 0 });
    }
  }
  return post.reverse();
}

function meet(a: number, b: number, dominator: readonly number[], orderOf: (block: number) => number): number {
  let x = a;
  let y = b;
  while (x !== y) {
    while (orderOf(x) > orderOf(y)) x = dominator[x] ?? 0;
    while (orderOf(y) > orderOf(x)) y = dominator[y] ?? 0;
  }
  return x;
}

function dominates(a: number, b: number, dominator: readonly number[]): boolean {
  for (let at = b; ; at = dominator[at] ?? 0) {
    if (at === a) return true;
    if (at === 0) return false;
  }
}

/** Children in the dominator tree, by block. */
export function dominatorChildren(flow: ControlFlow): number[][] {
  const children: number[][] = flow.blocks.map(() => []);
  for (const block of flow.sequence) if (block !== 0) children[flow.dominator[block] ?? 0]?.push(block);
  return children;
}

/** Slots at which other functions of the program are called or taken the address of are not jumps; true for a call into the program. */
export const callsSubprogram = (code: Code, slot: number): boolean =>
  code.opcode[slot] === (JMP.CALL | CLASS.JMP) && code.src[slot] === PSEUDO_CALL.SUBPROGRAM;
