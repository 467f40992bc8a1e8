// Linking: one entry function and every function it reaches, laid out one after the other as libbpf does, with calls,
// callback addresses and map references filled in. Knows nothing of verification or of execution.

import type { CType } from '../abi/ctype.ts';
import type { ProgramKind } from '../abi/profile.ts';
import { present } from '../base/assert.ts';
import { type Code, emptyCode } from '../isa/codec.ts';
import { PSEUDO_CALL, PSEUDO_LD } from '../isa/opcodes.ts';
import { fitToKernel } from './core-relocations.ts';
import type { KernelFunction, LineEntry, ObjectFile, ObjectMap, ProgramObject, VariableTable } from './program-object.ts';

/** A function inside a linked program: slots [start, end). */
export interface Subprogram {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly linkage: 'global' | 'static';
  /** Function type with parameter tags, where the object knows it. */
  readonly type?: CType | null;
  /** Its local variables, in slots of the linked program; absent where the object does not tell. */
  readonly variables?: VariableTable;
}

/** Which member of which struct_ops variable a program implements. */
export interface StructOpsTarget {
  /** Member of the table: `enqueue`, `dequeue`, … */
  readonly op: string;
  /** Name of the C variable. */
  readonly variable: string;
  /** Tag of its struct, `Qdisc_ops`. */
  readonly type: string;
}

/** What a linked program knows of the kernel's side; one that is no struct_ops program spreads {@link NO_LINKED_PARTS}. */
export interface LinkedParts {
  /** Null for a program that no struct_ops variable points to. */
  readonly structOps: StructOpsTarget | null;
  /** The object's own types: an immediate that names one holds its index + 1. */
  readonly types: readonly CType[];
  /** How the program declares the functions in `kfuncs`, same order; null where it is not known. */
  readonly kernelFunctions: readonly (KernelFunction | null)[];
}

export const NO_LINKED_PARTS: LinkedParts = { structOps: null, types: [], kernelFunctions: [] };

/**
 * A program ready to be judged. ld_imm64 with src 1 or 2 holds the index into `maps` in its first immediate (and a byte
 * offset in its second), src 4 the distance to the callback, a call with src 1 the distance to the subprogram: both relative to the next slot,
 * as in the kernel.
 */
export interface LinkedProgram extends LinkedParts {
  readonly name: string;
  readonly section: string;
  readonly kind: ProgramKind;
  readonly license: string;
  readonly code: Code;
  /** In order of their slots; the entry is first. */
  readonly subprograms: readonly Subprogram[];
  readonly maps: readonly ObjectMap[];
  /** Ordered by slot. */
  readonly lines: readonly LineEntry[];
  readonly files: readonly ObjectFile[];
  /** Names of the kernel functions that calls with src 2 refer to by index in their immediate. */
  readonly kfuncs: readonly string[];
}

/** Links functions[entry] of an object. Never fails: unresolved names were refused when the object was made. */
export function linkProgram(object: ProgramObject, entry: number, kind: ProgramKind): LinkedProgram {
  const order = [entry];
  for (let next = 0; next < order.length; next++) {
    for (const relocation of present(object.functions[order[next] ?? 0], 'function').relocations) {
      if (relocation.kind !== 'function' && relocation.kind !== 'function-address') continue;
      if (!order.includes(relocation.target)) order.push(relocation.target);
    }
  }
  const starts = new Map<number, number>();
  let length = 0;
  for (const index of order) {
    starts.set(index, length);
    length += present(object.functions[index], 'function').code.length;
  }
  const code = emptyCode(length);
  const lines: LineEntry[] = [];
  const subprograms: Subprogram[] = [];
  const kfuncs: string[] = [];
  for (const index of order) {
    const part = present(object.functions[index], 'function');
    const start = present(starts.get(index), 'start');
    const { name, linkage, type } = part;
    const subprogram = { name, start, end: start + part.code.length, linkage, type };
    subprograms.push(
      part.variables === undefined ? subprogram : { ...subprogram, variables: movedVariables(part.variables, start) },
    );
    code.opcode.set(part.code.opcode, start);
    code.dst.set(part.code.dst, start);
    code.src.set(part.code.src, start);
    code.off.set(part.code.off, start);
    code.imm.set(part.code.imm, start);
    for (const line of part.lines) lines.push({ ...line, slot: line.slot + start });
    for (const relocation of part.relocations) {
      const slot = start + relocation.slot;
      switch (relocation.kind) {
        case 'map':
          code.src[slot] = PSEUDO_LD.MAP;
          code.imm[slot] = relocation.target;
          break;
        case 'map-value':
          code.src[slot] = PSEUDO_LD.MAP_VALUE;
          code.imm[slot] = relocation.target;
          code.imm[slot + 1] = relocation.addend;
          break;
        case 'function':
          code.src[slot] = PSEUDO_CALL.SUBPROGRAM;
          code.imm[slot] = present(starts.get(relocation.target), 'callee') - slot - 1;
          break;
        case 'function-address':
          code.src[slot] = PSEUDO_LD.FUNCTION;
          code.imm[slot] = present(starts.get(relocation.target), 'callback') - slot - 1;
          break;
        case 'kfunc':
          code.src[slot] = PSEUDO_CALL.KFUNC;
          if (!kfuncs.includes(relocation.name)) kfuncs.push(relocation.name);
          code.imm[slot] = kfuncs.indexOf(relocation.name);
          break;
        case 'type-id':
          code.imm[slot] = relocation.target + 1;
          break;
        case 'core':
          fitToKernel(code, slot, object.types, relocation.target, relocation.access, relocation.what);
          break;
      }
    }
  }
  const root = present(object.functions[entry], 'entry');
  return {
    name: root.name,
    section: root.section,
    kind,
    license: object.license,
    code,
    subprograms,
    maps: object.maps,
    lines,
    files: object.files,
    kfuncs,
    structOps: structOpsTarget(object, entry),
    types: object.types,
    kernelFunctions: kfuncs.map((name) => object.kernelFunctions.find((declared) => declared.name === name) ?? null),
  };
}

/** The first table entry that points to functions[entry]. */
function structOpsTarget(object: ProgramObject, entry: number): StructOpsTarget | null {
  for (const { name, type, members } of object.structOps) {
    const found = members.find((member) => member.kind === 'function' && member.function === entry);
    if (found !== undefined) return { op: found.member, variable: name, type };
  }
  return null;
}

/** The table `by` slots further on. */
function movedVariables({ calls, variables }: VariableTable, by: number): VariableTable {
  if (by === 0) return { calls, variables };
  const moved = <T extends { readonly from: number; readonly to: number }>(range: T): T => {
    return { ...range, from: range.from + by, to: range.to + by };
  };
  return {
    calls,
    variables: variables.map((variable) => ({
      ...variable,
      scope: variable.scope.map(moved),
      ranges: variable.ranges.map(moved),
    })),
  };
}

/** The line entry that covers a slot, or null before the first. */
export function lineOfSlot(lines: readonly LineEntry[], slot: number): LineEntry | null {
  let low = 0;
  let high = lines.length - 1;
  let found: LineEntry | null = null;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const line = present(lines[middle], 'line');
    if (line.slot <= slot) {
      found = line;
      low = middle + 1;
    } else high = middle - 1;
  }
  return found;
}
