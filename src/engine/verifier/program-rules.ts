// What a kind of program may do, in the verifier's own words: context accesses, callable helpers with the rules of their
// arguments, packet writes, exit values. Built from the abi tables. Knows nothing of states or instructions.

import { type ArgRule, CALLS, type CallRow, callIsAllowed } from '../abi/calls.ts';
import type { ContextLayout, FieldYields } from '../abi/layouts.ts';
import { MAP_TYPES } from '../abi/map-types.ts';
import type { ApiProfile, ProgramKind } from '../abi/profile.ts';
import type { StructOpsModel } from './struct-ops-model.ts';

/** What one argument must be. Strings name the kernel's bpf_arg_type where one exists. */
export type HelperArg =
  | 'anything'
  /** A value of a variadic call: may be missing. */
  | 'optional'
  | 'map'
  | 'map-key'
  | 'map-value'
  | 'map-value-out'
  | 'memory'
  | 'memory-out'
  | 'memory-or-null'
  | 'size'
  | 'size-or-zero'
  | 'context'
  | 'socket'
  | 'socket-btf'
  | 'ringbuf-memory'
  | 'allocation-size'
  | 'callback'
  | 'callback-context'
  | 'string'
  | 'packet'
  | 'owned-packet'
  | 'spin-lock'
  | 'spin-unlock'
  | 'kptr-field'
  | 'kptr-value'
  | 'dynptr'
  | 'dynptr-new'
  | 'dynptr-memory'
  | `fixed-${number}`
  | `fixed-out-${number}`;

export type HelperReturn =
  | 'void'
  | 'scalar'
  | 'map-value-or-null'
  | 'map-value'
  | 'sock-common-or-null'
  | 'sock-or-null'
  | 'tcp-sock-or-null'
  | 'btf-or-null'
  | 'ringbuf-memory-or-null'
  | 'owned-packet-or-null'
  | 'packet-token-or-null'
  | 'kptr-or-null'
  | 'dynptr-bytes-or-null';

export interface HelperRule {
  readonly id: number;
  readonly name: string;
  readonly args: readonly HelperArg[];
  readonly returns: HelperReturn;
  /** Type numbers a map in argument 1 may have; null: any that the call's other rules accept. */
  readonly mapTypes: readonly number[] | null;
  /** Argument values allowed, by argument index; absent: any. */
  readonly allowed: readonly (readonly number[] | null)[];
  readonly gplOnly: boolean;
  /** Packet pointers become invalid. */
  readonly movesPacket: boolean;
  /** Packet memory may be passed as an argument. */
  readonly readsPacket: boolean;
  readonly callback: 'for-each-map-elem' | 'loop' | null;
  readonly acquires: boolean;
  /** The first argument's reference ends here. */
  readonly releases: boolean;
  /** Argument 2 is consumed where R0 == 0. */
  readonly consumesPacket: boolean;
  /** The packet argument is gone, or may be: where R0 == 0 when `consumesPacket`, else on every path. */
  readonly endsPacket?: boolean;
  readonly tailCall: boolean;
}

/** One accepted access to the context or to a packet's fields. */
export interface FieldAccess {
  readonly yields: FieldYields;
  readonly name: string;
}

export interface ProgramRules {
  /** What messages call the program's kind. */
  readonly name: string;
  readonly contextName: string;
  /** Null: no such access. */
  readonly context: (offset: number, size: number, write: boolean) => FieldAccess | null;
  /** Fields of the packet behind ctx->skb, where the context has one. */
  readonly packet: ((offset: number, size: number, write: boolean) => FieldAccess | null) | null;
  /** Name of the field at an offset of the context, or of the packet behind it, for messages. */
  readonly fieldName: (ofPacket: boolean, offset: number) => string | null;
  readonly helper: (id: number) => HelperRule | null;
  /** Name of a helper that exists but not here, for the message; null when no such helper. */
  readonly helperName: (id: number) => string | null;
  readonly directPacket: 'none' | 'read' | 'write';
  readonly exitRange: { readonly low: bigint; readonly high: bigint } | null;
  readonly legacyPacketLoads: boolean;
  /** Ownership of packets is followed: the two qdisc programs. */
  readonly ownership: 'none' | 'enqueue' | 'dequeue';
  readonly ownershipIsStrict: boolean;
  readonly poppedPacketIsReadable: boolean;
  /** Reading stack bytes nobody wrote is refused (Linux up to 6.2, and here). */
  readonly stackMustBeWritten: boolean;
  /** R0 at exit that says "the packet was kept", for the warning. */
  readonly keepCodes: readonly bigint[];
  /** Present for members of struct Qdisc_ops. */
  readonly model?: StructOpsModel;
}

/** Applies a layout's rules to one access. */
function accessLayout(layout: ContextLayout, offset: number, size: number, write: boolean): FieldAccess | null {
  if (offset < 0 || offset + size > layout.size || offset % size !== 0) return null;
  for (const field of layout.fields) {
    if (offset < field.offset || offset + size > field.offset + field.size) continue;
    const rule = write ? field.write : field.read;
    if (rule === 'none') return null;
    if (rule === 'exact' && (offset !== field.offset || size !== field.size)) return null;
    return { yields: field.yields, name: field.name };
  }
  return null;
}

const fieldNameAt = (layout: ContextLayout, offset: number): string | null =>
  layout.fields.find((field) => offset >= field.offset && offset < field.offset + field.size)?.name ?? null;

function argOf(rule: ArgRule): HelperArg {
  switch (rule.kind) {
    case 'map':
      return 'map';
    case 'map-key':
      return 'map-key';
    case 'map-value':
      return 'map-value';
    case 'scalar':
      return 'anything';
    case 'memory':
      return rule.access === 'write' ? 'memory-out' : rule.nullable === true ? 'memory-or-null' : 'memory';
    case 'size':
      return rule.zeroAllowed ? 'size-or-zero' : 'size';
    case 'callback':
      return 'callback';
    case 'callback-context':
      return 'callback-context';
    case 'context':
      return 'context';
    case 'packet':
      return 'packet';
    case 'owned-packet':
      return 'owned-packet';
  }
}

/** The verifier's reading of one row of the call table. */
function ruleOfCall(row: CallRow): HelperRule {
  const first = row.args[0];
  const variadic = row.prototype.params.endsWith('...');
  const types = first !== undefined && first.kind === 'map' ? (first.types ?? null) : null;
  return {
    id: row.id,
    name: row.name,
    args: row.args.map((arg, i) => (variadic && i >= 2 ? 'optional' : argOf(arg))),
    returns: row.returns.kind,
    mapTypes: types === null ? null : MAP_TYPES.filter((type) => types.includes(type.name)).map((type) => type.number),
    allowed: row.args.map((arg) => (arg.kind === 'scalar' ? (arg.allowed ?? null) : null)),
    gplOnly: false,
    movesPacket: false,
    readsPacket: true,
    callback: row.callback ?? null,
    acquires: row.effect === 'acquire-packet',
    releases: row.effect === 'release-packet',
    consumesPacket: row.effect === 'consume-packet-on-zero' || row.effect === 'end-packet-on-zero',
    endsPacket: row.effect === 'end-packet-on-zero' || row.effect === 'give-packet-away',
    tailCall: false,
  };
}

const callRules = new Map(CALLS.map((row) => [row.id, { row, rule: ruleOfCall(row) }]));

/** Rules of a program kind under one of the RFC profiles; null where the profile has no such kind. */
export function rulesOfProfile(profile: ApiProfile, kind: ProgramKind, asPosted: boolean): ProgramRules | null {
  const layout = profile.context(kind);
  if (layout === null) return null;
  const ownership = kind === 'qdisc/enqueue' ? 'enqueue' : kind.startsWith('qdisc/') ? 'dequeue' : 'none';
  return {
    name: kind,
    contextName: layout.name,
    context: (offset, size, write) => accessLayout(layout, offset, size, write),
    packet: (offset, size, write) => accessLayout(profile.packet, offset, size, write),
    fieldName: (ofPacket, offset) => fieldNameAt(ofPacket ? profile.packet : layout, offset),
    helper: (id) => {
      const found = callRules.get(id);
      return found !== undefined && callIsAllowed(found.row, profile.id, kind) ? found.rule : null;
    },
    helperName: (id) => callRules.get(id)?.row.name ?? null,
    directPacket: 'write',
    exitRange: null,
    legacyPacketLoads: false,
    ownership,
    ownershipIsStrict: profile.ownershipIsStrict && !asPosted,
    poppedPacketIsReadable: profile.poppedPacketIsReadable,
    stackMustBeWritten: true,
    keepCodes: profile.codes.filter((code) => code.enqueue.startsWith('keep')).map((code) => BigInt(code.value)),
  };
}
