// Typed expressions to intermediate code: values, conversions, conditions. Narrow values are kept extended to 32 bits
// according to their type. Calls and built-ins are in lower-calls.ts, memory in lower-memory.ts.

import { bare, type CType, sizeOf } from '../abi/ctype.ts';
import type { Address } from './build-ir.ts';
import { constantOf } from './constant.ts';
import type { BinaryOp, Block, Inst, Predicate } from './ir.ts';
import { lowerCall, lowerIntrinsic } from './lower-calls.ts';
import { isVolatilePath, loadFrom, loadObject, lowerAddress, storeObject } from './lower-memory.ts';
import { type Lowering, widthOf } from './lower-state.ts';
import { lowerBlock } from './lower-statements.ts';
import type { ArithmeticOp, CompareOp, TExpr } from './tree.ts';
import { integerOf, isPointer, isRecord, isSigned, isVoid } from './types.ts';

/** The value of an expression; for a record, the address of memory that holds it. For void, anything. */
export function lowerValue(l: Lowering, expr: TExpr): Inst {
  const { builder } = l;
  const outer = builder.place;
  builder.place = expr.place;
  const value = lower(l, expr);
  builder.place = outer;
  return value;
}

const nothing = (l: Lowering): Inst => l.builder.constant(0, 64);

function lower(l: Lowering, expr: TExpr): Inst {
  const { builder } = l;
  switch (expr.kind) {
    case 'constant':
      return builder.constant(expr.value, widthOf(expr.type));
    case 'local':
    case 'global':
    case 'deref':
    case 'member':
    case 'compound':
    case 'function':
      return builder.pointer(lowerAddress(l, expr));
    case 'load':
      if (isRecord(expr.type)) return builder.pointer(lowerAddress(l, expr.object));
      return loadObject(l, expr.object);
    case 'address':
      return builder.pointer(lowerAddress(l, expr.object));
    case 'convert':
      return lowerConvert(l, expr.value, expr.type);
    case 'negate':
    case 'complement': {
      const value = lowerValue(l, expr.operand);
      if (expr.kind === 'negate') return builder.binary('sub', builder.constant(0, value.width), value);
      return builder.binary('xor', value, builder.constant(-1, value.width));
    }
    case 'not':
    case 'compare':
      return lowerTruth(l, expr);
    case 'logical':
      return lowerLogical(l, expr);
    case 'arithmetic':
      return lowerArithmetic(l, expr.op, lowerValue(l, expr.left), lowerValue(l, expr.right), expr.type);
    case 'offset':
      return lowerOffset(l, expr);
    case 'difference':
      return lowerDifference(l, expr);
    case 'conditional':
      return lowerConditional(l, expr);
    case 'assign':
      return lowerAssign(l, expr.target, expr.value, expr.type);
    case 'update':
      return lowerUpdate(l, expr);
    case 'call':
      return lowerCall(l, expr);
    case 'comma':
      lowerEffect(l, expr.left);
      return lowerValue(l, expr.right);
    case 'statements':
      return lowerStatements(l, expr);
    case 'intrinsic':
      return lowerIntrinsic(l, expr);
    case 'asm':
      builder.add(builder.fn.make({ op: 'asm', code: expr.code }, 64, [], builder.place));
      return nothing(l);
    case 'type-id':
      return builder.add(builder.fn.make({ op: 'type-id', type: expr.of }, 64, [], builder.place));
    case 'core-value':
      return builder.coreValue(expr.core, expr.value, widthOf(expr.type));
    case 'error':
      return nothing(l);
  }
}

/** Evaluates for side effects only. */
export function lowerEffect(l: Lowering, expr: TExpr): void {
  if (expr.kind === 'local' || expr.kind === 'global' || expr.kind === 'deref' || expr.kind === 'member') {
    if (isVolatilePath(expr) && !isRecord(expr.type) && bare(expr.type).kind !== 'array') loadObject(l, expr);
    else if (expr.kind === 'deref') lowerValue(l, expr.pointer);
    else if (expr.kind === 'member') lowerEffect(l, expr.object);
    return;
  }
  lowerValue(l, expr);
}

function lowerStatements(l: Lowering, expr: Extract<TExpr, { kind: 'statements' }>): Inst {
  const { result } = expr;
  let value: Inst | null = null;
  lowerBlock(l, expr.body, () => {
    if (result === null) return;
    if (isRecord(result.type)) {
      // The record may live in the block that ends here: keep a copy.
      const size = sizeOf(result.type);
      const from = lowerAddress(l, result);
      const scope = l.builder.scope;
      l.builder.scope = scope.slice(0, -1);
      const slot = l.builder.slot('.value', size, from.align, null);
      l.builder.scope = scope;
      l.builder.copy({ base: slot, offset: 0, align: size >= 8 ? 8 : from.align }, from, size);
      value = slot;
    } else value = lowerValue(l, result);
  });
  return value ?? nothing(l);
}

/** Conversion between scalars (C11 6.3.1). */
function lowerConvert(l: Lowering, value: TExpr, type: CType): Inst {
  if (isVoid(type)) {
    lowerEffect(l, value);
    return nothing(l);
  }
  if (isRecord(type)) return lowerValue(l, value);
  return convert(l, lowerValue(l, value), value.type, type);
}

/** `value` of C type `from` as C type `to`. */
export function convert(l: Lowering, value: Inst, from: CType, to: CType): Inst {
  const { builder } = l;
  const target = integerOf(to);
  if (target?.bool) {
    if (integerOf(from)?.bool) return value;
    return builder.compare('ne', value, builder.constant(0, value.width));
  }
  const size = sizeOf(to);
  if (size >= 4) return builder.resize(value, size === 8 ? 64 : 32, isSigned(from));
  const source = integerOf(from);
  const narrow = builder.resize(value, 32, false);
  const signed = target?.signed === true;
  if (source !== null && source.size < size && (!source.signed || signed)) return narrow;
  if (source !== null && source.size === size && source.signed === signed) return narrow;
  if (signed) return builder.signExtend(narrow, size === 1 ? 8 : 16);
  return builder.binary('and', narrow, builder.constant(size === 1 ? 0xff : 0xffff, 32));
}

/** Arithmetic on operands of the result's type. */
function lowerArithmetic(l: Lowering, op: ArithmeticOp, left: Inst, right: Inst, type: CType): Inst {
  const kind = binaryOp(op, isSigned(type));
  return l.builder.binary(kind, left, right);
}

function binaryOp(op: ArithmeticOp, signed: boolean): BinaryOp {
  switch (op) {
    case '+':
      return 'add';
    case '-':
      return 'sub';
    case '*':
      return 'mul';
    case '/':
      return signed ? 'sdiv' : 'udiv';
    case '%':
      return signed ? 'smod' : 'umod';
    case '&':
      return 'and';
    case '|':
      return 'or';
    case '^':
      return 'xor';
    case '<<':
      return 'shl';
    case '>>':
      return signed ? 'ashr' : 'lshr';
  }
}

function scaled(l: Lowering, index: Inst, scale: number): Inst {
  return l.builder.binary('mul', index, l.builder.constant(scale, 64));
}

function lowerOffset(l: Lowering, expr: Extract<TExpr, { kind: 'offset' }>): Inst {
  const { builder } = l;
  const pointer = lowerValue(l, expr.pointer);
  const constant = constantOf(expr.index);
  if (constant !== null && constant.base === null) {
    const distance = constant.value * BigInt(expr.scale) * (expr.negative ? -1n : 1n);
    if (pointer.op === 'global')
      return builder.fn.globalAddress(pointer.variable, pointer.offset + Number(BigInt.asIntN(32, distance)));
    return builder.binary('add', pointer, builder.constant(distance, 64));
  }
  const index = lowerValue(l, expr.index);
  return builder.binary(expr.negative ? 'sub' : 'add', pointer, scaled(l, index, expr.scale));
}

/** (left - right) / size; the size is a power of two or the division is exact, so a multiplication by the inverse would do too. */
function lowerDifference(l: Lowering, expr: Extract<TExpr, { kind: 'difference' }>): Inst {
  const { builder } = l;
  const bytes = builder.binary('sub', lowerValue(l, expr.left), lowerValue(l, expr.right));
  if (expr.scale <= 1) return bytes;
  const shift = Math.log2(expr.scale & -expr.scale);
  const odd = BigInt(expr.scale >> shift);
  const shifted = shift === 0 ? bytes : builder.binary('ashr', bytes, builder.constant(shift, 64));
  return odd === 1n ? shifted : builder.binary('mul', shifted, builder.constant(inverse(odd), 64));
}

/** Multiplicative inverse of an odd number modulo 2^64 (Newton's iteration; Hacker's Delight 10-16). */
function inverse(odd: bigint): bigint {
  let x = odd;
  for (let i = 0; i < 6; i++) x = BigInt.asUintN(64, x * (2n - odd * x));
  return x;
}

function lowerTruth(l: Lowering, expr: TExpr): Inst {
  const { builder } = l;
  if (expr.kind === 'not') {
    const value = lowerValue(l, expr.operand);
    return builder.compare('eq', value, builder.constant(0, value.width));
  }
  if (expr.kind === 'compare') {
    const left = lowerValue(l, expr.left);
    const right = lowerValue(l, expr.right);
    return builder.compare(predicateOf(expr.op, isSigned(expr.left.type)), left, right);
  }
  return lowerValue(l, expr);
}

function predicateOf(op: CompareOp, signed: boolean): Predicate {
  switch (op) {
    case '==':
      return 'eq';
    case '!=':
      return 'ne';
    case '<':
      return signed ? 'slt' : 'ult';
    case '>':
      return signed ? 'sgt' : 'ugt';
    case '<=':
      return signed ? 'sle' : 'ule';
    case '>=':
      return signed ? 'sge' : 'uge';
  }
}

/** Branches on the truth of an expression. */
export function lowerCondition(l: Lowering, expr: TExpr, yes: Block, no: Block): void {
  const { builder } = l;
  const outer = builder.place;
  builder.place = expr.place;
  switch (expr.kind) {
    case 'not':
      lowerCondition(l, expr.operand, no, yes);
      break;
    case 'logical': {
      const middle = builder.fn.makeBlock(expr.op === '&&' ? 'and' : 'or');
      if (expr.op === '&&') lowerCondition(l, expr.left, middle, no);
      else lowerCondition(l, expr.left, yes, middle);
      builder.start(middle);
      lowerCondition(l, expr.right, yes, no);
      break;
    }
    case 'convert':
      if (
        integerOf(expr.type)?.bool ||
        (sizeOf(expr.type) >= sizeOf(expr.value.type) && (integerOf(expr.value.type) !== null || isPointer(expr.value.type)))
      ) {
        lowerCondition(l, expr.value, yes, no);
        break;
      }
      builder.branch(lowerValue(l, expr), yes, no);
      break;
    case 'constant':
      builder.jump(expr.value !== 0n ? yes : no);
      break;
    case 'comma':
      lowerEffect(l, expr.left);
      lowerCondition(l, expr.right, yes, no);
      break;
    default:
      builder.branch(lowerValue(l, expr), yes, no);
  }
  builder.place = outer;
}

function lowerLogical(l: Lowering, expr: TExpr): Inst {
  const { builder } = l;
  const yes = builder.fn.makeBlock('true');
  const no = builder.fn.makeBlock('false');
  const end = builder.fn.makeBlock('end');
  lowerCondition(l, expr, yes, no);
  builder.start(yes);
  builder.jump(end);
  builder.start(no);
  builder.jump(end);
  builder.start(end);
  return builder.phi(32, [yes, no], [builder.constant(1, 32), builder.constant(0, 32)]);
}

function lowerConditional(l: Lowering, expr: Extract<TExpr, { kind: 'conditional' }>): Inst {
  const { builder } = l;
  const yes = builder.fn.makeBlock('then');
  const no = builder.fn.makeBlock('else');
  const end = builder.fn.makeBlock('end');
  let middle: Inst | null = null;
  if (expr.yes === null) {
    middle = lowerValue(l, expr.condition);
    builder.branch(middle, yes, no);
  } else lowerCondition(l, expr.condition, yes, no);
  const isValue = !isVoid(expr.type);
  builder.start(yes);
  const first = expr.yes === null ? convert(l, middle ?? nothing(l), expr.middle, expr.type) : lowerArm(l, expr.yes, isValue);
  const afterYes = builder.block;
  builder.jump(end);
  builder.start(no);
  const second = lowerArm(l, expr.no, isValue);
  const afterNo = builder.block;
  builder.jump(end);
  builder.start(end);
  if (!isValue) return nothing(l);
  return builder.phi(first.width, [afterYes, afterNo], [first, second]);
}

function lowerArm(l: Lowering, expr: TExpr, isValue: boolean): Inst {
  if (isValue) return lowerValue(l, expr);
  lowerEffect(l, expr);
  return nothing(l);
}

function lowerAssign(l: Lowering, target: TExpr, value: TExpr, type: CType): Inst {
  const { builder } = l;
  if (isRecord(type)) {
    const from = lowerAddress(l, value);
    const to = lowerAddress(l, target);
    builder.copy(to, from, sizeOf(type), isVolatilePath(target));
    return builder.pointer(to);
  }
  if (target.kind === 'local' || target.kind === 'global') {
    const made = lowerValue(l, value);
    return storeObject(l, target, lowerAddress(l, target), made);
  }
  const made = lowerValue(l, value);
  const at = lowerAddress(l, target);
  return storeObject(l, target, at, made);
}

function lowerUpdate(l: Lowering, expr: Extract<TExpr, { kind: 'update' }>): Inst {
  const { builder } = l;
  const { target } = expr;
  const at: Address = lowerAddress(l, target);
  const operand = lowerValue(l, expr.value);
  const old = loadFrom(l, target, at);
  let made: Inst;
  if (expr.scale > 0) made = builder.binary(expr.op === '-' ? 'sub' : 'add', old, scaledConstant(l, operand, expr.scale));
  else {
    const wide = convert(l, old, target.type, expr.computation);
    made = convert(l, lowerArithmetic(l, expr.op, wide, operand, expr.computation), expr.computation, target.type);
  }
  const stored = storeObject(l, target, at, made);
  return expr.post ? old : stored;
}

function scaledConstant(l: Lowering, operand: Inst, scale: number): Inst {
  return operand.op === 'const' ? l.builder.constant(operand.value * BigInt(scale), 64) : scaled(l, operand, scale);
}
