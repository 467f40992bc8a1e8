// The event queue: a binary heap over a fixed set of timers, each pending at most once, ordered by time and then by the
// sequence number given when it was set. Keys lie in the order of the heap, so that a comparison reads neighbours. Cancelling and
// moving are exact. Lives in host memory. Knows nothing of what timers mean.

import type { RunMemory } from '../vm/memory.ts';

const IDLE = -1;

export class EventQueue {
  /** By place in the heap: time (infinite behind the last, so that every left child has a right one) and timer. */
  private readonly times: Float64Array;
  private readonly timers: Int32Array;
  /** By timer: its place or -1, and its sequence number. */
  private readonly places: Int32Array;
  private readonly sequences: Float64Array;
  /** [0] places in use, [1] 1 while the first place is a hole that {@link takeFirst} left. */
  private readonly words: Int32Array;
  /** [0] next sequence number. */
  private readonly next: Float64Array;

  /** `timers`: how many there can be; they are named 0 to timers - 1. */
  constructor(memory: RunMemory, timers: number) {
    this.times = memory.hostFloat64(timers + 1).fill(Number.POSITIVE_INFINITY);
    this.sequences = memory.hostFloat64(timers);
    this.timers = memory.hostInt32(timers);
    this.places = memory.hostInt32(timers).fill(IDLE);
    this.words = memory.hostInt32(2);
    this.next = memory.hostFloat64(1);
  }

  /** Bytes of host memory for so many timers. */
  static bytes(timers: number): number {
    return timers * 24 + 80;
  }

  get size(): number {
    return (this.words[0] ?? 0) - (this.words[1] ?? 0);
  }

  /** The timer that is due first, or -1. */
  get first(): number {
    if (this.words[1] !== 0) this.closeHole();
    return this.words[0] === 0 ? IDLE : (this.timers[0] ?? IDLE);
  }

  /**
   * Takes the first timer out. Its place stays open for the next one that is set: an event that makes another, which most
   * do, costs one walk through the heap instead of two.
   */
  takeFirst(): number {
    const timer = this.first;
    if (timer === IDLE) return IDLE;
    this.places[timer] = IDLE;
    this.words[1] = 1;
    return timer;
  }

  private closeHole(): void {
    this.words[1] = 0;
    const last = (this.words[0] ?? 0) - 1;
    this.words[0] = last;
    if (last > 0) this.copy(last, 0);
    this.times[last] = Number.POSITIVE_INFINITY;
    if (last > 0) this.down(0);
  }

  isPending(timer: number): boolean {
    return (this.places[timer] ?? IDLE) !== IDLE;
  }

  /** When a pending timer is due. */
  timeOf(timer: number): number {
    return this.times[this.places[timer] ?? 0] ?? 0;
  }

  /** Sets a timer, or moves it: either way it goes behind everything already set for the same time. */
  set(timer: number, time: number): void {
    let place = this.places[timer] ?? IDLE;
    if (this.words[1] !== 0 && place !== IDLE) {
      this.closeHole();
      place = this.places[timer] ?? IDLE;
    }
    if (this.words[1] !== 0) {
      this.words[1] = 0;
      this.put(0, timer, time);
      this.down(0);
    } else if (place === IDLE) {
      const last = this.words[0] ?? 0;
      this.words[0] = last + 1;
      this.put(last, timer, time);
      this.up(last);
    } else {
      const earlier = time < (this.times[place] ?? 0);
      this.put(place, timer, time);
      if (earlier) this.up(place);
      else this.down(place);
    }
  }

  cancel(timer: number): void {
    if ((this.places[timer] ?? IDLE) === IDLE) return;
    if (this.words[1] !== 0) this.closeHole();
    const place = this.places[timer] ?? IDLE;
    const last = (this.words[0] ?? 0) - 1;
    this.words[0] = last;
    this.places[timer] = IDLE;
    if (place !== last) this.copy(last, place);
    this.times[last] = Number.POSITIVE_INFINITY;
    if (place === last) return;
    if (place > 0 && this.isBefore(place, (place - 1) >> 1)) this.up(place);
    else this.down(place);
  }

  /** Writes a timer with a fresh sequence number into a place. */
  private put(at: number, timer: number, time: number): void {
    const sequence = this.next[0] ?? 0;
    this.next[0] = sequence + 1;
    this.times[at] = time;
    this.sequences[timer] = sequence;
    this.timers[at] = timer;
    this.places[timer] = at;
  }

  private copy(from: number, to: number): void {
    const timer = this.timers[from] ?? 0;
    this.times[to] = this.times[from] ?? 0;
    this.timers[to] = timer;
    this.places[timer] = to;
  }

  /** Whether what stands at `a` comes before what stands at `b`: by time, then by the order in which they were set. */
  private isBefore(a: number, b: number): boolean {
    const ta = this.times[a] ?? 0;
    const tb = this.times[b] ?? 0;
    return ta < tb || (ta === tb && this.sequenceAt(a) < this.sequenceAt(b));
  }

  private sequenceAt(place: number): number {
    return this.sequences[this.timers[place] ?? 0] ?? 0;
  }

  // Keys are read inside and not handed over: a number with a fraction, as an argument, would be a new object each time. Equal
  // times are rare, so that sequence numbers are looked up only then.

  /** Moves what stands at `start` up to where it belongs. */
  private up(start: number): void {
    const { times, sequences, timers, places } = this;
    const time = times[start] ?? 0;
    const timer = timers[start] ?? 0;
    let at = start;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const t = times[above] ?? 0;
      const other = timers[above] ?? 0;
      if (t < time || (t === time && (sequences[other] ?? 0) < (sequences[timer] ?? 0))) break;
      times[at] = t;
      timers[at] = other;
      places[other] = at;
      at = above;
    }
    times[at] = time;
    timers[at] = timer;
    places[timer] = at;
  }

  /** Moves what stands at `start` down to where it belongs. */
  private down(start: number): void {
    const { times, sequences, timers, places } = this;
    const size = this.words[0] ?? 0;
    const time = times[start] ?? 0;
    const timer = timers[start] ?? 0;
    let at = start;
    for (let left = at * 2 + 1; left < size; left = at * 2 + 1) {
      const right = left + 1;
      const tl = times[left] ?? 0;
      const tr = times[right] ?? 0;
      // Which child comes first is anybody's guess, also the processor's: an addition is cheaper than a wrong guess.
      let child = left + +(tr < tl);
      if (tr === tl && (sequences[timers[right] ?? 0] ?? 0) < (sequences[timers[left] ?? 0] ?? 0)) child = right;
      const least = times[child] ?? 0;
      const other = timers[child] ?? 0;
      if (time < least || (time === least && (sequences[timer] ?? 0) < (sequences[other] ?? 0))) break;
      times[at] = least;
      timers[at] = other;
      places[other] = at;
      at = child;
    }
    times[at] = time;
    timers[at] = timer;
    places[timer] = at;
  }
}
