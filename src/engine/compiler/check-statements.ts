// Statements (C11 6.8): scopes, loops, switch, labels, return. Makes typed statements; reports what stands in the wrong
// place. Knows nothing of control flow beyond what the grammar shows.

import type { BlockStatement, Expr, Statement } from './ast.ts';
import { checkLocalDeclaration } from './check-declarations.ts';
import { checkExpression, checkValue } from './check-expressions.ts';
import { fallsThrough } from './check-fallthrough.ts';
import { warnEmptyLoop, warnEnumSwitch } from './check-habits.ts';
import { checkAssertion, checkConstant } from './check-types.ts';
import { wrapTo } from './constant.ts';
import { assignable, errorExpr, isObject, promote, truthValue } from './conversions.ts';
import { assembleTemplate } from './inline-assembly.ts';
import type { Checker, SwitchState } from './scope.ts';
import type { Place } from './token.ts';
import type { CaseLabel, TBlock, TExpr, TStatement } from './tree.ts';
import { isError, isInteger, isVoid, qualifiersOf, typeText, unqualified } from './types.ts';

/** A block in its own scope. `instead` may take over a statement (the value of a statement expression). */
export function checkBlock(c: Checker, block: BlockStatement, instead: (statement: Statement) => boolean = () => false): TBlock {
  return c.scoped(() => {
    c.observer?.scopeOpened(c.scope, block.place, block.close);
    return checkBlockHere(c, block, instead);
  });
}

/** The statements of a block in the scope at hand (a function body shares its parameters' scope). */
export function checkBlockHere(
  c: Checker,
  block: BlockStatement,
  instead: (statement: Statement) => boolean = () => false,
): TBlock {
  if (c.switches.length > 0 && !c.reporter.failed)
    for (const place of fallsThrough(block.body)) if (c.isOwnText(place)) c.report('implicit-fallthrough', place);
  const body: TStatement[] = [];
  let dead: Place | null = null;
  for (const [at, statement] of block.body.entries()) {
    if (c.reporter.full) break;
    if (dead !== null && statement.kind !== 'empty') {
      if (!isLabelled(statement) && statement.kind !== 'declaration' && !c.reporter.failed)
        c.report('unreachable-code', statement.place);
      dead = null;
    }
    if (instead(statement)) continue;
    body.push(...checkStatement(c, statement));
    warnEmptyLoop(c, statement, block.body[at + 1]);
    if (jumpsAway(statement)) dead = statement.place;
  }
  return { kind: 'block', body, place: block.place, close: block.close };
}

const isLabelled = (statement: Statement): boolean =>
  statement.kind === 'label' || statement.kind === 'case' || statement.kind === 'default' || containsLabel(statement);

function containsLabel(statement: Statement): boolean {
  switch (statement.kind) {
    case 'block':
      return statement.body.some((inner) => isLabelled(inner));
    case 'if':
      return isLabelled(statement.yes) || (statement.no !== null && isLabelled(statement.no));
    case 'for':
    case 'while':
    case 'do':
      return isLabelled(statement.body);
    default:
      return false;
  }
}

const jumpsAway = (statement: Statement): boolean =>
  statement.kind === 'return' || statement.kind === 'goto' || statement.kind === 'break' || statement.kind === 'continue';

/** Checks one statement; a declaration may give several. */
function checkStatement(c: Checker, statement: Statement): TStatement[] {
  if (c.tooDeep(statement.place)) return [];
  return c.deeper(() => checkInner(c, statement));
}

const single = (c: Checker, statement: Statement): TStatement => {
  const inner = c.scoped(() => checkStatement(c, statement));
  const only = inner[0];
  if (inner.length === 1 && only !== undefined) return only;
  return { kind: 'block', body: inner, place: statement.place, close: statement.place };
};

function checkInner(c: Checker, s: Statement): TStatement[] {
  const { place } = s;
  switch (s.kind) {
    case 'block':
      return [checkBlock(c, s)];
    case 'declaration':
      return checkLocalDeclaration(c, s);
    case 'static-assert':
      checkAssertion(c, s.condition, s.message, s.place);
      return [];
    case 'expression': {
      const expr = checkExpression(c, s.expr);
      warnUnused(c, expr, s.expr);
      return expr.kind === 'error' ? [] : [{ kind: 'expression', expr, place }];
    }
    case 'empty':
    case 'fallthrough':
    case 'local-labels':
      return [];
    case 'if': {
      const condition = checkCondition(c, s.condition);
      const yes = single(c, s.yes);
      if (s.yes.kind === 'empty' && s.no === null) c.report('empty-body', s.yes.place, ['if']);
      const no = s.no === null ? null : single(c, s.no);
      return [{ kind: 'if', condition, yes, no, place }];
    }
    case 'while':
    case 'do': {
      const condition = checkCondition(c, s.condition);
      const body = loopBody(c, s.body);
      return [{ kind: 'loop', init: [], condition, step: null, body, testLast: s.kind === 'do', unroll: s.unroll, place }];
    }
    case 'for':
      return c.scoped(() => checkFor(c, s));
    case 'switch':
      return checkSwitch(c, s);
    case 'case':
    case 'default':
      return checkCase(c, s);
    case 'label':
      return checkLabel(c, s);
    case 'goto': {
      const label = labelNamed(c, s.label, place);
      label.used = true;
      if (c.fn !== null) c.observer?.labelled(c.fn, s.label, s.labelPlace, false);
      return [{ kind: 'goto', label: label.label, place }];
    }
    case 'break':
    case 'continue':
      if (s.kind === 'break' ? c.loops === 0 && c.switches.length === 0 : c.loops === 0) {
        c.report(s.kind === 'break' ? 'stray-break' : 'stray-continue', place);
        return [];
      }
      return [{ kind: s.kind, place }];
    case 'return':
      return checkReturn(c, s.value, place);
    case 'asm':
      if (!s.plain) return checkAssembly(c, s.text, s.outputs.length > 0, place);
      for (const output of s.outputs) {
        const object = checkExpression(c, output);
        if (object.kind === 'local') object.variable.assigned = true;
      }
      return [
        { kind: 'expression', expr: { kind: 'intrinsic', name: 'barrier', args: [], type: { kind: 'void' }, place }, place },
      ];
  }
}

/** Instructions between the program's own; an empty template is only a barrier. */
function checkAssembly(c: Checker, text: string, hasOperands: boolean, place: Place): TStatement[] {
  const code = hasOperands ? null : assembleTemplate(text);
  if (code !== null) return [{ kind: 'expression', expr: { kind: 'asm', code, type: { kind: 'void' }, place }, place }];
  c.report('inline-assembly', place);
  return [];
}

function checkCondition(c: Checker, expr: Expr): TExpr {
  const value = truthValue(c, checkValue(c, expr));
  if (expr.kind === 'assign' && expr.op === '' && !spelledInParentheses(expr)) c.report('assignment-in-condition', expr.place);
  return value;
}

/** `if ((a = b))` says that the assignment is meant. */
const spelledInParentheses = (expr: Expr): boolean => expr.place.file.text.charAt(expr.place.start) === '(';

function loopBody(c: Checker, body: Statement): TStatement {
  c.loops++;
  const checked = single(c, body);
  c.loops--;
  return checked;
}

function checkFor(c: Checker, s: Extract<Statement, { kind: 'for' }>): TStatement[] {
  c.observer?.scopeOpened(c.scope, s.place, { ...s.body.place, start: s.body.place.end });
  const init: TStatement[] = [];
  if (s.init !== null && 'kind' in s.init) {
    const expr = checkExpression(c, s.init);
    init.push({ kind: 'expression', expr, place: s.init.place });
  } else for (const declaration of s.init ?? []) init.push(...checkLocalDeclaration(c, declaration));
  const condition = s.condition === null ? null : checkCondition(c, s.condition);
  const step = s.step === null ? null : checkExpression(c, s.step);
  const body = loopBody(c, s.body);
  return [{ kind: 'loop', init, condition, step, body, testLast: false, unroll: s.unroll, place: s.place }];
}

function checkSwitch(c: Checker, s: Extract<Statement, { kind: 'switch' }>): TStatement[] {
  let value = checkValue(c, s.value);
  if (!isError(value.type) && !isInteger(value.type)) {
    c.report('switch-type', s.value.place, [typeText(value.type)]);
    value = errorExpr(s.value.place);
  }
  const unpromoted = value;
  value = promote(value);
  const state: SwitchState = { type: value.type, cases: [], fallback: null, controlling: s.value };
  c.switches.push(state);
  const body = single(c, s.body);
  c.switches.pop();
  warnEnumSwitch(c, unpromoted, state, s.place);
  const { cases, fallback } = state;
  return [{ kind: 'switch', value, cases, fallback, body, place: s.place }];
}

function checkCase(c: Checker, s: Extract<Statement, { kind: 'case' | 'default' }>): TStatement[] {
  const state = c.switches.at(-1);
  if (state === undefined) {
    c.report('stray-case', s.place, [s.kind]);
    return checkStatement(c, s.body);
  }
  const label: CaseLabel = { name: s.kind };
  if (s.kind === 'default') {
    if (state.fallback !== null) c.report('duplicate-default', s.place);
    else state.fallback = label;
  } else {
    const low = checkConstant(c, s.from, 'case label');
    const high = s.to === null ? low : checkConstant(c, s.to, 'case label');
    if (low !== null && high !== null) addCase(c, state, wrapTo(state.type, low), wrapTo(state.type, high), label, s.place);
  }
  return [{ kind: 'label', label, body: single(c, s.body), place: s.place }];
}

function addCase(c: Checker, state: SwitchState, low: bigint, high: bigint, label: CaseLabel, place: Place): void {
  if (isError(state.type)) return;
  if (high < low) {
    c.report('empty-case-range', place);
    return;
  }
  const clash = state.cases.find((other) => low <= other.high && high >= other.low);
  if (clash !== undefined) {
    c.report('duplicate-case', place, [String(low)], { notes: [{ message: 'previous case is here', span: clash.place }] });
    return;
  }
  state.cases.push({ low, high, label, place });
}

function labelNamed(c: Checker, name: string, place: Place): { label: CaseLabel; defined: boolean; used: boolean; place: Place } {
  const labels = c.fn?.labels;
  const known = labels?.get(name);
  if (known !== undefined) return known;
  const made = { label: { name }, defined: false, used: false, place };
  labels?.set(name, made);
  return made;
}

function checkLabel(c: Checker, s: Extract<Statement, { kind: 'label' }>): TStatement[] {
  const label = labelNamed(c, s.name, s.place);
  if (label.defined)
    c.report('redefinition', s.place, [s.name], { notes: [{ message: 'previous label is here', span: label.place }] });
  label.defined = true;
  label.place = s.place;
  if (c.fn !== null) c.observer?.labelled(c.fn, s.name, s.place, true);
  if (s.attributes.some((attribute) => attribute.name === 'unused')) label.used = true;
  return [{ kind: 'label', label: label.label, body: single(c, s.body), place: s.place }];
}

function checkReturn(c: Checker, expr: Expr | null, place: Place): TStatement[] {
  const returns = c.fn?.symbol.type.returns;
  if (returns === undefined) return [];
  if (expr === null) {
    if (!isVoid(returns)) c.report('return-without-value', place, [c.fn?.symbol.name ?? '']);
    return [{ kind: 'return', value: null, place }];
  }
  const value = checkValue(c, expr);
  if (isVoid(returns)) {
    if (!isVoid(value.type) && !isError(value.type)) c.report('return-with-value', expr.place, [c.fn?.symbol.name ?? '']);
    return [{ kind: 'return', value, place }];
  }
  const converted = assignable(c, value, returns, { kind: 'return' });
  if (converted.kind === 'error') return [{ kind: 'return', value: null, place }];
  if (value.kind === 'address' && value.object.kind === 'local' && unqualified(returns).kind === 'pointer')
    c.report('returns-local', expr.place, [value.object.variable.name]);
  return [{ kind: 'return', value: converted, place }];
}

/** A computed value that nothing uses is a slip (`a == b;`). */
function warnUnused(c: Checker, expr: TExpr, source: Expr): void {
  const { kind } = expr;
  const harmless = ![
    'compare',
    'arithmetic',
    'offset',
    'difference',
    'negate',
    'complement',
    'not',
    'logical',
    'constant',
    'load',
    'local',
    'global',
    'deref',
    'member',
  ].includes(kind);
  if (harmless || source.place.expansion !== undefined) return;
  if (kind === 'logical' || kind === 'constant') return;
  if (isObject(expr) && qualifiersOf(expr.type).volatile === true) return;
  if (kind === 'compare' && expr.op === '==') c.report('unused-comparison', source.place);
  else c.report('unused-value', source.place);
}
