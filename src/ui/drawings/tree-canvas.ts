// One red-black tree on a canvas: edges in one path, nodes in one path per flow, rings in one path per colour. How much is
// drawn depends on how many nodes there are. Draws what it is given; knows no log, no clock and no React.

import type { NodePositions } from './film-motion.ts';
import type { Clip } from './film-script.ts';
import { addMark } from './marks.ts';
import { type DrawingTheme, flowColour, flowShape } from './palette.ts';
import { compactKey, type TreeLayout } from './tree-layout.ts';

/** What drawing needs of a canvas context; a recording one stands in for it in tests. */
export type Surface = Pick<
  CanvasRenderingContext2D,
  | 'save'
  | 'restore'
  | 'beginPath'
  | 'closePath'
  | 'moveTo'
  | 'lineTo'
  | 'arc'
  | 'rect'
  | 'roundRect'
  | 'clip'
  | 'fill'
  | 'stroke'
  | 'fillRect'
  | 'clearRect'
  | 'fillText'
  | 'strokeText'
  | 'measureText'
  | 'setLineDash'
  | 'fillStyle'
  | 'strokeStyle'
  | 'lineWidth'
  | 'globalAlpha'
  | 'font'
  | 'textAlign'
  | 'textBaseline'
  | 'lineCap'
  | 'lineJoin'
>;

/** Levels of detail by number of nodes. */
const LABELS_UP_TO = 120;
const RINGS_UP_TO = 600;
const DOTS_UP_TO = 2000;

export interface TreeInk {
  readonly layout: TreeLayout;
  /** Layout before the clip, for ghosts of edges; the same as `layout` at rest. */
  readonly before: TreeLayout;
  readonly positions: NodePositions;
  readonly flowOf: (packet: number) => number;
  readonly theme: DrawingTheme;
  /** Keys up to this are written as times, ns; 0 never. */
  readonly timeLimit: number;
  /** Packets with a mark of their own, 0 none. */
  readonly selected: number;
  readonly hovered: number;
  /** Packets marked with a halo. */
  readonly halo: readonly number[];
  /** Clip in motion in this tree, and how far. */
  readonly clip: Clip | null;
  readonly fraction: number;
}

/** Ranks from the root to the smallest key. */
function leftmostPath(layout: TreeLayout): number[] {
  const path: number[] = [];
  let rank = layout.count > 0 ? 0 : -1;
  while (rank >= 0) {
    path.push(rank);
    rank = layout.parentRank[rank] ?? -1;
  }
  return path;
}

function strokeEdges(surface: Surface, ink: TreeInk): void {
  const { layout, before, positions, theme, fraction } = ink;
  const { x, y } = positions;
  const moving = before !== layout;
  const changed: number[] = [];
  surface.beginPath();
  for (let rank = 0; rank < layout.count; rank++) {
    const parent = layout.parentRank[rank] ?? -1;
    if (parent < 0) continue;
    if (moving) {
      const old = before.rankOf[layout.slots[rank] ?? 0] ?? -1;
      const oldParent = old < 0 ? -1 : (before.parentRank[old] ?? -1);
      if (oldParent < 0 || before.slots[oldParent] !== layout.slots[parent]) {
        changed.push(rank);
        continue;
      }
    }
    surface.moveTo(x[parent] ?? 0, y[parent] ?? 0);
    surface.lineTo(x[rank] ?? 0, y[rank] ?? 0);
  }
  surface.strokeStyle = theme.faint;
  surface.lineWidth = layout.count > RINGS_UP_TO ? 0.8 : 1.3;
  surface.globalAlpha = layout.count > RINGS_UP_TO ? 0.25 : 0.9;
  surface.stroke();
  if (changed.length > 0) strokeChangedEdges(surface, ink, changed, fraction);
  surface.globalAlpha = 1;
}

/** New edges fade in while the edges they replace fade out. */
function strokeChangedEdges(surface: Surface, ink: TreeInk, changed: readonly number[], fraction: number): void {
  const { layout, before, positions } = ink;
  const { x, y } = positions;
  const late = ink.clip?.kind === 'insert' ? Math.max(0, fraction * 4 - 3) : fraction;
  surface.beginPath();
  for (const rank of changed) {
    const parent = layout.parentRank[rank] ?? 0;
    surface.moveTo(x[parent] ?? 0, y[parent] ?? 0);
    surface.lineTo(x[rank] ?? 0, y[rank] ?? 0);
  }
  surface.globalAlpha = 0.9 * late;
  surface.stroke();
  surface.beginPath();
  for (const rank of changed) {
    const old = before.rankOf[layout.slots[rank] ?? 0] ?? -1;
    const oldParent = old < 0 ? -1 : (before.parentRank[old] ?? -1);
    const now = oldParent < 0 ? -1 : (layout.rankOf[before.slots[oldParent] ?? 0] ?? -1);
    if (now < 0) continue;
    surface.moveTo(x[now] ?? 0, y[now] ?? 0);
    surface.lineTo(x[rank] ?? 0, y[rank] ?? 0);
  }
  surface.globalAlpha = 0.5 * (1 - late);
  surface.setLineDash([3, 3]);
  surface.stroke();
  surface.setLineDash([]);
}

function strokeLeftmost(surface: Surface, ink: TreeInk): void {
  const { positions, theme, layout } = ink;
  const path = leftmostPath(layout).filter((rank) => positions.away === 0 || layout.packet[rank] !== positions.away);
  if (path.length < 2) return;
  surface.beginPath();
  path.forEach((rank, i) => {
    const x = positions.x[rank] ?? 0;
    const y = positions.y[rank] ?? 0;
    if (i === 0) surface.moveTo(x, y);
    else surface.lineTo(x, y);
  });
  surface.strokeStyle = theme.muted;
  surface.lineWidth = layout.count > RINGS_UP_TO ? 1.4 : 2.2;
  surface.stroke();
}

/** Discs, flow marks and rings, each kind in one path. */
function paintNodes(surface: Surface, ink: TreeInk): void {
  const { layout, positions, flowOf, theme, clip } = ink;
  const { x, y, radius, away } = positions;
  const byFlow = new Map<number, number[]>();
  const alone = clip?.kind === 'paint' ? (layout.rankOf[clip.slot] ?? -1) : -1;
  const shown: number[] = [];
  for (let rank = 0; rank < layout.count; rank++) {
    const packet = layout.packet[rank] ?? 0;
    if (packet === away && away !== 0) continue;
    shown.push(rank);
    const flow = flowOf(packet);
    const list = byFlow.get(flow);
    if (list === undefined) byFlow.set(flow, [rank]);
    else list.push(rank);
  }
  const ringed = layout.count <= RINGS_UP_TO && radius >= 5;
  if (ringed) {
    surface.beginPath();
    for (const rank of shown) addMark(surface, 'circle', x[rank] ?? 0, y[rank] ?? 0, radius + 1);
    surface.fillStyle = theme.panel;
    surface.fill();
  }
  // Small marks stand on top of their rings: where nodes crowd, the flows' colours must still be seen.
  if (!ringed) strokeRings(surface, ink, shown, alone, ringed);
  const markRadius = ringed ? radius * 0.66 : Math.max(1.7, radius * 0.8);
  for (const [flow, ranks] of byFlow) {
    surface.beginPath();
    const shape = flowShape(flow);
    if (layout.count > RINGS_UP_TO) {
      const side = markRadius * 1.8;
      for (const rank of ranks) surface.rect((x[rank] ?? 0) - side / 2, (y[rank] ?? 0) - side / 2, side, side);
    } else for (const rank of ranks) addMark(surface, shape, x[rank] ?? 0, y[rank] ?? 0, markRadius);
    surface.fillStyle = flowColour(flow);
    surface.fill();
    if (!theme.dark && ringed) {
      surface.strokeStyle = theme.outline;
      surface.lineWidth = 1;
      surface.stroke();
    }
  }
  if (ringed) strokeRings(surface, ink, shown, alone, ringed);
}

/** One ring; where nodes are a few pixels wide a square of the same size stands in for the circle, at half the price. */
function addRing(surface: Surface, x: number, y: number, radius: number, crowded: boolean): void {
  if (!crowded) addMark(surface, 'circle', x, y, radius);
  else surface.rect(x - radius, y - radius, 2 * radius, 2 * radius);
}

/** Black nodes: one ring. Red nodes: a double ring. In the text colour, because fill is the flow's. */
function strokeRings(surface: Surface, ink: TreeInk, shown: readonly number[], alone: number, ringed: boolean): void {
  const { layout, positions, theme, fraction } = ink;
  const { x, y, radius } = positions;
  const crowded = layout.count > RINGS_UP_TO;
  const gap = ringed ? Math.max(2.4, radius * 0.24) : 1.7;
  surface.strokeStyle = theme.text;
  surface.beginPath();
  for (const rank of shown) {
    if (layout.red[rank] !== 1 && rank !== alone) addRing(surface, x[rank] ?? 0, y[rank] ?? 0, radius, crowded);
  }
  surface.lineWidth = ringed ? 2 : 1;
  surface.stroke();
  surface.beginPath();
  for (const rank of shown) {
    if (layout.red[rank] !== 1 || rank === alone) continue;
    addRing(surface, x[rank] ?? 0, y[rank] ?? 0, radius - gap / 2, crowded);
    addRing(surface, x[rank] ?? 0, y[rank] ?? 0, radius + gap / 2, crowded);
  }
  surface.lineWidth = ringed ? 1 : 0.6;
  surface.stroke();
  if (alone < 0) return;
  const redness = layout.red[alone] === 1 ? fraction : 1 - fraction;
  surface.lineWidth = 2 - redness;
  surface.beginPath();
  addRing(surface, x[alone] ?? 0, y[alone] ?? 0, radius - (gap / 2) * redness, crowded);
  addRing(surface, x[alone] ?? 0, y[alone] ?? 0, radius + (gap / 2) * redness, crowded);
  surface.stroke();
}

/** Ranks whose keys are written: the leftmost path and marked nodes first, then as many as fit beside one another on their level. */
function labelledRanks(surface: Surface, ink: TreeInk): Map<number, string> {
  const { layout, positions } = ink;
  const taken: (readonly [number, number])[][] = [];
  const labelled = new Map<number, string>();
  const tryLabel = (rank: number): void => {
    const packet = layout.packet[rank] ?? 0;
    if (labelled.has(rank) || (packet === positions.away && packet !== 0)) return;
    const text = compactKey(layout.keyLow[rank] ?? 0, layout.keyHigh[rank] ?? 0, ink.timeLimit);
    const half = surface.measureText(text).width / 2 + 3;
    const x = positions.x[rank] ?? 0;
    const depth = layout.depth[rank] ?? 0;
    const row = taken[depth] ?? [];
    if (row.some(([from, to]) => x + half > from && x - half < to)) return;
    row.push([x - half, x + half]);
    taken[depth] = row;
    labelled.set(rank, text);
  };
  for (const packet of [ink.hovered, ink.selected]) {
    const rank = packet === 0 ? -1 : layout.packet.indexOf(packet);
    if (rank >= 0) tryLabel(rank);
  }
  tryLabel(0);
  // Keys stand under their nodes: where levels are close they would stand on the next ones.
  const above = layout.parentRank[0] ?? -1;
  const level = above < 0 ? Number.POSITIVE_INFINITY : (positions.y[0] ?? 0) - (positions.y[above] ?? 0);
  if (level < positions.radius * 2 + 14) return labelled;
  for (const rank of leftmostPath(layout)) tryLabel(rank);
  if (layout.count <= LABELS_UP_TO) for (let rank = 0; rank < layout.count; rank++) tryLabel(rank);
  return labelled;
}

function writeKeys(surface: Surface, ink: TreeInk): void {
  const { positions, theme } = ink;
  const { x, y, radius } = positions;
  surface.font = `${Math.max(9, Math.min(11, radius))}px ${theme.mono}`;
  surface.textAlign = 'center';
  surface.textBaseline = 'middle';
  surface.lineJoin = 'round';
  surface.strokeStyle = theme.panel;
  surface.lineWidth = 3;
  surface.fillStyle = theme.muted;
  for (const [rank, label] of labelledRanks(surface, ink)) {
    surface.strokeText(label, x[rank] ?? 0, (y[rank] ?? 0) + radius + 9);
    surface.fillText(label, x[rank] ?? 0, (y[rank] ?? 0) + radius + 9);
  }
}

function ring(surface: Surface, x: number, y: number, radius: number, colour: string, width: number): void {
  surface.beginPath();
  surface.arc(x, y, radius, 0, 2 * Math.PI);
  surface.strokeStyle = colour;
  surface.lineWidth = width;
  surface.stroke();
}

/** A pill with a word over a node. */
export function badge(surface: Surface, theme: DrawingTheme, text: string, x: number, y: number, colour: string): void {
  surface.font = `600 10px ${theme.font}`;
  surface.textAlign = 'center';
  surface.textBaseline = 'middle';
  const width = surface.measureText(text).width + 10;
  surface.beginPath();
  surface.roundRect(x - width / 2, y - 7.5, width, 15, 7.5);
  surface.fillStyle = colour;
  surface.fill();
  surface.fillStyle = theme.dark ? '#0c1116' : '#ffffff';
  surface.fillText(text, x, y + 0.5);
}

/** Counts per key order and depth instead of nodes, when there are too many to see. */
function paintDensity(surface: Surface, ink: TreeInk): void {
  const { layout, positions, theme } = ink;
  const cells = new Map<number, number>();
  let most = 1;
  for (let rank = 0; rank < layout.count; rank++) {
    const cell = Math.floor((positions.x[rank] ?? 0) / 4) * 4096 + (layout.depth[rank] ?? 0);
    const count = (cells.get(cell) ?? 0) + 1;
    cells.set(cell, count);
    if (count > most) most = count;
  }
  const row = layout.count > 1 ? Math.max(2, Math.abs((positions.y[0] ?? 0) - (positions.y[layout.parentRank[0] ?? 0] ?? 0))) : 4;
  surface.fillStyle = theme.accent;
  const yOf = new Map<number, number>();
  for (let rank = 0; rank < layout.count; rank++) yOf.set(layout.depth[rank] ?? 0, positions.y[rank] ?? 0);
  for (const [cell, count] of cells) {
    surface.globalAlpha = 0.15 + 0.85 * Math.sqrt(count / most);
    surface.fillRect(Math.floor(cell / 4096) * 4, (yOf.get(cell % 4096) ?? 0) - row / 2, 4, row);
  }
  surface.globalAlpha = 1;
}

/** Draws the tree; the caller has cleared the ground and drawn the container. */
export function drawTree(surface: Surface, ink: TreeInk): void {
  const { layout, positions, theme, clip, fraction } = ink;
  const { x, y, radius } = positions;
  if (layout.count === 0) return;
  surface.save();
  if (layout.count > DOTS_UP_TO) paintDensity(surface, ink);
  else strokeEdges(surface, ink);
  strokeLeftmost(surface, ink);
  if (layout.count <= DOTS_UP_TO) paintNodes(surface, ink);
  if (layout.count <= RINGS_UP_TO) writeKeys(surface, ink);
  for (const [packet, colour] of [
    [ink.hovered, theme.muted],
    [ink.selected, theme.accent],
  ] as const) {
    const rank = packet === 0 || packet === positions.away ? -1 : layout.packet.indexOf(packet);
    if (rank >= 0) ring(surface, x[rank] ?? 0, y[rank] ?? 0, radius + 6, colour, 2.5);
  }
  for (const packet of ink.halo) {
    const rank = layout.packet.indexOf(packet);
    if (rank >= 0) ring(surface, x[rank] ?? 0, y[rank] ?? 0, radius + 5, theme.warn, 2);
  }
  if (clip !== null && clip.slot >= 0 && clip.kind !== 'insert') {
    const rank = layout.rankOf[clip.slot] ?? -1;
    surface.globalAlpha = 0.9 * Math.sin(Math.PI * Math.min(1, 0.15 + 0.85 * fraction));
    if (rank >= 0) ring(surface, x[rank] ?? 0, y[rank] ?? 0, radius + 5, theme.warn, 2);
    surface.globalAlpha = 1;
  }
  // While a newcomer is on its way to the first place, the old first is still the next.
  const first = positions.away !== 0 && layout.packet[0] === positions.away ? 1 : 0;
  if (first < layout.count) badge(surface, theme, 'next', x[first] ?? 0, (y[first] ?? 0) - radius - 12, theme.accent);
  surface.restore();
}

/** Rank of the node under a point, or -1: ranks are sorted by x, so the nearest column is found by bisection. */
export function hitNode(positions: NodePositions, count: number, px: number, py: number, reach: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((positions.x[middle] ?? 0) < px - reach) low = middle + 1;
    else high = middle;
  }
  let best = -1;
  let bestDistance = reach * reach;
  for (let rank = low; rank < count && (positions.x[rank] ?? 0) <= px + reach; rank++) {
    const dx = (positions.x[rank] ?? 0) - px;
    const dy = (positions.y[rank] ?? 0) - py;
    const distance = dx * dx + dy * dy;
    if (distance <= bestDistance) {
      best = rank;
      bestDistance = distance;
    }
  }
  return best;
}
