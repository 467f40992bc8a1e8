// One reading of a text by the front end, kept for all questions about it: tokens as written, tokens after the preprocessor,
// the tree, the index of symbols. Always succeeds, whatever the text. Nothing is lowered.

import type { ProfileId } from '../abi/profile.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { SourceFile } from '../base/source.ts';
import type { TopLevel } from '../compiler/ast.ts';
import { checkUnit } from '../compiler/check-declarations.ts';
import { HeaderFinder } from '../compiler/header-finder.ts';
import { lex } from '../compiler/lexer.ts';
import type { Macro } from '../compiler/macro-expander.ts';
import { parseTranslationUnit } from '../compiler/parse-declarations.ts';
import { Parser } from '../compiler/parser.ts';
import { type Preprocessed, preprocess } from '../compiler/preprocessor.ts';
import { profileOfFiles } from '../compiler/profile-choice.ts';
import { Reporter } from '../compiler/report.ts';
import type { Token } from '../compiler/token.ts';
import { type ScopeRange, SymbolIndex } from './symbol-index.ts';

export interface AnalysisOptions {
  /** Chosen outside the file; null leaves it to the file's includes. */
  readonly profile: ProfileId | null;
}

/** What is known about a text. */
export interface SourceAnalysis {
  readonly file: SourceFile;
  /** As written, in order, the `end` token last. */
  readonly raw: readonly Token[];
  /** After the preprocessor. */
  readonly tokens: readonly Token[];
  readonly macros: ReadonlyMap<string, Macro>;
  readonly files: readonly SourceFile[];
  readonly headerNames: readonly string[];
  readonly items: readonly TopItem[];
  readonly index: SymbolIndex;
  /** Innermost last. */
  readonly scopes: readonly ScopeRange[];
  /** The profile in force; null when neither file nor page names one. */
  readonly profile: ProfileId | null;
  /** The profile chosen outside the file, as in the options. */
  readonly chosen: ProfileId | null;
  readonly errors: readonly Diagnostic[];
  /** The last reading of an earlier text of the same name that had no errors, for what this one no longer says. */
  readonly lastGood: SourceAnalysis | null;
}

/** A declaration or function definition of the outermost level: where it is. Trees are not kept, for they are large. */
export interface TopItem {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
  /** Of a function definition: its name, and its body from brace to brace. */
  readonly fn: { readonly name: string; readonly open: number; readonly close: number; readonly closeEnd: number } | null;
}

const topItem = (item: TopLevel): TopItem => {
  const { file, start, end } = item.place;
  if (item.kind !== 'function' || item.body.place.file !== file) return { file, start, end, fn: null };
  const { place, close } = item.body;
  const fn = { name: item.declarator.name ?? '', open: place.start, close: close.start, closeEnd: close.end };
  return { file, start, end: Math.max(end, close.end), fn };
};

/** More errors than a person makes: the front end stops there. */
const ERROR_LIMIT = 300;

/** Reads a text. Pure; bounded like a compilation of the same text. */
export function analyse(file: SourceFile, options: AnalysisOptions, lastGood: SourceAnalysis | null = null): SourceAnalysis {
  const finder = new HeaderFinder([], options.profile);
  const reporter = new Reporter(ERROR_LIMIT);
  const index = new SymbolIndex(file);
  const raw = lex(file).tokens;
  let source: Source = NOTHING;
  let items: readonly TopItem[] = [];
  try {
    const how = { defines: [], findHeader: finder.find, headerNames: finder.names, tolerant: true, observer: index };
    source = preprocess(file, how, reporter);
    const tree = parseTranslationUnit(new Parser(source.tokens, reporter, bracesMatch(raw) ? 'lines' : 'blocks'));
    items = tree.map(topItem);
    for (const symbol of checkUnit(tree, reporter, file, index).functions) symbol.body = null;
    index.readMacroBodies(source.macros, index.scopes[0]?.scope ?? null);
  } catch (fault) {
    // Nesting so deep that the stack ends, as in compile.ts: what was read until then counts.
    if (!(fault instanceof RangeError) || !fault.message.includes('call stack')) throw fault;
  }
  const profile = profileOfFiles(file, source, options.profile, false, new Reporter());
  return {
    file,
    raw,
    tokens: source.tokens,
    macros: source.macros,
    files: source.files,
    headerNames: finder.names(),
    items,
    index,
    scopes: index.scopes,
    profile: profile === 'conflict' ? options.profile : profile,
    chosen: options.profile,
    errors: reporter.diagnostics.filter((item) => item.severity === 'error'),
    lastGood,
  };
}

/** What this folder needs of the preprocessor's result. */
type Source = Pick<Preprocessed, 'tokens' | 'files' | 'macros' | 'includedAt'>;

const NOTHING: Source = { tokens: [], files: [], macros: new Map(), includedAt: new Map() };

function bracesMatch(raw: readonly Token[]): boolean {
  let depth = 0;
  for (const { kind, text } of raw) {
    if (kind !== 'punctuator') continue;
    if (text === '{') depth++;
    else if (text === '}') depth--;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** Texts that are kept: the one being typed and the one before it. */
const KEPT = 2;

/** Keeps the readings of the last few texts, by name, text and options, and the last good one of each name. */
export class AnalysisStore {
  private readonly kept: { readonly key: string; readonly text: string; readonly analysis: SourceAnalysis }[] = [];
  private readonly good = new Map<string, SourceAnalysis>();

  /** The reading of a text; made when it is not there. */
  of(path: string, text: string, options: AnalysisOptions): SourceAnalysis {
    const key = `${path}\n${options.profile ?? ''}`;
    const at = this.kept.findIndex((item) => item.key === key && item.text === text);
    const found = this.kept[at];
    if (found !== undefined) {
      this.kept.push(...this.kept.splice(at, 1));
      return found.analysis;
    }
    const analysis = analyse({ path, text }, options, this.good.get(key) ?? null);
    this.kept.push({ key, text, analysis });
    if (this.kept.length > KEPT) this.kept.shift();
    if (analysis.errors.length === 0) this.rememberGood(key, analysis);
    return analysis;
  }

  private rememberGood(key: string, analysis: SourceAnalysis): void {
    this.good.delete(key);
    this.good.set(key, { ...analysis, lastGood: null });
    const oldest = this.good.keys().next();
    if (this.good.size > KEPT && oldest.done !== true) this.good.delete(oldest.value);
  }
}
