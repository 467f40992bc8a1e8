// Explicit congestion notification in the header bytes of a packet (RFC 3168 section 5; Linux INET_ECN_set_ce). Knows nothing of programs.

import { HEADER_BYTES, type PacketPool } from './packet.ts';

const ETHERNET = 14;
const ETHERTYPE = { ip: 0x0800, ipv6: 0x86dd } as const;
const CE = 3;

/** The checksum after a 16-bit word of the header went from `before` to `after` (RFC 1624). */
function updateChecksum(checksum: number, before: number, after: number): number {
  let sum = (~checksum & 0xffff) + (~before & 0xffff) + after;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

/** Sets CE where the sender is ECN capable; says whether it did, whether it was there already, or why not. */
export function setCongestionExperienced(packets: PacketPool, slot: number): 'set' | 'was set' | 'not capable' {
  const bytes = packets.headerView(slot, HEADER_BYTES);
  const type = bytes.getUint16(ETHERNET - 2);
  if (type !== ETHERTYPE.ip && type !== ETHERTYPE.ipv6) return 'not capable';
  const word = bytes.getUint16(ETHERNET);
  const shift = type === ETHERTYPE.ip ? 0 : 4;
  const codepoint = (word >> shift) & CE;
  if (codepoint === 0) return 'not capable';
  if (codepoint === CE) return 'was set';
  const marked = word | (CE << shift);
  bytes.setUint16(ETHERNET, marked);
  if (type === ETHERTYPE.ip) bytes.setUint16(ETHERNET + 10, updateChecksum(bytes.getUint16(ETHERNET + 10), word, marked));
  return 'set';
}
