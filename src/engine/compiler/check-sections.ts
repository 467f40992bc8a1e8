// Where things stand in the object: sections of programs that no loader knows, variables in sections that have no memory, a file
// without any program, a missing license. Looks at the checked unit as a whole. Knows nothing of code.

import type { ProfileId } from '../abi/profile.ts';
import { PROFILES, profileOf } from '../abi/profiles.ts';
import type { SourceFile } from '../base/source.ts';
import type { Reporter } from './report.ts';
import { nearestName } from './spelling.ts';
import type { Place } from './token.ts';
import type { TypedUnit } from './tree.ts';

/** Sections of programs that belong to no profile, those that people know. */
const KERNEL_SECTIONS: readonly string[] = [
  'tc',
  'classifier',
  'action',
  'xdp',
  'socket',
  'cgroup_skb',
  'lwt_xmit',
  'kprobe',
  'kretprobe',
  'tracepoint',
  'fentry',
  'fexit',
  'syscall',
  'iter',
];

/** Sections of programs of any profile, and the other ones of the kernel. */
const PROGRAM_SECTIONS: readonly string[] = [
  ...new Set(PROFILES.flatMap((profile) => profile.sections.flatMap(({ names }) => names))),
  'struct_ops',
  ...KERNEL_SECTIONS,
];
const DATA_SECTIONS = [
  '.maps',
  '.data',
  '.rodata',
  '.bss',
  '.kconfig',
  '.ksyms',
  'license',
  'version',
  '.struct_ops',
  '.struct_ops.link',
];
const DATA_SECTION =
  /^(\.(data|rodata|bss)(\..*)?|\.maps|maps|license|version|qdisc_profile|\.kconfig|\.ksyms|\.struct_ops(\..*)?|\.addr_space.*)$/;
/** Helpers that the kernel gives to programs under the GPL only (gpl_only in kernel/trace/bpf_trace.c and net/core/filter.c). */
const GPL_ONLY: ReadonlySet<number> = new Set([4, 6, 25, 35, 45, 112, 113, 114, 115, 177]);

/** A helper that was called: where first. */
export interface HelperUse {
  readonly name: string;
  readonly place: Place;
}

export function checkSections(
  unit: TypedUnit,
  helpers: ReadonlyMap<number, HelperUse>,
  profile: ProfileId | null,
  reporter: Reporter,
  mainFile: SourceFile,
): void {
  for (const { section, name, place, body } of unit.functions) {
    if (section === null || body === null || PROGRAM_SECTIONS.some((known) => section.startsWith(known))) continue;
    const near = nearestName(section, PROGRAM_SECTIONS);
    if (near !== null) reporter.report('unknown-section', place, [section, name, `; did you mean '${near}'?`]);
  }
  for (const { section, name, place } of unit.variables) {
    if (section === null || DATA_SECTION.test(section)) continue;
    const near = nearestName(section, DATA_SECTIONS);
    reporter.report('data-section', place, [name, section, near === null ? '' : `; did you mean '${near}'?`]);
  }
  if (profile !== null && profileOf(profile)?.sections.some(({ required }) => required) === true)
    warnNoProgram(unit, reporter, mainFile);
  if (profile !== null && !unit.variables.some(({ section }) => section === 'license'))
    for (const [id, { name, place }] of helpers) if (GPL_ONLY.has(id)) return reporter.report('missing-license', place, [name]);
}

/** Functions that take a context but stand in no section, where nothing else is a program. */
function warnNoProgram(unit: TypedUnit, reporter: Reporter, mainFile: SourceFile): void {
  const own = unit.functions.filter(({ body, place }) => body !== null && place.file === mainFile);
  if (own.some(({ section }) => section !== null) || unit.variables.some(({ section }) => section?.startsWith('.struct_ops')))
    return;
  const first = own.find(({ linkage, type }) => linkage === 'global' && type.params.length === 1);
  if (first !== undefined) reporter.report('no-program', first.place);
}
