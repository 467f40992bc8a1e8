// The words of a tc line, and the numbers people write in them: handles, class ids, integers, addresses. Text in, values out; a word
// that is not understood gives null. Knows nothing of commands.

/** Reads words one by one. Quotes only hold words together for a shell: they are dropped. */
export class TcWords {
  private at = 0;
  private readonly words: readonly string[];
  constructor(line: string) {
    this.words = line
      .replace(/['"]/g, ' ')
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '');
  }
  take(): string | undefined {
    return this.words[this.at++];
  }
  get next(): string | undefined {
    return this.words[this.at];
  }
  /** Takes the next word if it is one of these. */
  takeOne(...wanted: readonly string[]): string | null {
    const { next } = this;
    if (next === undefined || !wanted.includes(next)) return null;
    this.at++;
    return next;
  }
  /** All that is left. */
  rest(): string[] {
    const left = this.words.slice(this.at);
    this.at = this.words.length;
    return left;
  }
}

/** `1:` or `1:0` as major << 16, or null. */
export function parseHandle(text: string | undefined): number | null {
  const match = /^([0-9a-f]{1,4}):0?$/i.exec(text ?? '');
  return match === null ? null : (Number.parseInt(match[1] ?? '', 16) << 16) >>> 0;
}

/** `1:2`, `1:` or `:2`, numbers in hexadecimal (iproute2 get_tc_classid), or null. */
export function parseClassid(text: string | undefined): number | null {
  const match = /^([0-9a-f]{0,4}):([0-9a-f]{0,4})$/i.exec(text ?? '');
  if (match === null || text === ':') return null;
  const [major, minor] = [match[1] ?? '', match[2] ?? ''].map((part) => (part === '' ? 0 : Number.parseInt(part, 16)));
  return (((major ?? 0) << 16) | (minor ?? 0)) >>> 0;
}

/** A number as C writes it (iproute2 get_u32 with base 0), up to `most`; or null. */
export function parseInteger(text: string | undefined, most = 0xffffffff): number | null {
  if (text === undefined || !/^(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(text)) return null;
  const value = /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text);
  return value <= most ? value : null;
}

/** A number in hexadecimal, with or without 0x. */
export function parseHex(text: string | undefined, most = 0xffffffff): number | null {
  if (text === undefined || !/^(0x)?[0-9a-f]{1,8}$/i.test(text)) return null;
  const value = Number.parseInt(text.replace(/^0x/i, ''), 16);
  return value <= most ? value : null;
}

/** An address as its 32-bit words with a mask for each: one for IPv4, four for IPv6, six bytes in two for MAC. */
export interface MaskedAddress {
  readonly values: readonly number[];
  readonly masks: readonly number[];
}

const prefixMask = (bits: number): number => (bits <= 0 ? 0 : bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0);

function ipv4Number(text: string): number | null {
  const parts = text.split('.');
  if (parts.length > 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return null;
  while (parts.length < 4) parts.push('0');
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** `10.0.0.0/8`, `10.1/16`, `any`. A mask may be a prefix length or an address. */
export function parseIpv4(text: string | undefined): MaskedAddress | null {
  if (text === 'any' || text === 'all' || text === 'default') return { values: [0], masks: [0] };
  const [address = '', length, more] = (text ?? '').split('/');
  const value = ipv4Number(address);
  if (value === null || more !== undefined) return null;
  const bits = length === undefined ? 32 : /^\d+$/.test(length) ? Number(length) : null;
  const mask = bits === null ? ipv4Number(length ?? '') : bits <= 32 ? prefixMask(bits) : null;
  return mask === null ? null : { values: [(value & mask) >>> 0], masks: [mask] };
}

/** `2001:db8::/32`. */
export function parseIpv6(text: string | undefined): MaskedAddress | null {
  const [address = '', length = '128', more] = (text ?? '').split('/');
  if (more !== undefined || !/^\d+$/.test(length) || Number(length) > 128) return null;
  const [head = '', tail, third] = address.split('::');
  if (third !== undefined || !address.includes(':')) return null;
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [front, back] = [groups(head), tail === undefined ? [] : groups(tail)];
  const missing = 8 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const all = [...front, ...Array.from({ length: missing }, () => '0'), ...back];
  if (all.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return null;
  const numbers = all.map((group) => Number.parseInt(group, 16));
  const masks = [0, 1, 2, 3].map((word) => prefixMask(Number(length) - word * 32));
  const values = masks.map((mask, word) => ((((numbers[word * 2] ?? 0) << 16) | (numbers[word * 2 + 1] ?? 0)) & mask) >>> 0);
  return { values, masks };
}

/** Six bytes of an Ethernet address. */
export function parseMac(text: string | undefined): readonly number[] | null {
  const parts = (text ?? '').split(':');
  if (parts.length !== 6 || parts.some((part) => !/^[0-9a-f]{1,2}$/i.test(part))) return null;
  return parts.map((part) => Number.parseInt(part, 16));
}
