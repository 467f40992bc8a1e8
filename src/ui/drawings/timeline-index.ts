// What the time line and the scene's lanes look up by time: columns of times per track, grown as the log grows. Built from
// the log alone. Knows no pixels and no React.

import { CHUNK_RECORDS } from '../../engine/trace/chunk.ts';
import { EVENT } from '../../engine/trace/event.ts';
import type { TraceLog } from '../../engine/trace/reader.ts';

/** A growing column of doubles in ascending time order, with the record of each. */
export class TimeColumn {
  times = new Float64Array(256);
  records = new Int32Array(256);
  length = 0;

  push(t: number, record: number): void {
    if (this.length === this.times.length) {
      const times = new Float64Array(this.length * 2);
      times.set(this.times);
      this.times = times;
      const records = new Int32Array(this.length * 2);
      records.set(this.records);
      this.records = records;
    }
    this.times[this.length] = t;
    this.records[this.length++] = record;
  }

  /** Index of the first entry with time >= t. */
  lowerBound(t: number, from = 0): number {
    let low = from;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.times[middle] ?? 0) < t) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export interface FlowTrack {
  readonly arrivals: TimeColumn;
  readonly departures: TimeColumn;
  readonly drops: TimeColumn;
}

const newTrack = (): FlowTrack => ({ arrivals: new TimeColumn(), departures: new TimeColumn(), drops: new TimeColumn() });

export class TimelineIndex {
  readonly flows: FlowTrack[] = [];
  /** Each change of the queue's length; the value stands in `backlog` at the same index. */
  readonly backlogTimes = new TimeColumn();
  backlog: number[] = [];
  /** Bytes queued at the same indices. */
  backlogBytes: number[] = [];
  highestBacklog = 0;
  /** Starts and ends of transmissions alternate per device; only the first device is shown. */
  readonly sendStarts = new TimeColumn();
  readonly sendEnds = new TimeColumn();
  readonly watchdogs = new TimeColumn();
  /** Faults, warnings and console lines. */
  readonly messages = new TimeColumn();
  private readonly packetsByQdisc: number[] = [];
  private readonly bytesByQdisc: number[] = [];
  private position = 0;

  private flow(index: number): FlowTrack {
    let track = this.flows[index];
    if (track === undefined) {
      track = newTrack();
      this.flows[index] = track;
    }
    return track;
  }

  private setBacklog(t: number, record: number, qdisc: number, packets: number, bytes: number): void {
    this.packetsByQdisc[qdisc] = packets;
    this.bytesByQdisc[qdisc] = bytes;
    let sum = 0;
    for (const value of this.packetsByQdisc) sum += value ?? 0;
    let sumBytes = 0;
    for (const value of this.bytesByQdisc) sumBytes += value ?? 0;
    this.backlogTimes.push(t, record);
    this.backlog.push(sum);
    this.backlogBytes.push(sumBytes);
    if (sum > this.highestBacklog) this.highestBacklog = sum;
  }

  /** Reads what the log has gained since the last call. */
  extend(log: TraceLog): void {
    for (; this.position < log.length; this.position++) {
      const record = this.position;
      const columns = log.part(record);
      if (columns === undefined) return;
      const k = record % CHUNK_RECORDS;
      const t = columns.t[k] ?? 0;
      const a = columns.a[k] ?? 0;
      switch (columns.kind[k]) {
        case EVENT.ARRIVAL:
          this.flow(a).arrivals.push(t, record);
          break;
        case EVENT.DEQUEUED:
          this.flow(columns.d[k] ?? 0).departures.push(t, record);
          this.setBacklog(t, record, a, columns.b[k] ?? 0, columns.c[k] ?? 0);
          break;
        case EVENT.DROP:
          this.flow(columns.d[k] ?? 0).drops.push(t, record);
          break;
        case EVENT.QUEUED:
        case EVENT.BACKLOG:
        case EVENT.REQUEUE:
          this.setBacklog(t, record, a, columns.b[k] ?? 0, columns.c[k] ?? 0);
          break;
        case EVENT.TX_START:
          this.sendStarts.push(t, record);
          break;
        case EVENT.TX_DONE:
          this.sendEnds.push(t, record);
          break;
        case EVENT.WATCHDOG_SET:
          this.watchdogs.push(t, record);
          break;
        case EVENT.CONSOLE:
        case EVENT.FAULT:
        case EVENT.WARNING:
          this.messages.push(t, record);
          break;
        default:
      }
    }
  }
}
