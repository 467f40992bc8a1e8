// The film of a run: each clip begins where the scene was and ends where it will be, whatever the tree does; scripts cover
// their records without a gap; the same cursor gives the same picture.

import { describe, expect, it } from 'vitest';
import { nextBelow, type RandomStream, seedStream } from '../../engine/base/prng.ts';
import {
  BLACK,
  linkNode,
  NO_NODE,
  paintNode,
  RED,
  rotateNode,
  spliceNode,
  swapWithSuccessor,
  type TreeLinks,
} from '../../engine/base/red-black-links.ts';
import { EVENT } from '../../engine/trace/event.ts';
import { PacketTable } from '../../engine/trace/packet-table.ts';
import { TraceLog } from '../../engine/trace/reader.ts';
import { Recorder } from '../../engine/trace/recorder.ts';
import { SceneSeeker } from '../../engine/trace/scene-state.ts';
import { movingPositions, restPositions } from './film-motion.ts';
import { clipAt, type FilmScript, scriptOf } from './film-script.ts';
import { LIGHT_THEME } from './palette.ts';
import { drawTraffic, drawTrees, type SceneInk } from './scene-canvas.ts';
import { FrameMaker } from './scene-frame.ts';
import { placeScene } from './scene-layout.ts';
import { momentAt } from './scene-moment.ts';
import { TimelineIndex } from './timeline-index.ts';
import type { Surface } from './tree-canvas.ts';
import { EMPTY_LAYOUT } from './tree-layout.ts';

const SEED = 20_260;
const SLOTS = 64;

/** A tree that records its changes; balanced after inserts, and only swapped and spliced on removal (the film does not mind). */
class RecordedTree {
  private readonly column = (): Int32Array => new Int32Array(SLOTS).fill(NO_NODE);
  readonly links: TreeLinks = {
    left: this.column(),
    right: this.column(),
    parent: this.column(),
    colour: new Uint8Array(SLOTS),
    root: Int32Array.of(NO_NODE),
    rootAt: 0,
  };
  readonly keys = new Int32Array(SLOTS);
  readonly packets = new Int32Array(SLOTS);
  private readonly recorder: Recorder;

  constructor(recorder: Recorder) {
    this.recorder = recorder;
  }

  private note(change: number, slot: number, argument: number): void {
    this.recorder.record(EVENT.TREE, this.packets[slot] ?? 0, 0, change, slot, argument);
  }

  private parent = (slot: number): number => this.links.parent[slot] ?? NO_NODE;
  private isRed = (slot: number): boolean => slot !== NO_NODE && this.links.colour[slot] === RED;

  private paint(slot: number, colour: number): void {
    paintNode(this.links, slot, colour);
    this.note(2, slot, colour);
  }

  private rotate(slot: number, side: number): void {
    rotateNode(this.links, slot, side);
    this.note(1, slot, side);
  }

  insert(slot: number, key: number, packet: number): void {
    this.keys[slot] = key;
    this.packets[slot] = packet;
    let parent = NO_NODE;
    let side = 0;
    for (let at = this.links.root[0] ?? NO_NODE; at !== NO_NODE; ) {
      parent = at;
      side = key < (this.keys[at] ?? 0) ? 0 : 1;
      at = (side === 0 ? this.links.left[at] : this.links.right[at]) ?? NO_NODE;
    }
    linkNode(this.links, slot, parent, side);
    this.note(0, slot, parent === NO_NODE ? -1 : parent * 2 + side);
    let node = slot;
    while (this.isRed(this.parent(node)) && this.parent(this.parent(node)) !== NO_NODE) {
      const up = this.parent(node);
      const top = this.parent(up);
      const left = this.links.left[top] === up;
      const uncle = (left ? this.links.right[top] : this.links.left[top]) ?? NO_NODE;
      if (this.isRed(uncle)) {
        this.paint(up, BLACK);
        this.paint(uncle, BLACK);
        this.paint(top, RED);
        node = top;
        continue;
      }
      if ((left ? this.links.right[up] : this.links.left[up]) === node) {
        this.rotate(up, left ? 0 : 1);
        node = up;
      }
      this.paint(this.parent(node), BLACK);
      this.paint(top, RED);
      this.rotate(top, left ? 1 : 0);
    }
  }

  remove(slot: number): void {
    if (this.links.left[slot] !== NO_NODE && this.links.right[slot] !== NO_NODE) {
      let next = this.links.right[slot] ?? NO_NODE;
      while ((this.links.left[next] ?? NO_NODE) !== NO_NODE) next = this.links.left[next] ?? NO_NODE;
      swapWithSuccessor(this.links, slot, next);
      this.note(3, slot, next);
    }
    spliceNode(this.links, slot);
    this.note(4, slot, 0);
  }
}

function syntheticRun(steps: number): { maker: FrameMaker; log: TraceLog; packets: PacketTable; index: TimelineIndex } {
  const log = new TraceLog();
  const packets = new PacketTable();
  const index = new TimelineIndex();
  const recorder = new Recorder((chunk) => log.append(chunk));
  const tree = new RecordedTree(recorder);
  const stream: RandomStream = { state: new Int32Array(4), at: 0 };
  seedStream(stream, SEED, 'film');
  const queued: number[] = [];
  let id = 0;
  for (let step = 0; step < steps; step++) {
    recorder.now = (step + 1) * 1_000_000;
    recorder.openStep();
    if (queued.length < 4 || (queued.length < SLOTS - 1 && nextBelow(stream, 2) === 0)) {
      id++;
      let slot = 0;
      while (queued.includes(slot)) slot++;
      const flow = nextBelow(stream, 3);
      const key = nextBelow(stream, 1000);
      recorder.record(EVENT.ARRIVAL, id, flow, 100, slot, 0);
      recorder.record(EVENT.MAP_PUSH, id, 0, key, 0, 3);
      tree.insert(slot, key, id);
      recorder.record(EVENT.QUEUED, id, 0, queued.push(slot), 0, 0);
    } else {
      const [slot = 0] = queued.splice(nextBelow(stream, queued.length), 1);
      const packet = tree.packets[slot] ?? 0;
      const dropped = nextBelow(stream, 3) === 0;
      recorder.record(dropped ? EVENT.MAP_REMOVE : EVENT.MAP_POP, packet, 0, tree.keys[slot] ?? 0, 0, 5);
      tree.remove(slot);
      if (dropped) recorder.record(EVENT.DROP, packet, 2, 0, 5, 0);
      else {
        recorder.record(EVENT.DEQUEUED, packet, 0, queued.length, 0, 0);
        recorder.record(EVENT.TX_START, packet, 0, recorder.now + 500_000, 0, 0);
        recorder.record(EVENT.TX_DONE, packet, 0, 0, 0, 0);
      }
    }
  }
  recorder.flush();
  packets.extend(log);
  index.extend(log);
  return { maker: new FrameMaker(log, packets, new SceneSeeker(log, packets.facts)), log, packets, index };
}

const NAMES = { flow: (i: number) => `f${i}`, map: (i: number) => `m${i}`, enqueueCode: String, dequeueCode: String };
const SHAPE = {
  flows: ['a', 'b', 'c'],
  containers: [{ map: 0, title: 'queue', maxEntries: SLOTS, collapsed: false }],
  devices: [{ index: 0, name: 'eth0', rate: '10Mbit/s' }],
};
const places = placeScene(SHAPE, 640, 420);
const container = places.containers[0];
if (container === undefined) throw new Error('the scene has a container');

const scripts = (run: ReturnType<typeof syntheticRun>): FilmScript[] =>
  Array.from({ length: run.log.steps }, (_, step) =>
    scriptOf(run.maker, run.log.stepStart(step), run.log.stepStart(step + 1), NAMES),
  );

describe('film', () => {
  const run = syntheticRun(240);
  const all = scripts(run);

  it('cuts a step into clips that cover its records without gap or overlap', () => {
    for (const script of all) {
      let at = script.from;
      for (const clip of script.clips) {
        expect(clip.from, `seed ${SEED}`).toBe(at);
        expect(clip.to).toBeGreaterThan(clip.record);
        at = clip.to;
      }
      expect(at).toBe(script.to);
    }
    expect(all.some((script) => script.clips.some((clip) => clip.kind === 'rotate'))).toBe(true);
    expect(all.some((script) => script.clips.some((clip) => clip.kind === 'swap'))).toBe(true);
  });

  it('begins each clip at the layout before and ends it at the layout after', () => {
    for (const script of all) {
      for (const clip of script.clips) {
        const before = run.maker.at(clip.from).trees.get(0) ?? EMPTY_LAYOUT;
        const after = run.maker.at(clip.to).trees.get(0) ?? EMPTY_LAYOUT;
        const start = movingPositions(container, before, after, clip, 0);
        const end = movingPositions(container, before, after, clip, 1);
        const from = restPositions(container, before);
        const to = restPositions(container, after);
        for (let rank = 0; rank < after.count; rank++) {
          expect(end.x[rank] ?? 0, `seed ${SEED}`).toBeCloseTo(to.x[rank] ?? 0, 3);
          expect(end.y[rank] ?? 0).toBeCloseTo(to.y[rank] ?? 0, 3);
          const old = before.rankOf[after.slots[rank] ?? 0] ?? -1;
          if (old < 0) continue;
          expect(start.x[rank] ?? 0).toBeCloseTo(from.x[old] ?? 0, 3);
          expect(start.y[rank] ?? 0).toBeCloseTo(from.y[old] ?? 0, 3);
        }
      }
    }
  });

  it('lands an inserted packet exactly on its node', () => {
    let landed = 0;
    for (const script of all) {
      for (const clip of script.clips) {
        if (clip.kind !== 'insert') continue;
        const cursor = { position: clip.from, t: 0, clip, fraction: 1, halo: [] };
        const { flight, containers } = momentAt(run.maker, cursor, places);
        const [moment] = containers;
        const rank = moment?.layout.packet.indexOf(clip.packet) ?? -1;
        expect(flight?.x ?? -1, `seed ${SEED}`).toBeCloseTo(moment?.positions.x[rank] ?? 0, 3);
        expect(flight?.y ?? -1).toBeCloseTo(moment?.positions.y[rank] ?? 0, 3);
        landed++;
      }
    }
    expect(landed).toBeGreaterThan(50);
  });

  it('gives the phase of a script to its clips in order', () => {
    for (const script of all.slice(0, 40)) {
      expect(clipAt(script, 0)).toEqual({ clip: script.clips[0], fraction: 0 });
      expect(clipAt(script, 1)).toEqual({ clip: script.clips.at(-1), fraction: 1 });
    }
  });

  it('draws the same picture for the same cursor, forwards and backwards', () => {
    const draw = (step: number): string => {
      const script = all[step];
      const at = script === undefined ? null : clipAt(script, 0.6);
      const cursor = { position: at?.clip.from ?? 0, t: 5e6, clip: at?.clip ?? null, fraction: at?.fraction ?? 0, halo: [] };
      const calls = recorded((surface) => {
        const moment = momentAt(run.maker, cursor, places);
        drawTrees(surface, moment, places, ink(run.packets));
        drawTraffic(surface, moment, places, ink(run.packets), run.index, 3e6);
      });
      return calls.join('\n');
    };
    const steps = Array.from({ length: 60 }, (_, i) => i * 4);
    const forwards = steps.map(draw);
    const backwards = steps.toReversed().map(draw).toReversed();
    expect(backwards).toEqual(forwards);
  });
});

const ink = (packets: PacketTable): SceneInk => ({
  theme: LIGHT_THEME,
  flowOf: packets.facts.flow,
  bytesOf: packets.facts.bytes,
  flowName: (flow) => `f${flow}`,
  timeLimit: 0,
  selected: 0,
  hovered: 0,
});

/** Calls and settings of a drawing as lines; text is six pixels a character wide. */
function recorded(draw: (surface: Surface) => void): string[] {
  const lines: string[] = [];
  const round = (value: unknown): unknown => (typeof value === 'number' ? Math.round(value * 100) / 100 : value);
  const target = { measureText: (text: string) => ({ width: text.length * 6 }) };
  const surface = new Proxy(target, {
    get: (object, name) =>
      name === 'measureText'
        ? object.measureText
        : (...values: unknown[]) => {
            lines.push(`${String(name)} ${values.map(round).join(' ')}`);
          },
    set: (_object, name, value) => {
      lines.push(`${String(name)}=${String(round(value))}`);
      return true;
    },
  });
  draw(surface as unknown as Surface);
  return lines;
}
