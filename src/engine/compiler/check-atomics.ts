// The general forms of the __atomic_ built-ins, whose operands and results are given by pointers: each becomes the form that takes
// values, with loads and stores around it.

import { INT, VOID } from '../abi/ctype.ts';
import type { BuiltinRow } from './builtins.ts';
import { convertValue, errorExpr, rvalue } from './conversions.ts';
import type { Checker } from './scope.ts';
import type { Place } from './token.ts';
import type { IntrinsicName, TExpr } from './tree.ts';
import { isInteger, isPointer, pointerOf, sameType, unqualified } from './types.ts';

/** Operands in order: the object, then pointers to values; true where the call has another shape. */
const SHAPES: ReadonlyMap<string, { readonly intrinsic: IntrinsicName; readonly pointers: number }> = new Map([
  ['__atomic_load', { intrinsic: 'atomic-load', pointers: 2 }],
  ['__atomic_store', { intrinsic: 'atomic-store', pointers: 2 }],
  ['__atomic_exchange', { intrinsic: 'atomic-exchange', pointers: 3 }],
  ['__atomic_compare_exchange', { intrinsic: 'atomic-compare-exchange-n', pointers: 3 }],
]);

export const isGeneralAtomic = (name: string): boolean => SHAPES.has(name);

/** The call as a tree; null when the operands are no pointers to one integer or pointer type. */
export function checkGeneralAtomic(c: Checker, row: BuiltinRow, values: readonly TExpr[], place: Place): TExpr | null {
  const shape = SHAPES.get(row.name);
  const [object, second, third] = values;
  const to = pointerOf(object?.type ?? INT)?.to;
  if (shape === undefined || object === undefined || second === undefined || to === undefined) return null;
  const type = unqualified(to);
  if (!isInteger(type) && !isPointer(type)) return null;
  for (const value of values.slice(1, shape.pointers)) {
    const other = pointerOf(value.type)?.to;
    if (other === undefined || !sameType(unqualified(other), type)) return null;
  }
  const target = (pointer: TExpr): TExpr => ({ kind: 'deref', pointer, type, place });
  const read = (pointer: TExpr): TExpr => rvalue(c, target(pointer));
  const call = (args: readonly TExpr[], returns = type): TExpr => ({
    kind: 'intrinsic',
    name: shape.intrinsic,
    args: [object, ...args],
    type: returns,
    place,
  });
  const store = (pointer: TExpr, value: TExpr): TExpr =>
    convertValue({ kind: 'assign', target: target(pointer), value, type, place }, VOID, true);
  switch (shape.intrinsic) {
    case 'atomic-load':
      return store(second, call([]));
    case 'atomic-store':
      return call([read(second)], VOID);
    case 'atomic-exchange':
      return third === undefined ? null : store(third, call([read(second)]));
    default:
      return third === undefined
        ? errorExpr(place)
        : call([second, read(third)], { ...INT, name: '_Bool', size: 1, signed: false, bool: true });
  }
}
