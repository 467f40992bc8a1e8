// The packet pool: every live packet has a slot; its host columns (identity, place, key, tree links) lie in host memory, its
// `struct __sk_buff` and header bytes where programs can reach them. Knows nothing of queues or of why packets move.

import { invariant } from '../base/assert.ts';
import { NO_NODE, type TreeLinks } from '../base/red-black-links.ts';
import { PLACES, type Place } from '../trace/event.ts';
import type { RunMemory } from '../vm/memory.ts';

/** Offsets inside `struct __sk_buff` that traffic control fills (abi/layouts.ts SK_BUFF). */
export const SKB = {
  len: 0,
  pktType: 4,
  mark: 8,
  queueMapping: 12,
  protocol: 16,
  priority: 32,
  ifindex: 40,
  tcIndex: 44,
  cb: 48,
  hash: 68,
  tcClassid: 72,
  data: 76,
  dataEnd: 80,
  dataMeta: 140,
  tstamp: 152,
  wireLen: 160,
  gsoSegs: 164,
  gsoSize: 176,
  truesize: 192,
} as const;
/** The longest form, profile lab's. */
const SKB_BYTES = 200;
/** Bytes of real packet data kept for each packet: the headers. The rest of the payload is never looked at. */
export const HEADER_BYTES = 128;
const STRIDE = SKB_BYTES + HEADER_BYTES;

const placeNumber = Object.fromEntries(PLACES.map((name, index) => [name, index])) as Readonly<Record<Place, number>>;

export class PacketPool {
  readonly capacity: number;
  readonly id: Int32Array;
  readonly flow: Int32Array;
  readonly length: Int32Array;
  /** Index in PLACES. */
  readonly place: Uint8Array;
  /** Map index while in a map. */
  readonly inMap: Int32Array;
  /** Qdisc that counts the packet in its qlen, -1 when none does. */
  readonly owner: Int32Array;
  readonly device: Int32Array;
  readonly keyLow: Int32Array;
  readonly keyHigh: Int32Array;
  /** Next slot in whatever list the packet is in (free list, ring, held). */
  readonly next: Int32Array;
  private readonly columns: { left: Int32Array; right: Int32Array; parent: Int32Array; colour: Uint8Array };
  private readonly memory: RunMemory;
  private readonly base: number;
  /** [0] head of the free list, [1] last id given, [2] live packets. */
  private readonly words: Int32Array;

  constructor(memory: RunMemory, capacity: number) {
    this.memory = memory;
    this.capacity = capacity;
    this.id = memory.hostInt32(capacity);
    this.flow = memory.hostInt32(capacity);
    this.length = memory.hostInt32(capacity);
    this.place = memory.hostUint8(capacity);
    this.inMap = memory.hostInt32(capacity);
    this.owner = memory.hostInt32(capacity);
    this.device = memory.hostInt32(capacity);
    this.keyLow = memory.hostInt32(capacity);
    this.keyHigh = memory.hostInt32(capacity);
    this.next = memory.hostInt32(capacity);
    this.columns = {
      left: memory.hostInt32(capacity),
      right: memory.hostInt32(capacity),
      parent: memory.hostInt32(capacity),
      colour: memory.hostUint8(capacity),
    };
    for (const column of [this.columns.left, this.columns.right, this.columns.parent]) column.fill(NO_NODE);
    this.words = memory.hostInt32(4);
    this.base = memory.allocateProgram(capacity * STRIDE, 64);
    for (let slot = 0; slot < capacity; slot++) this.next[slot] = slot + 1 < capacity ? slot + 1 : -1;
  }

  /** Host and program bytes that `capacity` packets need. */
  static bytes(capacity: number): { readonly host: number; readonly program: number } {
    return { host: capacity * 64 + 256, program: capacity * STRIDE + 64 };
  }

  /** Links of a tree whose root is `root[rootAt]`; a packet is in one tree at most, so all trees share the columns. */
  treeLinks(root: Int32Array, rootAt: number): TreeLinks {
    return { ...this.columns, root, rootAt };
  }

  /** Live packets. */
  get live(): number {
    return this.words[2] ?? 0;
  }

  /** A fresh packet in the stack's hands, its `__sk_buff` zeroed but for lengths and data pointers; -1 when the pool is exhausted. */
  allocate(flow: number, length: number, device: number): number {
    const slot = this.words[0] ?? -1;
    if (slot < 0) return -1;
    this.words[0] = this.next[slot] ?? -1;
    this.words[1] = (this.words[1] ?? 0) + 1;
    this.words[2] = this.live + 1;
    this.id[slot] = this.words[1] ?? 0;
    this.flow[slot] = flow;
    this.length[slot] = length;
    this.device[slot] = device;
    this.owner[slot] = -1;
    this.inMap[slot] = -1;
    this.next[slot] = -1;
    this.move(slot, 'stack');
    const at = this.address(slot);
    this.memory.u8.fill(0, at, at + STRIDE);
    const { view } = this.memory;
    const data = at + SKB_BYTES;
    view.setInt32(at + SKB.len, length, true);
    view.setInt32(at + SKB.wireLen, length, true);
    view.setInt32(at + SKB.data, data, true);
    view.setInt32(at + SKB.dataMeta, data, true);
    view.setInt32(at + SKB.dataEnd, data + Math.min(length, HEADER_BYTES), true);
    return slot;
  }

  /** Headers and `__sk_buff` of another packet, but for the lengths and the pointers to the data. */
  copyMetadata(from: number, to: number): void {
    const { u8 } = this.memory;
    const [source, target] = [this.address(from), this.address(to)];
    for (const [start, end] of [
      [SKB.pktType, SKB.data],
      [SKB.tstamp, SKB.wireLen],
      [SKB.gsoSegs, SKB_BYTES + HEADER_BYTES],
    ] as const) {
      u8.copyWithin(target + start, source + start, source + end);
    }
  }

  /** Gives the slot back; the packet is gone. `final` says how. */
  release(slot: number, final: 'sent' | 'dropped' | 'leaked' | 'consumed'): void {
    invariant(this.alive(slot), `release of a live packet (slot ${slot})`);
    this.place[slot] = placeNumber[final];
    this.next[slot] = this.words[0] ?? -1;
    this.words[0] = slot;
    this.words[2] = this.live - 1;
  }

  /** True for a slot that holds a packet which has not left. */
  alive(slot: number): boolean {
    const place = this.place[slot] ?? 0;
    return place > 0 && place < placeNumber.sent;
  }

  move(slot: number, to: Place): void {
    this.place[slot] = placeNumber[to];
  }

  isAt(slot: number, where: Place): boolean {
    return this.place[slot] === placeNumber[where];
  }

  /** Address of the packet's `struct __sk_buff`: what programs hold as a packet pointer. */
  address(slot: number): number {
    return this.base + slot * STRIDE;
  }

  /** Slot of a packet pointer, or -1 when it is none. */
  slotOf(address: number): number {
    const offset = address - this.base;
    if (offset < 0 || offset % STRIDE !== 0) return -1;
    const slot = offset / STRIDE;
    return slot < this.capacity ? slot : -1;
  }

  /** Address of the packet's first header byte. */
  headers(slot: number): number {
    return this.address(slot) + SKB_BYTES;
  }

  /** The first `count` header bytes, for reading and writing. */
  headerView(slot: number, count: number): DataView {
    const { buffer, byteOffset } = this.memory.view;
    return new DataView(buffer, byteOffset + this.headers(slot), count);
  }

  /** A 32-bit field of `__sk_buff`. */
  field(slot: number, offset: number): number {
    return this.memory.view.getInt32(this.address(slot) + offset, true);
  }
  setField(slot: number, offset: number, value: number): void {
    this.memory.view.setInt32(this.address(slot) + offset, value, true);
  }
}
