// The time line: decimation keeps at least one mark where there is one and never two in a pixel; zoom and pan stay inside
// the run; speeds and ticks read well.

import { describe, expect, it } from 'vitest';
import { EVENT } from '../../engine/trace/event.ts';
import { TraceLog } from '../../engine/trace/reader.ts';
import { Recorder } from '../../engine/trace/recorder.ts';
import { columnMaxima } from './charts.ts';
import { sliderToSpeed, speedLabel, speedToSlider, timeTicks } from './scales.ts';
import { TimeColumn, TimelineIndex } from './timeline-index.ts';
import { decimate, panned, placeTimeline, recordAt, stepEnvelope, timeToX, xToTime, zoomed } from './timeline-layout.ts';

function column(times: readonly number[]): TimeColumn {
  const made = new TimeColumn();
  times.forEach((t, i) => {
    made.push(t, i);
  });
  return made;
}

const places = placeTimeline(['a', 'b'], null, 606, 200);
const WHOLE = { from: 0, to: 1e9 };

describe('time line', () => {
  it('converts between time and pixels both ways', () => {
    for (const t of [0, 1, 123_456_789, 1e9]) expect(xToTime(places, WHOLE, timeToX(places, WHOLE, t))).toBeCloseTo(t, 3);
  });

  it('draws at most one mark a step of pixels and misses no busy pixel', () => {
    const times = Array.from({ length: 20_000 }, (_, i) => i * 50_000);
    const xs = decimate(column(times), places, WHOLE, 2);
    for (let i = 1; i < xs.length; i++) expect((xs[i] ?? 0) - (xs[i - 1] ?? 0)).toBeGreaterThanOrEqual(1.99);
    expect(xs.length).toBeGreaterThan((places.right - places.left) / 2 - 2);
  });

  it('keeps each of few marks', () => {
    const xs = decimate(column([1e8, 2e8, 9e8]), places, WHOLE, 2);
    expect([...xs]).toEqual([1e8, 2e8, 9e8].map((t) => Math.fround(timeToX(places, WHOLE, t))));
  });

  it('shows the lowest and the highest value of each pixel', () => {
    const { low, high } = stepEnvelope(column([0, 5e8, 5e8 + 1]), [3, 9, 1], places, WHOLE);
    expect(high[0]).toBe(3);
    const middle = Math.floor(high.length / 2);
    expect(Math.max(...high.slice(middle - 1, middle + 2))).toBe(9);
    expect(low.at(-1)).toBe(1);
  });

  it('keeps zoom and pan inside the run', () => {
    const near = zoomed(WHOLE, 1e8, 0.1, 1e9);
    expect(near.to - near.from).toBeCloseTo(1e8, 3);
    expect(near.from).toBeLessThanOrEqual(1e8);
    expect(zoomed(near, 1e8, 1000, 1e9)).toEqual(WHOLE);
    expect(panned(near, -100, 1e9).from).toBe(0);
    expect(panned(near, 100, 1e9).to).toBeCloseTo(1e9, 3);
  });

  it('finds the record under the pointer', () => {
    const log = new TraceLog();
    const recorder = new Recorder((chunk) => log.append(chunk));
    recorder.now = 5e8;
    recorder.record(EVENT.ARRIVAL, 7, 1, 100, 0, 0);
    recorder.flush();
    const index = new TimelineIndex();
    index.extend(log);
    const row = places.rows.find((item) => item.flow === 1);
    const x = timeToX(places, WHOLE, 5e8);
    expect(recordAt(index, places, WHOLE, x + 3, (row?.y ?? 0) + 2)).toBe(0);
    expect(recordAt(index, places, WHOLE, x + 30, (row?.y ?? 0) + 2)).toBe(-1);
  });

  it('takes column maxima of a step function', () => {
    expect([...columnMaxima({ times: Float64Array.of(0, 30, 31), values: [2, 8, 1] }, 4, 100)]).toEqual([2, 8, 1, 1]);
  });
});

describe('scales', () => {
  it('spans nine decades and comes back to the same slider position', () => {
    expect(sliderToSpeed(0)).toBe(1);
    expect(sliderToSpeed(1000)).toBe(1e9);
    for (let position = 0; position <= 1000; position += 25) {
      expect(Math.abs(speedToSlider(sliderToSpeed(position)) - position)).toBeLessThanOrEqual(6);
    }
  });

  it('says speeds as a pair of times', () => {
    expect(speedLabel(5e5)).toBe('1 ms of link time = 2 s');
    expect(speedLabel(2e6)).toBe('1 ms of link time = 500 ms');
    expect(speedLabel(1)).toBe('1 ns of link time = 1 s');
    expect(speedLabel(1e9)).toBe('1 s of link time = 1 s');
  });

  it('writes ticks in one unit', () => {
    expect(timeTicks(0, 4e6, 4).map((tick) => tick.text)).toEqual(['0 ms', '1 ms', '2 ms', '3 ms', '4 ms']);
  });
});
