// Contract of an API profile: one generation of the qdisc interface as data. The four profiles are the files
// profile-*.ts; the registry is profiles.ts. Numbers of two profiles are never mixed.

import type { ContextLayout } from './layouts.ts';

export const PROFILE_IDS = ['v4', 'v5', 'lab', 'struct_ops'] as const;
export type ProfileId = (typeof PROFILE_IDS)[number];

/** What a program is attached to; decides context, allowed calls and the meaning of R0. */
export type ProgramKind =
  | 'qdisc/enqueue'
  | 'qdisc/dequeue'
  | 'qdisc/peek'
  | 'qdisc/init'
  | 'qdisc/change'
  | 'qdisc/reset'
  | 'struct_ops'
  | 'sched_cls'
  | 'xdp'
  | 'socket_filter'
  | 'other';

/** What the qdisc does with the packet of the enqueue program (specification 2.4, 2.5; bpf-qdisc.ts applies it). */
export type EnqueueAction =
  | 'keep'
  | 'keep-and-throttle'
  | 'keep-and-signal-congestion'
  | 'drop'
  | 'pass-to-class'
  | 'fault'
  /** Dropped and counted; the sender is told success, with the flag that the qdisc was passed by (specification 2.6). */
  | 'bypass'
  /** Consumed, uncounted; success with the flag that somebody took the packet (specification 2.6). */
  | 'stolen';
/** What the qdisc does after the dequeue program. */
export type DequeueAction =
  | 'send'
  | 'throttle'
  | 'run-again'
  | 'drop-given'
  | 'take-from-class'
  | 'nothing'
  | 'drop-given-and-warn';

/** One return code of the profile's two programs. */
export interface ReturnCode {
  readonly name: string;
  readonly value: number;
  readonly enqueue: EnqueueAction;
  readonly dequeue: DequeueAction;
  readonly summary: string;
}

/** Quirks of the posted code (specification section 12) that can be switched on, off by default. */
export const QUIRK_IDS = [
  'Q1',
  'Q2',
  'Q3',
  'Q4',
  'Q5',
  'Q6',
  'Q7',
  'Q8',
  'Q9',
  'Q10',
  'Q11',
  'Q12',
  'Q13',
  'Q14',
  'Q15',
  'Q16',
  'Q17',
  'Q18',
  'Q19',
  'Q20',
  'Q21',
  'Q22',
  'Q23',
] as const;
export type QuirkId = (typeof QUIRK_IDS)[number];

export interface ApiProfile {
  readonly id: ProfileId;
  readonly title: string;
  /** Text of the page's badge (contracts 1). */
  readonly badge: string;
  /** Include name that selects it, e.g. `qdisc/v4.h`; null for struct_ops. */
  readonly header: string | null;
  readonly codes: readonly ReturnCode[];
  /** What an enqueue or dequeue program's number means when no code has it. */
  readonly unknownEnqueue: EnqueueAction;
  readonly unknownDequeue: DequeueAction;
  /** Program kinds the profile has, with the section names that select each. */
  readonly sections: readonly { readonly kind: ProgramKind; readonly names: readonly string[]; readonly required: boolean }[];
  readonly context: (kind: ProgramKind) => ContextLayout | null;
  /** `struct __sk_buff` as the qdisc programs see it. */
  readonly packet: ContextLayout;
  /** True when an owned packet at exit is a rejection; false makes it a warning (as-posted study). */
  readonly ownershipIsStrict: boolean;
  /** True where a popped packet can be dereferenced (lab); false where it is opaque (v4, v5). */
  readonly poppedPacketIsReadable: boolean;
  /** Largest max_entries of an skb map (specification 3.1; lab: contracts 1). */
  readonly skbMapLimit: number;
  /** Quirks that can be switched on under this profile: those it has and the simulator can show. */
  readonly quirks: readonly QuirkId[];
}
