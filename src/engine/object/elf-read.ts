// Relocatable ELF objects, clang's and our own, to ProgramObject: programs and functions from executable sections, maps
// from .maps by BTF, data sections as array maps, as libbpf does it. Anything else in the file is left alone. Never throws:
// what cannot be read becomes a diagnostic. Knows nothing of verification.

import { bare, type CType, sizeOf, VOID } from '../abi/ctype.ts';
import { KERNEL_SETTINGS } from '../abi/kernel-settings.ts';
import { PROFILE_IDS, type ProfileId } from '../abi/profile.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import { type Code, decode, emptyCode } from '../isa/codec.ts';
import { CORE_KIND, readBtfExt, type SectionInfo } from './btf-ext.ts';
import { ARRAY_MAP_NUMBER, type DefinedMap, mapsFromBtf } from './btf-maps.ts';
import { type BtfFunction, BtfReader } from './btf-read.ts';
import {
  type ElfFile,
  type ElfRelocation,
  type ElfSection,
  type ElfSymbol,
  R_BPF,
  readElf,
  SECTION_FLAG,
  SECTION_TYPE,
  SYMBOL_BIND,
  SYMBOL_TYPE,
} from './elf-file.ts';
import type {
  DataRelocation,
  KernelFunction,
  KernelSetting,
  LineEntry,
  MapSlot,
  ObjectFile,
  ObjectFunction,
  ObjectMap,
  ProgramObject,
  Relocation,
  StructOpsVariable,
} from './program-object.ts';
import { structOpsMembers } from './struct-ops-section.ts';
import { decodeUtf8 } from './utf8.ts';
import { type FunctionVariables, readVariables, VARIABLE_SECTION } from './variable-section.ts';

export interface ReadResult {
  readonly object: ProgramObject | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** BPF_F_RDONLY_PROG and BPF_F_MMAPABLE as libbpf sets them on data maps: only the first matters here. */
const RDONLY_PROG = 128;
/** Largest data section read. */
const DATA_LIMIT = 16 * 1024 * 1024;
const DATA_NAMES = /^\.(data|bss|rodata)(\..*)?$/;

interface FunctionPlace {
  readonly name: string;
  readonly section: number;
  readonly start: number;
  readonly end: number;
  readonly linkage: 'global' | 'static';
}

class ObjectReader {
  private readonly elf: ElfFile;
  private readonly name: string;
  private readonly diagnostics: Diagnostic[] = [];
  private readonly btf: BtfReader | null;
  private readonly info = new Map<string, SectionInfo>();
  private readonly files: ObjectFile[] = [];
  private places: FunctionPlace[] = [];
  private maps: ObjectMap[] = [];
  /** Map index by section index (data sections) and by symbol place (`.maps`). */
  private readonly mapOfSection = new Map<number, number>();
  private readonly mapAt = new Map<number, number>();
  private mapSection = -1;
  private readonly types: CType[] = [];
  /** Index into `types` by BTF id. */
  private readonly typeIndex = new Map<number, number>();
  private readonly settings: KernelSetting[] = [];

  constructor(elf: ElfFile, name: string) {
    this.elf = elf;
    this.name = name;
    const btf = this.relocatedSection('.BTF');
    const reader = btf === null ? null : new BtfReader(btf);
    this.btf = reader?.ok === true ? reader : null;
    if (reader !== null && !reader.ok) this.problem('elf-btf', 'the .BTF section cannot be read: maps and types are missing');
    const ext = this.relocatedSection('.BTF.ext');
    const strings = this.btf;
    if (ext === null || strings === null) return;
    for (const info of readBtfExt(ext, (offset) => strings.string(offset))) this.info.set(info.section, info);
  }

  private problem(code: string, message: string, severity: 'error' | 'warning' = 'error'): void {
    this.diagnostics.push({ severity, code, message: `${this.name}: ${message}`, span: null, notes: [] });
  }

  /** A section's bytes with 32-bit relocations of its own applied (clang leaves offsets in BTF to be filled in). */
  private relocatedSection(name: string): Uint8Array | null {
    const section = this.elf.sections.find((candidate) => candidate.name === name);
    if (section === undefined) return null;
    const bytes = section.data.slice();
    const view = new DataView(bytes.buffer);
    for (const { offset, type, symbol } of this.elf.relocations.get(section.index) ?? []) {
      if ((type === R_BPF.ABS32 || type === R_BPF.NODYLD32) && offset + 4 <= bytes.length) {
        view.setUint32(offset, view.getUint32(offset, true) + symbol.value, true);
      }
    }
    return bytes;
  }

  read(): ReadResult {
    this.findFunctions();
    this.readDefinedMaps();
    this.readData();
    this.readSettings();
    if (this.sectionsOfOps().length > 0) this.readTypes();
    const variables = this.readVariables();
    const functions = this.places.map((place) => this.readFunction(place, variables));
    if (functions.length === 0) this.problem('elf-no-code', 'the object holds no functions');
    const failed = this.diagnostics.some((diagnostic) => diagnostic.severity === 'error');
    const object: ProgramObject = {
      name: this.name,
      profile: this.profile(),
      license: this.textSection('license') ?? '',
      files: this.files,
      functions,
      maps: this.maps,
      structOps: this.readStructOps(),
      types: this.types,
      kernelFunctions: this.readKernelFunctions(),
      kernelSettings: this.settings,
    };
    return { object: failed ? null : object, diagnostics: this.diagnostics };
  }

  private textSection(name: string): string | null {
    const section = this.elf.sections.find((candidate) => candidate.name === name);
    if (section === undefined) return null;
    const end = section.data.indexOf(0);
    return decodeUtf8(end < 0 ? section.data : section.data.subarray(0, end));
  }

  private profile(): ProfileId | null {
    const text = this.textSection('qdisc_profile');
    if (text === null) {
      return this.elf.sections.some((section) => section.name.startsWith('.struct_ops')) ? 'struct_ops' : null;
    }
    const found = PROFILE_IDS.find((id) => id === text);
    if (found === undefined) this.problem('elf-profile', `unknown profile "${text}"; known: ${PROFILE_IDS.join(', ')}`);
    return found ?? null;
  }

  private isCode(section: ElfSection | undefined): boolean {
    return (
      section !== undefined &&
      section.type === SECTION_TYPE.PROGBITS &&
      (section.flags & SECTION_FLAG.EXEC) !== 0 &&
      section.size > 0
    );
  }

  private findFunctions(): void {
    const starts = this.elf.symbols.filter(
      (symbol) => symbol.type === SYMBOL_TYPE.FUNC && this.isCode(this.elf.sections[symbol.section]),
    );
    const ordered = [...starts].sort((a, b) => a.section - b.section || a.value - b.value);
    this.places = ordered.map((symbol, i) => {
      const size = this.elf.sections[symbol.section]?.size ?? 0;
      const next = ordered[i + 1];
      const end = next !== undefined && next.section === symbol.section ? next.value : size;
      return {
        name: symbol.name,
        section: symbol.section,
        start: symbol.value,
        end: symbol.size > 0 ? Math.min(end, symbol.value + symbol.size) : end,
        linkage: symbol.bind === SYMBOL_BIND.LOCAL ? 'static' : 'global',
      };
    });
    for (const place of this.places) {
      const size = this.elf.sections[place.section]?.data.length ?? 0;
      if (place.start % 8 !== 0 || place.end % 8 !== 0 || place.end > size || place.end <= place.start) {
        this.problem('elf-function', `function ${place.name} does not lie on whole instructions of its section`);
      }
    }
  }

  private readDefinedMaps(): void {
    const section = this.elf.sections.find((candidate) => candidate.name === '.maps');
    if (section === undefined) return;
    this.mapSection = section.index;
    const variables = this.btf?.sectionVariables('.maps') ?? null;
    if (variables === null) {
      this.problem('elf-maps', 'maps are defined but there is no BTF for them (compile with clang -g)');
      return;
    }
    const defined = mapsFromBtf(variables, (name) => this.symbolValue(section.index, name));
    for (const { map, offset, problems } of defined) {
      for (const message of problems) this.problem('elf-map-definition', message);
      this.mapAt.set(offset, this.maps.length);
      this.maps.push(map);
    }
    this.readSlots(section, defined);
  }

  /** Relocations of `.maps` fill slots: with the address of a map, or of a program (libbpf, bpf_object__collect_map_relos). */
  private readSlots(section: ElfSection, defined: readonly DefinedMap[]): void {
    const view = new DataView(section.data.buffer, section.data.byteOffset, section.data.byteLength);
    const slots = new Map<number, MapSlot[]>();
    for (const { offset, type, symbol } of this.elf.relocations.get(section.index) ?? []) {
      const owner = defined.findLast((candidate) => candidate.offset <= offset);
      const number = owner === undefined ? undefined : this.mapAt.get(owner.offset);
      const index = owner === undefined || owner.slotsAt === null ? -1 : (offset - owner.offset - owner.slotsAt) / 8;
      const addend = offset + 8 <= section.data.length ? view.getUint32(offset, true) : 0;
      const map = symbol.section === section.index ? (this.placeOf(symbol, addend)?.target ?? -1) : -1;
      const target = map >= 0 ? map : this.functionAt(symbol.section, symbol.value + addend);
      if (type !== R_BPF.ABS64 || number === undefined || target < 0 || index < 0 || !Number.isInteger(index)) {
        this.problem('elf-map-slot', `a relocation in .maps for ${symbol.name} means no slot of a map`);
        continue;
      }
      const list = slots.get(number) ?? [];
      slots.set(number, list);
      list.push({ index, kind: map >= 0 ? 'map' : 'program', target });
    }
    for (const [number, list] of slots) {
      const map = this.maps[number];
      if (map !== undefined) this.maps[number] = { ...map, slots: list.sort((a, b) => a.index - b.index) };
    }
  }

  private symbolValue(section: number, name: string): number | null {
    return this.elf.symbols.find((symbol) => symbol.section === section && symbol.name === name)?.value ?? null;
  }

  private readData(): void {
    const sections = this.elf.sections.filter(
      (section) => DATA_NAMES.test(section.name) && (section.flags & SECTION_FLAG.ALLOC) !== 0 && section.size > 0,
    );
    for (const section of sections) {
      this.mapOfSection.set(section.index, this.maps.length);
      if (section.size > DATA_LIMIT)
        this.problem('elf-data-size', `section ${section.name} is too large (${section.size} bytes)`);
      this.maps.push(this.dataMap(section));
    }
    for (const section of sections) {
      const index = this.mapOfSection.get(section.index) ?? 0;
      const map = this.maps[index];
      if (map !== undefined) this.maps[index] = this.relocateData(map, section);
    }
  }

  private dataMap(section: ElfSection): ObjectMap {
    const readOnly = section.name.startsWith('.rodata');
    const described = this.btf?.sectionVariables(section.name) ?? [];
    const variables = described.map((variable) => ({
      ...variable,
      offset: this.symbolValue(section.index, variable.name) ?? variable.offset,
    }));
    const bytes = new Uint8Array(Math.min(section.size, DATA_LIMIT));
    if (section.type !== SECTION_TYPE.NOBITS) bytes.set(section.data.subarray(0, bytes.length));
    return {
      ...dataMapOf(section.name, bytes.length, readOnly),
      data: {
        section: section.name,
        bytes,
        variables: variables.filter((one) => one.offset + one.size <= bytes.length),
        readOnly,
        relocations: [],
      },
    };
  }

  private relocateData(map: ObjectMap, section: ElfSection): ObjectMap {
    const data = map.data;
    if (data === null) return map;
    const view = new DataView(data.bytes.buffer);
    const relocations: DataRelocation[] = [];
    for (const { offset, type, symbol } of this.elf.relocations.get(section.index) ?? []) {
      if (type !== R_BPF.ABS64 || offset + 8 > data.bytes.length) {
        this.problem('elf-data-relocation', `a relocation of type ${type} in ${section.name} cannot be applied`);
        continue;
      }
      const place = this.placeOf(symbol, view.getUint32(offset, true));
      if (place === null) {
        this.problem(
          'elf-data-relocation',
          `${section.name} holds the address of ${symbol.name}, which is neither data nor a map`,
        );
        continue;
      }
      view.setUint32(offset, 0, true);
      view.setUint32(offset + 4, 0, true);
      relocations.push({ offset, ...place });
    }
    return { ...map, data: { ...data, relocations } };
  }

  /** Settings that the object asks for: one read-only map with the simulated kernel's values, as libbpf makes it. */
  private readSettings(): void {
    const asked = this.btf?.sectionVariables('.kconfig') ?? [];
    if (asked.length === 0) return;
    const map = this.maps.length;
    let offset = 0;
    const variables = asked.map((variable) => {
      const size = Math.max(1, sizeOf(variable.type));
      const at = Math.ceil(offset / size) * size;
      offset = at + size;
      return { ...variable, offset: at, size };
    });
    const bytes = new Uint8Array(offset);
    for (const { name, type, size, offset: at } of variables) {
      const weak = this.elf.symbols.some((symbol) => symbol.name === name && symbol.bind === SYMBOL_BIND.WEAK);
      const value = KERNEL_SETTINGS.get(name);
      if (value === undefined && !weak) this.problem('elf-kconfig', `${name} is no setting of the simulated kernel`);
      for (let i = 0; i < size; i++) bytes[at + i] = Number(((value ?? 0n) >> BigInt(8 * i)) & 0xffn);
      this.settings.push({ name, map, offset: at, type, weak });
    }
    const data = { section: '.kconfig', bytes, variables, readOnly: true, relocations: [] };
    this.maps.push({ ...dataMapOf('.kconfig', bytes.length, true), data });
  }

  private sectionsOfOps(): ElfSection[] {
    return this.elf.sections.filter((section) => section.name === '.struct_ops' || section.name === '.struct_ops.link');
  }

  private readTypes(): void {
    for (const id of this.btf?.recordIds() ?? []) {
      const type = this.btf?.type(id);
      if (type === undefined) continue;
      this.typeIndex.set(id, this.types.length);
      this.types.push(type);
    }
  }

  private readStructOps(): StructOpsVariable[] {
    return this.sectionsOfOps().flatMap((section) => {
      const relocations = this.elf.relocations.get(section.index) ?? [];
      return (this.btf?.sectionVariables(section.name) ?? []).flatMap((variable): StructOpsVariable[] => {
        const record = bare(variable.type);
        if (record.kind !== 'struct' || record.tag === null) return [];
        const start = this.symbolValue(section.index, variable.name) ?? variable.offset;
        const bytes = section.data.subarray(start, start + record.size);
        const members = structOpsMembers(record, bytes, (offset) => {
          const found = relocations.find((one) => one.offset === start + offset);
          if (found === undefined) return null;
          const index = this.functionAt(found.symbol.section, found.symbol.value);
          return index < 0 ? null : index;
        });
        return [{ name: variable.name, type: record.tag, section: section.name, members, line: null }];
      });
    });
  }

  private readKernelFunctions(): KernelFunction[] {
    return (this.btf?.sectionFunctions('.ksyms') ?? []).map(({ name, type }) => {
      const symbol = this.elf.symbols.find((candidate) => candidate.name === name);
      return { name, weak: symbol?.bind === SYMBOL_BIND.WEAK, type };
    });
  }

  /** Instructions that hold the number of a type, or a fact about one that depends on the kernel. */
  private coreRecords(section: string, place: FunctionPlace, code: Code, relocations: Relocation[]): void {
    for (const { offset, type, access, kind } of this.info.get(section)?.core ?? []) {
      if (offset < place.start || offset >= place.end) continue;
      const slot = Math.floor((offset - place.start) / 8);
      const target = this.typeNumber(type);
      if (kind === CORE_KIND.TYPE_ID_LOCAL || kind === CORE_KIND.TYPE_ID_TARGET) {
        code.imm[slot] = 0;
        relocations.push({ kind: 'type-id', slot, target });
      } else relocations.push({ kind: 'core', slot, target, access, what: kind });
    }
  }

  /** Index of a BTF type among the object's types, which it joins. */
  private typeNumber(id: number): number {
    const known = this.typeIndex.get(id);
    if (known !== undefined) return known;
    const index = this.types.length;
    this.typeIndex.set(id, index);
    this.types.push(bare(this.btf?.type(id) ?? VOID));
    return index;
  }

  /** Map and byte that a symbol plus an addend stands for. */
  private placeOf(symbol: ElfSymbol, addend: number): { readonly target: number; readonly addend: number } | null {
    if (symbol.section === this.mapSection) {
      const target = this.mapAt.get(symbol.value + (symbol.type === SYMBOL_TYPE.SECTION ? addend : 0));
      return target === undefined ? null : { target, addend: 0 };
    }
    const target = this.mapOfSection.get(symbol.section);
    return target === undefined ? null : { target, addend: symbol.value + addend };
  }

  private functionAt(section: number, byte: number): number {
    return this.places.findIndex((place) => place.section === section && place.start === byte);
  }

  /** Only objects of this compiler have them. */
  private readVariables(): FunctionVariables[] {
    const section = this.elf.sections.find((candidate) => candidate.name === VARIABLE_SECTION);
    const { btf } = this;
    if (section === undefined || btf === null) return [];
    return readVariables(
      section.data,
      (id) => btf.type(id),
      (path) => this.fileIndex(path),
    );
  }

  private readFunction(place: FunctionPlace, variables: readonly FunctionVariables[]): ObjectFunction {
    const section = this.elf.sections[place.section];
    const bytes = section?.data.subarray(place.start, Math.max(place.start, place.end)) ?? new Uint8Array(0);
    const code = bytes.length === 0 ? emptyCode(0) : decode(bytes);
    const relocations: Relocation[] = [];
    const patched = new Set<number>();
    for (const relocation of this.elf.relocations.get(place.section) ?? []) {
      if (relocation.offset < place.start || relocation.offset >= place.end) continue;
      const slot = (relocation.offset - place.start) / 8;
      if (!Number.isInteger(slot)) {
        this.problem('elf-code-relocation', `a relocation in ${place.name} lies between two instructions`);
        continue;
      }
      const made = this.codeRelocation(relocation, slot, code, place);
      if (made !== null) relocations.push(made);
      patched.add(slot);
    }
    this.localCalls(place, code, patched, relocations);
    this.coreRecords(section?.name ?? '', place, code, relocations);
    const described = this.describe(section?.name ?? '', place.start);
    const table = variables.find((one) => one.section === section?.name && one.slot * 8 === place.start)?.table;
    return {
      name: place.name,
      section: section?.name ?? '',
      linkage: described?.linkage === 'static' ? 'static' : place.linkage,
      code,
      relocations: relocations.sort((a, b) => a.slot - b.slot),
      lines: this.readLines(section?.name ?? '', place),
      type: described?.type ?? null,
      stackBytes: stackBytesOf(code),
      ...(table === undefined ? {} : { variables: table }),
    };
  }

  private describe(section: string, start: number): BtfFunction | null {
    const entry = this.info.get(section)?.functions.find((candidate) => candidate.offset === start);
    return entry === undefined || this.btf === null ? null : this.btf.functionOf(entry.type);
  }

  private codeRelocation({ type, symbol }: ElfRelocation, slot: number, code: Code, place: FunctionPlace): Relocation | null {
    const opcode = code.opcode[slot] ?? 0;
    const imm = code.imm[slot] ?? 0;
    if (opcode === 0x85 && (type === R_BPF.CALL_32 || type === R_BPF.INSN_64)) {
      code.src[slot] = 0;
      code.imm[slot] = 0;
      if (symbol.section === 0) return { kind: 'kfunc', slot, name: symbol.name };
      const target = this.functionAt(symbol.section, symbol.value + (imm + 1) * 8);
      if (target >= 0) return { kind: 'function', slot, target };
      this.problem('elf-code-relocation', `${place.name} calls ${symbol.name}, which is no function of this object`);
      return null;
    }
    if (opcode !== 0x18 || type !== R_BPF.INSN_64 || slot + 1 >= code.length) {
      this.problem('elf-code-relocation', `a relocation of type ${type} in ${place.name} cannot be applied`);
      return null;
    }
    code.src[slot] = 0;
    code.imm[slot] = 0;
    const setting = symbol.section === 0 ? this.settings.find((one) => one.name === symbol.name) : undefined;
    if (setting !== undefined) return { kind: 'map-value', slot, target: setting.map, addend: setting.offset };
    const data = this.placeOf(symbol, imm);
    if (data !== null) {
      if (symbol.section === this.mapSection) return { kind: 'map', slot, target: data.target };
      return { kind: 'map-value', slot, ...data };
    }
    const target = this.functionAt(symbol.section, symbol.value + imm);
    if (target >= 0) return { kind: 'function-address', slot, target };
    this.problem(
      'elf-code-relocation',
      `${place.name} refers to ${symbol.name || 'a symbol'}, which is neither a map, data nor a function`,
    );
    return null;
  }

  /** Calls inside one section carry no relocation: the distance is in the instruction. */
  private localCalls(place: FunctionPlace, code: Code, patched: ReadonlySet<number>, relocations: Relocation[]): void {
    for (let slot = 0; slot < code.length; slot++) {
      const opcode = code.opcode[slot] ?? 0;
      const call = opcode === 0x85 && code.src[slot] === 1;
      const address = opcode === 0x18 && code.src[slot] === 4;
      if ((call || address) && !patched.has(slot)) {
        const byte = place.start + (slot + 1 + (code.imm[slot] ?? 0)) * 8;
        const target = this.functionAt(place.section, byte);
        if (target < 0) this.problem('elf-call', `${place.name} calls into the middle of a function`);
        else relocations.push({ kind: call ? 'function' : 'function-address', slot, target });
        code.src[slot] = 0;
        code.imm[slot] = 0;
      }
      if (opcode === 0x18) slot++;
    }
  }

  private fileIndex(path: string): number {
    const known = this.files.findIndex((file) => file.path === path);
    if (known >= 0) return known;
    this.files.push({ path, text: null });
    return this.files.length - 1;
  }

  private readLines(section: string, place: FunctionPlace): LineEntry[] {
    const lines: LineEntry[] = [];
    for (const row of this.info.get(section)?.lines ?? []) {
      if (row.offset < place.start || row.offset >= place.end) continue;
      const slot = Math.floor((row.offset - place.start) / 8);
      const [line, column] = [Math.max(1, row.line), Math.max(1, row.column)];
      lines.push({ slot, file: this.fileIndex(row.file), line, column, endLine: line, endColumn: column });
    }
    return lines.sort((a, b) => a.slot - b.slot);
  }
}

/** Named after its section, as our compiler names it; libbpf puts the object's name in front. */
const dataMapOf = (name: string, size: number, readOnly: boolean): Omit<ObjectMap, 'data'> => ({
  name,
  type: ARRAY_MAP_NUMBER,
  keySize: 4,
  valueSize: size,
  maxEntries: 1,
  flags: readOnly ? RDONLY_PROG : 0,
  pinning: 0,
  keyType: null,
  valueType: null,
  inner: null,
  line: null,
});

/** Deepest byte that direct accesses and addresses of locals show. */
function stackBytesOf(code: Code): number {
  let lowest = 0;
  for (let slot = 0; slot < code.length; slot++) {
    const opcode = code.opcode[slot] ?? 0;
    const kind = opcode & 7;
    const base = kind === 1 ? code.src[slot] : kind === 2 || kind === 3 ? code.dst[slot] : -1;
    if (base === 10) lowest = Math.min(lowest, code.off[slot] ?? 0);
    const copies = opcode === 0xbf && code.src[slot] === 10;
    const next = slot + 1;
    if (copies && code.opcode[next] === 0x07 && code.dst[next] === code.dst[slot]) lowest = Math.min(lowest, code.imm[next] ?? 0);
    if (opcode === 0x18) slot++;
  }
  return Math.min(512, -lowest);
}

/** Reads an object; `name` is what data maps are named after and messages print. */
export function readObject(bytes: Uint8Array, name: string): ReadResult {
  const elf = readElf(bytes);
  if (typeof elf !== 'string') return new ObjectReader(elf, name).read();
  return {
    object: null,
    diagnostics: [{ severity: 'error', code: 'elf-format', message: `${name}: ${elf}`, span: null, notes: [] }],
  };
}
