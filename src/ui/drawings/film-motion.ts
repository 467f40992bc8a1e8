// Where things are while a clip runs: nodes between two layouts, the one packet that flies, the comparison that is being
// made. Pure functions of (frame before, frame after, clip, fraction): at fraction 0 everything is where the frame before
// has it, at 1 where the frame after has it. Knows no canvas, no clock.

import { easeCubicIn, easeCubicInOut } from 'd3';
import { fromHalves } from '../../engine/base/u64.ts';
import type { Clip } from './film-script.ts';
import type { SceneFrame } from './scene-frame.ts';
import { type ContainerPlace, type Point, type ScenePlaces, type TreeScale, treeScale } from './scene-layout.ts';
import { searchPath, type TreeLayout } from './tree-layout.ts';

/** Pixels of every node of `layout` (by rank), and the tree's scale. */
export interface NodePositions {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly radius: number;
  /** Packet that is drawn as a flight instead, 0 none. */
  readonly away: number;
}

const nodeX = (scale: TreeScale, rank: number): number => scale.left + scale.spacing * rank;
const nodeY = (scale: TreeScale, depth: number): number => scale.top + scale.level * (depth + 0.35);

const mix = (a: number, b: number, f: number): number => a + (b - a) * f;

/** Nodes at rest. */
export function restPositions(place: ContainerPlace, layout: TreeLayout): NodePositions {
  const scale = treeScale(place.inner, layout.count, layout.maxDepth);
  const x = new Float32Array(layout.count);
  const y = new Float32Array(layout.count);
  for (let rank = 0; rank < layout.count; rank++) {
    x[rank] = nodeX(scale, rank);
    y[rank] = nodeY(scale, layout.depth[rank] ?? 0);
  }
  return { x, y, radius: scale.radius, away: 0 };
}

/** An insert's neighbours begin to make room when the newcomer is this far down its path. */
const MAKE_ROOM_FROM = 0.6;

/** How far the nodes (not the flying packet) are at `fraction` of the clip. */
function settled(clip: Clip, fraction: number): number {
  if (clip.kind !== 'insert') return easeCubicInOut(fraction);
  return easeCubicInOut(Math.max(0, (fraction - MAKE_ROOM_FROM) / (1 - MAKE_ROOM_FROM)));
}

/** Nodes of `after` on their way from where `before` has them. */
export function movingPositions(
  place: ContainerPlace,
  before: TreeLayout,
  after: TreeLayout,
  clip: Clip,
  fraction: number,
): NodePositions {
  const from = treeScale(place.inner, before.count, before.maxDepth);
  const to = treeScale(place.inner, after.count, after.maxDepth);
  const f = settled(clip, fraction);
  const x = new Float32Array(after.count);
  const y = new Float32Array(after.count);
  for (let rank = 0; rank < after.count; rank++) {
    const slot = after.slots[rank] ?? 0;
    const old = before.rankOf[slot] ?? -1;
    const endX = nodeX(to, rank);
    const endY = nodeY(to, after.depth[rank] ?? 0);
    x[rank] = old < 0 ? endX : mix(nodeX(from, old), endX, f);
    y[rank] = old < 0 ? endY : mix(nodeY(from, before.depth[old] ?? 0), endY, f);
  }
  if (clip.kind === 'rotate' || clip.kind === 'swap') bendIntoArc(after, before, clip, f, x, y);
  return { x, y, radius: mix(from.radius, to.radius, f), away: clip.kind === 'insert' ? clip.packet : 0 };
}

/** The two nodes that change places go round the middle between them instead of straight through it. */
function bendIntoArc(after: TreeLayout, before: TreeLayout, clip: Clip, f: number, x: Float32Array, y: Float32Array): void {
  const one = after.rankOf[clip.slot] ?? -1;
  if (one < 0) return;
  const parent = after.parentRank[one] ?? -1;
  const partner = clip.kind === 'rotate' ? parent : partnerOfSwap(after, before, one);
  if (partner < 0) return;
  const bulge = Math.sin(Math.PI * f) * 0.35;
  const dx = (x[partner] ?? 0) - (x[one] ?? 0);
  const dy = (y[partner] ?? 0) - (y[one] ?? 0);
  x[one] = (x[one] ?? 0) - dy * bulge;
  y[one] = (y[one] ?? 0) + dx * bulge * 0.35;
  x[partner] = (x[partner] ?? 0) + dy * bulge;
  y[partner] = (y[partner] ?? 0) - dx * bulge * 0.35;
}

/** In a swap the partner now has the rank that the node had. */
function partnerOfSwap(after: TreeLayout, before: TreeLayout, rank: number): number {
  const old = before.rankOf[after.slots[rank] ?? 0] ?? -1;
  return old === rank ? -1 : old;
}

/** The packet that flies in a clip. */
export interface Flight {
  readonly packet: number;
  readonly x: number;
  readonly y: number;
  readonly alpha: number;
  /** Drawn as an outline with a cross. */
  readonly dropped: boolean;
  /** 0 to 1: how far it has become a node of the tree. */
  readonly landing: number;
  /** The comparison being made at a node of the search path. */
  readonly comparison: {
    readonly rank: number;
    readonly text: string;
    readonly goesLeft: boolean;
    readonly strength: number;
  } | null;
}

/** A place that does not depend on trees; null when the frame does not know the packet outside of them. */
function outsidePlace(packet: number, frame: SceneFrame, places: ScenePlaces): Point | null {
  const loose = frame.loose.get(packet);
  if (loose === 'gate') return places.gate;
  if (loose === 'hand' || loose === 'held') return places.hand;
  if (loose === 'ledge') return places.ledge;
  const link = frame.links.find((item) => item.packet === packet);
  const bar = places.links.find((item) => item.device === link?.device)?.bar;
  return bar === undefined ? null : { x: bar.x, y: bar.y + bar.height / 2 };
}

/** Where a packet of the trees stands; null when it is in none. */
function treePlace(packet: number, frame: SceneFrame, places: ScenePlaces): Point | null {
  for (const container of places.containers) {
    const layout = frame.trees.get(container.map);
    if (layout === undefined) continue;
    const rank = layout.packet.indexOf(packet);
    if (rank < 0) continue;
    if (container.collapsed) return { x: container.frame.x + 20, y: container.frame.y + container.frame.height / 2 };
    const scale = treeScale(container.inner, layout.count, layout.maxDepth);
    return { x: nodeX(scale, rank), y: nodeY(scale, layout.depth[rank] ?? 0) };
  }
  return null;
}

const trayMouth = (places: ScenePlaces): Point => ({
  x: places.tray.x + places.tray.width / 2,
  y: places.tray.y + places.tray.height * 0.5,
});

function linkEnd(places: ScenePlaces, packet: number, frame: SceneFrame, exit: number): Point {
  const device = frame.links.find((item) => item.packet === packet)?.device;
  const bar = (places.links.find((item) => item.device === device) ?? places.links[0])?.bar;
  return bar === undefined ? places.hand : { x: bar.x + bar.width + exit, y: bar.y + bar.height / 2 };
}

/** Waypoints of an insert: the gate, a stop above each compared node, the new place. Equal time for each leg. */
function insertFlight(clip: Clip, before: SceneFrame, after: SceneFrame, places: ScenePlaces, fraction: number): Flight | null {
  const place = places.containers.find((item) => item.map === clip.map);
  const old = before.trees.get(clip.map);
  const fresh = after.trees.get(clip.map);
  if (place === undefined || fresh === undefined) return null;
  const rank = fresh.rankOf[clip.slot] ?? -1;
  const to = treeScale(place.inner, fresh.count, fresh.maxDepth);
  const end: Point = place.collapsed
    ? { x: place.frame.x + 20, y: place.frame.y + place.frame.height / 2 }
    : { x: nodeX(to, rank), y: nodeY(to, fresh.depth[rank] ?? 0) };
  const stops: Point[] = [outsidePlace(clip.packet, before, places) ?? places.gate];
  const path = place.collapsed ? [] : searchPath(fresh, clip.slot);
  if (old !== undefined) {
    const from = treeScale(place.inner, old.count, old.maxDepth);
    for (const step of path) {
      const slot = fresh.slots[step.rank] ?? 0;
      const was = old.rankOf[slot] ?? -1;
      if (was >= 0) stops.push({ x: nodeX(from, was), y: nodeY(from, old.depth[was] ?? 0) - from.radius * 2.1 });
    }
  }
  stops.push(end);
  const legs = stops.length - 1;
  if (fraction >= 1) return { packet: clip.packet, x: end.x, y: end.y, alpha: 1, dropped: false, landing: 1, comparison: null };
  const at = fraction * legs;
  const leg = Math.floor(at);
  const here = stops[leg] ?? end;
  const next = stops[leg + 1] ?? end;
  const f = easeCubicInOut(at - leg);
  const compared = path[leg - 1 + (at - leg > 0.5 ? 1 : 0)];
  const key = fromHalves(fresh.keyLow[rank] ?? 0, fresh.keyHigh[rank] ?? 0);
  const other = compared === undefined ? 0n : fromHalves(fresh.keyLow[compared.rank] ?? 0, fresh.keyHigh[compared.rank] ?? 0);
  return {
    packet: clip.packet,
    x: mix(here.x, next.x, f),
    y: mix(here.y, next.y, f),
    alpha: 1,
    dropped: false,
    landing: leg === legs - 1 ? at - leg : 0,
    comparison:
      compared === undefined
        ? null
        : {
            rank: compared.rank,
            text: `${key} ${compared.goesLeft ? '<' : '≥'} ${other}`,
            goesLeft: compared.goesLeft,
            strength: 1 - Math.abs(2 * ((at + 0.5) % 1) - 1) * 0.6,
          },
  };
}

/** The flight of a clip at `fraction`, or null when nothing flies. `flow` is the flow of the clip's packet: its lane. */
export function flightOf(
  clip: Clip,
  before: SceneFrame,
  after: SceneFrame,
  places: ScenePlaces,
  fraction: number,
  flow: number,
): Flight | null {
  if (clip.packet === 0) return null;
  if (clip.kind === 'insert') return insertFlight(clip, before, after, places, fraction);
  const plain = { packet: clip.packet, alpha: 1, dropped: false, landing: 0, comparison: null };
  const known = outsidePlace(clip.packet, before, places) ?? treePlace(clip.packet, before, places);
  const goal = outsidePlace(clip.packet, after, places);
  const f = easeCubicInOut(fraction);
  switch (clip.kind) {
    case 'arrive': {
      const lane = places.lanes.find((item) => item.flow === flow) ?? places.lanes[0];
      const start = lane?.end ?? places.gate;
      const end = goal ?? places.gate;
      return { ...plain, x: mix(start.x, end.x, f), y: mix(start.y, end.y, f) };
    }
    case 'remove': {
      const start = treePlace(clip.packet, before, places) ?? known ?? places.hand;
      const end = goal ?? places.hand;
      return { ...plain, x: mix(start.x, end.x, f), y: mix(start.y, end.y, f) };
    }
    case 'send': {
      const start = known ?? places.hand;
      const end = goal ?? places.hand;
      return { ...plain, x: mix(start.x, end.x, f), y: mix(start.y, end.y, f) };
    }
    case 'sent': {
      const start = linkEnd(places, clip.packet, before, -8);
      return { ...plain, x: start.x + 26 * f, y: start.y, alpha: 1 - f };
    }
    case 'drop': {
      const start = known ?? places.gate;
      const end = trayMouth(places);
      const fall = easeCubicIn(fraction);
      return { ...plain, x: mix(start.x, end.x, f), y: mix(start.y, end.y, fall), alpha: 1 - 0.5 * fall, dropped: true };
    }
    case 'refuse': {
      const start = known ?? places.gate;
      return { ...plain, x: start.x - 9 * Math.sin(Math.PI * fraction), y: start.y };
    }
    default:
      return null;
  }
}
