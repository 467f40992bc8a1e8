// Whether a map can be created, with the kernel's error numbers in the kernel's order of checks (specification 3.1; Linux
// kernel/bpf/arraymap.c, hashtab.c). Knows nothing of memory.

import { mapTypeOf } from '../abi/map-types.ts';
import type { ObjectMap } from '../object/program-object.ts';
import { type CreationError, ERRNO } from './map.ts';

/** Flags an skb map may carry: NUMA_NODE, RDONLY, WRONLY, RDONLY_PROG, WRONLY_PROG. */
const SKB_MAP_FLAGS = 0x4 | 0x8 | 0x10 | 0x80 | 0x100;
const RDONLY_PROG = 0x80;
const WRONLY_PROG = 0x100;
/** Bytes one map may take here. */
const MAP_BYTES_LIMIT = 8 * 1024 * 1024;

const invalid = (reason: string): CreationError => ({ errno: ERRNO.EINVAL, reason });

function skbMapError(map: ObjectMap, limit: number): CreationError | null {
  if (map.maxEntries === 0) return invalid('max_entries must not be 0');
  if (map.keySize !== 8) return invalid(`the key of an skb map has 8 bytes, not ${map.keySize}`);
  if (map.valueSize !== 0) return invalid(`an skb map has no value (value_size 0), not one of ${map.valueSize} bytes`);
  if ((map.flags & ~SKB_MAP_FLAGS) !== 0) return invalid(`flags 0x${map.flags.toString(16)} are not for an skb map`);
  if ((map.flags & RDONLY_PROG) !== 0 && (map.flags & WRONLY_PROG) !== 0)
    return invalid('RDONLY_PROG and WRONLY_PROG exclude each other');
  if (map.maxEntries > limit)
    return { errno: ERRNO.E2BIG, reason: `an skb map holds at most ${limit} packets, not ${map.maxEntries}` };
  return null;
}

/** Null when the map can be created; `skbMapLimit` is the profile's. */
export function creationError(map: ObjectMap, skbMapLimit: number): CreationError | null {
  const type = mapTypeOf(map.type);
  if (type === null) return invalid(`there is no map type ${map.type}`);
  if (!type.built) return invalid(`maps of type ${type.enumerator} are not available here yet`);
  if (type.name === 'skbmap') return skbMapError(map, skbMapLimit);
  if (map.maxEntries === 0) return invalid('max_entries must not be 0');
  if (map.valueSize === 0) return invalid('value_size must not be 0');
  if (type.name === 'array' && map.keySize !== 4) return invalid(`the key of an array has 4 bytes, not ${map.keySize}`);
  if (map.keySize === 0) return invalid('key_size must not be 0');
  if (type.name === 'hash' && map.keySize > 512) return { errno: ERRNO.E2BIG, reason: 'the key of a hash has at most 512 bytes' };
  if ((map.keySize + map.valueSize + 16) * map.maxEntries > MAP_BYTES_LIMIT) {
    return { errno: ERRNO.E2BIG, reason: `the map would take more than ${MAP_BYTES_LIMIT} bytes` };
  }
  return null;
}
