// What the log says about each packet, one row a packet id: where it came from, when things happened to it, how it left.
// Built as chunks arrive. Pure; knows nothing of drawing.

import { CHUNK_RECORDS } from './chunk.ts';
import { EVENT } from './event.ts';
import type { TraceLog } from './reader.ts';

/** How a packet left, or that it has not. */
export const FATE = { ALIVE: 0, SENT: 1, DROPPED: 2 } as const;

const NONE = -1;

/** Columns indexed by packet id (ids start at 1). Times in ns, -1 for "not yet". */
export class PacketTable {
  flows = new Int32Array(1024);
  lengths = new Int32Array(1024);
  slotNumbers = new Int32Array(1024);
  arrival = new Float64Array(1024).fill(NONE);
  /** Record numbers, -1 for none. */
  arrivalRecord = new Int32Array(1024).fill(NONE);
  queuedRecord = new Int32Array(1024).fill(NONE);
  pushRecord = new Int32Array(1024).fill(NONE);
  dequeuedRecord = new Int32Array(1024).fill(NONE);
  endRecord = new Int32Array(1024).fill(NONE);
  dequeued = new Float64Array(1024).fill(NONE);
  end = new Float64Array(1024).fill(NONE);
  fate = new Uint8Array(1024);
  /** Highest id seen. */
  last = 0;
  private position = 0;

  /** Bytes, slot and flow of a packet: what the scene fold needs. */
  readonly facts = {
    bytes: (packet: number): number => this.lengths[packet] ?? 0,
    slot: (packet: number): number => this.slotNumbers[packet] ?? 0,
    flow: (packet: number): number => this.flows[packet] ?? 0,
  };

  private grow(): void {
    const size = this.flows.length * 2;
    const words = (old: Int32Array, fill: number): Int32Array<ArrayBuffer> => {
      const wide = new Int32Array(size).fill(fill);
      wide.set(old);
      return wide;
    };
    const doubles = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const wide = new Float64Array(size).fill(NONE);
      wide.set(old);
      return wide;
    };
    this.flows = words(this.flows, 0);
    this.lengths = words(this.lengths, 0);
    this.slotNumbers = words(this.slotNumbers, 0);
    this.arrivalRecord = words(this.arrivalRecord, NONE);
    this.queuedRecord = words(this.queuedRecord, NONE);
    this.pushRecord = words(this.pushRecord, NONE);
    this.dequeuedRecord = words(this.dequeuedRecord, NONE);
    this.endRecord = words(this.endRecord, NONE);
    this.arrival = doubles(this.arrival);
    this.dequeued = doubles(this.dequeued);
    this.end = doubles(this.end);
    const fate = new Uint8Array(size);
    fate.set(this.fate);
    this.fate = fate;
  }

  /** Reads what the log has gained since the last call. */
  extend(log: TraceLog): void {
    for (; this.position < log.length; this.position++) {
      const columns = log.part(this.position);
      if (columns === undefined) return;
      const i = this.position % CHUNK_RECORDS;
      const packet = columns.packet[i] ?? 0;
      if (packet === 0) continue;
      if (packet >= this.flows.length) this.grow();
      const t = columns.t[i] ?? 0;
      switch (columns.kind[i]) {
        case EVENT.ARRIVAL:
          this.last = Math.max(this.last, packet);
          this.flows[packet] = columns.a[i] ?? 0;
          this.lengths[packet] = columns.b[i] ?? 0;
          this.slotNumbers[packet] = columns.c[i] ?? 0;
          this.arrival[packet] = t;
          this.arrivalRecord[packet] = this.position;
          break;
        case EVENT.SEGMENT:
          this.last = Math.max(this.last, packet);
          this.flows[packet] = columns.d[i] ?? 0;
          this.lengths[packet] = columns.b[i] ?? 0;
          this.slotNumbers[packet] = columns.c[i] ?? 0;
          this.arrival[packet] = t;
          this.arrivalRecord[packet] = this.position;
          break;
        case EVENT.MAP_PUSH:
          this.pushRecord[packet] = this.position;
          break;
        case EVENT.QUEUED:
          this.queuedRecord[packet] = this.position;
          break;
        case EVENT.DEQUEUED:
          this.dequeuedRecord[packet] = this.position;
          this.dequeued[packet] = t;
          break;
        case EVENT.TX_DONE:
          this.endRecord[packet] = this.position;
          this.end[packet] = t;
          this.fate[packet] = FATE.SENT;
          break;
        case EVENT.DROP:
          this.endRecord[packet] = this.position;
          this.end[packet] = t;
          this.fate[packet] = FATE.DROPPED;
          break;
        default:
      }
    }
  }

  /** Packets of the same qdisc run that arrived after `packet` and left the queue before it (or before now, when it is still there). */
  overtakenBy(packet: number): number[] {
    const left = this.dequeued[packet] ?? NONE;
    const gone = this.fate[packet] === FATE.DROPPED ? (this.end[packet] ?? NONE) : left;
    const result: number[] = [];
    for (let other = packet + 1; other <= this.last; other++) {
      const at = this.dequeued[other] ?? NONE;
      if (at < 0) continue;
      if (gone >= 0 && (this.arrival[other] ?? 0) > gone) break;
      const before =
        gone < 0 || at < gone || (at === gone && (this.dequeuedRecord[other] ?? 0) < (this.dequeuedRecord[packet] ?? 0));
      if (before) result.push(other);
    }
    return result;
  }
}
