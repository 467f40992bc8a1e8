// Layout of structs and unions: offsets, padding, bit-fields, packed and aligned members, as gcc and clang lay them out for
// LP64 little-endian targets (System V ABI; gcc's rules for packed bit-fields). Knows nothing of names or scopes.

import { alignOf, type CType, type Member, type RecordType, sizeOf } from '../abi/ctype.ts';

/** A member before it has a place. */
export interface PlainMember {
  readonly name: string | null;
  readonly type: CType;
  /** Width of a bit-field, or null. */
  readonly bits: number | null;
  readonly packed: boolean;
  /** From `aligned(n)`, or 0. */
  readonly align: number;
  readonly tags: readonly string[];
}

const roundUp = (value: number, to: number): number => Math.ceil(value / to) * to;

/** Fills in members, size and alignment of `record`. `minimumAlign` comes from an attribute on the record, `pack` from `#pragma pack` (0: none). */
export function layOut(
  record: RecordType,
  members: readonly PlainMember[],
  packed: boolean,
  minimumAlign: number,
  pack = 0,
): void {
  const placed: Member[] = [];
  let bit = 0;
  let size = 0;
  let align = Math.max(1, minimumAlign);
  for (const member of members) {
    if (record.kind === 'union') bit = 0;
    const isPacked = packed || member.packed || pack === 1;
    const limit = pack > 0 ? pack : 4096;
    const natural = isPacked ? 1 : Math.min(alignOf(member.type), limit);
    const memberAlign = Math.max(natural, member.align);
    if (member.bits === null) {
      const offset = roundUp(Math.ceil(bit / 8), memberAlign);
      placed.push({ name: member.name, type: member.type, offset, ...tagsOf(member) });
      bit = (offset + sizeOf(member.type)) * 8;
      align = Math.max(align, memberAlign);
    } else if (member.bits === 0) {
      bit = roundUp(bit, alignOf(member.type) * 8);
    } else {
      const unit = sizeOf(member.type) * 8;
      if (member.align > 0) bit = roundUp(bit, member.align * 8);
      if (!isPacked && Math.floor(bit / unit) !== Math.floor((bit + member.bits - 1) / unit))
        bit = roundUp(bit, Math.min(alignOf(member.type), limit) * 8);
      if (member.name !== null) {
        placed.push({
          name: member.name,
          type: member.type,
          ...bitPlace(bit, member.bits, isPacked ? 8 : unit),
          ...tagsOf(member),
        });
        align = Math.max(align, memberAlign);
      }
      bit += member.bits;
    }
    size = Math.max(size, Math.ceil(bit / 8));
  }
  record.members = placed;
  record.align = align;
  record.size = roundUp(size, align);
}

const tagsOf = (member: PlainMember): { tags?: readonly string[] } => (member.tags.length > 0 ? { tags: member.tags } : {});

/** The narrowest aligned unit of 1, 2, 4 or 8 bytes that holds the bits; without one, bytes from the first on. */
function bitPlace(bit: number, width: number, unit: number): { offset: number; bitOffset: number; bitWidth: number } {
  for (const bits of [8, 16, 32, 64]) {
    if (bits > Math.max(unit, 8)) break;
    const start = Math.floor(bit / bits) * bits;
    if (bit + width <= start + bits) return { offset: start / 8, bitOffset: bit - start, bitWidth: width };
  }
  return { offset: Math.floor(bit / 8), bitOffset: bit & 7, bitWidth: width };
}

/** Bytes of the unit a bit-field is read and written through: 1, 2, 4, 8; 9 when no unit holds it. */
export function bitUnit(bitOffset: number, bitWidth: number): number {
  const bits = bitOffset + bitWidth;
  return bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : bits <= 64 ? 8 : 9;
}

/** A member found by name, with the path through anonymous members already added up. */
export interface FoundMember {
  readonly member: Member;
  /** Bytes from the start of the outer record. */
  readonly offset: number;
}

/** Looks a name up, through anonymous structs and unions (C11 6.7.2.1 paragraph 13). */
export function findMember(record: RecordType, name: string): FoundMember | null {
  for (const member of record.members ?? []) {
    if (member.name === name) return { member, offset: member.offset };
    if (member.name !== null) continue;
    const inner = innerRecord(member.type);
    const found = inner === null ? null : findMember(inner, name);
    if (found !== null) return { member: found.member, offset: member.offset + found.offset };
  }
  return null;
}

/** Names of all members that {@link findMember} finds, for did-you-mean and completion. */
export function memberNames(record: RecordType): string[] {
  return (record.members ?? []).flatMap((member) => {
    if (member.name !== null) return [member.name];
    const inner = innerRecord(member.type);
    return inner === null ? [] : memberNames(inner);
  });
}

function innerRecord(type: CType): RecordType | null {
  let t = type;
  while (t.kind === 'typedef' || t.kind === 'qualified') t = t.of;
  return t.kind === 'struct' || t.kind === 'union' ? t : null;
}
