// Compile once, run everywhere, at the loader's end: fits an instruction to the simulated kernel (libbpf, relo_core.c). The object's own
// declaration of a structure counts as the kernel's, as it does for the verifier; only a flavour, `Qdisc___new`, stands for another
// declaration of the same name, which may have fewer or other fields. Knows nothing of ELF.

import { bare, type CType, type RecordType, sizeOf } from '../abi/ctype.ts';
import { kernelStruct } from '../abi/kernel-structs.ts';
import type { Code } from '../isa/codec.ts';

/** Numbers of enum bpf_core_relo_kind that are answered differently when the target is not there. */
const FIELD_BYTE_OFFSET = 0;
const FIELD_BYTE_SIZE = 1;
const EXISTENCE: ReadonlySet<number> = new Set([2, 8, 10, 12]);
const TYPE_SIZE = 9;
const ENUMVAL_VALUE = 11;
/** The call that libbpf puts where a fact cannot be had: only code that is never reached may hold it. */
const POISON = 0xbad2310;

/** A number for the instruction, `keep` it as it is, or `missing`. */
type Answer = number | bigint | 'keep' | 'missing';

const isRecord = (type: CType): type is RecordType => type.kind === 'struct' || type.kind === 'union';

/** Name of what a flavour stands for; null for a type that is none. */
function essentialName(type: CType): string | null {
  const tag = isRecord(type) || type.kind === 'enum' ? type.tag : null;
  const at = tag?.indexOf('___') ?? -1;
  return tag === null || at <= 0 ? null : tag.slice(0, at);
}

/** Names along a path of indices; a number for an array element. Null for a path that leads nowhere. */
function namesAlong(root: CType, access: string): (string | number)[] | null {
  const names: (string | number)[] = [];
  let type = bare(root);
  for (const index of access.split(':').slice(1).map(Number)) {
    if (isRecord(type)) {
      const member = type.members?.[index];
      if (member === undefined) return null;
      if (member.name !== null) names.push(member.name);
      type = bare(member.type);
    } else if (type.kind === 'array') {
      names.push(index);
      type = bare(type.of);
    } else return null;
  }
  return names;
}

/** Byte and type of the place in another declaration. */
function placeIn(root: CType, names: readonly (string | number)[]): { offset: number; type: CType } | null {
  let type = root;
  let offset = 0;
  for (const name of names) {
    const at = bare(type);
    if (typeof name === 'number') {
      if (at.kind !== 'array') return null;
      offset += name * sizeOf(at.of);
      type = at.of;
      continue;
    }
    const found = isRecord(at) ? memberOf(at, name) : null;
    if (found === null) return null;
    offset += found.offset;
    type = found.type;
  }
  return { offset, type };
}

function memberOf(record: RecordType, name: string): { offset: number; type: CType } | null {
  for (const { name: own, offset, type } of record.members ?? []) {
    if (own === name) return { offset, type };
    const inner = bare(type);
    const found = own === null && isRecord(inner) ? memberOf(inner, name) : null;
    if (found !== null) return { offset: offset + found.offset, type: found.type };
  }
  return null;
}

function answer(types: readonly CType[], local: CType, access: string, what: number): Answer {
  const name = essentialName(local);
  if (name === null) return 'keep';
  const own = types.find((type) => (isRecord(type) || type.kind === 'enum') && type.kind === local.kind && type.tag === name);
  const target = (local.kind === 'enum' ? null : kernelStruct(name)) ?? own;
  if (target === undefined) return 'missing';
  if (local.kind === 'enum') {
    const wanted = local.enumerators?.[Number(access)]?.name;
    const found = target.kind === 'enum' ? target.enumerators?.find((one) => one.name === wanted) : undefined;
    if (found === undefined) return 'missing';
    return what === ENUMVAL_VALUE ? found.value : 1;
  }
  if (what === TYPE_SIZE) return sizeOf(target);
  const names = namesAlong(local, access);
  const place = names === null ? null : placeIn(target, names);
  if (place === null) return 'missing';
  if (what === FIELD_BYTE_OFFSET) return place.offset;
  if (what === FIELD_BYTE_SIZE) return sizeOf(place.type);
  return EXISTENCE.has(what) ? 1 : 'keep';
}

/** Fits the instruction at `slot` of `code`, in place; `types` are the object's. */
export function fitToKernel(
  code: Code,
  slot: number,
  types: readonly CType[],
  target: number,
  access: string,
  what: number,
): void {
  const local = types[target];
  if (local === undefined) return;
  const found = answer(types, local, access, what);
  if (found === 'keep') return;
  const value = found === 'missing' ? (EXISTENCE.has(what) ? 0 : null) : found;
  const opcode = code.opcode[slot] ?? 0;
  const wide = opcode === 0x18;
  if (value === null) {
    for (const at of wide ? [slot, slot + 1] : [slot]) {
      code.opcode[at] = 0x85;
      code.dst[at] = 0;
      code.src[at] = 0;
      code.off[at] = 0;
      code.imm[at] = POISON;
    }
    return;
  }
  const isAccess = (opcode & 7) >= 1 && (opcode & 7) <= 3;
  if (isAccess) code.off[slot] = Number(value);
  else code.imm[slot] = Number(BigInt.asIntN(32, BigInt(value)));
  if (wide) code.imm[slot + 1] = Number(BigInt.asIntN(32, BigInt(value) >> 32n));
}
