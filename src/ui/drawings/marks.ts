// Paths of the eight flow shapes, each of about the same area for a given radius. Knows a drawing context and nothing else.

import type { FlowShape } from './palette.ts';

/** What the marks need of a canvas context or a Path2D. */
export interface PathSink {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  arc(x: number, y: number, radius: number, from: number, to: number): void;
}

/** Corners of a regular polygon as unit vectors, first corner at `turn` (radians). */
function corners(count: number, turn: number, scale: number): readonly (readonly [number, number])[] {
  return Array.from({ length: count }, (_, i) => {
    const angle = turn + (2 * Math.PI * i) / count;
    return [Math.cos(angle) * scale, Math.sin(angle) * scale] as const;
  });
}

const UP = -Math.PI / 2;
const ARM = 0.38;
const POLYGONS: Readonly<Record<Exclude<FlowShape, 'circle'>, readonly (readonly [number, number])[]>> = {
  square: corners(4, -Math.PI / 4, 1.22),
  triangle: corners(3, UP, 1.34),
  diamond: corners(4, UP, 1.26),
  pentagon: corners(5, UP, 1.12),
  hexagon: corners(6, 0, 1.1),
  wedge: corners(3, -UP, 1.34),
  cross: [
    [-ARM, -1.1],
    [ARM, -1.1],
    [ARM, -ARM],
    [1.1, -ARM],
    [1.1, ARM],
    [ARM, ARM],
    [ARM, 1.1],
    [-ARM, 1.1],
    [-ARM, ARM],
    [-1.1, ARM],
    [-1.1, -ARM],
    [-ARM, -ARM],
  ],
};

/**
 * Adds one closed outline around (x, y) to the current path. Polygons are closed by a line to their first corner and a
 * little on: Chromium's closePath() takes time in proportion to the whole path, 2,000 of them a tenth of a second.
 */
export function addMark(path: PathSink, shape: FlowShape, x: number, y: number, radius: number): void {
  if (shape === 'circle') {
    path.moveTo(x + radius, y);
    path.arc(x, y, radius, 0, 2 * Math.PI);
    return;
  }
  const polygon = POLYGONS[shape];
  const [first, second] = polygon;
  if (first === undefined || second === undefined) return;
  path.moveTo(x + first[0] * radius, y + first[1] * radius);
  for (const [dx, dy] of polygon) path.lineTo(x + dx * radius, y + dy * radius);
  path.lineTo(x + first[0] * radius, y + first[1] * radius);
  // Past the corner, so that a stroke joins there as it does at the others.
  path.lineTo(x + (first[0] * 0.8 + second[0] * 0.2) * radius, y + (first[1] * 0.8 + second[1] * 0.2) * radius);
}

/** An "x" of two strokes, the mark of a drop. */
export function addCross(path: PathSink, x: number, y: number, radius: number): void {
  path.moveTo(x - radius, y - radius);
  path.lineTo(x + radius, y + radius);
  path.moveTo(x + radius, y - radius);
  path.lineTo(x - radius, y + radius);
}

/** The mark as SVG path data around (0, 0). */
export function markPathData(shape: FlowShape, radius: number): string {
  if (shape === 'circle') return `M${radius} 0A${radius} ${radius} 0 1 1 ${-radius} 0A${radius} ${radius} 0 1 1 ${radius} 0Z`;
  const points = POLYGONS[shape].map(([x, y]) => `${(x * radius).toFixed(2)} ${(y * radius).toFixed(2)}`);
  return `M${points.join('L')}Z`;
}
