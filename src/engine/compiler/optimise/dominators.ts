// Dominator tree and dominance frontiers (Cooper, Harvey and Kennedy, 2001). Works on blocks only.

import { type Block, type IrFunction, reversePostorder } from '../ir.ts';

export interface Dominators {
  /** Reachable blocks in reverse postorder. */
  readonly order: readonly Block[];
  readonly idom: ReadonlyMap<Block, Block>;
  readonly children: ReadonlyMap<Block, readonly Block[]>;
  /** Position in `order`. */
  readonly number: ReadonlyMap<Block, number>;
}

/** Needs up-to-date predecessors. */
export function computeDominators(fn: IrFunction): Dominators {
  const order = reversePostorder(fn);
  const number = new Map(order.map((block, i) => [block, i]));
  const idom: number[] = new Array<number>(order.length).fill(-1);
  idom[0] = 0;
  const intersect = (a: number, b: number): number => {
    let x = a;
    let y = b;
    while (x !== y) {
      while (x > y) x = idom[x] ?? 0;
      while (y > x) y = idom[y] ?? 0;
    }
    return x;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 1; i < order.length; i++) {
      let best = -1;
      for (const pred of order[i]?.preds ?? []) {
        const p = number.get(pred);
        if (p === undefined || idom[p] === -1) continue;
        best = best === -1 ? p : intersect(p, best);
      }
      if (best !== idom[i]) {
        idom[i] = best;
        changed = true;
      }
    }
  }
  const parents = new Map<Block, Block>();
  const children = new Map<Block, Block[]>();
  for (const block of order) children.set(block, []);
  order.forEach((block, i) => {
    const parent = order[idom[i] ?? 0];
    if (i === 0 || parent === undefined) return;
    parents.set(block, parent);
    children.get(parent)?.push(block);
  });
  return { order, idom: parents, children, number };
}

/** True when every path to `inner` passes `outer`. */
export function dominates(doms: Dominators, outer: Block, inner: Block): boolean {
  const target = doms.number.get(outer) ?? -1;
  let block: Block | undefined = inner;
  while (block !== undefined && (doms.number.get(block) ?? 0) > target) block = doms.idom.get(block);
  return block === outer;
}

/** For each block, the blocks where its dominance ends. */
export function dominanceFrontiers(doms: Dominators): Map<Block, Set<Block>> {
  const frontiers = new Map<Block, Set<Block>>();
  for (const block of doms.order) frontiers.set(block, new Set());
  for (const block of doms.order) {
    if (block.preds.length < 2) continue;
    const stop = doms.idom.get(block);
    for (const pred of block.preds) {
      if (!doms.number.has(pred)) continue;
      for (let runner: Block | undefined = pred; runner !== undefined && runner !== stop; runner = doms.idom.get(runner))
        frontiers.get(runner)?.add(block);
    }
  }
  return frontiers;
}
