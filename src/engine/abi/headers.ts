// The C headers that the compiler bundles. Structures, numbers and calls are printed from the tables of this folder, so that
// a program, the verifier and the manual agree. Knows nothing of how headers are found or read.

import type { SourceFile } from '../base/source.ts';
import { CALLS, type CallRow } from './calls.ts';
import { QDISC_DROP_REASONS } from './drop-reasons.ts';
import * as text from './header-texts.ts';
import * as kernel from './header-texts-kernel.ts';
import { vmlinuxText } from './header-vmlinux.ts';
import { HELPER_PROTOTYPES } from './helper-prototypes.ts';
import { type ContextLayout, ENQUEUE_CONTEXT, LAB_SK_BUFF, SK_BUFF } from './layouts.ts';
import { MAP_TYPES } from './map-types.ts';
import type { ApiProfile, ProfileId } from './profile.ts';
import { PROFILES, profileOf } from './profiles.ts';

const structText = (layout: ContextLayout): string => {
  const fields = layout.fields.map((field) => `\t${field.declaration}; /* ${field.summary} */\n`).join('');
  return `${layout.name} {\n${fields}};\n`;
};

const callText = (row: CallRow): string => {
  const { returns, params } = row.prototype;
  const space = returns.endsWith('*') ? '' : ' ';
  return `/* ${row.summary} */\nstatic ${returns}${space}(* const ${row.name})(${params}) = (void *) ${row.id};\n`;
};

/**
 * Helpers of the kernel that qdisc profiles do not have: for programs written against vmlinux.h, and for those of no profile (`plain`), which
 * have not included a profile's header so far.
 */
const kernelHelpersText = (plain: boolean): string => {
  const rows = HELPER_PROTOTYPES.filter((row) => !CALLS.some((call) => call.profiles === null && call.name === row.name));
  const lines = rows.map(
    ({ id, name, returns, params }) =>
      `static ${returns}${returns.endsWith('*') ? '' : ' '}(* const ${name})(${params}) = (void *) ${id};\n`,
  );
  const when = plain ? '#if defined(__VMLINUX_H__) || !defined(__QDISC_CALLS__)' : '#ifdef __VMLINUX_H__';
  return `${when}\n#define __KERNEL_HELPERS__\n${lines.join('')}#endif\n#ifdef __VMLINUX_H__\n${kernel.PRINTK_TEXT}#endif\n`;
};

const mapTypesText = (): string => {
  const rows = MAP_TYPES.map((row) => `\t${row.enumerator} = ${row.number},\n`).join('');
  return `enum bpf_map_type {\n\tBPF_MAP_TYPE_UNSPEC = 0,\n${rows}};\n`;
};

/** `struct sch_bpf_ctx` and the return codes of one profile. */
const profileTypesText = (profile: ApiProfile): string => {
  const codes = profile.codes.map((code) => `\t${code.name} = ${code.value}, /* ${code.summary} */\n`).join('');
  const reasons = QDISC_DROP_REASONS.map((name, number) => `\tQDISC_DROP_${name.slice(6)} = ${number},\n`).join('');
  const drops = profile.id === 'lab' ? `enum qdisc_drop_reason {\n${reasons}};\n` : '';
  return `#pragma once\n#include <linux/types.h>\nstruct __sk_buff;\n${structText(ENQUEUE_CONTEXT)}enum {\n${codes}};\n${drops}`;
};

const profileCallsText = (profile: ApiProfile): string => {
  const rows = CALLS.filter((row) => row.profiles?.includes(profile.id)).map((row) => {
    const isKernels = HELPER_PROTOTYPES.some(({ name }) => name === row.name);
    return isKernels ? `#ifndef __KERNEL_HELPERS__\n${callText(row)}#endif\n` : callText(row);
  });
  return `#pragma once\n#include <linux/types.h>\nstruct __sk_buff;\n${rows.join('')}`;
};

/** A profile's own header: everything a program needs, and the mark in the object. */
const profileHeaderText = (profile: ApiProfile): string => `#pragma once
#define __QDISC_CALLS__
/* ${profile.title}. ${profile.badge}. */
${profile.id === 'lab' ? '#define __QDISC_LAB__\n' : ''}#include <stddef.h>
#include <stdbool.h>
#include <errno.h>
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <qdisc/types-${profile.id}.h>
#include <qdisc/calls-${profile.id}.h>
static const char __qdisc_profile[] SEC("qdisc_profile") = "${profile.id}";
`;

function build(chosen: ApiProfile | null): SourceFile[] {
  const tail = (part: string): string =>
    chosen === null || chosen.header === null ? '' : `#include <qdisc/${part}-${chosen.id}.h>\n`;
  const enums = `${mapTypesText()}${text.BPF_ENUMERATORS_TEXT}`;
  const lab = structText(LAB_SK_BUFF);
  const packet = chosen?.id === 'lab' ? lab : `#ifdef __QDISC_LAB__\n${lab}#else\n${structText(SK_BUFF)}#endif\n`;
  const plain = `#ifndef __VMLINUX_H__\n${enums}${text.BPF_CONSTANTS_TEXT}${packet}#endif\n`;
  const bpf = `#pragma once\n#define __LINUX_BPF_H__\n#include <linux/types.h>\n${plain}${tail('types')}`;
  const vmlinux = vmlinuxText(structText(SK_BUFF), `#ifndef __LINUX_BPF_H__\n${enums}#endif\n`);
  const general = CALLS.filter((row) => row.profiles === null);
  const helpers = `#pragma once\n#include <linux/types.h>\n${text.HELPER_MACROS_TEXT}struct __sk_buff;\n${general.map(callText).join('')}${kernelHelpersText(chosen === null)}${tail('calls')}`;
  const files: [string, string][] = [
    ['linux/types.h', text.TYPES_TEXT],
    ['asm/types.h', text.TYPES_TEXT],
    ['stdbool.h', text.STDBOOL_TEXT],
    ['stddef.h', text.STDDEF_TEXT],
    ['linux/stddef.h', text.STDDEF_TEXT],
    ['stdint.h', text.STDINT_TEXT],
    ['errno.h', text.ERRNO_TEXT],
    ['linux/errno.h', text.ERRNO_TEXT],
    ['bpf/bpf_endian.h', text.ENDIAN_TEXT],
    ['linux/if_ether.h', text.IF_ETHER_TEXT],
    ['linux/ip.h', text.IP_TEXT],
    ['linux/ipv6.h', text.IPV6_TEXT],
    ['linux/in6.h', text.IN6_TEXT],
    ['linux/in.h', text.IN_TEXT],
    ['linux/tcp.h', text.TCP_TEXT],
    ['linux/udp.h', text.UDP_TEXT],
    ['linux/pkt_cls.h', text.PKT_CLS_TEXT],
    ['linux/pkt_sched.h', text.PKT_CLS_TEXT],
    ['linux/bpf.h', bpf],
    ['bpf/bpf_helpers.h', helpers],
    ['vmlinux.h', vmlinux],
    ['bpf/bpf_tracing.h', kernel.TRACING_TEXT],
    ['bpf/bpf_core_read.h', kernel.CORE_READ_TEXT],
    ['bpf_experimental.h', kernel.EXPERIMENTAL_TEXT],
    ['bpf_may_goto.h', kernel.MAY_GOTO_TEXT],
    ['bpf_qdisc_common.h', kernel.QDISC_COMMON_TEXT],
    ['bpf_misc.h', kernel.MISC_TEXT],
  ];
  for (const profile of PROFILES) {
    if (profile.header === null) continue;
    files.push([profile.header, profileHeaderText(profile)]);
    files.push([`qdisc/types-${profile.id}.h`, profileTypesText(profile)]);
    files.push([`qdisc/calls-${profile.id}.h`, profileCallsText(profile)]);
  }
  return files.map(([path, content]) => ({ path, text: content }));
}

const built = new Map<ProfileId | null, readonly SourceFile[]>();

/**
 * The bundled headers. With a profile, `linux/bpf.h` and `bpf/bpf_helpers.h` carry its part, so that a program which names
 * no profile itself compiles under it. The same objects are returned every time (their tokens are kept).
 */
export function headersOf(profile: ProfileId | null): readonly SourceFile[] {
  let files = built.get(profile);
  if (files === undefined) {
    files = build(profile === null ? null : profileOf(profile));
    built.set(profile, files);
  }
  return files;
}
