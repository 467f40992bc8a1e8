// The flower classifier: named header fields, each under a mask (man tc-flower, Linux net/sched/cls_flower.c), as far as packets
// here have such fields. Knows nothing of other classifiers.

import { parseInteger, parseIpv4, parseIpv6, parseMac, type TcWords } from '../tc-words.ts';
import { type RuleParser, refuseRule } from './filter-kind.ts';
import { ETHERTYPE, type PacketView } from './packet-view.ts';
import { ENDING, freshEnd, readEnding } from './rule-end.ts';

type Test = (packet: PacketView) => boolean;
/** What one key needs to know of the keys before it. */
interface Context {
  readonly ethertype: number;
  ipProto: number | null;
}
type KeyReader = (text: string, context: Context) => Test | string;

const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, sctp: 132, icmp: 1, icmpv6: 58 };
const WITH_PORTS = [6, 17, 132];
const FLAG_OFFSET = 13;

const isIp = (type: number): boolean => type === ETHERTYPE.ipv4 || type === ETHERTYPE.ipv6;

/** `VALUE` or `VALUE/MASK`. */
function masked(text: string, most: number): { readonly value: number; readonly mask: number } | null {
  const [first, second, more] = text.split('/');
  const value = parseInteger(first, most);
  const mask = second === undefined ? most : parseInteger(second, most);
  return value === null || mask === null || more !== undefined ? null : { value: (value & mask) >>> 0, mask };
}

/** A field under a mask. */
function field(what: string, most: number, read: (packet: PacketView) => number | null, needsIp = true): KeyReader {
  return (text, { ethertype }) => {
    const wanted = masked(text, most);
    if (wanted === null) return `"${what}" needs a number up to ${most}, or NUMBER/MASK, not "${text}"`;
    if (needsIp && !isIp(ethertype)) return `"${what}" needs protocol ip or ipv6`;
    return (packet) => {
      const value = read(packet);
      return value !== null && (value & wanted.mask) >>> 0 === wanted.value;
    };
  };
}

function address(what: 'src_ip' | 'dst_ip'): KeyReader {
  const [v4, v6] = what === 'src_ip' ? [12, 8] : [16, 24];
  return (text, { ethertype }) => {
    if (!isIp(ethertype)) return `"${what}" needs protocol ip or ipv6`;
    const parsed = ethertype === ETHERTYPE.ipv4 ? parseIpv4(text) : parseIpv6(text);
    if (parsed === null)
      return `"${what}" needs an address such as ${ethertype === ETHERTYPE.ipv4 ? '10.0.0.0/8' : '2001:db8::/32'}, not "${text}"`;
    const start = ethertype === ETHERTYPE.ipv4 ? v4 : v6;
    return (packet) =>
      parsed.values.every((value, word) => {
        const read = packet.read('network', start + word * 4, 4);
        return read !== null && (read & (parsed.masks[word] ?? 0)) >>> 0 === value;
      });
  };
}

/** A port, a masked port or a range. */
function port(what: 'src_port' | 'dst_port'): KeyReader {
  const offset = what === 'src_port' ? 0 : 2;
  return (text, { ipProto }) => {
    if (ipProto === null || !WITH_PORTS.includes(ipProto)) return `"${what}" needs ip_proto tcp, udp or sctp before it`;
    const range = /^(\d+)-(\d+)$/.exec(text);
    const [low, high] = [Number(range?.[1]), Number(range?.[2])];
    if (range !== null && (low > high || high > 0xffff)) return `"${what}": ${text} is no range of ports`;
    const wanted = range === null ? masked(text, 0xffff) : null;
    if (range === null && wanted === null) return `"${what}" needs a port, PORT/MASK or LOW-HIGH, not "${text}"`;
    return (packet) => {
      const value = packet.hasTransport ? packet.read('transport', offset, 2) : null;
      if (value === null) return false;
      return wanted === null ? value >= low && value <= high : (value & wanted.mask) === wanted.value;
    };
  };
}

function mac(what: 'src_mac' | 'dst_mac'): KeyReader {
  const start = what === 'dst_mac' ? 0 : 6;
  return (text) => {
    const [first, second] = text.split('/');
    const bytes = parseMac(first);
    const mask = second === undefined ? [255, 255, 255, 255, 255, 255] : parseMac(second);
    if (bytes === null || mask === null) return `"${what}" needs an address such as 02:00:00:00:00:01, not "${text}"`;
    return (packet) =>
      bytes.every((byte, at) => {
        const read = packet.read('link', start + at, 1);
        return read !== null && (read & (mask[at] ?? 0)) === (byte & (mask[at] ?? 0));
      });
  };
}

const KEYS: Readonly<Record<string, KeyReader>> = {
  ip_proto: (text, context) => {
    const number = Object.hasOwn(PROTOCOLS, text) ? (PROTOCOLS[text] ?? null) : parseInteger(text, 255);
    if (number === null) return `"ip_proto" needs ${Object.keys(PROTOCOLS).join(', ')} or a number, not "${text}"`;
    if (!isIp(context.ethertype)) return '"ip_proto" needs protocol ip or ipv6';
    context.ipProto = number;
    return (packet) => packet.transportProtocol === number;
  },
  src_ip: address('src_ip'),
  dst_ip: address('dst_ip'),
  src_port: port('src_port'),
  dst_port: port('dst_port'),
  src_mac: mac('src_mac'),
  dst_mac: mac('dst_mac'),
  ip_tos: field('ip_tos', 255, (packet) => packet.dsfield),
  dsfield: field('dsfield', 255, (packet) => packet.dsfield),
  ip_ttl: field('ip_ttl', 255, (packet) => packet.read('network', packet.protocol === ETHERTYPE.ipv6 ? 7 : 8, 1)),
  tcp_flags: (text, context) => {
    if (context.ipProto !== 6) return '"tcp_flags" needs ip_proto tcp before it';
    return field('tcp_flags', 0xfff, (packet) => {
      const word = packet.hasTransport ? packet.read('transport', FLAG_OFFSET - 1, 2) : null;
      return word === null ? null : word & 0xfff;
    })(text, context);
  },
  eth_type: (text) => {
    const names: Readonly<Record<string, number>> = {
      ip: ETHERTYPE.ipv4,
      ipv4: ETHERTYPE.ipv4,
      ipv6: ETHERTYPE.ipv6,
      arp: 0x0806,
    };
    const number = Object.hasOwn(names, text) ? (names[text] ?? null) : parseInteger(text, 0xffff);
    return number === null ? `"eth_type" needs ip, ipv6, arp or a number, not "${text}"` : (packet) => packet.protocol === number;
  },
};

export const parseFlower: RuleParser = (words: TcWords, _handle, protocol) => {
  const tests: Test[] = [];
  const end = freshEnd();
  const context: Context = { ethertype: protocol, ipProto: null };
  while (words.next !== undefined) {
    const ending = readEnding(words, end);
    if (typeof ending === 'string') return refuseRule(ending);
    if (ending) continue;
    const word = words.take() ?? '';
    const reader = Object.hasOwn(KEYS, word) ? KEYS[word] : undefined;
    if (reader === undefined)
      return refuseRule(`flower has no key "${word}" here; expected ${Object.keys(KEYS).join(', ')}, ${ENDING}`);
    const text = words.take();
    if (text === undefined) return refuseRule(`"${word}" needs a value`);
    const test = reader(text, context);
    if (typeof test === 'string') return refuseRule(test);
    tests.push(test);
  }
  return { ok: true, rule: { matches: (packet) => tests.every((test) => test(packet)), ...end } };
};
