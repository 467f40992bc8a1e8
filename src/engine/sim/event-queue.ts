// The event queue: a binary heap over a fixed set of timers, each pending at most once, ordered by time and then by the
// sequence number given when it was set. Cancelling and moving are exact. Lives in host memory. Knows nothing of what timers mean.

import type { RunMemory } from '../vm/memory.ts';

const IDLE = -1;

export class EventQueue {
  private readonly time: Float64Array;
  private readonly sequence: Float64Array;
  private readonly heap: Int32Array;
  private readonly place: Int32Array;
  /** [0] timers pending. */
  private readonly words: Int32Array;
  /** [0] next sequence number. */
  private readonly next: Float64Array;

  /** `timers`: how many there can be; they are named 0 to timers - 1. */
  constructor(memory: RunMemory, timers: number) {
    this.time = memory.hostFloat64(timers);
    this.sequence = memory.hostFloat64(timers);
    this.heap = memory.hostInt32(timers);
    this.place = memory.hostInt32(timers).fill(IDLE);
    this.words = memory.hostInt32(2);
    this.next = memory.hostFloat64(1);
  }

  /** Bytes of host memory for so many timers. */
  static bytes(timers: number): number {
    return timers * 24 + 64;
  }

  get size(): number {
    return this.words[0] ?? 0;
  }

  /** The timer that is due first, or -1. */
  get first(): number {
    return this.size === 0 ? IDLE : (this.heap[0] ?? IDLE);
  }

  timeOf(timer: number): number {
    return this.time[timer] ?? 0;
  }

  isPending(timer: number): boolean {
    return (this.place[timer] ?? IDLE) !== IDLE;
  }

  /** Sets a timer, or moves it: either way it goes behind everything already set for the same time. */
  set(timer: number, time: number): void {
    this.time[timer] = time;
    this.sequence[timer] = this.next[0] ?? 0;
    this.next[0] = (this.next[0] ?? 0) + 1;
    let at = this.place[timer] ?? IDLE;
    if (at === IDLE) {
      at = this.size;
      this.words[0] = at + 1;
      this.put(timer, at);
    }
    if (this.up(at) === at) this.down(at);
  }

  cancel(timer: number): void {
    const at = this.place[timer] ?? IDLE;
    if (at === IDLE) return;
    const last = this.size - 1;
    this.words[0] = last;
    this.place[timer] = IDLE;
    if (at === last) return;
    this.put(this.heap[last] ?? 0, at);
    if (this.up(at) === at) this.down(at);
  }

  private put(timer: number, at: number): void {
    this.heap[at] = timer;
    this.place[timer] = at;
  }

  private before(a: number, b: number): boolean {
    const ta = this.time[a] ?? 0;
    const tb = this.time[b] ?? 0;
    return ta === tb ? (this.sequence[a] ?? 0) < (this.sequence[b] ?? 0) : ta < tb;
  }

  private up(start: number): number {
    let at = start;
    const timer = this.heap[at] ?? 0;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = this.heap[above] ?? 0;
      if (!this.before(timer, other)) break;
      this.put(other, at);
      at = above;
    }
    this.put(timer, at);
    return at;
  }

  private down(start: number): void {
    let at = start;
    const timer = this.heap[at] ?? 0;
    const { size } = this;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= size) break;
      if (child + 1 < size && this.before(this.heap[child + 1] ?? 0, this.heap[child] ?? 0)) child++;
      const other = this.heap[child] ?? 0;
      if (!this.before(other, timer)) break;
      this.put(other, at);
      at = child;
    }
    this.put(timer, at);
  }
}
