// The calls that reach other qdiscs: classes and their children, filters, and cutting a large packet into segments. Rows of the call
// table (calls.ts). Ids are ours. Knows nothing of how a call is carried out (tc/class-calls.ts).

import type { CallRow } from './calls.ts';
import type { ProgramKind } from './profile.ts';

const QDISC: readonly ProgramKind[] = [
  'qdisc/enqueue',
  'qdisc/dequeue',
  'qdisc/peek',
  'qdisc/init',
  'qdisc/change',
  'qdisc/reset',
];
const CLASSIFY = { returns: 'long', params: 'struct __sk_buff *skb, int ifindex, __u32 handle' } as const;

export const CLASS_CALLS: readonly CallRow[] = [
  {
    id: 2020,
    name: 'bpf_class_enqueue',
    returns: { kind: 'scalar' },
    args: [{ kind: 'packet' }, { kind: 'scalar' }],
    effect: 'give-packet-away',
    prototype: { returns: 'long', params: 'struct __sk_buff *skb, __u32 classid' },
    profiles: ['lab'],
    kinds: QDISC,
    summary:
      'Hands the packet to the child of a class of this qdisc, and gives what the child says: 0 queued, 1 dropped, 2 congestion. Without a child it is dropped. The packet is out of the program’s hands either way; enqueue goes on to return the number. No posted version has it.',
    errors: [],
  },
  {
    id: 2021,
    name: 'bpf_class_dequeue',
    returns: { kind: 'owned-packet-or-null' },
    args: [{ kind: 'scalar' }],
    effect: 'acquire-packet',
    prototype: { returns: 'struct __sk_buff *', params: '__u32 classid' },
    profiles: ['lab'],
    kinds: QDISC,
    summary:
      'Takes the next packet from the child of a class (the one that peek showed, if it did), or gives NULL. No posted version has it.',
    errors: [],
  },
  {
    id: 2022,
    name: 'bpf_class_peek',
    returns: { kind: 'packet-token-or-null' },
    args: [{ kind: 'scalar' }],
    effect: 'none',
    prototype: { returns: 'struct __sk_buff *', params: '__u32 classid' },
    profiles: ['lab'],
    kinds: QDISC,
    summary:
      'Shows the packet that the child of a class will give next, or NULL: it is dequeued there and held until bpf_class_dequeue takes it. No posted version has it.',
    errors: [],
  },
  {
    id: 2023,
    name: 'bpf_class_qlen',
    returns: { kind: 'scalar' },
    args: [{ kind: 'scalar' }],
    effect: 'none',
    prototype: { returns: 'long', params: '__u32 classid' },
    profiles: ['lab'],
    kinds: QDISC,
    summary:
      'Packets queued in the child of a class and in everything below it; with the handle itself (minor 0), in this qdisc, those included that its parent holds after a peek. No posted version has it.',
    errors: [
      { errno: 'ENOENT', value: 2, when: 'the qdisc has no such class' },
      { errno: 'ENODEV', value: 19, when: 'the class has no child' },
    ],
  },
  {
    id: 2028,
    name: 'bpf_class_backlog',
    returns: { kind: 'scalar' },
    args: [{ kind: 'scalar' }],
    effect: 'none',
    prototype: { returns: 'long', params: '__u32 classid' },
    profiles: ['lab'],
    kinds: QDISC,
    summary: 'The same as bpf_class_qlen in bytes. No posted version has it.',
    errors: [
      { errno: 'ENOENT', value: 2, when: 'the qdisc has no such class' },
      { errno: 'ENODEV', value: 19, when: 'the class has no child' },
    ],
  },
  {
    id: 2024,
    name: 'bpf_skb_segment',
    returns: { kind: 'scalar' },
    args: [{ kind: 'map', types: ['skbmap'] }, { kind: 'packet' }, { kind: 'scalar' }],
    effect: 'end-packet-on-zero',
    prototype: { returns: 'long', params: 'void *map, struct __sk_buff *skb, __u64 key' },
    profiles: ['lab'],
    kinds: QDISC,
    summary:
      'Cuts a GSO packet into skb->gso_segs packets of gso_size bytes of payload and puts them into the skb map under key, key + 1 and so on. The packet itself is consumed. No posted version has it.',
    errors: [
      { errno: 'EINVAL', value: 22, when: 'the packet is no GSO packet' },
      { errno: 'ENOBUFS', value: 105, when: 'the map has no room for all segments' },
      { errno: 'EBUSY', value: 16, when: 'the packet is in a map already' },
    ],
  },
  {
    id: 2025,
    name: 'bpf_skb_classify',
    returns: { kind: 'scalar' },
    args: [{ kind: 'packet' }, { kind: 'scalar' }, { kind: 'scalar' }],
    effect: 'none',
    prototype: CLASSIFY,
    profiles: ['v4'],
    kinds: QDISC,
    summary:
      'Runs the filters of the BPF qdisc with this handle on the device ifindex. Gives the class of the match as major:minor, or 0. The packet is never consumed.',
    errors: [],
  },
  {
    id: 2026,
    name: 'bpf_skb_tc_classify',
    returns: { kind: 'scalar' },
    args: [{ kind: 'packet' }, { kind: 'scalar' }, { kind: 'scalar' }],
    effect: 'none',
    prototype: CLASSIFY,
    profiles: ['v5', 'lab'],
    kinds: QDISC,
    summary:
      'Runs the filters of a qdisc (minor 0) or class on the device ifindex. Gives the class of the match as major:minor, or 0: also where the match says shot, stolen, queued or trap. The packet is never consumed.',
    errors: [],
  },
  {
    id: 2027,
    name: 'bpf_tc_filter',
    returns: { kind: 'scalar' },
    args: [{ kind: 'packet' }, { kind: 'scalar' }, { kind: 'memory', access: 'write' }, { kind: 'size', zeroAllowed: false }],
    effect: 'none',
    prototype: { returns: 'long', params: 'struct __sk_buff *skb, __u32 handle, __u32 *classid, __u32 size' },
    profiles: ['lab'],
    kinds: QDISC,
    summary:
      'Runs the filters of a qdisc (minor 0) or class on the packet’s own device. Gives the action of the match (TC_ACT_OK and the like) and writes its class as major:minor; without a match TC_ACT_UNSPEC (-1) and 0, and ENOENT where there are no filters. size is 4. No posted version has it.',
    errors: [
      { errno: 'ENOENT', value: 2, when: 'there are no filters there' },
      { errno: 'EINVAL', value: 22, when: 'size is not 4' },
    ],
  },
];
