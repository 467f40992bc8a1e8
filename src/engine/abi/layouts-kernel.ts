// Context accesses of kernel program types: which bytes of struct __sk_buff and struct xdp_md a program of each type may
// read and write, and what it gets (Linux net/core/filter.c, the *_is_valid_access functions of 7.x). Data and predicates only.

import type { KernelProgramType } from './calls-kernel.ts';
import type { FieldYields } from './layouts.ts';

/** Ranges [from, to) of struct __sk_buff that the rules name. */
const FIELD = {
  mark: [8, 12],
  queueMapping: [12, 16],
  priority: [32, 36],
  tcIndex: [44, 48],
  cb: [48, 68],
  tcClassid: [72, 76],
  data: [76, 80],
  dataEnd: [80, 84],
  addresses: [88, 140],
  dataMeta: [140, 144],
  flowKeys: [144, 152],
  tstamp: [152, 160],
  wireLen: [160, 164],
  sk: [168, 176],
  tstampType: [180, 181],
  padding: [181, 184],
  hwtstamp: [184, 192],
} as const;
type FieldName = keyof typeof FIELD;
const SKB_BYTES = 192;

const within = (offset: number, name: FieldName): boolean => offset >= FIELD[name][0] && offset < FIELD[name][1];

interface SkbRules {
  /** Fields that do not exist for the type. */
  readonly hidden: readonly FieldName[];
  readonly writable: readonly FieldName[];
}

const LWT: SkbRules = {
  hidden: ['tcClassid', 'addresses', 'dataMeta', 'tstamp', 'wireLen', 'hwtstamp', 'tstampType'],
  writable: ['mark', 'priority', 'cb'],
};
const TC: SkbRules = {
  hidden: ['addresses'],
  writable: ['mark', 'tcIndex', 'priority', 'tcClassid', 'cb', 'tstamp', 'queueMapping'],
};

const SKB_RULES: Readonly<Record<Exclude<KernelProgramType, 'xdp'>, SkbRules>> = {
  socket_filter: {
    hidden: ['tcClassid', 'data', 'dataEnd', 'dataMeta', 'addresses', 'tstamp', 'wireLen', 'hwtstamp', 'tstampType'],
    writable: ['cb'],
  },
  sched_cls: TC,
  sched_act: TC,
  cgroup_skb: { hidden: ['tcClassid', 'dataMeta', 'wireLen', 'tstampType'], writable: ['mark', 'priority', 'cb', 'tstamp'] },
  sk_skb: {
    hidden: ['tcClassid', 'dataMeta', 'tstamp', 'wireLen', 'hwtstamp', 'mark', 'tstampType'],
    writable: ['tcIndex', 'priority'],
  },
  lwt_in: LWT,
  lwt_out: LWT,
  lwt_xmit: LWT,
};

function accessSkb(rules: SkbRules, offset: number, size: number, write: boolean): FieldYields | null {
  if (offset < 0 || offset >= SKB_BYTES || offset % size !== 0) return null;
  if (rules.hidden.some((name) => within(offset, name))) return null;
  if (write && !rules.writable.some((name) => within(offset, name))) return null;
  if (within(offset, 'cb')) return offset + size <= FIELD.cb[1] ? 'scalar' : null;
  if (within(offset, 'data')) return size === 4 ? 'packet-data' : null;
  if (within(offset, 'dataEnd')) return size === 4 ? 'packet-end' : null;
  if (within(offset, 'dataMeta')) return size === 4 ? 'packet-meta' : null;
  if (within(offset, 'addresses')) return accessAddress(offset, size);
  if (within(offset, 'flowKeys') || within(offset, 'padding')) return null;
  if (within(offset, 'tstamp') || within(offset, 'hwtstamp')) return size === 8 ? 'scalar' : null;
  if (within(offset, 'sk')) return size === 8 && !write ? 'socket-or-null' : null;
  if (within(offset, 'tstampType')) return size === 1 ? 'scalar' : null;
  return write ? (size === 4 ? 'scalar' : null) : size <= 4 ? 'scalar' : null;
}

/** family and ports may be read narrower; addresses only as whole words. */
function accessAddress(offset: number, size: number): FieldYields | null {
  const word = offset >= 92 && offset < 132;
  return (word ? size === 4 : size <= 4) ? 'scalar' : null;
}

/** struct xdp_md: data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex (devmap programs only). */
function accessXdp(offset: number, size: number, write: boolean, forDevmap: boolean): FieldYields | null {
  if (write || offset < 0 || offset >= 24 || size !== 4 || offset % 4 !== 0) return null;
  if (offset === 20 && !forDevmap) return null;
  if (offset === 0) return 'packet-data';
  if (offset === 4) return 'packet-end';
  return offset === 8 ? 'packet-meta' : 'scalar';
}

/** BPF_XDP_DEVMAP. */
const ATTACH_DEVMAP = 33;

/** What an access to the context of a kernel program type yields; null when it is refused. */
export function kernelContextAccess(
  type: KernelProgramType,
  attachType: number,
  offset: number,
  size: number,
  write: boolean,
): FieldYields | null {
  if (type === 'xdp') return accessXdp(offset, size, write, attachType === ATTACH_DEVMAP);
  return accessSkb(SKB_RULES[type], offset, size, write);
}
