// What the front end tells somebody who watches it read a file: where macros, names, tags and members are declared and used,
// and which scopes cover which text. The compiler itself never listens; language services do. Knows nothing of them.

import type { CType, RecordType } from '../abi/ctype.ts';
import type { SourceFile } from '../base/source.ts';
import type { Macro } from './macro-expander.ts';
import type { NamedThing, Scope, TagEntry } from './scope.ts';
import type { Place, Token } from './token.ts';

/** Calls come in the order of reading; the same place may be told of more than once (a macro argument used twice). */
export interface FrontEndObserver {
  /** A `#define` was read. */
  macroDefined(macro: Macro): void;
  /** A macro is replaced, tested or undefined at `name`, which may stand in another macro's body. */
  macroUsed(macro: Macro, name: Token): void;
  /** `at` covers the name with its brackets or quotes. */
  included(file: SourceFile, at: Place): void;
  /** A declaration of an ordinary name; the thing may be told of again, more complete. */
  declared(thing: NamedThing, name: string, place: Place, isDefinition: boolean): void;
  /** A use of an ordinary name; `name` is the word as the front end sees it. */
  named(thing: NamedThing, name: string, place: Place): void;
  tagged(entry: TagEntry, tag: string, place: Place, isDefinition: boolean): void;
  memberDeclared(record: RecordType, name: string, place: Place): void;
  memberNamed(record: RecordType, name: string, place: Place): void;
  /** `object.` or `object->` was read and the object checked; the record is null when the object has no members. */
  memberWanted(object: Place, record: RecordType | null): void;
  labelled(scope: object, name: string, place: Place, isDefinition: boolean): void;
  /** The object whose place this is is changed by an operator. */
  written(object: Place): void;
  /** A braced list initialises an object of `type`. */
  initialised(list: Place, type: CType): void;
  /** `scope` covers the text between the two places. */
  scopeOpened(scope: Scope, from: Place, to: Place): void;
  /** The value of `sizeof` and its like. */
  computed(place: Place, value: bigint): void;
}
