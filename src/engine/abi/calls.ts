// The call table: every helper a program can call, with its prototype, argument rules for the verifier, effect on packet
// ownership, and manual text. Headers, verification, execution, hover text and the reference page are made from these
// rows. Ids of kernel helpers are the kernel's (include/uapi/linux/bpf.h); push and pop never got one, ours lie outside
// the kernel's range. Knows nothing of how a call is carried out (tc/call-bindings.ts).

import { CLASS_CALLS } from './calls-classes.ts';
import type { MapTypeName } from './map-types.ts';
import type { ProfileId, ProgramKind } from './profile.ts';

/** What must hold for an argument before the call; names follow the kernel's bpf_arg_type. */
export type ArgRule =
  /** A map of one of `types` (any when absent), from ld_imm64. */
  | { readonly kind: 'map'; readonly types?: readonly MapTypeName[] }
  /** Readable memory of the map's key size, value size; the map is argument 1. */
  | { readonly kind: 'map-key' }
  | { readonly kind: 'map-value' }
  /** Any number; with `allowed` only these constants. */
  | { readonly kind: 'scalar'; readonly allowed?: readonly number[] }
  /** Memory whose byte count is the next argument; `write` means the call fills it (need not be initialised). */
  | { readonly kind: 'memory'; readonly access: 'read' | 'write'; readonly nullable?: boolean }
  | { readonly kind: 'size'; readonly zeroAllowed: boolean }
  /** A static function of the program, with the parameters the row's `callback` names. */
  | { readonly kind: 'callback' }
  /** Pointer handed to the callback: stack, map value, or NULL. */
  | { readonly kind: 'callback-context' }
  | { readonly kind: 'context' }
  /** A packet: the stack's (enqueue) or one that the program has popped. */
  | { readonly kind: 'packet' }
  /** A packet that the program has popped and holds. */
  | { readonly kind: 'owned-packet' };

export type ReturnRule =
  | { readonly kind: 'void' }
  | { readonly kind: 'scalar' }
  /** Pointer to the value of the map in argument 1, or NULL. For an skb map: a packet token or NULL. */
  | { readonly kind: 'map-value-or-null' }
  | { readonly kind: 'owned-packet-or-null' }
  /** A packet that somebody else has: to look at (lab), never to keep. Or NULL. */
  | { readonly kind: 'packet-token-or-null' };

/** Effect on the packet ledger and on the verifier's references. */
export type CallEffect =
  | 'none'
  /** Argument 2 is consumed on the path where R0 == 0. */
  | 'consume-packet-on-zero'
  /** The same, and the packet is no more: not even in a map. */
  | 'end-packet-on-zero'
  /** The packet in argument 1 is given away on every path; nobody knows whether it still is. */
  | 'give-packet-away'
  /** R0 is an owned packet or NULL. */
  | 'acquire-packet'
  /** The owned packet in argument 1 is gone. */
  | 'release-packet';

export interface CallRow {
  readonly id: number;
  /** C name, `bpf_map_lookup_elem`. */
  readonly name: string;
  readonly returns: ReturnRule;
  readonly args: readonly ArgRule[];
  readonly effect: CallEffect;
  /** Parameters of the callback, where an argument is one. */
  readonly callback?: 'for-each-map-elem' | 'loop';
  /** C return type and parameter list of the prototype, e.g. `void *` and `void *map, const void *key`. */
  readonly prototype: { readonly returns: string; readonly params: string };
  /** Null: every profile. */
  readonly profiles: readonly ProfileId[] | null;
  /** Null: every program kind. */
  readonly kinds: readonly ProgramKind[] | null;
  readonly summary: string;
  readonly errors: readonly { readonly errno: string; readonly value: number; readonly when: string }[];
}

const RFC: readonly ProfileId[] = ['v4', 'v5', 'lab'];
const QDISC: readonly ProgramKind[] = [
  'qdisc/enqueue',
  'qdisc/dequeue',
  'qdisc/peek',
  'qdisc/init',
  'qdisc/change',
  'qdisc/reset',
];
const ENOTSUPP = { errno: 'ENOTSUPP', value: 524, when: 'the map is an skb map, which only push and pop change' } as const;

export const CALLS: readonly CallRow[] = [
  ...CLASS_CALLS,
  {
    id: 1,
    name: 'bpf_map_lookup_elem',
    returns: { kind: 'map-value-or-null' },
    args: [{ kind: 'map' }, { kind: 'map-key' }],
    effect: 'none',
    prototype: { returns: 'void *', params: 'void *map, const void *key' },
    profiles: null,
    kinds: null,
    summary:
      'Pointer to the value stored under *key, or NULL. On an skb map: non-NULL when a packet with that key is queued (no reference is taken).',
    errors: [],
  },
  {
    id: 2,
    name: 'bpf_map_update_elem',
    returns: { kind: 'scalar' },
    args: [{ kind: 'map' }, { kind: 'map-key' }, { kind: 'map-value' }, { kind: 'scalar' }],
    effect: 'none',
    prototype: { returns: 'long', params: 'void *map, const void *key, const void *value, __u64 flags' },
    profiles: null,
    kinds: null,
    summary: 'Stores *value under *key. flags: BPF_ANY, BPF_NOEXIST or BPF_EXIST.',
    errors: [
      { errno: 'EINVAL', value: 22, when: 'flags is none of the three' },
      { errno: 'E2BIG', value: 7, when: 'the hash is full, or the array index is past the end' },
      { errno: 'EEXIST', value: 17, when: 'BPF_NOEXIST and the key is there (always so in an array)' },
      { errno: 'ENOENT', value: 2, when: 'BPF_EXIST and the key is not there' },
      ENOTSUPP,
    ],
  },
  {
    id: 3,
    name: 'bpf_map_delete_elem',
    returns: { kind: 'scalar' },
    args: [{ kind: 'map' }, { kind: 'map-key' }],
    effect: 'none',
    prototype: { returns: 'long', params: 'void *map, const void *key' },
    profiles: null,
    kinds: null,
    summary: 'Removes the entry under *key. On an skb map: drops the oldest packet with that key.',
    errors: [
      { errno: 'ENOENT', value: 2, when: 'no such key' },
      { errno: 'EINVAL', value: 22, when: 'the map is an array' },
    ],
  },
  {
    id: 5,
    name: 'bpf_ktime_get_ns',
    returns: { kind: 'scalar' },
    args: [],
    effect: 'none',
    prototype: { returns: '__u64', params: 'void' },
    profiles: null,
    kinds: null,
    summary: 'Simulated monotonic time in nanoseconds.',
    errors: [],
  },
  {
    id: 6,
    name: 'bpf_trace_printk',
    returns: { kind: 'scalar' },
    args: [
      { kind: 'memory', access: 'read' },
      { kind: 'size', zeroAllowed: false },
    ],
    effect: 'none',
    prototype: { returns: 'long', params: 'const char *fmt, __u32 fmt_size, ...' },
    profiles: null,
    kinds: null,
    summary:
      'Prints a line to the console with the time and the packet at hand. At most three values, which may be anything (or not be set); use the bpf_printk macro.',
    errors: [{ errno: 'EINVAL', value: 22, when: 'the format has a conversion that is not known, or more than three' }],
  },
  {
    id: 7,
    name: 'bpf_get_prandom_u32',
    returns: { kind: 'scalar' },
    args: [],
    effect: 'none',
    prototype: { returns: '__u32', params: 'void' },
    profiles: null,
    kinds: null,
    summary: 'Next 32 bits of the qdisc’s own seeded random stream.',
    errors: [],
  },
  {
    id: 164,
    name: 'bpf_for_each_map_elem',
    returns: { kind: 'scalar' },
    args: [
      { kind: 'map', types: ['hash', 'array', 'percpu_hash', 'percpu_array', 'lru_hash', 'lru_percpu_hash', 'skbmap'] },
      { kind: 'callback' },
      { kind: 'callback-context' },
      { kind: 'scalar' },
    ],
    effect: 'none',
    callback: 'for-each-map-elem',
    prototype: { returns: 'long', params: 'void *map, void *callback_fn, void *callback_ctx, __u64 flags' },
    profiles: null,
    kinds: null,
    summary:
      'Calls callback(map, key, value, ctx) for every entry until it returns non-zero; an skb map is walked in ascending key order. Returns how many entries were visited.',
    errors: [{ errno: 'EINVAL', value: 22, when: 'flags is not 0' }],
  },
  {
    id: 181,
    name: 'bpf_loop',
    returns: { kind: 'scalar' },
    args: [{ kind: 'scalar' }, { kind: 'callback' }, { kind: 'callback-context' }, { kind: 'scalar' }],
    effect: 'none',
    callback: 'loop',
    prototype: { returns: 'long', params: '__u32 nr_loops, void *callback_fn, void *callback_ctx, __u64 flags' },
    profiles: ['lab'],
    kinds: QDISC,
    summary:
      'Calls callback(index, ctx) nr_loops times, or until it returns non-zero. Returns how often it was called. The callback is verified once.',
    errors: [
      { errno: 'EINVAL', value: 22, when: 'flags is not 0' },
      { errno: 'E2BIG', value: 7, when: 'nr_loops is above 8388608' },
    ],
  },
  {
    id: 2001,
    name: 'bpf_skb_map_push',
    returns: { kind: 'scalar' },
    args: [{ kind: 'map', types: ['skbmap'] }, { kind: 'packet' }, { kind: 'scalar' }],
    effect: 'consume-packet-on-zero',
    prototype: { returns: 'long', params: 'void *map, struct __sk_buff *skb, __u64 key' },
    profiles: RFC,
    kinds: QDISC,
    summary: 'Puts the packet into the skb map under key, after all packets with the same key.',
    errors: [
      { errno: 'ENOBUFS', value: 105, when: 'the map holds max_entries packets' },
      { errno: 'EBUSY', value: 16, when: 'the packet is in a map already' },
    ],
  },
  {
    id: 2002,
    name: 'bpf_skb_map_pop',
    returns: { kind: 'owned-packet-or-null' },
    args: [{ kind: 'map', types: ['skbmap'] }, { kind: 'scalar' }],
    effect: 'acquire-packet',
    prototype: { returns: 'struct __sk_buff *', params: 'void *map, __u64 key' },
    profiles: RFC,
    kinds: QDISC,
    summary: 'Takes out the oldest packet whose key is exactly key, or gives NULL. It is not "pop the smallest".',
    errors: [],
  },
  {
    id: 2003,
    name: 'bpf_skb_map_pop_min',
    returns: { kind: 'owned-packet-or-null' },
    args: [{ kind: 'map', types: ['skbmap'] }],
    effect: 'acquire-packet',
    prototype: { returns: 'struct __sk_buff *', params: 'void *map' },
    profiles: ['lab'],
    kinds: QDISC,
    summary: 'Takes out the packet with the smallest key, the oldest of several, or gives NULL. No posted version has it.',
    errors: [],
  },
  {
    id: 2004,
    name: 'bpf_skb_drop',
    returns: { kind: 'scalar' },
    args: [{ kind: 'owned-packet' }, { kind: 'scalar' }],
    effect: 'release-packet',
    prototype: { returns: 'long', params: 'struct __sk_buff *skb, __u32 reason' },
    profiles: ['lab'],
    kinds: QDISC,
    summary:
      'Drops a popped packet. reason: a number of enum qdisc_drop_reason, kept in the log. Gives 0. No posted version has it.',
    errors: [],
  },
  {
    id: 97,
    name: 'bpf_skb_ecn_set_ce',
    returns: { kind: 'scalar' },
    args: [{ kind: 'packet' }],
    effect: 'none',
    prototype: { returns: 'long', params: 'struct __sk_buff *skb' },
    profiles: ['lab'],
    kinds: QDISC,
    summary:
      'Sets CE ("congestion experienced") in the IPv4 or IPv6 header if the packet is ECN capable. Gives 1 when CE is set now, whether or not it was before, else 0.',
    errors: [],
  },
];

/** Row of a helper id, or null. */
export const callOf = (id: number): CallRow | null => CALLS.find((row) => row.id === id) ?? null;

/** True when a program of this kind under this profile may make the call. */
export const callIsAllowed = (row: CallRow, profile: ProfileId, kind: ProgramKind): boolean =>
  (row.profiles === null || row.profiles.includes(profile)) && (row.kinds === null || row.kinds.includes(kind));
