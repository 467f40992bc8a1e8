// Which names can be used at a place: scopes around it, declared before it (C11 6.2.1), and macros. Where the text at hand no
// longer declares a name, the last good text may.

import type { NamedThing, Scope, TagEntry } from '../compiler/scope.ts';
import type { FunctionSymbol } from '../compiler/tree.ts';
import type { SourceAnalysis, TopItem } from './source-analysis.ts';

/** The innermost scope around an offset, null before anything was read. */
function scopeAt(analysis: SourceAnalysis, offset: number): Scope | null {
  let best: { scope: Scope; start: number } | null = null;
  for (const range of analysis.scopes)
    if (range.start <= offset && offset <= range.end && (best === null || range.start >= best.start)) best = range;
  return best?.scope ?? null;
}

const declaredBefore = (analysis: SourceAnalysis, thing: { place: { file: unknown; end: number } }, offset: number): boolean =>
  thing.place.file !== analysis.file || thing.place.end <= offset;

/** A name, what it means, and how many scopes out it was declared (0: the innermost). */
export interface VisibleName {
  readonly name: string;
  readonly thing: NamedThing;
  readonly distance: number;
  readonly atFileScope: boolean;
}

/** Every ordinary name that may be used at `offset`, innermost scopes first; hidden ones are left out. */
export function visibleNames(analysis: SourceAnalysis, offset: number): VisibleName[] {
  const found = new Map<string, VisibleName>();
  let distance = 0;
  for (let scope = scopeAt(analysis, offset); scope !== null; scope = scope.parent, distance++) {
    const atFileScope = scope.parent === null;
    for (const [name, thing] of scope.names) {
      if (thing.kind === 'broken' || found.has(name) || !declaredBefore(analysis, thing, offset)) continue;
      found.set(name, { name, thing, distance, atFileScope });
    }
  }
  return [...found.values()];
}

/** Tags that may be used at `offset`. */
export function visibleTags(analysis: SourceAnalysis, offset: number): [string, TagEntry][] {
  const found = new Map<string, TagEntry>();
  for (let scope = scopeAt(analysis, offset); scope !== null; scope = scope.parent)
    for (const [tag, entry] of scope.tags) if (!found.has(tag) && declaredBefore(analysis, entry, offset)) found.set(tag, entry);
  return [...found];
}

/** What a name means at an offset; asks the last good text when this one does not say. */
export function findName(analysis: SourceAnalysis, name: string, offset: number): NamedThing | null {
  for (let scope = scopeAt(analysis, offset); scope !== null; scope = scope.parent) {
    const thing = scope.names.get(name);
    if (thing !== undefined && thing.kind !== 'broken' && declaredBefore(analysis, thing, offset)) return thing;
  }
  const { lastGood } = analysis;
  if (lastGood === null) return null;
  const fn = functionAt(analysis, offset)?.name;
  const same = lastGood.items.find((item) => item.fn !== null && item.fn.name === fn);
  let found: NamedThing | null = null;
  for (const { scope, start } of lastGood.scopes) {
    const inside = same !== undefined && same.start <= start && start <= same.end;
    if (scope.parent === null || inside) found = scope.names.get(name) ?? found;
  }
  return found;
}

export function findTag(analysis: SourceAnalysis, tag: string, offset: number): TagEntry | null {
  return scopeAt(analysis, offset)?.findTag(tag) ?? analysis.lastGood?.scopes[0]?.scope.findTag(tag) ?? null;
}

/** The function definition whose body is around an offset. */
export function functionAt(analysis: SourceAnalysis, offset: number): NonNullable<TopItem['fn']> | null {
  for (const { file, fn } of analysis.items)
    if (fn !== null && file === analysis.file && fn.open < offset && offset <= fn.close) return fn;
  return null;
}

/** The symbol of the function around an offset. */
export function functionSymbolAt(analysis: SourceAnalysis, offset: number): FunctionSymbol | null {
  const name = functionAt(analysis, offset)?.name;
  const thing = name === undefined ? undefined : analysis.scopes[0]?.scope.names.get(name);
  return thing?.kind === 'function' ? thing : null;
}
