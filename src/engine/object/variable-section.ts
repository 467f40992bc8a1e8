// The section `.debug_qdisc` of an ELF object, our own: where variables are, slot by slot. Loaders and tools leave sections with such a name alone.
// Numbers are LEB128, types are numbers of the object's BTF. The bytes may be anything when read: what does not hold together gives no variables.

import type { CType } from '../abi/ctype.ts';
import { ByteWriter } from './byte-writer.ts';
import type { InlinedCall, ObjectVariable, VariablePlace, VariableRange, VariableTable } from './program-object.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

export const VARIABLE_SECTION = '.debug_qdisc';
const VERSION = 1;
const KINDS = ['register', 'stack', 'pointed', 'constant', 'frame-address', 'unset'] as const;

/** A function with variables, by its section and its first slot there. */
export interface FunctionVariables {
  readonly section: string;
  readonly slot: number;
  readonly table: VariableTable;
}

class Out {
  readonly bytes = new ByteWriter();
  private readonly strings = new Map<string, number>();

  number(value: number | bigint): this {
    let rest = BigInt(value);
    for (; rest > 0x7fn; rest >>= 7n) this.bytes.u8(Number(rest & 0x7fn) | 0x80);
    this.bytes.u8(Number(rest));
    return this;
  }

  /** Small numbers of either sign. */
  signed(value: number): this {
    return this.number(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Text once, then its number: 0 announces a new one. */
  text(value: string): this {
    const known = this.strings.get(value);
    if (known !== undefined) return this.number(known);
    this.strings.set(value, this.strings.size + 1);
    const encoded = encodeUtf8(value);
    this.number(0).number(encoded.length).bytes.raw(encoded);
    return this;
  }
}

/** Bytes of the section. `typeNumber` gives a type's number in BTF, `pathOf` the path of files[index]. */
export function writeVariables(
  functions: readonly FunctionVariables[],
  typeNumber: (type: CType) => number,
  pathOf: (file: number) => string,
): Uint8Array {
  const out = new Out().number(VERSION).number(functions.length);
  for (const { section, slot, table } of functions) {
    out.text(section).number(slot).number(table.calls.length);
    for (const { name, file, line, parent } of table.calls) {
      out
        .text(name)
        .text(pathOf(file))
        .number(line)
        .number(parent + 1);
    }
    out.number(table.variables.length);
    for (const variable of table.variables) writeVariable(out, variable, typeNumber, pathOf);
  }
  return out.bytes.finish();
}

function writeVariable(
  out: Out,
  { name, type, isParameter, file, line, call, scope, ranges }: ObjectVariable,
  typeNumber: (type: CType) => number,
  pathOf: (file: number) => string,
): void {
  out
    .text(name)
    .number(typeNumber(type))
    .number(isParameter ? 1 : 0);
  out
    .text(pathOf(file))
    .number(line)
    .number(call + 1);
  out.number(scope.length);
  let last = 0;
  for (const { from, to } of scope) {
    out.number(from - last).number(to - from);
    last = to;
  }
  out.number(ranges.length);
  last = 0;
  for (const { from, to, offset, size, place } of ranges) {
    out
      .number(from - last)
      .number(to - from)
      .number(offset)
      .number(size);
    writePlace(out, place);
    last = from;
  }
}

function writePlace(out: Out, place: VariablePlace): void {
  out.number(KINDS.indexOf(place.kind));
  if (place.kind === 'register' || place.kind === 'pointed') out.number(place.register);
  else if (place.kind === 'stack' || place.kind === 'frame-address') out.signed(place.offset);
  else if (place.kind === 'constant') out.number(BigInt.asUintN(64, place.value));
}

/** Reads numbers and texts; anything wrong marks it as broken. */
class In {
  private readonly bytes: Uint8Array;
  private at = 0;
  private readonly strings: string[] = [];
  broken = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  big(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.broken = true;
    return 0n;
  }

  number(limit = 0x7fff_ffff): number {
    const value = this.big();
    if (value <= BigInt(limit)) return Number(value);
    this.broken = true;
    return 0;
  }

  signed(): number {
    const value = this.number();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** How many of something follow; each takes a byte at least. */
  count(): number {
    return this.number(this.bytes.length - Math.min(this.at, this.bytes.length));
  }

  text(): string {
    const number = this.number();
    if (number > 0) {
      const known = this.strings[number - 1];
      if (known === undefined) this.broken = true;
      return known ?? '';
    }
    const length = this.count();
    const text = decodeUtf8(this.bytes.subarray(this.at, this.at + length));
    this.at += length;
    this.strings.push(text);
    return text;
  }

  list<T>(read: (index: number) => T): T[] {
    const count = this.count();
    const items: T[] = [];
    for (let i = 0; i < count && !this.broken; i++) items.push(read(i));
    return items;
  }
}

/** What {@link writeVariables} wrote; nothing where the bytes are no such section. */
export function readVariables(
  bytes: Uint8Array,
  typeOf: (number: number) => CType,
  fileIndex: (path: string) => number,
): FunctionVariables[] {
  const input = new In(bytes);
  if (input.number() !== VERSION) return [];
  const functions = input.list((): FunctionVariables => {
    const section = input.text();
    const slot = input.number();
    const calls = input.list((index): InlinedCall => {
      const call = { name: input.text(), file: fileIndex(input.text()), line: input.number() };
      // A call stands in one that was listed before.
      return { ...call, parent: input.number(index) - 1 };
    });
    const variables = input.list(() => readVariable(input, calls.length, typeOf, fileIndex));
    return { section, slot, table: { calls, variables } };
  });
  return input.broken ? [] : functions;
}

function readVariable(
  input: In,
  calls: number,
  typeOf: (number: number) => CType,
  fileIndex: (path: string) => number,
): ObjectVariable {
  const name = input.text();
  const type = typeOf(input.number());
  const isParameter = input.number(1) === 1;
  const file = fileIndex(input.text());
  const line = input.number();
  const call = input.number(calls) - 1;
  let last = 0;
  const scope = input.list(() => {
    const from = last + input.number();
    last = from + input.number();
    return { from, to: last };
  });
  last = 0;
  const ranges = input.list((): VariableRange => {
    last += input.number();
    const to = last + input.number();
    return { from: last, to, offset: input.number(), size: input.number(), place: readPlace(input) };
  });
  return { name, type, isParameter, file, line, call, scope, ranges };
}

function readPlace(input: In): VariablePlace {
  const kind = KINDS[input.number(KINDS.length - 1)] ?? 'unset';
  switch (kind) {
    case 'register':
    case 'pointed':
      return { kind, register: input.number(10) };
    case 'stack':
    case 'frame-address':
      return { kind, offset: input.signed() };
    case 'constant':
      return { kind, value: BigInt.asUintN(64, input.big()) };
    case 'unset':
      return { kind };
  }
}
