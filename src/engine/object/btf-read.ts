// BTF to C types. The bytes may be anything: a wrong id reads as void, a cycle that C cannot have is cut, nothing throws
// (Documentation/bpf/btf.rst). Knows nothing of ELF.

import {
  alignOf,
  type CType,
  type EnumType,
  type FunctionType,
  type IntType,
  type Member,
  type Qualifiers,
  type RecordType,
  sizeOf,
  VOID,
} from '../abi/ctype.ts';
import { BTF_KIND, BTF_MAGIC } from './btf-write.ts';
import { ByteReader } from './byte-reader.ts';

/** A type as it stands in the section. */
interface Row {
  readonly kind: number;
  readonly name: string;
  readonly count: number;
  readonly flag: boolean;
  readonly sizeOrType: number;
  /** Where the row's own data begins. */
  readonly at: number;
}

export interface BtfVariable {
  readonly name: string;
  readonly type: CType;
  readonly offset: number;
  readonly size: number;
  readonly linkage: 'global' | 'static';
  readonly tags?: readonly string[];
}

export interface BtfFunction {
  readonly name: string;
  readonly type: FunctionType;
  readonly linkage: 'global' | 'static' | 'extern';
}

/** Longest chain of pointers, typedefs and arrays followed. */
const DEPTH = 64;
/** Most members or enumerators read of one type, types read of one section. */
const TYPE_LIMIT = 200_000;

const TAIL_BYTES: Readonly<Record<number, number>> = { 1: 4, 3: 12, 14: 4, 17: 4 };
const ITEM_BYTES: Readonly<Record<number, number>> = { 4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12 };

export class BtfReader {
  private readonly reader: ByteReader;
  private readonly rows: Row[] = [];
  private readonly made = new Map<number, CType>();
  private readonly open = new Set<number>();
  private readonly tags = new Map<string, string[]>();
  private stringsAt = 0;
  private readonly unfilled: { record: RecordType; row: Row; id: number }[] = [];

  /** Reads the section; `ok` tells whether it is BTF at all. */
  readonly ok: boolean;

  constructor(bytes: Uint8Array) {
    this.reader = new ByteReader(bytes);
    this.ok = this.readRows();
  }

  private readRows(): boolean {
    const { reader } = this;
    if (reader.u16(0) !== BTF_MAGIC || reader.u8(2) !== 1) return false;
    const header = reader.u32(4);
    const typesAt = header + reader.u32(8);
    const typesEnd = typesAt + reader.u32(12);
    this.stringsAt = header + reader.u32(16);
    if (reader.broken || typesEnd > reader.length || this.stringsAt > reader.length) return false;
    let at = typesAt;
    while (at + 12 <= typesEnd && this.rows.length < TYPE_LIMIT) {
      const info = reader.u32(at + 4);
      const kind = (info >>> 24) & 31;
      const count = info & 0xffff;
      if (kind === 0 || kind > BTF_KIND.ENUM64) return false;
      this.rows.push({
        kind,
        name: this.string(reader.u32(at)),
        count,
        flag: info >>> 31 === 1,
        sizeOrType: reader.u32(at + 8),
        at: at + 12,
      });
      at += 12 + (TAIL_BYTES[kind] ?? 0) + count * (ITEM_BYTES[kind] ?? 0);
      if (kind === BTF_KIND.DECL_TAG) this.noteTag(this.rows.length);
    }
    return at === typesEnd && !reader.broken;
  }

  private noteTag(id: number): void {
    const row = this.rows[id - 1];
    if (row === undefined) return;
    const key = `${row.sizeOrType}:${this.reader.s32(row.at)}`;
    this.tags.set(key, [...(this.tags.get(key) ?? []), row.name]);
  }

  /** Text at an offset of the string section. */
  string(offset: number): string {
    return this.reader.text(this.stringsAt + offset);
  }

  /** The C type of an id, all records in it filled in. */
  type(id: number): CType {
    const type = this.build(id, 0);
    for (let next = this.unfilled.pop(); next !== undefined; next = this.unfilled.pop())
      this.fill(next.record, next.row, next.id);
    return type;
  }

  private build(id: number, depth: number): CType {
    if (id === 0 || depth > DEPTH) return VOID;
    const known = this.made.get(id);
    if (known !== undefined) return known;
    const row = this.rows[id - 1];
    if (row === undefined || this.open.has(id)) return VOID;
    this.open.add(id);
    const type = this.buildRow(row, id, depth + 1);
    this.open.delete(id);
    this.made.set(id, type);
    return type;
  }

  private buildRow(row: Row, id: number, depth: number): CType {
    switch (row.kind) {
      case BTF_KIND.INT:
        return this.integer(row);
      case BTF_KIND.PTR:
        return { kind: 'pointer', to: this.build(row.sizeOrType, depth) };
      case BTF_KIND.ARRAY: {
        const length = this.reader.u32(row.at + 8);
        return { kind: 'array', of: this.build(this.reader.u32(row.at), depth), length };
      }
      case BTF_KIND.STRUCT:
      case BTF_KIND.UNION: {
        const record: RecordType = {
          kind: row.kind === BTF_KIND.STRUCT ? 'struct' : 'union',
          tag: row.name === '' ? null : row.name,
          members: [],
          size: row.sizeOrType,
          align: 1,
        };
        this.unfilled.push({ record, row, id });
        return record;
      }
      case BTF_KIND.FWD:
        return { kind: row.flag ? 'union' : 'struct', tag: row.name, members: null, size: 0, align: 1 };
      case BTF_KIND.ENUM:
      case BTF_KIND.ENUM64:
        return this.enumeration(row);
      case BTF_KIND.TYPEDEF:
        return { kind: 'typedef', name: row.name, of: this.build(row.sizeOrType, depth) };
      case BTF_KIND.FUNC_PROTO:
        return this.prototype(row, depth);
      case BTF_KIND.FUNC:
      case BTF_KIND.VAR:
        return this.build(row.sizeOrType, depth);
      case BTF_KIND.VOLATILE:
        return this.qualify({ volatile: true }, row, depth);
      case BTF_KIND.CONST:
        return this.qualify({ const: true }, row, depth);
      case BTF_KIND.RESTRICT:
        return this.qualify({ restrict: true }, row, depth);
      case BTF_KIND.TYPE_TAG:
        return this.qualify({ tags: [row.name] }, row, depth);
      default:
        return VOID;
    }
  }

  private qualify(added: Qualifiers, row: Row, depth: number): CType {
    const of = this.build(row.sizeOrType, depth);
    if (of.kind !== 'qualified') return { kind: 'qualified', of, qualifiers: added };
    const tags = [...(added.tags ?? []), ...(of.qualifiers.tags ?? [])];
    return { kind: 'qualified', of: of.of, qualifiers: { ...of.qualifiers, ...added, ...(tags.length === 0 ? {} : { tags }) } };
  }

  private integer(row: Row): IntType {
    const encoding = (this.reader.u32(row.at) >>> 24) & 15;
    const size = row.sizeOrType === 1 || row.sizeOrType === 2 || row.sizeOrType === 8 ? row.sizeOrType : 4;
    const base: IntType = { kind: 'int', name: row.name, size, signed: (encoding & 1) !== 0 };
    return (encoding & 4) !== 0 ? { ...base, bool: true } : base;
  }

  private enumeration(row: Row): EnumType {
    const wide = row.kind === BTF_KIND.ENUM64;
    const enumerators: { name: string; value: bigint }[] = [];
    for (let i = 0; i < row.count; i++) {
      const at = row.at + i * (wide ? 12 : 8);
      const low = BigInt(this.reader.u32(at + 4));
      const high = wide ? BigInt(this.reader.u32(at + 8)) : 0n;
      const width = wide ? 64 : 32;
      const raw = (high << 32n) | low;
      enumerators.push({ name: this.string(this.reader.u32(at)), value: row.flag ? BigInt.asIntN(width, raw) : raw });
    }
    const underlying: IntType = wide
      ? { kind: 'int', name: row.flag ? 'long' : 'unsigned long', size: 8, signed: row.flag }
      : { kind: 'int', name: row.flag ? 'int' : 'unsigned int', size: 4, signed: row.flag };
    return { kind: 'enum', tag: row.name === '' ? null : row.name, enumerators, underlying };
  }

  private prototype(row: Row, depth: number): FunctionType {
    const params: { name: string | null; type: CType }[] = [];
    let variadic = false;
    for (let i = 0; i < row.count; i++) {
      const name = this.string(this.reader.u32(row.at + i * 8));
      const type = this.reader.u32(row.at + i * 8 + 4);
      if (type === 0 && i === row.count - 1) variadic = true;
      else params.push({ name: name === '' ? null : name, type: this.build(type, depth) });
    }
    return { kind: 'function', returns: this.build(row.sizeOrType, depth), params, variadic };
  }

  private fill(record: RecordType, row: Row, id: number): void {
    const members: Member[] = [];
    let align = 1;
    for (let i = 0; i < row.count; i++) {
      const at = row.at + i * 12;
      const type = this.build(this.reader.u32(at + 4), 0);
      const raw = this.reader.u32(at + 8);
      const width = row.flag ? raw >>> 24 : 0;
      const bits = row.flag ? raw & 0xff_ffff : raw;
      const name = this.string(this.reader.u32(at));
      const tags = this.tags.get(`${id}:${i}`);
      const unit = Math.max(1, sizeOf(type));
      const offset = width === 0 ? Math.floor(bits / 8) : Math.floor(bits / (unit * 8)) * unit;
      const natural = alignOf(type);
      if (offset % natural === 0) align = Math.max(align, natural);
      members.push({
        name: name === '' ? null : name,
        type,
        offset,
        ...(width === 0 ? {} : { bitOffset: bits - offset * 8, bitWidth: width }),
        ...(tags === undefined ? {} : { tags }),
      });
    }
    record.members = members;
    record.align = record.size % align === 0 ? align : 1;
  }

  /** Variables of a data section by its name; null when the section is not described. */
  sectionVariables(name: string): BtfVariable[] | null {
    const row = this.rows.find((candidate) => candidate.kind === BTF_KIND.DATASEC && candidate.name === name);
    if (row === undefined) return null;
    const found: BtfVariable[] = [];
    for (let i = 0; i < row.count; i++) {
      const at = row.at + i * 12;
      const id = this.reader.u32(at);
      const variable = this.rows[id - 1];
      const tags = this.tags.get(`${id}:-1`);
      if (variable === undefined || variable.kind !== BTF_KIND.VAR) continue;
      found.push({
        name: variable.name,
        type: this.type(variable.sizeOrType),
        offset: this.reader.u32(at + 4),
        size: this.reader.u32(at + 8),
        linkage: this.reader.u32(variable.at) === 0 ? 'static' : 'global',
        ...(tags === undefined ? {} : { tags }),
      });
    }
    return found;
  }

  /** A function by type id; null when the id is no function. */
  functionOf(id: number): BtfFunction | null {
    const row = this.rows[id - 1];
    if (row === undefined || row.kind !== BTF_KIND.FUNC) return null;
    const plain = this.type(row.sizeOrType);
    if (plain.kind !== 'function') return null;
    const type = this.withParameterTags(plain, id);
    return { name: row.name, type, linkage: row.count === 0 ? 'static' : row.count === 1 ? 'global' : 'extern' };
  }

  private withParameterTags(type: FunctionType, id: number): FunctionType {
    if (!type.params.some((_, i) => this.tags.has(`${id}:${i}`))) return type;
    const params = type.params.map((param, i) => {
      const tags = this.tags.get(`${id}:${i}`);
      return tags === undefined ? param : { ...param, tags };
    });
    return { ...type, params };
  }

  /** Functions that a section lists (`.ksyms`). */
  sectionFunctions(name: string): BtfFunction[] {
    const row = this.rows.find((candidate) => candidate.kind === BTF_KIND.DATASEC && candidate.name === name);
    const found: BtfFunction[] = [];
    for (let i = 0; row !== undefined && i < row.count; i++) {
      const fn = this.functionOf(this.reader.u32(row.at + i * 12));
      if (fn !== null) found.push(fn);
    }
    return found;
  }

  /** Ids of all structs and unions. */
  recordIds(): number[] {
    return this.rows.flatMap(({ kind }, i) => (kind === BTF_KIND.STRUCT || kind === BTF_KIND.UNION ? [i + 1] : []));
  }

  /** Number of types, without void. */
  get count(): number {
    return this.rows.length;
  }
}
