// Listens to the front end and keeps what it says: occurrences by file, scopes by place, objects whose members are wanted,
// types of braced lists. Names inside a macro's replacement have no place of their own and are kept with their symbol.

import type { CType, EnumType, RecordType } from '../abi/ctype.ts';
import type { SourceFile, Span } from '../base/source.ts';
import type { Macro } from '../compiler/macro-expander.ts';
import type { FrontEndObserver } from '../compiler/observer.ts';
import type { NamedThing, Scope, TagEntry } from '../compiler/scope.ts';
import type { Place, Token } from '../compiler/token.ts';
import { recordOf } from '../compiler/types.ts';
import type { LanguageSymbol, Occurrence, Role, SymbolKind } from './symbol.ts';

/** A scope and the text it covers. */
export interface ScopeRange {
  readonly scope: Scope;
  readonly start: number;
  readonly end: number;
}

const ROLES: Readonly<Record<Role, number>> = { read: 0, write: 1, declaration: 2, definition: 3 };

export class SymbolIndex implements FrontEndObserver {
  readonly main: SourceFile;
  readonly scopes: ScopeRange[] = [];
  /** Includes of the main file: the place with brackets or quotes. */
  readonly includes: { readonly file: SourceFile; readonly at: Span }[] = [];
  /** Main file: end of an object → the record whose members are wanted there. */
  readonly memberObjects = new Map<number, RecordType | null>();
  /** Main file: start of a braced list → type that it initialises. */
  readonly lists = new Map<number, CType>();
  /** Main file: start of `sizeof` and the like → value. */
  readonly values = new Map<number, bigint>();
  readonly macroUses: { readonly macro: Macro; readonly start: number; readonly end: number }[] = [];
  private readonly files = new Map<SourceFile, Map<number, Occurrence>>();
  private readonly byThing = new Map<NamedThing, LanguageSymbol>();
  private readonly locals = new Map<string, LanguageSymbol>();
  private readonly byTag = new Map<RecordType | EnumType, LanguageSymbol>();
  private readonly byMember = new Map<RecordType, Map<string, LanguageSymbol>>();
  private readonly byMacro = new Map<Macro, LanguageSymbol>();
  private readonly byLabel = new Map<object, Map<string, LanguageSymbol>>();
  private readonly endings = new Map<number, Occurrence>();

  constructor(main: SourceFile) {
    this.main = main;
  }

  /** Occurrences in a file, in order. */
  occurrences(file: SourceFile): readonly Occurrence[] {
    return [...(this.files.get(file)?.values() ?? [])].sort((a, b) => a.start - b.start);
  }

  symbolOfThing(thing: NamedThing): LanguageSymbol | null {
    return this.byThing.get(thing) ?? null;
  }

  symbolOfMember(record: RecordType, name: string): LanguageSymbol | null {
    return this.byMember.get(ownerOf(record, name) ?? record)?.get(name) ?? null;
  }

  symbolOfTag(type: RecordType | EnumType): LanguageSymbol | null {
    return this.byTag.get(type) ?? null;
  }

  symbolOfMacro(macro: Macro): LanguageSymbol | null {
    return this.byMacro.get(macro) ?? null;
  }

  /** Every macro that was defined or used, redefined ones too. */
  macros(): Iterable<Macro> {
    return this.byMacro.keys();
  }

  /** Every symbol but macros and labels. */
  *symbols(): Iterable<LanguageSymbol> {
    yield* new Set(this.byThing.values());
    yield* this.byTag.values();
    for (const members of this.byMember.values()) yield* members.values();
  }

  /** Every struct and union with named members. */
  records(): Iterable<RecordType> {
    return this.byMember.keys();
  }

  /** The labels of all functions. */
  allLabels(): readonly LanguageSymbol[] {
    return [...this.byLabel.values()].flatMap((labels) => [...labels.values()]);
  }

  private note(symbol: LanguageSymbol, name: string, place: Place, role: Role, through: RecordType | null = null): void {
    if (place.expansion !== undefined) {
      const { definition } = place.expansion;
      if (definition !== null && definition.file === this.main) symbol.throughMacros.add(definition);
      return;
    }
    const { file, start, end } = place;
    if (end - start !== name.length || !file.text.startsWith(name, start)) {
      if (file === this.main) symbol.pasted = { file, start, end };
      return;
    }
    let list = this.files.get(file);
    if (list === undefined) {
      list = new Map();
      this.files.set(file, list);
    }
    const known = list.get(start);
    if (known !== undefined && known.symbol === symbol) {
      if (ROLES[role] > ROLES[known.role]) known.role = role;
      return;
    }
    // A macro's use is told first; what its argument then means says more.
    if (known !== undefined && known.symbol.kind === 'macro') return;
    const occurrence: Occurrence = { file, start, end, symbol, role, through };
    list.set(start, occurrence);
    if (file === this.main) this.endings.set(end, occurrence);
  }

  macroDefined(macro: Macro): void {
    if (macro.definition === null) return;
    this.note(this.macroSymbol(macro, macro.definition), macro.name, macro.definition, 'definition');
  }

  private macroSymbol(macro: Macro, at: Span): LanguageSymbol {
    let symbol = this.byMacro.get(macro);
    if (symbol === undefined) {
      symbol = newSymbol('macro', macro.name, macro.definition ?? at, { macro, definition: macro.definition });
      this.byMacro.set(macro, symbol);
    }
    return symbol;
  }

  macroUsed(macro: Macro, name: Token): void {
    const { file, start, end } = name;
    const symbol = this.macroSymbol(macro, macro.definition ?? { file: BUILT_IN, start: 0, end: 0 });
    this.note(symbol, macro.name, { file, start, end }, 'read');
    if (file === this.main && name.expansion === null) this.macroUses.push({ macro, start, end });
  }

  included(file: SourceFile, at: Place): void {
    if (at.file === this.main) this.includes.push({ file, at });
  }

  declared(thing: NamedThing, name: string, place: Place, isDefinition: boolean): void {
    const kind = kindOf(thing);
    if (kind === null) return;
    // A local whose type is completed by its initialiser is told of twice, as two things at one place.
    const key = thing.kind === 'local' ? `${place.start}:${name}` : null;
    const twin = key === null || place.file !== this.main ? undefined : this.locals.get(key);
    const symbol = this.byThing.get(thing) ?? twin ?? newSymbol(kind, name, place, { thing });
    this.byThing.set(thing, symbol);
    if (key !== null && place.file === this.main) this.locals.set(key, symbol);
    symbol.thing = thing;
    symbol.type = 'type' in thing ? thing.type : null;
    if (isDefinition) symbol.definition = place;
    this.note(symbol, name, place, isDefinition ? 'definition' : 'declaration');
  }

  named(thing: NamedThing, name: string, place: Place): void {
    const symbol = this.byThing.get(thing);
    if (symbol !== undefined) this.note(symbol, name, place, 'read');
  }

  tagged(entry: TagEntry, tag: string, place: Place, isDefinition: boolean): void {
    let symbol = this.byTag.get(entry.type);
    if (symbol === undefined) {
      symbol = newSymbol(entry.type.kind, tag, place, {});
      symbol.type = entry.type;
      this.byTag.set(entry.type, symbol);
    }
    if (isDefinition) symbol.definition ??= place;
    this.note(symbol, tag, place, isDefinition ? 'definition' : 'read');
  }

  memberDeclared(record: RecordType, name: string, place: Place): void {
    let members = this.byMember.get(record);
    if (members === undefined) {
      members = new Map();
      this.byMember.set(record, members);
    }
    const symbol = members.get(name) ?? newSymbol('member', name, place, { owner: record, definition: place });
    members.set(name, symbol);
    this.note(symbol, name, place, 'definition', record);
  }

  memberNamed(record: RecordType, name: string, place: Place): void {
    const symbol = this.symbolOfMember(record, name);
    if (symbol !== null) this.note(symbol, name, place, 'read', record);
  }

  memberWanted(object: Place, record: RecordType | null): void {
    if (object.file === this.main) this.memberObjects.set(object.end, record);
  }

  labelled(scope: object, name: string, place: Place, isDefinition: boolean): void {
    let labels = this.byLabel.get(scope);
    if (labels === undefined) {
      labels = new Map();
      this.byLabel.set(scope, labels);
    }
    const symbol = labels.get(name) ?? newSymbol('label', name, place, {});
    labels.set(name, symbol);
    if (isDefinition) symbol.definition = place;
    this.note(symbol, name, place, isDefinition ? 'definition' : 'read');
  }

  written(object: Place): void {
    if (object.file !== this.main || object.expansion !== undefined) return;
    let { end } = object;
    while (end > object.start && /[)\s]/.test(object.file.text.charAt(end - 1))) end--;
    const occurrence = this.endings.get(end);
    if (occurrence !== undefined && occurrence.start >= object.start && occurrence.role === 'read') occurrence.role = 'write';
  }

  initialised(list: Place, type: CType): void {
    if (list.file === this.main && list.expansion === undefined) this.lists.set(list.start, type);
  }

  scopeOpened(scope: Scope, from: Place, to: Place): void {
    if (from.file !== this.main) return;
    const end = to.file === this.main ? to.start : this.main.text.length;
    this.scopes.push({ scope, start: from.start, end });
  }

  /**
   * After the reading: names in the replacements of the text's own macros. They mean what they meant where the macro was used,
   * and in a macro that was not used what they mean at the end of the file.
   */
  readMacroBodies(macros: ReadonlyMap<string, Macro>, fileScope: Scope | null): void {
    const through = new Map<string, Set<LanguageSymbol>>();
    for (const symbol of this.symbols())
      for (const { start } of symbol.throughMacros) {
        const key = `${start} ${symbol.name}`;
        through.set(key, (through.get(key) ?? new Set()).add(symbol));
      }
    for (const macro of [...this.byMacro.keys()]) {
      const { definition, body, params } = macro;
      if (definition === null || definition.file !== this.main) continue;
      body.forEach((token, at) => {
        if (token.kind !== 'identifier' || params?.includes(token.text) === true || token.file !== this.main) return;
        const met = [...(through.get(`${definition.start} ${token.text}`) ?? [])];
        const selected = body[at - 1]?.text === '.' || body[at - 1]?.text === '->';
        const symbol = met.length > 0 ? met : selected ? [] : [this.atFileScope(token.text, macros, fileScope)];
        const [only] = symbol;
        const place = { file: token.file, start: token.start, end: token.end };
        if (symbol.length === 1 && only != null) this.note(only, token.text, place, 'read');
      });
    }
  }

  private atFileScope(name: string, macros: ReadonlyMap<string, Macro>, fileScope: Scope | null): LanguageSymbol | null {
    const macro = macros.get(name);
    if (macro !== undefined) return this.byMacro.get(macro) ?? null;
    const thing = fileScope?.names.get(name);
    return thing === undefined ? null : (this.byThing.get(thing) ?? null);
  }

  computed(place: Place, value: bigint): void {
    if (place.file === this.main && place.expansion === undefined) this.values.set(place.start, value);
  }
}

const BUILT_IN: SourceFile = { path: '<built-in>', text: '' };

function newSymbol(kind: SymbolKind, name: string, declaration: Span, more: Partial<LanguageSymbol>): LanguageSymbol {
  const { file, start, end } = declaration;
  return {
    kind,
    name,
    type: null,
    thing: null,
    macro: null,
    owner: null,
    declaration: { file, start, end },
    definition: null,
    pasted: null,
    throughMacros: new Set(),
    ...more,
  };
}

function kindOf(thing: NamedThing): SymbolKind | null {
  switch (thing.kind) {
    case 'local':
      return thing.isParameter ? 'parameter' : 'local';
    case 'broken':
      return null;
    default:
      return thing.kind;
  }
}

/** The record that declares a member, which an outer one may hold anonymously. */
function ownerOf(record: RecordType, name: string): RecordType | null {
  for (const member of record.members ?? []) {
    if (member.name === name) return record;
    if (member.name !== null) continue;
    const inner = recordOf(member.type);
    const found = inner === null ? null : ownerOf(inner, name);
    if (found !== null) return found;
  }
  return null;
}
