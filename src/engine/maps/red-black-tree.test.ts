// The tree against a sorted list, its own rules, and an independent transcription of the kernel's algorithm (pointers,
// not links) that must reach the same shape and colours; and its replay from the observed changes.

import { describe, expect, it } from 'vitest';
import { nextBelow, type RandomStream, seedStream } from '../base/prng.ts';
import {
  linkNode,
  NO_NODE,
  paintNode,
  RED,
  rotateNode,
  spliceNode,
  swapWithSuccessor,
  type TreeLinks,
} from '../base/red-black-links.ts';
import { fromHalves } from '../base/u64.ts';
import { RedBlackTree } from './red-black-tree.ts';

const SLOTS = 400;
const links = (): TreeLinks => ({
  left: new Int32Array(SLOTS).fill(NO_NODE),
  right: new Int32Array(SLOTS).fill(NO_NODE),
  parent: new Int32Array(SLOTS).fill(NO_NODE),
  colour: new Uint8Array(SLOTS),
  root: Int32Array.of(NO_NODE),
  rootAt: 0,
});

/** A left-leaning-free textbook tree: CLRS insertion with sentinel-free nodes, to compare shapes after insertion. */
interface Node {
  key: number;
  red: boolean;
  left: Node | null;
  right: Node | null;
  up: Node | null;
}
class Textbook {
  root: Node | null = null;
  private turn(x: Node, toLeft: boolean): void {
    const y = toLeft ? x.right : x.left;
    if (y === null) throw new Error('no child to turn');
    const inner = toLeft ? y.left : y.right;
    if (toLeft) x.right = inner;
    else x.left = inner;
    if (inner !== null) inner.up = x;
    y.up = x.up;
    if (x.up === null) this.root = y;
    else if (x.up.left === x) x.up.left = y;
    else x.up.right = y;
    if (toLeft) y.left = x;
    else y.right = x;
    x.up = y;
  }
  insert(key: number): void {
    const z: Node = { key, red: true, left: null, right: null, up: null };
    let y: Node | null = null;
    for (let x = this.root; x !== null; x = key < x.key ? x.left : x.right) y = x;
    z.up = y;
    if (y === null) this.root = z;
    else if (key < y.key) y.left = z;
    else y.right = z;
    let at = z;
    while (at.up?.red && at.up.up !== null) {
      const grand: Node = at.up.up;
      const isLeft = at.up === grand.left;
      const uncle = isLeft ? grand.right : grand.left;
      if (uncle?.red) {
        at.up.red = false;
        uncle.red = false;
        grand.red = true;
        at = grand;
      } else {
        if (at === (isLeft ? at.up.right : at.up.left)) {
          at = at.up;
          this.turn(at, isLeft);
        }
        if (at.up !== null) at.up.red = false;
        grand.red = true;
        this.turn(grand, !isLeft);
      }
    }
    if (this.root !== null) this.root.red = false;
  }
  shape(node: Node | null = this.root): string {
    return node === null ? '.' : `(${this.shape(node.left)}${node.key}${node.red ? 'r' : 'b'}${this.shape(node.right)})`;
  }
}

const shapeOf = (tree: RedBlackTree, node = tree.root): string =>
  node === NO_NODE
    ? '.'
    : `(${shapeOf(tree, tree.links.left[node])}${tree.keys.low[node]}${tree.links.colour[node] === RED ? 'r' : 'b'}${shapeOf(tree, tree.links.right[node])})`;

describe('red-black tree', () => {
  it('has the textbook shape and colours after every insertion', () => {
    const stream: RandomStream = { state: new Int32Array(4), at: 0 };
    seedStream(stream, 7, 'shape');
    const tree = new RedBlackTree(links(), { low: new Int32Array(SLOTS), high: new Int32Array(SLOTS) }, () => {});
    const book = new Textbook();
    for (let slot = 0; slot < SLOTS; slot++) {
      const key = nextBelow(stream, 90);
      tree.keys.low[slot] = key;
      tree.insert(slot);
      book.insert(key);
      if (slot % 20 === 0 || slot < 40) expect(shapeOf(tree)).toBe(book.shape());
    }
    expect(shapeOf(tree)).toBe(book.shape());
  });

  it.each([1, 2, 3, 4, 5, 6])('keeps order, rules and a replay under random insertion and removal (seed %i)', (seed) => {
    const stream: RandomStream = { state: new Int32Array(4), at: 0 };
    seedStream(stream, seed, 'tree');
    const mirror = links();
    const observe = (change: number, slot: number, argument: number): void => {
      if (change === 0) linkNode(mirror, slot, argument < 0 ? NO_NODE : argument >> 1, argument & 1);
      else if (change === 1) rotateNode(mirror, slot, argument);
      else if (change === 2) paintNode(mirror, slot, argument);
      else if (change === 3) swapWithSuccessor(mirror, slot, argument);
      else spliceNode(mirror, slot);
    };
    const tree = new RedBlackTree(links(), { low: new Int32Array(SLOTS), high: new Int32Array(SLOTS) }, observe);
    const model: number[] = [];
    const free = Array.from({ length: SLOTS }, (_, slot) => slot);
    for (let round = 0; round < 3000; round++) {
      const grow = nextBelow(stream, 100) < (round % 600 < 300 ? 65 : 35);
      if (grow && free.length > 0) {
        const slot = free.splice(nextBelow(stream, free.length), 1)[0] ?? 0;
        tree.keys.low[slot] = nextBelow(stream, 40) - 20;
        tree.keys.high[slot] = nextBelow(stream, 3) - 1;
        tree.insert(slot);
        const value = (s: number): bigint => fromHalves(tree.keys.low[s] ?? 0, tree.keys.high[s] ?? 0);
        const at = model.findIndex((other) => value(other) > value(slot));
        model.splice(at < 0 ? model.length : at, 0, slot);
      } else if (model.length > 0) {
        const at = nextBelow(stream, model.length);
        const slot = model.splice(at, 1)[0] ?? 0;
        tree.erase(slot);
        free.push(slot);
      }
      expect(tree.problems()).toEqual([]);
      if (round % 50 === 0) {
        const walked: number[] = [];
        for (let node = tree.first(); node !== NO_NODE; node = tree.next(node)) walked.push(node);
        expect(walked).toEqual(model);
        expect(mirror.root[0]).toBe(tree.root);
        for (const slot of model) {
          expect([mirror.left[slot], mirror.right[slot], mirror.colour[slot]]).toEqual([
            tree.links.left[slot],
            tree.links.right[slot],
            tree.links.colour[slot],
          ]);
        }
      }
    }
  });

  it.each([
    [3, '2,3,1'],
    [4, '2,3,4,1'],
    [8, '4,5,6,7,2,3,8,1'],
    [10, '4,5,6,7,8,9,2,3,10,1'],
  ])('gives %i packets of one key back in the posted order (Q1), oldest first otherwise', (count, posted) => {
    for (const topmost of [true, false]) {
      const tree = new RedBlackTree(links(), { low: new Int32Array(SLOTS), high: new Int32Array(SLOTS) }, () => {});
      for (let slot = 1; slot <= count; slot++) tree.insert(slot);
      const order: number[] = [];
      for (let i = 0; i < count; i++) {
        const node = topmost ? tree.findTopmost(0, 0) : tree.findOldest(0, 0);
        tree.erase(node);
        order.push(node);
      }
      expect(order.join()).toBe(topmost ? posted : order.toSorted((a, b) => a - b).join());
    }
  });
});
