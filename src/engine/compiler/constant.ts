// Constant expressions (C11 6.6) over the typed tree: an integer, or an address plus a number. Used for array sizes, case
// labels, enumerators, initialisers of static storage. Never evaluates calls or reads variables.

import { bare, type CType, sizeOf } from '../abi/ctype.ts';
import type { FunctionSymbol, GlobalVariable, TExpr } from './tree.ts';
import { integerOf, isPointer, isSigned } from './types.ts';

/** An integer in the range of its type, or the address of something static plus `value`. */
export interface Constant {
  readonly value: bigint;
  readonly base: GlobalVariable | FunctionSymbol | null;
}

const number = (value: bigint): Constant => ({ value, base: null });

/** Wraps a number into the range of an integer, enum or pointer type. */
export function wrapTo(type: CType, value: bigint): bigint {
  const t = integerOf(type);
  if (t?.bool) return value === 0n ? 0n : 1n;
  const bits = (t?.size ?? 8) * 8;
  return t?.signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

/** Value of an expression when it is constant, else null. Division by zero and the like are not constant. */
export function constantOf(expr: TExpr): Constant | null {
  switch (expr.kind) {
    case 'constant':
      return number(expr.value);
    case 'convert':
      return convert(constantOf(expr.value), expr.type);
    case 'address':
      return addressOf(expr.object);
    case 'negate':
    case 'complement': {
      const operand = integer(expr.operand);
      return operand === null ? null : number(wrapTo(expr.type, expr.kind === 'negate' ? -operand : ~operand));
    }
    case 'not': {
      const operand = constantOf(expr.operand);
      return operand === null ? null : number(operand.base === null && operand.value === 0n ? 1n : 0n);
    }
    case 'arithmetic':
      return arithmetic(expr);
    case 'compare':
      return compare(expr);
    case 'offset': {
      const pointer = constantOf(expr.pointer);
      const index = integer(expr.index);
      if (pointer === null || index === null) return null;
      const distance = index * BigInt(expr.scale);
      return { ...pointer, value: BigInt.asUintN(64, pointer.value + (expr.negative ? -distance : distance)) };
    }
    case 'difference': {
      const left = constantOf(expr.left);
      const right = constantOf(expr.right);
      if (left === null || right === null || left.base !== right.base || expr.scale === 0) return null;
      return number(BigInt.asIntN(64, left.value - right.value) / BigInt(expr.scale));
    }
    case 'logical': {
      const left = constantOf(expr.left);
      if (left === null) return null;
      const truth = left.base !== null || left.value !== 0n;
      if (truth !== (expr.op === '&&')) return number(truth ? 1n : 0n);
      const right = constantOf(expr.right);
      return right === null ? null : number(right.base !== null || right.value !== 0n ? 1n : 0n);
    }
    case 'conditional': {
      const condition = constantOf(expr.condition);
      if (condition === null) return null;
      const truth = condition.base !== null || condition.value !== 0n;
      if (truth && expr.yes === null) return convert(condition, expr.type);
      return constantOf(truth && expr.yes !== null ? expr.yes : expr.no);
    }
    case 'intrinsic':
      return intrinsic(expr);
    default:
      return null;
  }
}

/** The integer value, or null when not constant or an address. */
export function integer(expr: TExpr): bigint | null {
  const constant = constantOf(expr);
  return constant === null || constant.base !== null ? null : constant.value;
}

function convert(value: Constant | null, to: CType): Constant | null {
  if (value === null) return null;
  if (value.base !== null) {
    if (integerOf(to)?.bool) return number(1n);
    return isPointer(to) || sizeOf(to) === 8 ? value : null;
  }
  if (integerOf(to) === null && !isPointer(to)) return null;
  return number(wrapTo(to, value.value));
}

/** Address of an object of static storage. */
function addressOf(object: TExpr): Constant | null {
  switch (object.kind) {
    case 'global':
      return { value: 0n, base: object.variable };
    case 'function':
      return { value: 0n, base: object.symbol };
    case 'deref':
      return constantOf(object.pointer);
    case 'member': {
      const outer = addressOf(object.object);
      return outer === null ? null : { ...outer, value: BigInt.asUintN(64, outer.value + BigInt(object.offset)) };
    }
    default:
      return null;
  }
}

function arithmetic(expr: Extract<TExpr, { kind: 'arithmetic' }>): Constant | null {
  const left = constantOf(expr.left);
  const right = constantOf(expr.right);
  if (left === null || right === null) return null;
  if (left.base !== null || right.base !== null) {
    if (expr.op === '+' && (left.base === null || right.base === null))
      return { base: left.base ?? right.base, value: BigInt.asUintN(64, left.value + right.value) };
    if (expr.op === '-' && right.base === null) return { base: left.base, value: BigInt.asUintN(64, left.value - right.value) };
    return null;
  }
  const value = calculate(expr.op, left.value, right.value, sizeOf(expr.type) * 8);
  return value === null ? null : number(wrapTo(expr.type, value));
}

/** Exact result before wrapping, for operands already in the range of their type; null where C leaves it undefined. */
function calculate(op: string, left: bigint, right: bigint, bits: number): bigint | null {
  switch (op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0n ? null : left / right;
    case '%':
      return right === 0n ? null : left % right;
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '<<':
      return right < 0n || right >= BigInt(bits) ? null : left << right;
    case '>>':
      return right < 0n || right >= BigInt(bits) ? null : left >> right;
    default:
      return null;
  }
}

function compare(expr: Extract<TExpr, { kind: 'compare' }>): Constant | null {
  const left = constantOf(expr.left);
  const right = constantOf(expr.right);
  if (left === null || right === null) return null;
  if (left.base !== right.base) {
    // The address of an object is never null.
    const [address, other] = left.base === null ? [right, left] : [left, right];
    if (other.base !== null || other.value !== 0n || address.value !== 0n) return null;
    return expr.op === '==' ? number(0n) : expr.op === '!=' ? number(1n) : null;
  }
  const signed = isSigned(expr.left.type);
  const wrap = (value: bigint): bigint => (signed ? value : BigInt.asUintN(64, value));
  return number(holds(expr.op, wrap(left.value), wrap(right.value)) ? 1n : 0n);
}

function holds(op: string, a: bigint, b: bigint): boolean {
  switch (op) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '<=':
      return a <= b;
    default:
      return a >= b;
  }
}

/** Bit-counting built-ins on constants; `bits` is the operand's width. Null where the result is undefined. */
export function bitBuiltin(name: string, value: bigint, bits: number): bigint | null {
  const v = BigInt.asUintN(bits, value);
  const text = v.toString(2);
  switch (name) {
    case 'bswap': {
      let swapped = 0n;
      for (let at = 0; at < bits; at += 8) swapped = (swapped << 8n) | ((v >> BigInt(at)) & 0xffn);
      return swapped;
    }
    case 'clz':
      return v === 0n ? null : BigInt(bits - text.length);
    case 'ctz':
      return v === 0n ? null : BigInt(text.length - 1 - text.lastIndexOf('1'));
    case 'ffs':
      return v === 0n ? 0n : BigInt(text.length - text.lastIndexOf('1'));
    case 'popcount':
      return BigInt(text.replaceAll('0', '').length);
    case 'parity':
      return BigInt(text.replaceAll('0', '').length & 1);
    default:
      return null;
  }
}

function intrinsic(expr: Extract<TExpr, { kind: 'intrinsic' }>): Constant | null {
  const first = expr.args[0];
  if (first === undefined) return null;
  if (expr.name === 'strlen' && first.kind === 'address') return stringLength(first.object);
  const value = integer(first);
  if (value === null) return null;
  const result = bitBuiltin(expr.name, value, sizeOf(first.type) * 8);
  return result === null ? null : number(wrapTo(expr.type, result));
}

function stringLength(object: TExpr): Constant | null {
  if (object.kind !== 'global' || !object.variable.name.startsWith('.str')) return null;
  const items = object.variable.init?.items ?? [];
  for (let at = 0; at < items.length; at++) {
    const item = items[at];
    if (item?.value.kind === 'constant' && item.value.value === 0n) return number(BigInt(at));
  }
  const type = bare(object.type);
  return type.kind === 'array' && type.length !== null ? number(BigInt(items.length)) : null;
}
