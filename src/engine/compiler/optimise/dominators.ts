// Dominator tree and dominance frontiers (Cooper, Harvey and Kennedy, 2001). Works on blocks only.

import { type Block, type IrFunction, reversePostorder } from '../ir.ts';

/** Lists are indexed by a block's `order`. Valid until the next reverse postorder of the function. */
export interface Dominators {
  /** Reachable blocks in reverse postorder. */
  readonly order: readonly Block[];
  /** Places of the immediate dominators; the entry is its own. */
  readonly parents: Int32Array;
  readonly children: readonly (readonly Block[])[];
}

/** Needs up-to-date predecessors. */
export function computeDominators(fn: IrFunction): Dominators {
  const order = reversePostorder(fn);
  const parents = new Int32Array(order.length).fill(-1);
  parents[0] = 0;
  const intersect = (a: number, b: number): number => {
    let x = a;
    let y = b;
    while (x !== y) {
      while (x > y) x = parents[x] ?? 0;
      while (y > x) y = parents[y] ?? 0;
    }
    return x;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 1; i < order.length; i++) {
      let best = -1;
      for (const { order: p } of order[i]?.preds ?? []) {
        if (p < 0 || parents[p] === -1) continue;
        best = best === -1 ? p : intersect(p, best);
      }
      if (best !== parents[i]) {
        parents[i] = best;
        changed = true;
      }
    }
  }
  const children: Block[][] = order.map(() => []);
  for (let i = 1; i < order.length; i++) {
    const block = order[i];
    if (block !== undefined) children[parents[i] ?? 0]?.push(block);
  }
  return { order, parents, children };
}

/** True when every path to `inner` passes `outer`. */
export function dominates(doms: Dominators, outer: Block, inner: Block): boolean {
  const target = outer.order;
  let at = inner.order;
  if (target < 0 || at < 0) return false;
  while (at > target) at = doms.parents[at] ?? 0;
  return at === target;
}

const NOWHERE: ReadonlySet<Block> = new Set();

/** Where the dominance of each block ends, by the block's `order`. */
export function dominanceFrontiers(doms: Dominators): readonly ReadonlySet<Block>[] {
  const { order, parents } = doms;
  const frontiers: (Set<Block> | undefined)[] = new Array<undefined>(order.length).fill(undefined);
  for (const block of order) {
    if (block.preds.length < 2) continue;
    const stop = parents[block.order] ?? 0;
    for (const pred of block.preds) {
      for (let at = pred.order; at >= 0 && at !== stop; at = parents[at] ?? 0) {
        const known = frontiers[at];
        if (known === undefined) frontiers[at] = new Set([block]);
        else known.add(block);
        if (at === 0) break;
      }
    }
  }
  return frontiers.map((found) => found ?? NOWHERE);
}
