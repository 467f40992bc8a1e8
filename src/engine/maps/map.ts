// Contract of a map in a run: what helpers, viewers and teardown ask of it. Keys and values are addresses in the run's
// memory; errors are the kernel's negative numbers. Knows nothing of programs.

import type { ObjectMap } from '../object/program-object.ts';

/** Negative error numbers that map operations return (include/uapi/asm-generic/errno.h; ENOTSUPP: include/linux/errno.h). */
export const ERRNO = {
  ENOENT: -2,
  E2BIG: -7,
  EBUSY: -16,
  EEXIST: -17,
  ENODEV: -19,
  EINVAL: -22,
  ENOBUFS: -105,
  ENOTSUPP: -524,
} as const;
/** Flags of update (include/uapi/linux/bpf.h). */
export const UPDATE_FLAG = { ANY: 0, NOEXIST: 1, EXIST: 2 } as const;

/** One entry for a viewer: addresses of key and value; an skb map gives the packet's slot instead of a value. */
export interface MapEntry {
  readonly keyAddress: number;
  readonly valueAddress: number;
  readonly slot: number;
}

/** Numbers given to programs as "pointer to a map": below the null guard, so that a dereference faults. */
export const MAP_HANDLE_BASE = 0x1000;

export interface RunMap {
  /** Number in the log and, plus {@link MAP_HANDLE_BASE}, in programs. */
  readonly index: number;
  readonly definition: ObjectMap;
  /** Entries present. */
  readonly used: number;
  /** Address of the value (for an skb map: of the packet), or 0. */
  lookup(keyAddress: number): number;
  /** 0 or a negative error number. */
  update(keyAddress: number, valueAddress: number, flags: number): number;
  remove(keyAddress: number): number;
  /** Visits entries in the map's order until `visit` returns false; removing the visited entry is safe. Returns entries visited. */
  walk(visit: (entry: MapEntry) => boolean): number;
}

/** A map's definition that the playground cannot create: the error of specification 3.1 or of the kernel, with a reason. */
export interface CreationError {
  readonly errno: number;
  readonly reason: string;
}
