// Profile v5 (v6 has the same codes): QUEUED and DEQUEUED share the value 0, CN and PASS arrive (specification 2.5). Data only.

import type { ApiProfile } from './profile.ts';
import { PROFILE_V4 } from './profile-v4.ts';

export const PROFILE_V5: ApiProfile = {
  ...PROFILE_V4,
  id: 'v5',
  title: 'RFC v5, 1 June 2022',
  header: 'qdisc/v5.h',
  codes: [
    {
      name: 'SCH_BPF_QUEUED',
      value: 0,
      enqueue: 'keep',
      dequeue: 'send',
      summary: 'Enqueue: the program has pushed the packet into a map.',
    },
    {
      name: 'SCH_BPF_DEQUEUED',
      value: 0,
      enqueue: 'keep',
      dequeue: 'send',
      summary: 'Dequeue: send ctx->skb; NULL means nothing to send.',
    },
    {
      name: 'SCH_BPF_DROP',
      value: 1,
      enqueue: 'drop',
      dequeue: 'nothing',
      summary: 'Enqueue: drop the packet. Dequeue: nothing now.',
    },
    {
      name: 'SCH_BPF_CN',
      value: 2,
      enqueue: 'keep-and-signal-congestion',
      dequeue: 'nothing',
      summary: 'Enqueue: kept, and the sender is told of congestion.',
    },
    {
      name: 'SCH_BPF_THROTTLE',
      value: 3,
      enqueue: 'keep-and-throttle',
      dequeue: 'throttle',
      summary: 'Run dequeue again after ctx->delay nanoseconds.',
    },
    {
      name: 'SCH_BPF_PASS',
      value: 4,
      enqueue: 'pass-to-class',
      dequeue: 'take-from-class',
      summary: 'Hand the packet to, or take one from, the child of class ctx->classid.',
    },
  ],
  unknownEnqueue: 'drop',
  unknownDequeue: 'nothing',
  quirks: ['Q1', 'Q2', 'Q3', 'Q4', 'Q5', 'Q6', 'Q8', 'Q10', 'Q13', 'Q18', 'Q22'],
};
