// Scales of time and of speed with the words people read on them. Pure.

import { scaleLinear, scaleLog } from 'd3';

/** Ticks of a time axis in ns, at most about `count`, each with its text; all in one unit. */
export function timeTicks(from: number, to: number, count: number): readonly { readonly t: number; readonly text: string }[] {
  const span = Math.max(1, to - from);
  const [unit, name] = span >= 2e9 ? [1e9, 's'] : span >= 2e6 ? [1e6, 'ms'] : span >= 2e3 ? [1e3, 'µs'] : [1, 'ns'];
  const scale = scaleLinear([from / unit, to / unit], [0, 1]);
  const format = scale.tickFormat(count);
  return scale.ticks(count).map((value) => ({ t: value * unit, text: `${format(value).replace('−', '-')} ${name}` }));
}

/** Slider positions 0 … 1,000 for speeds of 1 ns … 1 s of simulated time a second of watching. */
export const SPEED_STEPS = 1000;
const speedScale = scaleLog([1, 1e9], [0, SPEED_STEPS]).clamp(true);
export const speedToSlider = (speed: number): number => Math.round(speedScale(speed));
/** Speeds of the slider have two digits, so that labels are short. */
export const sliderToSpeed = (position: number): number => Number(speedScale.invert(position).toPrecision(2));

const UNITS = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
] as const;

/** `1 ms of link time = 2 s`: the largest whole unit of simulated time that is watched in at least 0.1 s. */
export function speedLabel(speed: number): string {
  const [size, name] = UNITS.find(([size]) => size / speed <= 30) ?? [1, 'ns'];
  const seconds = size / speed;
  const watched = seconds >= 1 ? `${Number(seconds.toPrecision(2))} s` : `${Number((seconds * 1000).toPrecision(2))} ms`;
  return `1 ${name} of link time = ${watched}`;
}
