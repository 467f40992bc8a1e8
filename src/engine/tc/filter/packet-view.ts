// What filters see of a packet: its header bytes and the fields of its metadata that they look at. Reading past the end gives null,
// as a failed skb_header_pointer does. Knows nothing of filters.

import { HEADER_BYTES, type PacketPool, SKB } from '../packet.ts';

const ETHERNET = 14;
export const ETHERTYPE = { ipv4: 0x0800, ipv6: 0x86dd } as const;

/** Where offsets are counted from. */
export type HeaderLayer = 'link' | 'network' | 'transport';

export class PacketView {
  private readonly bytes: DataView;
  /** Bytes of the packet that exist here. */
  private readonly length: number;
  /** EtherType. */
  readonly protocol: number;
  readonly mark: number;
  readonly priority: number;
  readonly tcIndex: number;
  /** skb->len. */
  readonly packetLength: number;

  constructor(packets: PacketPool, slot: number) {
    this.bytes = packets.headerView(slot, HEADER_BYTES);
    this.packetLength = packets.field(slot, SKB.len);
    this.length = Math.min(this.packetLength, HEADER_BYTES);
    const protocol = packets.field(slot, SKB.protocol);
    this.protocol = ((protocol & 0xff) << 8) | ((protocol >> 8) & 0xff);
    this.mark = packets.field(slot, SKB.mark) >>> 0;
    this.priority = packets.field(slot, SKB.priority) >>> 0;
    this.tcIndex = packets.field(slot, SKB.tcIndex) >>> 0;
  }

  private start(layer: HeaderLayer): number {
    return layer === 'link' ? 0 : layer === 'network' ? ETHERNET : this.transport;
  }

  /** First byte of the transport header, by the lengths in the network header. */
  private get transport(): number {
    if (this.protocol === ETHERTYPE.ipv6) return ETHERNET + 40;
    return ETHERNET + (this.bytes.getUint8(ETHERNET) & 15) * 4;
  }

  /** A number of 1, 2 or 4 bytes in network order, or null past the end. */
  read(layer: HeaderLayer, offset: number, size: 1 | 2 | 4): number | null {
    const at = this.start(layer) + offset;
    // The aligned word around the first two bytes of the Ethernet header begins in the headroom, which is masked out.
    if (at === -2 && size === 4) return this.bytes.getUint16(0);
    if (at < 0 || at + size > this.length) return null;
    return size === 1 ? this.bytes.getUint8(at) : size === 2 ? this.bytes.getUint16(at) : this.bytes.getUint32(at);
  }

  /** Protocol number behind the network header, or null. */
  get transportProtocol(): number | null {
    if (this.protocol === ETHERTYPE.ipv4) return this.read('network', 9, 1);
    return this.protocol === ETHERTYPE.ipv6 ? this.read('network', 6, 1) : null;
  }

  /** The DS field (TOS, traffic class), or null. */
  get dsfield(): number | null {
    if (this.protocol === ETHERTYPE.ipv4) return this.read('network', 1, 1);
    const word = this.protocol === ETHERTYPE.ipv6 ? this.read('network', 0, 2) : null;
    return word === null ? null : (word >> 4) & 0xff;
  }

  /** True for the first fragment of an IPv4 packet, and for what is not fragmented: only there are ports. */
  get hasTransport(): boolean {
    return this.protocol !== ETHERTYPE.ipv4 || ((this.read('network', 6, 2) ?? 0) & 0x1fff) === 0;
  }
}
