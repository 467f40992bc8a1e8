// The classes of all qdiscs of a run, in its memory: which exist, what child hangs from each, their counters. Knows nothing of
// programs or of commands.

import type { RunMemory } from '../vm/memory.ts';

/** Words of a class: [0] 1 + its qdisc (0: the place is free), [1] minor, [2] 1 + its child, [3] drops, [4] overlimits, [5] minor of the class above it. */
const WORDS = 6;

/** Counters of a class as `tc -s class show` has them. */
export interface ClassStatistics {
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly dropped: number;
  readonly overlimits: number;
}

export class ClassTable {
  private readonly capacity: number;
  private readonly words: Int32Array;
  /** [0] bytes, [1] packets of each class. */
  private readonly sent: Float64Array;
  /** Open addressing over (qdisc, minor); 1 + class, 0 for empty. Built anew when a class comes or goes. */
  private readonly index: Int32Array;

  constructor(memory: RunMemory, capacity: number) {
    this.capacity = capacity;
    this.words = memory.hostInt32(capacity * WORDS);
    this.sent = memory.hostFloat64(capacity * 2);
    this.index = memory.hostInt32(ClassTable.indexSize(capacity));
  }

  private static indexSize(capacity: number): number {
    let size = 4;
    while (size < capacity * 2) size *= 2;
    return size;
  }

  /** Host bytes that so many classes need. */
  static bytes(capacity: number): number {
    return capacity * (WORDS * 4 + 16) + ClassTable.indexSize(capacity) * 4 + 64;
  }

  private word(slot: number, at: number): number {
    return this.words[slot * WORDS + at] ?? 0;
  }
  private set(slot: number, at: number, value: number): void {
    this.words[slot * WORDS + at] = value;
  }

  private home(qdisc: number, minor: number): number {
    return (Math.imul(qdisc * 65_536 + minor, 0x9e3779b1) >>> 8) & (this.index.length - 1);
  }

  private reindex(): void {
    this.index.fill(0);
    for (let slot = 0; slot < this.capacity; slot++) {
      if (this.word(slot, 0) === 0) continue;
      let at = this.home(this.qdiscOf(slot), this.minorOf(slot));
      while (this.index[at] !== 0) at = (at + 1) & (this.index.length - 1);
      this.index[at] = slot + 1;
    }
  }

  /** The class of a qdisc with this minor number, or -1. */
  find(qdisc: number, minor: number): number {
    if (minor === 0) return -1;
    for (let at = this.home(qdisc, minor); ; at = (at + 1) & (this.index.length - 1)) {
      const slot = (this.index[at] ?? 0) - 1;
      if (slot < 0) return -1;
      if (this.qdiscOf(slot) === qdisc && this.minorOf(slot) === minor) return slot;
    }
  }

  /** A new class; the caller has seen to it that there is none with this number. -1 when there is no room. */
  create(qdisc: number, minor: number, above: number): number {
    for (let slot = 0; slot < this.capacity; slot++) {
      if (this.word(slot, 0) !== 0) continue;
      for (const [at, value] of [qdisc + 1, minor, 0, 0, 0, above].entries()) this.set(slot, at, value);
      this.sent.fill(0, slot * 2, slot * 2 + 2);
      this.reindex();
      return slot;
    }
    return -1;
  }

  remove(slot: number): void {
    this.words.fill(0, slot * WORDS, slot * WORDS + WORDS);
    this.reindex();
  }

  /** Classes of a qdisc, by their numbers. */
  of(qdisc: number): number[] {
    const found: number[] = [];
    for (let slot = 0; slot < this.capacity; slot++) if (this.word(slot, 0) === qdisc + 1) found.push(slot);
    return found.sort((a, b) => this.minorOf(a) - this.minorOf(b));
  }

  qdiscOf(slot: number): number {
    return this.word(slot, 0) - 1;
  }
  minorOf(slot: number): number {
    return this.word(slot, 1);
  }
  /** Minor of the class it stands under; 0 for the qdisc itself. */
  aboveOf(slot: number): number {
    return this.word(slot, 5);
  }
  /** Number of the child qdisc, or -1. */
  childOf(slot: number): number {
    return slot < 0 ? -1 : this.word(slot, 2) - 1;
  }
  setChild(slot: number, qdisc: number): void {
    this.set(slot, 2, qdisc + 1);
  }

  countDrop(slot: number): void {
    this.set(slot, 3, this.word(slot, 3) + 1);
  }
  countOverlimit(slot: number): void {
    this.set(slot, 4, this.word(slot, 4) + 1);
  }
  countSent(slot: number, bytes: number): void {
    this.sent[slot * 2] = (this.sent[slot * 2] ?? 0) + bytes;
    this.sent[slot * 2 + 1] = (this.sent[slot * 2 + 1] ?? 0) + 1;
  }

  statistics(slot: number): ClassStatistics {
    return {
      sentBytes: this.sent[slot * 2] ?? 0,
      sentPackets: this.sent[slot * 2 + 1] ?? 0,
      dropped: this.word(slot, 3),
      overlimits: this.word(slot, 4),
    };
  }
}
