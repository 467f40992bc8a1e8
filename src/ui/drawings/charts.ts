// Plots of values over the run: the backlog, of one run or of two over one another. Knows no React.

import { scaleLinear } from 'd3';
import type { DrawingTheme } from './palette.ts';
import type { Surface } from './tree-canvas.ts';

/** A step function: the value holds from its time on. */
export interface Series {
  readonly times: Float64Array;
  readonly values: ArrayLike<number>;
}

/** Highest value of the series in each of `columns` equal parts of [0, duration]. */
export function columnMaxima(series: Series, columns: number, duration: number): Float32Array {
  const result = new Float32Array(columns);
  let held = 0;
  let i = 0;
  for (let column = 0; column < columns; column++) {
    const end = ((column + 1) / columns) * duration;
    let most = held;
    for (; i < series.times.length && (series.times[i] ?? 0) < end; i++) {
      held = series.values[i] ?? 0;
      if (held > most) most = held;
    }
    result[column] = most;
  }
  return result;
}

function trace(surface: Surface, maxima: Float32Array, y: (value: number) => number): void {
  surface.beginPath();
  maxima.forEach((value, x) => {
    if (x === 0) surface.moveTo(x + 0.5, y(value));
    else surface.lineTo(x + 0.5, y(value));
  });
}

/** The backlog of run B (solid, filled) and, where there is one, of run A (dashed): not told apart by colour alone. */
export function drawBacklog(
  surface: Surface,
  width: number,
  height: number,
  duration: number,
  b: Series,
  a: Series | null,
  theme: DrawingTheme,
): void {
  surface.clearRect(0, 0, width, height);
  const columns = Math.max(1, Math.floor(width));
  const now = columnMaxima(b, columns, duration);
  const before = a === null ? null : columnMaxima(a, columns, duration);
  let most = 1;
  for (const value of now) most = Math.max(most, value);
  for (const value of before ?? []) most = Math.max(most, value);
  const y = scaleLinear([0, most], [height - 3, 10]);
  surface.font = `10px ${theme.mono}`;
  surface.textBaseline = 'bottom';
  surface.textAlign = 'left';
  for (const tick of y.ticks(3)) {
    surface.beginPath();
    surface.moveTo(0, Math.round(y(tick)) + 0.5);
    surface.lineTo(width, Math.round(y(tick)) + 0.5);
    surface.strokeStyle = theme.line;
    surface.lineWidth = 1;
    surface.stroke();
    if (tick > 0 && Number.isInteger(tick)) {
      surface.fillStyle = theme.muted;
      surface.fillText(String(tick), 2, y(tick));
    }
  }
  trace(surface, now, y);
  surface.strokeStyle = theme.accent;
  surface.lineWidth = 1.5;
  surface.stroke();
  surface.lineTo(width, height - 3);
  surface.lineTo(0, height - 3);
  surface.closePath();
  surface.fillStyle = theme.accent;
  surface.globalAlpha = 0.16;
  surface.fill();
  surface.globalAlpha = 1;
  if (before === null) return;
  trace(surface, before, y);
  surface.setLineDash([5, 4]);
  surface.strokeStyle = theme.warn;
  surface.lineWidth = 1.5;
  surface.stroke();
  surface.setLineDash([]);
}
