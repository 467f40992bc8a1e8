// The qdisc kinds that a tc line can name with options, and the knobs the options become. Each kind is a gallery program of the same name.
// One table: the parser is strict because of it. Knows nothing of how programs are found or run.

import { parseRate, parseSize, parseTime } from '../base/quantity.ts';
import { SIZE_TABLE_DEFAULTS, type SizeTableOptions } from './size-table.ts';
import { parseClassid, parseHandle } from './tc-words.ts';

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
  | { readonly knob: string; readonly takes: 'nothing'; readonly value: number }
  /** Up to 16 numbers of four bits: a map from priority to band, in the knobs `…_low` (the first eight) and `…_high`. */
  | { readonly knob: string; readonly takes: 'priomap' };

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
  /** Classes that the qdisc has by itself, whatever tc class says. */
  readonly ownClasses?: (knobs: Readonly<Record<string, number>>) => number;
  /** Options of `tc class … KIND`, by word: members of the program's `struct class_options`. */
  readonly classOptions?: Readonly<Record<string, OptionRow>>;
  /** As a root, what one dequeue drops is freed when it is done, the last first (TCQ_F_DEQUEUE_DROPS); otherwise at once. */
  readonly freesAfterDequeue?: boolean;
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

/** Band by priority, four bits each, as tc and the kernel have it when nothing is said. */
const DEFAULT_PRIOMAP = { priomap_low: 0x00212221, priomap_high: 0x11111111 };
const PRIORITIES = 16;

/** The bands named after `priomap`; fewer than all leave the rest (but the last) to the first, as tc does. Words taken, or a message. */
function readPriomap(words: readonly string[], at: number, knobs: Record<string, number>): number | string {
  const bands = [knobs.priomap_low ?? 0, knobs.priomap_high ?? 0].flatMap((half) =>
    Array.from({ length: 8 }, (_, index) => (half >>> (index * 4)) & 15),
  );
  let count = 0;
  for (let word = words[at]; word !== undefined && /^\d+$/.test(word); word = words[at + ++count]) {
    if (count >= PRIORITIES) return `"priomap" takes ${PRIORITIES} numbers, not more`;
    if (Number(word) > 15) return `"priomap" needs bands from 0 to 15, not "${word}"`;
    bands[count] = Number(word);
  }
  if (count === 0) return `"priomap" needs the numbers of bands, not "${words[at] ?? ''}"`;
  for (let index = count; index < PRIORITIES - 1; index++) bands[index] = bands[0] ?? 0;
  const pack = (from: number): number => bands.slice(from, from + 8).reduce((sum, band, index) => sum + band * 16 ** index, 0);
  knobs.priomap_low = pack(0);
  knobs.priomap_high = pack(8);
  return count;
}

/** What the kernel checks (prio_tune). */
function derivePrio(knobs: Readonly<Record<string, number>>): Readonly<Record<string, number>> | string {
  const { bands = 0, priomap_low = 0, priomap_high = 0 } = knobs;
  if (bands < 2 || bands > 16) return '"bands" is from 2 to 16';
  for (let index = 0; index < PRIORITIES; index++) {
    const band = ((index < 8 ? priomap_low : priomap_high) >>> ((index % 8) * 4)) & 15;
    if (band >= bands) return `priomap sends priority ${index} to band ${band}, and there are ${bands}`;
  }
  return knobs;
}

/** Kinds and their options (man tc-bfifo, tc-pfifo, tc-codel, tc-fq_codel, tc-tbf, tc-prio, tc-drr). */
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
    freesAfterDequeue: true,
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
    ownClasses: () => 1,
  },
  prio: {
    program: 'linux_prio',
    changeIsWhole: true,
    options: { bands: size('bands'), priomap: { knob: 'priomap', takes: 'priomap' } },
    defaults: (device) => ({ bands: 3, ...DEFAULT_PRIOMAP, limit: Math.max(device.txqueuelen, 1) }),
    derive: derivePrio,
    ownClasses: (knobs) => Number(knobs.bands ?? 0),
  },
  drr: {
    options: {},
    defaults: (device) => ({ limit: Math.max(device.txqueuelen, 1), mtu: device.mtu + ETHERNET }),
    classOptions: { quantum: size('quantum') },
  },
  codel: {
    options: CODEL_OPTIONS,
    defaults: (device) => ({ ...CODEL_DEFAULTS(device), limit: 1000, ecn: 0 }),
    freesAfterDequeue: true,
  },
};

export interface KindLine {
  readonly action: 'add' | 'replace' | 'change';
  readonly kind: string;
  /** Class it hangs from; null for the root. */
  readonly parent: number | null;
  /** True when the line names the handle. */
  readonly named: boolean;
  readonly freesAfterDequeue: boolean;
  /** Classes 1 to this number that the qdisc has by itself. */
  readonly ownClasses: number;
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
  if (option.takes === 'priomap') return null;
  if (option.takes === 'word') return Object.hasOwn(option.words, text) ? (option.words[text] ?? null) : null;
  const parsed = option.takes === 'rate' ? parseRate(text) : parseTime(text);
  return parsed === null ? null : Math.floor(parsed / (option.takes === 'rate' ? 8 : 1000));
}

/** What such an option expects, for messages. */
function wanted(option: OptionRow): string {
  if (option.takes === 'word') return Object.keys(option.words).join(' or ');
  return option.takes === 'rate' ? 'a rate such as 5mbit' : option.takes === 'size' ? 'a number' : 'a time such as 5ms';
}

/** `root` or `parent CLASS`, and `handle H`, in any order. */
function readPlace(
  words: readonly string[],
  start: number,
): { readonly parent: number | null; readonly handle: number | null; readonly at: number } | string {
  let at = start;
  let handle: number | null = null;
  let parent: number | null | undefined;
  for (;;) {
    const word = words[at];
    if (word === 'root') {
      parent = null;
      at++;
    } else if (word === 'parent') {
      parent = parseClassid(words[at + 1]);
      if (parent === null || (parent & 0xffff) === 0)
        return `expected a class such as "1:1" after parent, not "${words[at + 1] ?? ''}"`;
      at += 2;
    } else if (word === 'handle') {
      handle = parseHandle(words[at + 1]);
      if (handle === null) return `expected a handle such as "1:" after handle, not "${words[at + 1] ?? ''}"`;
      at += 2;
    } else break;
  }
  if (parent === undefined) return `expected "root" or "parent CLASS", not "${words[at] ?? ''}"`;
  return { parent, handle, at };
}

/**
 * Options of `tc class … KIND`: a kind's own words; for `bpf`, and for kinds that have none here, pairs of a member's name and a
 * number. A string says what is wrong.
 */
export function readClassOptions(kind: string | null, words: readonly string[]): Readonly<Record<string, number>> | string {
  const known = kind !== null && Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  const rows = known === undefined ? null : (known.classOptions ?? {});
  const options: Record<string, number> = {};
  for (let at = 0; at < words.length; at += 2) {
    const word = words[at] ?? '';
    const row: OptionRow | undefined = rows === null ? size(word) : Object.hasOwn(rows, word) ? rows[word] : undefined;
    if (row === undefined)
      return `class of ${kind}: expected ${Object.keys(rows ?? {}).join(', ') || 'nothing more'}, not "${word}"`;
    const value = words[at + 1] ?? '';
    const number = readValue(row, value);
    if (number === null) return `"${word}" needs ${wanted(row)}, not "${value}"`;
    options[row.knob] = number;
  }
  return options;
}

/** Parses `tc qdisc add|replace|change dev DEVICE root|parent CLASS [handle H] [stab …] KIND [options]`. */
export function parseKindLine(text: string, device: DeviceDefaults): KindResult {
  const words = text.trim().split(/\s+/);
  let at = words[0] === 'tc' ? 1 : 0;
  if (words[at++] !== 'qdisc') return refuse('expected "qdisc"');
  const action = words[at++];
  if (action !== 'add' && action !== 'replace' && action !== 'change')
    return refuse(`expected "add", "replace" or "change", not "${action}"`);
  if (words[at++] !== 'dev' || words[at++] === undefined) return refuse('expected "dev DEVICE"');
  const place = readPlace(words, at);
  if (typeof place === 'string') return refuse(place);
  const { parent, handle } = place;
  at = place.at;
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
    if (option.takes === 'priomap') {
      const taken = readPriomap(words, at, knobs);
      if (typeof taken === 'string') return refuse(taken);
      at += taken;
      continue;
    }
    const value = words[at++] ?? '';
    const number = readValue(option, value);
    if (number === null) return refuse(`"${word}" needs ${wanted(option)}, not "${value}"`);
    knobs[option.knob] = Math.max(number, row.least?.[option.knob] ?? 0);
  }
  const derived = row.derive?.(knobs) ?? knobs;
  if (typeof derived === 'string') return refuse(`${kind}: ${derived}`);
  const ownClasses = row.ownClasses?.(derived) ?? 0;
  const named = handle !== null;
  const whole = { program: row.program ?? kind, handle: handle ?? FIRST_AUTOMATIC_HANDLE, knobs: derived, sizeTable };
  const freesAfterDequeue = row.freesAfterDequeue === true;
  return { ok: true, line: { action, kind, parent, named, ownClasses, freesAfterDequeue, ...whole } };
}
