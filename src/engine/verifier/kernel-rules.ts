// Rules of the kernel's own program types, from abi/calls-kernel.ts and abi/layouts-kernel.ts, so that the verifier can be
// measured against recorded kernel verdicts. Knows nothing of states or instructions.

import { KERNEL_CALL_NAMES, KERNEL_CALLS, type KernelCallRow, type KernelProgramType } from '../abi/calls-kernel.ts';
import { kernelContextAccess } from '../abi/layouts-kernel.ts';
import type { HelperArg, HelperReturn, HelperRule, ProgramRules } from './program-rules.ts';

const ARGS: readonly HelperArg[] = [
  'anything',
  'map',
  'map-key',
  'map-value',
  'map-value-out',
  'memory',
  'memory-out',
  'memory-or-null',
  'size',
  'size-or-zero',
  'context',
  'socket',
  'socket-btf',
  'ringbuf-memory',
  'allocation-size',
  'callback',
  'callback-context',
  'string',
  'fixed-4',
  'fixed-8',
  'fixed-out-4',
  'fixed-out-8',
  'spin-lock',
  'spin-unlock',
  'kptr-field',
  'kptr-value',
  'dynptr',
  'dynptr-new',
  'dynptr-memory',
];
const RETURNS: readonly HelperReturn[] = [
  'void',
  'scalar',
  'map-value-or-null',
  'map-value',
  'sock-common-or-null',
  'sock-or-null',
  'tcp-sock-or-null',
  'btf-or-null',
  'ringbuf-memory-or-null',
  'kptr-or-null',
  'dynptr-bytes-or-null',
];

/** The rule that a word of a call table names. */
export const argOf = (text: string): HelperArg => ARGS.find((arg) => arg === text) ?? 'anything';

export const returnOf = (text: string): HelperReturn => RETURNS.find((result) => result === text) ?? 'scalar';

function ruleOf(row: KernelCallRow): HelperRule {
  return {
    id: row.id,
    name: `bpf_${KERNEL_CALL_NAMES[row.id] ?? '?'}`,
    args: row.args === '' ? [] : row.args.split(' ').map(argOf),
    returns: returnOf(row.returns),
    mapTypes: row.id === 164 ? [1, 2, 5, 6, 9, 10] : null,
    allowed: [],
    gplOnly: row.gplOnly ?? false,
    movesPacket: row.movesPacket ?? false,
    readsPacket: row.readsPacket ?? false,
    callback: row.id === 164 ? 'for-each-map-elem' : row.id === 181 ? 'loop' : null,
    acquires: row.acquires ?? false,
    releases: row.releases ?? false,
    consumesPacket: false,
    tailCall: row.id === 12,
  };
}

const rules = new Map(KERNEL_CALLS.map((row) => [row.id, { row, rule: ruleOf(row) }]));

/** BPF_CGROUP_INET_EGRESS. */
const ATTACH_EGRESS = 1;
const READ_ONLY: readonly KernelProgramType[] = ['cgroup_skb', 'lwt_in', 'lwt_out'];
const LEGACY: readonly KernelProgramType[] = ['socket_filter', 'sched_cls', 'sched_act'];

/** Rules of one kernel program type as a privileged loader meets them. */
export function rulesOfKernelType(type: KernelProgramType, attachType: number): ProgramRules {
  return {
    name: type,
    contextName: type === 'xdp' ? 'struct xdp_md' : 'struct __sk_buff',
    context: (offset, size, write) => {
      const yields = kernelContextAccess(type, attachType, offset, size, write);
      return yields === null ? null : { yields, name: `byte ${offset}` };
    },
    packet: null,
    fieldName: () => null,
    helper: (id) => {
      const found = rules.get(id);
      if (found === undefined) return null;
      return found.row.types === null || found.row.types.includes(type) ? found.rule : null;
    },
    helperName: (id) => {
      const name = KERNEL_CALL_NAMES[id];
      return name === undefined || id < 0 ? null : `bpf_${name}`;
    },
    directPacket: type === 'socket_filter' ? 'none' : READ_ONLY.includes(type) ? 'read' : 'write',
    exitRange: type === 'cgroup_skb' ? { low: 0n, high: attachType === ATTACH_EGRESS ? 3n : 1n } : null,
    legacyPacketLoads: LEGACY.includes(type),
    ownership: 'none',
    ownershipIsStrict: false,
    poppedPacketIsReadable: false,
    stackMustBeWritten: false,
    keepCodes: [],
  };
}
