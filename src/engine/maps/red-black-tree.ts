// The kernel's red-black tree (lib/rbtree.c: same cases, same rotations, same colours) over the links of
// base/red-black-links.ts, ordered by an unsigned 64-bit key that lives in two columns. Every elementary change is
// reported, so that a viewer can replay it. Knows nothing of packets or of maps.

import {
  BLACK,
  LEFT,
  linkNode,
  NO_NODE,
  paintNode,
  RED,
  RIGHT,
  rotateNode,
  spliceNode,
  swapWithSuccessor,
  type TreeLinks,
} from '../base/red-black-links.ts';

/** Keys by slot, in halves. */
export interface TreeKeys {
  readonly low: Int32Array;
  readonly high: Int32Array;
}

/** Told of each elementary change (index in TREE_CHANGES, slot, argument as in trace/event.ts). */
export type TreeObserver = (change: number, slot: number, argument: number) => void;

/** Unsigned comparison of two keys in halves: negative, zero or positive. */
function compareKeys(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  return aHigh === bHigh ? (aLow >>> 0) - (bLow >>> 0) : (aHigh >>> 0) - (bHigh >>> 0);
}

export class RedBlackTree {
  readonly links: TreeLinks;
  readonly keys: TreeKeys;
  private readonly observe: TreeObserver;

  constructor(links: TreeLinks, keys: TreeKeys, observe: TreeObserver) {
    this.links = links;
    this.keys = keys;
    this.observe = observe;
  }

  get root(): number {
    return this.links.root[this.links.rootAt] ?? NO_NODE;
  }

  private left(node: number): number {
    return this.links.left[node] ?? NO_NODE;
  }
  private right(node: number): number {
    return this.links.right[node] ?? NO_NODE;
  }
  private child(node: number, side: number): number {
    return side === LEFT ? this.left(node) : this.right(node);
  }
  private parent(node: number): number {
    return this.links.parent[node] ?? NO_NODE;
  }
  private isRed(node: number): boolean {
    return node !== NO_NODE && this.links.colour[node] === RED;
  }
  private compare(low: number, high: number, node: number): number {
    return compareKeys(low, high, this.keys.low[node] ?? 0, this.keys.high[node] ?? 0);
  }
  private paint(node: number, colour: number): void {
    if (this.links.colour[node] === colour) return;
    paintNode(this.links, node, colour);
    this.observe(2, node, colour);
  }
  private rotate(node: number, side: number): void {
    rotateNode(this.links, node, side);
    this.observe(1, node, side);
  }

  /** Inserts `node`, whose key is already in the columns, after all nodes with an equal key. */
  insert(node: number): void {
    const low = this.keys.low[node] ?? 0;
    const high = this.keys.high[node] ?? 0;
    let parent = NO_NODE;
    let side = LEFT;
    for (let at = this.root; at !== NO_NODE; ) {
      parent = at;
      side = this.compare(low, high, at) < 0 ? LEFT : RIGHT;
      at = side === LEFT ? this.left(at) : this.right(at);
    }
    linkNode(this.links, node, parent, side);
    this.observe(0, node, parent === NO_NODE ? -1 : parent * 2 + side);
    this.balanceAfterInsert(node);
  }

  /** lib/rbtree.c __rb_insert: cases 1 (recolour), 2 (rotate at the parent), 3 (rotate at the grandparent). */
  private balanceAfterInsert(inserted: number): void {
    let node = inserted;
    for (;;) {
      const parent = this.parent(node);
      if (parent === NO_NODE) {
        this.paint(node, BLACK);
        return;
      }
      if (!this.isRed(parent)) return;
      const grandparent = this.parent(parent);
      const near = this.left(grandparent) === parent ? LEFT : RIGHT;
      const uncle = near === LEFT ? this.right(grandparent) : this.left(grandparent);
      if (this.isRed(uncle)) {
        this.paint(uncle, BLACK);
        this.paint(parent, BLACK);
        this.paint(grandparent, RED);
        node = grandparent;
        continue;
      }
      let top = parent;
      const inner = near === LEFT ? this.right(parent) : this.left(parent);
      if (node === inner) {
        this.rotate(parent, near);
        top = node;
      }
      this.rotate(grandparent, near === LEFT ? RIGHT : LEFT);
      this.paint(top, BLACK);
      this.paint(grandparent, RED);
      return;
    }
  }

  /** Takes `node` out (lib/rbtree_augmented.h __rb_erase_augmented, lib/rbtree.c ____rb_erase_color). */
  erase(node: number): void {
    if (this.left(node) !== NO_NODE && this.right(node) !== NO_NODE) {
      let successor = this.right(node);
      while (this.left(successor) !== NO_NODE) successor = this.left(successor);
      swapWithSuccessor(this.links, node, successor);
      this.observe(3, node, successor);
    }
    const child = this.left(node) === NO_NODE ? this.right(node) : this.left(node);
    const parent = this.parent(node);
    const wasBlack = !this.isRed(node);
    spliceNode(this.links, node);
    this.observe(4, node, 0);
    if (child !== NO_NODE) this.paint(child, BLACK);
    else if (wasBlack && parent !== NO_NODE) this.balanceAfterErase(parent);
  }

  /** The side without a node is one black short. */
  private balanceAfterErase(start: number): void {
    let node = NO_NODE;
    let parent = start;
    for (;;) {
      const short = this.left(parent) === node ? LEFT : RIGHT;
      const other = short === LEFT ? RIGHT : LEFT;
      let sibling = this.child(parent, other);
      if (this.isRed(sibling)) {
        this.rotate(parent, short);
        this.paint(sibling, BLACK);
        this.paint(parent, RED);
        sibling = this.child(parent, other);
      }
      if (!this.isRed(this.child(sibling, other))) {
        if (!this.isRed(this.child(sibling, short))) {
          this.paint(sibling, RED);
          if (this.isRed(parent)) {
            this.paint(parent, BLACK);
            return;
          }
          node = parent;
          parent = this.parent(node);
          if (parent === NO_NODE) return;
          continue;
        }
        const inner = this.child(sibling, short);
        this.rotate(sibling, other);
        this.paint(inner, BLACK);
        this.paint(sibling, RED);
        sibling = inner;
      }
      const colour = this.links.colour[parent] ?? BLACK;
      const outer = this.child(sibling, other);
      this.rotate(parent, short);
      this.paint(sibling, colour);
      this.paint(parent, BLACK);
      this.paint(outer, BLACK);
      return;
    }
  }

  /** Leftmost node, or NO_NODE. */
  first(): number {
    let node = this.root;
    while (node !== NO_NODE && this.left(node) !== NO_NODE) node = this.left(node);
    return node;
  }

  /** In-order successor, or NO_NODE. */
  next(node: number): number {
    let at = this.right(node);
    if (at !== NO_NODE) {
      while (this.left(at) !== NO_NODE) at = this.left(at);
      return at;
    }
    at = node;
    let up = this.parent(at);
    while (up !== NO_NODE && this.right(up) === at) {
      at = up;
      up = this.parent(up);
    }
    return up;
  }

  /** The first-inserted node with exactly this key, or NO_NODE: equal keys stand in insertion order, so it is the leftmost. */
  findOldest(low: number, high: number): number {
    let found = NO_NODE;
    for (let at = this.root; at !== NO_NODE; ) {
      const order = this.compare(low, high, at);
      if (order === 0) found = at;
      at = order <= 0 ? this.left(at) : this.right(at);
    }
    return found;
  }

  /** The first node with this key met from the root, as the posted code finds it (quirk Q1). */
  findTopmost(low: number, high: number): number {
    for (let at = this.root; at !== NO_NODE; ) {
      const order = this.compare(low, high, at);
      if (order === 0) return at;
      at = order < 0 ? this.left(at) : this.right(at);
    }
    return NO_NODE;
  }

  /** The smallest node whose key is greater than the given one, or NO_NODE. */
  findAfter(low: number, high: number): number {
    let found = NO_NODE;
    for (let at = this.root; at !== NO_NODE; ) {
      if (this.compare(low, high, at) < 0) {
        found = at;
        at = this.left(at);
      } else at = this.right(at);
    }
    return found;
  }

  /** Broken rules of a red-black search tree, in words; empty when all hold. For tests. */
  problems(): string[] {
    const found: string[] = [];
    const visit = (node: number, parent: number): number => {
      if (node === NO_NODE) return 1;
      if (this.parent(node) !== parent) found.push(`node ${node} does not point back to ${parent}`);
      const [left, right] = [this.left(node), this.right(node)];
      if (this.isRed(node) && (this.isRed(left) || this.isRed(right))) found.push(`red node ${node} has a red child`);
      const low = this.keys.low[node] ?? 0;
      const high = this.keys.high[node] ?? 0;
      if (left !== NO_NODE && this.compare(low, high, left) < 0) found.push(`node ${left} is left of smaller node ${node}`);
      if (right !== NO_NODE && this.compare(low, high, right) > 0) found.push(`node ${right} is right of greater node ${node}`);
      const blackLeft = visit(left, node);
      if (blackLeft !== visit(right, node)) found.push(`black heights differ below node ${node}`);
      return blackLeft + (this.isRed(node) ? 0 : 1);
    };
    visit(this.root, NO_NODE);
    if (this.isRed(this.root)) found.push('the root is red');
    return found;
  }
}
