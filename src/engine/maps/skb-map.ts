// The skb map (specification section 3): packets ordered by an unsigned 64-bit key in the kernel's red-black tree. Node and key
// live in the packet, so a packet is in one map at most. Knows nothing of qdiscs: who drops what is traffic control's.

import type { TreeLinks } from '../base/red-black-links.ts';
import { NO_NODE } from '../base/red-black-links.ts';
import type { ObjectMap } from '../object/program-object.ts';
import type { RunMemory } from '../vm/memory.ts';
import { ERRNO, type MapEntry, type RunMap } from './map.ts';
import { RedBlackTree, type TreeKeys, type TreeObserver } from './red-black-tree.ts';

/** What the map needs of the packets: columns by slot. */
export interface PacketStore {
  readonly keyLow: Int32Array;
  readonly keyHigh: Int32Array;
  treeLinks(root: Int32Array, rootAt: number): TreeLinks;
  address(slot: number): number;
}

/** Switches for the posted behaviour (specification 12, Q1, Q2 and Q23). */
export interface SkbMapQuirks {
  readonly topmostFirst: boolean;
  readonly leakyCounter: boolean;
  readonly brokenWalk: boolean;
}

export class SkbMap implements RunMap {
  readonly index: number;
  readonly definition: ObjectMap;
  readonly tree: RedBlackTree;
  private readonly memory: RunMemory;
  private readonly packets: PacketStore;
  private readonly quirks: SkbMapQuirks;
  /** [0] root of the tree, [1] packets present, [2] the posted code's counter. */
  private readonly words: Int32Array;
  private readonly keyScratch: number;
  /** Called by `remove` (delete by key) with the packet that leaves; set by traffic control, which drops it. */
  onDelete: ((slot: number) => void) | null = null;

  constructor(
    memory: RunMemory,
    index: number,
    definition: ObjectMap,
    packets: PacketStore,
    quirks: SkbMapQuirks,
    observe: TreeObserver,
  ) {
    this.memory = memory;
    this.index = index;
    this.definition = definition;
    this.packets = packets;
    this.quirks = quirks;
    this.words = memory.hostInt32(4);
    this.words[0] = NO_NODE;
    this.keyScratch = memory.allocateProgram(8);
    const keys: TreeKeys = { low: packets.keyLow, high: packets.keyHigh };
    this.tree = new RedBlackTree(packets.treeLinks(this.words, 0), keys, observe);
  }

  get used(): number {
    return this.words[1] ?? 0;
  }

  /** True when a push would be refused with -ENOBUFS. In the posted code the attempt itself already counts (Q2). */
  refuses(): boolean {
    if (!this.quirks.leakyCounter) return this.used >= this.definition.maxEntries;
    this.words[2] = (this.words[2] ?? 0) + 1;
    return (this.words[2] ?? 0) > this.definition.maxEntries;
  }

  /** Inserts a packet whose key columns are set; the caller has asked {@link refuses}. */
  insert(slot: number): void {
    this.words[1] = this.used + 1;
    this.tree.insert(slot);
  }

  /** Takes a packet out of the tree. `popped` false (delete, flush) leaves the posted counter as it is. */
  take(slot: number, popped: boolean): void {
    this.tree.erase(slot);
    this.words[1] = this.used - 1;
    if (popped) this.words[2] = (this.words[2] ?? 0) - 1;
  }

  /** Slot of the packet that pop, lookup or delete of this key acts on, or NO_NODE. */
  find(low: number, high: number): number {
    return this.quirks.topmostFirst ? this.tree.findTopmost(low, high) : this.tree.findOldest(low, high);
  }

  private findAt(keyAddress: number): number {
    return this.find(this.memory.view.getInt32(keyAddress, true), this.memory.view.getInt32(keyAddress + 4, true));
  }

  lookup(keyAddress: number): number {
    const slot = this.findAt(keyAddress);
    return slot === NO_NODE ? 0 : this.packets.address(slot);
  }

  update(): number {
    return ERRNO.ENOTSUPP;
  }

  remove(keyAddress: number): number {
    const slot = this.findAt(keyAddress);
    if (slot === NO_NODE) return ERRNO.ENOENT;
    this.onDelete?.(slot);
    return 0;
  }

  /**
   * Ascending key order, arrival order among equals. The callback may remove the current packet, or any other: the walk
   * goes on behind the key it was at. With the posted walk (Q23) it ends when the current packet is gone.
   */
  walk(visit: (entry: MapEntry) => boolean): number {
    let visited = 0;
    let node = this.tree.first();
    while (node !== NO_NODE) {
      const after = this.tree.next(node);
      const low = this.packets.keyLow[node] ?? 0;
      const high = this.packets.keyHigh[node] ?? 0;
      const before = this.used;
      this.memory.view.setInt32(this.keyScratch, low, true);
      this.memory.view.setInt32(this.keyScratch + 4, high, true);
      visited++;
      if (!visit({ keyAddress: this.keyScratch, valueAddress: this.packets.address(node), slot: node })) return visited;
      if (this.used === before) {
        node = this.tree.next(node);
        continue;
      }
      const gone = !this.contains(node);
      if (gone && this.quirks.brokenWalk) return visited;
      node = !gone ? this.tree.next(node) : this.contains(after) ? after : this.tree.findAfter(low, high);
    }
    return visited;
  }

  /** True when the slot is a node of this tree now. */
  contains(slot: number): boolean {
    if (slot === NO_NODE) return false;
    const { links } = this.tree;
    let at = slot;
    for (let up = links.parent[at] ?? NO_NODE; up !== NO_NODE; up = links.parent[at] ?? NO_NODE) at = up;
    return at === this.tree.root;
  }

  /** The next key in ascending order after `key` (null: the first), each packet once; null at the end. For user space (Q11 is mended). */
  nextPacket(after: number): number {
    return after === NO_NODE ? this.tree.first() : this.tree.next(after);
  }
}
