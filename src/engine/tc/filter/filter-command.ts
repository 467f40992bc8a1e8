// Reads `tc filter` lines (man tc): what they say of the place, and which classifier reads the rest. A word that is not expected is an
// error that says what is. Knows nothing of qdiscs.

import { parseClassid, parseInteger, type TcWords } from '../tc-words.ts';
import { parseBasic } from './basic.ts';
import type { FilterRule, RuleParser } from './filter-kind.ts';
import { parseFlower } from './flower.ts';
import { parseFw, parseMatchall } from './simple.ts';
import { parseU32 } from './u32.ts';

export const ALL_PROTOCOLS = 0x0003;

export interface FilterCommand {
  readonly object: 'filter';
  readonly action: 'add' | 'replace' | 'change' | 'delete';
  readonly device: string;
  /** Handle of a qdisc or class; null is the root qdisc. */
  readonly parent: number | null;
  /** 0: not given. */
  readonly prio: number;
  /** EtherType, or ALL_PROTOCOLS; in delete null where it was not given. */
  readonly protocol: number | null;
  /** Null in delete when not given. */
  readonly kind: string | null;
  /** As written; null when not given. */
  readonly handle: string | null;
  /** Null in delete. */
  readonly rule: FilterRule | null;
}

export type FilterResult =
  | { readonly ok: true; readonly command: FilterCommand }
  | { readonly ok: false; readonly message: string };

const CLASSIFIERS: Readonly<Record<string, RuleParser>> = {
  u32: parseU32,
  flower: parseFlower,
  basic: parseBasic,
  matchall: parseMatchall,
  fw: parseFw,
};
const PROTOCOLS: Readonly<Record<string, number>> = {
  all: ALL_PROTOCOLS,
  ip: 0x0800,
  ipv4: 0x0800,
  ipv6: 0x86dd,
  arp: 0x0806,
  '802.1Q': 0x8100,
};
const refuse = (message: string): FilterResult => ({ ok: false, message });
const ACTIONS: Readonly<Record<string, FilterCommand['action']>> = {
  add: 'add',
  replace: 'replace',
  change: 'change',
  del: 'delete',
  delete: 'delete',
};

interface Place {
  parent: number | null;
  prio: number;
  protocol: number | null;
  handle: string | null;
}

/** Reads one word of the place; a message when it is wrong, false when the word is none of these. */
function readPlaceWord(words: TcWords, place: Place): boolean | string {
  const word = words.takeOne(
    'parent',
    'root',
    'protocol',
    'prio',
    'pref',
    'preference',
    'priority',
    'handle',
    'estimator',
    'chain',
    'block',
  );
  switch (word) {
    case null:
      return false;
    case 'root':
      place.parent = null;
      return true;
    case 'parent': {
      const parent = parseClassid(words.take());
      if (parent === null) return '"parent" needs a handle such as 1: or a class such as 1:1';
      place.parent = parent;
      return true;
    }
    case 'protocol': {
      const text = words.take() ?? '';
      const protocol = Object.hasOwn(PROTOCOLS, text) ? (PROTOCOLS[text] ?? null) : parseInteger(text, 0xffff);
      if (protocol === null) return `expected ${Object.keys(PROTOCOLS).join(', ')} or a number after protocol, not "${text}"`;
      place.protocol = protocol;
      return true;
    }
    case 'handle':
      place.handle = words.take() ?? null;
      return place.handle === null ? '"handle" needs a value' : true;
    case 'estimator':
    case 'chain':
    case 'block':
      return `"${word}" is not available here`;
    default: {
      const prio = parseInteger(words.take(), 0xffff);
      if (prio === null) return `"${word}" needs a number up to 65535`;
      place.prio = prio;
      return true;
    }
  }
}

/** Reads what follows `tc filter`. */
export function parseFilter(words: TcWords): FilterResult {
  const verb = words.take() ?? '';
  const action = Object.hasOwn(ACTIONS, verb) ? ACTIONS[verb] : undefined;
  if (action === undefined) return refuse(`expected "add", "replace", "change" or "del" after filter, not "${verb}"`);
  if (words.take() !== 'dev') return refuse(`expected "dev DEVICE" after filter ${verb}`);
  const device = words.take();
  if (device === undefined) return refuse('"dev" needs a device name');
  const place: Place = { parent: null, prio: 0, protocol: null, handle: null };
  while (words.next !== undefined) {
    const read = readPlaceWord(words, place);
    if (typeof read === 'string') return refuse(read);
    if (!read) break;
  }
  const kind = words.take() ?? null;
  const parser = kind === null || !Object.hasOwn(CLASSIFIERS, kind) ? undefined : CLASSIFIERS[kind];
  const names = Object.keys(CLASSIFIERS).join(', ');
  const base = { object: 'filter' as const, action, device, ...place, kind };
  if (action === 'delete') {
    if (kind !== null && parser === undefined)
      return refuse(`expected parent, protocol, prio, handle or a classifier (${names}), not "${kind}"`);
    return words.next === undefined
      ? { ok: true, command: { ...base, rule: null } }
      : refuse(`unexpected "${words.next}" after ${kind ?? 'del'}`);
  }
  if (parser === undefined)
    return refuse(`expected parent, protocol, prio, handle or a classifier (${names}), not "${kind ?? ''}"`);
  const protocol = place.protocol ?? ALL_PROTOCOLS;
  const read = parser(words, place.handle, protocol);
  return read.ok ? { ok: true, command: { ...base, protocol, rule: read.rule } } : refuse(read.message);
}
