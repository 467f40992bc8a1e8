// What a generated program can name at one point: objects of integer type, structs, functions. Data only.

import type { IntType } from './c-types.ts';

/** An integer object. `text` may be made anew each time, with another index. */
export interface Place {
  readonly type: IntType;
  /** Width of a bit-field, else null. */
  readonly bits: number | null;
  readonly text: () => string;
  /** Name of the variable it lies in, for "these two are different". Derefs of pointers have none. */
  readonly root: string | null;
  readonly writable: boolean;
  /** True where `&` may be applied and gives an aligned pointer. */
  readonly addressable: boolean;
}

export interface Field {
  readonly name: string;
  readonly type: IntType;
  readonly bits: number | null;
  /** Elements of an array member, else null. */
  readonly length: number | null;
  /** Set for a member that is itself a struct. */
  readonly struct: StructType | null;
}

export interface StructType {
  /** As written in front of a variable: `struct s1`. */
  readonly name: string;
  readonly union: boolean;
  readonly packed: boolean;
  readonly fields: readonly Field[];
  /** Upper bound of its size in bytes. */
  readonly bytes: number;
  readonly hasBool: boolean;
}

export interface ArrayObject {
  readonly name: string;
  readonly type: IntType;
  /** A power of two. */
  readonly length: number;
  readonly writable: boolean;
}

export interface StructObject {
  /** An lvalue. */
  readonly text: string;
  readonly type: StructType;
  readonly writable: boolean;
  readonly root: string | null;
}

export type Parameter =
  | { readonly kind: 'value'; readonly type: IntType; readonly name: string }
  | { readonly kind: 'struct'; readonly type: StructType; readonly name: string }
  | { readonly kind: 'pointer'; readonly type: IntType; readonly name: string }
  | { readonly kind: 'struct-pointer'; readonly type: StructType; readonly name: string };

export interface GeneratedFunction {
  readonly name: string;
  readonly returns: IntType | StructType;
  readonly params: readonly Parameter[];
  /** Writes nothing that outlives the call: may be called anywhere in an expression. */
  readonly pure: boolean;
  /** Statements a call executes, at most. */
  readonly cost: number;
}

/** Names in scope, innermost last. A block copies it. */
export interface Scope {
  readonly places: readonly Place[];
  readonly arrays: readonly ArrayObject[];
  readonly structs: readonly StructObject[];
}

export const isStruct = (type: IntType | StructType): type is StructType => 'fields' in type;

/** All integer objects inside a struct object. */
export function placesOf(object: StructObject, index: (below: number) => string, insidePacked = false): Place[] {
  const packed = insidePacked || object.type.packed;
  return object.type.fields.flatMap((field): Place[] => {
    const base = `${object.text}.${field.name}`;
    if (field.struct !== null)
      return placesOf({ text: base, type: field.struct, writable: object.writable, root: object.root }, index, packed);
    const { length } = field;
    return [
      {
        type: field.type,
        bits: field.bits,
        text: length === null ? () => base : () => `${base}[${index(length)}]`,
        root: object.root,
        writable: object.writable,
        addressable: field.bits === null && !packed,
      },
    ];
  });
}
