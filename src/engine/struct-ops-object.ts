// A struct_ops object as libbpf and the kernel take it: its type table, its data sections, each program, then the registration
// of its table of operations (specification 1.1). The first thing refused is the object's verdict. Knows nothing of C.

import type { LinkedProgram } from './object/link.ts';
import { linkProgram } from './object/link.ts';
import type { ObjectMap, ProgramObject, StructOpsVariable } from './object/program-object.ts';
import { type KernelVersion, StructTable, type VerifyResult, verify } from './verifier/verify.ts';

/** How far an object got, and what stopped it. */
export interface ObjectVerdict {
  readonly stage: 'load' | 'register';
  readonly accepted: boolean;
  /** As the kernel gives it, positive; 0 when accepted. */
  readonly errno: number;
  readonly message: string | null;
  /** Lines after the first. */
  readonly details: readonly string[];
}

const EEXIST = 17;
const EINVAL = 22;
const ENOTSUPP = 524;

const REQUIRED = ['enqueue', 'dequeue', 'init', 'reset', 'destroy'] as const;
/** Kinds that every kernel has built in (Linux net/sched/sch_api.c, pktsched_init). */
const BUILT_IN_KINDS: readonly string[] = ['pfifo_fast', 'pfifo', 'bfifo', 'pfifo_head_drop', 'mq', 'noqueue'];
/** Sections that user space maps: nothing the kernel keeps to itself may lie there. */
const MAPPED_SECTIONS: readonly string[] = ['.bss', '.data', '.rodata'];
/** Characters of the object's name in the name of such a map (libbpf, internal_map_name). */
const MAP_NAME_PREFIX = 8;

export const ACCEPTED: ObjectVerdict = { stage: 'register', accepted: true, errno: 0, message: null, details: [] };
const refused = (
  stage: ObjectVerdict['stage'],
  errno: number,
  message: string,
  details: readonly string[] = [],
): ObjectVerdict => ({
  stage,
  accepted: false,
  errno,
  message,
  details,
});

const isStructOpsSection = (section: string): boolean => section === 'struct_ops' || section.startsWith('struct_ops/');

/** What is wrong before any program is loaded; null when nothing is. */
export function checkStructOpsObject(object: ProgramObject): ObjectVerdict | null {
  const used = new Set(object.structOps.flatMap(({ members }) => members.map((m) => (m.kind === 'function' ? m.function : -1))));
  const stray = object.functions.find((item, index) => isStructOpsSection(item.section) && !used.has(index));
  if (stray !== undefined) {
    const text = `prog '${stray.name}': SEC("${stray.section}") program isn't referenced anywhere, did you forget to use it?`;
    return refused('load', EINVAL, text);
  }
  const structs = new StructTable(object.types, object.types);
  if (structs.refused() !== null) {
    return refused('load', EINVAL, "Error loading .BTF into kernel: -EINVAL. BTF is mandatory, can't proceed.");
  }
  const mapped = object.maps.find((map) => isMapped(map) && structs.ofMap(map).fields.length > 0);
  if (mapped === undefined) return null;
  const name = `${object.name.slice(0, MAP_NAME_PREFIX)}${mapped.data?.section ?? ''}`;
  return refused('load', ENOTSUPP, `map '${name}': failed to re-mmap() contents: -ENOTSUPP`, [
    `map '${name}': failed to create: -ENOTSUPP`,
  ]);
}

const isMapped = (map: ObjectMap): boolean => map.data !== null && MAPPED_SECTIONS.includes(map.data.section);

/** Registration of one table; null when it is fine. */
function checkRegistration(table: StructOpsVariable): ObjectVerdict | null {
  const refuse = (errno: number, reason: string): ObjectVerdict =>
    refused('register', errno, `Error: can't register struct_ops ${table.name}: ${reason}`);
  const invalid = refuse(EINVAL, 'Invalid argument');
  for (const op of REQUIRED) {
    if (!table.members.some((item) => item.member === op && item.kind === 'function')) return invalid;
  }
  let id = '';
  for (const item of table.members) {
    if (item.kind !== 'data') continue;
    if (item.member === 'id') id = textOf(item.bytes);
    else if (item.bytes.some((byte) => byte !== 0)) return invalid;
  }
  if (!/^[A-Za-z0-9_.]{1,15}$/.test(id)) return invalid;
  return BUILT_IN_KINDS.includes(id) ? refuse(EEXIST, 'File exists') : null;
}

/** Bytes up to the first zero; a member without one is too long to be a name. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return end < 0 ? '' : String.fromCharCode(...bytes.subarray(0, end));
}

/** Registration of every table of an object whose programs were all accepted. */
export function registerStructOps(object: ProgramObject): ObjectVerdict {
  for (const table of object.structOps) {
    const wrong = checkRegistration(table);
    if (wrong !== null) return wrong;
  }
  return ACCEPTED;
}

/** A program's rejection as the object's verdict. */
export function verdictOfProgram(result: VerifyResult): ObjectVerdict | null {
  const { rejection } = result.report;
  return rejection === null ? null : refused('load', rejection.errno, rejection.kernelMessage, rejection.details);
}

/** One program of the object with the verifier's answer. */
export interface JudgedProgram {
  readonly linked: LinkedProgram;
  readonly result: VerifyResult;
}

/** Judges a whole object under one kernel: programs are judged all, the verdict is that of the first thing refused. */
export function judgeStructOps(
  object: ProgramObject,
  kernel: KernelVersion,
  logLevel: 0 | 1 | 2 = 0,
): { readonly verdict: ObjectVerdict; readonly programs: readonly JudgedProgram[] } {
  const programs: JudgedProgram[] = [];
  let verdict = checkStructOpsObject(object);
  object.functions.forEach((item, index) => {
    if (!isStructOpsSection(item.section)) return;
    const linked = linkProgram(object, index, 'struct_ops');
    if (linked.structOps === null) return;
    const result = verify(linked, { profile: 'struct_ops', logLevel, kernel });
    programs.push({ linked, result });
    verdict ??= verdictOfProgram(result);
  });
  return { verdict: verdict ?? registerStructOps(object), programs };
}
