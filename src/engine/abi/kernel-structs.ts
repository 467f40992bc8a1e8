// The kernel structures a Qdisc_ops program meets, laid out as the bundled vmlinux.h declares them, with what may be written
// (Linux net/sched/bpf_qdisc.c, bpf_qdisc_btf_struct_access) and which pointer fields can be trusted (specification 3.1,
// 3.2). A program that declares a structure itself brings its own layout. Knows nothing of the verifier.

import {
  alignOf,
  type CType,
  INT,
  type IntType,
  type Member,
  type RecordType,
  sizeOf,
  UCHAR,
  UINT,
  ULLONG,
  ULONG,
  USHORT,
} from './ctype.ts';

type Field = readonly [name: string, type: CType];

const records = new Map<string, RecordType>();

function record(tag: string): RecordType {
  let found = records.get(tag);
  if (found === undefined) {
    found = { kind: 'struct', tag, members: null, size: 0, align: 1 };
    records.set(tag, found);
  }
  return found;
}

const pointerTo = (to: CType): CType => ({ kind: 'pointer', to });
const arrayOf = (of: CType, length: number): CType => ({ kind: 'array', of, length });
const S64: IntType = { kind: 'int', name: 'long long', size: 8, signed: true };
const CHAR8: IntType = { kind: 'int', name: 'char', size: 1, signed: true };

function define(tag: string, fields: readonly Field[]): void {
  const target = record(tag);
  const members: Member[] = [];
  let offset = 0;
  let align = 1;
  for (const [name, type] of fields) {
    const natural = alignOf(type);
    offset = Math.ceil(offset / natural) * natural;
    members.push({ name, type, offset });
    offset += sizeOf(type);
    align = Math.max(align, natural);
  }
  target.members = members;
  target.align = align;
  target.size = Math.ceil(offset / align) * align;
}

define('sock_common', [
  ['skc_state', UCHAR],
  ['skc_family', USHORT],
  ['skc_hash', UINT],
  ['skc_daddr', UINT],
  ['skc_rcv_saddr', UINT],
  ['skc_dport', USHORT],
  ['skc_num', USHORT],
]);
define('sock', [
  ['__sk_common', record('sock_common')],
  ['sk_priority', UINT],
  ['sk_mark', UINT],
  ['sk_pacing_rate', ULONG],
  ['sk_max_pacing_rate', ULONG],
]);
define('net_device', [
  ['mtu', UINT],
  ['hard_header_len', USHORT],
  ['ifindex', INT],
  ['tx_queue_len', UINT],
  ['real_num_tx_queues', UINT],
  ['name', arrayOf(CHAR8, 16)],
]);
define('netdev_queue', [['dev', pointerTo(record('net_device'))]]);
define('sk_buff', [
  ['tstamp', S64],
  ['sk', pointerTo(record('sock'))],
  ['cb', arrayOf(CHAR8, 48)],
  ['len', UINT],
  ['data_len', UINT],
  ['priority', UINT],
  ['hash', UINT],
  ['mark', UINT],
  ['skb_iif', INT],
  ['protocol', USHORT],
  ['queue_mapping', USHORT],
  ['tc_index', USHORT],
  ['vlan_tci', USHORT],
  ['data', pointerTo(UCHAR)],
  ['dev', pointerTo(record('net_device'))],
]);
define('qdisc_skb_head', [
  ['head', pointerTo(record('sk_buff'))],
  ['tail', pointerTo(record('sk_buff'))],
  ['qlen', UINT],
]);
define('gnet_stats_queue', [
  ['qlen', UINT],
  ['backlog', UINT],
  ['drops', UINT],
  ['requeues', UINT],
  ['overlimits', UINT],
]);
define('Qdisc', [
  ['flags', UINT],
  ['limit', UINT],
  ['handle', UINT],
  ['parent', UINT],
  ['dev_queue', pointerTo(record('netdev_queue'))],
  ['q', record('qdisc_skb_head')],
  ['qstats', record('gnet_stats_queue')],
]);
define('nlattr', [
  ['nla_len', USHORT],
  ['nla_type', USHORT],
]);
define('netlink_ext_ack', [['_msg', ULLONG]]);
define('bpf_sk_buff_ptr', [['skb', pointerTo(record('sk_buff'))]]);

/** Layout of a kernel structure by its tag; null for one the playground does not know. */
export const kernelStruct = (tag: string): RecordType | null => records.get(tag) ?? null;

/** Where a program may write inside a kernel structure: the access starts in [from, to) and must end at or before `end`. */
export interface WritableRange {
  readonly from: number;
  readonly to: number;
  readonly end: number;
}

/** Control block bytes that belong to the qdisc: qdisc_skb_cb.data, from its place inside cb. */
const CB_DATA = { offset: 8, size: 20 } as const;

function memberOf(layout: RecordType, name: string): Member | null {
  return layout.members?.find((member) => member.name === name) ?? null;
}

/** Ranges of a structure a Qdisc_ops program may write; null when nothing in it may be. */
export function writableRanges(layout: RecordType): readonly WritableRange[] | null {
  const whole = (name: string, inside: boolean, base = 0, from: RecordType = layout): WritableRange[] => {
    const member = memberOf(from, name);
    if (member === null) return [];
    const start = base + member.offset;
    const end = start + sizeOf(member.type);
    return [{ from: start, to: inside ? end : start + 1, end }];
  };
  if (layout.tag === 'sk_buff') {
    const cb = memberOf(layout, 'cb');
    const start = (cb?.offset ?? 0) + CB_DATA.offset;
    const data = cb === null ? [] : [{ from: start, to: start + CB_DATA.size, end: start + CB_DATA.size }];
    return [...whole('tstamp', false), ...data];
  }
  if (layout.tag === 'Qdisc') {
    const q = memberOf(layout, 'q');
    const head = q !== null && (q.type.kind === 'struct' || q.type.kind === 'typedef') ? recordIn(q.type) : null;
    return [
      ...whole('limit', false),
      ...(q === null || head === null ? [] : whole('qlen', false, q.offset, head)),
      ...whole('qstats', true),
    ];
  }
  return null;
}

/** The record behind typedefs and qualifiers, or null. */
export function recordIn(type: CType): RecordType | null {
  let current = type;
  while (current.kind === 'typedef' || current.kind === 'qualified') current = current.of;
  return current.kind === 'struct' || current.kind === 'union' ? current : null;
}

/** Pointer fields that are valid under RCU but may be NULL (Linux kernel/bpf/verifier.c, BTF_TYPE_SAFE_RCU_OR_NULL). */
export const RCU_OR_NULL_FIELDS: Readonly<Record<string, readonly string[]>> = { sk_buff: ['sk'] };

/** Structures whose first member is an anonymous union in the kernel: what the walk through the kernel's types names. */
export const STARTS_ANONYMOUS: readonly string[] = ['sk_buff'];

/** One argument of an operation: the structure it points to, and whether the program owns it. */
export interface OpArgument {
  readonly struct: string;
  readonly owned?: boolean;
  /** The kernel may pass NULL although its verifier believes otherwise. */
  readonly mayBeNull?: boolean;
}

/** One member of struct Qdisc_ops that a program may implement. */
export interface QdiscOp {
  readonly args: readonly OpArgument[];
  readonly returns: 'int' | 'void' | 'sk_buff';
}

export const QDISC_OPS: Readonly<Record<string, QdiscOp>> = {
  enqueue: { args: [{ struct: 'sk_buff', owned: true }, { struct: 'Qdisc' }, { struct: 'bpf_sk_buff_ptr' }], returns: 'int' },
  dequeue: { args: [{ struct: 'Qdisc' }], returns: 'sk_buff' },
  init: {
    args: [{ struct: 'Qdisc' }, { struct: 'nlattr', mayBeNull: true }, { struct: 'netlink_ext_ack', mayBeNull: true }],
    returns: 'int',
  },
  reset: { args: [{ struct: 'Qdisc' }], returns: 'void' },
  destroy: { args: [{ struct: 'Qdisc' }], returns: 'void' },
};
