// Reads the log: random access over the chunks received so far, steps, search by time. Pure: usable in the page, in
// tests and on the command line. Knows nothing of drawing.

import { CHUNK_RECORDS, type ChunkColumns, type TraceChunk } from './chunk.ts';
import { FLAG_STEP } from './event.ts';

/** One record as a value, for lists and tests; loops read columns instead. */
export interface TraceRecord {
  readonly index: number;
  readonly t: number;
  readonly kind: number;
  readonly opensStep: boolean;
  readonly packet: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

/** The records of one run, append only. Chunks may be of any length; records are copied into full-size columns. */
export class TraceLog {
  private readonly parts: ChunkColumns[] = [];
  private readonly stringTable: string[] = [];
  private readonly stepStarts: number[] = [];
  private records = 0;

  /** Number of records. */
  get length(): number {
    return this.records;
  }

  /** Number of steps begun. */
  get steps(): number {
    return this.stepStarts.length;
  }

  /** Appends a chunk; chunks must come in order. */
  append(chunk: TraceChunk): void {
    const { columns, count } = chunk;
    for (const text of chunk.strings) this.stringTable.push(text);
    for (let i = 0; i < count; i++) {
      if (((columns.flags[i] ?? 0) & FLAG_STEP) !== 0) this.stepStarts.push(this.records + i);
    }
    if (this.records % CHUNK_RECORDS === 0) this.parts.push(columns);
    else this.copy(columns, count);
    this.records += count;
  }

  private copy(columns: ChunkColumns, count: number): void {
    for (let i = 0; i < count; i++) {
      const at = this.records + i;
      const into = this.parts[Math.floor(at / CHUNK_RECORDS)] ?? this.grow(columns);
      const k = at % CHUNK_RECORDS;
      into.t[k] = columns.t[i] ?? 0;
      into.packet[k] = columns.packet[i] ?? 0;
      into.a[k] = columns.a[i] ?? 0;
      into.b[k] = columns.b[i] ?? 0;
      into.c[k] = columns.c[i] ?? 0;
      into.d[k] = columns.d[i] ?? 0;
      into.kind[k] = columns.kind[i] ?? 0;
      into.flags[k] = columns.flags[i] ?? 0;
    }
  }

  private grow(like: ChunkColumns): ChunkColumns {
    const n = CHUNK_RECORDS;
    const word = (): Int32Array => new Int32Array(n);
    const fresh: ChunkColumns = {
      buffer: like.buffer,
      t: new Float64Array(n),
      packet: word(),
      a: word(),
      b: word(),
      c: word(),
      d: word(),
      kind: new Uint8Array(n),
      flags: new Uint8Array(n),
    };
    this.parts.push(fresh);
    return fresh;
  }

  /** Columns that hold record `index`, and its place in them. */
  part(index: number): ChunkColumns | undefined {
    return this.parts[Math.floor(index / CHUNK_RECORDS)];
  }

  time(index: number): number {
    return this.part(index)?.t[index % CHUNK_RECORDS] ?? 0;
  }

  kind(index: number): number {
    return this.part(index)?.kind[index % CHUNK_RECORDS] ?? 0;
  }

  /** The record at `index`, or null past the end. */
  at(index: number): TraceRecord | null {
    if (index < 0 || index >= this.records) return null;
    const columns = this.part(index);
    if (columns === undefined) return null;
    const i = index % CHUNK_RECORDS;
    return {
      index,
      t: columns.t[i] ?? 0,
      kind: columns.kind[i] ?? 0,
      opensStep: ((columns.flags[i] ?? 0) & FLAG_STEP) !== 0,
      packet: columns.packet[i] ?? 0,
      a: columns.a[i] ?? 0,
      b: columns.b[i] ?? 0,
      c: columns.c[i] ?? 0,
      d: columns.d[i] ?? 0,
    };
  }

  text(index: number): string {
    return this.stringTable[index] ?? '';
  }

  /** First record of step `step` (0-based); the end of the log for steps that have not begun. */
  stepStart(step: number): number {
    return this.stepStarts[step] ?? this.records;
  }

  /** The step that record `index` belongs to (-1 before the first). */
  stepOf(index: number): number {
    let low = 0;
    let high = this.stepStarts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.stepStarts[middle] ?? 0) <= index) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Number of records with time <= t: the cursor position of "everything up to t has happened". */
  countUpTo(t: number): number {
    let low = 0;
    let high = this.records;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.time(middle) <= t) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Next record of one of `kinds` after (direction 1) or before (-1) `from`, optionally of one packet; -1 when there is none. */
  find(from: number, direction: 1 | -1, kinds: readonly number[], packet = 0): number {
    for (let i = from + direction; i >= 0 && i < this.records; i += direction) {
      const columns = this.part(i);
      const k = i % CHUNK_RECORDS;
      if (columns === undefined || !kinds.includes(columns.kind[k] ?? 0)) continue;
      if (packet === 0 || columns.packet[k] === packet) return i;
    }
    return -1;
  }
}
