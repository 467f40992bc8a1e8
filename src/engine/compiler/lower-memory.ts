// Objects in memory: addresses of what expressions designate, loads and stores, bit-fields, initialisation. Knows nothing of
// control flow.

import { alignOf, type CType, sizeOf } from '../abi/ctype.ts';
import { type Address, moved } from './build-ir.ts';
import { constantOf } from './constant.ts';
import { pathTo } from './core-paths.ts';
import type { Inst } from './ir.ts';
import { bitUnit } from './layout.ts';
import { lowerValue } from './lower-expressions.ts';
import { accessSize, type Lowering, widthOf } from './lower-state.ts';
import type { InitItem, Initialisation, LocalVariable, TExpr } from './tree.ts';
import { integerOf, isRecord, isScalar, isSigned, qualifiersOf, recordOf } from './types.ts';

/** Address of an object, or of the memory that holds a record value. */
export function lowerAddress(l: Lowering, expr: TExpr): Address {
  const { builder } = l;
  switch (expr.kind) {
    case 'local':
      return addressOfLocal(l, expr.variable);
    case 'global':
      return {
        base: builder.fn.globalAddress(expr.variable, 0),
        offset: 0,
        align: globalAlign(expr.variable.align, sizeOf(expr.variable.type)),
      };
    case 'function':
      return { base: builder.fn.functionAddress(expr.symbol), offset: 0, align: 8 };
    case 'deref':
      return pointerAddress(l, expr.pointer, alignOf(expr.type));
    case 'member':
      return memberAddress(l, expr);
    case 'compound': {
      const at = addressOfLocal(l, expr.variable);
      initialise(l, at, expr.variable.type, expr.init);
      return at;
    }
    case 'load':
      return lowerAddress(l, expr.object);
    case 'convert':
      return lowerAddress(l, expr.value);
    default: {
      // A record value: its lowering gives the address.
      const base = lowerValue(l, expr);
      return { base, offset: 0, align: alignOf(expr.type) };
    }
  }
}

/** A member; of what a pointer leads to and where the access is to be preserved, with the path that the loader needs. */
function memberAddress(l: Lowering, expr: MemberExpr): Address {
  const at = lowerAddress(l, expr.object);
  const plain = moved(at, expr.offset);
  const record = recordOf(expr.object.type);
  if (expr.preserved !== true || record === null || at.base.op === 'slot' || at.base.op === 'global') return plain;
  const longer = at.core === undefined ? null : pathTo(at.core, record, expr.member);
  if (longer !== null) return { ...plain, core: longer };
  const core = pathTo(null, record, expr.member);
  return core === null ? plain : { base: l.builder.pointer(at), offset: expr.offset, align: plain.align, core };
}

/** Data sections are laid out so that objects of eight bytes and more start at a multiple of eight. */
const globalAlign = (align: number, size: number): number => (size >= 8 ? Math.max(8, align) : align);

/** A pointer value as an address; constant distances are kept apart, so that they fold into loads and stores. */
function pointerAddress(l: Lowering, pointer: TExpr, align: number): Address {
  if (pointer.kind === 'offset') {
    const constant = constantOf(pointer.index);
    if (constant !== null && constant.base === null) {
      const by = Number(BigInt.asIntN(64, constant.value * BigInt(pointer.scale) * (pointer.negative ? -1n : 1n)));
      const inner = pointerAddress(l, pointer.pointer, align);
      if (Math.abs(inner.offset + by) < 1 << 28) return { ...moved(inner, by), align };
    }
  }
  if (pointer.kind === 'address') return { ...lowerAddress(l, pointer.object), align };
  if (pointer.kind === 'convert' && sizeOf(pointer.value.type) === 8 && isScalar(pointer.value.type))
    return pointerAddress(l, pointer.value, align);
  return { base: lowerValue(l, pointer), offset: 0, align };
}

/** Where a variable lives; its slot is made at the first mention. */
export function addressOfLocal(l: Lowering, variable: LocalVariable): Address {
  let at = l.variables.get(variable);
  if (at === undefined) {
    const size = sizeOf(variable.type);
    const base = l.builder.slot(variable.name, size, variable.align, variable);
    at = { base, offset: 0, align: size >= 8 ? Math.max(8, variable.align) : variable.align };
    l.variables.set(variable, at);
  }
  return at;
}

/** Reads an object of scalar type. */
export const loadObject = (l: Lowering, object: TExpr): Inst => loadFrom(l, object, lowerAddress(l, object));

/** Reads an object of scalar type whose address is known already. */
export function loadFrom(l: Lowering, object: TExpr, at: Address): Inst {
  const isVolatile = isVolatilePath(object);
  if (object.kind === 'member' && object.member.bitWidth !== undefined) return readBits(l, bitPlace(at, object), isVolatile);
  return loadScalar(l, at, object.type, isVolatile);
}

export const isVolatilePath = (object: TExpr): boolean =>
  qualifiersOf(object.type).volatile === true || (object.kind === 'member' && isVolatilePath(object.object));

function loadScalar(l: Lowering, at: Address, type: CType, isVolatile: boolean): Inst {
  return l.builder.load(at, accessSize(type), isSigned(type), isVolatile);
}

/** Stores a value of the object's own type. For a bit-field the result is what a read would give. */
export function storeObject(l: Lowering, object: TExpr, at: Address, value: Inst): Inst {
  const isVolatile = isVolatilePath(object);
  if (object.kind === 'member' && object.member.bitWidth !== undefined) return storeBits(l, at, object, value, isVolatile);
  l.builder.store(at, value, accessSize(object.type), isVolatile);
  return value;
}

interface BitPlace {
  readonly at: Address;
  readonly first: number;
  readonly width: number;
  /** Bytes of the unit, or 0 for access byte by byte. */
  readonly unit: 1 | 2 | 4 | 8 | 0;
  readonly bytes: number;
  readonly type: CType;
}

type MemberExpr = Extract<TExpr, { kind: 'member' }>;

function bitPlace(at: Address, expr: MemberExpr): BitPlace {
  const { bitOffset = 0, bitWidth = 0 } = expr.member;
  return placeBits(at, expr.member.type, bitOffset, bitWidth, expr.offset, sizeOf(expr.object.type));
}

function placeBits(at: Address, type: CType, first: number, width: number, offset: number, recordSize: number): BitPlace {
  const wanted = bitUnit(first, width);
  const bytes = Math.ceil((first + width) / 8);
  const fits = wanted !== 9 && offset % wanted === 0 && offset + wanted <= recordSize && at.align % wanted === 0;
  const unit = wanted === 9 || !fits ? 0 : wanted === 1 || wanted === 2 || wanted === 4 ? wanted : 8;
  return { at, first, width, unit, bytes, type };
}

function readBits(l: Lowering, bits: BitPlace, isVolatile: boolean): Inst {
  const { builder } = l;
  const target = widthOf(bits.type);
  if (bits.unit === 0) return extract(l, gather(l, bits, isVolatile), bits.bytes > 8 ? 0 : bits.first, bits, target);
  const raw = builder.load(bits.at, bits.unit, false, isVolatile);
  return extract(l, raw, bits.first, bits, target);
}

/** Bits [first, first + width) of `raw`, extended to the member's type. */
function extract(l: Lowering, raw: Inst, first: number, bits: BitPlace, target: 32 | 64): Inst {
  const { builder } = l;
  const w = raw.width;
  const isBool = integerOf(bits.type)?.bool === true;
  let value: Inst;
  if (isSigned(bits.type) && !isBool) {
    const up = builder.binary('shl', raw, builder.constant(w - first - bits.width, w));
    value = bits.width === w ? up : builder.binary('ashr', up, builder.constant(w - bits.width, w));
  } else {
    value = builder.binary('lshr', raw, builder.constant(first, w));
    if (bits.width < w) value = builder.binary('and', value, builder.constant((1n << BigInt(bits.width)) - 1n, w));
  }
  return builder.resize(value, target, isSigned(bits.type));
}

/** The bytes of an unaligned bit-field as one 64-bit number; of nine bytes, the field itself from bit 0 on. */
function gather(l: Lowering, bits: BitPlace, isVolatile: boolean): Inst {
  const { builder } = l;
  let value = builder.constant(0, 64);
  for (let i = 0; i < bits.bytes; i++) {
    const byte = builder.resize(builder.load(moved({ ...bits.at, align: 1 }, i), 1, false, isVolatile), 64, false);
    const shift = bits.bytes > 8 ? i * 8 - bits.first : i * 8;
    const placed =
      shift >= 0
        ? builder.binary('shl', byte, builder.constant(shift, 64))
        : builder.binary('lshr', byte, builder.constant(-shift, 64));
    value = i === 0 ? placed : builder.binary('or', value, placed);
  }
  return value;
}

function storeBits(l: Lowering, at: Address, expr: MemberExpr, value: Inst, isVolatile: boolean): Inst {
  return writeBits(l, bitPlace(at, expr), value, isVolatile);
}

function writeBits(l: Lowering, bits: BitPlace, value: Inst, isVolatile: boolean): Inst {
  const { builder } = l;
  const w = bits.unit === 0 || bits.unit === 8 ? 64 : 32;
  const wide = builder.resize(value, w, false);
  const mask = (1n << BigInt(bits.width)) - 1n;
  const masked = bits.width === w ? wide : builder.binary('and', wide, builder.constant(mask, w));
  if (bits.unit === 0) scatter(l, bits, masked, isVolatile);
  else {
    const whole = bits.width === bits.unit * 8;
    let merged = builder.binary('shl', masked, builder.constant(bits.first, w));
    if (!whole) {
      const old = builder.load(bits.at, bits.unit, false, isVolatile);
      const keep = builder.binary('and', old, builder.constant(~(mask << BigInt(bits.first)), w));
      merged = builder.binary('or', keep, merged);
    }
    builder.store(bits.at, merged, bits.unit, isVolatile);
  }
  return extract(l, masked, 0, bits, widthOf(bits.type));
}

/** Writes a bit-field that no aligned unit holds, byte by byte. */
function scatter(l: Lowering, bits: BitPlace, value: Inst, isVolatile: boolean): void {
  const { builder } = l;
  for (let i = 0; i < bits.bytes; i++) {
    const at = moved({ ...bits.at, align: 1 }, i);
    const shift = i * 8 - bits.first;
    const low = Math.max(0, -shift);
    const high = Math.min(8, bits.first + bits.width - i * 8);
    const byteMask = ((1 << high) - 1) & ~((1 << low) - 1);
    const part =
      shift >= 0
        ? builder.binary('lshr', value, builder.constant(shift, 64))
        : builder.binary('shl', value, builder.constant(-shift, 64));
    let byte = builder.binary('and', builder.resize(part, 32, false), builder.constant(byteMask, 32));
    if (byteMask !== 255) {
      const old = builder.load(at, 1, false, isVolatile);
      byte = builder.binary('or', builder.binary('and', old, builder.constant(~byteMask & 255, 32)), byte);
    }
    builder.store(at, byte, 1, isVolatile);
  }
}

/** Fills a new object from its initialiser: zeroes first where the leaves leave gaps. */
export function initialise(l: Lowering, at: Address, type: CType, init: Initialisation): void {
  if (isScalar(type)) {
    const item = init.items.at(-1);
    if (item !== undefined) storeItem(l, at, type, item);
    return;
  }
  const only = init.items[0];
  if (
    init.items.length === 1 &&
    only !== undefined &&
    only.offset === 0 &&
    isRecord(only.type) &&
    sizeOf(only.type) === sizeOf(type)
  ) {
    storeItem(l, at, type, only);
    return;
  }
  // Values are computed before the object is touched where they could read it.
  zeroGaps(l, at, sizeOf(type), init.items);
  for (const item of init.items) storeItem(l, at, type, item);
}

function zeroGaps(l: Lowering, at: Address, size: number, items: readonly InitItem[]): void {
  const covered = new Uint8Array(Math.min(size, 1 << 20));
  for (const item of items) {
    if (item.bitWidth !== undefined) continue;
    covered.fill(1, item.offset, item.offset + sizeOf(item.type));
  }
  let gap = 0;
  for (const byte of covered) if (byte === 0) gap++;
  if (gap === 0) return;
  if (gap * 2 >= size || size > 64) {
    l.builder.fill(at, 0, size);
    return;
  }
  for (let from = 0; from < size; from++) {
    if (covered[from] === 1) continue;
    let to = from;
    while (to < size && covered[to] === 0) to++;
    l.builder.fill(moved(at, from), 0, to - from);
    from = to;
  }
}

function storeItem(l: Lowering, at: Address, outer: CType, item: InitItem): void {
  const place = moved(at, item.offset);
  l.builder.place = item.value.place;
  const isVolatile = qualifiersOf(outer).volatile === true;
  if (isRecord(item.type)) {
    const from = lowerAddress(l, item.value);
    l.builder.copy(place, from, sizeOf(item.type));
    return;
  }
  const value = lowerValue(l, item.value);
  if (item.bitWidth !== undefined && item.bitOffset !== undefined) {
    writeBits(l, placeBits(place, item.type, item.bitOffset, item.bitWidth, item.offset, sizeOf(outer)), value, isVolatile);
    return;
  }
  l.builder.store(place, value, accessSize(item.type), isVolatile);
}
