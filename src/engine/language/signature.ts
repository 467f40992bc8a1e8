// The call around the cursor: its prototype, and which argument is being typed. Helpers, kernel functions, the program's own
// functions, pointers to functions, built-ins and function-like macros. Works on tokens, so the call may be unfinished.

import type { FunctionType } from '../abi/ctype.ts';
import { BUILTINS } from '../compiler/builtins.ts';
import { typeText } from '../compiler/types.ts';
import type { SignatureAnswer } from './answers.ts';
import { cursorAt, openBracketBefore } from './cursor.ts';
import { macroParameters, parameterTexts } from './describe.ts';
import { commentOf, declarationStart, plain } from './documentation.ts';
import { functionBehind, typeOfPostfix } from './expression-type.ts';
import type { SourceAnalysis } from './source-analysis.ts';
import { homeOf, type LanguageSymbol } from './symbol.ts';
import { findName } from './visible-names.ts';

const NOT_CALLS = /^(if|while|for|switch|return|sizeof|_Alignof|case|else|do)$/;

interface Callable {
  readonly head: string;
  readonly parameters: readonly string[];
  readonly variadic: boolean;
  readonly documentation: string;
}

/** Signature of the innermost call around an offset, null outside of calls. */
export function signatureAt(analysis: SourceAnalysis, offset: number): SignatureAnswer | null {
  const cursor = cursorAt(analysis, offset);
  if (cursor.inside === 'comment') return null;
  const { raw } = analysis;
  // A word, number or literal at the cursor belongs to the argument; a parenthesis right behind it closes nothing yet.
  let last = cursor.before;
  while (last >= 0 && (raw[last]?.end ?? 0) > offset) last--;
  for (let open = openBracketBefore(raw, last, '(', true); open >= 0; open = openBracketBefore(raw, open - 1, '(', true)) {
    const callable = callableBefore(analysis, open);
    if (callable !== null) return signature(callable, argumentNumber(analysis, open, last));
  }
  return null;
}

/** Commas between the parenthesis and the cursor, those inside other brackets apart. */
function argumentNumber(analysis: SourceAnalysis, open: number, last: number): number {
  let depth = 0;
  let commas = 0;
  for (let at = open + 1; at <= last; at++) {
    const token = analysis.raw[at];
    if (token?.kind !== 'punctuator') continue;
    if ('([{'.includes(token.text)) depth++;
    else if (')]}'.includes(token.text)) depth--;
    else if (token.text === ',' && depth === 0) commas++;
  }
  return commas;
}

function signature(callable: Callable, argument: number): SignatureAnswer {
  const { head, parameters, variadic, documentation } = callable;
  let label = `${head}(`;
  const ranges: { start: number; end: number; documentation: string }[] = [];
  parameters.forEach((text, at) => {
    if (at > 0) label += ', ';
    ranges.push({ start: label.length, end: label.length + text.length, documentation: '' });
    label += text;
  });
  label += ')';
  const active = variadic ? Math.min(argument, parameters.length - 1) : argument;
  return { label, parameters: ranges, active, documentation };
}

function callableBefore(analysis: SourceAnalysis, open: number): Callable | null {
  const { raw } = analysis;
  const name = raw[open - 1];
  if (name === undefined || NOT_CALLS.test(name.text)) return null;
  const selected = raw[open - 2]?.text === '.' || raw[open - 2]?.text === '->';
  if (name.kind === 'identifier' && !selected) {
    const macro = analysis.macros.get(name.text);
    if (macro !== undefined && macro.params !== null) {
      const symbol = analysis.index.symbolOfMacro(macro);
      const parameters = macroParameters(macro.params, macro.variadic);
      const documentation = symbol === null ? '' : wordsAbout(analysis, symbol);
      return { head: name.text, parameters, variadic: macro.variadic !== null, documentation };
    }
    const thing = findName(analysis, name.text, name.start);
    if (thing !== null && 'type' in thing && thing.kind !== 'typedef') {
      const fn = functionBehind(thing.type);
      const symbol = analysis.index.symbolOfThing(thing);
      return fn === null ? null : ofType(name.text, fn, symbol === null ? '' : wordsAbout(analysis, symbol));
    }
    if (thing === null) return builtin(name.text);
  }
  const type = typeOfPostfix(analysis, open - 1);
  const fn = type === null ? null : functionBehind(type);
  return fn === null ? null : ofType(name.text, fn, '');
}

function ofType(name: string, fn: FunctionType, documentation: string): Callable {
  return { head: typeText(fn.returns, name), parameters: parameterTexts(fn), variadic: fn.variadic, documentation };
}

function builtin(name: string): Callable | null {
  const row = BUILTINS.get(name);
  if (row === undefined) return null;
  if (row.rule.kind === 'fixed')
    return {
      head: typeText(row.rule.returns, name),
      parameters: row.rule.params.map((type) => typeText(type)),
      variadic: false,
      documentation: '',
    };
  const parameters = Array.from({ length: Math.max(row.least, 1) }, (_, at) =>
    row.rule.kind === 'atomic' && at === 0 ? 'pointer' : `value${at + 1}`,
  );
  return { head: name, parameters, variadic: row.most > row.least, documentation: 'Built-in function.' };
}

/** The comment at the declaration; errors and rules are for the hover, which does not cover the line that is typed. */
function wordsAbout(analysis: SourceAnalysis, symbol: LanguageSymbol): string {
  const home = homeOf(symbol);
  return plain(commentOf(home, declarationStart(analysis, home)));
}
