// The `.struct_ops` sections of an ELF object: one struct a variable, with relocations where members point to programs (libbpf,
// bpf_object__init_maps and bpf_object__collect_st_ops_relos). Knows nothing of ELF itself.

import { bare, type CType, type RecordType, sizeOf } from '../abi/ctype.ts';
import type { SectionVariable } from './btf-write.ts';
import type { StructOpsMember, StructOpsVariable } from './program-object.ts';

export interface StructOpsSection {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly variables: readonly SectionVariable[];
  /** Eight bytes at `offset` are the address of functions[function]. */
  readonly pointers: readonly { readonly offset: number; readonly function: number }[];
}

const ALIGN = 8;

/** The struct with a tag among the object's types. */
function recordWithTag(types: readonly CType[], tag: string): RecordType | null {
  for (const type of types) {
    const record = bare(type);
    if (record.kind === 'struct' && record.tag === tag && record.members !== null) return record;
  }
  return null;
}

/** Lays out the variables, section by section; one whose struct is not known is left out. */
export function structOpsSections(variables: readonly StructOpsVariable[], types: readonly CType[]): StructOpsSection[] {
  return [...new Set(variables.map((variable) => variable.section))].map((name) => {
    const placed: { variable: StructOpsVariable; record: RecordType; offset: number }[] = [];
    let size = 0;
    for (const variable of variables) {
      const record = variable.section === name ? recordWithTag(types, variable.type) : null;
      if (record === null) continue;
      placed.push({ variable, record, offset: size });
      size += Math.ceil(record.size / ALIGN) * ALIGN;
    }
    const bytes = new Uint8Array(size);
    const pointers: { offset: number; function: number }[] = [];
    for (const { variable, record, offset } of placed) {
      for (const member of variable.members) {
        const at = record.members?.find((candidate) => candidate.name === member.member)?.offset;
        if (at === undefined) continue;
        if (member.kind === 'data') bytes.set(member.bytes, offset + at);
        else pointers.push({ offset: offset + at, function: member.function });
      }
    }
    const listed = placed.map(({ variable, record, offset }): SectionVariable => {
      return { name: variable.name, type: record, offset, size: record.size, linkage: 'global' };
    });
    return { name, bytes, variables: listed, pointers };
  });
}

/** The members that bytes and relocations of one variable set; `functionAt` gives the function a relocation at a byte means. */
export function structOpsMembers(
  record: RecordType,
  bytes: Uint8Array,
  functionAt: (offset: number) => number | null,
): StructOpsMember[] {
  const members: StructOpsMember[] = [];
  for (const { name, offset, type } of record.members ?? []) {
    if (name === null) continue;
    const target = functionAt(offset);
    const own = bytes.slice(offset, offset + sizeOf(type));
    if (target !== null) members.push({ member: name, kind: 'function', function: target });
    else if (own.some((byte) => byte !== 0)) members.push({ member: name, kind: 'data', bytes: own });
  }
  return members;
}
