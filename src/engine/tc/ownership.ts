// The packet ledger (architecture invariant 4): how packets leave, and the conservation equation of contracts 3, in which
// every term is counted by its own walk or its own counter, never by subtraction. Knows nothing of return codes.

import { NO_NODE } from '../base/red-black-links.ts';
import type { SkbMap } from '../maps/skb-map.ts';
import type { RunMemory } from '../vm/memory.ts';
import type { PacketPool } from './packet.ts';

/** Terms of the equation for one qdisc or device. */
export interface Balance {
  readonly offered: number;
  readonly cloned: number;
  readonly segments: number;
  readonly sent: number;
  readonly dropped: number;
  readonly consumed: number;
  readonly queued: number;
  readonly held: number;
  readonly inFlight: number;
  readonly leaked: number;
}

/** Counters of what has come and gone, for one qdisc or device, in host memory (doubles: exact far beyond any run). */
export class Tally {
  private readonly words: Float64Array;
  constructor(memory: RunMemory) {
    this.words = memory.hostFloat64(6);
  }
  private read(index: number): number {
    return this.words[index] ?? 0;
  }
  private add(index: number): void {
    this.words[index] = this.read(index) + 1;
  }
  /** Packets that came into being here: segments of larger ones. */
  get segments(): number {
    return this.read(5);
  }
  countSegment(): void {
    this.add(5);
  }
  get offered(): number {
    return this.read(0);
  }
  get sent(): number {
    return this.read(1);
  }
  get dropped(): number {
    return this.read(2);
  }
  get consumed(): number {
    return this.read(3);
  }
  get leaked(): number {
    return this.read(4);
  }
  countOffered(): void {
    this.add(0);
  }
  countSent(): void {
    this.add(1);
  }
  /** The driver gave back a packet that was counted as sent. */
  uncountSent(): void {
    this.words[1] = this.sent - 1;
  }
  countDropped(): void {
    this.add(2);
  }
  countConsumed(): void {
    this.add(3);
  }
  countLeaked(): void {
    this.add(4);
  }
}

/** Packets in skb maps that `belongs` accepts, found by walking the trees. */
export function countQueued(maps: readonly SkbMap[], belongs: (slot: number) => boolean): number {
  let count = 0;
  for (const map of maps) {
    for (let node = map.tree.first(); node !== NO_NODE; node = map.tree.next(node)) if (belongs(node)) count++;
  }
  return count;
}

/** Packets of a list chained by `packets.next` from `head` (-1 for an empty one). */
export function countList(packets: PacketPool, head: number): number {
  let count = 0;
  for (let slot = head; slot >= 0; slot = packets.next[slot] ?? -1) count++;
  return count;
}

/** What is out of balance, in words, or null: offered + cloned + segments = sent + dropped + consumed + queued + held + in flight + leaked. */
export function imbalance(balance: Balance, of: string): string | null {
  const came = balance.offered + balance.cloned + balance.segments;
  const { sent, dropped, consumed, queued, held, inFlight, leaked } = balance;
  const gone = sent + dropped + consumed + queued + held + inFlight + leaked;
  if (came === gone) return null;
  return `${of}: ${came} packets came in, ${gone} are accounted for (sent ${sent}, dropped ${dropped}, consumed ${consumed}, queued ${queued}, held ${held}, in flight ${inFlight}, leaked ${leaked})`;
}
