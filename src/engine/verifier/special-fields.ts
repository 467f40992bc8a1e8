// Fields of structures that only the kernel may touch: locks, list heads and nodes, tree roots and nodes, reference counts,
// timers, pointers the structure owns (Linux kernel/bpf/btf.c, btf_parse_fields). Knows nothing of programs or states.

import { bare, type CType, type Member, type RecordType, sizeOf } from '../abi/ctype.ts';
import { kernelStruct } from '../abi/kernel-structs.ts';
import type { ObjectMap } from '../object/program-object.ts';

const SPECIAL_STRUCTS = [
  'bpf_spin_lock',
  'bpf_res_spin_lock',
  'bpf_list_head',
  'bpf_list_node',
  'bpf_rb_root',
  'bpf_rb_node',
  'bpf_refcount',
  'bpf_timer',
  'bpf_wq',
] as const;
export type SpecialKind = (typeof SPECIAL_STRUCTS)[number] | 'kptr';

export interface SpecialField {
  readonly kind: SpecialKind;
  readonly offset: number;
  readonly size: number;
  /** Structure a kptr points to, or whose nodes a list or tree holds; looked up late, since structures refer to each other. */
  readonly target: () => StructInfo | null;
  /** Where in {@link target} the node of a list or tree is. */
  readonly nodeOffset: number;
  /** A kptr that owns nothing (`__kptr_untrusted`). */
  readonly unowned: boolean;
}

/** A structure as the verifier knows it. */
export interface StructInfo {
  readonly name: string;
  readonly layout: RecordType;
  /** One of the kernel's own, not the program's. */
  readonly ofKernel: boolean;
  /** Empty when the structure has none or when they do not make sense together. */
  readonly fields: readonly SpecialField[];
  /** Why the kernel refuses the structure's special fields; null when it does not. */
  readonly problem: string | null;
}

/** Map types that can hold special fields: hash, array, LRU hash. */
const MAPS_WITH_FIELDS: readonly number[] = [1, 2, 9];
/** Special fields in one structure or map value (BTF_FIELDS_MAX). */
const FIELD_LIMIT = 11;

interface Found {
  readonly fields: SpecialField[];
  problem: string | null;
}

const isSpecial = (tag: string | null): tag is (typeof SPECIAL_STRUCTS)[number] =>
  tag !== null && SPECIAL_STRUCTS.some((known) => known === tag);

/** Type tags of a pointer, on the pointer or on what it points to. */
function tagsOfPointer(type: CType): readonly string[] {
  const tags: string[] = [];
  let current = type;
  for (;;) {
    if (current.kind === 'qualified') {
      tags.push(...(current.qualifiers.tags ?? []));
      current = current.of;
    } else if (current.kind === 'typedef') current = current.of;
    else if (current.kind === 'pointer') {
      let to = current.to;
      while (to.kind === 'qualified' || to.kind === 'typedef') {
        if (to.kind === 'qualified') tags.push(...(to.qualifiers.tags ?? []));
        to = to.of;
      }
      return tags;
    } else return tags;
  }
}

/** The structures of one program, by tag: the kernel's where it has one of that name, else the program's own. */
export class StructTable {
  private readonly known = new Map<string | RecordType, StructInfo>();
  private readonly ofMaps = new Map<ObjectMap, Pick<StructInfo, 'fields' | 'problem'>>();
  private readonly local = new Map<string, RecordType>();
  private readonly declared = new Map<string, RecordType>();

  /** `types`: the program's own type table; `declared`: every type its functions and maps mention. */
  constructor(types: readonly CType[], declared: readonly CType[]) {
    for (const type of types) this.collect(type, this.local, 0);
    for (const type of declared) this.collect(type, this.declared, 0);
  }

  private collect(type: CType, into: Map<string, RecordType>, depth: number): void {
    const t = bare(type);
    if (depth > 12) return;
    if (t.kind === 'pointer') this.collect(t.to, into, depth + 1);
    else if (t.kind === 'array') this.collect(t.of, into, depth + 1);
    else if (t.kind === 'function') {
      this.collect(t.returns, into, depth + 1);
      for (const param of t.params) this.collect(param.type, into, depth + 1);
    } else if (t.kind === 'struct' || t.kind === 'union') {
      if (t.members === null || (t.tag !== null && into.has(t.tag))) return;
      if (t.tag !== null) into.set(t.tag, t);
      for (const member of t.members) this.collect(member.type, into, depth + 1);
    }
  }

  /** A structure of the kernel; the program's own declaration gives the layout where there is one. */
  ofKernel(tag: string): StructInfo | null {
    const found = this.known.get(tag);
    if (found !== undefined) return found;
    const layout = this.declared.get(tag) ?? this.local.get(tag) ?? kernelStruct(tag);
    if (layout === null || layout === undefined) return null;
    const info: StructInfo = { name: tag, layout, ofKernel: true, fields: [], problem: null };
    this.known.set(tag, info);
    return info;
  }

  /** The structure behind a record type: the kernel's when it has one of that name. */
  of(record: RecordType): StructInfo | null {
    if (record.tag !== null && kernelStruct(record.tag) !== null) return this.ofKernel(record.tag);
    const layout = record.members !== null ? record : record.tag === null ? null : (this.local.get(record.tag) ?? null);
    if (layout === null) return record.tag === null ? null : this.incomplete(record);
    const key = layout.tag ?? layout;
    const before = this.known.get(key);
    if (before !== undefined) return before;
    const found: Found = { fields: [], problem: null };
    this.parseMembers(layout.members ?? [], 0, found);
    const checked = this.check(found);
    const info: StructInfo = { name: layout.tag ?? '(anon)', layout, ofKernel: false, ...checked };
    this.known.set(key, info);
    return info;
  }

  /** A structure only known by name: one of the kernel's that the playground has no layout of. */
  private incomplete(record: RecordType): StructInfo {
    const key = record.tag ?? record;
    const before = this.known.get(key);
    if (before !== undefined) return before;
    const info: StructInfo = { name: record.tag ?? '(anon)', layout: record, ofKernel: true, fields: [], problem: null };
    this.known.set(key, info);
    return info;
  }

  /** Special fields of a map's value, or of a data section's variables. */
  ofMap(map: ObjectMap): Pick<StructInfo, 'fields' | 'problem'> {
    const before = this.ofMaps.get(map);
    if (before !== undefined) return before;
    const found: Found = { fields: [], problem: null };
    if (map.data !== null) {
      for (const variable of map.data.variables) this.parseType(variable.type, variable.offset, variable.tags ?? [], found);
    } else if (map.valueType !== null) this.parseType(map.valueType, 0, [], found);
    if (found.fields.length > 0 && !MAPS_WITH_FIELDS.includes(map.type))
      found.problem ??= 'a map that cannot hold special fields';
    const checked = this.check(found);
    this.ofMaps.set(map, checked);
    return checked;
  }

  /** Structures of the program whose special fields the kernel refuses when it reads the type table. */
  refused(): string | null {
    for (const record of this.local.values()) {
      const info = kernelStruct(record.tag ?? '') === null ? this.of(record) : null;
      if (info?.problem === 'nodes without a reference count') return info.name;
    }
    return null;
  }

  private parseMembers(members: readonly Member[], base: number, found: Found): void {
    for (const member of members) this.parseType(member.type, base + member.offset, member.tags ?? [], found);
  }

  private parseType(type: CType, offset: number, tags: readonly string[], found: Found): void {
    const t = bare(type);
    if (t.kind === 'array') {
      const count = Math.min(t.length ?? 0, FIELD_LIMIT + 1);
      for (let i = 0; i < count; i++) this.parseType(t.of, offset + i * sizeOf(t.of), tags, found);
    } else if (t.kind === 'pointer') this.parsePointer(type, offset, found);
    else if (t.kind === 'struct') {
      if (isSpecial(t.tag)) this.addStruct(t.tag, offset, sizeOf(t), tags, found);
      else this.parseMembers(t.members ?? [], offset, found);
    }
  }

  private parsePointer(type: CType, offset: number, found: Found): void {
    const tags = tagsOfPointer(type);
    const owned = tags.includes('kptr');
    if (!owned && !tags.includes('kptr_untrusted')) return;
    const t = bare(type);
    const pointee = t.kind === 'pointer' ? bare(t.to) : null;
    if (pointee === null || pointee.kind !== 'struct') {
      found.problem = 'a kptr to something that is no structure';
      return;
    }
    found.fields.push({
      kind: 'kptr',
      offset,
      size: 8,
      target: () => this.of(pointee),
      nodeOffset: 0,
      unowned: !owned,
    });
  }

  private addStruct(
    kind: Exclude<SpecialKind, 'kptr'>,
    offset: number,
    size: number,
    tags: readonly string[],
    found: Found,
  ): void {
    const plain = { kind, offset, size, target: () => null, nodeOffset: 0, unowned: false };
    if (kind !== 'bpf_list_head' && kind !== 'bpf_rb_root') {
      found.fields.push(plain);
      return;
    }
    const contains = tags.find((tag) => tag.startsWith('contains:'))?.split(':') ?? [];
    const record = this.local.get(contains[1] ?? '');
    const member = record?.members?.find((item) => item.name === contains[2]);
    const wanted = kind === 'bpf_list_head' ? 'bpf_list_node' : 'bpf_rb_node';
    const nodeType = member === undefined ? null : bare(member.type);
    if (record === undefined || member === undefined || nodeType?.kind !== 'struct' || nodeType.tag !== wanted) {
      found.problem = 'a list or tree that does not say what it contains';
      return;
    }
    found.fields.push({ ...plain, target: () => this.of(record), nodeOffset: member.offset });
  }

  private check(found: Found): Pick<StructInfo, 'fields' | 'problem'> {
    const { fields } = found;
    const count = (kind: SpecialKind): number => fields.filter((field) => field.kind === kind).length;
    let problem = found.problem;
    const locks = count('bpf_spin_lock') + count('bpf_res_spin_lock');
    const roots = count('bpf_list_head') + count('bpf_rb_root');
    if (fields.length > FIELD_LIMIT) problem ??= 'too many special fields';
    if (locks > 1 || count('bpf_timer') > 1 || count('bpf_wq') > 1 || count('bpf_refcount') > 1)
      problem ??= 'two of a kind that may be there once';
    if (roots > 0 && locks === 0) problem ??= 'a list or tree without a lock';
    if (count('bpf_list_node') > 0 && count('bpf_rb_node') > 0 && count('bpf_refcount') === 0)
      problem ??= 'nodes without a reference count';
    return problem === null ? { fields, problem } : { fields: [], problem };
  }
}

/** The special field at exactly this offset, or null. */
export const specialFieldAt = (fields: readonly SpecialField[], offset: number, kind: SpecialKind): SpecialField | null =>
  fields.find((field) => field.kind === kind && field.offset === offset) ?? null;

/** The first special field that bytes [offset, offset + size) touch. */
export const specialFieldTouched = (fields: readonly SpecialField[], offset: number, size: number): SpecialField | null =>
  fields.find((field) => offset < field.offset + field.size && field.offset < offset + size) ?? null;
