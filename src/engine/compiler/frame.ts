// Places of a function's slots in its frame: below R10, aligned, slots of scopes that never live together over each other.

import type { Slot } from './ir.ts';

export interface FrameLayout {
  /** Distance from R10, negative. */
  readonly offsets: ReadonlyMap<Slot, number>;
  /** Bytes used, a multiple of 8. */
  readonly size: number;
}

interface Node {
  readonly slots: Slot[];
  readonly children: Map<number, Node>;
}

const newNode = (): Node => ({ slots: [], children: new Map() });

/** Lays out slots; siblings in the tree of scopes share bytes. */
export function layOutFrame(slots: readonly Slot[]): FrameLayout {
  const root = newNode();
  for (const slot of slots) {
    let node = root;
    for (const step of slot.scope) {
      let child = node.children.get(step);
      if (child === undefined) {
        child = newNode();
        node.children.set(step, child);
      }
      node = child;
    }
    node.slots.push(slot);
  }
  const offsets = new Map<Slot, number>();
  const size = place(root, 0, offsets);
  return { offsets, size: Math.ceil(size / 8) * 8 };
}

/** Gives the node's slots places from `depth` downwards; returns the deepest byte of its subtree. */
function place(node: Node, depth: number, offsets: Map<Slot, number>): number {
  let used = depth;
  // Large alignment first wastes least.
  for (const slot of [...node.slots].sort((a, b) => b.align - a.align)) {
    const align = Math.max(1, Math.min(slot.align, 8));
    used = Math.ceil((used + slot.size) / align) * align;
    offsets.set(slot, -used);
  }
  let deepest = used;
  for (const child of node.children.values()) deepest = Math.max(deepest, place(child, used, offsets));
  return deepest;
}
