// The basic classifier with its extended matches (man tc-basic, tc-ematch): cmp, u32, nbyte and meta, joined by and, or, not and
// brackets. Knows nothing of other classifiers.

import { parseHex, parseInteger, type TcWords } from '../tc-words.ts';
import { type RuleParser, refuseRule } from './filter-kind.ts';
import type { HeaderLayer, PacketView } from './packet-view.ts';
import { ENDING, freshEnd, readEnding } from './rule-end.ts';

type Test = (packet: PacketView) => boolean;

const LAYERS: Readonly<Record<string, HeaderLayer>> = {
  link: 'link',
  '0': 'link',
  network: 'network',
  '1': 'network',
  transport: 'transport',
  '2': 'transport',
};
const OPERATORS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  eq: (a, b) => a === b,
  lt: (a, b) => a < b,
  gt: (a, b) => a > b,
};
const META: Readonly<Record<string, (packet: PacketView) => number>> = {
  priority: (packet) => packet.priority,
  nf_mark: (packet) => packet.mark,
  fwmark: (packet) => packet.mark,
  protocol: (packet) => packet.protocol,
  pkt_len: (packet) => packet.packetLength,
  pktlen: (packet) => packet.packetLength,
  tc_index: (packet) => packet.tcIndex,
};

const SIZES: Readonly<Record<string, 1 | 2 | 4>> = { u8: 1, u16: 2, u32: 4 };
const own = <V>(table: Readonly<Record<string, V>>, key: string): V | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** Tokens of an expression: words, and brackets by themselves. */
class Tokens {
  private at = 0;
  private readonly list: readonly string[];
  constructor(words: readonly string[]) {
    this.list = words.join(' ').match(/[()]|[^\s()]+/g) ?? [];
  }
  get next(): string {
    return this.list[this.at] ?? '';
  }
  take(): string {
    return this.list[this.at++] ?? '';
  }
  takeIf(word: string): boolean {
    if (this.next !== word) return false;
    this.at++;
    return true;
  }
}

/** Deepest nesting of brackets. */
const DEPTH = 16;

/** `at OFFSET [layer LAYER]`. */
function readPlace(tokens: Tokens): { readonly offset: number; readonly layer: HeaderLayer } | string {
  let [offset, layer]: [number, HeaderLayer] = [0, 'network'];
  for (;;) {
    if (tokens.takeIf('at')) {
      const text = tokens.take();
      if (!/^-?\d+$/.test(text)) return `expected an offset after at, not "${text}"`;
      offset = Number(text);
    } else if (tokens.takeIf('layer')) {
      const text = tokens.take();
      const named = own(LAYERS, text);
      if (named === undefined) return `expected link, network or transport after layer, not "${text}"`;
      layer = named;
    } else return { offset, layer };
  }
}

/** `u16 at 2 layer transport [mask M] [trans] eq 80`. */
function readCompare(tokens: Tokens): Test | string {
  const name = tokens.take();
  const size = own(SIZES, name);
  if (size === undefined) return `expected u8, u16 or u32 in cmp, not "${name}"`;
  const place = readPlace(tokens);
  if (typeof place === 'string') return place;
  let mask = 0xffffffff;
  if (tokens.takeIf('mask')) {
    const read = parseInteger(tokens.take());
    if (read === null) return 'expected a number after mask';
    mask = read;
  }
  tokens.takeIf('trans');
  const operator = tokens.take();
  const compare = own(OPERATORS, operator);
  const value = parseInteger(tokens.next);
  if (compare === undefined) return `expected eq, lt or gt in cmp, not "${operator}"`;
  if (value === null) return `expected a number after ${operator}, not "${tokens.next}"`;
  tokens.take();
  return (packet) => {
    const read = packet.read(place.layer, place.offset, size);
    return read !== null && compare((read & mask) >>> 0, value);
  };
}

/** `u16 0x1122 0xffff at 4`. */
function readU32(tokens: Tokens): Test | string {
  const name = tokens.take();
  const size = own(SIZES, name);
  if (size === undefined) return `expected u8, u16 or u32 in u32, not "${name}"`;
  const [value, mask] = [parseHex(tokens.take()), parseHex(tokens.take())];
  if (value === null || mask === null) return 'expected a value and a mask in hexadecimal in u32';
  const place = readPlace(tokens);
  if (typeof place === 'string') return place;
  return (packet) => {
    const read = packet.read('network', place.offset, size);
    return read !== null && (read & mask) >>> 0 === (value & mask) >>> 0;
  };
}

/** `nbyte ababa at 12 layer 1`: characters. */
function readBytes(tokens: Tokens): Test | string {
  const text = tokens.take();
  const place = readPlace(tokens);
  if (typeof place === 'string') return place;
  return (packet) => [...text].every((letter, at) => packet.read(place.layer, place.offset + at, 1) === letter.charCodeAt(0));
}

/** `meta(priority mask 0xf eq 3)`. */
function readMeta(tokens: Tokens): Test | string {
  const name = tokens.take();
  const read = own(META, name);
  if (read === undefined) return `expected ${Object.keys(META).join(', ')} in meta, not "${name}"`;
  let [mask, shift] = [0xffffffff, 0];
  for (const word of ['shift', 'mask'] as const) {
    if (!tokens.takeIf(word)) continue;
    const value = parseInteger(tokens.take());
    if (value === null || (word === 'shift' && value > 31)) return `expected a number after ${word}`;
    if (word === 'shift') shift = value;
    else mask = value;
  }
  const operator = tokens.take();
  const compare = own(OPERATORS, operator);
  const value = parseInteger(tokens.next);
  if (compare === undefined || value === null)
    return `expected eq, lt or gt and a number in meta, not "${operator} ${tokens.next}"`;
  tokens.take();
  return (packet) => compare(((read(packet) >>> shift) & mask) >>> 0, value);
}

const READERS: Readonly<Record<string, (tokens: Tokens) => Test | string>> = {
  cmp: readCompare,
  u32: readU32,
  nbyte: readBytes,
  meta: readMeta,
};

function readTerm(tokens: Tokens, depth: number): Test | string {
  if (tokens.takeIf('not') || tokens.takeIf('NOT')) {
    const inner = depth > DEPTH ? 'nested too deeply' : readTerm(tokens, depth + 1);
    return typeof inner === 'string' ? inner : (packet) => !inner(packet);
  }
  if (tokens.takeIf('(')) {
    const inner = depth > DEPTH ? 'nested too deeply' : readExpression(tokens, depth + 1);
    if (typeof inner === 'string') return inner;
    return tokens.takeIf(')') ? inner : `expected ")", not "${tokens.next}"`;
  }
  const name = tokens.take();
  const reader = own(READERS, name);
  if (reader === undefined) return `expected ${Object.keys(READERS).join(', ')}, not or "(" in a match, not "${name}"`;
  if (!tokens.takeIf('(')) return `expected "(" after ${name}, not "${tokens.next}"`;
  const test = reader(tokens);
  if (typeof test === 'string') return test;
  return tokens.takeIf(')') ? test : `expected ")" at the end of ${name}, not "${tokens.next}"`;
}

/** Terms from left to right, as the kernel walks them: and and or bind alike, and end as soon as the answer is known. */
function readExpression(tokens: Tokens, depth: number): Test | string {
  const first = readTerm(tokens, depth);
  if (typeof first === 'string') return first;
  const rest: { readonly and: boolean; readonly test: Test }[] = [];
  for (;;) {
    const word = tokens.next.toLowerCase();
    if (word !== 'and' && word !== 'or') break;
    tokens.take();
    const test = readTerm(tokens, depth);
    if (typeof test === 'string') return test;
    rest.push({ and: word === 'and', test });
  }
  return (packet) => {
    let holds = first(packet);
    for (const { and, test } of rest) {
      if (and !== holds) return holds;
      holds = test(packet);
    }
    return holds;
  };
}

export const parseBasic: RuleParser = (words: TcWords) => {
  const end = freshEnd();
  let test: Test = () => true;
  while (words.next !== undefined) {
    const ending = readEnding(words, end);
    if (typeof ending === 'string') return refuseRule(ending);
    if (ending) continue;
    const word = words.take();
    if (word !== 'match') return refuseRule(`expected match, ${ENDING} in basic, not "${word ?? ''}"`);
    const expression: string[] = [];
    while (words.next !== undefined && !['flowid', 'classid', 'action', 'police'].includes(words.next))
      expression.push(words.take() ?? '');
    const tokens = new Tokens(expression);
    const read = readExpression(tokens, 0);
    if (typeof read === 'string') return refuseRule(read);
    if (tokens.next !== '') return refuseRule(`expected and, or or the end of the match, not "${tokens.next}"`);
    test = read;
  }
  return { ok: true, rule: { matches: test, ...end } };
};
