// Results of a run, computed from the log alone: by flow sent, dropped by reason, delay percentiles (exact order
// statistics), goodput; over all flows Jain's index. Pure; the page and the command line share it.

import { CHUNK_RECORDS } from './chunk.ts';
import { DROP_REASONS, EVENT } from './event.ts';
import { FATE, type PacketTable } from './packet-table.ts';
import type { TraceLog } from './reader.ts';

/** Delay from arrival to the end of transmission, ns; zeros when nothing was sent. */
export interface DelayFigures {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface FlowFigures {
  readonly flow: number;
  readonly offered: number;
  readonly sent: number;
  readonly sentBytes: number;
  readonly dropped: number;
  /** By index in DROP_REASONS. */
  readonly droppedByReason: readonly number[];
  /** Bits of whole packets sent, per second of the run. */
  readonly goodput: number;
  readonly delay: DelayFigures;
}

export interface RunFigures {
  readonly flows: readonly FlowFigures[];
  /** Jain's fairness index of the flows' goodputs (1 is perfectly even); 1 when nothing was sent. */
  readonly jain: number;
}

/** Exact order statistic: the smallest value that at least `share` of the sorted values do not exceed (nearest rank). */
function percentile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return 0;
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? 0;
}

/** Jain, Chiu, Hawe 1984: (sum x)^2 / (n * sum x^2). */
function jainIndex(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return squares === 0 ? 1 : (sum * sum) / (values.length * squares);
}

function delayFigures(delays: readonly number[]): DelayFigures {
  const sorted = Float64Array.from(delays).sort();
  const mean = sorted.length === 0 ? 0 : sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return {
    mean: Math.round(mean),
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    p999: percentile(sorted, 0.999),
    max: sorted[sorted.length - 1] ?? 0,
  };
}

/** Figures of everything the log holds; `flows` is how many flows there are, `elapsed` the simulated ns that rates refer to. */
export function runFigures(log: TraceLog, packets: PacketTable, flows: number, elapsed: number): RunFigures {
  const delays: number[][] = Array.from({ length: flows }, () => []);
  const reasons = Array.from({ length: flows }, () => DROP_REASONS.map(() => 0));
  const offered = new Array<number>(flows).fill(0);
  const bytes = new Array<number>(flows).fill(0);
  for (let packet = 1; packet <= packets.last; packet++) {
    const flow = packets.flows[packet] ?? 0;
    offered[flow] = (offered[flow] ?? 0) + 1;
    if (packets.fate[packet] !== FATE.SENT) continue;
    bytes[flow] = (bytes[flow] ?? 0) + (packets.lengths[packet] ?? 0);
    delays[flow]?.push((packets.end[packet] ?? 0) - (packets.arrival[packet] ?? 0));
  }
  for (let index = 0; index < log.length; index++) {
    const columns = log.part(index);
    const i = index % CHUNK_RECORDS;
    if (columns === undefined || columns.kind[i] !== EVENT.DROP) continue;
    const row = reasons[columns.d[i] ?? 0];
    const reason = columns.a[i] ?? 0;
    if (row !== undefined) row[reason] = (row[reason] ?? 0) + 1;
  }
  const figures = delays.map((own, flow): FlowFigures => {
    const droppedByReason = reasons[flow] ?? [];
    return {
      flow,
      offered: offered[flow] ?? 0,
      sent: own.length,
      sentBytes: bytes[flow] ?? 0,
      dropped: droppedByReason.reduce((sum, count) => sum + count, 0),
      droppedByReason,
      goodput: elapsed > 0 ? Math.round(((bytes[flow] ?? 0) * 8e9) / elapsed) : 0,
      delay: delayFigures(own),
    };
  });
  return { flows: figures, jain: jainIndex(figures.map((figure) => figure.goodput)) };
}
