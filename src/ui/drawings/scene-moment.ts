// Everything the scene's canvas needs for one cursor: the frame before and after the clip in motion, node positions per
// container, the flying packet. A pure function of the log and the cursor. Knows no canvas and no React.

import { type Flight, flightOf, movingPositions, type NodePositions, restPositions } from './film-motion.ts';
import type { Clip } from './film-script.ts';
import type { FrameMaker, SceneFrame } from './scene-frame.ts';
import type { ContainerPlace, ScenePlaces } from './scene-layout.ts';
import { EMPTY_LAYOUT, type TreeLayout } from './tree-layout.ts';

/** A moment to draw: records applied, simulated time, and the clip in motion (if any) with how far it is. */
export interface Cursor {
  /** Records whose effects are complete. */
  readonly position: number;
  /** Simulated ns. */
  readonly t: number;
  readonly clip: Clip | null;
  /** 0 to 1 inside the clip. */
  readonly fraction: number;
  /** Packets that the last step changed, marked where motion is not wanted. */
  readonly halo: readonly number[];
}

export interface ContainerMoment {
  readonly place: ContainerPlace;
  readonly layout: TreeLayout;
  readonly before: TreeLayout;
  readonly positions: NodePositions;
  readonly clip: Clip | null;
}

export interface SceneMoment {
  readonly cursor: Cursor;
  readonly before: SceneFrame;
  readonly after: SceneFrame;
  readonly containers: readonly ContainerMoment[];
  readonly flight: Flight | null;
}

function containerMoment(place: ContainerPlace, before: SceneFrame, after: SceneFrame, cursor: Cursor): ContainerMoment {
  const layout = after.trees.get(place.map) ?? EMPTY_LAYOUT;
  const old = before.trees.get(place.map) ?? EMPTY_LAYOUT;
  const { clip, fraction } = cursor;
  if (place.collapsed) return { place, layout, before: layout, positions: restPositions(place, EMPTY_LAYOUT), clip: null };
  if (clip === null || layout === old)
    return { place, layout, before: layout, positions: restPositions(place, layout), clip: null };
  return { place, layout, before: old, positions: movingPositions(place, old, layout, clip, fraction), clip };
}

/** The moment at `cursor`. `reduced` (the person wants no motion) shows the clip's end with its mark. */
export function momentAt(maker: FrameMaker, cursor: Cursor, places: ScenePlaces): SceneMoment {
  const { clip } = cursor;
  const before = maker.at(clip === null ? cursor.position : clip.from);
  const after = clip === null ? before : maker.at(clip.to);
  const flow = clip === null ? 0 : (maker.packets.flows[clip.packet] ?? 0);
  return {
    cursor,
    before,
    after,
    containers: places.containers.map((place) => containerMoment(place, before, after, cursor)),
    flight: clip === null ? null : flightOf(clip, before, after, places, cursor.fraction, flow),
  };
}

/** A number for each layout object: a tree that did not change keeps its layout. */
const layoutNumbers = new WeakMap<TreeLayout, number>();
let layoutCount = 0;

function layoutNumber(layout: TreeLayout): number {
  let number = layoutNumbers.get(layout);
  if (number === undefined) {
    number = ++layoutCount;
    layoutNumbers.set(layout, number);
  }
  return number;
}

/** Equal keys mean equal pictures of the containers: what the tree canvas has drawn need not be drawn again. */
export function treesKey(moment: SceneMoment, selected: number, hovered: number): string {
  const { clip, fraction } = moment.cursor;
  const motion =
    moment.containers.some((item) => item.clip !== null) && clip !== null ? `${clip.from}+${fraction.toFixed(4)}` : '';
  const layouts = moment.containers.map((item) => layoutNumber(item.layout)).join(',');
  return `${layouts}|${motion}|${moment.cursor.halo.join(',')}|${selected}|${hovered}`;
}
