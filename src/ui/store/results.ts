// Figures of a run by flow, from the log and the packet table alone. Pure; knows nothing of the store or of drawing.

import { DROP_REASONS, EVENT } from '../../engine/trace/event.ts';
import { FATE } from '../../engine/trace/packet-table.ts';
import type { RunData } from './run-data.ts';

export interface FlowResult {
  readonly flow: number;
  readonly name: string;
  readonly offered: number;
  readonly sent: number;
  readonly sentBytes: number;
  readonly dropped: number;
  /** By name of the reason, only those that happened. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  /** Time in the queue in ns: exact order statistics of the packets that were dequeued; null when there are none. */
  readonly p50: number | null;
  readonly p99: number | null;
}

export interface RunResults {
  readonly flows: readonly FlowResult[];
  readonly total: FlowResult;
  /** Jain's index of the flows' sent bytes: (Σx)² / (n Σx²); null without traffic (Jain, Chiu and Hawe 1984). */
  readonly jain: number | null;
  readonly untilNs: number;
}

/** The nearest-rank percentile of sorted values: the smallest with at least a share `q` at or below it. */
export function percentile(sorted: Float64Array, q: number): number | null {
  if (sorted.length === 0) return null;
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null;
}

export function jainIndex(values: readonly number[]): number | null {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return squares === 0 ? null : (sum * sum) / (values.length * squares);
}

interface Tally {
  offered: number;
  sent: number;
  sentBytes: number;
  dropped: number;
  readonly reasons: number[];
  readonly waits: number[];
}

const newTally = (): Tally => ({ offered: 0, sent: 0, sentBytes: 0, dropped: 0, reasons: [], waits: [] });

function finish(flow: number, name: string, tally: Tally): FlowResult {
  const waits = Float64Array.from(tally.waits).sort();
  return {
    flow,
    name,
    offered: tally.offered,
    sent: tally.sent,
    sentBytes: tally.sentBytes,
    dropped: tally.dropped,
    reasons: tally.reasons.flatMap((count, reason) =>
      count > 0 ? [{ reason: DROP_REASONS[reason]?.name ?? `reason ${reason}`, count }] : [],
    ),
    p50: percentile(waits, 0.5),
    p99: percentile(waits, 0.99),
  };
}

/** Results of everything the log holds so far. O(packets + drops). */
export function resultsOf(run: RunData): RunResults {
  const { packets, log } = run;
  const tallies = new Map<number, Tally>();
  const total = newTally();
  for (const flow of run.info?.flows ?? []) tallies.set(flow.index, newTally());
  for (let packet = 1; packet <= packets.last; packet++) {
    const flow = packets.flows[packet] ?? 0;
    const tally = tallies.get(flow) ?? newTally();
    tallies.set(flow, tally);
    const wait = (packets.dequeued[packet] ?? -1) - (packets.arrival[packet] ?? 0);
    for (const sum of [tally, total]) {
      sum.offered++;
      if (packets.fate[packet] === FATE.SENT) {
        sum.sent++;
        sum.sentBytes += packets.lengths[packet] ?? 0;
      }
      if ((packets.dequeued[packet] ?? -1) >= 0) sum.waits.push(wait);
      if (packets.fate[packet] === FATE.DROPPED) {
        sum.dropped++;
        const end = log.at(packets.endRecord[packet] ?? -1);
        if (end !== null && end.kind === EVENT.DROP) sum.reasons[end.a] = (sum.reasons[end.a] ?? 0) + 1;
      }
    }
  }
  const flows = [...tallies].sort(([a], [b]) => a - b).map(([flow, tally]) => finish(flow, run.flowName(flow), tally));
  return { flows, total: finish(-1, 'all', total), jain: jainIndex(flows.map((flow) => flow.sentBytes)), untilNs: run.knownNs };
}
