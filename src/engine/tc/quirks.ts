// The quirks of the posted code that a run can switch on, and what each does here (specification section 12). Off by default. Data only.

import type { QuirkId } from '../abi/profile.ts';

export interface QuirkRow {
  readonly id: QuirkId;
  readonly title: string;
  /** What changes when it is on. */
  readonly effect: string;
}

/** Quirks the simulator can show. The others have no effect that a program or a person could see here. */
export const QUIRKS: readonly QuirkRow[] = [
  {
    id: 'Q1',
    title: 'Equal keys leave out of order',
    effect: 'pop, lookup and delete take the topmost packet with the key instead of the oldest',
  },
  { id: 'Q2', title: 'The capacity counter leaks', effect: 'a failed push still counts, and delete and flush do not count down' },
  { id: 'Q3', title: 'Nothing is counted', effect: 'qlen, backlog, sent and dropped of the qdisc stay zero' },
  {
    id: 'Q4',
    title: 'No child is called a success',
    effect: 'a packet for a missing child is freed, uncounted, and the program’s own code goes to the stack',
  },
  {
    id: 'Q5',
    title: 'THROTTLE writes through a stray pointer',
    effect: 'a warning marks each increment through the uninitialised class pointer',
  },
  {
    id: 'Q6',
    title: 'A packet can be pushed twice',
    effect: 'a second push, or a drop after a push, corrupts the list: the packet is leaked and a warning says so',
  },
  {
    id: 'Q7',
    title: 'CONTINUE without end',
    effect: 'dequeue runs again without the limit of 1024; the run stops at a million instructions',
  },
  {
    id: 'Q8',
    title: 'User space cannot look into the map',
    effect: 'the inspector, which is user space here, gets -ENOTSUPP instead of the packets of an skb map',
  },
  {
    id: 'Q10',
    title: 'Deleted packets are leaked',
    effect: 'delete, flush and destroy drop one reference of two: the packet is leaked instead of dropped',
  },
  { id: 'Q13', title: 'Device down finds no packets', effect: 'packets stay in the maps when their device goes down' },
  { id: 'Q18', title: 'The key overwrites data_meta', effect: 'after a push, data_meta reads as the low half of the key' },
  { id: 'Q22', title: 'Reset forgets the packets', effect: 'a reset zeroes qlen and backlog but leaves the packets in the maps' },
  {
    id: 'Q23',
    title: 'The walk breaks when its element goes',
    effect: 'bpf_for_each_map_elem ends after a callback that removed the current packet',
  },
];

export type Quirks = ReadonlySet<QuirkId>;
export const NO_QUIRKS: Quirks = new Set();
