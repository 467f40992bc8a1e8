// Cuts a GSO packet into the segments that leave the machine one by one (Linux skb_gso_segment for TCP over IPv4 or IPv6, without
// options): each has the headers with its own lengths and sequence number. Knows nothing of queues.

import { HEADER_BYTES, type PacketPool, SKB } from './packet.ts';

const ETHERNET = 14;
const IPV4 = 20;
const IPV6 = 40;
const TCP = 20;
/** FIN and PSH belong to the last segment alone. */
const LAST_ONLY = 0x09;

function ipChecksum(bytes: DataView): void {
  bytes.setUint16(ETHERNET + 10, 0);
  let sum = 0;
  for (let at = 0; at < IPV4; at += 2) sum += bytes.getUint16(ETHERNET + at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  bytes.setUint16(ETHERNET + 10, ~sum & 0xffff);
}

/** Headers of segment `number`, which carries `payload` bytes. */
function writeHeaders(bytes: DataView, ip: number, payload: number, offset: number, number: number, last: boolean): void {
  if (ip === IPV6) bytes.setUint16(ETHERNET + 4, TCP + payload);
  else {
    bytes.setUint16(ETHERNET + 2, IPV4 + TCP + payload);
    bytes.setUint16(ETHERNET + 4, bytes.getUint16(ETHERNET + 4) + number);
    ipChecksum(bytes);
  }
  const tcp = ETHERNET + ip;
  bytes.setUint32(tcp + 4, bytes.getUint32(tcp + 4) + offset);
  if (!last) bytes.setUint8(tcp + 13, bytes.getUint8(tcp + 13) & ~LAST_ONLY);
}

/**
 * Slots of the `count` segments, in order, all in the program's hands; null when the pool has no room for them. The packet
 * itself is left as it is.
 */
export function segmentsOf(packets: PacketPool, slot: number, count: number): number[] | null {
  if (packets.live + count > packets.capacity) return null;
  const ip = packets.headerView(slot, HEADER_BYTES).getUint8(ETHERNET) >> 4 === 6 ? IPV6 : IPV4;
  const headers = ETHERNET + ip + TCP;
  const size = packets.field(slot, SKB.gsoSize);
  const payload = packets.field(slot, SKB.len) - headers;
  return Array.from({ length: count }, (_, number) => {
    const offset = number * size;
    const bytes = Math.max(0, Math.min(size, payload - offset));
    const made = packets.allocate(packets.flow[slot] ?? 0, headers + bytes, packets.device[slot] ?? 0);
    packets.copyMetadata(slot, made);
    packets.setField(made, SKB.gsoSize, 0);
    packets.setField(made, SKB.gsoSegs, 0);
    packets.setField(made, SKB.truesize, headers + bytes);
    writeHeaders(packets.headerView(made, HEADER_BYTES), ip, bytes, offset, number, number === count - 1);
    packets.move(made, 'program');
    return made;
  });
}
