// Watch expressions of the debugger: a register, bytes at an address, a variable and its members, a map, as text at one instruction.
// Reads, never writes. Knows nothing of stepping.

import type { MachineMoment } from './execution.ts';
import type { LocalScene } from './locals.ts';
import { viewMap } from './map-view.ts';
import type { WatchScene } from './pointer-text.ts';
import { isPath, pathValue } from './watch-path.ts';

/** Bytes shown at most. */
const BYTES_SHOWN = 64;
const BYTES_USUAL = 8;
const ENTRIES_SHOWN = 4;

/** `r1`, `fp-8`, `*r6`, `*(fp-16):4`, `*0x10000:16`; the star reads memory, the number after the colon is bytes. */
const PLACE = /^(\*?)\(?\s*(r\d+|fp|0x[0-9a-f]+)\s*(?:([+-])\s*(\d+|0x[0-9a-f]+))?\s*\)?(?::(\d+))?$/i;
const NAME = /^[A-Za-z_]\w*$/;
const NAME_IN = /[A-Za-z_]\w*/;

const HELP = 'not understood: try r1, *r1:16, *(fp-8), a variable, flow->deficit or a map';

function baseOf(text: string, { low, high }: MachineMoment): bigint | null {
  if (text.startsWith('0x')) return BigInt(text);
  const register = text === 'fp' ? 10 : Number(text.slice(1));
  if (register > 10) return null;
  return (BigInt((high[register] ?? 0) >>> 0) << 32n) | BigInt((low[register] ?? 0) >>> 0);
}

function bytesAt({ experiment }: WatchScene, address: bigint, size: number): string {
  const { memory } = experiment;
  if (address < BigInt(memory.programBase) || address + BigInt(size) > BigInt(memory.programLimit)) {
    return `0x${address.toString(16)} is not in program memory`;
  }
  const bytes = memory.u8.subarray(Number(address), Number(address) + size);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) return hex;
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return `${hex} = ${value}`;
}

function mapNamed(scene: WatchScene, name: string): string | null {
  const { experiment, qdisc } = scene;
  const instance = experiment.instances[qdisc];
  if (instance === undefined) return null;
  for (const map of instance.maps.all) {
    const view = viewMap(map, experiment.memory, experiment.packets, instance.program.quirks);
    if (map.definition.data === null && view.name === name) {
      const shown = view.entries.slice(0, ENTRIES_SHOWN).map(({ key, value }) => `${key}: ${value}`);
      const more = view.used > shown.length ? `, … (${view.used} in all)` : '';
      return shown.length === 0 ? 'empty' : `{ ${shown.join(', ')}${more} }`;
    }
  }
  return null;
}

/** The value of an expression as text; for one that is not understood, a sentence that says what is. */
export function watchValue(text: string, scene: LocalScene): string {
  const place = PLACE.exec(text.trim());
  if (place !== null) {
    const [, star = '', base = '', sign = '+', offset = '0', size] = place;
    const start = baseOf(base.toLowerCase(), scene.machine);
    if (start === null) return HELP;
    const by = BigInt(offset);
    const value = BigInt.asUintN(64, sign === '-' ? start - by : start + by);
    if (star === '' && size === undefined) return `${value} (0x${value.toString(16)})`;
    const count = Number(size ?? BYTES_USUAL);
    return count < 1 || count > BYTES_SHOWN ? `from 1 to ${BYTES_SHOWN} bytes can be shown` : bytesAt(scene, value, count);
  }
  const path = text.trim();
  if (!isPath(path)) return HELP;
  const known = pathValue(path, scene) ?? (NAME.test(path) ? mapNamed(scene, path) : null);
  return known ?? `there is no variable or map "${NAME_IN.exec(path)?.[0] ?? path}" here`;
}
