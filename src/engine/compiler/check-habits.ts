// Warnings about expressions that are valid C and rarely meant: precedence that surprises, comparisons that are always true, a thing
// compared with itself, loops whose body is a stray semicolon, enumerators a switch forgets. Only in the program's own text.

import { bare } from '../abi/ctype.ts';
import type { Expr, Statement } from './ast.ts';
import { integer } from './constant.ts';
import type { Checker, SwitchState } from './scope.ts';
import type { Place } from './token.ts';
import type { CompareOp, TExpr } from './tree.ts';
import { integerOf, typeText } from './types.ts';

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '>', '<=', '>=']);
const BITWISE: ReadonlySet<string> = new Set(['&', '|', '^']);

/** True where the person wrote this very expression, not a macro. */
const isWritten = (c: Checker, place: Place): boolean => place.expansion === undefined && c.isOwnText(place);

const inParentheses = ({ place }: Expr): boolean => place.file.text.charAt(place.start) === '(';

const isComparison = (expr: Expr): boolean => expr.kind === 'binary' && COMPARISONS.has(expr.op) && !inParentheses(expr);

/** `a & b == c`, `!a & b`, `a == b == c`, `a == a`. */
export function warnOperands(c: Checker, expr: Extract<Expr, { kind: 'binary' }>): void {
  const { op, left, right, place } = expr;
  if (!isWritten(c, place)) return;
  if (BITWISE.has(op)) {
    for (const side of [left, right])
      if (side.kind === 'binary' && isComparison(side)) c.report('precedence', side.place, [side.op, op]);
  }
  if ((BITWISE.has(op) || COMPARISONS.has(op)) && left.kind === 'unary' && left.op === '!' && !inParentheses(left)) {
    const negatesTruth = right.kind === 'unary' && right.op === '!';
    if (!negatesTruth && !isTruth(left.operand)) c.report('not-precedence', left.place, [op]);
  }
  if (!COMPARISONS.has(op)) return;
  if (isComparison(left)) c.report('chained-comparison', place);
  const name = nameOf(left);
  if (name !== null && name === nameOf(right))
    c.report('self-comparison', place, [name, op === '==' || op === '<=' || op === '>=' ? 'true' : 'false']);
}

const isTruth = (expr: Expr): boolean =>
  (expr.kind === 'binary' && (COMPARISONS.has(expr.op) || expr.op === '&&' || expr.op === '||')) ||
  (expr.kind === 'unary' && expr.op === '!');

/** A plain variable, or members of one: what reads the same twice. */
function nameOf(expr: Expr): string | null {
  if (expr.kind === 'name') return expr.name;
  if (expr.kind !== 'member') return null;
  const object = nameOf(expr.object);
  return object === null ? null : `${object}${expr.arrow ? '->' : '.'}${expr.name}`;
}

export function warnSelfAssignment(c: Checker, expr: Extract<Expr, { kind: 'assign' }>): void {
  const name = expr.op === '' ? nameOf(expr.target) : null;
  if (name !== null && name === nameOf(expr.value) && isWritten(c, expr.place)) c.report('self-assignment', expr.place, [name]);
}

/** A comparison with a constant that no value of the other side's own type can change. */
export function warnAlways(c: Checker, op: CompareOp, left: TExpr, right: TExpr, place: Place): void {
  if (!isWritten(c, place)) return;
  const constant = integer(right) ?? integer(left);
  const constantIsRight = integer(right) !== null;
  const variable = constantIsRight ? left : right;
  const t = integerOf(variable.type);
  if (constant === null || t === null || t.bool || integer(variable) !== null) return;
  // A negative constant against an unsigned type has a warning of its own; enumerators may be -1 by design.
  if (constant < 0n || bare(variable.type).kind === 'enum') return;
  const bits = variable.kind === 'load' && variable.object.kind === 'member' ? variable.object.member.bitWidth : undefined;
  const width = BigInt(bits ?? t.size * 8);
  const low = t.signed ? -(1n << (width - 1n)) : 0n;
  const high = (1n << (t.signed ? width - 1n : width)) - 1n;
  const answer = alwaysOf(constantIsRight ? op : turned(op), low, high, constant);
  if (answer !== null) c.report('always', place, [typeText(variable.type), op, String(constant), answer ? 'true' : 'false']);
}

const turned = (op: CompareOp): CompareOp => (op === '<' ? '>' : op === '>' ? '<' : op === '<=' ? '>=' : op === '>=' ? '<=' : op);

/** The truth of `x op constant` for every x from low to high, or null. */
function alwaysOf(op: CompareOp, low: bigint, high: bigint, constant: bigint): boolean | null {
  switch (op) {
    case '<':
      return high < constant ? true : low >= constant ? false : null;
    case '>':
      return low > constant ? true : high <= constant ? false : null;
    case '<=':
      return high <= constant ? true : low > constant ? false : null;
    case '>=':
      return low >= constant ? true : high < constant ? false : null;
    default:
      return constant < low || constant > high ? op === '!=' : null;
  }
}

/** `for (…);` in front of something that looks like its body. */
export function warnEmptyLoop(c: Checker, statement: Statement, next: Statement | undefined): void {
  if ((statement.kind !== 'for' && statement.kind !== 'while') || statement.body.kind !== 'empty' || next === undefined) return;
  const { place } = statement.body;
  if (!isWritten(c, place) || !isWritten(c, next.place)) return;
  const looksLikeBody = next.kind === 'block' || columnOf(next.place) > columnOf(statement.place);
  if (looksLikeBody) c.report('empty-body', place, [statement.kind]);
}

const columnOf = ({ file, start }: Place): number => start - file.text.lastIndexOf('\n', start - 1);

/** Enumerators without a case, where there is no default; cases that are no enumerator. */
export function warnEnumSwitch(c: Checker, value: TExpr, state: SwitchState, place: Place): void {
  const type = bare(value.type);
  if (type.kind !== 'enum' || type.enumerators === null || !isWritten(c, place)) return;
  for (const { low, high, place: at } of state.cases)
    if (low === high && !type.enumerators.some((enumerator) => enumerator.value === low))
      c.report('case-not-in-enum', at, [String(low), typeText(type)]);
  if (state.fallback !== null || type.enumerators.length > 40) return;
  const missing = type.enumerators.filter(
    ({ value: wanted }) => !state.cases.some(({ low, high }) => wanted >= low && wanted <= high),
  );
  const names = missing.slice(0, 3).map(({ name }) => `'${name}'`);
  if (missing.length > 3) names.push(`${missing.length - 3} more`);
  if (names.length > 0) c.report('enum-not-handled', place, [names.join(', ')]);
}
