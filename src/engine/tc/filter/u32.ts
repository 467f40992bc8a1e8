// The u32 classifier: 32-bit words of the packet under a mask (man tc-u32, iproute2 tc/f_u32.c, Linux net/sched/cls_u32.c). Hash
// tables and links are not available. Knows nothing of other classifiers.

import { type MaskedAddress, parseHex, parseInteger, parseIpv4, parseIpv6, parseMac, type TcWords } from '../tc-words.ts';
import { type FilterRule, type RuleParser, refuseRule } from './filter-kind.ts';
import type { PacketView } from './packet-view.ts';
import { ENDING, freshEnd, readEnding } from './rule-end.ts';

/** One key: the aligned word at `offset` from the network header, masked, is `value`. */
interface Key {
  readonly offset: number;
  readonly mask: number;
  readonly value: number;
}

/** A number of `size` bytes at `offset` as a key; the bytes around it are masked out. A string says what is wrong. */
function keyOf(value: number, mask: number, offset: number, size: 1 | 2 | 4): Key | string {
  if ((value & ~mask) !== 0) return `value 0x${value.toString(16)} has bits outside its mask 0x${mask.toString(16)}`;
  const place = ((offset % 4) + 4) % 4;
  if (place + size > 4) return `offset ${offset} is not aligned for ${size} bytes`;
  const shift = (4 - size - place) * 8;
  return { offset: offset - place, mask: (mask << shift) >>> 0, value: (value << shift) >>> 0 };
}

type FieldRow = { readonly offset: number; readonly size: 1 | 2; readonly shift?: number; readonly mask?: number };

/** Fields of `match ip`; ports are where a header without options has them. */
const IP_FIELDS: Readonly<Record<string, FieldRow>> = {
  tos: { offset: 1, size: 1 },
  dsfield: { offset: 1, size: 1 },
  precedence: { offset: 1, size: 1 },
  ihl: { offset: 0, size: 1 },
  protocol: { offset: 9, size: 1 },
  sport: { offset: 20, size: 2 },
  dport: { offset: 22, size: 2 },
  icmp_type: { offset: 20, size: 1 },
  icmp_code: { offset: 21, size: 1 },
};
/** Flags of `match ip` that take no value: key of the fragment word. */
const IP_FLAGS: Readonly<Record<string, { readonly value: number; readonly mask: number }>> = {
  nofrag: { value: 0, mask: 0x3fff },
  firstfrag: { value: 0x2000, mask: 0x3fff },
  df: { value: 0x4000, mask: 0x4000 },
  mf: { value: 0x2000, mask: 0x2000 },
};
const IP6_FIELDS: Readonly<Record<string, FieldRow>> = {
  protocol: { offset: 6, size: 1 },
  sport: { offset: 40, size: 2 },
  dport: { offset: 42, size: 2 },
  icmp_type: { offset: 40, size: 1 },
  icmp_code: { offset: 41, size: 1 },
};

/** `VALUE MASK`, the mask in hexadecimal. */
function readMasked(words: TcWords, size: 1 | 2 | 4): { readonly value: number; readonly mask: number } | string {
  const most = size === 4 ? 0xffffffff : 2 ** (size * 8) - 1;
  const value = parseInteger(words.next, most);
  if (value === null) return `expected a number up to ${most}, not "${words.next ?? ''}"`;
  words.take();
  const mask = parseHex(words.next, most);
  if (mask === null) return `expected a mask such as 0x${most.toString(16)} after ${value}, not "${words.next ?? ''}"`;
  words.take();
  return { value, mask };
}

function addressKeys(address: MaskedAddress, offset: number): Key[] {
  return address.values.map((value, word) => ({ offset: offset + word * 4, mask: address.masks[word] ?? 0, value }));
}

function readIp(words: TcWords): readonly Key[] | string {
  const field = words.take() ?? '';
  if (field === 'src' || field === 'dst') {
    const text = words.take();
    const address = parseIpv4(text);
    return address === null
      ? `expected an address such as 10.0.0.1/32 after ip ${field}, not "${text ?? ''}"`
      : addressKeys(address, field === 'src' ? 12 : 16);
  }
  const flag = Object.hasOwn(IP_FLAGS, field) ? IP_FLAGS[field] : undefined;
  if (flag !== undefined) return oneKey(keyOf(flag.value, flag.mask, 6, 2));
  const row = Object.hasOwn(IP_FIELDS, field) ? IP_FIELDS[field] : undefined;
  if (row === undefined)
    return `expected ${['src', 'dst', ...Object.keys(IP_FIELDS), ...Object.keys(IP_FLAGS)].join(', ')} after match ip, not "${field}"`;
  return readField(words, row);
}

function readIp6(words: TcWords): readonly Key[] | string {
  const field = words.take() ?? '';
  if (field === 'src' || field === 'dst') {
    const text = words.take();
    const address = parseIpv6(text);
    return address === null
      ? `expected an address such as 2001:db8::1/128 after ip6 ${field}, not "${text ?? ''}"`
      : addressKeys(address, field === 'src' ? 8 : 24);
  }
  if (field === 'priority' || field === 'dsfield') {
    const masked = readMasked(words, 1);
    return typeof masked === 'string' ? masked : oneKey(keyOf(masked.value << 4, masked.mask << 4, 0, 2));
  }
  if (field === 'flowlabel') {
    const masked = readMasked(words, 4);
    return typeof masked === 'string' ? masked : oneKey(keyOf(masked.value, masked.mask & 0xfffff, 0, 4));
  }
  const row = Object.hasOwn(IP6_FIELDS, field) ? IP6_FIELDS[field] : undefined;
  if (row === undefined)
    return `expected ${['src', 'dst', 'priority', 'flowlabel', ...Object.keys(IP6_FIELDS)].join(', ')} after match ip6, not "${field}"`;
  return readField(words, row);
}

function readField(words: TcWords, row: FieldRow): readonly Key[] | string {
  const masked = readMasked(words, row.size);
  return typeof masked === 'string' ? masked : oneKey(keyOf(masked.value, masked.mask, row.offset, row.size));
}

const oneKey = (key: Key | string): readonly Key[] | string => (typeof key === 'string' ? key : [key]);

/** `u32 VALUE MASK at OFFSET`, and u16, u8. */
function readRaw(words: TcWords, size: 1 | 2 | 4): readonly Key[] | string {
  const most = size === 4 ? 0xffffffff : 2 ** (size * 8) - 1;
  const [text, maskText] = [words.take(), words.take()];
  const value = parseHex(text, most);
  const mask = parseHex(maskText, most);
  if (value === null || mask === null) return `expected a value and a mask in hexadecimal, not "${text ?? ''} ${maskText ?? ''}"`;
  let offset = 0;
  if (words.takeOne('at') !== null) {
    const at = words.take() ?? '';
    if (at.startsWith('nexthdr')) return NEXT_HEADER;
    const number = /^-?\d+$/.test(at) ? Number(at) : parseInteger(at, 0xffff);
    if (number === null) return `expected an offset after at, not "${at}"`;
    offset = number;
  }
  return oneKey(keyOf((value & mask) >>> 0, mask, offset, size));
}

const NEXT_HEADER =
  'the transport header needs a hash table that is linked to by the length of the IP header, and hash tables are not available here: use "match ip sport", "match ip dport", or flower';

/** `ether src MAC` and dst: words before the network header. */
function readEther(words: TcWords): readonly Key[] | string {
  const field = words.take() ?? '';
  const text = words.take();
  const mac = parseMac(text);
  if (field !== 'src' && field !== 'dst') return `expected src or dst after match ether, not "${field}"`;
  if (mac === null) return `expected an address such as 02:00:00:00:00:01 after ether ${field}, not "${text ?? ''}"`;
  const start = field === 'dst' ? -14 : -8;
  const keys: Key[] = [];
  for (let at = 0; at < 6; at += 2) {
    const key = keyOf((mac[at] ?? 0) * 256 + (mac[at + 1] ?? 0), 0xffff, start + at, 2);
    if (typeof key === 'string') return key;
    keys.push(key);
  }
  return keys;
}

function readMatch(words: TcWords, marks: { value: number; mask: number }[]): readonly Key[] | string {
  const what = words.take() ?? '';
  switch (what) {
    case 'u32':
      return readRaw(words, 4);
    case 'u16':
      return readRaw(words, 2);
    case 'u8':
      return readRaw(words, 1);
    case 'ip':
      return readIp(words);
    case 'ip6':
      return readIp6(words);
    case 'ether':
      return readEther(words);
    case 'tcp':
    case 'udp':
    case 'icmp':
      return NEXT_HEADER;
    case 'mark': {
      const masked = readMasked(words, 4);
      if (typeof masked === 'string') return masked;
      marks.push({ value: (masked.value & masked.mask) >>> 0, mask: masked.mask });
      return [];
    }
    default:
      return `expected u32, u16, u8, ip, ip6, ether or mark after match, not "${what}"`;
  }
}

const holds = (packet: PacketView, key: Key): boolean => {
  const word = packet.read('network', key.offset, 4);
  return word !== null && (word & key.mask) >>> 0 === key.value;
};

/** u32: all matches must hold. Without a class or an action it never matches (TC_U32_TERMINAL). */
export const parseU32: RuleParser = (words) => {
  const keys: Key[] = [];
  const marks: { value: number; mask: number }[] = [];
  const end = freshEnd();
  let terminal = false;
  let said = false;
  while (words.next !== undefined) {
    const ending = readEnding(words, end);
    if (typeof ending === 'string') return refuseRule(ending);
    if (ending) {
      terminal = true;
      continue;
    }
    const word = words.take() ?? '';
    if (word !== 'match')
      return refuseRule(
        ['ht', 'link', 'divisor', 'hashkey', 'offset', 'order', 'sample'].includes(word)
          ? `u32 hash tables ("${word}") are not available here`
          : `expected match, ${ENDING} in u32, not "${word}"`,
      );
    const read = readMatch(words, marks);
    if (typeof read === 'string') return refuseRule(read);
    keys.push(...read);
    said = true;
  }
  if (!said) return refuseRule('u32 needs "match", such as match ip dport 80 0xffff');
  const rule: FilterRule = {
    matches: (packet) =>
      terminal &&
      marks.every(({ value, mask }) => (packet.mark & mask) >>> 0 === value) &&
      keys.every((key) => holds(packet, key)),
    classid: end.classid,
    action: end.action,
  };
  return { ok: true, rule };
};
