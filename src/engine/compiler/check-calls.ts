// Calls (C11 6.5.2.2) and built-in functions. A call through a constant function pointer whose value is a number is a call
// of the helper with that number, the way libbpf declares helpers. Knows nothing of what a helper does.

import { bare, type CType, type FunctionType, INT, LONG, sizeOf, UINT, ULONG, VOID } from '../abi/ctype.ts';
import type { Expr } from './ast.ts';
import { BUILTINS, type BuiltinRow } from './builtins.ts';
import { checkGeneralAtomic, isGeneralAtomic } from './check-atomics.ts';
import { checkExpression, checkValue } from './check-expressions.ts';
import { checkPrintk, PRINTK_ID } from './check-printk.ts';
import { constantOf, integer } from './constant.ts';
import { assignable, constantExpr, convertValue, errorExpr, promote, rvalue } from './conversions.ts';
import { preservedFact } from './core-paths.ts';
import { INSTEAD } from './missing-library.ts';
import type { Checker } from './scope.ts';
import { nearestName } from './spelling.ts';
import type { Place } from './token.ts';
import type { Callee, FunctionSymbol, TExpr } from './tree.ts';
import {
  functionOf,
  isError,
  isInteger,
  isPointer,
  isRecord,
  isScalar,
  isVoid,
  pointerOf,
  pointerTo,
  qualifiersOf,
  typeText,
  unqualified,
} from './types.ts';

type CallExpr = Extract<Expr, { kind: 'call' }>;

export function checkCall(c: Checker, expr: CallExpr): TExpr {
  const { callee } = expr;
  if (callee.kind === 'name') {
    const found = c.scope.find(callee.name);
    if (found === null) {
      const row = BUILTINS.get(callee.name);
      if (row !== undefined) return checkBuiltin(c, row, expr);
      if (!declareImplicitly(c, callee.name, callee.place)) {
        for (const arg of expr.args) checkExpression(c, arg);
        return errorExpr(expr.place);
      }
    }
  }
  const target = checkValue(c, callee);
  const args = expr.args.map((arg) => checkValue(c, arg));
  if (isError(target.type)) return errorExpr(expr.place);
  const type = functionOf(pointerOf(target.type)?.to ?? target.type);
  if (type === null) {
    c.report('not-callable', callee.place, [typeText(target.type)]);
    return errorExpr(expr.place);
  }
  return finishCall(c, calleeOf(target, type), type, args, expr);
}

/** An unknown function: an error, except when the file defines it further down (C90's implicit int). */
function declareImplicitly(c: Checker, name: string, place: Place): boolean {
  if (!c.laterFunctions.has(name)) {
    const near = nearestName(name, [...c.scope.visibleNames(), ...c.laterFunctions]);
    const hint = near === null ? '' : `; did you mean '${near}'?`;
    const fix = near === null ? {} : { fix: { description: `replace by '${near}'`, span: place, text: near } };
    if (/^__(builtin|atomic|sync)_/.test(name)) {
      const close = nearestName(name, BUILTINS.keys());
      c.report('builtin-not-built', place, [name, close === null ? '' : `; did you mean '${close}'?`]);
      c.scope.names.set(name, { kind: 'broken', place });
      return false;
    }
    const instead = INSTEAD.get(name);
    c.report(
      'undeclared-function',
      place,
      [name, instead === undefined ? hint : ''],
      instead === undefined ? fix : { notes: [{ message: instead }] },
    );
    c.scope.names.set(name, { kind: 'broken', place });
    return false;
  }
  c.report('implicit-function', place, [name]);
  const type: FunctionType = { kind: 'function', returns: INT, params: [], variadic: false, unprototyped: true };
  const symbol = newFunction(name, type, place);
  c.functions.push(symbol);
  c.fileScope.names.set(name, symbol);
  return true;
}

/** A function of which nothing but name and type is known yet. */
export const newFunction = (name: string, type: FunctionType, place: Place): FunctionSymbol => ({
  kind: 'function',
  name,
  type,
  place,
  linkage: 'global',
  section: null,
  alwaysInline: false,
  noInline: false,
  inlineHint: false,
  noReturn: false,
  ksym: false,
  weak: false,
  keep: false,
  used: false,
  body: null,
});

function calleeOf(target: TExpr, type: FunctionType): Callee {
  if (target.kind === 'address' && target.object.kind === 'function') return { kind: 'symbol', symbol: target.object.symbol };
  const helper = helperNumber(target);
  if (helper !== null) return { kind: 'helper', id: helper.id, name: helper.name, type };
  return { kind: 'pointer', value: target, type };
}

/** Number of the helper a constant function pointer stands for. */
function helperNumber(target: TExpr): { id: number; name: string } | null {
  let constant = constantOf(target);
  let name = 'helper';
  if (constant === null && target.kind === 'load' && target.object.kind === 'global') {
    const { variable } = target.object;
    const { const: isConst, volatile: isVolatile } = qualifiersOf(variable.type);
    const item = variable.init?.items[0];
    // Older programs leave out the const; a static pointer that starts as a number is a helper all the same.
    if ((isConst || variable.linkage === 'static') && !isVolatile && item !== undefined) {
      constant = constantOf(item.value);
      name = variable.name;
    }
  }
  if (constant === null || constant.base !== null || constant.value <= 0n || constant.value > 0x7fffffffn) return null;
  return { id: Number(constant.value), name };
}

function finishCall(c: Checker, callee: Callee, type: FunctionType, args: readonly TExpr[], expr: CallExpr): TExpr {
  const name = callee.kind === 'symbol' ? callee.symbol.name : callee.kind === 'helper' ? callee.name : 'the function';
  const notes = callee.kind === 'symbol' ? [{ message: `'${name}' declared here`, span: callee.symbol.place }] : [];
  if (args.some((arg) => isError(arg.type))) return errorExpr(expr.place);
  const expected = type.params.length;
  if (!type.unprototyped && (args.length < expected || (args.length > expected && !type.variadic))) {
    const code = args.length < expected ? 'too-few-arguments' : 'too-many-arguments';
    c.report(code, expr.place, [name, String(expected), String(args.length)], { notes });
    return errorExpr(expr.place);
  }
  const converted = args.map((arg, index) => {
    const param = type.params[index];
    if (param !== undefined && !type.unprototyped)
      return assignable(c, arg, param.type, { kind: 'argument', number: index + 1, callee: name });
    return defaultPromotion(c, arg);
  });
  if (converted.some((arg) => arg.kind === 'error')) return errorExpr(expr.place);
  if (callee.kind !== 'symbol' && args.length > 5) {
    c.report('helper-arguments', expr.place, [name]);
    return errorExpr(expr.place);
  }
  if (callee.kind === 'helper' && !c.helpers.has(callee.id)) c.helpers.set(callee.id, { name, place: expr.place });
  if (callee.kind === 'helper' && callee.id === PRINTK_ID) checkPrintk(c, converted, expr.place);
  return { kind: 'call', callee, args: converted, type: type.returns, place: expr.place };
}

/** Default argument promotions, where there is no parameter type (C11 6.5.2.2 paragraph 6). */
function defaultPromotion(c: Checker, arg: TExpr): TExpr {
  if (isError(arg.type)) return arg;
  if (isVoid(arg.type)) {
    c.report('void-value', arg.place, ['passing an expression of type void']);
    return errorExpr(arg.place);
  }
  return isInteger(arg.type) ? promote(arg) : arg;
}

function checkBuiltin(c: Checker, row: BuiltinRow, expr: CallExpr): TExpr {
  const { args, place } = expr;
  if (args.length < row.least || args.length > row.most) {
    const code = args.length < row.least ? 'too-few-arguments' : 'too-many-arguments';
    for (const arg of args) checkExpression(c, arg);
    c.report(code, place, [row.name, String(row.least), String(args.length)]);
    return errorExpr(place);
  }
  const special = checkSpecial(c, row, expr);
  if (special !== null) return special;
  const values = args.map((arg) => checkValue(c, arg));
  if (values.some((value) => isError(value.type))) return errorExpr(place);
  switch (row.rule.kind) {
    case 'fixed': {
      const { params, returns, intrinsic } = row.rule;
      const converted = values.map((value, i) => {
        const type = params[i];
        return type === undefined ? value : assignable(c, value, type, { kind: 'argument', number: i + 1, callee: row.name });
      });
      if (converted.some((value) => value.kind === 'error')) return errorExpr(place);
      return { kind: 'intrinsic', name: intrinsic, args: converted, type: returns, place };
    }
    case 'atomic':
      return checkAtomic(c, row, row.rule, values, place);
    case 'overflow': {
      const { operands } = row.rule;
      const pointer = values[2];
      const to = pointerOf(pointer?.type ?? INT)?.to;
      if (to === undefined || !isInteger(to) || values.some((value) => !isScalar(value.type))) return badBuiltin(c, row, place);
      return {
        kind: 'intrinsic',
        name: row.rule.intrinsic,
        args: operands === null ? values : values.map((value, i) => (i < 2 ? convertValue(value, operands) : value)),
        type: { ...INT, name: '_Bool', size: 1, signed: false, bool: true },
        place,
      };
    }
    case 'special':
      return errorExpr(place);
  }
}

function badBuiltin(c: Checker, row: BuiltinRow, place: Place): TExpr {
  c.report('builtin-argument', place, [row.name]);
  return errorExpr(place);
}

/** Built-ins that do not evaluate all arguments, or whose type follows an argument. */
function checkSpecial(c: Checker, row: BuiltinRow, expr: CallExpr): TExpr | null {
  const { args, place } = expr;
  const first = args[0];
  if (row.rule.kind !== 'special') return null;
  if (isGeneralAtomic(row.name)) {
    const values = args.map((arg) => checkValue(c, arg));
    if (values.some((value) => isError(value.type))) return errorExpr(place);
    return checkGeneralAtomic(c, row, values, place) ?? badBuiltin(c, row, place);
  }
  switch (row.name) {
    case '__builtin_choose_expr': {
      const condition = first === undefined ? null : integer(checkValue(c, first));
      const chosen = condition === null ? undefined : condition !== 0n ? args[1] : args[2];
      return chosen === undefined ? badBuiltin(c, row, place) : checkExpression(c, chosen);
    }
    case '__builtin_constant_p': {
      if (first === undefined) return badBuiltin(c, row, place);
      const value = checkValue(c, first);
      const constant = constantOf(value);
      return constantExpr(constant !== null && constant.base === null ? 1n : 0n, INT, place);
    }
    case '__builtin_expect':
    case '__builtin_expect_with_probability': {
      if (first === undefined) return badBuiltin(c, row, place);
      for (const other of args.slice(1)) checkValue(c, other);
      const value = checkValue(c, first);
      return isScalar(value.type) && !isError(value.type) ? convertValue(value, LONG) : errorExpr(place);
    }
    case '__builtin_preserve_access_index': {
      if (first === undefined) return badBuiltin(c, row, place);
      c.preserving++;
      const value = checkValue(c, first);
      c.preserving--;
      return value;
    }
    case '__builtin_assume_aligned':
    case '__builtin_launder':
      return first === undefined ? badBuiltin(c, row, place) : checkValue(c, first);
    case '__builtin_assume':
    case '__builtin_prefetch': {
      for (const arg of args) checkValue(c, arg);
      return { kind: 'convert', value: constantExpr(0n, INT, place), type: VOID, explicit: true, place };
    }
    case '__builtin_object_size':
      return constantExpr(0xffff_ffff_ffff_ffffn, ULONG, place);
    case '__builtin_btf_type_id':
      return typeId(c, args, place);
    case '__builtin_preserve_type_info':
    case '__builtin_preserve_field_info':
    case '__builtin_preserve_enum_value':
      return preservedInfo(c, row, args, place);
    case '__builtin_va_start':
    case '__builtin_va_end':
    case '__builtin_va_arg':
    case '__builtin_va_copy':
      c.report('variadic-definition', place);
      return errorExpr(place);
    default:
      c.report('builtin-not-built', place, [row.name]);
      return errorExpr(place);
  }
}

/** `__builtin_btf_type_id(object, kind)`: the object is not evaluated, only its type counts. */
function typeId(c: Checker, args: readonly Expr[], place: Place): TExpr {
  const [object, which] = args;
  if (object === undefined || which === undefined) return errorExpr(place);
  const named = checkExpression(c, object);
  checkValue(c, which);
  if (isError(named.type)) return errorExpr(place);
  return { kind: 'type-id', of: unqualified(named.type), type: ULONG, place };
}

/** Facts about a field, a type or an enumerator that a loader fits to its kernel. The operand is not evaluated. */
function preservedInfo(c: Checker, row: BuiltinRow, args: readonly Expr[], place: Place): TExpr {
  const [operand, which] = args;
  if (operand === undefined || which === undefined) return badBuiltin(c, row, place);
  c.preserving++;
  const object = checkExpression(c, operand);
  c.preserving--;
  const kind = constantOf(checkValue(c, which));
  if (isError(object.type)) return errorExpr(place);
  const info = kind === null ? null : preservedFact(row.name, object, Number(kind.value));
  if (info === null) return badBuiltin(c, row, place);
  return { kind: 'core-value', ...info, type: row.name === '__builtin_preserve_enum_value' ? ULONG : UINT, place };
}

type AtomicRule = Extract<BuiltinRow['rule'], { kind: 'atomic' }>;

function checkAtomic(c: Checker, row: BuiltinRow, rule: AtomicRule, values: readonly TExpr[], place: Place): TExpr {
  const pointer = values[0];
  const to = pointerOf(pointer?.type ?? INT)?.to;
  if (pointer === undefined || to === undefined || (!isInteger(to) && !isPointer(to)) || isRecord(to))
    return badBuiltin(c, row, place);
  const width = sizeOf(to);
  const plain = rule.intrinsic === 'atomic-load' || rule.intrinsic === 'atomic-store';
  if (!plain && width !== 4 && width !== 8) {
    c.report('atomic-width', place, [row.name, typeText(to)]);
    return errorExpr(place);
  }
  const type = unqualified(to);
  const operands = values.slice(1, 1 + rule.operands).map((value) => {
    if (rule.intrinsic === 'atomic-compare-exchange-n' && value === values[1])
      return assignable(c, value, pointerTo(type), { kind: 'argument', number: 2, callee: row.name });
    return isInteger(type) && isPointer(value.type) ? convertValue(value, type) : assignable(c, value, type, { kind: 'assign' });
  });
  if (operands.some((operand) => operand.kind === 'error')) return errorExpr(place);
  const returns: CType =
    rule.returns === 'bool'
      ? { ...UINT, name: '_Bool', size: 1, bool: true }
      : rule.returns === 'void'
        ? VOID
        : bare(type).kind === 'int'
          ? type
          : type;
  return { kind: 'intrinsic', name: rule.intrinsic, args: [rvalue(c, pointer), ...operands], type: returns, place };
}
