// What programs may do with each map type, and the flags that forbid reading or writing from programs (Linux
// kernel/bpf/verifier.c, check_map_func_compatibility). Knows nothing of states or instructions.

import type { ObjectMap } from '../object/program-object.ts';

/** Flags of BPF_MAP_CREATE that the verifier looks at. */
export const MAP_FLAG = { READ_ONLY: 1 << 7, WRITE_ONLY: 1 << 8 } as const;

export const mapMayBeRead = (map: ObjectMap): boolean => (map.flags & MAP_FLAG.WRITE_ONLY) === 0;
export const mapMayBeWritten = (map: ObjectMap): boolean => (map.flags & MAP_FLAG.READ_ONLY) === 0 && !map.data?.readOnly;

export const MAP = {
  HASH: 1,
  ARRAY: 2,
  PROG_ARRAY: 3,
  PERF_EVENT_ARRAY: 4,
  PERCPU_HASH: 5,
  PERCPU_ARRAY: 6,
  STACK_TRACE: 7,
  CGROUP_ARRAY: 8,
  LRU_HASH: 9,
  LRU_PERCPU_HASH: 10,
  LPM_TRIE: 11,
  ARRAY_OF_MAPS: 12,
  HASH_OF_MAPS: 13,
  DEVMAP: 14,
  SOCKMAP: 15,
  CPUMAP: 16,
  XSKMAP: 17,
  SOCKHASH: 18,
  CGROUP_STORAGE: 19,
  REUSEPORT_SOCKARRAY: 20,
  PERCPU_CGROUP_STORAGE: 21,
  QUEUE: 22,
  STACK: 23,
  SK_STORAGE: 24,
  DEVMAP_HASH: 25,
  STRUCT_OPS: 26,
  RINGBUF: 27,
  SKBMAP: 201,
} as const;

/** Helpers that maps of one type are for; other helpers are refused. Types not listed take the general ones. */
const ONLY = new Map<number, readonly number[]>([
  [MAP.PROG_ARRAY, [12]],
  [MAP.PERF_EVENT_ARRAY, [22, 25, 55, 111, 121]],
  [MAP.STACK_TRACE, [27]],
  [MAP.CGROUP_ARRAY, [34, 37]],
  [MAP.CGROUP_STORAGE, [81]],
  [MAP.PERCPU_CGROUP_STORAGE, [81]],
  [MAP.DEVMAP, [51, 1]],
  [MAP.DEVMAP_HASH, [51, 1]],
  [MAP.CPUMAP, [51]],
  [MAP.XSKMAP, [51, 1]],
  [MAP.ARRAY_OF_MAPS, [1]],
  [MAP.HASH_OF_MAPS, [1]],
  [MAP.SOCKMAP, [52, 53, 60, 3, 82, 1, 2]],
  [MAP.SOCKHASH, [72, 70, 71, 3, 82, 1, 2]],
  [MAP.REUSEPORT_SOCKARRAY, [82]],
  [MAP.QUEUE, [87, 88, 89]],
  [MAP.STACK, [87, 88, 89]],
  [MAP.RINGBUF, [130, 131, 134, 198, 199, 200, 209]],
  [MAP.SK_STORAGE, [107, 108]],
  [MAP.STRUCT_OPS, []],
  [MAP.SKBMAP, [1, 2, 3, 164, 2001, 2002, 2003, 2024]],
]);

/** Types that a helper insists on. */
const NEEDS = new Map<number, readonly number[]>([
  [12, [MAP.PROG_ARRAY]],
  [22, [MAP.PERF_EVENT_ARRAY]],
  [25, [MAP.PERF_EVENT_ARRAY]],
  [27, [MAP.STACK_TRACE]],
  [34, [MAP.CGROUP_ARRAY]],
  [37, [MAP.CGROUP_ARRAY]],
  [51, [MAP.DEVMAP, MAP.DEVMAP_HASH, MAP.CPUMAP, MAP.XSKMAP]],
  [52, [MAP.SOCKMAP]],
  [53, [MAP.SOCKMAP]],
  [60, [MAP.SOCKMAP]],
  [70, [MAP.SOCKHASH]],
  [71, [MAP.SOCKHASH]],
  [72, [MAP.SOCKHASH]],
  [81, [MAP.CGROUP_STORAGE, MAP.PERCPU_CGROUP_STORAGE]],
  [82, [MAP.REUSEPORT_SOCKARRAY, MAP.SOCKMAP, MAP.SOCKHASH]],
  [88, [MAP.QUEUE, MAP.STACK]],
  [89, [MAP.QUEUE, MAP.STACK]],
  [87, [MAP.QUEUE, MAP.STACK]],
  [107, [MAP.SK_STORAGE]],
  [108, [MAP.SK_STORAGE]],
  [130, [MAP.RINGBUF]],
  [131, [MAP.RINGBUF]],
  [134, [MAP.RINGBUF]],
  [195, [MAP.PERCPU_ARRAY, MAP.PERCPU_HASH, MAP.LRU_PERCPU_HASH]],
  [2001, [MAP.SKBMAP]],
  [2002, [MAP.SKBMAP]],
  [2024, [MAP.SKBMAP]],
  [2003, [MAP.SKBMAP]],
]);

/** True when a map of this type may be given to this helper. */
export function mapSuitsHelper(type: number, helper: number): boolean {
  const only = ONLY.get(type);
  if (only !== undefined && !only.includes(helper)) return false;
  const needs = NEEDS.get(helper);
  return needs === undefined || needs.includes(type);
}
