// In-order layout: ranks ascend with x, parents point up, search paths end at the node; keys are short and exact enough.

import { describe, expect, it } from 'vitest';
import { LEFT, linkNode, NO_NODE, RIGHT } from '../../engine/base/red-black-links.ts';
import type { SceneTree } from '../../engine/trace/scene-state.ts';
import { DARK_THEME } from './palette.ts';
import { drawTree, hitNode, type Surface } from './tree-canvas.ts';
import { compactKey, layoutTree, searchPath } from './tree-layout.ts';

/** Keys 10, 20, 30 in slots 0, 1, 2: slot 1 on top; slot 3 (key 25) under slot 2. */
function smallTree(): SceneTree {
  const column = (): Int32Array => new Int32Array(8).fill(NO_NODE);
  const tree: SceneTree = {
    links: {
      left: column(),
      right: column(),
      parent: column(),
      colour: new Uint8Array(8),
      root: Int32Array.of(NO_NODE),
      rootAt: 0,
    },
    packet: Int32Array.of(101, 102, 103, 104, 0, 0, 0, 0),
    keyLow: Int32Array.of(10, 20, 30, 25, 0, 0, 0, 0),
    keyHigh: new Int32Array(8),
    size: 4,
  };
  linkNode(tree.links, 1, NO_NODE, LEFT);
  linkNode(tree.links, 0, 1, LEFT);
  linkNode(tree.links, 2, 1, RIGHT);
  linkNode(tree.links, 3, 2, LEFT);
  tree.links.colour.set([1, 1, 1, 0]);
  return tree;
}

describe('tree layout', () => {
  it('orders nodes by key and knows depths, parents and colours', () => {
    const layout = layoutTree(smallTree());
    expect([...layout.slots]).toEqual([0, 1, 3, 2]);
    expect([...layout.keyLow]).toEqual([10, 20, 25, 30]);
    expect([...layout.depth]).toEqual([1, 0, 2, 1]);
    expect([...layout.parentRank]).toEqual([1, -1, 3, 1]);
    expect([...layout.red]).toEqual([0, 0, 1, 0]);
    expect(layout.maxDepth).toBe(2);
  });

  it('gives the search path with the side taken at each node', () => {
    expect(searchPath(layoutTree(smallTree()), 3)).toEqual([
      { rank: 1, goesLeft: false },
      { rank: 3, goesLeft: true },
    ]);
  });

  it('is empty for an empty tree', () => {
    const tree = smallTree();
    tree.links.root[0] = NO_NODE;
    expect(layoutTree(tree).count).toBe(0);
  });

  it('writes keys shortly', () => {
    expect(compactKey(42, 0)).toBe('42');
    expect(compactKey(7, 1514)).toBe('1514:7');
    expect(compactKey(12_345_678, 0)).toBe('12.35M');
    expect(compactKey(12_345_678, 0, 2e9)).toBe('12.346ms');
    expect(compactKey(-1, -1)).toBe('18.45E');
  });

  it('finds the node under the pointer', () => {
    const positions = { x: Float32Array.of(10, 30, 50, 70), y: Float32Array.of(50, 10, 90, 50), radius: 8, away: 0 };
    expect(hitNode(positions, 4, 31, 12, 9)).toBe(1);
    expect(hitNode(positions, 4, 50, 60, 9)).toBe(-1);
  });

  it('draws edges, then discs, flow marks and rings, then keys and the badge', () => {
    const layout = layoutTree(smallTree());
    const calls: string[] = [];
    const target = { measureText: (text: string) => ({ width: text.length * 6 }) };
    const surface = new Proxy(target, {
      get: (object, name) =>
        name === 'measureText' ? object.measureText : (...values: unknown[]) => calls.push([name, ...values].join(' ')),
      set: () => true,
    }) as unknown as Surface;
    drawTree(surface, {
      layout,
      before: layout,
      positions: { x: Float32Array.of(10, 30, 50, 70), y: Float32Array.of(50, 10, 90, 50), radius: 8, away: 0 },
      flowOf: (packet) => (packet === 103 ? 1 : 0),
      theme: DARK_THEME,
      timeLimit: 0,
      selected: 104,
      hovered: 0,
      halo: [],
      clip: null,
      fraction: 0,
    });
    const texts = calls.filter((call) => call.startsWith('fillText')).map((call) => call.split(' ')[1]);
    expect(texts.toSorted()).toEqual(['10', '20', '25', '30', 'next']);
    // Edges: three lines from parent to child.
    expect(calls.slice(calls.indexOf('beginPath') + 1, calls.indexOf('stroke'))).toEqual([
      'moveTo 30 10',
      'lineTo 10 50',
      'moveTo 70 50',
      'lineTo 50 90',
      'moveTo 30 10',
      'lineTo 70 50',
    ]);
    // Rings: three black nodes with one circle of the node's radius, the red one with two around it.
    const radii = calls.filter((call) => call.startsWith('arc')).map((call) => Number(call.split(' ')[3]));
    expect(radii.filter((radius) => radius === 8)).toHaveLength(3);
    expect(radii).toEqual(expect.arrayContaining([8 - 1.2, 8 + 1.2, 14]));
  });
});
