// C types to BTF, the kernel's type format (Documentation/bpf/btf.rst). Equal types are written once; records by identity,
// so that they can contain pointers to themselves. Knows nothing of ELF.

import type { ArrayType, CType, EnumType, FunctionType, Member, QualifiedType, RecordType } from '../abi/ctype.ts';
import { ByteWriter, StringTable } from './byte-writer.ts';

export const BTF_MAGIC = 0xeb9f;
export const BTF_KIND = {
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const;
const HEADER_BYTES = 24;
/** btf_func_linkage and the linkage of variables. */
const LINKAGE = { static: 0, global: 1, extern: 2 } as const;

/** A variable in a data section as DATASEC lists it. */
export interface SectionVariable {
  readonly name: string;
  readonly type: CType;
  readonly offset: number;
  readonly size: number;
  readonly linkage: 'global' | 'static' | 'extern';
  readonly tags?: readonly string[];
}

export class BtfWriter {
  private readonly strings = new StringTable();
  /** One encoded type a row; type ids start at 1. */
  private readonly rows: Uint8Array[] = [];
  private readonly byKey = new Map<string, number>();
  private readonly records = new Map<object, number>();

  string(text: string): number {
    return this.strings.offset(text);
  }

  private static head(name: number, kind: number, count: number, flag: boolean, sizeOrType: number): ByteWriter {
    const info = (count & 0xffff) | (kind << 24) | (flag ? 0x8000_0000 : 0);
    return new ByteWriter()
      .u32(name)
      .u32(info >>> 0)
      .u32(sizeOrType);
  }

  private add(row: ByteWriter): number {
    this.rows.push(row.finish());
    return this.rows.length;
  }

  /** A type that equals another with the same key. */
  private once(key: string, make: () => ByteWriter): number {
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const id = this.add(make());
    this.byKey.set(key, id);
    return id;
  }

  private reference(kind: number, name: string, to: number): number {
    return this.once(`${kind}:${name}:${to}`, () => BtfWriter.head(this.string(name), kind, 0, false, to));
  }

  /** Id of a type; 0 is void. */
  type(type: CType): number {
    switch (type.kind) {
      case 'void':
        return 0;
      case 'int': {
        const encoding = type.bool === true ? 4 : type.signed ? 1 : 0;
        return this.once(`int:${type.name}:${type.size}:${encoding}`, () =>
          BtfWriter.head(this.string(type.name), BTF_KIND.INT, 0, false, type.size).u32((encoding << 24) | (type.size * 8)),
        );
      }
      case 'pointer':
        return this.reference(BTF_KIND.PTR, '', this.type(type.to));
      case 'array':
        return this.array(type);
      case 'struct':
      case 'union':
        return this.record(type);
      case 'enum':
        return this.enumeration(type);
      case 'function':
        return this.prototype(type);
      case 'typedef':
        return this.reference(BTF_KIND.TYPEDEF, type.name, this.type(type.of));
      case 'qualified':
        return this.qualified(type);
    }
  }

  private array(type: ArrayType): number {
    const of = this.type(type.of);
    const index = this.once('int:__ARRAY_SIZE_TYPE__:4:0', () =>
      BtfWriter.head(this.string('__ARRAY_SIZE_TYPE__'), BTF_KIND.INT, 0, false, 4).u32(32),
    );
    return this.once(`array:${of}:${type.length ?? 0}`, () =>
      BtfWriter.head(0, BTF_KIND.ARRAY, 0, false, 0)
        .u32(of)
        .u32(index)
        .u32(type.length ?? 0),
    );
  }

  private qualified(type: QualifiedType): number {
    let id = this.type(type.of);
    const { tags, volatile, const: constant, restrict } = type.qualifiers;
    for (const tag of [...(tags ?? [])].reverse()) id = this.reference(BTF_KIND.TYPE_TAG, tag, id);
    if (volatile === true) id = this.reference(BTF_KIND.VOLATILE, '', id);
    if (constant === true) id = this.reference(BTF_KIND.CONST, '', id);
    return restrict === true ? this.reference(BTF_KIND.RESTRICT, '', id) : id;
  }

  private record(type: RecordType): number {
    const known = this.records.get(type);
    if (known !== undefined) return known;
    const name = this.string(type.tag ?? '');
    if (type.members === null) {
      const forward = BtfWriter.head(name, BTF_KIND.FWD, 0, type.kind === 'union', 0);
      const id = this.add(forward);
      this.records.set(type, id);
      return id;
    }
    this.rows.push(new Uint8Array(0));
    const id = this.rows.length;
    this.records.set(type, id);
    const members = type.members;
    const hasBits = members.some((member) => member.bitWidth !== undefined);
    const row = BtfWriter.head(
      name,
      type.kind === 'struct' ? BTF_KIND.STRUCT : BTF_KIND.UNION,
      members.length,
      hasBits,
      type.size,
    );
    for (const member of members) {
      const bit = member.offset * 8 + (member.bitOffset ?? 0);
      row.u32(this.string(member.name ?? '')).u32(this.type(member.type));
      row.u32(hasBits ? (((member.bitWidth ?? 0) << 24) | bit) >>> 0 : bit);
    }
    this.rows[id - 1] = row.finish();
    this.tags(id, members);
    return id;
  }

  private tags(record: number, members: readonly Member[]): void {
    members.forEach((member, index) => {
      for (const tag of member.tags ?? []) {
        this.declarationTag(tag, record, index);
      }
    });
  }

  private enumeration(type: EnumType): number {
    const known = this.records.get(type);
    if (known !== undefined) return known;
    const values = type.enumerators ?? [];
    const signed = values.some(({ value }) => value < 0n);
    const wide = type.underlying.size === 8;
    const kind = wide ? BTF_KIND.ENUM64 : BTF_KIND.ENUM;
    const row = BtfWriter.head(this.string(type.tag ?? ''), kind, values.length, signed, type.underlying.size);
    for (const { name, value } of values) {
      row.u32(this.string(name)).u32(Number(BigInt.asUintN(32, value)));
      if (wide) row.u32(Number(BigInt.asUintN(32, value >> 32n)));
    }
    const id = this.add(row);
    this.records.set(type, id);
    return id;
  }

  private prototype(type: FunctionType): number {
    const returns = this.type(type.returns);
    const params = type.params.map(({ name, type: param }) => [this.string(name ?? ''), this.type(param)] as const);
    const all = type.variadic ? [...params, [0, 0] as const] : params;
    return this.once(`proto:${returns}:${all.map((param) => param.join(',')).join(';')}`, () => {
      const row = BtfWriter.head(0, BTF_KIND.FUNC_PROTO, all.length, false, returns);
      for (const [name, id] of all) row.u32(name).u32(id);
      return row;
    });
  }

  /** Id of a function with its prototype. */
  function(name: string, type: FunctionType, linkage: 'global' | 'static' | 'extern'): number {
    const prototype = this.prototype(type);
    const id = this.add(BtfWriter.head(this.string(name), BTF_KIND.FUNC, LINKAGE[linkage], false, prototype));
    type.params.forEach(({ tags }, index) => {
      for (const tag of tags ?? []) this.declarationTag(tag, id, index);
    });
    return id;
  }

  /** `component` is a member or parameter; -1 the declaration itself. */
  private declarationTag(tag: string, of: number, component: number): void {
    this.add(BtfWriter.head(this.string(tag), BTF_KIND.DECL_TAG, 0, false, of).u32(component >>> 0));
  }

  /** `.ksyms`: kernel functions that the object calls; they have no place. */
  externFunctions(section: string, functions: readonly { readonly name: string; readonly type: FunctionType }[]): void {
    const ids = functions.map(({ name, type }) => this.function(name, type, 'extern'));
    const row = BtfWriter.head(this.string(section), BTF_KIND.DATASEC, ids.length, false, 0);
    for (const id of ids) row.u32(id).u32(0).u32(0);
    this.add(row);
  }

  /** A data section with its variables. */
  dataSection(name: string, size: number, variables: readonly SectionVariable[]): void {
    const entries = variables.map((variable) => {
      const type = this.type(variable.type);
      const row = BtfWriter.head(this.string(variable.name), BTF_KIND.VAR, 0, false, type);
      const id = this.add(row.u32(LINKAGE[variable.linkage]));
      for (const tag of variable.tags ?? []) this.declarationTag(tag, id, -1);
      return { id, variable };
    });
    const row = BtfWriter.head(this.string(name), BTF_KIND.DATASEC, entries.length, false, size);
    for (const { id, variable } of entries) row.u32(id).u32(variable.offset).u32(variable.size);
    this.add(row);
  }

  finish(): Uint8Array {
    const types = new ByteWriter();
    for (const row of this.rows) types.raw(row);
    const strings = this.strings.finish();
    return new ByteWriter()
      .u16(BTF_MAGIC)
      .u8(1)
      .u8(0)
      .u32(HEADER_BYTES)
      .u32(0)
      .u32(types.length)
      .u32(types.length)
      .u32(strings.length)
      .raw(types.finish())
      .raw(strings)
      .finish();
  }
}
