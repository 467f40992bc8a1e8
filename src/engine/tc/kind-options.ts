// The qdisc kinds that a tc line can name with options, and the knobs the options become. Each kind is a gallery program of the same name.
// One table: the parser is strict because of it. Knows nothing of how programs are found or run.

import { parseRate, parseSize, parseTime } from '../base/quantity.ts';
import { SIZE_TABLE_DEFAULTS, type SizeTableOptions } from './size-table.ts';

/** The device as option defaults need it. */
export interface DeviceDefaults {
  readonly txqueuelen: number;
  /** Bytes, without the Ethernet header. */
  readonly mtu: number;
}

const ETHERNET = 14;

/** What follows an option's word: a size or count (iproute2 get_size), a time in whole microseconds (get_time), a rate in bytes a second (get_rate64), one of some words, or nothing. */
type OptionRow =
  | { readonly knob: string; readonly takes: 'size' | 'microseconds' | 'rate' }
  | { readonly knob: string; readonly takes: 'word'; readonly words: Readonly<Record<string, number>> }
  | { readonly knob: string; readonly takes: 'nothing'; readonly value: number };

interface KindRow {
  readonly options: Readonly<Record<string, OptionRow>>;
  /** Knobs when nothing is said, given the device. */
  readonly defaults: (device: DeviceDefaults) => Readonly<Record<string, number>>;
  /** Gallery program, where it is not named like the kind. */
  readonly program?: string;
  /** A change says everything anew: what is not said goes back to its default. */
  readonly changeIsWhole?: boolean;
  /** Last step: what tc works out itself before it asks the kernel; a string says what is missing. */
  readonly derive?: (knobs: Readonly<Record<string, number>>) => Readonly<Record<string, number>> | string;
  /** Smaller values count as these. */
  readonly least?: Readonly<Record<string, number>>;
}

const size = (knob: string): OptionRow => ({ knob, takes: 'size' });
const time = (knob: string): OptionRow => ({ knob, takes: 'microseconds' });
const rate = (knob: string): OptionRow => ({ knob, takes: 'rate' });
const flag = (knob: string, value: number): OptionRow => ({ knob, takes: 'nothing', value });

/** Options of CoDel's control law, for codel and fq_codel. */
const CODEL_OPTIONS = {
  limit: size('limit'),
  target: time('target'),
  interval: time('interval'),
  ce_threshold: time('ce_threshold'),
  ecn: flag('ecn', 1),
  noecn: flag('ecn', 0),
};
const CODEL_DEFAULTS = (device: DeviceDefaults) => ({
  target: 5000,
  interval: 100_000,
  ce_threshold: 0xffffffff,
  mtu: device.mtu + ETHERNET,
});

/** tc-tbf: `latency` is turned into a limit in bytes, the smaller of what the two buckets let through in that time. */
function deriveTbf(knobs: Readonly<Record<string, number>>): Readonly<Record<string, number>> | string {
  const { latency = 0, rate = 0, burst = 0, peakrate = 0, peakburst = 0, limit = 0, ...rest } = knobs;
  if (rate === 0) return '"rate" is required';
  if (burst === 0) return '"burst" is required';
  if (peakrate > 0 && peakburst === 0) return '"mtu" is required with peakrate';
  if (latency === 0 && limit === 0) return 'either "limit" or "latency" is required';
  if (latency > 0 && limit > 0) return 'only one of "limit" and "latency" can be given';
  const within = (speed: number, bucket: number): number => (speed * latency) / 1e6 + bucket;
  const bytes = peakrate > 0 ? Math.min(within(rate, burst), within(peakrate, peakburst)) : within(rate, burst);
  return { ...rest, rate, burst, peakrate, peakburst, limit: latency > 0 ? Math.floor(bytes) : limit };
}

/** Kinds and their options (man tc-bfifo, tc-pfifo, tc-codel, tc-fq_codel, tc-tbf). */
export const KINDS: Readonly<Record<string, KindRow>> = {
  pfifo: { options: { limit: size('limit') }, defaults: (device) => ({ limit: device.txqueuelen }) },
  bfifo: { options: { limit: size('limit') }, defaults: (device) => ({ limit: device.txqueuelen * (device.mtu + ETHERNET) }) },
  pfifo_head_drop: { options: { limit: size('limit') }, defaults: (device) => ({ limit: device.txqueuelen }) },
  pfifo_fast: { options: {}, defaults: (device) => ({ limit: device.txqueuelen }) },
  fq_codel: {
    options: {
      ...CODEL_OPTIONS,
      flows: size('flows'),
      quantum: size('quantum'),
      memory_limit: size('memory_limit'),
      drop_batch: size('drop_batch'),
    },
    defaults: (device) => ({
      ...CODEL_DEFAULTS(device),
      limit: 10_240,
      flows: 1024,
      quantum: device.mtu + ETHERNET,
      memory_limit: 32 * 1024 * 1024,
      drop_batch: 64,
      ecn: 1,
    }),
    least: { limit: 1, quantum: 256, drop_batch: 1 },
  },
  tbf: {
    program: 'linux_tbf',
    changeIsWhole: true,
    options: {
      limit: size('limit'),
      latency: time('latency'),
      rate: rate('rate'),
      burst: size('burst'),
      buffer: size('burst'),
      maxburst: size('burst'),
      peakrate: rate('peakrate'),
      mtu: size('peakburst'),
      minburst: size('peakburst'),
      overhead: size('overhead'),
      mpu: size('mpu'),
      linklayer: { knob: 'atm', takes: 'word', words: { ethernet: 0, atm: 1, adsl: 1 } },
    },
    defaults: () => ({ limit: 0, latency: 0, rate: 0, burst: 0, peakrate: 0, peakburst: 0, overhead: 0, mpu: 0, atm: 0 }),
    derive: deriveTbf,
  },
  codel: { options: CODEL_OPTIONS, defaults: (device) => ({ ...CODEL_DEFAULTS(device), limit: 1000, ecn: 0 }) },
};

export interface KindLine {
  readonly action: 'add' | 'replace' | 'change';
  readonly kind: string;
  /** Gallery program that is the kind. */
  readonly program: string;
  /** major:0 as a number. */
  readonly handle: number;
  readonly knobs: Readonly<Record<string, number>>;
  readonly sizeTable: SizeTableOptions | null;
}

export type KindResult = { readonly ok: true; readonly line: KindLine } | { readonly ok: false; readonly message: string };

/** The kernel gives qdiscs without a handle 8001:, 8002: and so on. */
const FIRST_AUTOMATIC_HANDLE = 0x80010000;

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

/** What an option that takes a value sets its knob to; null when the text is none. */
function readValue(option: OptionRow, text: string): number | null {
  if (option.takes === 'size') return parseSize(text);
  if (option.takes === 'nothing') return option.value;
  if (option.takes === 'word') return Object.hasOwn(option.words, text) ? (option.words[text] ?? null) : null;
  const parsed = option.takes === 'rate' ? parseRate(text) : parseTime(text);
  return parsed === null ? null : Math.floor(parsed / (option.takes === 'rate' ? 8 : 1000));
}

/** What such an option expects, for messages. */
function wanted(option: OptionRow): string {
  if (option.takes === 'word') return Object.keys(option.words).join(' or ');
  return option.takes === 'rate' ? 'a rate such as 5mbit' : option.takes === 'size' ? 'a number' : 'a time such as 5ms';
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
  let handle = FIRST_AUTOMATIC_HANDLE;
  if (words[at] === 'handle') {
    const match = /^([0-9a-f]{1,4}):$/i.exec(words[at + 1] ?? '');
    if (match === null) return refuse(`expected a handle such as "1:" after handle, not "${words[at + 1] ?? ''}"`);
    handle = Number.parseInt(match[1] ?? '', 16) * 0x10000;
    at += 2;
  }
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
  const knobs: Record<string, number> = action === 'change' && row.changeIsWhole !== true ? {} : { ...row.defaults(device) };
  while (at < words.length) {
    const word = words[at++] ?? '';
    const option = Object.hasOwn(row.options, word) ? row.options[word] : undefined;
    if (option === undefined)
      return refuse(`${kind} has no option "${word}"; expected ${Object.keys(row.options).join(', ') || 'nothing more'}`);
    if (option.takes === 'nothing') {
      knobs[option.knob] = option.value;
      continue;
    }
    const value = words[at++] ?? '';
    const number = readValue(option, value);
    if (number === null) return refuse(`"${word}" needs ${wanted(option)}, not "${value}"`);
    knobs[option.knob] = Math.max(number, row.least?.[option.knob] ?? 0);
  }
  const derived = row.derive?.(knobs) ?? knobs;
  if (typeof derived === 'string') return refuse(`${kind}: ${derived}`);
  return { ok: true, line: { action, kind, program: row.program ?? kind, handle, knobs: derived, sizeTable } };
}
