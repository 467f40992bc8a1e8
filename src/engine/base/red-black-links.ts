// The red-black tree's links and its five elementary changes, over columns of 32-bit integers. Both the engine's map
// (maps/red-black-tree.ts) and the page's replay of the event log apply these same five, so the drawing cannot drift
// from the tree. Knows nothing of keys, packets or balancing.

/** Slot number meaning "no node". */
export const NO_NODE = -1;
export const RED = 0;
export const BLACK = 1;

/** Links of all nodes, indexed by slot; `root[rootAt]` is the root's slot or {@link NO_NODE}. */
export interface TreeLinks {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly parent: Int32Array;
  readonly colour: Uint8Array;
  readonly root: Int32Array;
  readonly rootAt: number;
}

/** The elementary changes, in the order of their numbers in the event log. */
export const TREE_CHANGES = ['link', 'rotate', 'paint', 'swap', 'splice'] as const;
export type TreeChange = (typeof TREE_CHANGES)[number];

export const LEFT = 0;
export const RIGHT = 1;

function replaceChild(tree: TreeLinks, parent: number, from: number, to: number): void {
  if (parent === NO_NODE) tree.root[tree.rootAt] = to;
  else if (tree.left[parent] === from) tree.left[parent] = to;
  else tree.right[parent] = to;
}

/** Hangs a new red leaf under `parent` on `side`; under nothing it becomes the root. */
export function linkNode(tree: TreeLinks, node: number, parent: number, side: number): void {
  tree.left[node] = NO_NODE;
  tree.right[node] = NO_NODE;
  tree.parent[node] = parent;
  tree.colour[node] = RED;
  if (parent === NO_NODE) tree.root[tree.rootAt] = node;
  else if (side === LEFT) tree.left[parent] = node;
  else tree.right[parent] = node;
}

/** Rotates `node` down to `side`; its child of the other side comes up in its place. Colours stay. */
export function rotateNode(tree: TreeLinks, node: number, side: number): void {
  const near = side === LEFT ? tree.left : tree.right;
  const far = side === LEFT ? tree.right : tree.left;
  const child = far[node] ?? NO_NODE;
  const moved = near[child] ?? NO_NODE;
  const parent = tree.parent[node] ?? NO_NODE;
  far[node] = moved;
  if (moved !== NO_NODE) tree.parent[moved] = node;
  near[child] = node;
  tree.parent[child] = parent;
  replaceChild(tree, parent, node, child);
  tree.parent[node] = child;
}

/** Gives `node` a colour. */
export function paintNode(tree: TreeLinks, node: number, colour: number): void {
  tree.colour[node] = colour;
}

/** Exchanges `node` with its in-order successor `successor` (the leftmost of its right subtree): places and colours, not identity. */
export function swapWithSuccessor(tree: TreeLinks, node: number, successor: number): void {
  const parent = tree.parent[node] ?? NO_NODE;
  const left = tree.left[node] ?? NO_NODE;
  const right = tree.right[node] ?? NO_NODE;
  const successorParent = tree.parent[successor] ?? NO_NODE;
  const successorRight = tree.right[successor] ?? NO_NODE;
  const colour = tree.colour[node] ?? RED;
  tree.colour[node] = tree.colour[successor] ?? RED;
  tree.colour[successor] = colour;
  replaceChild(tree, parent, node, successor);
  tree.parent[successor] = parent;
  tree.left[successor] = left;
  if (left !== NO_NODE) tree.parent[left] = successor;
  if (successorParent === node) {
    tree.right[successor] = node;
    tree.parent[node] = successor;
  } else {
    tree.right[successor] = right;
    tree.parent[right] = successor;
    tree.left[successorParent] = node;
    tree.parent[node] = successorParent;
  }
  tree.left[node] = NO_NODE;
  tree.right[node] = successorRight;
  if (successorRight !== NO_NODE) tree.parent[successorRight] = node;
}

/** Takes out `node`, which has at most one child; the child (if any) moves up. */
export function spliceNode(tree: TreeLinks, node: number): void {
  const left = tree.left[node] ?? NO_NODE;
  const child = left === NO_NODE ? (tree.right[node] ?? NO_NODE) : left;
  const parent = tree.parent[node] ?? NO_NODE;
  replaceChild(tree, parent, node, child);
  if (child !== NO_NODE) tree.parent[child] = parent;
  tree.left[node] = NO_NODE;
  tree.right[node] = NO_NODE;
  tree.parent[node] = NO_NODE;
}
