// The syntax tree: what was written, before any name or type is known. Every node has a place. Knows nothing of meaning.

import type { Place, Token } from './token.ts';

/** `__attribute__((name(args)))`: arguments as expressions where they parse as such, and the raw words. */
export interface Attribute {
  readonly name: string;
  readonly args: readonly Expr[];
  readonly place: Place;
}

export interface Qualification {
  readonly const: boolean;
  readonly volatile: boolean;
  readonly restrict: boolean;
}

export type StorageClass = 'typedef' | 'extern' | 'static' | 'auto' | 'register';

export type TypeSpecifier =
  /** `unsigned long int`: the keywords, unsorted. */
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | {
      readonly kind: 'record';
      readonly keyword: 'struct' | 'union';
      readonly tag: string | null;
      readonly place: Place;
      /** Null: only referred to. */
      readonly members: readonly MemberDeclaration[] | null;
      readonly attributes: readonly Attribute[];
    }
  | {
      readonly kind: 'enum';
      readonly tag: string | null;
      readonly place: Place;
      readonly enumerators: readonly EnumeratorDeclaration[] | null;
      readonly attributes: readonly Attribute[];
    }
  | { readonly kind: 'name'; readonly name: string; readonly place: Place }
  | { readonly kind: 'typeof-expression'; readonly expr: Expr }
  | { readonly kind: 'typeof-type'; readonly type: TypeName }
  | { readonly kind: 'auto' }
  /** A finding was reported; silences followers. */
  | { readonly kind: 'error' };

export interface Specifiers {
  readonly place: Place;
  readonly storage: StorageClass | null;
  readonly inline: boolean;
  readonly qualifiers: Qualification;
  readonly type: TypeSpecifier;
  readonly attributes: readonly Attribute[];
  readonly alignas: readonly (Expr | TypeName)[];
}

/** One step from the name outwards: `*x[3]` is array, then pointer. */
export type DeclaratorPart =
  | { readonly kind: 'pointer'; readonly qualifiers: Qualification; readonly attributes: readonly Attribute[] }
  | { readonly kind: 'array'; readonly size: Expr | null; readonly place: Place; readonly star: boolean }
  | {
      readonly kind: 'function';
      readonly params: readonly ParameterDeclaration[];
      readonly variadic: boolean;
      /** `f()` and old-style definitions: no prototype. */
      readonly unprototyped: boolean;
      /** Old-style definition: names only; their declarations follow. */
      readonly names: readonly Token[] | null;
      readonly place: Place;
    };

export interface Declarator {
  readonly name: string | null;
  readonly place: Place;
  readonly parts: readonly DeclaratorPart[];
  readonly attributes: readonly Attribute[];
}

export interface ParameterDeclaration {
  readonly specifiers: Specifiers;
  readonly declarator: Declarator;
}

export interface TypeName {
  readonly kind: 'type-name';
  readonly specifiers: Specifiers;
  readonly declarator: Declarator;
  readonly place: Place;
}

export interface MemberDeclaration {
  readonly specifiers: Specifiers;
  readonly declarators: readonly { readonly declarator: Declarator; readonly bits: Expr | null }[];
  readonly place: Place;
  readonly assertion?: StaticAssertion;
}

export interface EnumeratorDeclaration {
  readonly name: string;
  readonly place: Place;
  readonly value: Expr | null;
}

export interface StaticAssertion {
  readonly kind: 'static-assert';
  readonly condition: Expr;
  readonly message: string | null;
  readonly place: Place;
}

export interface InitDeclarator {
  readonly declarator: Declarator;
  readonly init: Initializer | null;
}

export interface Declaration {
  readonly kind: 'declaration';
  readonly specifiers: Specifiers;
  readonly declarators: readonly InitDeclarator[];
  readonly place: Place;
}

export interface FunctionDefinition {
  readonly kind: 'function';
  readonly specifiers: Specifiers;
  readonly declarator: Declarator;
  /** Declarations between the declarator and the body of an old-style definition. */
  readonly oldParameters: readonly Declaration[];
  readonly body: BlockStatement;
  readonly place: Place;
}

export type TopLevel = Declaration | FunctionDefinition | StaticAssertion;

export type Initializer = Expr | InitializerList;

export interface InitializerList {
  readonly kind: 'initializer-list';
  readonly items: readonly InitializerItem[];
  readonly place: Place;
}

export interface InitializerItem {
  readonly designators: readonly Designator[];
  readonly value: Initializer;
}

export type Designator =
  | { readonly kind: 'member'; readonly name: string; readonly place: Place }
  | { readonly kind: 'index'; readonly from: Expr; readonly to: Expr | null; readonly place: Place };

interface Node {
  readonly place: Place;
}

export type Expr = Node &
  (
    | { readonly kind: 'number'; readonly text: string }
    | { readonly kind: 'character'; readonly text: string }
    | { readonly kind: 'string'; readonly pieces: readonly string[] }
    /** `at` is the word itself; the place may hold parentheses around it. */
    | { readonly kind: 'name'; readonly name: string; readonly at: Place }
    | { readonly kind: 'unary'; readonly op: '&' | '*' | '+' | '-' | '~' | '!'; readonly operand: Expr }
    | { readonly kind: 'step'; readonly op: '++' | '--'; readonly prefix: boolean; readonly operand: Expr }
    | { readonly kind: 'binary'; readonly op: string; readonly left: Expr; readonly right: Expr }
    | { readonly kind: 'assign'; readonly op: string; readonly target: Expr; readonly value: Expr }
    | { readonly kind: 'conditional'; readonly condition: Expr; readonly yes: Expr | null; readonly no: Expr }
    | { readonly kind: 'cast'; readonly type: TypeName; readonly operand: Expr }
    | { readonly kind: 'compound'; readonly type: TypeName; readonly init: InitializerList }
    | { readonly kind: 'call'; readonly callee: Expr; readonly args: readonly Expr[] }
    | { readonly kind: 'index'; readonly object: Expr; readonly index: Expr }
    | {
        readonly kind: 'member';
        readonly object: Expr;
        readonly name: string;
        readonly namePlace: Place;
        readonly arrow: boolean;
      }
    | { readonly kind: 'size'; readonly of: 'sizeof' | 'alignof'; readonly operand: Expr | TypeName }
    | { readonly kind: 'offsetof'; readonly type: TypeName; readonly path: readonly Designator[] }
    | { readonly kind: 'statement-expression'; readonly body: BlockStatement }
    | {
        readonly kind: 'generic';
        readonly control: Expr;
        readonly arms: readonly { readonly type: TypeName | null; readonly value: Expr }[];
      }
    | { readonly kind: 'types-compatible'; readonly left: TypeName; readonly right: TypeName }
    | { readonly kind: 'label-address'; readonly label: string }
    | { readonly kind: 'error' }
  );

export interface BlockStatement extends Node {
  readonly kind: 'block';
  readonly body: readonly Statement[];
  /** The closing brace, for messages about falling off the end. */
  readonly close: Place;
}

export type Statement =
  | BlockStatement
  | Declaration
  | StaticAssertion
  | (Node &
      (
        | { readonly kind: 'expression'; readonly expr: Expr }
        | { readonly kind: 'empty' }
        /** `__attribute__((fallthrough));` */
        | { readonly kind: 'fallthrough' }
        | { readonly kind: 'if'; readonly condition: Expr; readonly yes: Statement; readonly no: Statement | null }
        | { readonly kind: 'while'; readonly condition: Expr; readonly body: Statement; readonly unroll: number | null }
        | { readonly kind: 'do'; readonly condition: Expr; readonly body: Statement; readonly unroll: number | null }
        | {
            readonly kind: 'for';
            readonly init: Expr | readonly Declaration[] | null;
            readonly condition: Expr | null;
            readonly step: Expr | null;
            readonly body: Statement;
            /** From `#pragma unroll`: a count, 0 for "fully", null when not asked. */
            readonly unroll: number | null;
          }
        | { readonly kind: 'switch'; readonly value: Expr; readonly body: Statement }
        | { readonly kind: 'case'; readonly from: Expr; readonly to: Expr | null; readonly body: Statement }
        | { readonly kind: 'default'; readonly body: Statement }
        | {
            readonly kind: 'label';
            readonly name: string;
            readonly body: Statement;
            readonly attributes: readonly Attribute[];
          }
        | { readonly kind: 'goto'; readonly label: string; readonly labelPlace: Place }
        | { readonly kind: 'break' }
        | { readonly kind: 'continue' }
        | { readonly kind: 'return'; readonly value: Expr | null }
        | { readonly kind: 'asm'; readonly text: string; readonly plain: boolean; readonly outputs: readonly Expr[] }
        | { readonly kind: 'local-labels'; readonly names: readonly string[] }
      ));
