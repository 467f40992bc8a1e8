// Objects for other hooks of the kernel (classifiers, XDP, socket filters): verified as a kernel would load them, program by program.
// Nothing here runs them. Knows nothing of qdiscs.

import type { KernelProgramType } from './abi/calls-kernel.ts';
import type { LinkedProgram } from './object/link.ts';
import { linkProgram } from './object/link.ts';
import type { ProgramObject } from './object/program-object.ts';
import { rulesOfKernelType } from './verifier/kernel-rules.ts';
import { type VerifyResult, verifyUnderRules } from './verifier/verify.ts';

/** Program types by the first part of a section's name, as libbpf has them (tools/lib/bpf/libbpf.c, section_defs). */
const TYPES: Readonly<Record<string, KernelProgramType>> = {
  tc: 'sched_cls',
  classifier: 'sched_cls',
  tcx: 'sched_cls',
  action: 'sched_act',
  xdp: 'xdp',
  socket: 'socket_filter',
  cgroup_skb: 'cgroup_skb',
  sk_skb: 'sk_skb',
  lwt_in: 'lwt_in',
  lwt_out: 'lwt_out',
  lwt_xmit: 'lwt_xmit',
};

/** Program type that a section stands for, or null for a section of another kind. */
const kernelTypeOf = (section: string): KernelProgramType | null => TYPES[section.split('/')[0] ?? ''] ?? null;

/** True when the object has programs, and all of them belong to other hooks than qdiscs. */
export function isKernelObject(object: ProgramObject): boolean {
  const sections = object.functions.map(({ section }) => section).filter((section) => section !== '.text');
  return object.structOps.length === 0 && sections.length > 0 && sections.every((section) => kernelTypeOf(section) !== null);
}

/** One program after verification under its hook's rules. */
export interface KernelProgramVerdict {
  readonly linked: LinkedProgram;
  readonly result: VerifyResult;
}

/** Verifies every program of an object for which {@link isKernelObject} holds. */
export function verifyKernelObject(object: ProgramObject, logLevel: 0 | 1 | 2): KernelProgramVerdict[] {
  return object.functions.flatMap(({ section }, index) => {
    const type = kernelTypeOf(section);
    if (section === '.text' || type === null) return [];
    const linked = linkProgram(object, index, 'other');
    const flags = { strictAlignment: false, saveOften: false };
    return [{ linked, result: verifyUnderRules(linked, rulesOfKernelType(type, 0), { profile: null, logLevel }, flags) }];
  });
}
