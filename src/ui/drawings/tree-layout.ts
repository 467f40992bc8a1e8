// Where the nodes of a red-black tree stand: x is the in-order rank, y the depth. Ranks keep left, right and sortedness
// readable where a tidy tree would put an only child under its parent. Pure; knows no pixels and no time.

import { NO_NODE } from '../../engine/base/red-black-links.ts';
import { halvesToNumber } from '../../engine/base/u64.ts';
import type { SceneTree } from '../../engine/trace/scene-state.ts';

/** Columns by rank (0 is the smallest key). Shares nothing with the tree it was made from. */
export interface TreeLayout {
  readonly count: number;
  /** Deepest level; the root is at 0, -1 for an empty tree. */
  readonly maxDepth: number;
  readonly slots: Int32Array;
  readonly depth: Uint16Array;
  readonly packet: Int32Array;
  readonly red: Uint8Array;
  /** Rank of the parent, -1 for the root. */
  readonly parentRank: Int32Array;
  readonly keyLow: Int32Array;
  readonly keyHigh: Int32Array;
  /** Rank of each slot, -1 for slots that hold no node. */
  readonly rankOf: Int32Array;
}

export const EMPTY_LAYOUT: TreeLayout = {
  count: 0,
  maxDepth: -1,
  slots: new Int32Array(0),
  depth: new Uint16Array(0),
  packet: new Int32Array(0),
  red: new Uint8Array(0),
  parentRank: new Int32Array(0),
  keyLow: new Int32Array(0),
  keyHigh: new Int32Array(0),
  rankOf: new Int32Array(0),
};

/** Walks the tree once, in order. O(n); no recursion, so any depth is fine. */
export function layoutTree(tree: SceneTree): TreeLayout {
  const { left, right, parent, colour, root, rootAt } = tree.links;
  const top = root[rootAt] ?? NO_NODE;
  if (top === NO_NODE) return EMPTY_LAYOUT;
  const capacity = tree.packet.length;
  const slots = new Int32Array(capacity);
  const depth = new Uint16Array(capacity);
  const rankOf = new Int32Array(capacity).fill(-1);
  let count = 0;
  let maxDepth = 0;
  const stack: number[] = [];
  const depths: number[] = [];
  let node = top;
  let level = 0;
  while (node !== NO_NODE || stack.length > 0) {
    while (node !== NO_NODE) {
      stack.push(node);
      depths.push(level);
      node = left[node] ?? NO_NODE;
      level++;
    }
    const at = stack.pop() ?? NO_NODE;
    level = depths.pop() ?? 0;
    slots[count] = at;
    depth[count] = level;
    rankOf[at] = count;
    if (level > maxDepth) maxDepth = level;
    count++;
    node = right[at] ?? NO_NODE;
    level++;
  }
  const pick = (source: Int32Array): Int32Array => {
    const column = new Int32Array(count);
    for (let i = 0; i < count; i++) column[i] = source[slots[i] ?? 0] ?? 0;
    return column;
  };
  const red = new Uint8Array(count);
  const parentRank = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const slot = slots[i] ?? 0;
    red[i] = colour[slot] === 0 ? 1 : 0;
    const above = parent[slot] ?? NO_NODE;
    parentRank[i] = above === NO_NODE ? -1 : (rankOf[above] ?? -1);
  }
  return {
    count,
    maxDepth,
    slots: slots.slice(0, count),
    depth: depth.slice(0, count),
    packet: pick(tree.packet),
    red,
    parentRank,
    keyLow: pick(tree.keyLow),
    keyHigh: pick(tree.keyHigh),
    rankOf,
  };
}

/** Ranks from the root down to the parent of the node in `slot` of `layout`; each with the side it goes on to. */
export function searchPath(layout: TreeLayout, slot: number): { readonly rank: number; readonly goesLeft: boolean }[] {
  const path: { rank: number; goesLeft: boolean }[] = [];
  let rank = layout.rankOf[slot] ?? -1;
  while (rank >= 0) {
    const above = layout.parentRank[rank] ?? -1;
    if (above >= 0) path.push({ rank: above, goesLeft: rank < above });
    rank = above;
  }
  return path.reverse();
}

/** Smaller keys are counters or classes, not times (ns). */
const SMALLEST_TIME = 100_000;

/**
 * A 64-bit key in few characters: exact while it is short, composite keys as `high:low`, keys that lie within the run's
 * time (`timeLimit` ns) as times, others with an SI letter.
 */
export function compactKey(low: number, high: number, timeLimit = 0): string {
  const upper = high >>> 0;
  const lower = low >>> 0;
  if (upper === 0 && lower < 100_000) return String(lower);
  if (upper > 0 && upper < 10_000 && lower < 100_000) return `${upper}:${lower}`;
  let value = halvesToNumber(low, high);
  if (value >= SMALLEST_TIME && value <= timeLimit) return `${Number((value / 1e6).toPrecision(5))}ms`;
  for (const letter of ['', 'k', 'M', 'G', 'T', 'P', 'E']) {
    if (value < 1000) return `${Number(value.toPrecision(4))}${letter}`;
    value /= 1000;
  }
  return `${value.toPrecision(4)}Z`;
}
