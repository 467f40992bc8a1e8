// Table of map types: the kernel's numbers (include/uapi/linux/bpf.h), and two of ours outside the kernel's range for the
// maps that no kernel ever numbered. Data only.

export type MapTypeName =
  | 'hash'
  | 'array'
  | 'prog_array'
  | 'perf_event_array'
  | 'percpu_hash'
  | 'percpu_array'
  | 'lru_hash'
  | 'lru_percpu_hash'
  | 'lpm_trie'
  | 'array_of_maps'
  | 'hash_of_maps'
  | 'queue'
  | 'stack'
  | 'ringbuf'
  | 'skbmap'
  | 'flowmap';

export interface MapTypeRow {
  readonly name: MapTypeName;
  readonly number: number;
  /** Enumerator in C. */
  readonly enumerator: string;
  /** True when the playground can create one. */
  readonly built: boolean;
}

const row = (number: number, name: MapTypeName, built = false): MapTypeRow => ({
  name,
  number,
  enumerator: `BPF_MAP_TYPE_${name.toUpperCase()}`,
  built,
});

export const MAP_TYPES: readonly MapTypeRow[] = [
  row(1, 'hash', true),
  row(2, 'array', true),
  row(3, 'prog_array'),
  row(4, 'perf_event_array'),
  row(5, 'percpu_hash'),
  row(6, 'percpu_array'),
  row(9, 'lru_hash'),
  row(10, 'lru_percpu_hash'),
  row(11, 'lpm_trie'),
  row(12, 'array_of_maps'),
  row(13, 'hash_of_maps'),
  row(22, 'queue'),
  row(23, 'stack'),
  row(27, 'ringbuf'),
  row(201, 'skbmap', true),
  row(202, 'flowmap'),
];

/** Row of a number, or null. */
export const mapTypeOf = (number: number): MapTypeRow | null => MAP_TYPES.find((type) => type.number === number) ?? null;
