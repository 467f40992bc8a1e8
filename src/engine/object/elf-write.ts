// ProgramObject to a relocatable ELF64 object for BPF, laid out as clang lays out its own: a section for each program
// section, .maps, data sections, license, qdisc_profile, .BTF and .BTF.ext with line numbers, so that readelf, llvm-objdump
// and bpftool read it. Source text does not ride along. Knows nothing of compilation.

import { type CType, type FunctionType, INT, type RecordType, sizeOf } from '../abi/ctype.ts';
import { encode } from '../isa/codec.ts';
import { CORE_KIND, type CoreRecord, type SectionInfo, writeBtfExt } from './btf-ext.ts';
import { BtfWriter, type SectionVariable } from './btf-write.ts';
import { ByteWriter, StringTable } from './byte-writer.ts';
import {
  HEADER_BYTES,
  MACHINE_BPF,
  R_BPF,
  RELOCATION_BYTES,
  SECTION_FLAG,
  SECTION_TYPE,
  SYMBOL_BIND,
  SYMBOL_BYTES,
  SYMBOL_TYPE,
} from './elf-file.ts';
import type { ObjectFunction, ObjectMap, ProgramObject } from './program-object.ts';
import { type StructOpsSection, structOpsSections } from './struct-ops-section.ts';
import { encodeUtf8 } from './utf8.ts';
import { VARIABLE_SECTION, writeVariables } from './variable-section.ts';

interface OutSymbol {
  readonly name: string;
  readonly value: number;
  readonly size: number;
  readonly type: number;
  readonly bind: number;
  readonly section: number;
}

interface OutSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly align: number;
  data: Uint8Array;
  /** Bytes it has when loaded; differs from the data for NOBITS. */
  size: number;
  relocations: { readonly offset: number; readonly type: number; readonly symbol: string }[];
}

const SLOT_BYTES = 8;
const MAP_DEFINITION_BYTES = 8;
/** Externs that the kernel's configuration fills in; no section of the file. */
const SETTINGS_SECTION = '.kconfig';

/** `__uint(name, n)`: a pointer to an array of n integers. */
const uintMember = (value: number): CType => ({ kind: 'pointer', to: { kind: 'array', of: INT, length: value } });

/** A function whose type is not known. */
const UNTYPED: FunctionType = { kind: 'function', returns: INT, params: [], variadic: false };

/** The struct that a BTF-style map definition has (libbpf's bpf_helpers.h, __uint and __type). */
function mapDefinition(map: ObjectMap): RecordType {
  const fields: (readonly [string, CType])[] = [['type', uintMember(map.type)]];
  if (map.maxEntries !== 0) fields.push(['max_entries', uintMember(map.maxEntries)]);
  if (map.keyType !== null) fields.push(['key', { kind: 'pointer', to: map.keyType }]);
  else if (map.keySize !== 0) fields.push(['key_size', uintMember(map.keySize)]);
  if (map.valueType !== null) fields.push(['value', { kind: 'pointer', to: map.valueType }]);
  else if (map.valueSize !== 0) fields.push(['value_size', uintMember(map.valueSize)]);
  if (map.flags !== 0) fields.push(['map_flags', uintMember(map.flags)]);
  if (map.pinning !== 0) fields.push(['pinning', uintMember(map.pinning)]);
  // Last: libbpf wants nothing behind it, and the slots stand there.
  const inner = map.inner === null ? UNTYPED : mapDefinition(map.inner);
  if (map.inner !== null || map.slots !== undefined)
    fields.push(['values', { kind: 'array', of: { kind: 'pointer', to: inner }, length: 0 }]);
  const size = fields.reduce((sum, [, type]) => sum + sizeOf(type), 0);
  const members = fields.map(([name, type], i) => ({ name, type, offset: i * MAP_DEFINITION_BYTES }));
  return { kind: 'struct', tag: null, members, size, align: 8 };
}

class ObjectWriter {
  private readonly object: ProgramObject;
  private readonly sections: OutSection[] = [];
  private readonly symbols: OutSymbol[] = [];
  private readonly btf = new BtfWriter();
  private readonly info: SectionInfo[] = [];
  /** Byte offset of each function in its section, by index. */
  private readonly starts: number[] = [];

  constructor(object: ProgramObject) {
    this.object = object;
  }

  private section(name: string, type: number, flags: number, align: number, data: Uint8Array, size = data.length): number {
    this.sections.push({ name, type, flags, align, data, size, relocations: [] });
    return this.sections.length;
  }

  private symbol(name: string, value: number, size: number, type: number, bind: number, section: number): void {
    this.symbols.push({ name, value, size, type, bind, section });
  }

  /** Name by which relocations refer to the start of a section. */
  private static anchor(section: string): string {
    return `section ${section}`;
  }

  write(): Uint8Array {
    const names = [...new Set(this.object.functions.map((fn) => fn.section))];
    const lengths = new Map<string, number>();
    this.object.functions.forEach(({ section, code }, index) => {
      const start = lengths.get(section) ?? 0;
      this.starts[index] = start;
      lengths.set(section, start + code.length * SLOT_BYTES);
    });
    for (const name of names) this.programSection(name);
    this.mapSection();
    for (const map of this.object.maps)
      if (map.data !== null && map.data.section !== SETTINGS_SECTION) this.dataSection(map, map.data);
    for (const section of structOpsSections(this.object.structOps, this.object.types)) this.structOpsSection(section);
    this.externs();
    this.text('license', '_license', this.object.license);
    // The .struct_ops section says it already, and libbpf need not meet a section it does not know.
    if (this.object.profile !== null && this.object.profile !== 'struct_ops')
      this.text('qdisc_profile', '_qdisc_profile', this.object.profile);
    this.variables();
    const ext = writeBtfExt(this.btf, this.info);
    this.section('.BTF', SECTION_TYPE.PROGBITS, 0, 4, this.btf.finish());
    this.section('.BTF.ext', SECTION_TYPE.PROGBITS, 0, 4, ext);
    return this.assemble();
  }

  private programSection(name: string): void {
    const own = this.object.functions.filter((fn) => fn.section === name);
    const code = new ByteWriter();
    const index = this.section(name, SECTION_TYPE.PROGBITS, SECTION_FLAG.ALLOC | SECTION_FLAG.EXEC, 8, new Uint8Array(0));
    const core: CoreRecord[] = [];
    const functions: { offset: number; type: number }[] = [];
    const lines: { offset: number; file: string; line: number; column: number }[] = [];
    this.symbol(ObjectWriter.anchor(name), 0, 0, SYMBOL_TYPE.SECTION, SYMBOL_BIND.LOCAL, index);
    for (const fn of own) {
      const start = code.length;
      code.raw(this.codeOf(fn, start, core));
      const bind = fn.linkage === 'global' ? SYMBOL_BIND.GLOBAL : SYMBOL_BIND.LOCAL;
      this.symbol(fn.name, start, code.length - start, SYMBOL_TYPE.FUNC, bind, index);
      const type = fn.type !== null && fn.type.kind === 'function' ? fn.type : UNTYPED;
      functions.push({ offset: start, type: this.btf.function(fn.name, type, fn.linkage) });
      for (const line of fn.lines) {
        const file = this.object.files[line.file]?.path ?? '';
        lines.push({ offset: start + line.slot * 8, file, line: line.line, column: line.column });
      }
      this.codeRelocations(fn, start, index);
    }
    const section = this.sections[index - 1];
    if (section !== undefined) {
      section.data = code.finish();
      section.size = section.data.length;
    }
    this.info.push({ section: name, functions, lines, core });
  }

  /** Code with the fields that relocations fill in as clang leaves them. */
  private codeOf(fn: ObjectFunction, start: number, core: CoreRecord[]): Uint8Array {
    const code = { ...fn.code, src: fn.code.src.slice(), imm: fn.code.imm.slice() };
    for (const relocation of fn.relocations) {
      const slot = relocation.slot;
      switch (relocation.kind) {
        case 'map':
          code.src[slot] = 0;
          code.imm[slot] = 0;
          break;
        case 'function-address':
          code.src[slot] = 0;
          // A static function is named by its section and its first byte: libbpf finds it in no other way.
          code.imm[slot] = this.isStatic(relocation.target) ? (this.starts[relocation.target] ?? 0) : 0;
          break;
        case 'map-value':
          code.src[slot] = 0;
          code.imm[slot] = this.object.maps[relocation.target]?.data?.section === SETTINGS_SECTION ? 0 : relocation.addend;
          code.imm[slot + 1] = 0;
          break;
        case 'type-id': {
          const type = this.btf.type(this.object.types[relocation.target] ?? INT);
          code.imm[slot] = type;
          core.push({ offset: start + slot * 8, type, access: '0', kind: CORE_KIND.TYPE_ID_LOCAL });
          break;
        }
        case 'core': {
          const type = this.btf.type(this.object.types[relocation.target] ?? INT);
          core.push({ offset: start + slot * SLOT_BYTES, type, access: relocation.access, kind: relocation.what });
          break;
        }
        default:
          code.src[slot] = 1;
          code.imm[slot] = -1;
      }
    }
    return encode(code);
  }

  private codeRelocations(fn: ObjectFunction, start: number, section: number): void {
    const list = this.sections[section - 1]?.relocations;
    if (list === undefined) return;
    for (const relocation of fn.relocations) {
      const offset = start + relocation.slot * 8;
      if (relocation.kind === 'type-id' || relocation.kind === 'core') continue;
      if (relocation.kind === 'map-value' && this.object.maps[relocation.target]?.data?.section === SETTINGS_SECTION) {
        const name = this.settingAt(relocation.target, relocation.addend);
        list.push({ offset, type: R_BPF.INSN_64, symbol: name });
        continue;
      }
      if (relocation.kind === 'kfunc') {
        list.push({ offset, type: R_BPF.CALL_32, symbol: relocation.name });
        if (!this.symbols.some((symbol) => symbol.name === relocation.name && symbol.section === 0)) {
          const weak = this.object.kernelFunctions.some((declared) => declared.name === relocation.name && declared.weak);
          this.symbol(relocation.name, 0, 0, SYMBOL_TYPE.NOTYPE, weak ? SYMBOL_BIND.WEAK : SYMBOL_BIND.GLOBAL, 0);
        }
        continue;
      }
      if (relocation.kind === 'map' || relocation.kind === 'map-value') {
        const map = this.object.maps[relocation.target];
        const symbol = map === undefined || map.data === null ? (map?.name ?? '') : ObjectWriter.anchor(map.data.section);
        list.push({ offset, type: R_BPF.INSN_64, symbol });
        continue;
      }
      const target = this.object.functions[relocation.target];
      if (relocation.kind === 'function-address' && this.isStatic(relocation.target))
        list.push({ offset, type: R_BPF.INSN_64, symbol: ObjectWriter.anchor(target?.section ?? '') });
      else
        list.push({ offset, type: relocation.kind === 'function' ? R_BPF.CALL_32 : R_BPF.INSN_64, symbol: target?.name ?? '' });
    }
  }

  private isStatic(index: number): boolean {
    return this.object.functions[index]?.linkage === 'static';
  }

  private mapSection(): void {
    const maps = this.object.maps.filter((map) => map.data === null);
    if (maps.length === 0) return;
    const variables: SectionVariable[] = [];
    const index = this.sections.length + 1;
    let offset = 0;
    const slots: OutSection['relocations'] = [];
    for (const map of maps) {
      const type = mapDefinition(map);
      const count = Math.max(0, ...(map.slots ?? []).map((slot) => slot.index + 1));
      const size = type.size + count * MAP_DEFINITION_BYTES;
      variables.push({ name: map.name, type, offset, size, linkage: 'global' });
      this.symbol(map.name, offset, size, SYMBOL_TYPE.OBJECT, SYMBOL_BIND.GLOBAL, index);
      for (const { index: at, kind, target } of map.slots ?? []) {
        const symbol = (kind === 'map' ? this.object.maps[target] : this.object.functions[target])?.name ?? '';
        slots.push({ offset: offset + type.size + at * MAP_DEFINITION_BYTES, type: R_BPF.ABS64, symbol });
      }
      offset += size;
    }
    this.section('.maps', SECTION_TYPE.PROGBITS, SECTION_FLAG.ALLOC | SECTION_FLAG.WRITE, 8, new Uint8Array(offset));
    this.sections[index - 1]?.relocations.push(...slots);
    this.btf.dataSection('.maps', offset, variables);
  }

  private dataSection(map: ObjectMap, data: NonNullable<ObjectMap['data']>): void {
    const empty = data.section === '.bss' || data.section.startsWith('.bss.');
    const flags = SECTION_FLAG.ALLOC | (data.readOnly ? 0 : SECTION_FLAG.WRITE);
    const bytes = data.bytes.slice();
    const view = new DataView(bytes.buffer);
    for (const { offset, addend } of data.relocations) view.setUint32(offset, addend, true);
    const type = empty ? SECTION_TYPE.NOBITS : SECTION_TYPE.PROGBITS;
    const index = this.section(data.section, type, flags, 8, empty ? new Uint8Array(0) : bytes, map.valueSize);
    this.symbol(ObjectWriter.anchor(data.section), 0, 0, SYMBOL_TYPE.SECTION, SYMBOL_BIND.LOCAL, index);
    for (const { offset, target } of data.relocations) {
      const to = this.object.maps[target];
      const symbol = to === undefined || to.data === null ? (to?.name ?? '') : ObjectWriter.anchor(to.data.section);
      this.sections[index - 1]?.relocations.push({ offset, type: R_BPF.ABS64, symbol });
    }
    for (const variable of data.variables) {
      const bind = variable.linkage === 'global' ? SYMBOL_BIND.GLOBAL : SYMBOL_BIND.LOCAL;
      this.symbol(variable.name, variable.offset, variable.size, SYMBOL_TYPE.OBJECT, bind, index);
    }
    this.btf.dataSection(data.section, map.valueSize, data.variables);
  }

  /** Name of the setting whose bytes hold an address inside `.kconfig`. */
  private settingAt(map: number, offset: number): string {
    const found = this.object.kernelSettings.find(
      (one) => one.map === map && offset >= one.offset && offset < one.offset + Math.max(1, sizeOf(one.type)),
    );
    return found?.name ?? '';
  }

  private structOpsSection({ name, bytes, variables, pointers }: StructOpsSection): void {
    const index = this.section(name, SECTION_TYPE.PROGBITS, SECTION_FLAG.ALLOC | SECTION_FLAG.WRITE, 8, bytes);
    for (const { name: variable, offset, size } of variables)
      this.symbol(variable, offset, size, SYMBOL_TYPE.OBJECT, SYMBOL_BIND.GLOBAL, index);
    for (const { offset, function: target } of pointers) {
      const symbol = this.object.functions[target]?.name ?? '';
      this.sections[index - 1]?.relocations.push({ offset, type: R_BPF.ABS64, symbol });
    }
    this.btf.dataSection(name, bytes.length, variables);
  }

  /** Kernel functions and settings: undefined symbols, with their types in BTF. */
  private externs(): void {
    const typed = this.object.kernelFunctions.flatMap(({ name, type }) => (type === null ? [] : { name, type }));
    if (typed.length > 0) this.btf.externFunctions('.ksyms', typed);
    const settings = this.object.kernelSettings;
    if (settings.length === 0) return;
    for (const { name, weak } of settings)
      this.symbol(name, 0, 0, SYMBOL_TYPE.NOTYPE, weak ? SYMBOL_BIND.WEAK : SYMBOL_BIND.GLOBAL, 0);
    this.btf.dataSection(
      SETTINGS_SECTION,
      0,
      settings.map(({ name, type }) => ({ name, type, offset: 0, size: sizeOf(type), linkage: 'extern' })),
    );
  }

  /** For the debugger; before BTF is finished, which holds the types. */
  private variables(): void {
    const tables = this.object.functions.flatMap(({ section, variables }, index) => {
      if (variables === undefined || variables.variables.length === 0) return [];
      return [{ section, slot: (this.starts[index] ?? 0) / SLOT_BYTES, table: variables }];
    });
    if (tables.length === 0) return;
    const pathOf = (file: number): string => this.object.files[file]?.path ?? '';
    const data = writeVariables(tables, (type) => this.btf.type(type), pathOf);
    this.section(VARIABLE_SECTION, SECTION_TYPE.PROGBITS, 0, 1, data);
  }

  private text(section: string, variable: string, value: string): void {
    const data = encodeUtf8(`${value}\0`);
    const index = this.section(section, SECTION_TYPE.PROGBITS, SECTION_FLAG.ALLOC | SECTION_FLAG.WRITE, 1, data);
    this.symbol(variable, 0, data.length, SYMBOL_TYPE.OBJECT, SYMBOL_BIND.GLOBAL, index);
  }

  /** Symbols in file order: local ones first, as ELF demands. */
  private assemble(): Uint8Array {
    const ordered = [
      ...this.symbols.filter((symbol) => symbol.bind === SYMBOL_BIND.LOCAL),
      ...this.symbols.filter((symbol) => symbol.bind !== SYMBOL_BIND.LOCAL),
    ];
    const numbers = new Map<string, number>();
    ordered.forEach((symbol, i) => {
      if (!numbers.has(symbol.name)) numbers.set(symbol.name, i + 1);
    });
    const locals = ordered.filter((symbol) => symbol.bind === SYMBOL_BIND.LOCAL).length + 1;
    const strings = new StringTable();
    const table = new ByteWriter().raw(new Uint8Array(SYMBOL_BYTES));
    for (const symbol of ordered) {
      table.u32(symbol.type === SYMBOL_TYPE.SECTION ? 0 : strings.offset(symbol.name));
      table
        .u8((symbol.bind << 4) | symbol.type)
        .u8(0)
        .u16(symbol.section)
        .u64(symbol.value)
        .u64(symbol.size);
    }
    return this.layOut(table.finish(), locals, strings, numbers);
  }

  private layOut(symbols: Uint8Array, locals: number, strings: StringTable, numbers: ReadonlyMap<string, number>): Uint8Array {
    const out = new ByteWriter().raw(new Uint8Array(HEADER_BYTES));
    const heads: {
      name: number;
      type: number;
      flags: number;
      at: number;
      size: number;
      link: number;
      info: number;
      align: number;
      entry: number;
    }[] = [];
    const place = (
      name: string,
      type: number,
      flags: number,
      align: number,
      data: Uint8Array,
      size: number,
      link = 0,
      info = 0,
      entry = 0,
    ): void => {
      out.align(align);
      heads.push({ name: strings.offset(name), type, flags, at: out.length, size, link, info, align, entry });
      out.raw(data);
    };
    const withRelocations = this.sections
      .map((section, i) => ({ section, index: i + 1 }))
      .filter(({ section }) => section.relocations.length > 0);
    const symbolTable = this.sections.length + withRelocations.length + 1;
    for (const section of this.sections)
      place(section.name, section.type, section.flags, section.align, section.data, section.size);
    for (const { section, index } of withRelocations) {
      const rows = new ByteWriter();
      for (const relocation of [...section.relocations].sort((a, b) => a.offset - b.offset)) {
        rows
          .u64(relocation.offset)
          .u32(relocation.type)
          .u32(numbers.get(relocation.symbol) ?? 0);
      }
      place(`.rel${section.name}`, SECTION_TYPE.REL, 0, 8, rows.finish(), rows.length, symbolTable, index, RELOCATION_BYTES);
    }
    place('.symtab', SECTION_TYPE.SYMTAB, 0, 8, symbols, symbols.length, symbolTable + 1, locals, SYMBOL_BYTES);
    strings.offset('.strtab');
    const text = strings.finish();
    place('.strtab', SECTION_TYPE.STRTAB, 0, 1, text, text.length);
    out.align(8);
    const tableAt = out.length;
    out.raw(new Uint8Array(64));
    for (const head of heads) {
      out.u32(head.name).u32(head.type).u64(head.flags).u64(0).u64(head.at).u64(head.size);
      out.u32(head.link).u32(head.info).u64(head.align).u64(head.entry);
    }
    const bytes = out.finish();
    bytes.set(elfHeader(tableAt, heads.length + 1, symbolTable + 1), 0);
    return bytes;
  }
}

function elfHeader(tableAt: number, count: number, names: number): Uint8Array {
  return new ByteWriter()
    .raw(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    .u16(1)
    .u16(MACHINE_BPF)
    .u32(1)
    .u64(0)
    .u64(0)
    .u64(tableAt)
    .u32(0)
    .u16(HEADER_BYTES)
    .u16(0)
    .u16(0)
    .u16(64)
    .u16(count)
    .u16(names)
    .finish();
}

/** The object as an ELF file: relocatable, EM_BPF, little endian. */
export const writeObject = (object: ProgramObject): Uint8Array => new ObjectWriter(object).write();
