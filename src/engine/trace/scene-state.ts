// The visible state of a run after any number of records, folded from the log alone: trees, queues, counters, the link.
// Keyframes make seeking cheap. Pure: the page's drawings, the counters and the tests all read this. Knows nothing of the
// engine's own state (which must agree with it) or of drawing.

import {
  linkNode,
  NO_NODE,
  paintNode,
  rotateNode,
  spliceNode,
  swapWithSuccessor,
  type TreeLinks,
} from '../base/red-black-links.ts';
import { CHUNK_RECORDS } from './chunk.ts';
import { DROP_REASONS, EVENT } from './event.ts';
import type { TraceLog } from './reader.ts';

/** Counters of one qdisc in the words of `tc -s qdisc`. */
export interface QdiscCounters {
  sentBytes: number;
  sentPackets: number;
  dropped: number;
  overlimits: number;
  requeues: number;
  backlogBytes: number;
  backlogPackets: number;
}

/** Counters of one flow. */
export interface FlowCounters {
  offered: number;
  offeredBytes: number;
  sent: number;
  sentBytes: number;
  dropped: number;
}

/** A map's tree: links indexed by packet slot, plus who is in each slot and under which key (halves, unsigned order). */
export interface SceneTree {
  readonly links: TreeLinks;
  readonly packet: Int32Array;
  readonly keyLow: Int32Array;
  readonly keyHigh: Int32Array;
  size: number;
}

export interface SceneState {
  /** Records applied. */
  position: number;
  /** Time of the last record, ns. */
  t: number;
  readonly trees: Map<number, SceneTree>;
  readonly qdiscs: Map<number, QdiscCounters>;
  readonly flows: Map<number, FlowCounters>;
  /** Drops by index in DROP_REASONS. */
  readonly drops: number[];
  /** By device: packet being sent (0 none), its start and end, and whether the link is up. */
  readonly links: Map<number, { packet: number; startNs: number; endNs: number; up: boolean }>;
  /** By qdisc: pending watchdog expiry, or -1. */
  readonly watchdogs: Map<number, number>;
  /** By packet id of packets in slots: slot number, to find nodes. */
  readonly slots: Map<number, number>;
}

const zeroQdisc = (): QdiscCounters => ({
  sentBytes: 0,
  sentPackets: 0,
  dropped: 0,
  overlimits: 0,
  requeues: 0,
  backlogBytes: 0,
  backlogPackets: 0,
});
const zeroFlow = (): FlowCounters => ({ offered: 0, offeredBytes: 0, sent: 0, sentBytes: 0, dropped: 0 });

function newTree(slots: number): SceneTree {
  const column = (): Int32Array => new Int32Array(slots).fill(NO_NODE);
  const links: TreeLinks = {
    left: column(),
    right: column(),
    parent: column(),
    colour: new Uint8Array(slots),
    root: Int32Array.of(NO_NODE),
    rootAt: 0,
  };
  return { links, packet: new Int32Array(slots), keyLow: new Int32Array(slots), keyHigh: new Int32Array(slots), size: 0 };
}

/** State before the first record. */
const emptyScene = (): SceneState => ({
  position: 0,
  t: 0,
  trees: new Map(),
  qdiscs: new Map(),
  flows: new Map(),
  drops: DROP_REASONS.map(() => 0),
  links: new Map(),
  watchdogs: new Map(),
  slots: new Map(),
});

function widen(tree: SceneTree, slots: number): SceneTree {
  const wide = newTree(slots);
  wide.links.left.set(tree.links.left);
  wide.links.right.set(tree.links.right);
  wide.links.parent.set(tree.links.parent);
  wide.links.colour.set(tree.links.colour);
  wide.links.root.set(tree.links.root);
  wide.packet.set(tree.packet);
  wide.keyLow.set(tree.keyLow);
  wide.keyHigh.set(tree.keyHigh);
  wide.size = tree.size;
  return wide;
}

/** The tree of a map with room for `slot`; made on first use. */
function treeOf(scene: SceneState, map: number, slot: number): SceneTree {
  let tree = scene.trees.get(map) ?? newTree(64);
  if (slot >= tree.packet.length) tree = widen(tree, Math.max(slot + 1, tree.packet.length * 2));
  scene.trees.set(map, tree);
  return tree;
}

function of<V>(map: Map<number, V>, key: number, fresh: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = fresh();
    map.set(key, value);
  }
  return value;
}

const linkOf = (scene: SceneState, device: number) =>
  of(scene.links, device, () => ({ packet: 0, startNs: 0, endNs: 0, up: true }));
const time64 = (low: number, high: number): number => (high >>> 0) * 4294967296 + (low >>> 0);

function applyTree(scene: SceneState, map: number, change: number, slot: number, argument: number): void {
  const tree = treeOf(scene, map, Math.max(slot, change === 0 ? argument >> 1 : change === 3 ? argument : 0));
  switch (change) {
    case 0:
      linkNode(tree.links, slot, argument < 0 ? NO_NODE : argument >> 1, argument < 0 ? 0 : argument & 1);
      break;
    case 1:
      rotateNode(tree.links, slot, argument);
      break;
    case 2:
      paintNode(tree.links, slot, argument);
      break;
    case 3:
      swapWithSuccessor(tree.links, slot, argument);
      break;
    default:
      spliceNode(tree.links, slot);
  }
}

/** Length and slot of packets, for the fold; see {@link PacketTable}. */
export interface PacketFacts {
  readonly bytes: (packet: number) => number;
  readonly slot: (packet: number) => number;
  readonly flow: (packet: number) => number;
}

/** Applies the record at `scene.position` and moves on. The caller sees to it that the record exists. */
function applyRecord(scene: SceneState, log: TraceLog, packets: PacketFacts): void {
  const columns = log.part(scene.position);
  if (columns === undefined) return;
  const i = scene.position % CHUNK_RECORDS;
  const packet = columns.packet[i] ?? 0;
  const a = columns.a[i] ?? 0;
  const b = columns.b[i] ?? 0;
  const c = columns.c[i] ?? 0;
  const d = columns.d[i] ?? 0;
  scene.t = columns.t[i] ?? 0;
  scene.position++;
  switch (columns.kind[i]) {
    case EVENT.ARRIVAL: {
      const flow = of(scene.flows, a, zeroFlow);
      flow.offered++;
      flow.offeredBytes += b;
      scene.slots.set(packet, c);
      break;
    }
    case EVENT.SEGMENT:
      scene.slots.set(packet, c);
      break;
    case EVENT.MAP_PUSH: {
      const slot = packets.slot(packet);
      const tree = treeOf(scene, a, slot);
      tree.packet[slot] = packet;
      tree.keyLow[slot] = b;
      tree.keyHigh[slot] = c;
      tree.size++;
      break;
    }
    case EVENT.MAP_POP:
    case EVENT.MAP_REMOVE:
      treeOf(scene, a, packets.slot(packet)).size--;
      break;
    case EVENT.TREE:
      applyTree(scene, a, b, c, d);
      break;
    case EVENT.QUEUED:
    case EVENT.BACKLOG:
    case EVENT.DROP_BELOW:
    case EVENT.REQUEUE: {
      const qdisc = of(scene.qdiscs, a, zeroQdisc);
      qdisc.backlogPackets = b;
      qdisc.backlogBytes = c;
      if (columns.kind[i] === EVENT.REQUEUE) qdisc.requeues++;
      if (columns.kind[i] === EVENT.DROP_BELOW) qdisc.dropped++;
      break;
    }
    case EVENT.DROP: {
      scene.drops[a] = (scene.drops[a] ?? 0) + 1;
      scene.slots.delete(packet);
      of(scene.flows, d, zeroFlow).dropped++;
      if (b >= 0) of(scene.qdiscs, b, zeroQdisc).dropped++;
      break;
    }
    case EVENT.DEQUEUED: {
      const qdisc = of(scene.qdiscs, a, zeroQdisc);
      qdisc.backlogPackets = b;
      qdisc.backlogBytes = c;
      qdisc.sentPackets++;
      qdisc.sentBytes += packets.bytes(packet);
      break;
    }
    case EVENT.TX_START: {
      const link = linkOf(scene, a);
      link.packet = packet;
      link.startNs = scene.t;
      link.endNs = time64(b, c);
      break;
    }
    case EVENT.TX_DONE: {
      linkOf(scene, a).packet = 0;
      const flow = of(scene.flows, d, zeroFlow);
      flow.sent++;
      flow.sentBytes += packets.bytes(packet);
      scene.slots.delete(packet);
      break;
    }
    case EVENT.WATCHDOG_SET:
      scene.watchdogs.set(a, time64(b, c));
      break;
    case EVENT.WATCHDOG_FIRED:
    case EVENT.WATCHDOG_CANCELLED:
      scene.watchdogs.set(a, -1);
      break;
    case EVENT.LINK:
      linkOf(scene, a).up = b === 1;
      break;
    case EVENT.OVERLIMIT:
      of(scene.qdiscs, a, zeroQdisc).overlimits++;
      break;
    default:
  }
}

/** A copy that shares nothing that changes. */
function copyScene(scene: SceneState): SceneState {
  const copyTree = (tree: SceneTree): SceneTree => widen(tree, tree.packet.length);
  const entries = <V extends object>(map: Map<number, V>): Map<number, V> =>
    new Map([...map].map(([key, value]) => [key, { ...value }]));
  return {
    ...scene,
    trees: new Map([...scene.trees].map(([key, tree]) => [key, copyTree(tree)])),
    qdiscs: entries(scene.qdiscs),
    flows: entries(scene.flows),
    drops: [...scene.drops],
    links: entries(scene.links),
    watchdogs: new Map(scene.watchdogs),
    slots: new Map(scene.slots),
  };
}

/** Records between keyframes: a seek folds at most this many. */
const KEYFRAME_EVERY = 4096;

/** Scenes at any position of a growing log: keyframes are laid as the fold passes, seeking starts from the nearest. */
export class SceneSeeker {
  private readonly keyframes: SceneState[] = [emptyScene()];
  private current = emptyScene();
  private readonly log: TraceLog;
  private readonly packets: PacketFacts;

  constructor(log: TraceLog, packets: PacketFacts) {
    this.log = log;
    this.packets = packets;
  }

  /** The scene after the first `position` records (clamped to the log). The value is owned by the seeker and changes at the next call. */
  at(position: number): SceneState {
    const target = Math.max(0, Math.min(position, this.log.length));
    const frame = this.keyframes[Math.min(Math.floor(target / KEYFRAME_EVERY), this.keyframes.length - 1)];
    const behind = this.current.position > target;
    if (frame !== undefined && (behind || frame.position > this.current.position)) this.current = copyScene(frame);
    while (this.current.position < target) {
      applyRecord(this.current, this.log, this.packets);
      if (this.current.position === this.keyframes.length * KEYFRAME_EVERY) this.keyframes.push(copyScene(this.current));
    }
    return this.current;
  }
}
