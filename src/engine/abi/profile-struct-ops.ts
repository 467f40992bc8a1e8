// Profile struct_ops: the mainline Qdisc_ops table of Linux 6.16 and later (net/sched/bpf_qdisc.c). What a program does with a
// packet is in its own calls, not in its return code. Data only.

import { SK_BUFF } from './layouts.ts';
import type { ApiProfile } from './profile.ts';

export const PROFILE_STRUCT_OPS: ApiProfile = {
  id: 'struct_ops',
  title: 'BPF qdisc, struct Qdisc_ops',
  badge: 'Linux >= 6.16 (Debian: >= 6.17)',
  header: null,
  codes: [
    { name: 'NET_XMIT_SUCCESS', value: 0, enqueue: 'keep', dequeue: 'nothing', summary: 'Enqueue: the packet was taken.' },
    {
      name: 'NET_XMIT_DROP',
      value: 1,
      enqueue: 'keep',
      dequeue: 'nothing',
      summary: 'Enqueue: the program has dropped the packet itself.',
    },
    {
      name: 'NET_XMIT_CN',
      value: 2,
      enqueue: 'keep-and-signal-congestion',
      dequeue: 'nothing',
      summary: 'Enqueue: taken, and there is congestion; senders treat it as success.',
    },
  ],
  unknownEnqueue: 'keep',
  unknownDequeue: 'nothing',
  sections: [{ kind: 'struct_ops', names: ['struct_ops'], required: true }],
  context: () => null,
  packet: SK_BUFF,
  ownershipIsStrict: true,
  poppedPacketIsReadable: true,
  skbMapLimit: 0,
  quirks: [],
};
