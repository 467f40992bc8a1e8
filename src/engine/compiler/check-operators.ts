// Expressions, part two (C11 6.5.3 to 6.5.17): unary and binary operators, assignment, the conditional operator. Knows
// nothing of calls or names.

import { type CType, INT, LONG, sizeOf, ULONG } from '../abi/ctype.ts';
import type { Expr } from './ast.ts';
import { checkExpression, checkModifiable, checkValue, pointerOffset } from './check-expressions.ts';
import { warnAlways, warnOperands, warnSelfAssignment } from './check-habits.ts';
import { integer } from './constant.ts';
import {
  assignable,
  balance,
  constantExpr,
  convertValue,
  errorExpr,
  isNullConstant,
  isObject,
  pointeeScale,
  promote,
  truthValue,
} from './conversions.ts';
import type { Checker } from './scope.ts';
import type { Place } from './token.ts';
import type { ArithmeticOp, CompareOp, TExpr } from './tree.ts';
import {
  commonType,
  functionOf,
  integerOf,
  isComplete,
  isError,
  isInteger,
  isPointer,
  isRecord,
  isScalar,
  isVoid,
  pointerOf,
  pointerTo,
  promoted,
  qualifiersOf,
  qualify,
  sameType,
  typeText,
  unqualified,
} from './types.ts';

export function checkUnary(c: Checker, expr: Extract<Expr, { kind: 'unary' }>): TExpr {
  const { op, place } = expr;
  if (op === '&') return checkAddress(c, expr.operand, place);
  const operand = checkValue(c, expr.operand);
  if (isError(operand.type)) return errorExpr(place);
  switch (op) {
    case '*': {
      const to = pointerOf(operand.type)?.to;
      if (to === undefined) {
        c.report('not-a-pointer', place, [typeText(operand.type)]);
        return errorExpr(place);
      }
      return { kind: 'deref', pointer: operand, type: to, place };
    }
    case '!': {
      const value = truthValue(c, operand);
      return value.kind === 'error' ? value : foldConstant({ kind: 'not', operand: value, type: INT, place });
    }
    default: {
      if (!isInteger(operand.type)) {
        c.report('bad-operand', place, [op, typeText(operand.type)]);
        return errorExpr(place);
      }
      const value = promote(operand);
      if (op === '+') return { ...value, place };
      return foldConstant({ kind: op === '-' ? 'negate' : 'complement', operand: value, type: value.type, place });
    }
  }
}

/** Literals with a sign or complement are constants at once, so that range warnings see their value. */
function foldConstant(expr: TExpr): TExpr {
  if (expr.kind !== 'negate' && expr.kind !== 'complement' && expr.kind !== 'not') return expr;
  if (expr.operand.kind !== 'constant') return expr;
  const value = integer(expr);
  return value === null ? expr : constantExpr(value, expr.type, expr.place);
}

function checkAddress(c: Checker, operand: Expr, place: Place): TExpr {
  const object = checkExpression(c, operand);
  if (isError(object.type)) return errorExpr(place);
  if (!isObject(object)) {
    c.report('address-of-value', place, [typeText(object.type)]);
    return errorExpr(place);
  }
  if (object.kind === 'member' && object.member.bitWidth !== undefined) {
    c.report('address-of-bit-field', place, [object.member.name ?? '']);
    return errorExpr(place);
  }
  if (object.kind === 'local') object.variable.assigned = true;
  if (object.kind === 'deref') return { ...object.pointer, type: pointerTo(object.type), place };
  return { kind: 'address', object, type: pointerTo(object.type), place };
}

export function checkStep(c: Checker, expr: Extract<Expr, { kind: 'step' }>): TExpr {
  const target = checkExpression(c, expr.operand);
  if (!checkModifiable(c, target, expr.place)) return errorExpr(expr.place);
  const { place } = expr;
  const op = expr.op === '++' ? '+' : '-';
  const type = unqualified(target.type);
  const post = !expr.prefix;
  if (isPointer(type)) {
    if (!pointeeComplete(c, type, place)) return errorExpr(place);
    const value = constantExpr(1n, LONG, place);
    return { kind: 'update', target, op, value, computation: type, scale: pointeeScale(type), post, type, place };
  }
  if (!isInteger(type)) {
    c.report('bad-operand', place, [expr.op, typeText(type)]);
    return errorExpr(place);
  }
  const computation = promoted(type, target.kind === 'member' ? (target.member.bitWidth ?? null) : null);
  const value = constantExpr(1n, computation, place);
  return { kind: 'update', target, op, value, computation, scale: 0, post, type, place };
}

function pointeeComplete(c: Checker, type: CType, place: Place): boolean {
  const to = pointerOf(type)?.to;
  if (to === undefined || isVoid(to) || functionOf(to) !== null || isComplete(to)) return true;
  c.report('incomplete-arithmetic', place, [typeText(to)]);
  return false;
}

export function checkBinary(c: Checker, expr: Extract<Expr, { kind: 'binary' }>): TExpr {
  const { op, place } = expr;
  if (op === ',') {
    const left = checkExpression(c, expr.left);
    const right = checkValue(c, expr.right);
    if (isError(left.type) || isError(right.type)) return errorExpr(place);
    return { kind: 'comma', left, right, type: right.type, place };
  }
  const left = checkValue(c, expr.left);
  const right = checkValue(c, expr.right);
  if (isError(left.type) || isError(right.type)) return errorExpr(place);
  warnOperands(c, expr);
  switch (op) {
    case '&&':
    case '||': {
      const a = truthValue(c, left);
      const b = truthValue(c, right);
      if (a.kind === 'error' || b.kind === 'error') return errorExpr(place);
      return { kind: 'logical', op, left: a, right: b, type: INT, place };
    }
    case '==':
    case '!=':
    case '<':
    case '>':
    case '<=':
    case '>=':
      return checkCompare(c, op, left, right, place);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '&':
    case '|':
    case '^':
    case '<<':
    case '>>':
      return checkArithmetic(c, op, left, right, place);
    default:
      return errorExpr(place);
  }
}

function checkArithmetic(c: Checker, op: ArithmeticOp, left: TExpr, right: TExpr, place: Place): TExpr {
  if (op === '+' && isPointer(left.type) && isInteger(right.type)) return pointerOffset(c, left, right, false, place);
  if (op === '+' && isInteger(left.type) && isPointer(right.type)) return pointerOffset(c, right, left, false, place);
  if (op === '-' && isPointer(left.type) && isInteger(right.type)) return pointerOffset(c, left, right, true, place);
  if (op === '-' && isPointer(left.type) && isPointer(right.type)) return checkDifference(c, left, right, place);
  if (!isInteger(left.type) || !isInteger(right.type)) {
    c.report('bad-operands', place, [op, typeText(left.type), typeText(right.type)]);
    return errorExpr(place);
  }
  if (op === '<<' || op === '>>') {
    const value = promote(left);
    const count = promote(right);
    warnShift(c, count, integerOf(value.type)?.size ?? 4, place);
    return { kind: 'arithmetic', op, left: value, right: convertValue(count, value.type), type: value.type, place };
  }
  const both = balance(left, right);
  if ((op === '/' || op === '%') && integer(both.right) === 0n) c.report('division-by-zero', place, [op]);
  return { kind: 'arithmetic', op, left: both.left, right: both.right, type: both.type, place };
}

function warnShift(c: Checker, count: TExpr, size: number, place: Place): void {
  const value = integer(count);
  if (value !== null && (value < 0n || value >= BigInt(size * 8)))
    c.report('shift-count', place, [String(value), String(size * 8)]);
}

function checkDifference(c: Checker, left: TExpr, right: TExpr, place: Place): TExpr {
  const a = pointerOf(left.type)?.to;
  const b = pointerOf(right.type)?.to;
  if (a === undefined || b === undefined || !pointeeComplete(c, left.type, place)) return errorExpr(place);
  if (!sameType(a, b)) {
    c.report('bad-operands', place, ['-', typeText(left.type), typeText(right.type)]);
    return errorExpr(place);
  }
  return { kind: 'difference', left, right, scale: pointeeScale(left.type), type: LONG, place };
}

function checkCompare(c: Checker, op: CompareOp, left: TExpr, right: TExpr, place: Place): TExpr {
  const make = (a: TExpr, b: TExpr): TExpr => ({ kind: 'compare', op, left: a, right: b, type: INT, place });
  if (isInteger(left.type) && isInteger(right.type)) {
    const both = balance(left, right);
    warnSignCompare(c, op, left, right, both.type, place);
    warnAlways(c, op, left, right, place);
    return make(both.left, both.right);
  }
  if (isPointer(left.type) && isPointer(right.type)) {
    const a = pointerOf(left.type)?.to ?? INT;
    const b = pointerOf(right.type)?.to ?? INT;
    const loose = isVoid(a) || isVoid(b) || isNullConstant(left) || isNullConstant(right) || sameType(a, b);
    if (!loose) c.report('compare-pointers', place, [typeText(left.type), typeText(right.type)]);
    return make(left, convertValue(right, left.type));
  }
  if ((isPointer(left.type) && isInteger(right.type)) || (isInteger(left.type) && isPointer(right.type))) {
    const other = isPointer(left.type) ? right : left;
    if (!isNullConstant(other)) c.report('compare-pointer-integer', place, [typeText(left.type), typeText(right.type)]);
    return make(convertValue(left, ULONG), convertValue(right, ULONG));
  }
  c.report('bad-operands', place, [op, typeText(left.type), typeText(right.type)]);
  return errorExpr(place);
}

/** -Wsign-compare as clang has it in -Wextra: only where a negative number could be turned into a large one. */
function warnSignCompare(c: Checker, op: CompareOp, left: TExpr, right: TExpr, type: CType, place: Place): void {
  if (integerOf(type)?.signed !== false) return;
  for (const side of [left, right]) {
    const constant = integer(side);
    const t = integerOf(side.type);
    if (constant === null || constant >= 0n || t?.signed !== true || op === '==' || op === '!=') continue;
    c.report('compare-negative', place, [String(constant), typeText(type)]);
    return;
  }
  const risky = [left, right].some((side) => integerOf(side.type)?.signed === true && !neverNegative(side));
  if (risky && c.isOwnText(place)) c.report('sign-compare', place, [typeText(left.type), typeText(right.type)]);
}

/** True when a signed value cannot be negative, as far as its own expression shows. */
function neverNegative(value: TExpr): boolean {
  const constant = integer(value);
  if (constant !== null) return constant >= 0n;
  if (integerOf(value.type)?.signed === false) return true;
  switch (value.kind) {
    case 'convert': {
      const from = integerOf(value.value.type);
      return from !== null && (from.signed ? neverNegative(value.value) : from.size < sizeOf(value.type));
    }
    case 'arithmetic':
      if (value.op === '&') return neverNegative(value.left) || neverNegative(value.right);
      return value.op !== '-' && neverNegative(value.left) && (value.op === '>>' || neverNegative(value.right));
    case 'conditional':
      return neverNegative(value.no) && (value.yes === null || neverNegative(value.yes));
    case 'compare':
    case 'logical':
    case 'not':
      return true;
    default:
      return false;
  }
}

export function checkAssignment(c: Checker, expr: Extract<Expr, { kind: 'assign' }>): TExpr {
  const { place, op } = expr;
  warnSelfAssignment(c, expr);
  const before = c.wasUsed(expr.target);
  const target = checkExpression(c, expr.target);
  if (target.kind === 'local' && op === '') {
    target.variable.assigned = true;
    target.variable.set = true;
    // Only to assign to a variable is no use of it.
    target.variable.used = before;
  }
  const value = checkValue(c, expr.value);
  if (!checkModifiable(c, target, expr.target.place) || isError(value.type)) return errorExpr(place);
  const type = unqualified(target.type);
  if (op === '') {
    const converted = assignable(c, value, target.type, { kind: 'assign' });
    return converted.kind === 'error' ? converted : { kind: 'assign', target, value: converted, type, place };
  }
  return checkUpdate(c, op, target, value, type, place);
}

function checkUpdate(c: Checker, opText: string, target: TExpr, value: TExpr, type: CType, place: Place): TExpr {
  const op = arithmeticOp(opText);
  if (op === null) return errorExpr(place);
  if (isPointer(type) && isInteger(value.type) && (op === '+' || op === '-')) {
    if (!pointeeComplete(c, type, place)) return errorExpr(place);
    const wide = convertValue(value, integerOf(value.type)?.signed === false ? ULONG : LONG);
    return { kind: 'update', target, op, value: wide, computation: type, scale: pointeeScale(type), post: false, type, place };
  }
  if (!isInteger(type) || !isInteger(value.type)) {
    c.report('bad-operands', place, [`${op}=`, typeText(type), typeText(value.type)]);
    return errorExpr(place);
  }
  const bits = target.kind === 'member' ? (target.member.bitWidth ?? null) : null;
  if (op === '<<' || op === '>>') {
    const computation = promoted(type, bits);
    const count = promote(value);
    warnShift(c, count, computation.size, place);
    const converted = convertValue(count, computation);
    return { kind: 'update', target, op, value: converted, computation, scale: 0, post: false, type, place };
  }
  const computation = commonType(promoted(type, bits), promoted(value.type, null));
  if ((op === '/' || op === '%') && integer(value) === 0n) c.report('division-by-zero', place, [op]);
  const converted = convertValue(value, computation);
  return { kind: 'update', target, op, value: converted, computation, scale: 0, post: false, type, place };
}

function arithmeticOp(text: string): ArithmeticOp | null {
  switch (text) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '&':
    case '|':
    case '^':
    case '<<':
    case '>>':
      return text;
    default:
      return null;
  }
}

export function checkConditional(c: Checker, expr: Extract<Expr, { kind: 'conditional' }>): TExpr {
  const { place } = expr;
  const condition = truthValue(c, checkValue(c, expr.condition));
  const yes = expr.yes === null ? condition : checkValue(c, expr.yes);
  const no = checkValue(c, expr.no);
  if (condition.kind === 'error' || isError(yes.type) || isError(no.type)) return errorExpr(place);
  const type = conditionalType(c, yes, no, place);
  if (type === null) return errorExpr(place);
  const convert = (value: TExpr): TExpr => (isScalar(type) ? convertValue(value, type) : value);
  const middle = yes.type;
  return { kind: 'conditional', condition, yes: expr.yes === null ? null : convert(yes), no: convert(no), middle, type, place };
}

function conditionalType(c: Checker, yes: TExpr, no: TExpr, place: Place): CType | null {
  const a = yes.type;
  const b = no.type;
  if (isInteger(a) && isInteger(b)) return balance(yes, no).type;
  if (isVoid(a) || isVoid(b)) return { kind: 'void' };
  if (isRecord(a) && sameType(a, b)) return a;
  if (isPointer(a) && isNullConstant(no)) return a;
  if (isPointer(b) && isNullConstant(yes)) return b;
  if (isPointer(a) && isPointer(b)) {
    const x = pointerOf(a)?.to ?? INT;
    const y = pointerOf(b)?.to ?? INT;
    const qx = qualifiersOf(x);
    const qy = qualifiersOf(y);
    const merged = { const: qx.const === true || qy.const === true, volatile: qx.volatile === true || qy.volatile === true };
    if (isVoid(x) || isVoid(y)) return pointerTo(qualify({ kind: 'void' }, merged));
    if (sameType(x, y)) return pointerTo(qualify(unqualified(x), merged));
    c.report('conditional-pointers', place, [typeText(a), typeText(b)]);
    return pointerTo({ kind: 'void' });
  }
  if ((isPointer(a) && isInteger(b)) || (isInteger(a) && isPointer(b))) {
    c.report('conditional-mixed', place, [typeText(a), typeText(b)]);
    return isPointer(a) ? a : b;
  }
  c.report('conditional-types', place, [typeText(a), typeText(b)]);
  return null;
}
