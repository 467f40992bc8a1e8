// Which registers are live at the end of each machine block: the usual backward data flow over bit sets.

import { eachDefinition, eachUse, type MachineFunction } from './machine.ts';

/** Bit sets, one a block, of registers live at its end. */
export interface Liveness {
  readonly words: number;
  readonly liveIn: readonly Uint32Array[];
  readonly liveOut: readonly Uint32Array[];
  readonly successors: readonly (readonly number[])[];
}

export function computeLiveness(fn: MachineFunction): Liveness {
  const words = (fn.nextRegister + 31) >> 5;
  const count = fn.blocks.length;
  const indices = new Map(fn.blocks.map((block, i) => [block, i]));
  const successors = fn.blocks.map((block, i) => {
    const found: number[] = [];
    for (const insn of block.insns) if (insn.target !== null) found.push(indices.get(insn.target) ?? i);
    const last = block.insns.at(-1);
    if ((last === undefined || (last.kind !== 'goto' && last.kind !== 'exit')) && i + 1 < count) found.push(i + 1);
    return found;
  });
  const uses: Uint32Array[] = [];
  const definitions: Uint32Array[] = [];
  const liveIn: Uint32Array[] = [];
  const liveOut: Uint32Array[] = [];
  for (const block of fn.blocks) {
    const use = new Uint32Array(words);
    const define = new Uint32Array(words);
    const noteUse = (r: number): void => {
      if (((define[r >> 5] ?? 0) & (1 << (r & 31))) === 0) use[r >> 5] = (use[r >> 5] ?? 0) | (1 << (r & 31));
    };
    const noteDefinition = (r: number): void => {
      define[r >> 5] = (define[r >> 5] ?? 0) | (1 << (r & 31));
    };
    for (const insn of block.insns) {
      eachUse(insn, noteUse);
      eachDefinition(insn, noteDefinition);
    }
    uses.push(use);
    definitions.push(define);
    liveIn.push(new Uint32Array(words));
    liveOut.push(new Uint32Array(words));
  }
  const predecessors: number[][] = fn.blocks.map(() => []);
  successors.forEach((list, i) => {
    for (const next of list) predecessors[next]?.push(i);
  });
  const work = fn.blocks.map((_, i) => i);
  const queued = new Uint8Array(count).fill(1);
  for (let i = work.pop(); i !== undefined; i = work.pop()) {
    queued[i] = 0;
    const out = liveOut[i];
    const into = liveIn[i];
    const use = uses[i];
    const define = definitions[i];
    if (out === undefined || into === undefined || use === undefined || define === undefined) continue;
    for (const next of successors[i] ?? []) {
      const other = liveIn[next];
      if (other !== undefined) for (let w = 0; w < words; w++) out[w] = (out[w] ?? 0) | (other[w] ?? 0);
    }
    let changed = false;
    for (let w = 0; w < words; w++) {
      const value = ((use[w] ?? 0) | ((out[w] ?? 0) & ~(define[w] ?? 0))) >>> 0;
      if (value !== into[w]) {
        into[w] = value;
        changed = true;
      }
    }
    if (!changed) continue;
    for (const pred of predecessors[i] ?? []) {
      if (queued[pred] === 1) continue;
      queued[pred] = 1;
      work.push(pred);
    }
  }
  return { words, liveIn, liveOut, successors };
}
