// Compile once, run everywhere: which accesses to kernel structures are recorded, so that libbpf can fit the object to the kernel it is
// loaded into, and how a place in a structure is written down (libbpf, struct bpf_core_relo: the type, and a path of indices from it).
// Knows nothing of code.

import { bare, type CType, type Member, type RecordType, sizeOf } from '../abi/ctype.ts';
import { constantOf } from './constant.ts';
import type { TExpr } from './tree.ts';
import { isSigned, recordOf } from './types.ts';

/** enum bpf_core_relo_kind (include/uapi/linux/bpf.h). */
export const CORE = {
  FIELD_BYTE_OFFSET: 0,
  FIELD_BYTE_SIZE: 1,
  FIELD_EXISTS: 2,
  FIELD_SIGNED: 3,
  FIELD_LSHIFT_U64: 4,
  FIELD_RSHIFT_U64: 5,
  TYPE_EXISTS: 8,
  TYPE_SIZE: 9,
  ENUMVAL_EXISTS: 10,
  ENUMVAL_VALUE: 11,
  TYPE_MATCHES: 12,
} as const;

/** One record as it goes into the object: `access` is `0:2:1`, the first number being 0, the object itself. */
export interface CoreReference {
  readonly root: CType;
  readonly access: string;
  /** A number of {@link CORE}. */
  readonly what: number;
}

/** A place inside a structure, and bytes beyond the start of that place. */
export interface CorePath {
  readonly root: RecordType;
  readonly steps: readonly number[];
  /** Type at the end of the path. */
  readonly type: CType;
  readonly extra: number;
}

/**
 * The path with its extra bytes turned into steps; null where they point into the middle of something, or into a structure whose
 * members are not to be preserved.
 */
function completed(path: CorePath): CorePath | null {
  const steps = [...path.steps];
  let { type, extra } = path;
  while (extra !== 0) {
    const inside = bare(type);
    if (inside.kind === 'array') {
      const size = sizeOf(inside.of);
      const index = Math.floor(extra / size);
      if (index < 0 || !(size > 0)) return null;
      steps.push(index);
      extra -= index * size;
      type = inside.of;
      continue;
    }
    const at = extra;
    const members = inside.kind === 'struct' && inside.preserveAccess === true ? (inside.members ?? []) : [];
    const index = members.findLastIndex(({ offset }) => offset <= at);
    const member = members[index];
    if (member === undefined || at >= member.offset + sizeOf(member.type)) return null;
    steps.push(index);
    extra -= member.offset;
    type = member.type;
  }
  return { root: path.root, steps, type, extra: 0 };
}

/** Steps from a record to one of its members, through anonymous ones. */
function stepsTo(record: RecordType, wanted: Member): readonly number[] | null {
  for (const [index, member] of (record.members ?? []).entries()) {
    if (member === wanted) return [index];
    const inner = member.name === null ? recordOf(member.type) : null;
    const rest = inner === null ? null : stepsTo(inner, wanted);
    if (rest !== null) return [index, ...rest];
  }
  return null;
}

/** The path of a member of what `outer` leads to, or of a fresh root (`outer` null); null when it cannot be written down. */
export function pathTo(outer: CorePath | null, record: RecordType, member: Member): CorePath | null {
  const steps = stepsTo(record, member);
  const base = outer === null ? null : completed(outer);
  if (steps === null || (outer !== null && base === null)) return null;
  return { root: base?.root ?? record, steps: [...(base?.steps ?? []), ...steps], type: member.type, extra: 0 };
}

/** The record for an access at the path; null where it is inside of a field. */
export function referenceTo(path: CorePath, what: number = CORE.FIELD_BYTE_OFFSET): CoreReference | null {
  const whole = completed(path);
  return whole === null ? null : { root: whole.root, access: [0, ...whole.steps].join(':'), what };
}

/** Path of an lvalue, and its distance in bytes from the root object. */
function pathOf(expr: TExpr): { readonly path: CorePath; readonly offset: number } | null {
  if (expr.kind === 'member') {
    const record = recordOf(expr.object.type);
    const outer = pathOf(expr.object);
    const path = record === null ? null : pathTo(outer?.path ?? null, record, expr.member);
    return path === null ? null : { path, offset: (outer?.offset ?? 0) + expr.offset };
  }
  if (expr.kind !== 'deref' || expr.pointer.kind !== 'offset' || expr.pointer.pointer.kind !== 'address') return null;
  const outer = pathOf(expr.pointer.pointer.object);
  const index = constantOf(expr.pointer.index);
  if (outer === null || index === null || index.base !== null || expr.pointer.negative) return null;
  const by = Number(index.value) * expr.pointer.scale;
  return { path: { ...outer.path, extra: outer.path.extra + by }, offset: outer.offset + by };
}

/** What `__builtin_preserve_…(object, kind)` asks for and what it is in this file; null when the builtin cannot answer. */
export function preservedFact(
  builtin: string,
  object: TExpr,
  kind: number,
): { readonly core: CoreReference; readonly value: bigint } | null {
  if (builtin === '__builtin_preserve_enum_value') return enumFact(object, kind);
  if (builtin === '__builtin_preserve_type_info') {
    const what = [CORE.TYPE_EXISTS, CORE.TYPE_SIZE, CORE.TYPE_MATCHES][kind];
    if (what === undefined) return null;
    const value = what === CORE.TYPE_SIZE ? BigInt(sizeOf(object.type)) : 1n;
    return { core: { root: bare(object.type), access: '0', what }, value };
  }
  const found = pathOf(object);
  const core = found === null || kind < 0 || kind > CORE.FIELD_RSHIFT_U64 ? null : referenceTo(found.path, kind);
  return found === null || core === null ? null : { core, value: BigInt(fieldFact(object, found.offset, kind)) };
}

function fieldFact(object: TExpr, offset: number, kind: number): number {
  const size = sizeOf(object.type);
  const { bitOffset = 0, bitWidth = size * 8 } = object.kind === 'member' ? object.member : {};
  switch (kind) {
    case CORE.FIELD_BYTE_OFFSET:
      return offset;
    case CORE.FIELD_BYTE_SIZE:
      return size;
    case CORE.FIELD_SIGNED:
      return isSigned(object.type) ? 1 : 0;
    case CORE.FIELD_LSHIFT_U64:
      return 64 - bitOffset - bitWidth;
    case CORE.FIELD_RSHIFT_U64:
      return 64 - bitWidth;
    default:
      return 1;
  }
}

/** The operand is `*(enum e *)VALUE`. */
function enumFact(object: TExpr, kind: number): { readonly core: CoreReference; readonly value: bigint } | null {
  const type = bare(object.type);
  if (type.kind !== 'enum' || object.kind !== 'deref') return null;
  const value = constantOf(object.pointer);
  const index = (type.enumerators ?? []).findIndex(
    (one) => BigInt.asUintN(64, one.value) === BigInt.asUintN(64, value?.value ?? -1n),
  );
  if (value === null || value.base !== null || index < 0 || kind < 0 || kind > 1) return null;
  const what = kind === 0 ? CORE.ENUMVAL_EXISTS : CORE.ENUMVAL_VALUE;
  return { core: { root: type, access: String(index), what }, value: kind === 0 ? 1n : value.value };
}
