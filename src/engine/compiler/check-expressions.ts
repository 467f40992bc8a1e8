// Expressions, part one (C11 6.5.1, 6.5.2, 6.5.3.4): names, literals, members, indices, sizes, casts, compound literals.
// Operators are in check-operators.ts, calls in check-calls.ts. A mistake becomes one finding and an error node.

import { alignOf, bare, CHAR, type CType, INT, sizeOf, ULONG } from '../abi/ctype.ts';
import type { BlockStatement, Designator, Expr, TypeName } from './ast.ts';
import { checkCall } from './check-calls.ts';
import { checkInitialiser, completeArray } from './check-initialisers.ts';
import { checkAssignment, checkBinary, checkConditional, checkStep, checkUnary } from './check-operators.ts';
import { checkBlock } from './check-statements.ts';
import { checkConstant, resolveTypeName, tagHint } from './check-types.ts';
import { constantExpr, convertValue, errorExpr, isObject, rvalue } from './conversions.ts';
import { findMember, memberNames } from './layout.ts';
import { characterValue, isFloating, literalPrefix, parseInteger, stringBytes } from './literals.ts';
import type { ReportExtra } from './report.ts';
import type { Checker } from './scope.ts';
import { nearestName } from './spelling.ts';
import type { Place } from './token.ts';
import type { GlobalVariable, LocalVariable, TExpr } from './tree.ts';
import {
  arrayOf,
  functionOf,
  integerOf,
  isComplete,
  isError,
  isInteger,
  isPointer,
  isScalar,
  isVoid,
  literalType,
  pointerOf,
  qualifiersOf,
  qualify,
  recordOf,
  sameType,
  typeText,
  unqualified,
} from './types.ts';

/** Checks any expression. The result may designate an object; {@link checkValue} loads it. */
export function checkExpression(c: Checker, expr: Expr): TExpr {
  if (c.tooDeep(expr.place)) return errorExpr(expr.place);
  return c.deeper(() => check(c, expr));
}

/** Checks an expression whose value is wanted. */
export const checkValue = (c: Checker, expr: Expr): TExpr => rvalue(c, checkExpression(c, expr));

function check(c: Checker, expr: Expr): TExpr {
  switch (expr.kind) {
    case 'number':
      return checkNumber(c, expr.text, expr.place);
    case 'character': {
      const value = characterValue(expr.text);
      if (value !== null) return constantExpr(value, INT, expr.place);
      c.report('bad-escape', expr.place, [expr.text]);
      return errorExpr(expr.place);
    }
    case 'string':
      return checkString(c, expr.pieces, expr.place);
    case 'name':
      return checkName(c, expr.name, expr.place, expr.at);
    case 'unary':
      return checkUnary(c, expr);
    case 'step':
      return checkStep(c, expr);
    case 'binary':
      return checkBinary(c, expr);
    case 'assign':
      return checkAssignment(c, expr);
    case 'conditional':
      return checkConditional(c, expr);
    case 'cast':
      return checkCast(c, expr.type, expr.operand, expr.place);
    case 'compound':
      return checkCompound(c, expr);
    case 'call':
      return checkCall(c, expr);
    case 'index':
      return checkIndex(c, expr);
    case 'member':
      return checkMember(c, expr);
    case 'size':
      return checkSize(c, expr);
    case 'offsetof':
      return checkOffsetof(c, expr.type, expr.path, expr.place);
    case 'statement-expression':
      return checkStatementExpression(c, expr.body, expr.place);
    case 'generic':
      return checkGeneric(c, expr);
    case 'types-compatible': {
      const same = sameType(unqualified(resolveTypeName(c, expr.left)), unqualified(resolveTypeName(c, expr.right)));
      return constantExpr(same ? 1n : 0n, INT, expr.place);
    }
    case 'label-address':
      c.report('computed-goto', expr.place);
      return errorExpr(expr.place);
    case 'error':
      return errorExpr(expr.place);
  }
}

function checkNumber(c: Checker, text: string, place: Place): TExpr {
  const literal = parseInteger(text);
  if (literal !== null) {
    const { value, unsigned, longs, decimal } = literal;
    return constantExpr(value, literalType(value, unsigned, longs, decimal), place);
  }
  c.report(isFloating(text) ? 'floating-point' : 'bad-number', place, [text]);
  return errorExpr(place);
}

/** A string literal is an unnamed array of char in .rodata. */
function checkString(c: Checker, pieces: readonly string[], place: Place): TExpr {
  const bytes: number[] = [];
  for (const piece of pieces) {
    const prefix = literalPrefix(piece);
    const part = stringBytes(piece);
    if (prefix !== '' && prefix !== 'u8') {
      c.report('wide-string', place);
      return errorExpr(place);
    }
    if (part === null) {
      c.report('bad-escape', place, [piece]);
      return errorExpr(place);
    }
    for (const byte of part) bytes.push(byte);
  }
  bytes.push(0);
  const type: CType = { kind: 'array', of: CHAR, length: bytes.length };
  const items = bytes.map((byte, offset) => ({
    offset,
    type: CHAR,
    value: constantExpr(BigInt.asIntN(8, BigInt(byte)), CHAR, place),
  }));
  const variable: GlobalVariable = {
    kind: 'global',
    name: `.str${c.fresh()}`,
    type: { ...type, of: qualify(CHAR, { const: true }) },
    place,
    linkage: 'static',
    section: '.rodata',
    init: { items },
    defined: true,
    align: 1,
    used: true,
    keep: false,
    tags: [],
    weak: false,
  };
  c.variables.push(variable);
  return { kind: 'global', variable, type, place };
}

function checkName(c: Checker, name: string, place: Place, word: Place): TExpr {
  const found = c.scope.find(name);
  if (found === null) {
    if (name === '__func__' || name === '__FUNCTION__' || name === '__PRETTY_FUNCTION__')
      return checkString(c, [`"${c.fn?.symbol.name ?? ''}"`], place);
    const near = nearestName(name, c.scope.visibleNames());
    const hint = near === null ? '' : `; did you mean '${near}'?`;
    const fix = near === null ? {} : { fix: { description: `replace by '${near}'`, span: place, text: near } };
    c.report('undeclared', place, [name, hint], fix);
    c.scope.names.set(name, { kind: 'broken', place });
    return errorExpr(place);
  }
  c.observer?.named(found, name, word);
  switch (found.kind) {
    case 'local':
      found.used = true;
      if (c.unevaluated === 0) found.firstUse ??= place;
      return { kind: 'local', variable: found, type: found.type, place };
    case 'global':
      found.used = true;
      return { kind: 'global', variable: found, type: found.type, place };
    case 'function':
      found.used = true;
      return { kind: 'function', symbol: found, type: found.type, place };
    case 'enumerator':
      return constantExpr(found.value, found.type, place);
    case 'typedef':
      c.report('type-as-value', place, [name]);
      return errorExpr(place);
    case 'broken':
      return errorExpr(place);
  }
}

function checkCast(c: Checker, name: TypeName, operand: Expr, place: Place): TExpr {
  const type = resolveTypeName(c, name);
  const value = checkValue(c, operand);
  if (isError(type) || isError(value.type)) return errorExpr(place);
  if (isVoid(type)) return { kind: 'convert', value, type, explicit: true, place };
  if (isScalar(type) && isScalar(value.type)) return { ...convertValue(value, unqualified(type), true), place };
  const record = recordOf(type);
  if (record !== null && sameType(type, value.type)) return { ...value, place };
  if (record?.kind === 'union') {
    const member = record.members?.find((candidate) => sameType(candidate.type, value.type));
    if (member !== undefined) return unionCast(c, type, value, place);
  }
  c.report('bad-cast', place, [typeText(value.type), typeText(type)]);
  return errorExpr(place);
}

/** GNU cast to a union: a compound literal with the member of that type set. */
function unionCast(c: Checker, type: CType, value: TExpr, place: Place): TExpr {
  const variable = unnamedLocal(c, type, place);
  return { kind: 'compound', variable, init: { items: [{ offset: 0, type: value.type, value }] }, type, place };
}

function unnamedLocal(c: Checker, type: CType, place: Place): LocalVariable {
  const variable: LocalVariable = {
    kind: 'local',
    name: `.compound${c.fresh()}`,
    type,
    place,
    isParameter: false,
    align: alignOf(type),
    cleanup: null,
    used: true,
    assigned: true,
  };
  c.fn?.locals.push(variable);
  return variable;
}

function checkCompound(c: Checker, expr: Extract<Expr, { kind: 'compound' }>): TExpr {
  const declared = resolveTypeName(c, expr.type);
  if (isError(declared)) return errorExpr(expr.place);
  if (isVoid(declared) || functionOf(declared) !== null || (!isComplete(declared) && arrayOf(declared) === null)) {
    c.report('incomplete-type', expr.place, [typeText(declared)]);
    return errorExpr(expr.place);
  }
  const checked = checkInitialiser(c, expr.init, declared, c.fn === null);
  const type = completeArray(declared, checked.length);
  if (c.fn !== null) {
    return { kind: 'compound', variable: unnamedLocal(c, type, expr.place), init: checked.init, type, place: expr.place };
  }
  const variable: GlobalVariable = {
    kind: 'global',
    name: `.compound${c.fresh()}`,
    type,
    place: expr.place,
    linkage: 'static',
    section: null,
    init: checked.init,
    defined: true,
    align: alignOf(type),
    used: true,
    keep: false,
    tags: [],
    weak: false,
  };
  c.variables.push(variable);
  return { kind: 'global', variable, type, place: expr.place };
}

function checkIndex(c: Checker, expr: Extract<Expr, { kind: 'index' }>): TExpr {
  const first = checkValue(c, expr.object);
  const second = checkValue(c, expr.index);
  if (isError(first.type) || isError(second.type)) return errorExpr(expr.place);
  const [pointer, index] = isPointer(first.type) ? [first, second] : [second, first];
  const to = pointerOf(pointer.type)?.to;
  if (to === undefined) {
    c.report('not-subscriptable', expr.place, [typeText(first.type)]);
    return errorExpr(expr.place);
  }
  if (!isInteger(index.type)) {
    c.report('index-type', expr.index.place, [typeText(index.type)]);
    return errorExpr(expr.place);
  }
  const moved = pointerOffset(c, pointer, index, false, expr.place);
  if (moved.kind === 'error') return moved;
  warnIndex(c, pointer, index, expr.place);
  return { kind: 'deref', pointer: moved, type: to, place: expr.place };
}

/** Warns about a constant index outside an array whose length is known. */
function warnIndex(c: Checker, pointer: TExpr, index: TExpr, place: Place): void {
  if (pointer.kind !== 'address' || index.kind !== 'constant') return;
  const array = arrayOf(pointer.object.type);
  if (array === null || array.length === null || array.length <= 1) return;
  if (index.value < 0n || index.value > BigInt(array.length))
    c.report('index-outside', place, [String(index.value), String(array.length)]);
}

/** pointer ± index, counted in elements. */
export function pointerOffset(c: Checker, pointer: TExpr, index: TExpr, negative: boolean, place: Place): TExpr {
  const to = pointerOf(pointer.type)?.to;
  if (to === undefined) return errorExpr(place);
  if (!isVoid(to) && functionOf(to) === null && !isComplete(to)) {
    c.report('incomplete-arithmetic', place, [typeText(to)]);
    return errorExpr(place);
  }
  const scale = isVoid(to) || functionOf(to) !== null ? 1 : sizeOf(to);
  const wide = convertValue(index, integerOf(index.type)?.signed === false ? ULONG : { ...ULONG, name: 'long', signed: true });
  return { kind: 'offset', pointer, index: wide, scale, negative, type: pointer.type, place };
}

function checkMember(c: Checker, expr: Extract<Expr, { kind: 'member' }>): TExpr {
  const outer = expr.arrow ? checkValue(c, expr.object) : checkExpression(c, expr.object);
  c.observer?.memberWanted(expr.object.place, recordOf(pointerOf(outer.type)?.to ?? outer.type));
  // The parser has reported a missing name.
  if (isError(outer.type) || expr.name === '') return errorExpr(expr.place);
  let object: TExpr = outer;
  if (expr.arrow) {
    const to = pointerOf(outer.type)?.to;
    if (to === undefined) {
      if (recordOf(outer.type) === null) c.report('arrow-on-value', expr.place, [typeText(outer.type)]);
      else {
        c.report('arrow-on-record', expr.place, [typeText(outer.type)], operatorFix(expr, '->', '.'));
      }
      return errorExpr(expr.place);
    }
    object = { kind: 'deref', pointer: outer, type: to, place: expr.object.place };
  } else if (pointerOf(outer.type) !== null && recordOf(pointerOf(outer.type)?.to ?? INT) !== null) {
    c.report('dot-on-pointer', expr.place, [typeText(outer.type)], operatorFix(expr, '.', '->'));
    return errorExpr(expr.place);
  }
  return selectMember(c, object, expr.name, expr.namePlace, expr.place);
}

/** Replaces the operator in front of the member's name, where it stands right there. */
function operatorFix(expr: Extract<Expr, { kind: 'member' }>, wrong: string, right: string): ReportExtra {
  const { file, start, expansion } = expr.namePlace;
  const at = start - wrong.length;
  if (expansion !== undefined || !file.text.startsWith(wrong, at)) return {};
  return { fix: { description: `use '${right}'`, span: { file, start: at, end: start }, text: right } };
}

function selectMember(c: Checker, object: TExpr, name: string, namePlace: Place, place: Place): TExpr {
  const record = recordOf(object.type);
  if (record === null) {
    c.report('member-of-value', place, [name, typeText(object.type)]);
    return errorExpr(place);
  }
  if (record.members === null) {
    c.report('incomplete-member', place, [typeText(object.type), tagHint(c, record.tag)]);
    return errorExpr(place);
  }
  const found = findMember(record, name);
  if (found === null) {
    const near = nearestName(name, memberNames(record));
    const hint = near === null ? '' : `; did you mean '${near}'?`;
    const fix = near === null ? {} : { fix: { description: `replace by '${near}'`, span: namePlace, text: near } };
    c.report('no-member', namePlace, [name, typeText(unqualified(object.type)), hint], fix);
    return errorExpr(place);
  }
  c.observer?.memberNamed(record, name, namePlace);
  const q = qualifiersOf(object.type);
  const type = qualify(found.member.type, { const: q.const === true, volatile: q.volatile === true });
  const preserved = record.preserveAccess === true || c.preserving > 0 ? { preserved: true as const } : {};
  return { kind: 'member', object, member: found.member, offset: found.offset, ...preserved, type, place };
}

function checkSize(c: Checker, expr: Extract<Expr, { kind: 'size' }>): TExpr {
  const { operand, of, place } = expr;
  let type: CType;
  if (operand.kind === 'type-name') type = resolveTypeName(c, operand);
  else {
    c.unevaluated++;
    const checked = checkExpression(c, operand);
    c.unevaluated--;
    type = checked.type;
    if (checked.kind === 'member' && checked.member.bitWidth !== undefined) c.report('size-of-bit-field', place, [of]);
  }
  if (isError(type)) return errorExpr(place);
  c.observer?.computed(place, BigInt(of === 'alignof' ? alignOf(type) : sizeOf(type)));
  if (of === 'alignof') return constantExpr(BigInt(alignOf(type)), ULONG, place);
  if (isVoid(type) || functionOf(type) !== null) return constantExpr(1n, ULONG, place);
  if (!isComplete(type)) {
    c.report('size-of-incomplete', place, [typeText(type)]);
    return errorExpr(place);
  }
  return constantExpr(BigInt(sizeOf(type)), ULONG, place);
}

function checkOffsetof(c: Checker, name: TypeName, path: readonly Designator[], place: Place): TExpr {
  let type = resolveTypeName(c, name);
  let offset = 0n;
  for (const step of path) {
    if (isError(type)) return errorExpr(place);
    if (step.kind === 'index') {
      const array = arrayOf(type);
      const index = checkConstant(c, step.from, 'index');
      if (array === null || index === null) {
        if (array === null) c.report('not-subscriptable', step.place, [typeText(type)]);
        return errorExpr(place);
      }
      offset += index * BigInt(sizeOf(array.of));
      type = array.of;
      continue;
    }
    const object: TExpr = { kind: 'error', type, place };
    const selected = selectMember(c, object, step.name, step.place, place);
    if (selected.kind !== 'member') return errorExpr(place);
    offset += BigInt(selected.offset);
    type = selected.type;
  }
  return constantExpr(offset, ULONG, place);
}

function checkStatementExpression(c: Checker, body: BlockStatement, place: Place): TExpr {
  if (c.fn === null) {
    c.report('statement-expression-outside', place);
    return errorExpr(place);
  }
  const last = body.body.at(-1);
  const outer = c.scope;
  let result: TExpr | null = null;
  const statements = checkBlock(c, body, (statement) => {
    if (statement !== last || statement.kind !== 'expression') return false;
    result = checkValue(c, statement.expr);
    return true;
  });
  c.scope = outer;
  const value: TExpr | null = result;
  return { kind: 'statements', body: statements, result: value, type: resultType(value), place };
}

const resultType = (value: TExpr | null): CType => (value === null ? { kind: 'void' } : value.type);

function checkGeneric(c: Checker, expr: Extract<Expr, { kind: 'generic' }>): TExpr {
  const control = unqualified(checkValue(c, expr.control).type);
  if (isError(control)) return errorExpr(expr.place);
  let fallback: Expr | null = null;
  for (const arm of expr.arms) {
    if (arm.type === null) fallback = arm.value;
    else if (bare(resolveTypeName(c, arm.type)) === bare(control) || sameType(resolveTypeName(c, arm.type), control, true))
      return checkExpression(c, arm.value);
  }
  if (fallback !== null) return checkExpression(c, fallback);
  c.report('generic-no-match', expr.place, [typeText(control)]);
  return errorExpr(expr.place);
}

/** True for what `=` and `++` may change; reports what they may not. */
export function checkModifiable(c: Checker, target: TExpr, place: Place): boolean {
  if (isError(target.type)) return false;
  if (!isObject(target) || functionOf(target.type) !== null) {
    c.report('not-assignable', place);
    return false;
  }
  if (arrayOf(target.type) !== null) {
    c.report('array-assignment', place, [typeText(target.type)]);
    return false;
  }
  if (qualifiersOf(target.type).const) {
    const name = target.kind === 'local' || target.kind === 'global' ? `variable '${target.variable.name}'` : 'an object';
    c.report('const-assignment', place, [name, typeText(target.type)]);
    return false;
  }
  if (target.kind !== 'deref') c.observer?.written(target.place);
  return true;
}
