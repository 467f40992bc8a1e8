// Profile v4: the RFC series "net_sched: introduce eBPF based Qdisc", version 4 (specification 2.4). Data only.

import { DEQUEUE_CONTEXT, ENQUEUE_CONTEXT, SK_BUFF } from './layouts.ts';
import type { ApiProfile } from './profile.ts';

export const PROFILE_V4: ApiProfile = {
  id: 'v4',
  title: 'RFC v4, 20 May 2022',
  badge: 'RFC, never merged: no kernel runs it',
  header: 'qdisc/v4.h',
  codes: [
    {
      name: 'SCH_BPF_OK',
      value: 0,
      enqueue: 'pass-to-class',
      dequeue: 'send',
      summary: 'Enqueue: hand the packet to the child of class ctx->classid. Dequeue: send ctx->skb; NULL means nothing to send.',
    },
    {
      name: 'SCH_BPF_QUEUED',
      value: 1,
      enqueue: 'keep',
      dequeue: 'drop-given-and-warn',
      summary: 'Enqueue: the program has pushed the packet into a map.',
    },
    {
      name: 'SCH_BPF_DROP',
      value: 2,
      enqueue: 'drop',
      dequeue: 'drop-given',
      summary: 'Drop the packet (in dequeue: the one in ctx->skb).',
    },
    {
      name: 'SCH_BPF_THROTTLE',
      value: 3,
      enqueue: 'keep-and-throttle',
      dequeue: 'throttle',
      summary: 'Send nothing now; run dequeue again after ctx->delay nanoseconds.',
    },
    {
      name: 'SCH_BPF_CONTINUE',
      value: 4,
      enqueue: 'fault',
      dequeue: 'run-again',
      summary: 'Dequeue: run the program again at once (at most 1024 times a call).',
    },
  ],
  unknownEnqueue: 'fault',
  unknownDequeue: 'drop-given-and-warn',
  sections: [
    { kind: 'qdisc/enqueue', names: ['qdisc/enqueue', 'sch_bpf/enqueue'], required: true },
    { kind: 'qdisc/dequeue', names: ['qdisc/dequeue', 'sch_bpf/dequeue'], required: true },
    { kind: 'sched_cls', names: ['classifier', 'tc'], required: false },
  ],
  context: (kind) =>
    kind === 'qdisc/enqueue'
      ? ENQUEUE_CONTEXT
      : kind === 'qdisc/dequeue'
        ? DEQUEUE_CONTEXT
        : kind === 'sched_cls'
          ? SK_BUFF
          : null,
  packet: SK_BUFF,
  ownershipIsStrict: true,
  poppedPacketIsReadable: false,
  skbMapLimit: 2048,
  quirks: ['Q1', 'Q2', 'Q3', 'Q4', 'Q5', 'Q6', 'Q7', 'Q8', 'Q10', 'Q13', 'Q18', 'Q22', 'Q23'],
};
