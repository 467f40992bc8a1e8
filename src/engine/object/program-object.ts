// ProgramObject: what a compiler or an ELF reader produces and everything after consumes: functions, maps, data, types and
// line table of one source file, before linking. Immutable values. Knows nothing of C syntax or of ELF.

import type { CType, FunctionType } from '../abi/ctype.ts';
import type { ProfileId } from '../abi/profile.ts';
import type { Code } from '../isa/codec.ts';

/** A file that line entries point into; `text` is null when only the name is known (an object from elsewhere). */
export interface ObjectFile {
  readonly path: string;
  readonly text: string | null;
}

/** From `slot` on (to the next entry) instructions come from this place. Lines and columns are one-based; end equals start when unknown. */
export interface LineEntry {
  readonly slot: number;
  /** Index into {@link ProgramObject.files}. */
  readonly file: number;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** What a slot refers to; the linker fills it in. Indices point into the object's own arrays. */
export type Relocation =
  /** ld_imm64 of a map (maps[target]). */
  | { readonly kind: 'map'; readonly slot: number; readonly target: number }
  /** ld_imm64 of an address inside a data section (maps[target], byte `addend`). */
  | { readonly kind: 'map-value'; readonly slot: number; readonly target: number; readonly addend: number }
  /** call of functions[target]. */
  | { readonly kind: 'function'; readonly slot: number; readonly target: number }
  /** ld_imm64 of the address of functions[target], for callbacks. */
  | { readonly kind: 'function-address'; readonly slot: number; readonly target: number }
  /** call of a kernel function by name. */
  | { readonly kind: 'kfunc'; readonly slot: number; readonly name: string }
  /** Immediate that names types[target] (`bpf_core_type_id_local`): a move, or the low half of ld_imm64. */
  | { readonly kind: 'type-id'; readonly slot: number; readonly target: number }
  /**
   * The slot's offset or immediate is a fact about types[target] that the loader fits to its kernel (struct bpf_core_relo: path of indices and
   * number of the kind). The slot holds what is so in the object's own types.
   */
  | { readonly kind: 'core'; readonly slot: number; readonly target: number; readonly access: string; readonly what: number };

/** Where a debugger finds bytes of a variable. */
export type VariablePlace =
  /** The low bytes of a register. */
  | { readonly kind: 'register'; readonly register: number }
  /** In memory at R10 + offset. */
  | { readonly kind: 'stack'; readonly offset: number }
  /** In memory at a register's value. */
  | { readonly kind: 'pointed'; readonly register: number }
  | { readonly kind: 'constant'; readonly value: bigint }
  /** A pointer to R10 + offset. */
  | { readonly kind: 'frame-address'; readonly offset: number }
  /** No value has been given to it yet. */
  | { readonly kind: 'unset' };

/** Before each instruction in slots [from, to), bytes [offset, offset + size) of the variable are at `place`. */
export interface VariableRange {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
  readonly size: number;
  readonly place: VariablePlace;
}

/** A local variable or parameter. What no range covers, optimisation has left nowhere. */
export interface ObjectVariable {
  readonly name: string;
  readonly type: CType;
  readonly isParameter: boolean;
  /** One-based line of its declaration, in files[file]. */
  readonly file: number;
  readonly line: number;
  /** Index into {@link VariableTable.calls}; -1 for a variable of the function itself. */
  readonly call: number;
  /** Slots [from, to) where it is in scope, ascending. */
  readonly scope: readonly { readonly from: number; readonly to: number }[];
  /** Ascending by `from`; of one moment, ascending by `offset`. */
  readonly ranges: readonly VariableRange[];
}

/** A call that was inlined. */
export interface InlinedCall {
  /** The called function. */
  readonly name: string;
  /** Where the call stands; line 0 when unknown. */
  readonly file: number;
  readonly line: number;
  /** The inlined call around it; -1 when it stands in the function itself. */
  readonly parent: number;
}

export interface VariableTable {
  readonly calls: readonly InlinedCall[];
  /** In order of declaration. */
  readonly variables: readonly ObjectVariable[];
}

export interface ObjectFunction {
  readonly name: string;
  /** ELF section: `qdisc/enqueue`, or `.text` for a function that only others call. */
  readonly section: string;
  readonly linkage: 'global' | 'static';
  readonly code: Code;
  readonly relocations: readonly Relocation[];
  readonly lines: readonly LineEntry[];
  readonly type: CType | null;
  /** Bytes of stack its own frame uses. */
  readonly stackBytes: number;
  /** For the debugger; absent in objects of other compilers. */
  readonly variables?: VariableTable;
}

/** A variable inside a data section, for the inspector and for knobs. */
export interface GlobalVariable {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly type: CType;
  readonly linkage: 'global' | 'static';
  /** BTF declaration tags of the variable, e.g. `contains:flow:node` on a list head; absent when there are none. */
  readonly tags?: readonly string[];
}

/** A pointer stored in initialised data: 8 bytes at `offset` become the address of maps[target] + addend. */
export interface DataRelocation {
  readonly offset: number;
  readonly target: number;
  readonly addend: number;
}

/** What a slot of a map of maps (maps[target]) or of a program array (functions[target]) holds once the object is loaded. */
export interface MapSlot {
  readonly index: number;
  readonly kind: 'map' | 'program';
  readonly target: number;
}

/** A map of the object; data sections are array maps with one entry, as libbpf makes them. */
export interface ObjectMap {
  readonly name: string;
  /** Number of the type, see abi/map-types.ts. */
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** 0 none, 1 LIBBPF_PIN_BY_NAME: shared by name across instances. */
  readonly pinning: number;
  readonly keyType: CType | null;
  readonly valueType: CType | null;
  /** Present for a data section: initial bytes, its variables and whether programs may write it. */
  readonly data: {
    readonly section: string;
    readonly bytes: Uint8Array;
    readonly variables: readonly GlobalVariable[];
    readonly readOnly: boolean;
    readonly relocations: readonly DataRelocation[];
  } | null;
  /** Template of inner maps, for maps of maps. */
  readonly inner: ObjectMap | null;
  /** Initial contents of a map of maps or a program array (`.values = { … }`), by index; absent when there are none. */
  readonly slots?: readonly MapSlot[];
  /** Where the map is defined, for messages; null when unknown. */
  readonly line: LineEntry | null;
}

/** One member that an initialiser of a struct_ops variable sets; members that stay zero are not listed. */
export type StructOpsMember =
  /** The member points to functions[function], a program in a `struct_ops` section. */
  | { readonly member: string; readonly kind: 'function'; readonly function: number }
  /** Plain data: the member's bytes, as long as its type. */
  | { readonly member: string; readonly kind: 'data'; readonly bytes: Uint8Array };

/** A variable in `.struct_ops` or `.struct_ops.link`: one implementation of a kernel table of operations. */
export interface StructOpsVariable {
  /** Name of the C variable; the kind that tc knows is the bytes of member `id`. */
  readonly name: string;
  /** Tag of the struct, `Qdisc_ops`. */
  readonly type: string;
  readonly section: string;
  /** In order of their places in the struct. */
  readonly members: readonly StructOpsMember[];
  readonly line: LineEntry | null;
}

/** A kernel function that the object declares (`extern … __ksym`) and calls. */
export interface KernelFunction {
  readonly name: string;
  /** A weak one may be missing in the kernel. */
  readonly weak: boolean;
  /** As the program declares it; null when unknown. */
  readonly type: FunctionType | null;
}

/** A kernel setting (`extern … __kconfig`): bytes of the read-only map `maps[map]`, whose section is `.kconfig`. */
export interface KernelSetting {
  readonly name: string;
  readonly map: number;
  readonly offset: number;
  readonly type: CType;
  readonly weak: boolean;
}

/** What only struct_ops programs have. An object without any spreads {@link NO_KERNEL_PARTS}. */
export interface KernelParts {
  readonly structOps: readonly StructOpsVariable[];
  /** The object's own types that the kernel must know: of allocated objects, map values, roots. See relocation `type-id`. */
  readonly types: readonly CType[];
  readonly kernelFunctions: readonly KernelFunction[];
  readonly kernelSettings: readonly KernelSetting[];
}

export const NO_KERNEL_PARTS: KernelParts = { structOps: [], types: [], kernelFunctions: [], kernelSettings: [] };

export interface ProgramObject extends KernelParts {
  /** Name without folder and ending, `fifo`. */
  readonly name: string;
  /** From the `qdisc_profile` section; null when the source names none. */
  readonly profile: ProfileId | null;
  readonly license: string;
  readonly files: readonly ObjectFile[];
  readonly functions: readonly ObjectFunction[];
  readonly maps: readonly ObjectMap[];
}
