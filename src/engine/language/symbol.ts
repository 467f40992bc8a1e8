// What a name stands for, and every place where it stands: the vocabulary of all language services. Data only.

import type { CType, RecordType } from '../abi/ctype.ts';
import type { SourceFile, Span } from '../base/source.ts';
import type { Macro } from '../compiler/macro-expander.ts';
import type { NamedThing } from '../compiler/scope.ts';

export type SymbolKind =
  | 'local'
  | 'parameter'
  | 'global'
  | 'function'
  | 'typedef'
  | 'enumerator'
  | 'struct'
  | 'union'
  | 'enum'
  | 'member'
  | 'macro'
  | 'label';

/** One meaning of a name. Fields are filled in while the file is read. */
export interface LanguageSymbol {
  readonly kind: SymbolKind;
  readonly name: string;
  /** Of a variable, function, typedef, enumerator; of a tag the type itself. Null for macros, labels, members. */
  type: CType | null;
  /** The declared thing, null for tags, members, macros and labels. */
  thing: NamedThing | null;
  readonly macro: Macro | null;
  /** The struct or union a member belongs to. */
  readonly owner: RecordType | null;
  /** Where it is declared first. */
  declaration: Span;
  /** Where it is defined, when that is known. */
  definition: Span | null;
  /** A place where the front end saw this name but the file spells another (pasted by a macro): it cannot be renamed. */
  pasted: Span | null;
  /** Bodies of macros that name it, for uses that come through those macros. */
  readonly throughMacros: Set<Span>;
}

export type Role = 'declaration' | 'definition' | 'read' | 'write';

/** A name in a file, with its meaning there. */
export interface Occurrence {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
  readonly symbol: LanguageSymbol;
  role: Role;
  /** Of a member: the struct it was reached through, which may hold the owner anonymously. */
  readonly through: RecordType | null;
}

/** Where to go for a symbol: its definition, else its first declaration. */
export const homeOf = (symbol: LanguageSymbol): Span => symbol.definition ?? symbol.declaration;

/** True when the symbol belongs to a bundled header or to the compiler. */
export const isForeign = (symbol: LanguageSymbol, main: SourceFile): boolean => homeOf(symbol).file !== main;
