// Scopes and what names mean in them: ordinary names and tags (C11 6.2.1, 6.2.3). Also the state that all parts of the
// checker share. Knows nothing of code.

import type { CType, EnumType, RecordType } from '../abi/ctype.ts';
import type { SourceFile } from '../base/source.ts';
import type { Expr } from './ast.ts';
import type { MessageCode } from './messages.ts';
import type { FrontEndObserver } from './observer.ts';
import type { ReportExtra, Reporter } from './report.ts';
import type { Place } from './token.ts';
import type { CaseLabel, FunctionSymbol, GlobalVariable, LocalVariable } from './tree.ts';

interface TypedefSymbol {
  readonly kind: 'typedef';
  readonly name: string;
  readonly type: CType;
  readonly place: Place;
}
interface EnumeratorSymbol {
  readonly kind: 'enumerator';
  readonly name: string;
  readonly type: CType;
  readonly value: bigint;
  readonly place: Place;
}
/** A name whose declaration was already reported. */
interface BrokenSymbol {
  readonly kind: 'broken';
  readonly place: Place;
}
export type NamedThing = LocalVariable | GlobalVariable | FunctionSymbol | TypedefSymbol | EnumeratorSymbol | BrokenSymbol;

export interface TagEntry {
  readonly type: RecordType | EnumType;
  place: Place;
}

export class Scope {
  readonly parent: Scope | null;
  readonly names = new Map<string, NamedThing>();
  readonly tags = new Map<string, TagEntry>();

  constructor(parent: Scope | null) {
    this.parent = parent;
  }

  find(name: string): NamedThing | null {
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent) {
      const found = scope.names.get(name);
      if (found !== undefined) return found;
    }
    return null;
  }

  findTag(tag: string): TagEntry | null {
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent) {
      const found = scope.tags.get(tag);
      if (found !== undefined) return found;
    }
    return null;
  }

  /** All ordinary names visible here, innermost first. */
  *visibleNames(): Iterable<string> {
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent) yield* scope.names.keys();
  }

  *visibleTags(): Iterable<string> {
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent) yield* scope.tags.keys();
  }
}

/** What the statements of one function need to know. */
export interface FunctionState {
  readonly symbol: FunctionSymbol;
  readonly locals: LocalVariable[];
  readonly labels: Map<string, { readonly label: CaseLabel; defined: boolean; used: boolean; place: Place }>;
  /** Static variables get the function's name in front, to keep symbols of the object apart. */
  staticCount: number;
}

/** State shared by the checker's files. */
export class Checker {
  readonly reporter: Reporter;
  /** Warnings about unused things are for this file only; null: for all. */
  readonly mainFile: SourceFile | null;
  readonly fileScope = new Scope(null);
  scope: Scope = this.fileScope;
  fn: FunctionState | null = null;
  readonly functions: FunctionSymbol[] = [];
  readonly variables: GlobalVariable[] = [];
  readonly records: RecordType[] = [];
  /** Functions that the file defines somewhere, for calls before their declaration. */
  laterFunctions: ReadonlySet<string> = new Set();
  /** How many loops enclose the statement at hand, for break and continue. */
  loops = 0;
  switches: SwitchState[] = [];
  /** Told of declarations and uses; null when the file is only compiled. */
  readonly observer: FrontEndObserver | null;
  /** Inside __builtin_preserve_access_index: every access to a member is recorded. */
  preserving = 0;
  /** Helpers that are called, by number, with the first call. */
  readonly helpers = new Map<number, { readonly name: string; readonly place: Place }>();
  /** Inside sizeof or typeof: what is named there is not read. */
  unevaluated = 0;
  /** Inside the declarator of a parameter. */
  parameters = 0;
  private temporaries = 0;
  private depth = 0;

  constructor(reporter: Reporter, mainFile: SourceFile | null, observer: FrontEndObserver | null = null) {
    this.reporter = reporter;
    this.mainFile = mainFile;
    this.observer = observer;
  }

  report(code: MessageCode, place: Place, args: readonly string[] = [], extra: ReportExtra = {}): void {
    this.reporter.report(code, place, args, extra);
  }

  /** True where a warning about style is of use: in the program's own text, not in what a header's macro wrote. */
  isOwnText(place: Place): boolean {
    if (this.mainFile === null) return true;
    if (place.file !== this.mainFile) return false;
    for (let step = place.expansion ?? null; step !== null; step = step.parent)
      if (step.definition?.file !== this.mainFile) return false;
    return true;
  }

  /** Whether the local variable that an expression names was used before. */
  wasUsed(expr: Expr): boolean {
    const found = expr.kind === 'name' ? this.scope.find(expr.name) : null;
    return found?.kind === 'local' && found.used;
  }

  /** Runs `inner` in a new scope. */
  scoped<T>(inner: () => T): T {
    const outer = this.scope;
    this.scope = new Scope(outer);
    const result = inner();
    this.scope = outer;
    return result;
  }

  /** A number for things without a name. */
  fresh(): number {
    return this.temporaries++;
  }

  /** Guards recursion over long operator chains, which the parser builds iteratively. */
  tooDeep(place: Place): boolean {
    if (this.depth < 600) return false;
    this.report('nesting-too-deep', place);
    return true;
  }

  deeper<T>(inner: () => T): T {
    this.depth++;
    const result = inner();
    this.depth--;
    return result;
  }
}

export interface SwitchState {
  readonly type: CType;
  readonly cases: { low: bigint; high: bigint; label: CaseLabel; place: Place }[];
  fallback: CaseLabel | null;
  readonly controlling: Expr;
}
