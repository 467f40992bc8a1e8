// The time line's rows and what of them is seen: from tracks and a viewport to at most one mark per pixel. Pure; knows no
// canvas and no React.

import type { TimeColumn, TimelineIndex } from './timeline-index.ts';

/** Simulated ns at the left and the right edge. */
export interface Viewport {
  readonly from: number;
  readonly to: number;
}

export interface TimelineRow {
  readonly kind: 'backlog' | 'flow' | 'link' | 'messages' | 'watchdog';
  readonly label: string;
  readonly flow: number;
  readonly y: number;
  readonly height: number;
}

export interface TimelinePlaces {
  readonly width: number;
  readonly height: number;
  /** Left edge of the plots; labels stand before it. */
  readonly left: number;
  readonly right: number;
  readonly rulerHeight: number;
  readonly rows: readonly TimelineRow[];
  /** Flows that have no room. */
  readonly hiddenFlows: number;
}

const RULER = 22;
const LEFT = 96;
const BACKLOG = 44;
const HIGHEST_BACKLOG = 84;
const THIN = 16;
const FLOW_ROW = 30;

/** Rows for a canvas of `width` × `height` CSS pixels. */
export function placeTimeline(
  flows: readonly string[],
  index: TimelineIndex | null,
  width: number,
  height: number,
): TimelinePlaces {
  const rows: TimelineRow[] = [];
  let y = RULER;
  const add = (kind: TimelineRow['kind'], label: string, rowHeight: number, flow = -1): void => {
    rows.push({ kind, label, flow, y, height: rowHeight });
    y += rowHeight;
  };
  const extras = ((index?.watchdogs.length ?? 0) > 0 ? 1 : 0) + ((index?.messages.length ?? 0) > 0 ? 1 : 0);
  const room = height - RULER - BACKLOG - THIN * (1 + extras) - 4;
  const shown = Math.max(1, Math.min(flows.length, Math.floor(room / 15)));
  const flowHeight = Math.max(15, Math.min(FLOW_ROW, room / Math.max(1, shown)));
  const spare = Math.max(0, room - shown * flowHeight);
  add('backlog', 'backlog', Math.min(HIGHEST_BACKLOG, BACKLOG + spare));
  flows.slice(0, shown).forEach((name, flow) => {
    add('flow', name, flowHeight, flow);
  });
  add('link', 'link', THIN);
  if ((index?.watchdogs.length ?? 0) > 0) add('watchdog', 'watchdog', THIN);
  if ((index?.messages.length ?? 0) > 0) add('messages', 'console', THIN);
  return {
    width,
    height,
    left: Math.min(LEFT, width * 0.24),
    right: width - 10,
    rulerHeight: RULER,
    rows,
    hiddenFlows: flows.length - shown,
  };
}

export const timeToX = (places: TimelinePlaces, view: Viewport, t: number): number =>
  places.left + ((t - view.from) / (view.to - view.from)) * (places.right - places.left);

export const xToTime = (places: TimelinePlaces, view: Viewport, x: number): number =>
  view.from + ((x - places.left) / (places.right - places.left)) * (view.to - view.from);

/**
 * Pixel columns of a track's entries, at most one per `apart` pixels: each stands for itself and all that follow it too
 * closely. O(columns · log entries).
 */
export function decimate(column: TimeColumn, places: TimelinePlaces, view: Viewport, apart: number): Float32Array {
  const perPixel = (view.to - view.from) / Math.max(1, places.right - places.left);
  const xs: number[] = [];
  let i = column.lowerBound(view.from);
  while (i < column.length) {
    const t = column.times[i] ?? 0;
    if (t > view.to) break;
    const x = timeToX(places, view, t);
    xs.push(x);
    i = Math.max(i + 1, column.lowerBound(t + perPixel * apart, i));
  }
  return Float32Array.from(xs);
}

/** Reach of a click around a mark, pixels. */
const REACH = 6;

/** Record of the arrival, departure or drop nearest to a point, or -1. */
export function recordAt(index: TimelineIndex, places: TimelinePlaces, view: Viewport, x: number, y: number): number {
  const row = places.rows.find((item) => y >= item.y && y < item.y + item.height);
  const track = row?.kind === 'flow' ? index.flows[row.flow] : undefined;
  if (row === undefined || track === undefined) return -1;
  const upper = y < row.y + row.height / 2;
  let best = -1;
  let distance = REACH;
  for (const column of upper ? [track.drops, track.arrivals] : [track.drops, track.departures]) {
    const at = column.lowerBound(xToTime(places, view, x));
    for (const i of [at - 1, at]) {
      if (i < 0 || i >= column.length) continue;
      const away = Math.abs(timeToX(places, view, column.times[i] ?? 0) - x);
      if (away >= distance) continue;
      distance = away;
      best = column.records[i] ?? -1;
    }
  }
  return best;
}

/** Lowest and highest value of a step function in each pixel column; NaN where nothing is known yet. */
export function stepEnvelope(
  times: TimeColumn,
  values: ArrayLike<number>,
  places: TimelinePlaces,
  view: Viewport,
): { readonly low: Float32Array; readonly high: Float32Array } {
  const columns = Math.max(1, Math.ceil(places.right - places.left));
  const low = new Float32Array(columns);
  const high = new Float32Array(columns);
  const perPixel = (view.to - view.from) / columns;
  let i = times.lowerBound(view.from);
  for (let column = 0; column < columns; column++) {
    const end = view.from + perPixel * (column + 1);
    let least = i > 0 ? (values[i - 1] ?? 0) : 0;
    let most = least;
    const until = times.lowerBound(end, i);
    // More entries than this in one pixel are sampled evenly at their ends only through the loop's bound.
    for (; i < until; i++) {
      const value = values[i] ?? 0;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    low[column] = least;
    high[column] = most;
  }
  return { low, high };
}

/** Zooms by `factor` around `t`, inside [0, duration]. */
export function zoomed(view: Viewport, t: number, factor: number, duration: number): Viewport {
  const span = Math.max(2000, Math.min(duration, (view.to - view.from) * factor));
  const share = (t - view.from) / (view.to - view.from);
  return clamped({ from: t - span * share, to: t + span * (1 - share) }, duration);
}

/** Moves by a share of the width. */
export const panned = (view: Viewport, share: number, duration: number): Viewport => {
  const shift = (view.to - view.from) * share;
  return clamped({ from: view.from + shift, to: view.to + shift }, duration);
};

function clamped(view: Viewport, duration: number): Viewport {
  const span = Math.min(view.to - view.from, duration);
  const from = Math.max(0, Math.min(view.from, duration - span));
  return { from, to: from + span };
}
