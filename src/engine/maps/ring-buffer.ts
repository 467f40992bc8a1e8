// Ring buffer (Linux kernel/bpf/ringbuf.c): records of any length, each with a header of eight bytes, reserved, filled in place and
// submitted or discarded. Records wait until a reader takes them. The bytes lie in program memory, the positions in host memory.

import type { ObjectMap } from '../object/program-object.ts';
import type { RunMemory } from '../vm/memory.ts';
import { KeylessMap } from './keyless-map.ts';
import type { RunMap } from './map.ts';

const HEADER = 8;
/** Bits of a header's length word. */
const BUSY = 0x8000_0000 | 0;
const DISCARDED = 0x4000_0000;
const LENGTH = 0x3fff_ffff;
/** Questions of bpf_ringbuf_query. */
const QUERY = { AVAIL_DATA: 0, RING_SIZE: 1, CONS_POS: 2, PROD_POS: 3 } as const;

const roundUp8 = (value: number): number => (value + 7) & ~7;

export class RingBuffer extends KeylessMap implements RunMap {
  readonly index: number;
  readonly definition: ObjectMap;
  private readonly memory: RunMemory;
  private readonly data: number;
  /** Bytes ever reserved and ever consumed. */
  private readonly positions: Float64Array;

  constructor(memory: RunMemory, index: number, definition: ObjectMap) {
    super();
    this.memory = memory;
    this.index = index;
    this.definition = definition;
    // A record that crosses the end goes on behind it: the kernel maps its pages twice, here they just follow.
    this.data = memory.allocateProgram(2 * definition.maxEntries, 8);
    this.positions = memory.hostFloat64(2);
  }

  /** Host and program bytes such a map needs. */
  static bytes(definition: ObjectMap): { readonly host: number; readonly program: number } {
    return { host: 32, program: 2 * definition.maxEntries + 16 };
  }

  private get produced(): number {
    return this.positions[0] ?? 0;
  }
  private get consumed(): number {
    return this.positions[1] ?? 0;
  }

  /** Bytes waiting for the reader. */
  get used(): number {
    return this.produced - this.consumed;
  }

  /** Address of `size` fresh bytes, or 0 when there is no room. */
  reserve(size: number): number {
    const whole = roundUp8(size + HEADER);
    if (size > LENGTH || whole > this.definition.maxEntries || this.used + whole > this.definition.maxEntries) return 0;
    const at = this.data + (this.produced % this.definition.maxEntries);
    const { view } = this.memory;
    view.setInt32(at, size | BUSY, true);
    view.setInt32(at + 4, 0, true);
    this.positions[0] = this.produced + whole;
    return at + HEADER;
  }

  /** An address inside of this buffer. */
  holds(address: number): boolean {
    return address >= this.data + HEADER && address < this.data + 2 * this.definition.maxEntries;
  }

  /** Ends a reservation: the record is there for the reader, or is skipped. */
  commit(recordAddress: number, discard: boolean): void {
    const { view } = this.memory;
    const header = view.getInt32(recordAddress - HEADER, true) & ~BUSY;
    view.setInt32(recordAddress - HEADER, discard ? header | DISCARDED : header, true);
  }

  /** Copies a record in; -EAGAIN when there is no room. */
  output(from: number, size: number): number {
    const at = this.reserve(size);
    if (at === 0) return -11;
    this.memory.u8.copyWithin(at, from, from + size);
    this.commit(at, false);
    return 0;
  }

  /** What bpf_ringbuf_query answers; 0 for questions it does not know. */
  query(question: number): number {
    switch (question) {
      case QUERY.AVAIL_DATA:
        return this.used;
      case QUERY.RING_SIZE:
        return this.definition.maxEntries;
      case QUERY.CONS_POS:
        return this.consumed;
      case QUERY.PROD_POS:
        return this.produced;
      default:
        return 0;
    }
  }

  /** Takes the next finished record for the reader: its bytes, or null when there is none. Discarded ones are skipped. */
  consume(): Uint8Array | null {
    const { view, u8 } = this.memory;
    while (this.used > 0) {
      const at = this.data + (this.consumed % this.definition.maxEntries);
      const header = view.getInt32(at, true);
      if ((header & BUSY) !== 0) return null;
      const size = header & LENGTH;
      this.positions[1] = this.consumed + roundUp8(size + HEADER);
      if ((header & DISCARDED) === 0) return u8.slice(at + HEADER, at + HEADER + size);
    }
    return null;
  }
}
