// A still of the scene after a number of log records: trees laid out, packets on their way inside the current step, links,
// counters. Frames are values that share nothing with the fold that made them, so two can be held and interpolated. Knows
// no pixels, no clock and no React.

import { NO_NODE } from '../../engine/base/red-black-links.ts';
import { CHUNK_RECORDS } from '../../engine/trace/chunk.ts';
import { EVENT } from '../../engine/trace/event.ts';
import type { PacketTable } from '../../engine/trace/packet-table.ts';
import type { TraceLog } from '../../engine/trace/reader.ts';
import { type FlowCounters, type QdiscCounters, SceneSeeker } from '../../engine/trace/scene-state.ts';
import { layoutTree, type TreeLayout } from './tree-layout.ts';

/** Where a packet is that is in no map and not on the wire: just arrived, popped, held in front of the driver, or deleted. */
export type LoosePlace = 'gate' | 'hand' | 'held' | 'ledge';

interface LinkFrame {
  readonly device: number;
  readonly packet: number;
  readonly startNs: number;
  readonly endNs: number;
  readonly up: boolean;
}

export interface SceneFrame {
  /** Records applied. */
  readonly position: number;
  /** By map number. */
  readonly trees: ReadonlyMap<number, TreeLayout>;
  /** By packet id. */
  readonly loose: ReadonlyMap<number, LoosePlace>;
  readonly links: readonly LinkFrame[];
  /** By index in DROP_REASONS. */
  readonly drops: readonly number[];
  /** Pending watchdogs: qdisc, when armed and when due, ns. */
  readonly watchdogs: readonly { readonly qdisc: number; readonly armedNs: number; readonly expiryNs: number }[];
  readonly flows: ReadonlyMap<number, Readonly<FlowCounters>>;
  readonly qdiscs: ReadonlyMap<number, Readonly<QdiscCounters>>;
}

const KEPT_FRAMES = 48;
/** Between two frames closer than this the log is looked at to reuse the layouts that did not change. */
const NEAR = 64;
/** A step that is longer than this is not searched to its beginning for packets on their way. */
const LOOSE_SEARCH = 20_000;

/** Makes frames and keeps the last few. One per run; grows with its log. */
export class FrameMaker {
  private readonly frames = new Map<number, SceneFrame>();
  private latest: SceneFrame | null = null;
  readonly log: TraceLog;
  readonly packets: PacketTable;
  readonly seeker: SceneSeeker;
  /** Looks ahead of the frames without moving their seeker back and forth. */
  private readonly scout: SceneSeeker;

  constructor(log: TraceLog, packets: PacketTable, seeker: SceneSeeker) {
    this.log = log;
    this.packets = packets;
    this.seeker = seeker;
    this.scout = new SceneSeeker(log, packets.facts);
  }

  /** The scene after `position` records (clamped to the log). */
  at(position: number): SceneFrame {
    const target = Math.max(0, Math.min(position, this.log.length));
    const known = this.frames.get(target);
    if (known !== undefined) return known;
    const frame = this.make(target);
    if (this.frames.size >= KEPT_FRAMES) {
      const oldest = this.frames.keys().next();
      if (oldest.done !== true) this.frames.delete(oldest.value);
    }
    this.frames.set(target, frame);
    this.latest = frame;
    return frame;
  }

  private make(position: number): SceneFrame {
    const scene = this.seeker.at(position);
    const stale = this.changedSince(this.latest, position);
    const trees = new Map<number, TreeLayout>();
    for (const [map, tree] of scene.trees) {
      const kept = stale === null || stale.has(map) ? undefined : this.latest?.trees.get(map);
      trees.set(map, kept ?? layoutTree(tree));
    }
    return {
      position,
      trees,
      loose: this.loosePackets(position),
      links: [...scene.links].map(([device, link]) => ({ device, ...link })),
      drops: [...scene.drops],
      watchdogs: [...scene.watchdogs]
        .filter(([, at]) => at >= 0)
        .map(([qdisc, expiryNs]) => ({ qdisc, armedNs: this.armedAt(position), expiryNs })),
      flows: new Map([...scene.flows].map(([key, value]) => [key, { ...value }])),
      qdiscs: new Map([...scene.qdiscs].map(([key, value]) => [key, { ...value }])),
    };
  }

  /** Maps whose tree differs between `frame` and `position`; null when that is not worth finding out. */
  private changedSince(frame: SceneFrame | null, position: number): Set<number> | null {
    if (frame === null || Math.abs(frame.position - position) > NEAR) return null;
    const changed = new Set<number>();
    const from = Math.min(frame.position, position);
    const to = Math.max(frame.position, position);
    for (let i = from; i < to; i++) {
      const columns = this.log.part(i);
      const k = i % CHUNK_RECORDS;
      const kind = columns?.kind[k];
      if (kind === EVENT.TREE || kind === EVENT.MAP_PUSH) changed.add(columns?.a[k] ?? -1);
    }
    return changed;
  }

  private armedAt(position: number): number {
    const record = this.log.find(position, -1, [EVENT.WATCHDOG_SET]);
    return record < 0 ? 0 : this.log.time(record);
  }

  /** Packets on their way: moved by a record of the current step, and neither in a tree nor on a link nor gone. */
  private loosePackets(position: number): Map<number, LoosePlace> {
    const loose = new Map<number, LoosePlace>();
    const deleted = new Set<number>();
    if (position === 0) return loose;
    const start = Math.max(this.log.stepStart(this.log.stepOf(position - 1)), position - LOOSE_SEARCH);
    for (let i = start; i < position; i++) {
      const columns = this.log.part(i);
      if (columns === undefined) break;
      const k = i % CHUNK_RECORDS;
      const packet = columns.packet[k] ?? 0;
      switch (columns.kind[k]) {
        case EVENT.ARRIVAL:
          loose.set(packet, 'gate');
          break;
        case EVENT.TREE:
          // Link puts the packet into the tree, splice takes it out.
          if (columns.b[k] === 0) loose.delete(packet);
          else if (columns.b[k] === 4) loose.set(packet, deleted.has(packet) ? 'ledge' : 'hand');
          break;
        case EVENT.MAP_REMOVE:
          deleted.add(packet);
          break;
        case EVENT.REQUEUE:
          loose.set(packet, 'held');
          break;
        case EVENT.TX_START:
        case EVENT.TX_DONE:
        case EVENT.DROP:
        case EVENT.MOVED:
          loose.delete(packet);
          break;
        default:
      }
    }
    return loose;
  }

  /** Depth of the node in `slot` right after `record`; -1 when it is not in the tree. */
  depthAfter(record: number, map: number, slot: number): number {
    const tree = this.scout.at(record + 1).trees.get(map);
    if (tree === undefined) return -1;
    const { parent, root, rootAt } = tree.links;
    let depth = 0;
    let node = slot;
    while ((parent[node] ?? NO_NODE) !== NO_NODE) {
      node = parent[node] ?? NO_NODE;
      depth++;
    }
    return node === root[rootAt] ? depth : -1;
  }
}
