// Macro replacement (C11 6.10.3, with GNU's comma swallowing and __VA_OPT__): a stack of token lists being read. A macro
// is disabled while its replacement is being read; a name met while its macro is disabled is marked for good. Work is
// bounded: depth, and total tokens (by the preprocessor). Knows nothing of directives.

import type { SourceFile, Span } from '../base/source.ts';
import type { ComputedMacro } from './macro-definition.ts';
import type { Reporter } from './report.ts';
import { type Expansion, type Place, placeOf, type Token } from './token.ts';

export interface Macro {
  readonly name: string;
  /** Null for an object-like macro. */
  readonly params: readonly string[] | null;
  /** Name of the parameter that takes the rest, or null. */
  readonly variadic: string | null;
  readonly body: readonly Token[];
  readonly definition: Span | null;
  readonly builtin: ComputedMacro | null;
}

/** What the expander needs from the preprocessor. */
export interface MacroHost {
  readonly macros: ReadonlyMap<string, Macro>;
  readonly reporter: Reporter;
  nextFileToken(): Token;
  peekFileToken(): Token | null;
  presumedLine(file: SourceFile, offset: number): { line: number; file: string };
  pragmaOperator(at: Token, text: string): Token | null;
  /** Tells of a replacement, before it is made. */
  noteMacro(macro: Macro, name: Token): void;
  /** True when the file at hand never closes the macro call whose arguments begin here, and that is to be forgiven. */
  callEndsHere(): boolean;
  stop(code: 'too-many-tokens' | 'expansion-too-deep', at: Token, args: readonly string[]): void;
}

interface Context {
  readonly tokens: readonly Token[];
  next: number;
  readonly macro: Macro | null;
  /** Reading never goes past a barrier: the end of a list that is expanded on its own. */
  readonly barrier: boolean;
}

const DEPTH_LIMIT = 400;
const WORK_LIMIT = 400_000;
const END = { kind: 'end', text: '', firstOnLine: true, spaceBefore: false, noExpand: false, expansion: null } as const;

export class MacroExpander {
  private readonly host: MacroHost;
  private readonly contexts: Context[] = [];
  private readonly disabled = new Set<Macro>();
  private nesting = 0;
  private work = 0;
  private counter = 0;
  private stopped = false;
  /** True when a call without end swallowed the rest of the file. */
  tornApart = false;

  constructor(host: MacroHost) {
    this.host = host;
  }

  /** The next fully replaced token. */
  next(): Token {
    for (;;) {
      const token = this.raw();
      if (token.kind !== 'identifier' || token.noExpand) return token;
      const macro = this.host.macros.get(token.text);
      if (macro === undefined) return token;
      if (this.disabled.has(macro)) return { ...token, noExpand: true };
      if (!this.enter(macro, token)) return token;
    }
  }

  /** Puts one token in front of what comes next. */
  inject(token: Token): void {
    this.contexts.push({ tokens: [token], next: 0, macro: null, barrier: false });
  }

  /** Replaces everything in a list that stands alone: an argument, an #if or #include line. */
  expandAll(tokens: readonly Token[]): Token[] {
    if (tokens.length === 0) return [];
    if (this.nesting > DEPTH_LIMIT / 2) {
      const first = tokens[0];
      if (first !== undefined) this.giveUp(first);
      return [...tokens];
    }
    this.nesting++;
    this.contexts.push({ tokens, next: 0, macro: null, barrier: true });
    const result: Token[] = [];
    for (let token = this.next(); token.kind !== 'end'; token = this.next()) result.push(token);
    this.contexts.pop();
    this.nesting--;
    return result;
  }

  private giveUp(at: Token): void {
    this.host.stop('expansion-too-deep', at, [String(DEPTH_LIMIT)]);
    this.stopped = true;
  }

  private raw(): Token {
    for (;;) {
      const context = this.contexts.at(-1);
      if (context === undefined) return this.host.nextFileToken();
      const token = context.tokens[context.next];
      if (token !== undefined && !this.stopped) {
        context.next++;
        if (++this.work > WORK_LIMIT) {
          this.host.stop('too-many-tokens', token, [String(WORK_LIMIT)]);
          this.stopped = true;
        }
        return token;
      }
      if (context.barrier) {
        const last = context.tokens.at(-1);
        if (last === undefined) return this.host.nextFileToken();
        return { ...END, file: last.file, start: last.end, end: last.end };
      }
      if (context.macro !== null) this.disabled.delete(context.macro);
      this.contexts.pop();
    }
  }

  /** True when the next token, wherever it comes from, is `(`; takes nothing. */
  private opensNext(): boolean {
    for (let at = this.contexts.length - 1; at >= 0; at--) {
      const context = this.contexts[at];
      const token = context?.tokens[context.next];
      if (token !== undefined) return token.text === '(' && token.kind === 'punctuator';
      if (context?.barrier) return false;
    }
    return this.host.peekFileToken()?.text === '(';
  }

  /** Starts the replacement of `macro` at `token`; false when it is function-like and no `(` follows. */
  private enter(macro: Macro, token: Token): boolean {
    if (this.stopped) return false;
    const expansion: Expansion = {
      macro: macro.name,
      definition: macro.definition,
      at: placeOf(token),
      parent: token.expansion,
    };
    if (macro.builtin !== null) return this.computed(macro.builtin, token);
    let body: Token[];
    if (macro.params === null) {
      this.host.noteMacro(macro, token);
      body = this.pasteObject(macro, expansion);
    } else {
      if (!this.opensNext()) return false;
      this.host.noteMacro(macro, token);
      const args = this.arguments(macro, macro.params, token);
      if (args === null) {
        // A harmless value in its place, so that one mistake is one finding.
        this.inject({ ...token, kind: 'number', text: '0', noExpand: true });
        return true;
      }
      body = this.substitute(macro, macro.params, args.lists, { ...expansion, at: args.at });
    }
    const first = body[0];
    if (first !== undefined) body[0] = { ...first, spaceBefore: token.spaceBefore, firstOnLine: token.firstOnLine };
    if (this.contexts.length > DEPTH_LIMIT) this.giveUp(token);
    this.contexts.push({ tokens: body, next: 0, macro, barrier: false });
    this.disabled.add(macro);
    return true;
  }

  private pasteObject(macro: Macro, expansion: Expansion): Token[] {
    const body = macro.body.map((token): Token => ({ ...token, firstOnLine: false, expansion }));
    return body.some((token) => token.text === '##') ? this.pasteAll(body) : body;
  }

  /** Applies `##` in a list without parameters. */
  private pasteAll(body: readonly Token[]): Token[] {
    const result: Token[] = [];
    for (let i = 0; i < body.length; i++) {
      const token = body[i];
      const left = result.at(-1);
      const right = body[i + 1];
      if (token === undefined) break;
      if (token.text !== '##' || left === undefined || right === undefined) result.push(token);
      else {
        result.pop();
        result.push(...this.paste(left, right));
        i++;
      }
    }
    return result;
  }

  private paste(left: Token, right: Token): Token[] {
    const text = left.text + right.text;
    const kind = pastedKind(left, right, text);
    if (kind === null) {
      this.host.reporter.report('bad-paste', placeOf(left), [left.text, right.text]);
      return [left, right];
    }
    return [{ ...left, kind, text, noExpand: false }];
  }

  /** Reads the arguments of a function-like macro; null after a finding. */
  private arguments(macro: Macro, params: readonly string[], name: Token): { lists: Token[][]; at: Place } | null {
    const open = this.raw();
    const lists: Token[][] = [[]];
    let depth = 0;
    let last = open;
    const endless = this.contexts.length === 0 && this.host.callEndsHere();
    let braces = 0;
    for (;;) {
      const token = this.raw();
      if (endless && token.kind === 'punctuator') {
        if (token.text === '{') braces++;
        if ((token.text === '}' && braces-- === 0) || (token.text === ';' && braces === 0)) {
          this.inject(token);
          break;
        }
      }
      if (token.kind === 'end') {
        this.host.reporter.report('unterminated-macro-call', placeOf(name), [macro.name]);
        this.tornApart ||= this.contexts.length === 0;
        this.stopped ||= this.contexts.length === 0;
        return null;
      }
      last = token;
      if (token.text === '(' && token.kind === 'punctuator') depth++;
      if (token.text === ')' && token.kind === 'punctuator' && depth-- === 0) break;
      const rest = macro.variadic !== null && lists.length >= params.length;
      if (token.text === ',' && token.kind === 'punctuator' && depth === 0 && !rest) lists.push([]);
      else lists.at(-1)?.push(this.marked(token));
    }
    if (params.length === 0 && lists.length === 1 && lists[0]?.length === 0) lists.pop();
    if (macro.variadic !== null && lists.length === params.length - 1) lists.push([]);
    while (endless && lists.length < params.length) lists.push([]);
    const from = placeOf(name);
    const to = placeOf(last);
    const at = from.file === to.file && to.end >= from.end && name.expansion === null ? { ...from, end: to.end } : from;
    if (lists.length === params.length) return { lists, at };
    const notes = macro.definition === null ? [] : [{ message: `macro '${macro.name}' defined here`, span: macro.definition }];
    const place = placeOf(name);
    this.host.reporter.report('macro-argument-count', place, [macro.name, String(params.length), String(lists.length)], {
      notes,
    });
    return null;
  }

  /** A disabled macro's name read into an argument stays unexpandable. */
  private marked(token: Token): Token {
    if (token.kind !== 'identifier' || token.noExpand) return token;
    const macro = this.host.macros.get(token.text);
    return macro !== undefined && this.disabled.has(macro) ? { ...token, noExpand: true } : token;
  }

  private substitute(macro: Macro, params: readonly string[], args: readonly Token[][], expansion: Expansion): Token[] {
    return new Substitution(this, macro, params, args, expansion).run(macro.body);
  }

  /** For {@link Substitution}. */
  pasteTokens(left: Token, right: Token): Token[] {
    return this.paste(left, right);
  }

  private computed(name: ComputedMacro, token: Token): boolean {
    const at = placeOf(token);
    let made: Token;
    switch (name) {
      case '__LINE__':
        made = { ...token, kind: 'number', text: String(this.host.presumedLine(at.file, at.start).line) };
        break;
      case '__COUNTER__':
        made = { ...token, kind: 'number', text: String(this.counter++) };
        break;
      case '__INCLUDE_LEVEL__':
        made = { ...token, kind: 'number', text: '0' };
        break;
      case '__FILE__':
      case '__BASE_FILE__':
        made = { ...token, kind: 'string', text: this.host.presumedLine(at.file, at.start).file };
        break;
      case '__DATE__':
      case '__TIME__':
        made = { ...token, kind: 'string', text: name === '__DATE__' ? '"Jan  1 1970"' : '"00:00:00"' };
        break;
      case '_Pragma': {
        if (!this.opensNext()) return false;
        this.raw();
        const text = this.raw();
        if (text.kind !== 'string' || this.raw().text !== ')') this.host.reporter.report('pragma-operator', at);
        const pragma = this.host.pragmaOperator(token, text.text.slice(1, -1).replaceAll('\\"', '"'));
        if (pragma !== null) this.inject(pragma);
        return true;
      }
    }
    this.inject({ ...made, noExpand: true });
    return true;
  }
}

function pastedKind(left: Token, right: Token, text: string): Token['kind'] | null {
  if (left.kind === 'identifier' && (right.kind === 'identifier' || /^[A-Za-z0-9_$]+$/.test(right.text))) return 'identifier';
  if (left.kind === 'number' && /^\.?[0-9](?:[eEpP][+-]|[A-Za-z0-9_.])*$/.test(text)) return 'number';
  if (/^(?:\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|##)$/.test(text)) return 'punctuator';
  if (/^(?:u8|[LuU])$/.test(left.text) && right.kind === 'string') return 'string';
  return null;
}

/** One replacement of a function-like macro: parameters, `#`, `##`, `__VA_OPT__`. */
class Substitution {
  private readonly expander: MacroExpander;
  private readonly macro: Macro;
  private readonly params: readonly string[];
  private readonly args: readonly Token[][];
  private readonly expanded: (Token[] | undefined)[] = [];
  private readonly expansion: Expansion;

  constructor(expander: MacroExpander, macro: Macro, params: readonly string[], args: readonly Token[][], expansion: Expansion) {
    this.expander = expander;
    this.macro = macro;
    this.params = params;
    this.args = args;
    this.expansion = expansion;
  }

  private argument(index: number): Token[] {
    let list = this.expanded[index];
    if (list === undefined) {
      list = this.expander.expandAll(this.args[index] ?? []);
      this.expanded[index] = list;
    }
    return list;
  }

  private parameter(token: Token | undefined): number {
    return token?.kind === 'identifier' ? this.params.indexOf(token.text) : -1;
  }

  /** Tokens of an argument carry their own origin; those written in the file get the macro's, so a span covers the call. */
  private adopt(tokens: readonly Token[], like: Token): Token[] {
    return tokens.map((token, i) => ({
      ...token,
      firstOnLine: false,
      spaceBefore: i === 0 ? like.spaceBefore : token.spaceBefore,
    }));
  }

  run(body: readonly Token[]): Token[] {
    const out: Token[] = [];
    for (let i = 0; i < body.length; i++) {
      const token = body[i];
      if (token === undefined) break;
      const next = body[i + 1];
      const index = this.parameter(token);
      if (token.text === '#' && this.parameter(next) >= 0) {
        out.push(this.stringify(token, this.args[this.parameter(next)] ?? []));
        i++;
      } else if (token.text === '##' && next !== undefined && i > 0) {
        i = this.pasteInto(out, body, i);
      } else if (token.text === '__VA_OPT__' && next?.text === '(' && this.macro.variadic !== null) {
        const close = closing(body, i + 1);
        const rest = this.argument(this.params.length - 1);
        if (rest.length > 0) out.push(...this.run(body.slice(i + 2, close)));
        i = close;
      } else if (index >= 0) {
        const raw = next?.text === '##';
        out.push(...this.adopt(raw ? (this.args[index] ?? []) : this.argument(index), token));
        if (raw && (this.args[index]?.length ?? 0) === 0) out.push({ ...token, kind: 'other', text: '' });
      } else out.push({ ...token, firstOnLine: false, expansion: this.expansion });
    }
    return out.filter((token) => token.text !== '' || token.kind !== 'other');
  }

  /** `left ## right` with `left` already in `out`; returns the index of the last body token used. */
  private pasteInto(out: Token[], body: readonly Token[], at: number): number {
    const operator = body[at + 1];
    const left = out.at(-1);
    if (operator === undefined) return at;
    const index = this.parameter(operator);
    let right: Token[];
    let used = at + 1;
    if (operator.text === '__VA_OPT__' && body[at + 2]?.text === '(') {
      used = closing(body, at + 2);
      right = this.argument(this.params.length - 1).length > 0 ? this.run(body.slice(at + 3, used)) : [];
    } else if (index >= 0) right = this.adopt(this.args[index] ?? [], operator);
    else right = [{ ...operator, expansion: this.expansion }];
    if (index >= 0 && this.params[index] === this.macro.variadic && left?.text === ',') {
      if (right.length === 0) out.pop();
      else out.push(...this.adopt(this.argument(index), operator));
      return used;
    }
    const first = right[0];
    if (first === undefined) return used;
    if (left === undefined || (left.kind === 'other' && left.text === '')) {
      if (left !== undefined) out.pop();
      out.push(...right);
      return used;
    }
    out.pop();
    out.push(...this.expander.pasteTokens(left, first), ...right.slice(1));
    return used;
  }

  private stringify(hash: Token, tokens: readonly Token[]): Token {
    let text = '';
    for (const token of tokens) {
      const space = text !== '' && (token.spaceBefore || token.firstOnLine) ? ' ' : '';
      const literal = token.kind === 'string' || token.kind === 'character';
      text += space + (literal ? token.text.replace(/[\\"]/g, '\\$&') : token.text);
    }
    return { ...hash, kind: 'string', text: `"${text}"`, firstOnLine: false, expansion: this.expansion };
  }
}

/** Index of the `)` that matches the `(` at `open`, or the last index. */
function closing(body: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < body.length; i++) {
    if (body[i]?.text === '(') depth++;
    else if (body[i]?.text === ')' && --depth === 0) return i;
  }
  return body.length;
}
