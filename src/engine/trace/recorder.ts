// Appends records to the log. No object is made per record. Keeps a digest of everything recorded, so that two runs can
// be compared without keeping either. Knows nothing of the meaning of columns.

import { Digest } from '../base/digest.ts';
import { CHUNK_RECORDS, CHUNK_VERSION, type ChunkColumns, newColumns, type TraceChunk } from './chunk.ts';
import { FLAG_STEP } from './event.ts';

/** Receives each full chunk, and the last partial one at flush. */
export type ChunkSink = (chunk: TraceChunk) => void;

export class Recorder {
  /** Simulated time stamped on records, ns. */
  now = 0;
  private columns: ChunkColumns = newColumns();
  private at = 0;
  private base = 0;
  private step = false;
  private readonly sink: ChunkSink | null;
  private strings: string[] = [];
  private stringCount = 0;
  private readonly digest = new Digest();
  /** Apart from the records' digest, because chunk borders decide when strings are seen. */
  private readonly textDigest = new Digest();
  /** False while the engine re-executes towards a moment: nothing is recorded then. */
  enabled = true;
  /** With no sink, records are digested and forgotten. */
  constructor(sink: ChunkSink | null) {
    this.sink = sink;
  }

  /** The next record opens a step. */
  openStep(): void {
    this.step = true;
  }

  /** Forgets an opened step that recorded nothing (after unrecorded re-execution). */
  dropOpenStep(): void {
    this.step = false;
  }

  /** Number of the next record. */
  get count(): number {
    return this.base + this.at;
  }

  record(kind: number, packet: number, a = 0, b = 0, c = 0, d = 0): void {
    if (!this.enabled) return;
    const { columns, at } = this;
    columns.t[at] = this.now;
    columns.packet[at] = packet;
    columns.a[at] = a;
    columns.b[at] = b;
    columns.c[at] = c;
    columns.d[at] = d;
    columns.kind[at] = kind;
    columns.flags[at] = this.step ? FLAG_STEP : 0;
    this.step = false;
    this.at = at + 1;
    if (this.at === CHUNK_RECORDS) this.flush();
  }

  /** Number of a string for a column; the text travels with the chunk. */
  text(value: string): number {
    if (!this.enabled) return -1;
    this.strings.push(value);
    return this.stringCount++;
  }

  /** Hands out what has been recorded since the last chunk; does nothing when that is nothing. */
  flush(): void {
    if (this.at === 0) return;
    const { columns, at, base, strings } = this;
    this.digestRecords(columns, at);
    for (const value of strings) this.textDigest.text(value);
    this.base += at;
    this.at = 0;
    this.strings = [];
    if (this.sink === null) return;
    this.columns = newColumns();
    this.sink({ version: CHUNK_VERSION, columns, count: at, base, stringBase: this.stringCount - strings.length, strings });
  }

  private digestRecords(columns: ChunkColumns, count: number): void {
    const { kind, flags, packet, a, b, c, d } = columns;
    const time = new Int32Array(columns.t.buffer, columns.t.byteOffset, 2 * count);
    for (let i = 0; i < count; i++) {
      const head = (kind[i] ?? 0) | ((flags[i] ?? 0) << 8);
      this.digest.row(time[2 * i] ?? 0, time[2 * i + 1] ?? 0, head, packet[i] ?? 0, a[i] ?? 0, b[i] ?? 0, c[i] ?? 0, d[i] ?? 0);
    }
  }

  /** Digest of the whole log so far. Flushes: chunk borders do not matter to it, because records are mixed one by one. */
  digestHex(): string {
    this.flush();
    return new Digest().text(this.digest.hex()).text(this.textDigest.hex()).hex();
  }
}
