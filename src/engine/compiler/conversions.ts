// Implicit and explicit conversions (C11 6.3): decay, loading, promotion, the usual arithmetic conversions, assignment.
// Each adds nodes to the typed tree, so that lowering converts nothing on its own. Knows nothing of syntax.

import { bare, type CType, sizeOf } from '../abi/ctype.ts';
import { constantOf, integer, wrapTo } from './constant.ts';
import type { Checker } from './scope.ts';
import type { Place } from './token.ts';
import type { TExpr } from './tree.ts';
import {
  arrayOf,
  commonType,
  ERROR_TYPE,
  functionOf,
  integerOf,
  isError,
  isInteger,
  isPointer,
  isRecord,
  isVoid,
  pointerOf,
  pointerTo,
  promoted,
  qualifiersOf,
  sameType,
  typeText,
  unqualified,
} from './types.ts';

export const errorExpr = (place: Place): TExpr => ({ kind: 'error', type: ERROR_TYPE, place });
export const constantExpr = (value: bigint, type: CType, place: Place): TExpr => ({ kind: 'constant', value, type, place });

/** True for expressions that designate an object or function. */
export function isObject(expr: TExpr): boolean {
  switch (expr.kind) {
    case 'local':
    case 'global':
    case 'deref':
    case 'compound':
    case 'function':
      return true;
    case 'member':
      return isObject(expr.object);
    default:
      return false;
  }
}

/** Width of a bit-field the expression designates or was loaded from, else null. */
function bitFieldWidth(expr: TExpr): number | null {
  switch (expr.kind) {
    case 'member':
      return expr.member.bitWidth ?? null;
    case 'load':
      return bitFieldWidth(expr.object);
    // What is assigned, stepped or stands behind a comma is still the bit-field.
    case 'comma':
      return bitFieldWidth(expr.right);
    case 'assign':
      return bitFieldWidth(expr.target);
    case 'update':
      return expr.post ? null : bitFieldWidth(expr.target);
    default:
      return null;
  }
}

/** The value of an expression: arrays and functions become pointers, other objects are loaded (C11 6.3.2.1). */
export function rvalue(c: Checker, expr: TExpr): TExpr {
  if (expr.kind === 'error') return expr;
  const array = arrayOf(expr.type);
  if (array !== null) {
    return { kind: 'address', object: expr, type: pointerTo(array.of), place: expr.place };
  }
  if (functionOf(expr.type) !== null) return { kind: 'address', object: expr, type: pointerTo(expr.type), place: expr.place };
  if (!isObject(expr) && expr.kind !== 'member') return expr;
  const type = bare(expr.type);
  if (type.kind === 'struct' || type.kind === 'union' ? type.members === null : false) {
    c.report('incomplete-type', expr.place, [typeText(expr.type)]);
    return errorExpr(expr.place);
  }
  return { kind: 'load', object: expr, type: unqualified(expr.type), place: expr.place };
}

/** Adds a conversion node unless the value has the type already. Constants are wrapped at once. */
export function convertValue(value: TExpr, type: CType, explicit = false): TExpr {
  if (value.kind === 'error' || isError(type)) return value.kind === 'error' ? value : errorExpr(value.place);
  const from = bare(value.type);
  const to = bare(type);
  if (from === to && !explicit) return value.type === type ? value : { ...value, type };
  if (value.kind === 'constant' && isInteger(type) && isInteger(value.type))
    return { ...value, type, value: wrapTo(type, value.value) };
  return { kind: 'convert', value, type, explicit, place: value.place };
}

/** Integer promotion of a value. */
export function promote(value: TExpr): TExpr {
  if (!isInteger(value.type) || isError(value.type)) return value;
  return convertValue(value, promoted(value.type, bitFieldWidth(value)));
}

/** Both operands promoted and converted to their common type. */
export function balance(left: TExpr, right: TExpr): { left: TExpr; right: TExpr; type: CType } {
  const a = promoted(left.type, bitFieldWidth(left));
  const b = promoted(right.type, bitFieldWidth(right));
  const type = commonType(a, b);
  return { left: convertValue(left, type), right: convertValue(right, type), type };
}

/** True for an integer constant 0, possibly cast to void * (C11 6.3.2.3). */
export function isNullConstant(expr: TExpr): boolean {
  if (expr.kind === 'convert' && expr.explicit) {
    const to = pointerOf(expr.type);
    if (to !== null && !isVoid(to.to)) return false;
  }
  if (!isInteger(expr.type) && pointerOf(expr.type) === null) return false;
  const constant = constantOf(expr);
  return constant !== null && constant.base === null && constant.value === 0n;
}

/** What a conversion is for; the words go into messages as clang has them. */
export type Purpose =
  | { readonly kind: 'assign' }
  | { readonly kind: 'initialise' }
  | { readonly kind: 'return' }
  | { readonly kind: 'argument'; readonly number: number; readonly callee: string };

function purposeText(purpose: Purpose, from: CType, to: CType): string {
  switch (purpose.kind) {
    case 'assign':
      return `assigning to '${typeText(to)}' from '${typeText(from)}'`;
    case 'initialise':
      return `initialising '${typeText(to)}' with an expression of type '${typeText(from)}'`;
    case 'return':
      return `returning '${typeText(from)}' from a function with result type '${typeText(to)}'`;
    case 'argument':
      return `passing '${typeText(from)}' to parameter of type '${typeText(to)}'`;
  }
}

/** Converts as if by assignment (C11 6.5.16.1), with clang's findings; the result has type `to`. */
export function assignable(c: Checker, value: TExpr, to: CType, purpose: Purpose, place: Place = value.place): TExpr {
  if (isError(value.type) || isError(to) || value.kind === 'error') return errorExpr(value.place);
  const from = value.type;
  const target = unqualified(to);
  const where = purposeText(purpose, from, to);
  if (isVoid(from)) {
    c.report('void-value', place, [where]);
    return errorExpr(value.place);
  }
  if (isInteger(from) && isInteger(to)) {
    warnTruncation(c, value, to, place);
    return convertValue(value, target);
  }
  if (isPointer(from) && integerOf(to)?.bool) return convertValue(value, target);
  if (isPointer(to) && isPointer(from)) {
    comparePointees(c, from, to, where, place);
    return convertValue(value, target);
  }
  if (isPointer(to) && isInteger(from)) {
    if (!isNullConstant(value)) c.report('integer-to-pointer', place, [where]);
    return convertValue(value, target);
  }
  if (isInteger(to) && isPointer(from)) {
    c.report('pointer-to-integer', place, [where]);
    return convertValue(value, target);
  }
  if (isRecord(to) && isRecord(from) && sameType(to, from)) return { ...value, type: target };
  c.report('incompatible-types', place, [where]);
  return errorExpr(value.place);
}

function warnTruncation(c: Checker, value: TExpr, to: CType, place: Place): void {
  const t = integerOf(to);
  if (t === null || t.bool || value.kind !== 'constant') return;
  const constant = integer(value);
  if (constant === null) return;
  const bits = BigInt(t.size * 8);
  const low = -(1n << (bits - 1n));
  const high = 1n << bits;
  if (constant < low || constant >= high) {
    const wrapped = t.signed ? BigInt.asIntN(Number(bits), constant) : BigInt.asUintN(Number(bits), constant);
    c.report('constant-changes', place, [typeText(value.type), typeText(to), String(constant), String(wrapped)]);
  }
}

function comparePointees(c: Checker, from: CType, to: CType, where: string, place: Place): void {
  const a = pointerOf(from)?.to;
  const b = pointerOf(to)?.to;
  if (a === undefined || b === undefined) return;
  const p = qualifiersOf(a);
  const q = qualifiersOf(b);
  if (isVoid(a) || isVoid(b)) {
    if (p.const && !q.const && functionOf(b) === null) c.report('discards-qualifiers', place, [where]);
    return;
  }
  if (!sameType(a, b) && !differOnlyInSign(a, b)) c.report('incompatible-pointers', place, [where]);
  else if ((p.const && !q.const) || (p.volatile && !q.volatile)) c.report('discards-qualifiers', place, [where]);
}

function differOnlyInSign(a: CType, b: CType): boolean {
  const x = integerOf(a);
  const y = integerOf(b);
  return x !== null && y !== null && x.size === y.size && !x.bool && !y.bool;
}

/** A value used as a truth value; reports what has none. */
export function truthValue(c: Checker, value: TExpr): TExpr {
  if (isError(value.type)) return value;
  if (isInteger(value.type) || isPointer(value.type)) return value;
  c.report('not-scalar', value.place, [typeText(value.type)]);
  return errorExpr(value.place);
}

/** Bytes a pointer moves per step: the pointee's size; GNU counts void and functions as 1. */
export function pointeeScale(type: CType): number {
  const to = pointerOf(type)?.to;
  if (to === undefined) return 1;
  return isVoid(to) || functionOf(to) !== null ? 1 : sizeOf(to);
}
