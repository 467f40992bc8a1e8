// Initialisers (C11 6.7.9, GNU ranges): braces, brace elision and designators to a flat list of leaves with byte offsets.
// What no leaf covers is zero. Knows nothing of where the bytes end up.

import { type CType, sizeOf } from '../abi/ctype.ts';
import type { Designator, Expr, Initializer, InitializerItem, InitializerList } from './ast.ts';
import { checkExpression } from './check-expressions.ts';
import { checkConstant } from './check-types.ts';
import { constantOf } from './constant.ts';
import { assignable, constantExpr, errorExpr, rvalue } from './conversions.ts';
import { findMember, memberNames } from './layout.ts';
import { stringBytes } from './literals.ts';
import type { Checker } from './scope.ts';
import { nearestName } from './spelling.ts';
import type { Place } from './token.ts';
import type { InitItem, Initialisation, TExpr } from './tree.ts';
import { arrayOf, integerOf, isError, isScalar, recordOf, sameType, typeText, unqualified } from './types.ts';

/** Most leaves of one initialiser: past it a range designator is a mistake, or belongs into code. */
const ITEM_LIMIT = 1 << 17;

export interface CheckedInitialiser {
  readonly init: Initialisation;
  /** Elements given to an array of unknown length, else null. */
  readonly length: number | null;
}

/** Checks an initialiser for an object of `type`; with `isStatic` every leaf must be constant. */
export function checkInitialiser(c: Checker, init: Initializer, type: CType, isStatic: boolean): CheckedInitialiser {
  const filler = new Filler(c, isStatic);
  filler.object(type, init, 0);
  return { init: { items: filler.items }, length: arrayOf(type)?.length === null ? filler.outerLength : null };
}

/** The array type with its length filled in from an initialiser. */
export function completeArray(type: CType, length: number | null): CType {
  const array = arrayOf(type);
  return array === null || array.length !== null || length === null ? type : { ...array, length };
}

interface Reader {
  readonly items: readonly InitializerItem[];
  at: number;
}

class Filler {
  readonly items: InitItem[] = [];
  outerLength = 0;
  private readonly c: Checker;
  private readonly isStatic: boolean;
  private readonly checked = new Map<Expr, TExpr>();
  private full = false;
  private sawOuter = false;

  constructor(c: Checker, isStatic: boolean) {
    this.c = c;
    this.isStatic = isStatic;
  }

  object(type: CType, value: Initializer, offset: number): void {
    if (isError(type)) return;
    if (value.kind === 'initializer-list') return this.fromList(type, value, offset);
    if (this.isStatic && value.kind === 'compound' && !isScalar(type)) return this.fromList(type, value.init, offset);
    if (arrayOf(type) !== null) {
      if (this.string(type, value, offset)) return;
      if (value.kind === 'compound') return this.fromList(type, value.init, offset);
      this.c.report('array-initialiser', value.place, [typeText(type)]);
      return;
    }
    this.leaf(type, this.expression(value), offset, null);
  }

  private expression(expr: Expr): TExpr {
    let value = this.checked.get(expr);
    if (value === undefined) {
      value = rvalue(this.c, checkExpression(this.c, expr));
      this.checked.set(expr, value);
    }
    return value;
  }

  private push(item: InitItem): void {
    if (this.items.length < ITEM_LIMIT) this.items.push(item);
    else if (!this.full) {
      this.full = true;
      this.c.report('initialiser-too-large', item.value.place, [String(ITEM_LIMIT)]);
    }
  }

  /** One scalar, or a whole record copied from another. */
  private leaf(type: CType, value: TExpr, offset: number, bits: { bitOffset: number; bitWidth: number } | null): void {
    const converted = assignable(this.c, value, type, { kind: 'initialise' });
    if (converted.kind === 'error') return;
    if (this.isStatic && constantOf(converted) === null) {
      this.c.report('not-constant', value.place, ['initialiser of static storage']);
      return;
    }
    this.push({ offset, type: unqualified(type), value: converted, ...(bits ?? {}) });
  }

  private fromList(type: CType, list: InitializerList, offset: number): void {
    this.c.observer?.initialised(list.place, type);
    const first = list.items[0];
    if (isScalar(type)) {
      if (first === undefined) this.leaf(type, constantExpr(0n, type, list.place), offset, null);
      else this.object(type, first.value, offset);
      if (list.items.length > 1) this.c.report('excess-elements', placeOfItem(list.items[1]) ?? list.place, ['scalar']);
      return;
    }
    if (list.items.length === 1 && first !== undefined && first.designators.length === 0 && arrayOf(type) !== null) {
      if (first.value.kind !== 'initializer-list' && this.string(type, first.value, offset)) return;
    }
    const outer = !this.sawOuter;
    this.sawOuter = true;
    const reader: Reader = { items: list.items, at: 0 };
    this.aggregate(type, offset, reader, true, null, outer);
    const extra = list.items[reader.at];
    if (extra !== undefined && !this.c.reporter.full)
      this.c.report('excess-elements', placeOfItem(extra) ?? list.place, [arrayOf(type) === null ? 'struct' : 'array']);
  }

  /** A string literal for an array of characters; false when it is something else. */
  private string(type: CType, value: Expr, offset: number): boolean {
    const array = arrayOf(type);
    const element = array === null ? null : integerOf(array.of);
    if (array === null || element?.size !== 1 || element.bool || value.kind !== 'string') return false;
    const bytes = value.pieces.flatMap((piece) => stringBytes(piece) ?? []);
    if (array.length !== null && bytes.length > array.length)
      this.c.report('string-too-long', value.place, [String(array.length)]);
    const count = Math.min(bytes.length, array.length ?? bytes.length);
    for (let i = 0; i < count; i++) {
      const byte = BigInt(bytes[i] ?? 0);
      const wrapped = element.signed ? BigInt.asIntN(8, byte) : byte;
      this.push({ offset: offset + i, type: element, value: constantExpr(wrapped, element, value.place) });
    }
    if (array.length === null && !this.sawOuter) this.outerLength = bytes.length + 1;
    return true;
  }

  /**
   * Fills an array or record from the reader until it is full, the list ends, or (inside an elided brace) a designator
   * for an outer level comes. `pending` are the rest of a designator path that led here.
   */
  private aggregate(
    type: CType,
    offset: number,
    reader: Reader,
    braced: boolean,
    pending: readonly Designator[] | null,
    outer: boolean,
  ): void {
    if (arrayOf(type) !== null) this.array(type, offset, reader, braced, pending, outer);
    else this.record(type, offset, reader, braced, pending);
  }

  private array(
    type: CType,
    offset: number,
    reader: Reader,
    braced: boolean,
    pending: readonly Designator[] | null,
    outer: boolean,
  ): void {
    const array = arrayOf(type);
    if (array === null) return;
    const size = sizeOf(array.of);
    let rest = pending;
    let index = 0;
    for (let item = reader.items[reader.at]; item !== undefined; item = reader.items[reader.at]) {
      if (this.c.reporter.full || this.full) return this.giveUp(reader);
      const path: readonly Designator[] = rest ?? item.designators;
      if (rest === null && path.length > 0 && !braced) return;
      rest = null;
      const step = path[0];
      let count = 1;
      if (step !== undefined) {
        const range = this.range(step, array.length);
        if (range === null) {
          reader.at++;
          continue;
        }
        index = range.from;
        count = range.to - range.from + 1;
      } else if (array.length !== null && index >= array.length) return;
      const at = reader.at;
      for (let i = 0; i < count && !this.full; i++) {
        reader.at = at;
        this.element(array.of, offset + (index + i) * size, reader, path.slice(1), null);
      }
      index += count;
      if (outer) this.outerLength = Math.max(this.outerLength, index);
    }
  }

  private giveUp(reader: Reader): void {
    reader.at = reader.items.length;
  }

  private range(step: Designator, length: number | null): { from: number; to: number } | null {
    if (step.kind !== 'index') {
      this.c.report('designator-kind', step.place, ['member', 'an array']);
      return null;
    }
    const from = checkConstant(this.c, step.from, 'array index');
    const to = step.to === null ? from : checkConstant(this.c, step.to, 'array index');
    if (from === null || to === null) return null;
    if (from < 0n || to < from || to >= BigInt(length ?? 1 << 28)) {
      this.c.report('designator-range', step.place, [String(to), String(length ?? 1 << 28)]);
      return null;
    }
    return { from: Number(from), to: Number(to) };
  }

  private record(type: CType, offset: number, reader: Reader, braced: boolean, pending: readonly Designator[] | null): void {
    const record = recordOf(type);
    if (record === null || record.members === null) return this.giveUp(reader);
    const members = record.members.filter((member) => member.name !== null || recordOf(member.type) !== null);
    let rest = pending;
    let index = 0;
    for (let item = reader.items[reader.at]; item !== undefined; item = reader.items[reader.at]) {
      if (this.c.reporter.full || this.full) return this.giveUp(reader);
      const path: readonly Designator[] = rest ?? item.designators;
      if (rest === null && path.length > 0 && !braced) return;
      rest = null;
      const step = path[0];
      let inner: readonly Designator[] = path.slice(1);
      if (step !== undefined) {
        const found = this.designated(type, step);
        if (found === null) {
          reader.at++;
          continue;
        }
        index = members.findIndex((member) => member.name === found || (member.name === null && holds(member.type, found)));
        if (members[index]?.name === null) inner = path;
      }
      const member = members[index];
      if (member === undefined) return;
      const { bitOffset, bitWidth } = member;
      const bits = bitOffset === undefined || bitWidth === undefined ? null : { bitOffset, bitWidth };
      this.element(member.type, offset + member.offset, reader, inner, bits);
      index = record.kind === 'union' ? members.length : index + 1;
      if (index >= members.length && !braced) return;
    }
  }

  private designated(type: CType, step: Designator): string | null {
    const record = recordOf(type);
    if (step.kind !== 'member' || record === null) {
      this.c.report('designator-kind', step.place, ['index', typeText(type)]);
      return null;
    }
    if (findMember(record, step.name) !== null) {
      this.c.observer?.memberNamed(record, step.name, step.place);
      return step.name;
    }
    const near = nearestName(step.name, memberNames(record));
    const hint = near === null ? '' : `; did you mean '${near}'?`;
    this.c.report('no-member', step.place, [step.name, typeText(unqualified(type)), hint]);
    return null;
  }

  /** One element or member: takes an item, or as many as an elided brace wants. */
  private element(
    type: CType,
    offset: number,
    reader: Reader,
    path: readonly Designator[],
    bits: { bitOffset: number; bitWidth: number } | null,
  ): void {
    const item = reader.items[reader.at];
    if (item === undefined) return;
    if (path.length > 0) {
      if (isScalar(type)) {
        this.c.report('designator-kind', item.value.place, ['nested', typeText(type)]);
        reader.at++;
      } else this.aggregate(type, offset, reader, false, path, false);
      return;
    }
    const { value } = item;
    if (value.kind === 'initializer-list' || isError(type)) {
      reader.at++;
      return this.object(type, value, offset);
    }
    if (isScalar(type)) {
      reader.at++;
      return this.leaf(type, this.expression(value), offset, bits);
    }
    const outerSeen = this.sawOuter;
    this.sawOuter = true;
    const isString = this.string(type, value, offset);
    this.sawOuter = outerSeen;
    if (isString) {
      reader.at++;
      return;
    }
    if (this.isStatic && value.kind === 'compound') {
      reader.at++;
      return this.fromList(type, value.init, offset);
    }
    const checked = recordOf(type) === null ? errorExpr(value.place) : this.expression(value);
    if (recordOf(type) !== null && (isError(checked.type) || sameType(checked.type, type))) {
      reader.at++;
      if (!isError(checked.type)) this.leaf(type, checked, offset, null);
      return;
    }
    const before = reader.at;
    this.aggregate(type, offset, reader, false, [], false);
    if (reader.at === before) reader.at++;
  }
}

const holds = (type: CType, name: string): boolean => {
  const record = recordOf(type);
  return record !== null && findMember(record, name) !== null;
};

const placeOfItem = (item: InitializerItem | undefined): Place | null => item?.value.place ?? null;
