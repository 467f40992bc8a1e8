// C type descriptors: what the compiler computes, BTF carries, and the inspector decodes values with. Target facts:
// LP64, little endian, char signed. Knows nothing of syntax or of code generation.

/** Qualifiers and BTF type tags that a type carries at one level. */
export interface Qualifiers {
  readonly const?: boolean;
  readonly volatile?: boolean;
  readonly restrict?: boolean;
  /** `__attribute__((btf_type_tag("kptr")))` and the like, outermost first. */
  readonly tags?: readonly string[];
}

export interface VoidType {
  readonly kind: 'void';
}
/** All integers, `_Bool` and `char` included; `name` is the spelling BTF uses (`unsigned int`, `char`, `_Bool`). */
export interface IntType {
  readonly kind: 'int';
  readonly name: string;
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  readonly bool?: boolean;
}
export interface PointerType {
  readonly kind: 'pointer';
  readonly to: CType;
}
/** `length` null: incomplete or flexible. */
export interface ArrayType {
  readonly kind: 'array';
  readonly of: CType;
  readonly length: number | null;
}
export interface Member {
  /** Null for an anonymous struct or union member and for unnamed bit-fields. */
  readonly name: string | null;
  readonly type: CType;
  /** Byte offset of the storage unit the member is accessed through. */
  readonly offset: number;
  /** Present for a bit-field: first bit inside the unit at `offset` (little endian) and width in bits. */
  readonly bitOffset?: number;
  readonly bitWidth?: number;
  /** BTF declaration tags, e.g. `contains:flow:node`. */
  readonly tags?: readonly string[];
}
/** A struct or union has identity: the object is filled in when its body is read, so that it can contain pointers to itself. */
export interface RecordType {
  readonly kind: 'struct' | 'union';
  tag: string | null;
  /** Null while incomplete. */
  members: readonly Member[] | null;
  size: number;
  align: number;
  /** Accesses to members are recorded, so that a loader can fit them to the kernel it finds (preserve_access_index). */
  preserveAccess?: boolean;
}
export interface EnumType {
  readonly kind: 'enum';
  tag: string | null;
  /** Null while incomplete. */
  enumerators: readonly { readonly name: string; readonly value: bigint }[] | null;
  underlying: IntType;
}
export interface FunctionParameter {
  readonly name: string | null;
  readonly type: CType;
  /** BTF declaration tags, e.g. `arg:trusted`. */
  readonly tags?: readonly string[];
}
export interface FunctionType {
  readonly kind: 'function';
  readonly returns: CType;
  readonly params: readonly FunctionParameter[];
  readonly variadic: boolean;
  /** `f()` without a prototype. */
  readonly unprototyped?: boolean;
}
export interface TypedefType {
  readonly kind: 'typedef';
  readonly name: string;
  readonly of: CType;
}
export interface QualifiedType {
  readonly kind: 'qualified';
  readonly of: CType;
  readonly qualifiers: Qualifiers;
}

export type CType =
  | VoidType
  | IntType
  | PointerType
  | ArrayType
  | RecordType
  | EnumType
  | FunctionType
  | TypedefType
  | QualifiedType;

const int = (name: string, size: 1 | 2 | 4 | 8, signed: boolean): IntType => ({ kind: 'int', name, size, signed });
export const VOID: VoidType = { kind: 'void' };
export const BOOL: IntType = { kind: 'int', name: '_Bool', size: 1, signed: false, bool: true };
export const CHAR = int('char', 1, true);
export const SCHAR = int('signed char', 1, true);
export const UCHAR = int('unsigned char', 1, false);
export const SHORT = int('short', 2, true);
export const USHORT = int('unsigned short', 2, false);
export const INT = int('int', 4, true);
export const UINT = int('unsigned int', 4, false);
export const LONG = int('long', 8, true);
export const ULONG = int('unsigned long', 8, false);
export const LLONG = int('long long', 8, true);
export const ULLONG = int('unsigned long long', 8, false);

/** Strips typedefs and qualifiers. */
export function bare(type: CType): Exclude<CType, TypedefType | QualifiedType> {
  let current = type;
  while (current.kind === 'typedef' || current.kind === 'qualified') current = current.of;
  return current;
}

/** Size in bytes; 0 for void, functions, incomplete and flexible types. */
export function sizeOf(type: CType): number {
  const t = bare(type);
  switch (t.kind) {
    case 'int':
      return t.size;
    case 'pointer':
      return 8;
    case 'array':
      return t.length === null ? 0 : t.length * sizeOf(t.of);
    case 'struct':
    case 'union':
      return t.size;
    case 'enum':
      return t.underlying.size;
    default:
      return 0;
  }
}

/** Alignment in bytes, at least 1. */
export function alignOf(type: CType): number {
  const t = bare(type);
  switch (t.kind) {
    case 'int':
      return t.size;
    case 'pointer':
      return 8;
    case 'array':
      return alignOf(t.of);
    case 'struct':
    case 'union':
      return Math.max(1, t.align);
    case 'enum':
      return t.underlying.size;
    default:
      return 1;
  }
}
