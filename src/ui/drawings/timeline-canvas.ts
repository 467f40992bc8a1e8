// The time line's marks on a canvas: ruler, backlog, a row per flow, link, watchdog, console. The cursor is not drawn here;
// it moves over the picture. Knows no React and no clock.

import { addCross, addMark } from './marks.ts';
import { type DrawingTheme, flowColour, flowShape } from './palette.ts';
import { timeTicks } from './scales.ts';
import type { TimeColumn, TimelineIndex } from './timeline-index.ts';
import { decimate, stepEnvelope, type TimelinePlaces, type TimelineRow, timeToX, type Viewport } from './timeline-layout.ts';
import type { Surface } from './tree-canvas.ts';

function label(surface: Surface, row: TimelineRow, places: TimelinePlaces, theme: DrawingTheme): void {
  surface.font = `11px ${theme.font}`;
  surface.textAlign = 'left';
  surface.textBaseline = 'middle';
  surface.fillStyle = row.kind === 'flow' ? theme.text : theme.muted;
  const text = row.label.length > 13 ? `${row.label.slice(0, 12)}…` : row.label;
  surface.fillText(text, row.kind === 'flow' ? 23 : 8, row.y + row.height / 2);
  if (row.kind === 'flow') {
    surface.beginPath();
    addMark(surface, flowShape(row.flow), 13, row.y + row.height / 2, 4);
    surface.fillStyle = flowColour(row.flow);
    surface.fill();
    if (!theme.dark) {
      surface.strokeStyle = theme.outline;
      surface.lineWidth = 1;
      surface.stroke();
    }
  }
  surface.beginPath();
  surface.moveTo(places.left, row.y + row.height - 0.5);
  surface.lineTo(places.right, row.y + row.height - 0.5);
  surface.strokeStyle = theme.line;
  surface.lineWidth = 1;
  surface.stroke();
}

function ruler(surface: Surface, places: TimelinePlaces, view: Viewport, theme: DrawingTheme): void {
  surface.font = `10px ${theme.mono}`;
  surface.textAlign = 'center';
  surface.textBaseline = 'middle';
  for (const { t, text } of timeTicks(view.from, view.to, Math.max(2, (places.right - places.left) / 110))) {
    const x = timeToX(places, view, t);
    surface.beginPath();
    surface.moveTo(x, places.rulerHeight - 4);
    surface.lineTo(x, places.height);
    surface.strokeStyle = theme.line;
    surface.lineWidth = 1;
    surface.stroke();
    surface.fillStyle = theme.muted;
    surface.fillText(text, Math.min(x, places.right - 24), places.rulerHeight / 2);
  }
}

function backlog(
  surface: Surface,
  row: TimelineRow,
  index: TimelineIndex,
  places: TimelinePlaces,
  view: Viewport,
  theme: DrawingTheme,
): void {
  const { low, high } = stepEnvelope(index.backlogTimes, index.backlog, places, view);
  const most = Math.max(1, index.highestBacklog);
  const yOf = (value: number): number => row.y + row.height - 2 - (value / most) * (row.height - 8);
  surface.beginPath();
  surface.moveTo(places.left, row.y + row.height - 1);
  for (let i = 0; i < high.length; i++) surface.lineTo(places.left + i, yOf(high[i] ?? 0));
  surface.lineTo(places.left + high.length - 1, row.y + row.height - 1);
  surface.closePath();
  surface.fillStyle = theme.accent;
  surface.globalAlpha = 0.22;
  surface.fill();
  surface.globalAlpha = 1;
  surface.beginPath();
  for (let i = 0; i < high.length; i++) {
    const x = places.left + i;
    if (i === 0) surface.moveTo(x, yOf(high[i] ?? 0));
    else surface.lineTo(x, yOf(high[i] ?? 0));
    if ((high[i] ?? 0) - (low[i] ?? 0) > 1) {
      surface.lineTo(x, yOf(low[i] ?? 0));
      surface.moveTo(x, yOf(high[i] ?? 0));
    }
  }
  surface.strokeStyle = theme.accent;
  surface.lineWidth = 1.3;
  surface.stroke();
  surface.font = `10px ${theme.mono}`;
  surface.textAlign = 'right';
  surface.fillStyle = theme.muted;
  surface.fillText(`${index.highestBacklog} packets`, places.left - 6, row.y + 8);
}

const countIn = (column: TimeColumn, view: Viewport): number => column.lowerBound(view.to) - column.lowerBound(view.from);

/** Pixels of one bar where single marks would run together. */
const BAR = 3;

/** How many entries fall into each bar, as its height from `base`: arrivals up, departures down. */
function densityBars(
  surface: Surface,
  column: TimeColumn,
  places: TimelinePlaces,
  view: Viewport,
  base: number,
  height: number,
): void {
  const bars = Math.ceil((places.right - places.left) / BAR);
  const perBar = (view.to - view.from) / bars;
  const counts = new Int32Array(bars);
  let most = 1;
  let at = column.lowerBound(view.from);
  for (let bar = 0; bar < bars; bar++) {
    const end = column.lowerBound(view.from + perBar * (bar + 1), at);
    counts[bar] = end - at;
    if (end - at > most) most = end - at;
    at = end;
  }
  surface.beginPath();
  counts.forEach((count, bar) => {
    if (count > 0) surface.rect(places.left + bar * BAR, base, BAR - 0.5, (height * count) / most);
  });
  surface.fill();
}

/** Small triangles: arrivals point down on the upper half, departures up on the lower. */
function triangles(surface: Surface, xs: Float32Array, y: number, up: boolean, size: number): void {
  surface.beginPath();
  const tip = up ? -size : size;
  for (const x of xs) {
    surface.moveTo(x, y + tip);
    surface.lineTo(x - size * 0.8, y);
    surface.lineTo(x + size * 0.8, y);
    surface.lineTo(x, y + tip);
  }
}

function flowRow(
  surface: Surface,
  row: TimelineRow,
  index: TimelineIndex,
  places: TimelinePlaces,
  view: Viewport,
  theme: DrawingTheme,
): void {
  const track = index.flows[row.flow];
  if (track === undefined) return;
  const middle = row.y + row.height / 2;
  surface.fillStyle = flowColour(row.flow);
  const crowded = countIn(track.arrivals, view) + countIn(track.departures, view) > (places.right - places.left) / 4;
  if (crowded) {
    densityBars(surface, track.arrivals, places, view, middle, -row.height * 0.46);
    surface.globalAlpha = 0.6;
    densityBars(surface, track.departures, places, view, middle, row.height * 0.42);
  } else {
    const size = Math.min(6, row.height * 0.3);
    triangles(surface, decimate(track.arrivals, places, view, 2), middle - size - 0.5, false, size);
    surface.fill();
    surface.globalAlpha = 0.65;
    triangles(surface, decimate(track.departures, places, view, 2), middle + size + 0.5, true, size);
    surface.fill();
  }
  surface.globalAlpha = 1;
  surface.beginPath();
  for (const x of decimate(track.drops, places, view, 3)) addCross(surface, x, middle, 3.2);
  surface.strokeStyle = theme.text;
  surface.lineWidth = 1.6;
  surface.stroke();
}

/** Busy time of the link as bars; pixels that are busy in part are as dark as their share. */
function linkRow(
  surface: Surface,
  row: TimelineRow,
  index: TimelineIndex,
  places: TimelinePlaces,
  view: Viewport,
  theme: DrawingTheme,
): void {
  const { sendStarts: starts, sendEnds: ends } = index;
  const perPixel = (view.to - view.from) / Math.max(1, places.right - places.left);
  surface.fillStyle = theme.muted;
  let i = Math.max(0, starts.lowerBound(view.from) - 1);
  while (i < starts.length) {
    const from = starts.times[i] ?? 0;
    if (from > view.to) break;
    // Back-to-back transmissions are one bar.
    let last = i;
    const joins = (at: number): boolean =>
      at + 1 < starts.length && at < ends.length && (starts.times[at + 1] ?? 0) - (ends.times[at] ?? 0) < perPixel;
    while (joins(last)) last++;
    const to = last < ends.length ? (ends.times[last] ?? view.to) : view.to;
    const x = Math.max(places.left, timeToX(places, view, from));
    const width = Math.max(0.6, Math.min(places.right, timeToX(places, view, to)) - x);
    if (to >= view.from) surface.fillRect(x, row.y + 4, width, row.height - 8);
    i = last + 1;
  }
}

function ticksRow(
  surface: Surface,
  row: TimelineRow,
  column: TimeColumn,
  places: TimelinePlaces,
  view: Viewport,
  colour: string,
): void {
  surface.beginPath();
  for (const x of decimate(column, places, view, 2)) {
    surface.moveTo(x, row.y + 3);
    surface.lineTo(x, row.y + row.height - 4);
  }
  surface.strokeStyle = colour;
  surface.lineWidth = 1.5;
  surface.stroke();
}

/** Stay of the selected packet: from its arrival until it left, on its flow's row. */
export interface SelectedStay {
  readonly flow: number;
  readonly from: number;
  readonly to: number;
}

function selectedStay(surface: Surface, stay: SelectedStay, places: TimelinePlaces, view: Viewport, theme: DrawingTheme): void {
  const row = places.rows.find((item) => item.kind === 'flow' && item.flow === stay.flow);
  if (row === undefined) return;
  const from = timeToX(places, view, stay.from);
  const to = timeToX(places, view, stay.to);
  surface.beginPath();
  surface.roundRect(from - 3, row.y + 2, Math.max(6, to - from + 6), row.height - 4, 4);
  surface.strokeStyle = theme.accent;
  surface.lineWidth = 1.5;
  surface.stroke();
  surface.fillStyle = theme.accent;
  surface.globalAlpha = 0.14;
  surface.fill();
  surface.globalAlpha = 1;
}

/** Draws everything but the cursor. `knownNs`: how far the log reaches. */
export function drawTimeline(
  surface: Surface,
  index: TimelineIndex,
  places: TimelinePlaces,
  view: Viewport,
  theme: DrawingTheme,
  knownNs: number,
  stay: SelectedStay | null,
): void {
  surface.clearRect(0, 0, places.width, places.height);
  ruler(surface, places, view, theme);
  for (const row of places.rows) label(surface, row, places, theme);
  surface.save();
  surface.beginPath();
  surface.rect(places.left, 0, places.right - places.left, places.height);
  surface.clip();
  for (const row of places.rows) {
    if (row.kind === 'flow') flowRow(surface, row, index, places, view, theme);
    else if (row.kind === 'link') linkRow(surface, row, index, places, view, theme);
    else if (row.kind === 'watchdog') ticksRow(surface, row, index.watchdogs, places, view, theme.warn);
    else if (row.kind === 'messages') ticksRow(surface, row, index.messages, places, view, theme.accent);
  }
  if (stay !== null) selectedStay(surface, stay, places, view, theme);
  const known = timeToX(places, view, knownNs);
  if (known < places.right) {
    surface.fillStyle = theme.line;
    surface.globalAlpha = 0.5;
    surface.fillRect(
      Math.max(places.left, known),
      places.rulerHeight,
      places.right - Math.max(places.left, known),
      places.height,
    );
    surface.globalAlpha = 1;
  }
  surface.restore();
  const first = places.rows[0];
  if (first !== undefined) backlog(surface, first, index, places, view, theme);
}
