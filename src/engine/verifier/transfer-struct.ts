// Loads and stores through pointers to structures: the kernel's, where a few fields may be written and pointers read from
// them are not trusted, and the program's own objects, where the special fields may not be touched (Linux
// kernel/bpf/verifier.c, check_ptr_to_btf_access, and kernel/bpf/btf.c, btf_struct_access). Knows nothing of other memory.

import { bare, type CType, type RecordType, sizeOf } from '../abi/ctype.ts';
import { RCU_OR_NULL_FIELDS, writableRanges } from '../abi/kernel-structs.ts';
import { FLAG, KIND, pointerReg, type Reg, scalarReg, UNKNOWN } from './register.ts';
import { isConst, rangeWords, unsignedOfSize } from './scalar.ts';
import { type StructInfo, specialFieldTouched } from './special-fields.ts';
import { tnumText } from './tnum.ts';
import type { Walk } from './walk.ts';

const loaded = (size: number): Reg => (size === 8 ? UNKNOWN : scalarReg(unsignedOfSize(size)));

/** Offset of the access from the start of the structure, or null when it is not one number. */
function offsetOf(walk: Walk, index: number, reg: Reg, struct: StructInfo, offset: number): number | null {
  const name = struct.name;
  if (!isConst(reg.value)) {
    const values = { reg: index, struct: name, off: offset, bits: tnumText(reg.value.bits) };
    walk.refuse('struct-offset-varies', values, `the offset is ${rangeWords(reg.value)}`);
    return null;
  }
  const at = Number(reg.value.smin) + offset;
  if (at >= 0) return at;
  walk.refuse('struct-offset-negative', { reg: index, struct: name, off: at });
  return null;
}

type Found =
  | { readonly kind: 'number' }
  | { readonly kind: 'pointer'; readonly to: CType; readonly field: string; readonly of: RecordType }
  | { readonly kind: 'refused' };

/** What lies at [offset, offset + size) of a record, walking into the structures inside it. */
function fieldAt(walk: Walk, record: RecordType, offset: number, size: number): Found {
  const name = record.tag ?? '(anon)';
  if (record.members === null || offset + size > record.size) {
    walk.refuse('struct-beyond', { struct: name, off: offset, size }, `the structure has ${record.size} bytes`);
    return { kind: 'refused' };
  }
  for (const member of record.members) {
    const bytes = sizeOf(member.type);
    if (offset < member.offset || offset >= member.offset + bytes) continue;
    let type = bare(member.type);
    let start = member.offset;
    while (type.kind === 'array') {
      const step = sizeOf(type.of);
      if (step === 0) return { kind: 'number' };
      // An access over several elements of an array of numbers is one of numbers.
      const inner = bare(type.of);
      if (inner.kind === 'int' || inner.kind === 'enum') break;
      start += Math.floor((offset - start) / step) * step;
      type = inner;
    }
    if (type.kind === 'struct' || type.kind === 'union') return fieldAt(walk, type, offset - start, size);
    const values = { field: member.name ?? '(anon)', struct: name, at: start, off: offset, size };
    if (type.kind === 'pointer') {
      if (size !== 8 || offset !== start) {
        walk.refuse('struct-pointer-part', values);
        return { kind: 'refused' };
      }
      return { kind: 'pointer', to: type.to, field: member.name ?? '', of: record };
    }
    if (member.bitWidth === undefined && offset + size > member.offset + bytes) {
      walk.refuse('struct-across', { ...values, at: member.offset + bytes });
      return { kind: 'refused' };
    }
    return { kind: 'number' };
  }
  walk.refuse('struct-no-field', { struct: name, off: offset });
  return { kind: 'refused' };
}

/** A pointer read from a field: trusted no more, unless the field is known to be safe. */
function pointerFrom(walk: Walk, reg: Reg, found: Extract<Found, { readonly kind: 'pointer' }>): Reg {
  // Objects of the program hold numbers; only their kptr fields hold pointers, and those are not read.
  if ((reg.flags & FLAG.OBJECT) !== 0) return UNKNOWN;
  const target = bare(found.to);
  const untrusted = reg.flags & FLAG.UNTRUSTED;
  if (target.kind === 'struct' || target.kind === 'union') {
    const struct = walk.rules.model?.structs.ofKernel(target.tag ?? '') ?? walk.rules.model?.structs.of(target) ?? null;
    if (struct === null) return UNKNOWN;
    const safe = RCU_OR_NULL_FIELDS[found.of.tag ?? '']?.includes(found.field) ?? false;
    const valid = (reg.flags & (FLAG.TRUSTED | FLAG.RCU)) !== 0 || reg.ref !== 0;
    if (safe && valid) return pointerReg(KIND.BTF_PTR, { struct, flags: FLAG.RCU, nullable: true, id: walk.newId() });
    return pointerReg(KIND.BTF_PTR, { struct, flags: untrusted });
  }
  if (target.kind === 'pointer' || target.kind === 'function' || target.kind === 'void') return UNKNOWN;
  return pointerReg(KIND.MEM, { flags: FLAG.READ_ONLY | FLAG.UNTRUSTED, size: 0 });
}

/** A load; null when refused. */
export function loadFromStruct(walk: Walk, index: number, reg: Reg, offset: number, size: number): Reg | null {
  const struct = reg.struct;
  if (struct === null) return null;
  const at = offsetOf(walk, index, reg, struct, offset);
  if (at === null || !checkSpecial(walk, reg, struct, at, size)) return null;
  const found = fieldAt(walk, struct.layout, at, size);
  if (found.kind === 'refused') return null;
  if ((reg.flags & FLAG.TRUSTED) !== 0 && mayBeNull(walk, struct)) walk.warn('argument-may-be-null', `struct ${struct.name}`);
  return found.kind === 'number' ? loaded(size) : pointerFrom(walk, reg, found);
}

/** An argument of init that the kernel passes as NULL although its verifier believes otherwise. */
const mayBeNull = (walk: Walk, struct: StructInfo): boolean =>
  walk.rules.model?.shape?.args.some((argument) => argument.mayBeNull === true && argument.struct === struct.name) ?? false;

function checkSpecial(walk: Walk, reg: Reg, struct: StructInfo, at: number, size: number): boolean {
  if ((reg.flags & FLAG.OBJECT) === 0) return true;
  const special = specialFieldTouched(struct.fields, at, size);
  return (
    special === null || walk.refuse('special-field-direct', { field: special.kind }, `offset ${at} of struct ${struct.name}`)
  );
}

/** A store. Numbers only: what is stored into a structure is no pointer any more. */
export function storeIntoStruct(walk: Walk, index: number, reg: Reg, offset: number, size: number): boolean {
  const struct = reg.struct;
  if (struct === null) return false;
  const at = offsetOf(walk, index, reg, struct, offset);
  if (at === null) return false;
  if ((reg.flags & FLAG.OBJECT) !== 0) {
    if ((reg.flags & FLAG.UNTRUSTED) !== 0) return walk.refuse('struct-read-only', {});
    return checkSpecial(walk, reg, struct, at, size) && fieldAt(walk, struct.layout, at, size).kind !== 'refused';
  }
  const current = walk.rules.model?.kernel === '7.2';
  const details = current ? [`R${index} cannot write into ptr_${struct.name} at off=${at} size=${size}`] : [];
  const ranges = struct.ofKernel ? writableRanges(struct.layout) : null;
  const known = `a store of ${size} bytes at offset ${at} of struct ${struct.name}`;
  // A real kernel lets stores through pointers read from fields pass, and faults when they are stale. Refused here.
  const valid = reg.ref !== 0 || (reg.flags & FLAG.TRUSTED) !== 0;
  if (ranges === null || !valid) return walk.refuse('struct-read-only', {}, known, details);
  const range = ranges.find((item) => at >= item.from && at < item.to);
  if (range === undefined) return walk.refuse('struct-field-read-only', { struct: struct.name, off: at }, known, details);
  if (at + size <= range.end) return true;
  return walk.refuse('struct-write-beyond', { struct: struct.name, off: at, size, end: range.end }, known, details);
}

/** A load of a pointer that a map value owns: valid under RCU, or only readable with care. */
export function loadKptr(walk: Walk, target: StructInfo | null): Reg {
  if (target === null) return UNKNOWN;
  const flags = target.ofKernel ? FLAG.UNTRUSTED : FLAG.RCU | FLAG.OBJECT;
  return pointerReg(KIND.BTF_PTR, { struct: target, flags, nullable: true, id: walk.newId() });
}
