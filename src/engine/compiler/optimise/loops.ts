// Natural loops: back edges to a block that dominates their source, and how deep each block is nested.

import { type Block, computePredecessors, type IrFunction } from '../ir.ts';
import { computeDominators, type Dominators, dominates } from './dominators.ts';

export interface Loop {
  readonly header: Block;
  readonly body: ReadonlySet<Block>;
  /** Sources of the back edges. */
  readonly latches: readonly Block[];
}

/** All natural loops, one a header, outer ones first. */
export function naturalLoops(doms: Dominators): Loop[] {
  return doms.order.flatMap((header) => {
    const latches = header.preds.filter((latch) => dominates(doms, header, latch));
    if (latches.length === 0) return [];
    const body = new Set<Block>();
    for (const latch of latches) collect(header, latch, body);
    return [{ header, body, latches }];
  });
}

/** Nesting depth by block; 0 outside loops. */
export function loopDepths(fn: IrFunction): Map<Block, number> {
  computePredecessors(fn);
  const depths = new Map<Block, number>(fn.blocks.map((block) => [block, 0]));
  for (const { body } of naturalLoops(computeDominators(fn)))
    for (const block of body) depths.set(block, (depths.get(block) ?? 0) + 1);
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
