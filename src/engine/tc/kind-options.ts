// The qdisc kinds that a tc line can name with options, and the knobs the options become. Each kind is a gallery program of the same name.
// One table: the parser is strict because of it. Knows nothing of how programs are found or run.

import { parseSize } from '../base/quantity.ts';
import { SIZE_TABLE_DEFAULTS, type SizeTableOptions } from './size-table.ts';

/** The device as option defaults need it. */
export interface DeviceDefaults {
  readonly txqueuelen: number;
  /** Bytes, without the Ethernet header. */
  readonly mtu: number;
}

const ETHERNET = 14;

interface KindRow {
  /** Option word → knob it sets; every option here takes a size or count (iproute2 get_size). */
  readonly options: Readonly<Record<string, string>>;
  /** Knobs when nothing is said, given the device. */
  readonly defaults: (device: DeviceDefaults) => Readonly<Record<string, number>>;
}

/** Kinds and their options (man tc-bfifo, tc-pfifo). */
export const KINDS: Readonly<Record<string, KindRow>> = {
  pfifo: { options: { limit: 'limit' }, defaults: (device) => ({ limit: device.txqueuelen }) },
  bfifo: { options: { limit: 'limit' }, defaults: (device) => ({ limit: device.txqueuelen * (device.mtu + ETHERNET) }) },
  pfifo_head_drop: { options: { limit: 'limit' }, defaults: (device) => ({ limit: device.txqueuelen }) },
};

export interface KindLine {
  readonly action: 'add' | 'replace' | 'change';
  readonly kind: string;
  readonly knobs: Readonly<Record<string, number>>;
  readonly sizeTable: SizeTableOptions | null;
}

export type KindResult = { readonly ok: true; readonly line: KindLine } | { readonly ok: false; readonly message: string };

const refuse = (message: string): KindResult => ({ ok: false, message });

/** Reads `stab` options from `words`, from `at` on; gives where it stopped, or a message. */
function readSizeTable(
  words: readonly string[],
  start: number,
): { readonly options: SizeTableOptions; readonly at: number } | string {
  const options = { ...SIZE_TABLE_DEFAULTS };
  let at = start;
  for (;;) {
    const word = words[at];
    if (word !== 'overhead' && word !== 'mpu' && word !== 'mtu' && word !== 'tsize' && word !== 'linklayer')
      return { options, at };
    const value = words[at + 1];
    if (value === undefined) return `"${word}" needs a value`;
    if (word === 'linklayer') {
      if (value !== 'ethernet' && value !== 'atm' && value !== 'adsl')
        return `expected "ethernet", "atm" or "adsl" after linklayer, not "${value}"`;
      options.atm = value !== 'ethernet';
    } else {
      const number = parseSize(value);
      if (number === null) return `"${word}" needs a number of bytes, not "${value}"`;
      options[word] = number;
    }
    at += 2;
  }
}

/** Parses `tc qdisc add|replace|change dev DEVICE root [handle H] [stab …] KIND [options]`. */
export function parseKindLine(text: string, device: DeviceDefaults): KindResult {
  const words = text.trim().split(/\s+/);
  let at = words[0] === 'tc' ? 1 : 0;
  if (words[at++] !== 'qdisc') return refuse('expected "qdisc"');
  const action = words[at++];
  if (action !== 'add' && action !== 'replace' && action !== 'change')
    return refuse(`expected "add", "replace" or "change", not "${action}"`);
  if (words[at++] !== 'dev' || words[at++] === undefined) return refuse('expected "dev DEVICE"');
  if (words[at++] !== 'root') return refuse('expected "root": other parents are not available yet');
  if (words[at] === 'handle') at += 2;
  let sizeTable: SizeTableOptions | null = null;
  if (words[at] === 'stab') {
    const read = readSizeTable(words, at + 1);
    if (typeof read === 'string') return refuse(read);
    sizeTable = read.options;
    at = read.at;
  }
  const kind = words[at++] ?? '';
  const row = KINDS[kind];
  if (row === undefined || !Object.hasOwn(KINDS, kind))
    return refuse(`the kind "${kind}" is not available yet; there is: ${Object.keys(KINDS).join(', ')}`);
  const knobs: Record<string, number> = action === 'change' ? {} : { ...row.defaults(device) };
  for (; at < words.length; at += 2) {
    const [word = '', value] = [words[at], words[at + 1]];
    const knob = Object.hasOwn(row.options, word) ? row.options[word] : undefined;
    if (knob === undefined) return refuse(`${kind} has no option "${word}"; expected ${Object.keys(row.options).join(', ')}`);
    const number = value === undefined ? null : parseSize(value);
    if (number === null) return refuse(`"${word}" needs a number, not "${value ?? ''}"`);
    knobs[knob] = number;
  }
  return { ok: true, line: { action, kind, knobs, sizeTable } };
}
