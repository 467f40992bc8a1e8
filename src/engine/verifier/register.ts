// What the verifier knows of one register or spilled slot: its type, its range (for a pointer the offset from its base)
// and the identities that tie it to other registers. Immutable values, so copying a state copies references. Knows
// nothing of instructions.

import type { ObjectMap } from '../object/program-object.ts';
import { boundsText, constScalar, isConst, type Scalar, UNKNOWN_SCALAR, ZERO_SCALAR } from './scalar.ts';
import type { StructInfo } from './special-fields.ts';

/** Types of registers; the kernel's bpf_reg_type, and three of ours for packets (skb, popped_skb, queued_skb). */
export const KIND = {
  NONE: 0,
  SCALAR: 1,
  CTX: 2,
  MAP_PTR: 3,
  MAP_VALUE: 4,
  MAP_KEY: 5,
  STACK: 6,
  PACKET: 7,
  PACKET_META: 8,
  PACKET_END: 9,
  SOCK_COMMON: 10,
  SOCK: 11,
  TCP_SOCK: 12,
  XDP_SOCK: 13,
  MEM: 14,
  FUNC: 15,
  BTF_PTR: 16,
  /** The packet that the stack hands to enqueue: its fields are readable. */
  SKB: 17,
  /** A packet that the program popped and owns; opaque where the profile says so. */
  POPPED: 18,
  /** A packet inside a map, as lookup and for-each show it: opaque, not owned. */
  TOKEN: 19,
  /** Only on the stack: a view of bytes, and an iterator, each in slots of its own. */
  DYNPTR: 20,
  ITERATOR: 21,
} as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

const names: readonly string[] = [
  '?',
  'scalar',
  'ctx',
  'map_ptr',
  'map_value',
  'map_key',
  'fp',
  'pkt',
  'pkt_meta',
  'pkt_end',
  'sock_common',
  'sock',
  'tcp_sock',
  'xdp_sock',
  'mem',
  'func',
  'ptr_',
  'skb',
  'popped_skb',
  'queued_skb',
  'dynptr',
  'iter',
];

/** What is known of a pointer to a structure, or of a mem region; the kernel's type flags, as bits. */
export const FLAG = {
  /** Valid and not NULL: may be given to kernel functions. */
  TRUSTED: 1,
  /** Valid while the RCU read section lasts. */
  RCU: 2,
  /** May be stale: reads of it are checked at run time. */
  UNTRUSTED: 4,
  /** An object of the program's own (bpf_obj_new). */
  OBJECT: 8,
  /** Owned by a list or tree; valid while the lock is held. */
  NON_OWNING: 16,
  READ_ONLY: 32,
  /** An iterator that has given NULL. */
  DRAINED: 64,
} as const;

export interface Reg {
  readonly kind: Kind;
  /** May be NULL; must be compared with 0 before use. */
  readonly nullable: boolean;
  /** A scalar's value; a pointer's byte offset from its base, as a signed range. */
  readonly value: Scalar;
  /** Registers with the same non-zero id hold the same scalar (less {@link delta}), the same nullable pointer, or the same variable part of a packet offset. */
  readonly id: number;
  /** For linked scalars: this register is the linked value plus delta; null when it is the value itself. */
  readonly delta: { readonly by: bigint; readonly wide: boolean } | null;
  /** Non-zero: number of the reference that must be released. */
  readonly ref: number;
  /** Map of a map pointer, map value or map key. */
  readonly map: ObjectMap | null;
  /** Tells inner maps of different lookups apart. */
  readonly mapUid: number;
  /** Call frame of a stack pointer; first slot of a function pointer's target. */
  readonly frame: number;
  /** Packet pointers: bytes known to be readable from the point {@link fixed} bytes before this pointer. */
  readonly range: number;
  /** Packet pointers: the constant part added since {@link id} was given. */
  readonly fixed: number;
  /** Bytes of a mem region. */
  readonly size: number;
  /** A mem region from a ring buffer's reserve call. */
  readonly ringbuf: boolean;
  /** Structure that a pointer points to; null where the playground does not follow it. */
  readonly struct: StructInfo | null;
  /** Bits of {@link FLAG}. */
  readonly flags: number;
  /** Non-zero: the view or reference without which this is worth nothing (a slice's dynptr, a dynptr's packet). */
  readonly owner: number;
  /** Slot of the call that gave this pointer, for messages; -1 unknown. Takes no part in comparisons. */
  readonly from: number;
}

const BASE: Reg = {
  kind: KIND.NONE,
  nullable: false,
  value: UNKNOWN_SCALAR,
  id: 0,
  delta: null,
  ref: 0,
  map: null,
  mapUid: 0,
  frame: 0,
  range: 0,
  fixed: 0,
  size: 0,
  ringbuf: false,
  struct: null,
  flags: 0,
  owner: 0,
  from: -1,
};

/** The register with another value. The one place that writes registers out, so that all of them are alike to the engine that runs this. */
export function withValue(reg: Reg, value: Scalar): Reg {
  return {
    kind: reg.kind,
    nullable: reg.nullable,
    value,
    id: reg.id,
    delta: reg.delta,
    ref: reg.ref,
    map: reg.map,
    mapUid: reg.mapUid,
    frame: reg.frame,
    range: reg.range,
    fixed: reg.fixed,
    size: reg.size,
    ringbuf: reg.ringbuf,
    struct: reg.struct,
    flags: reg.flags,
    owner: reg.owner,
    from: reg.from,
  };
}

/** The register with some fields changed. */
export function regWith(reg: Reg, changes: Partial<Reg>): Reg {
  return Object.assign(withValue(reg, reg.value), changes);
}

/** A number with an identity. */
export function numberReg(value: Scalar, id: number, delta: Reg['delta']): Reg {
  const reg: { -readonly [K in keyof Reg]: Reg[K] } = withValue(BASE, value);
  reg.kind = KIND.SCALAR;
  reg.id = id;
  reg.delta = delta;
  return reg;
}

/** A register nobody has written. */
export const NOT_INIT: Reg = BASE;
/** Any number. */
export const UNKNOWN: Reg = regWith(BASE, { kind: KIND.SCALAR });
const ZERO: Reg = numberReg(ZERO_SCALAR, 0, null);

export const scalarReg = (value: Scalar): Reg => (value === ZERO_SCALAR ? ZERO : numberReg(value, 0, null));
export const constReg = (value: bigint): Reg => scalarReg(constScalar(value));
/** A pointer with offset 0 and the fields given. */
export const pointerReg = (kind: Kind, fields: Partial<Reg> = {}): Reg =>
  Object.assign(withValue(BASE, ZERO_SCALAR), fields, { kind });
/** The read-only R10 of a frame. */
export const framePointer = (frame: number): Reg => pointerReg(KIND.STACK, { frame });

export const isPointer = (reg: Reg): boolean => reg.kind > KIND.SCALAR;
export const isPacket = (reg: Reg): boolean => reg.kind === KIND.PACKET || reg.kind === KIND.PACKET_META;
export const isSocket = (kind: Kind): boolean => kind >= KIND.SOCK_COMMON && kind <= KIND.XDP_SOCK;
/** Constant zero: what C calls NULL. */
export const isNull = (reg: Reg): boolean => reg.kind === KIND.SCALAR && isConst(reg.value) && reg.value.umin === 0n;

/** The register without its links to other scalars. */
export const unlinked = (reg: Reg): Reg => (reg.id === 0 && reg.delta === null ? reg : regWith(reg, { id: 0, delta: null }));

/** Flags as the kernel prints them in front of a type. */
function flagNames({ flags }: Reg): string {
  if (flags === 0) return '';
  const name = (bit: number, text: string): string => ((flags & bit) !== 0 ? text : '');
  return (
    name(FLAG.READ_ONLY, 'rdonly_') + name(FLAG.RCU, 'rcu_') + name(FLAG.UNTRUSTED, 'untrusted_') + name(FLAG.TRUSTED, 'trusted_')
  );
}

/** The type's name in the kernel's messages: `map_value_or_null`, `ringbuf_mem`, `fp`. */
export function kindName(reg: Reg): string {
  if (reg.kind === KIND.BTF_PTR) return flagNames(reg) + (reg.nullable ? 'ptr_or_null_' : 'ptr_');
  return flagNames(reg) + (reg.ringbuf ? 'ringbuf_' : '') + (names[reg.kind] ?? '?') + (reg.nullable ? '_or_null' : '');
}
/** Name of a bare kind. */
export const nameOfKind = (kind: Kind): string => names[kind] ?? '?';

/** The register as the kernel's log prints it after `R3=`. */
export function regText(reg: Reg): string {
  if (reg.kind === KIND.SCALAR) {
    if (isConst(reg.value)) return `${reg.value.smin}`;
    const parts = [reg.id === 0 ? '' : `id=${reg.id}`, boundsText(reg.value)].filter((part) => part !== '');
    return `scalar(${parts.join(',')})`;
  }
  const offset = isConst(reg.value) ? reg.value.smin : null;
  if (reg.kind === KIND.STACK) {
    const frame = reg.frame === 0 ? '' : `[${reg.frame}]`;
    return offset === null ? `fp${frame}(${boundsText(reg.value)})` : `fp${frame}${offset}`;
  }
  const parts: string[] = [];
  if (reg.map !== null) parts.push(`map=${reg.map.name}`);
  if (reg.id !== 0) parts.push(`id=${reg.id}`);
  if (reg.ref !== 0) parts.push(`ref_obj_id=${reg.ref}`);
  if (reg.kind === KIND.MAP_VALUE && reg.map !== null) parts.push(`ks=${reg.map.keySize}`, `vs=${reg.map.valueSize}`);
  if (reg.kind === KIND.MEM) parts.push(`sz=${reg.size}`);
  if (isPacket(reg)) {
    if (reg.fixed !== 0) parts.push(`off=${reg.fixed}`);
    parts.push(`r=${reg.range}`);
    if (offset === null) parts.push(boundsText(reg.value));
  } else if (offset === null) parts.push(boundsText(reg.value));
  else if (offset !== 0n) parts.push(`off=${offset}`);
  if ((reg.flags & FLAG.NON_OWNING) !== 0) parts.push('non_own_ref');
  return `${kindName(reg)}${reg.struct?.name ?? ''}(${parts.join(',')})`;
}
