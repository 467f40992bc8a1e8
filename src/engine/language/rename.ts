// Renaming: the edits, or the reason why not. A renaming is tried on the text and read again; it stands only when every name
// then means what it meant before, so collisions and shadowing of any kind are found by the front end itself.

import { lineColumn } from '../base/source.ts';
import { findMember } from '../compiler/layout.ts';
import { isKeyword } from '../compiler/parser.ts';
import type { RenameAnswer, RenamePlaceAnswer, TextEdit, TextRange } from './answers.ts';
import { occurrenceAt, occurrencesIn, usesOf } from './navigation.ts';
import { analyse, type SourceAnalysis } from './source-analysis.ts';
import { homeOf, type LanguageSymbol } from './symbol.ts';

const no = (reason: string): { readonly ok: false; readonly reason: string } => ({ ok: false, reason });

/** The name at an offset if it can be renamed. */
export function renamePlaceAt(analysis: SourceAnalysis, offset: number): RenamePlaceAnswer {
  const occurrence = occurrenceAt(analysis, analysis.file, offset);
  if (occurrence === null) {
    const token = analysis.raw.find((item) => item.start <= offset && offset <= item.end && item.kind === 'identifier');
    if (token === undefined) return no('There is no name here.');
    return no(isKeyword(token.text) ? `'${token.text}' is a keyword.` : `What '${token.text}' means is not known here.`);
  }
  const { symbol, start, end } = occurrence;
  const home = homeOf(symbol);
  if (home.file.path === '<built-in>') return no(`'${symbol.name}' is built in.`);
  if (home.file !== analysis.file) return no(`'${symbol.name}' is from <${home.file.path}>, which cannot be changed.`);
  if (symbol.pasted !== null)
    return no(`'${symbol.name}' is put together by a macro in line ${lineColumn(analysis.file, symbol.pasted.start).line}.`);
  return { ok: true, range: { start, end }, name: symbol.name };
}

/** The edits that rename the symbol at an offset to `name`, in order of place. */
export function renameAt(analysis: SourceAnalysis, offset: number, name: string): RenameAnswer {
  const place = renamePlaceAt(analysis, offset);
  if (!place.ok) return place;
  const symbol = occurrenceAt(analysis, analysis.file, offset)?.symbol;
  if (symbol === undefined) return no('There is no name here.');
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return no(`'${name}' is not a name in C.`);
  if (isKeyword(name)) return no(`'${name}' is a keyword.`);
  if (name === symbol.name) return { ok: true, edits: [] };
  const macro = analysis.macros.get(name);
  if (macro !== undefined && (macro.params === null || symbol.kind === 'macro')) return no(`'${name}' is a macro.`);
  const spans = placesOf(analysis, symbol);
  if (typeof spans === 'string') return no(spans);
  if (symbol.kind === 'member' && sharesRecord(analysis, symbol, name)) return no(`The struct has a member '${name}' already.`);
  const edits = spans.map(({ start, end }): TextEdit => ({ start, end, text: name }));
  const problem = whatChanges(analysis, symbol, name, edits);
  return problem === null ? { ok: true, edits } : no(problem);
}

/** All places of the name in the text; or a sentence that says why they cannot be told. */
function placesOf(analysis: SourceAnalysis, symbol: LanguageSymbol): readonly TextRange[] | string {
  for (const { start } of symbol.throughMacros)
    if (sharesMacro(analysis, symbol, start)) {
      const macro = [...analysis.index.macros()].find((item) => item.definition?.start === start);
      return `The macro '${macro?.name ?? ''}' names '${symbol.name}', which means different things where it is used.`;
    }
  return usesOf(analysis, symbol);
}

/** Another symbol of the same name is reached through the same macro. */
function sharesMacro(analysis: SourceAnalysis, symbol: LanguageSymbol, definition: number): boolean {
  for (const other of analysis.index.symbols())
    if (other !== symbol && other.name === symbol.name)
      for (const macro of other.throughMacros) if (macro.start === definition && macro.file === analysis.file) return true;
  return false;
}

/** A record that shows the member, itself or through anonymous members, shows one of the new name too. */
function sharesRecord(analysis: SourceAnalysis, symbol: LanguageSymbol, name: string): boolean {
  for (const record of analysis.index.records()) {
    if (record.members === null || analysis.index.symbolOfMember(record, symbol.name) !== symbol) continue;
    if (findMember(record, name) !== null) return true;
  }
  return false;
}

/** Applies edits that are in order and do not overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let result = '';
  let at = 0;
  for (const edit of edits) {
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

/** Says where the text declares the name, if it does. */
function takenAlready(analysis: SourceAnalysis, name: string): string | null {
  const other = occurrencesIn(analysis, analysis.file).find(({ role, symbol }) => role === 'definition' && symbol.name === name);
  return other === undefined
    ? null
    : `'${name}' is taken: it is declared in line ${lineColumn(analysis.file, other.start).line}.`;
}

/** Reads the renamed text and compares what every name means; a sentence about the first difference, or null. */
function whatChanges(analysis: SourceAnalysis, symbol: LanguageSymbol, name: string, edits: readonly TextEdit[]): string | null {
  const renamed = { path: analysis.file.path, text: applyEdits(analysis.file.text, edits) };
  const after = analyse(renamed, { profile: analysis.chosen });
  const moved = (offset: number): number => {
    let result = offset;
    for (const edit of edits) if (edit.start < offset) result += edit.text.length - (edit.end - edit.start);
    return result;
  };
  const line = (offset: number): number => lineColumn(analysis.file, offset).line;
  const partner = new Map<LanguageSymbol, LanguageSymbol>();
  const taken = new Map<LanguageSymbol, LanguageSymbol>();
  const now = new Map(occurrencesIn(after, renamed).map((item) => [item.start, item]));
  for (const old of occurrencesIn(analysis, analysis.file)) {
    const fresh = now.get(moved(old.start));
    now.delete(moved(old.start));
    const expected = old.symbol === symbol ? name : old.symbol.name;
    if (fresh === undefined || fresh.symbol.name !== expected)
      return takenAlready(analysis, name) ?? `'${expected}' would no longer be known in line ${line(old.start)}.`;
    const clash =
      (partner.get(old.symbol) ?? fresh.symbol) !== fresh.symbol || (taken.get(fresh.symbol) ?? old.symbol) !== old.symbol;
    if (clash) return `'${name}' is taken: in line ${line(old.start)} the name would mean something else.`;
    partner.set(old.symbol, fresh.symbol);
    taken.set(fresh.symbol, old.symbol);
  }
  if (now.size > 0) return `'${name}' would mean something else elsewhere in the text.`;
  const known = analysis.errors.length;
  const first = after.errors[0];
  if (after.errors.length > known && first !== undefined) return `'${name}' cannot be used here: ${first.message}.`;
  return null;
}
