// Log records from a worker to the page, read there: transferred columns against batches of structured objects of the same size.

import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { CHUNK_RECORDS, columnsOver, newColumns } from '../src/engine/trace/chunk.ts';
import { TraceLog } from '../src/engine/trace/reader.ts';

const CHUNKS = 100;
const ROUNDS = 7;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** What came, without waiting: both ends are in this thread, so all the time counted is work. */
function received<T>(port: MessagePort): T {
  const got = receiveMessageOnPort(port) as { message: T } | undefined;
  if (got === undefined) throw new Error('nothing came');
  return got.message;
}

/** Sends and reads records as columns; the sum keeps the reading from being dropped. */
function asColumns(): { readonly ms: number; readonly sum: number } {
  const { port1, port2 } = new MessageChannel();
  const log = new TraceLog();
  let sum = 0;
  const started = performance.now();
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    const columns = newColumns();
    for (let i = 0; i < CHUNK_RECORDS; i++) {
      columns.t[i] = i;
      columns.kind[i] = i & 31;
      columns.packet[i] = i;
      columns.a[i] = i;
      columns.d[i] = chunk;
    }
    const base = chunk * CHUNK_RECORDS;
    port1.postMessage({ buffer: columns.buffer, count: CHUNK_RECORDS, base }, [columns.buffer]);
    const { buffer } = received<{ buffer: ArrayBuffer }>(port2);
    log.append({ version: 1, columns: columnsOver(buffer), count: CHUNK_RECORDS, base, stringBase: 0, strings: [] });
    for (let i = base; i < base + CHUNK_RECORDS; i++) {
      const columns = log.part(i);
      const k = i % CHUNK_RECORDS;
      sum += (columns?.t[k] ?? 0) + (columns?.packet[k] ?? 0) + (columns?.d[k] ?? 0);
    }
  }
  port1.close();
  return { ms: performance.now() - started, sum };
}

interface Plain {
  readonly t: number;
  readonly kind: number;
  readonly flags: number;
  readonly packet: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

function asObjects(): { readonly ms: number; readonly sum: number } {
  const { port1, port2 } = new MessageChannel();
  let sum = 0;
  const started = performance.now();
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    const records: Plain[] = [];
    for (let i = 0; i < CHUNK_RECORDS; i++) {
      records.push({ t: i, kind: i & 31, flags: 0, packet: i, a: i, b: 0, c: 0, d: chunk });
    }
    port1.postMessage(records);
    for (const record of received<Plain[]>(port2)) sum += record.t + record.packet + record.d;
  }
  port1.close();
  return { ms: performance.now() - started, sum };
}

export function run(): Record<string, unknown> {
  asColumns();
  asObjects();
  const columns: number[] = [];
  const objects: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const a = asColumns();
    const b = asObjects();
    if (a.sum !== b.sum) throw new Error('the two ways read different records');
    columns.push(a.ms);
    objects.push(b.ms);
  }
  return {
    name: 'events',
    columns_ns_a_record: Math.round((median(columns) / (CHUNKS * CHUNK_RECORDS)) * 1e6),
    over_structured_objects: Math.round(median(objects.map((value, at) => value / (columns[at] ?? value))) * 10) / 10,
  };
}
