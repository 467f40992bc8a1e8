// The typed tree: what check makes of the syntax tree. Every expression has a type; every conversion that C does silently
// is written out; names are resolved to the things they mean. Lowering reads nothing else. Knows nothing of syntax.

import type { CType, FunctionType, Member, RecordType } from '../abi/ctype.ts';
import type { Insn } from '../isa/codec.ts';
import type { CoreReference } from './core-paths.ts';
import type { Place } from './token.ts';

/** A variable of automatic storage, parameters included. */
export interface LocalVariable {
  readonly kind: 'local';
  readonly name: string;
  readonly type: CType;
  readonly place: Place;
  readonly isParameter: boolean;
  /** From `__attribute__((aligned))`; at least the type's own. */
  readonly align: number;
  /** `__attribute__((cleanup(f)))`. */
  readonly cleanup: FunctionSymbol | null;
  used: boolean;
  /** Something may have given it a value: an initialiser, an assignment, a call that got its address. */
  assigned: boolean;
  /** Assigned to after its declaration. */
  set?: boolean;
  /** Where it was first mentioned. */
  firstUse?: Place;
  /** The end of the block (or loop) that declares it; set by lowering. */
  scopeEnd?: Place;
}

/** A variable of static storage: file scope, `static` inside a function, string literal, constant compound literal. */
export interface GlobalVariable {
  readonly kind: 'global';
  /** No code of the unit writes it or takes its address: its initial value is its value. Set before optimisation. */
  neverWritten?: boolean;
  readonly name: string;
  /** Completed by a later declaration where the first left an array open. */
  type: CType;
  place: Place;
  linkage: 'global' | 'static';
  /** From SEC; null picks .data, .bss or .rodata. */
  section: string | null;
  init: Initialisation | null;
  /** False while only declared `extern`. */
  defined: boolean;
  align: number;
  used: boolean;
  /** `__attribute__((used))`, or a section that readers of the object look for. */
  keep: boolean;
  /** BTF declaration tags. */
  tags: readonly string[];
  weak: boolean;
}

export interface FunctionSymbol {
  readonly kind: 'function';
  readonly name: string;
  type: FunctionType;
  place: Place;
  linkage: 'global' | 'static';
  section: string | null;
  alwaysInline: boolean;
  noInline: boolean;
  inlineHint: boolean;
  noReturn: boolean;
  /** `extern … __ksym`: a kernel function. */
  ksym: boolean;
  weak: boolean;
  keep: boolean;
  used: boolean;
  body: FunctionBody | null;
}

export interface FunctionBody {
  readonly params: readonly LocalVariable[];
  readonly statement: TBlock;
}

/** One leaf of an initialiser: `value` goes to byte `offset` of the object. */
export interface InitItem {
  readonly offset: number;
  readonly type: CType;
  readonly value: TExpr;
  readonly bitOffset?: number;
  readonly bitWidth?: number;
}

/** Bytes that no item covers are zero. Items are in source order; a later one wins. */
export interface Initialisation {
  readonly items: readonly InitItem[];
}

interface Typed {
  readonly type: CType;
  readonly place: Place;
}

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>';
export type CompareOp = '==' | '!=' | '<' | '>' | '<=' | '>=';

export type TExpr = Typed &
  (
    | { readonly kind: 'constant'; readonly value: bigint }
    // Objects (lvalues).
    | { readonly kind: 'local'; readonly variable: LocalVariable }
    | { readonly kind: 'global'; readonly variable: GlobalVariable }
    | { readonly kind: 'deref'; readonly pointer: TExpr }
    /** `preserved`: the access is recorded for the loader (CO-RE). */
    | {
        readonly kind: 'member';
        readonly object: TExpr;
        readonly member: Member;
        readonly offset: number;
        readonly preserved?: true;
      }
    /** An unnamed local object with its initialiser. */
    | { readonly kind: 'compound'; readonly variable: LocalVariable; readonly init: Initialisation }
    | { readonly kind: 'function'; readonly symbol: FunctionSymbol }
    // Values.
    | { readonly kind: 'load'; readonly object: TExpr }
    /** Address of an object or function; arrays decay through it. */
    | { readonly kind: 'address'; readonly object: TExpr }
    | { readonly kind: 'convert'; readonly value: TExpr; readonly explicit: boolean }
    | { readonly kind: 'negate' | 'complement'; readonly operand: TExpr }
    | { readonly kind: 'not'; readonly operand: TExpr }
    /** Operands already have the result's type; shifts convert the count to the same width. */
    | { readonly kind: 'arithmetic'; readonly op: ArithmeticOp; readonly left: TExpr; readonly right: TExpr }
    /** Operands have one common type. */
    | { readonly kind: 'compare'; readonly op: CompareOp; readonly left: TExpr; readonly right: TExpr }
    /** pointer + index * scale; the index is 64 bits wide. */
    | {
        readonly kind: 'offset';
        readonly pointer: TExpr;
        readonly index: TExpr;
        readonly scale: number;
        readonly negative: boolean;
      }
    | { readonly kind: 'difference'; readonly left: TExpr; readonly right: TExpr; readonly scale: number }
    | { readonly kind: 'logical'; readonly op: '&&' | '||'; readonly left: TExpr; readonly right: TExpr }
    /** `yes` null: GNU `a ?: b`, the condition's own value converted. */
    | {
        readonly kind: 'conditional';
        readonly condition: TExpr;
        readonly yes: TExpr | null;
        readonly no: TExpr;
        readonly middle: CType;
      }
    | { readonly kind: 'assign'; readonly target: TExpr; readonly value: TExpr }
    /** target = (type)((computation)target op value); for pointers op is + or - and scale counts. */
    | {
        readonly kind: 'update';
        readonly target: TExpr;
        readonly op: ArithmeticOp;
        readonly value: TExpr;
        readonly computation: CType;
        readonly scale: number;
        /** True: the value is the one before the change (x++). */
        readonly post: boolean;
      }
    | { readonly kind: 'call'; readonly callee: Callee; readonly args: readonly TExpr[] }
    | { readonly kind: 'comma'; readonly left: TExpr; readonly right: TExpr }
    | { readonly kind: 'statements'; readonly body: TBlock; readonly result: TExpr | null }
    | { readonly kind: 'intrinsic'; readonly name: IntrinsicName; readonly args: readonly TExpr[] }
    /** Instructions of an `asm` statement. */
    | { readonly kind: 'asm'; readonly code: readonly Insn[] }
    /** Number of a type, fixed when the object is loaded. */
    | { readonly kind: 'type-id'; readonly of: CType }
    /** A fact about a type that a loader fits to its kernel; `value` is the one of this file's types. */
    | { readonly kind: 'core-value'; readonly core: CoreReference; readonly value: bigint }
    | { readonly kind: 'error' }
  );

export type Callee =
  | { readonly kind: 'symbol'; readonly symbol: FunctionSymbol }
  | { readonly kind: 'helper'; readonly id: number; readonly name: string; readonly type: FunctionType }
  | { readonly kind: 'pointer'; readonly value: TExpr; readonly type: FunctionType };

/** Built-ins that lowering expands. Atomic ones take the width from the type of the pointee. */
export type IntrinsicName =
  | 'bswap'
  | 'clz'
  | 'ctz'
  | 'ffs'
  | 'popcount'
  | 'parity'
  | 'memcpy'
  | 'memmove'
  | 'memset'
  | 'memcmp'
  | 'strlen'
  | 'strcmp'
  | 'abs'
  | 'unreachable'
  | 'trap'
  | 'barrier'
  | 'atomic-fetch-add'
  | 'atomic-fetch-sub'
  | 'atomic-fetch-and'
  | 'atomic-fetch-or'
  | 'atomic-fetch-xor'
  | 'atomic-fetch-nand'
  | 'atomic-add-fetch'
  | 'atomic-sub-fetch'
  | 'atomic-and-fetch'
  | 'atomic-or-fetch'
  | 'atomic-xor-fetch'
  | 'atomic-exchange'
  | 'atomic-compare-exchange-value'
  | 'atomic-compare-exchange-bool'
  | 'atomic-compare-exchange-n'
  | 'atomic-load'
  | 'atomic-store'
  | 'may-goto'
  | 'add-overflow'
  | 'sub-overflow'
  | 'mul-overflow'
  | 'frame-address';

export interface TBlock {
  readonly kind: 'block';
  readonly body: readonly TStatement[];
  readonly place: Place;
  readonly close: Place;
}

/** One label of a switch: values from `low` to `high`, as unsigned 64-bit images of the switch's type. */
export interface SwitchCase {
  readonly low: bigint;
  readonly high: bigint;
  readonly label: CaseLabel;
}
/** Identity of a place that case, default or goto lead to. */
export interface CaseLabel {
  readonly name: string;
}

interface Located {
  readonly place: Place;
}

export type TStatement =
  | TBlock
  | (Located &
      (
        | { readonly kind: 'expression'; readonly expr: TExpr }
        | { readonly kind: 'declare'; readonly variable: LocalVariable; readonly init: Initialisation | null }
        | { readonly kind: 'if'; readonly condition: TExpr; readonly yes: TStatement; readonly no: TStatement | null }
        | {
            readonly kind: 'loop';
            readonly init: readonly TStatement[];
            readonly condition: TExpr | null;
            readonly step: TExpr | null;
            readonly body: TStatement;
            /** do … while: the body runs before the first test. */
            readonly testLast: boolean;
            readonly unroll: number | null;
          }
        | {
            readonly kind: 'switch';
            readonly value: TExpr;
            readonly cases: readonly SwitchCase[];
            readonly fallback: CaseLabel | null;
            readonly body: TStatement;
          }
        | { readonly kind: 'label'; readonly label: CaseLabel; readonly body: TStatement }
        | { readonly kind: 'goto'; readonly label: CaseLabel }
        | { readonly kind: 'break' }
        | { readonly kind: 'continue' }
        | { readonly kind: 'return'; readonly value: TExpr | null }
        | { readonly kind: 'empty' }
      ));

/** Everything a translation unit defines, in source order. */
export interface TypedUnit {
  readonly functions: readonly FunctionSymbol[];
  readonly variables: readonly GlobalVariable[];
  /** Helpers that are called, by number, with the first call. */
  readonly helpers: ReadonlyMap<number, { readonly name: string; readonly place: Place }>;
  /** Complete records by tag, for the layout view and type information. */
  readonly records: readonly RecordType[];
}
