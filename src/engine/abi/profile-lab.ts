// Profile lab: the playground's own superset of v5, for what no posted version can do: larger skb maps, the smallest key, popped
// packets that can be read, marked and dropped, and a program that runs when knobs change. Data only.

import { DEQUEUE_CONTEXT, LAB_SK_BUFF } from './layouts.ts';
import type { ApiProfile } from './profile.ts';
import { PROFILE_V5 } from './profile-v5.ts';

export const PROFILE_LAB: ApiProfile = {
  ...PROFILE_V5,
  id: 'lab',
  title: 'lab, the playground’s own',
  badge: 'ours: runs only here',
  header: 'qdisc/lab.h',
  codes: [
    ...PROFILE_V5.codes,
    {
      name: 'SCH_BPF_BYPASS',
      value: 5,
      enqueue: 'bypass',
      dequeue: 'nothing',
      summary: 'Enqueue: drop the packet, and tell the sender neither drop nor congestion (as in v7).',
    },
    {
      name: 'SCH_BPF_STOLEN',
      value: 6,
      enqueue: 'stolen',
      dequeue: 'nothing',
      summary: 'Enqueue: a filter has taken the packet; it is no drop (as in v7).',
    },
  ],
  sections: [
    ...PROFILE_V5.sections,
    { kind: 'qdisc/change', names: ['qdisc/change'], required: false },
    { kind: 'qdisc/peek', names: ['qdisc/peek'], required: false },
  ],
  context: (kind) => (kind === 'qdisc/change' || kind === 'qdisc/peek' ? DEQUEUE_CONTEXT : PROFILE_V5.context(kind)),
  packet: LAB_SK_BUFF,
  poppedPacketIsReadable: true,
  skbMapLimit: 65_536,
  quirks: [],
};
