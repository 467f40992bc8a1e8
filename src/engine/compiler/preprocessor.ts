// Phase 4 of translation (C11 6.10): directives, conditional groups, includes, macro replacement. One source file in, one
// flat list of tokens out, each with its origin. Knows nothing of grammar; expressions of #if are in condition.ts, macro
// replacement itself is in macro-expander.ts.

import { lineColumn, type SourceFile } from '../base/source.ts';
import { evaluateCondition, HAS } from './condition.ts';
import { lex } from './lexer.ts';
import { parseInteger } from './literals.ts';
import { brokenMacro, definesSame, parseMacro, predefinedMacros } from './macro-definition.ts';
import { type Macro, MacroExpander, type MacroHost } from './macro-expander.ts';
import { whyNoHeader } from './missing-library.ts';
import type { FrontEndObserver } from './observer.ts';
import type { Reporter } from './report.ts';
import { nearestName } from './spelling.ts';
import { type Place, placeOf, type Token } from './token.ts';

/** Deepest chain of includes (clang stops at 200; real programs stay below ten). */
const INCLUDE_DEPTH = 64;
/** Most tokens one translation may produce: past it something expands without end. */
const TOKEN_LIMIT = 250_000;
/** Largest file that is read. */
const FILE_SIZE_LIMIT = 1 << 20;

export interface PreprocessorOptions {
  readonly defines: readonly (readonly [string, string])[];
  /** Finds an include by name as written; `from` is the path of the including file. */
  readonly findHeader: (name: string, quoted: boolean, from: string) => SourceFile | null;
  /** All names an include could have, for did-you-mean. */
  readonly headerNames: () => readonly string[];
  /** Goes on behind a macro call that is never closed, as if it ended with its statement: for text that is being typed. */
  readonly tolerant?: boolean;
  readonly observer?: FrontEndObserver | null;
}

export interface Preprocessed {
  /** Ends with an `end` token. */
  readonly tokens: readonly Token[];
  /** Every file that was read, the main one first. */
  readonly files: readonly SourceFile[];
  readonly macros: ReadonlyMap<string, Macro>;
  /** Where each included file was first asked for. */
  readonly includedAt: ReadonlyMap<SourceFile, Place>;
  /** True when a limit was hit and the tokens are not the whole program. */
  readonly stopped: boolean;
  /** True when the call of a macro swallowed the rest of a file: what is left cannot be read as a program. */
  readonly tornApart: boolean;
}

/** Runs the preprocessor over a file and everything it includes. Never throws; findings go to `reporter`. */
export function preprocess(file: SourceFile, options: PreprocessorOptions, reporter: Reporter): Preprocessed {
  return new Preprocessor(file, options, reporter).run();
}

interface Conditional {
  readonly at: Token;
  /** True once a branch of this #if was taken. */
  taken: boolean;
  sawElse: boolean;
}

interface OpenFile {
  readonly file: SourceFile;
  readonly tokens: readonly Token[];
  next: number;
  readonly conditionals: Conditional[];
}

const CONDITIONAL_NAMES = new Set(['if', 'ifdef', 'ifndef', 'elif', 'else', 'endif']);
const DIRECTIVES = [...CONDITIONAL_NAMES, 'include', 'include_next', 'define', 'undef', 'error', 'warning', 'pragma', 'line'];

class Preprocessor implements MacroHost {
  readonly macros = new Map<string, Macro>();
  private readonly main: SourceFile;
  private readonly options: PreprocessorOptions;
  readonly reporter: Reporter;
  private readonly stack: OpenFile[] = [];
  private readonly files: SourceFile[] = [];
  private readonly once = new Set<string>();
  private readonly includedAt = new Map<SourceFile, Place>();
  private readonly expander: MacroExpander;
  private readonly lineChanges = new Map<SourceFile, { readonly shift: number; readonly file: string | null }>();
  private readonly keptMacros = new Map<string, (Macro | null)[]>();
  private stopped = false;
  /** A pragma the parser obeys, handed out in its place. */
  private pending: Token | null = null;

  constructor(main: SourceFile, options: PreprocessorOptions, reporter: Reporter) {
    this.main = main;
    this.options = options;
    this.reporter = reporter;
    this.expander = new MacroExpander(this);
  }

  run(): Preprocessed {
    for (const macro of predefinedMacros(this.options.defines)) this.macros.set(macro.name, macro);
    this.open(this.main, null);
    const tokens: Token[] = [];
    for (;;) {
      const token = this.expander.next();
      if (token.kind === 'end') {
        tokens.push(token);
        break;
      }
      tokens.push(token);
      if (tokens.length > TOKEN_LIMIT) this.stop('too-many-tokens', token, [String(TOKEN_LIMIT)]);
    }
    return {
      tokens,
      files: this.files,
      macros: this.macros,
      includedAt: this.includedAt,
      stopped: this.stopped,
      tornApart: this.expander.tornApart,
    };
  }

  /** Reports once and makes every further token the end. */
  stop(code: 'too-many-tokens' | 'expansion-too-deep', at: Token, args: readonly string[]): void {
    if (!this.stopped) this.reporter.report(code, placeOf(at), args);
    this.stopped = true;
  }

  /** The next token that is no directive; conditional groups are already resolved. */
  nextFileToken(): Token {
    for (;;) {
      const open = this.stack.at(-1);
      const token = open?.tokens[open.next];
      if (open === undefined || token === undefined || this.stopped) return this.endToken();
      if (token.kind === 'end') {
        if (this.close(open)) continue;
        return token;
      }
      open.next++;
      if (token.firstOnLine && token.kind === 'punctuator' && token.text === '#') {
        this.directive(open, token);
        const pragma: Token | null = this.pending;
        this.pending = null;
        if (pragma !== null) return pragma;
        continue;
      }
      return token;
    }
  }

  /** Looks at the next token without taking it, past directives never: a directive hides what follows. */
  peekFileToken(): Token | null {
    const open = this.stack.at(-1);
    const token = open?.tokens[open.next];
    if (token === undefined || this.stopped || token.kind === 'end') return null;
    if (token.firstOnLine && token.text === '#') return null;
    return token;
  }

  private endToken(): Token {
    const end = this.main.text.length;
    const shared = { file: this.main, start: end, end, firstOnLine: true, spaceBefore: true, noExpand: false, expansion: null };
    return { kind: 'end', text: '', ...shared };
  }

  private open(file: SourceFile, from: Token | null): void {
    if (file.text.length > FILE_SIZE_LIMIT) {
      const place = from === null ? { file, start: 0, end: 0 } : placeOf(from);
      this.reporter.report('file-too-large', place, [file.path, String(FILE_SIZE_LIMIT)]);
      if (from === null) this.stopped = true;
      if (!this.files.includes(file)) this.files.push(file);
      return;
    }
    if (!this.files.includes(file)) this.files.push(file);
    const { tokens, problems } = lex(file);
    for (const problem of problems) this.reporter.report(problem.code, { file, start: problem.start, end: problem.end });
    this.stack.push({ file, tokens, next: 0, conditionals: [] });
  }

  /** Leaves a file at its end; false for the outermost, whose end token is the end of everything. */
  private close(open: OpenFile): boolean {
    for (const conditional of open.conditionals) this.reporter.report('unterminated-conditional', placeOf(conditional.at));
    open.conditionals.length = 0;
    if (this.stack.length === 1) return false;
    this.stack.pop();
    return true;
  }

  private restOfLine(open: OpenFile): Token[] {
    const line: Token[] = [];
    for (;;) {
      const token = open.tokens[open.next];
      if (token === undefined || token.kind === 'end' || token.firstOnLine) return line;
      line.push(token);
      open.next++;
    }
  }

  private directive(open: OpenFile, hash: Token): void {
    const line = this.restOfLine(open);
    const name = line[0];
    if (name === undefined) return;
    const rest = line.slice(1);
    switch (name.text) {
      case 'define':
        return this.define(name, rest);
      case 'undef':
        if (rest[0]?.kind === 'identifier') {
          this.noteTested(rest[0]);
          this.macros.delete(rest[0].text);
        } else this.reporter.report('macro-name-missing', placeOf(name));
        return;
      case 'include':
      case 'include_next':
        return this.include(open, name, rest);
      case 'if':
      case 'ifdef':
      case 'ifndef':
        return this.startConditional(open, name, rest);
      case 'elif':
      case 'else':
      case 'endif':
        return this.continueConditional(open, name);
      case 'error':
      case 'warning':
        this.reporter.report(name.text === 'error' ? 'error-directive' : 'warning-directive', placeOf(name), [
          spell(rest) || `#${name.text}`,
        ]);
        return;
      case 'pragma':
        return this.pragma(open, rest);
      case 'line':
        return this.line(open, rest);
      default: {
        if (name.kind === 'number') return;
        const near = nearestName(name.text, DIRECTIVES);
        this.reporter.report('unknown-directive', placeOf(name), [name.text, near === null ? '' : `; did you mean '#${near}'?`]);
        if (hash.end > name.end) return;
      }
    }
  }

  private define(name: Token, rest: readonly Token[]): void {
    const macro = parseMacro(name, rest, this.reporter);
    if (macro === null) {
      // Its uses are no further mistakes.
      const broken = rest[0];
      if (broken?.kind === 'identifier' && broken.text !== 'defined') this.macros.set(broken.text, brokenMacro(broken));
      return;
    }
    const earlier = this.macros.get(macro.name);
    if (earlier !== undefined && !definesSame(earlier, macro)) {
      const notes = earlier.definition === null ? [] : [{ message: 'previous definition is here', span: earlier.definition }];
      this.reporter.report('macro-redefined', macro.definition, [macro.name], { notes });
    }
    this.macros.set(macro.name, macro);
    this.options.observer?.macroDefined(macro);
  }

  /** For the expander and directives: `name` stands for a macro. */
  noteMacro(macro: Macro, name: Token): void {
    this.options.observer?.macroUsed(macro, name);
  }

  /** True when somebody is still typing this text: a macro call without an end is then cut at its statement's. */
  callEndsHere(): boolean {
    if (this.options.tolerant !== true) return false;
    const open = this.stack.at(-1);
    if (open === undefined) return false;
    let depth = 0;
    for (let at = open.next; ; at++) {
      const token = open.tokens[at];
      if (token === undefined || token.kind === 'end') return true;
      if (token.kind !== 'punctuator') continue;
      if (token.text === '(') depth++;
      else if (token.text === ')' && depth-- === 0) return false;
    }
  }

  private include(open: OpenFile, name: Token, line: readonly Token[]): void {
    const rest = line[0]?.kind === 'identifier' ? this.expander.expandAll(line) : line;
    const first = rest[0];
    let path: string | null = null;
    let quoted = false;
    if (first?.kind === 'string') {
      path = first.text.slice(1, -1);
      quoted = true;
    } else if (first?.text === '<') {
      const close = rest.findIndex((token) => token.text === '>');
      const last = rest[close];
      if (last !== undefined) {
        path =
          first.file === last.file && first.expansion === null
            ? first.file.text.slice(first.end, last.start).trim()
            : spell(rest.slice(1, close)).replaceAll(' ', '');
      }
    }
    if (first === undefined || path === null) {
      this.reporter.report('include-syntax', placeOf(name));
      return;
    }
    const last = rest.at(-1) ?? first;
    const place = { ...placeOf(first), end: Math.max(first.end, last.end) };
    if (this.stack.length >= INCLUDE_DEPTH) {
      this.reporter.report('include-too-deep', place, [String(INCLUDE_DEPTH)]);
      return;
    }
    const found = this.options.findHeader(path, quoted, open.file.path);
    if (found === null) {
      const why = whyNoHeader(path);
      const near = why === null ? nearestName(path, this.options.headerNames()) : null;
      const notes = why === null ? [] : [{ message: why }];
      this.reporter.report('header-not-found', place, [path, near === null ? '' : `; did you mean <${near}>?`], { notes });
      return;
    }
    if (!this.includedAt.has(found)) this.includedAt.set(found, place);
    this.options.observer?.included(found, place);
    if (this.once.has(found.path)) return;
    this.open(found, first);
  }

  /** `#line NUMBER ["FILE"]`: what __LINE__ and __FILE__ say from the next line on; places of findings stay true. */
  private line(open: OpenFile, rest: readonly Token[]): void {
    const [number, name] = this.expander.expandAll(rest);
    const value = number?.kind === 'number' ? parseInteger(number.text) : null;
    if (number === undefined || value === null) return;
    const real = lineColumn(open.file, rest.at(-1)?.start ?? 0).line + 1;
    const file = name?.kind === 'string' ? name.text : null;
    this.lineChanges.set(open.file, {
      shift: Number(value.value) - real,
      file: file ?? this.lineChanges.get(open.file)?.file ?? null,
    });
  }

  /** Number and file (a string literal) that __LINE__ and __FILE__ give at a place. */
  presumedLine(file: SourceFile, offset: number): { line: number; file: string } {
    const change = this.lineChanges.get(file);
    const line = lineColumn(file, offset).line + (change?.shift ?? 0);
    return { line, file: change?.file ?? JSON.stringify(file.path) };
  }

  private pragma(open: OpenFile, line: readonly Token[]): void {
    const first = line[0]?.text;
    if (first === 'push_macro' || first === 'pop_macro') this.saveMacro(first === 'push_macro', line[2]);
    if (first === 'once') this.once.add(open.file.path);
    const text = first === 'clang' || first === 'GCC' ? line[1]?.text : first;
    if (
      (text === 'unroll' || text === 'loop' || text === 'nounroll' || text === 'attribute' || text === 'pack') &&
      line[0] !== undefined
    )
      this.pending = { ...line[0], kind: 'pragma', text: spell(line) };
  }

  /** `#pragma push_macro("NAME")` keeps a definition, pop_macro brings it back. */
  private saveMacro(push: boolean, literal: Token | undefined): void {
    if (literal?.kind !== 'string') return;
    const name = literal.text.slice(1, -1);
    const kept = this.keptMacros.get(name) ?? [];
    this.keptMacros.set(name, kept);
    if (push) {
      if (kept.length < 1000) kept.push(this.macros.get(name) ?? null);
      return;
    }
    const back = kept.pop();
    if (back === null) this.macros.delete(name);
    else if (back !== undefined) this.macros.set(name, back);
  }

  /** `_Pragma("...")`: only what the parser obeys survives. */
  pragmaOperator(at: Token, text: string): Token | null {
    return /^(clang |GCC )?(unroll|loop|nounroll|pack)/.test(text) ? { ...at, kind: 'pragma', text } : null;
  }

  private startConditional(open: OpenFile, name: Token, rest: readonly Token[]): void {
    const conditional: Conditional = { at: name, taken: false, sawElse: false };
    open.conditionals.push(conditional);
    if (open.conditionals.length > 4096) this.stop('expansion-too-deep', name, ['4096']);
    conditional.taken = name.text === 'if' ? this.condition(name, rest) : this.isDefined(name, rest) === (name.text === 'ifdef');
    if (!conditional.taken) this.skipGroup(open, conditional);
  }

  private isDefined(name: Token, rest: readonly Token[]): boolean {
    const macro = rest[0];
    if (macro?.kind !== 'identifier') {
      this.reporter.report('macro-name-missing', placeOf(name));
      return false;
    }
    this.noteTested(macro);
    return this.macros.has(macro.text) || HAS.has(macro.text);
  }

  private noteTested(name: Token): void {
    const macro = this.macros.get(name.text);
    if (macro !== undefined) this.noteMacro(macro, name);
  }

  private condition(name: Token, rest: readonly Token[]): boolean {
    rest.forEach((token, at) => {
      const before = rest[at - 1]?.text === '(' ? rest[at - 2] : rest[at - 1];
      if (token.kind === 'identifier' && before?.text === 'defined') this.noteTested(token);
    });
    return evaluateCondition(name, rest, {
      isDefined: (macro) => this.macros.has(macro),
      hasHeader: (path, quoted) => this.options.findHeader(path, quoted, name.file.path) !== null,
      expand: (tokens) => this.expander.expandAll(tokens),
      reporter: this.reporter,
    });
  }

  /** At #elif, #else or #endif after a group that was taken. */
  private continueConditional(open: OpenFile, name: Token): void {
    const conditional = open.conditionals.at(-1);
    if (conditional === undefined) {
      this.reporter.report('stray-conditional', placeOf(name), [name.text]);
      return;
    }
    if (name.text === 'endif') {
      open.conditionals.pop();
      return;
    }
    this.noteElse(conditional, name);
    this.skipGroup(open, conditional);
  }

  private noteElse(conditional: Conditional, name: Token): void {
    if (conditional.sawElse) this.reporter.report('directive-after-else', placeOf(name), [name.text]);
    if (name.text === 'else') conditional.sawElse = true;
  }

  /** Skips to the branch to take, or past the #endif. */
  private skipGroup(open: OpenFile, conditional: Conditional): void {
    let depth = 0;
    for (; ; open.next++) {
      const token = open.tokens[open.next];
      if (token === undefined || token.kind === 'end') return;
      if (!token.firstOnLine || token.text !== '#') continue;
      const name = open.tokens[open.next + 1];
      if (name === undefined || name.firstOnLine || !CONDITIONAL_NAMES.has(name.text)) continue;
      if (name.text.startsWith('if')) depth++;
      else if (depth > 0) {
        if (name.text === 'endif') depth--;
      } else {
        open.next++;
        const rest = this.restOfLine(open).slice(1);
        if (name.text === 'endif') {
          open.conditionals.pop();
          return;
        }
        this.noteElse(conditional, name);
        if (!conditional.taken && (name.text === 'else' || this.condition(name, rest))) {
          conditional.taken = true;
          return;
        }
        open.next--;
      }
    }
  }
}

/** Tokens as text, one space where the source had any (used by messages and pragmas). */
export function spell(tokens: readonly Token[]): string {
  let text = '';
  for (const token of tokens) {
    text += (token.spaceBefore && text !== '' ? ' ' : '') + token.text;
    if (text.length > 4000) break;
  }
  return text;
}
