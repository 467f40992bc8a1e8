// Field tables of the context structures that programs see: offset, width, read and write rules (specification 2.2, 7.1,
// 7.2; Linux include/uapi/linux/bpf.h). The verifier checks against them, the headers are printed from them, traffic
// control fills them. Knows nothing of packets or programs.

/** What a load of the field yields. */
export type FieldYields =
  | 'scalar'
  | 'packet-data'
  | 'packet-end'
  | 'packet-meta'
  /** The packet the stack hands over in enqueue: a pointer to a readable `struct __sk_buff`. */
  | 'packet'
  /** The dequeue program's out slot: takes an owned packet or NULL; loads as an opaque number. */
  | 'packet-slot'
  | 'socket-or-null';

/** `narrow`: the width or any smaller aligned power of two inside; `exact`: only the whole field; `bytes`: any aligned size inside an array. */
export type AccessRule = 'none' | 'exact' | 'narrow' | 'bytes';

export interface ContextField {
  readonly name: string;
  readonly offset: number;
  /** Bytes of the whole field. */
  readonly size: number;
  readonly read: AccessRule;
  readonly write: AccessRule;
  readonly yields: FieldYields;
  /** Declaration in the generated header, without the semicolon. */
  readonly declaration: string;
  readonly summary: string;
}

export interface ContextLayout {
  /** C name, `struct sch_bpf_ctx`. */
  readonly name: string;
  readonly size: number;
  readonly fields: readonly ContextField[];
}

const u32 = (name: string, offset: number, write: AccessRule, summary: string): ContextField => ({
  name,
  offset,
  size: 4,
  read: 'narrow',
  write,
  yields: 'scalar',
  declaration: `__u32 ${name}`,
  summary,
});
const hidden = (name: string, offset: number, size: number, declaration: string): ContextField => ({
  name,
  offset,
  size,
  read: 'none',
  write: 'none',
  yields: 'scalar',
  declaration,
  summary: 'Not readable from a qdisc or classifier here.',
});
const pointer32 = (name: string, offset: number, yields: FieldYields, summary: string): ContextField => ({
  name,
  offset,
  size: 4,
  read: 'exact',
  write: 'none',
  yields,
  declaration: `__u32 ${name}`,
  summary,
});

/** `struct __sk_buff` under classifier rules, Linux 5.18 (specification 7.2). */
export const SK_BUFF: ContextLayout = {
  name: 'struct __sk_buff',
  size: 192,
  fields: [
    u32('len', 0, 'none', 'Length of the packet in bytes, Ethernet header included.'),
    u32('pkt_type', 4, 'none', 'PACKET_HOST, PACKET_OUTGOING …'),
    u32('mark', 8, 'exact', 'The firewall mark.'),
    u32('queue_mapping', 12, 'exact', 'Hardware queue; values from 0xffff up are ignored on write.'),
    u32('protocol', 16, 'none', 'EtherType, in network byte order.'),
    u32('vlan_present', 20, 'none', 'Non-zero when a VLAN tag is held outside the data.'),
    u32('vlan_tci', 24, 'none', 'VLAN tag control information.'),
    u32('vlan_proto', 28, 'none', 'VLAN protocol.'),
    u32('priority', 32, 'exact', 'skb->priority: 0 to 15 are the TC_PRIO bands.'),
    u32('ingress_ifindex', 36, 'none', 'Interface the packet came in by.'),
    u32('ifindex', 40, 'none', 'Interface the packet leaves by.'),
    u32('tc_index', 44, 'exact', 'Traffic-control index.'),
    {
      name: 'cb',
      offset: 48,
      size: 20,
      read: 'bytes',
      write: 'bytes',
      yields: 'scalar',
      declaration: '__u32 cb[5]',
      summary: 'Twenty private bytes of the qdisc.',
    },
    u32('hash', 68, 'none', 'Flow hash set by the sender.'),
    u32('tc_classid', 72, 'exact', 'Class chosen by a classifier; keeps 16 bits.'),
    pointer32('data', 76, 'packet-data', 'First byte of the packet (Ethernet header).'),
    pointer32('data_end', 80, 'packet-end', 'One past the last directly readable byte.'),
    u32('napi_id', 84, 'none', 'NAPI instance.'),
    hidden('family', 88, 4, '__u32 family'),
    hidden('remote_ip4', 92, 4, '__u32 remote_ip4'),
    hidden('local_ip4', 96, 4, '__u32 local_ip4'),
    hidden('remote_ip6', 100, 16, '__u32 remote_ip6[4]'),
    hidden('local_ip6', 116, 16, '__u32 local_ip6[4]'),
    hidden('remote_port', 132, 4, '__u32 remote_port'),
    hidden('local_port', 136, 4, '__u32 local_port'),
    pointer32('data_meta', 140, 'packet-meta', 'Start of metadata before the packet.'),
    hidden('flow_keys', 144, 8, '__u64 flow_keys'),
    {
      name: 'tstamp',
      offset: 152,
      size: 8,
      read: 'exact',
      write: 'exact',
      yields: 'scalar',
      declaration: '__u64 tstamp',
      summary: 'Departure time in nanoseconds (EDT), or 0.',
    },
    u32('wire_len', 160, 'none', 'Bytes on the wire; what backlog counts.'),
    u32('gso_segs', 164, 'none', 'Segments of a GSO packet, 0 or 1 otherwise.'),
    {
      name: 'sk',
      offset: 168,
      size: 8,
      read: 'exact',
      write: 'none',
      yields: 'socket-or-null',
      declaration: '__u64 sk',
      summary: 'Socket, or NULL.',
    },
    u32('gso_size', 176, 'none', 'Payload bytes of one segment.'),
    {
      name: 'tstamp_type',
      offset: 180,
      size: 1,
      read: 'exact',
      write: 'none',
      yields: 'scalar',
      declaration: '__u8 tstamp_type',
      summary: 'What tstamp means.',
    },
    hidden('reserved_', 181, 3, '__u8 reserved_[3]'),
    {
      name: 'hwtstamp',
      offset: 184,
      size: 8,
      read: 'exact',
      write: 'none',
      yields: 'scalar',
      declaration: '__u64 hwtstamp',
      summary: 'Hardware receive time.',
    },
  ],
};

/** `struct __sk_buff` of profile lab: the same, and the memory a packet takes, which fq_codel's memory limit counts. */
export const LAB_SK_BUFF: ContextLayout = {
  ...SK_BUFF,
  size: 200,
  fields: [
    ...SK_BUFF.fields,
    u32('truesize', 192, 'none', 'Bytes of memory the packet takes (skb->truesize).'),
    hidden('reserved2_', 196, 4, '__u32 reserved2_'),
  ],
};

const contextField = (skb: ContextField, delay: string): ContextLayout => ({
  name: 'struct sch_bpf_ctx',
  size: 24,
  fields: [
    skb,
    {
      name: 'classid',
      offset: 8,
      size: 4,
      read: 'exact',
      write: 'exact',
      yields: 'scalar',
      declaration: '__u32 classid',
      summary: 'In: the qdisc handle, major:0. Out: the class to hand the packet to.',
    },
    {
      name: 'delay',
      offset: 16,
      size: 8,
      read: 'exact',
      write: 'exact',
      yields: 'scalar',
      declaration: '__u64 delay',
      summary: delay,
    },
  ],
});

/** `struct sch_bpf_ctx` of v4, v5 and lab as the enqueue program sees it (specification 2.2). */
export const ENQUEUE_CONTEXT: ContextLayout = contextField(
  {
    name: 'skb',
    offset: 0,
    size: 8,
    read: 'exact',
    write: 'none',
    yields: 'packet',
    declaration: 'struct __sk_buff *skb',
    summary: 'The packet to enqueue.',
  },
  'Out, with THROTTLE from v5 on: nanoseconds until dequeue runs again.',
);

/** The same 24 bytes as the dequeue program sees them. */
export const DEQUEUE_CONTEXT: ContextLayout = contextField(
  {
    name: 'skb',
    offset: 0,
    size: 8,
    read: 'exact',
    write: 'exact',
    yields: 'packet-slot',
    declaration: 'struct __sk_buff *skb',
    summary: 'Out: the packet to send; starts NULL, takes a popped packet or NULL.',
  },
  'Out, with THROTTLE: nanoseconds until dequeue runs again.',
);
