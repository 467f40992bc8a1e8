// Bytes as text by their C type: numbers, names of enumerators, members, what a pointer leads to. Reads, never writes. Knows nothing of where the
// bytes came from.

import { bare, type CType, type Member, sizeOf } from '../abi/ctype.ts';
import { readText } from '../tc/printk.ts';

/** Bytes to be shown. A whole memory is one, and so are the bytes of one variable. */
export interface ByteSource {
  readonly u8: Uint8Array;
  /** What stands for bytes that are not known; null where [at, at + size) are. Absent: all are. */
  readonly missing?: (at: number, size: number) => string | null;
  /** Text of a pointer; absent: the bare number. */
  readonly pointer?: (address: bigint, to: CType) => string;
}

const ARRAY_ITEMS = 16;
const BYTES_SHOWN = 32;
const DEPTH = 6;

/** A little-endian number of 1 to 8 bytes. */
export function numberAt({ u8 }: ByteSource, at: number, size: number, signed: boolean): bigint {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(u8[at + i] ?? 0);
  return signed ? BigInt.asIntN(size * 8, value) : value;
}

const hex = ({ u8 }: ByteSource, at: number, size: number): string =>
  Array.from(u8.subarray(at, at + size), (byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** The value at a byte as C would write it: numbers, `{ .member = 1 }`, `{ 1, 2 }`; bytes in hex without a type. */
export function valueText(source: ByteSource, at: number, type: CType | null, size: number, depth = 0): string {
  if (type === null || depth > DEPTH) return hex(source, at, Math.min(size, BYTES_SHOWN));
  const t = bare(type);
  if (t.kind === 'struct' || t.kind === 'union') {
    const members = (t.members ?? []).map((member) => {
      const text = memberText(source, at, member, depth);
      return member.name === null ? text : `.${member.name} = ${text}`;
    });
    return members.length === 0 ? '{ }' : `{ ${members.join(', ')} }`;
  }
  const missing = source.missing?.(at, sizeOf(t)) ?? null;
  if (missing !== null && (t.kind !== 'array' || isText(t.of))) return missing;
  switch (t.kind) {
    case 'int':
      return numberAt(source, at, t.size, t.signed).toString();
    case 'enum': {
      const value = numberAt(source, at, t.underlying.size, t.underlying.signed);
      return t.enumerators?.find((item) => item.value === value)?.name ?? value.toString();
    }
    case 'pointer': {
      const address = numberAt(source, at, 8, false);
      return source.pointer?.(address, t.to) ?? `0x${address.toString(16)}`;
    }
    case 'array': {
      const count = t.length ?? 0;
      const each = sizeOf(t.of);
      if (isText(t.of)) return JSON.stringify(readText(source.u8, at, count));
      const items = Array.from({ length: Math.min(count, ARRAY_ITEMS) }, (_, i) =>
        valueText(source, at + i * each, t.of, each, depth + 1),
      );
      return `{ ${items.join(', ')}${count > ARRAY_ITEMS ? ', …' : ''} }`;
    }
    default:
      return hex(source, at, Math.min(size, BYTES_SHOWN));
  }
}

function isText(of: CType): boolean {
  const element = bare(of);
  return element.kind === 'int' && element.name === 'char';
}

/** A member of the record at a byte; bit-fields without their neighbours. */
export function memberText(source: ByteSource, at: number, member: Member, depth = 0): string {
  const { type, offset, bitOffset = 0, bitWidth } = member;
  const t = bare(type);
  if (bitWidth === undefined || t.kind !== 'int') return valueText(source, at + offset, type, sizeOf(type), depth + 1);
  const bytes = Math.ceil((bitOffset + bitWidth) / 8);
  const missing = source.missing?.(at + offset, bytes) ?? null;
  if (missing !== null) return missing;
  const bits = numberAt(source, at + offset, bytes, false) >> BigInt(bitOffset);
  return (t.signed ? BigInt.asIntN(bitWidth, bits) : BigInt.asUintN(bitWidth, bits)).toString();
}

/** `struct flow *`, `__u64`: the type of a variable, shortly. */
export function typeName(type: CType): string {
  switch (type.kind) {
    case 'typedef':
      return type.name;
    case 'qualified':
      return typeName(type.of);
    case 'int':
      return type.name;
    case 'pointer': {
      const to = typeName(type.to);
      return to.endsWith('*') ? `${to}*` : `${to} *`;
    }
    case 'array':
      return `${typeName(type.of)}[${type.length ?? ''}]`;
    case 'struct':
    case 'union':
    case 'enum':
      return type.tag === null ? type.kind : `${type.kind} ${type.tag}`;
    case 'function':
      return `${typeName(type.returns)} ()`;
    default:
      return 'void';
  }
}
