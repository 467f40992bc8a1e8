// Quantities as people write them in tc: `10mbit`, `5ms`, `1514b`. The rules are iproute2's (man tc, PARAMETERS): rates in
// bits (`bit`, `kbit` …) or bytes (`bps`, `kbps` …) a second, sizes in bytes with binary k and m, times in s, ms, us, ns. Knows
// nothing of scenarios.

import { type BitsPerSecond, type Bytes, bitsPerSecond, bytes, type Ns, ns } from './units.ts';

/** Bits per second of one unit; the SI prefixes are decimal, the IEC ones binary (man tc, RATES). */
const RATE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  bit: 1,
  kbit: 1e3,
  mbit: 1e6,
  gbit: 1e9,
  tbit: 1e12,
  kibit: 1024,
  mibit: 1024 ** 2,
  gibit: 1024 ** 3,
  tibit: 1024 ** 4,
  bps: 8,
  kbps: 8e3,
  mbps: 8e6,
  gbps: 8e9,
  tbps: 8e12,
  kibps: 8 * 1024,
  mibps: 8 * 1024 ** 2,
  gibps: 8 * 1024 ** 3,
};
/** Nanoseconds of one unit; a bare number is microseconds, as in tc (man tc, TIMES). */
const TIME_UNITS: Readonly<Record<string, number>> = {
  '': 1e3,
  s: 1e9,
  sec: 1e9,
  secs: 1e9,
  ms: 1e6,
  msec: 1e6,
  msecs: 1e6,
  us: 1e3,
  usec: 1e3,
  usecs: 1e3,
  ns: 1,
  nsec: 1,
  nsecs: 1,
};
/** Bytes of one unit (man tc, SIZES). */
const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  kbit: 128,
  mbit: 128 * 1024,
  gbit: 128 * 1024 ** 2,
};

function parse(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(\d+(?:\.\d+)?)([a-z]*)$/i.exec(text.trim());
  if (match === null) return null;
  const unit = (match[2] ?? '').toLowerCase();
  if (!Object.hasOwn(units, unit)) return null;
  const value = Math.round(Number(match[1]) * (units[unit] ?? 0));
  return Number.isSafeInteger(value) ? value : null;
}

/** `10mbit` → 10,000,000 bits per second; null when it is no rate. */
export function parseRate(text: string): BitsPerSecond | null {
  const value = parse(text, RATE_UNITS);
  return value === null ? null : bitsPerSecond(value);
}

/** `5ms` → 5,000,000 ns; null when it is no time. */
export function parseTime(text: string): Ns | null {
  const value = parse(text, TIME_UNITS);
  return value === null ? null : ns(value);
}

/** `1514b` or `2k` → bytes; null when it is no size. */
export function parseSize(text: string): Bytes | null {
  const value = parse(text, SIZE_UNITS);
  return value === null ? null : bytes(value);
}

function scaled(value: number, steps: readonly (readonly [number, string])[]): string {
  for (const [factor, unit] of steps) {
    if (Math.abs(value) >= factor) return `${Number((value / factor).toFixed(3))}${unit}`;
  }
  return `${value}${steps[steps.length - 1]?.[1] ?? ''}`;
}

/** `10Mbit`, the way tc prints a rate. */
export const formatRate = (rate: number): string =>
  scaled(rate, [
    [1e9, 'Gbit'],
    [1e6, 'Mbit'],
    [1e3, 'Kbit'],
    [1, 'bit'],
  ]);
/** `12.384ms`. */
export const formatTime = (time: number): string =>
  scaled(time, [
    [1e9, 's'],
    [1e6, 'ms'],
    [1e3, 'us'],
    [1, 'ns'],
  ]);
/** `1514b`, `2.5Kb`, the way tc prints a size. */
export const formatSize = (size: number): string =>
  scaled(size, [
    [1024 ** 2, 'Mb'],
    [1024, 'Kb'],
    [1, 'b'],
  ]);
