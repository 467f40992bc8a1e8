// The life of one packet as sentences with places to go: built from the packet table and the log, with C lines from the
// run's line tables. Pure; knows nothing of React.

import { fromHalves } from '../../engine/base/u64.ts';
import { DROP_REASONS, EVENT } from '../../engine/trace/event.ts';
import { FATE } from '../../engine/trace/packet-table.ts';
import type { RunData } from './run-data.ts';

export interface BiographyEntry {
  readonly kind: 'arrival' | 'push' | 'queued' | 'pop' | 'dequeued' | 'start' | 'sent' | 'drop' | 'refused' | 'message';
  readonly t: number;
  /** Record to seek to. */
  readonly record: number;
  readonly text: string;
  /** Program object and line of the deciding C statement; line 0 when there is none. */
  readonly program: string | null;
  readonly line: number;
}

export interface Biography {
  readonly packet: number;
  readonly flow: number;
  readonly flowName: string;
  readonly bytes: number;
  readonly entries: readonly BiographyEntry[];
  readonly overtakenBy: readonly number[];
  /** ns in the queue, null while it is there or when it never was. */
  readonly waited: number | null;
  readonly fate: 'alive' | 'sent' | 'dropped';
}

/** A life longer than this in records is cut (a run with the packet never leaving). */
const LONGEST_SEARCH = 2_000_000;
const MOST_ENTRIES = 60;

function placeOf(
  run: RunData,
  qdisc: number,
  side: 'enqueue' | 'dequeue',
  slot: number,
): Pick<BiographyEntry, 'program' | 'line'> {
  return { program: run.qdisc(qdisc)?.program ?? null, line: slot < 0 ? 0 : run.lineOf(qdisc, side, slot) };
}

type RecordOf = NonNullable<ReturnType<RunData['log']['at']>>;

function entryOf(run: RunData, record: RecordOf): BiographyEntry | null {
  const { a, b, c, d, kind, t, index } = record;
  const common = { t, record: index, program: null, line: 0 };
  // A key made of two halves (a class and a number, a length and a number) is easier to read as such.
  const key = (): string => (c === 0 ? String(b >>> 0) : `${fromHalves(b, c)} (${c >>> 0}:${b >>> 0})`);
  const qdiscOfMap = run.info?.maps.find((map) => map.index === a)?.qdisc ?? 0;
  switch (kind) {
    case EVENT.ARRIVAL:
      return { ...common, kind: 'arrival', text: `arrives: flow ${run.flowName(a)}, ${b} bytes` };
    case EVENT.MAP_PUSH:
      return {
        ...common,
        ...placeOf(run, qdiscOfMap, 'enqueue', d),
        kind: 'push',
        text: `pushed into ${run.mapName(a)} with key ${key()}`,
      };
    case EVENT.MAP_FULL:
      return {
        ...common,
        ...placeOf(run, qdiscOfMap, 'enqueue', d),
        kind: 'refused',
        text: `${run.mapName(a)} is full: push gives -ENOBUFS`,
      };
    case EVENT.QUEUED:
      return { ...common, kind: 'queued', text: `queued; the queue now holds ${b} packets, ${c} bytes` };
    case EVENT.MAP_POP:
      return {
        ...common,
        ...placeOf(run, qdiscOfMap, 'dequeue', d),
        kind: 'pop',
        text: `popped from ${run.mapName(a)}, key ${key()}`,
      };
    case EVENT.MAP_REMOVE:
      return {
        ...common,
        ...placeOf(run, qdiscOfMap, run.sideAt(index, false), d),
        kind: 'pop',
        text: `deleted from ${run.mapName(a)}, key ${key()}`,
      };
    case EVENT.DEQUEUED:
      return { ...common, kind: 'dequeued', text: 'handed to the device' };
    case EVENT.REQUEUE:
      return { ...common, kind: 'queued', text: 'the driver was full: held in front of the qdisc' };
    case EVENT.TX_START:
      return { ...common, kind: 'start', text: 'the link begins to send it' };
    case EVENT.TX_DONE:
      return { ...common, kind: 'sent', text: 'sent' };
    case EVENT.DROP: {
      const reason = DROP_REASONS[a];
      const side = run.sideAt(index, reason?.name !== 'DELETED');
      return {
        ...common,
        ...placeOf(run, b, side, c),
        kind: 'drop',
        text: `dropped, ${reason?.name ?? '?'}: ${reason?.meaning ?? ''}`,
      };
    }
    case EVENT.CONSOLE:
      return { ...common, kind: 'message', text: `bpf_printk: ${run.log.text(b)}` };
    case EVENT.FAULT:
      return {
        ...common,
        ...placeOf(run, a, d === 0 ? 'enqueue' : 'dequeue', c),
        kind: 'message',
        text: `fault: ${run.log.text(b)}`,
      };
    default:
      return null;
  }
}

/** The biography of `packet`, or null when the log does not know it. */
export function biographyOf(run: RunData, packet: number): Biography | null {
  const { packets, log } = run;
  const first = packets.arrivalRecord[packet] ?? -1;
  if (packet <= 0 || packet > packets.last || first < 0) return null;
  const end = packets.endRecord[packet] ?? -1;
  const limit = Math.min(end < 0 ? log.length - 1 : end, first + LONGEST_SEARCH);
  const kinds = [
    EVENT.ARRIVAL,
    EVENT.MAP_PUSH,
    EVENT.MAP_FULL,
    EVENT.QUEUED,
    EVENT.MAP_POP,
    EVENT.MAP_REMOVE,
    EVENT.DEQUEUED,
    EVENT.REQUEUE,
    EVENT.TX_START,
    EVENT.TX_DONE,
    EVENT.DROP,
    EVENT.CONSOLE,
    EVENT.FAULT,
  ];
  const entries: BiographyEntry[] = [];
  for (let i = log.find(first - 1, 1, kinds, packet); i >= 0 && i <= limit && entries.length < MOST_ENTRIES; ) {
    const record = log.at(i);
    const entry = record === null ? null : entryOf(run, record);
    if (entry !== null) entries.push(entry);
    if (i === limit) break;
    i = log.find(i, 1, kinds, packet);
  }
  const dequeued = packets.dequeued[packet] ?? -1;
  const fate = packets.fate[packet];
  return {
    packet,
    flow: packets.flows[packet] ?? 0,
    flowName: run.flowName(packets.flows[packet] ?? 0),
    bytes: packets.lengths[packet] ?? 0,
    entries,
    overtakenBy: packets.overtakenBy(packet),
    waited: dequeued < 0 ? null : dequeued - (packets.arrival[packet] ?? 0),
    fate: fate === FATE.SENT ? 'sent' : fate === FATE.DROPPED ? 'dropped' : 'alive',
  };
}

/** A time in ns with a unit that suits it: `12.384 ms`, `1.713456 s`. Microseconds are always to be read. */
export function momentText(t: number): string {
  const ns = Math.round(t);
  const shown = (value: number, digits: number): number => Number(value.toFixed(digits));
  if (Math.abs(ns) >= 1e9) return `${shown(ns / 1e9, 6)} s`;
  if (Math.abs(ns) >= 1e6) return `${shown(ns / 1e6, 3)} ms`;
  if (Math.abs(ns) >= 1e3) return `${shown(ns / 1e3, 3)} µs`;
  return `${ns} ns`;
}
