// A chunk: a fixed number of log records as typed columns inside one buffer that can be transferred between threads
// without copying. Knows nothing of what the columns mean.

/** Records a chunk can hold. */
export const CHUNK_RECORDS = 4096;
const BYTES_PER_RECORD = 8 + 5 * 4 + 2;
/** Version of the layout; a reader refuses others. */
export const CHUNK_VERSION = 1;

/** Columns of a chunk. All share one buffer. */
export interface ChunkColumns {
  readonly buffer: ArrayBuffer;
  /** Nanoseconds. */
  readonly t: Float64Array;
  readonly packet: Int32Array;
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly c: Int32Array;
  readonly d: Int32Array;
  readonly kind: Uint8Array;
  readonly flags: Uint8Array;
}

/** A finished chunk: the first `count` records are valid; `strings` are those first used in it, numbered on from `stringBase`. */
export interface TraceChunk {
  readonly version: typeof CHUNK_VERSION;
  readonly columns: ChunkColumns;
  readonly count: number;
  /** Number of the first record in the whole log. */
  readonly base: number;
  readonly stringBase: number;
  readonly strings: readonly string[];
}

/** Columns over a buffer made by {@link newColumns} (also after a transfer). */
export function columnsOver(buffer: ArrayBuffer): ChunkColumns {
  const n = CHUNK_RECORDS;
  const word = (index: number): Int32Array => new Int32Array(buffer, 8 * n + 4 * n * index, n);
  return {
    buffer,
    t: new Float64Array(buffer, 0, n),
    packet: word(0),
    a: word(1),
    b: word(2),
    c: word(3),
    d: word(4),
    kind: new Uint8Array(buffer, 28 * n, n),
    flags: new Uint8Array(buffer, 29 * n, n),
  };
}

export const newColumns = (): ChunkColumns => columnsOver(new ArrayBuffer(CHUNK_RECORDS * BYTES_PER_RECORD));
