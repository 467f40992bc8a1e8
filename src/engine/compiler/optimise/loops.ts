// Natural loops: back edges to a block that dominates their source, and how deep each block is nested.

import { type Block, computePredecessors, type IrFunction } from '../ir.ts';
import { computeDominators, dominates } from './dominators.ts';

/** Nesting depth by block; 0 outside loops. */
export function loopDepths(fn: IrFunction): Map<Block, number> {
  computePredecessors(fn);
  const doms = computeDominators(fn);
  const depths = new Map<Block, number>(fn.blocks.map((block) => [block, 0]));
  for (const header of doms.order) {
    const body = new Set<Block>();
    for (const latch of header.preds) if (dominates(doms, header, latch)) collect(header, latch, body);
    for (const block of body) depths.set(block, (depths.get(block) ?? 0) + 1);
  }
  return depths;
}

function collect(header: Block, latch: Block, body: Set<Block>): void {
  body.add(header);
  const work = [latch];
  for (let block = work.pop(); block !== undefined; block = work.pop()) {
    if (body.has(block)) continue;
    body.add(block);
    work.push(...block.preds);
  }
}
