// The ELF container: header, sections, symbols, relocations of a relocatable 64-bit little-endian file (System V ABI,
// chapter 4). Reads anything without throwing. Knows nothing of BPF.

import { ByteReader } from './byte-reader.ts';

export const SECTION_TYPE = { NULL: 0, PROGBITS: 1, SYMTAB: 2, STRTAB: 3, NOBITS: 8, REL: 9 } as const;
export const SECTION_FLAG = { WRITE: 1, ALLOC: 2, EXEC: 4 } as const;
export const SYMBOL_TYPE = { NOTYPE: 0, OBJECT: 1, FUNC: 2, SECTION: 3, FILE: 4 } as const;
export const SYMBOL_BIND = { LOCAL: 0, GLOBAL: 1, WEAK: 2 } as const;
export const MACHINE_BPF = 247;
export const HEADER_BYTES = 64;
export const SECTION_BYTES = 64;
export const SYMBOL_BYTES = 24;
export const RELOCATION_BYTES = 16;
/** Relocation types of the BPF target (Documentation/bpf/llvm_reloc.rst). */
export const R_BPF = { NONE: 0, INSN_64: 1, ABS64: 2, ABS32: 3, NODYLD32: 4, CALL_32: 10 } as const;

/** Most sections and symbols read: far above what any object has. */
const COUNT_LIMIT = 100_000;

export interface ElfSection {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  /** Empty for NOBITS. */
  readonly data: Uint8Array;
  readonly size: number;
  readonly link: number;
  readonly info: number;
}

export interface ElfSymbol {
  readonly name: string;
  readonly value: number;
  readonly size: number;
  readonly type: number;
  readonly bind: number;
  /** Section index; 0 undefined. */
  readonly section: number;
}

export interface ElfRelocation {
  readonly offset: number;
  readonly type: number;
  readonly symbol: ElfSymbol;
}

export interface ElfFile {
  readonly sections: readonly ElfSection[];
  readonly symbols: readonly ElfSymbol[];
  /** By index of the section they apply to, ordered by offset. */
  readonly relocations: ReadonlyMap<number, readonly ElfRelocation[]>;
}

function readSections(reader: ByteReader): ElfSection[] | string {
  const at = reader.size64(40);
  const entry = reader.u16(58);
  const count = reader.u16(60);
  const names = reader.u16(62);
  if (entry < SECTION_BYTES || count > COUNT_LIMIT || at + entry * count > reader.length)
    return 'the section table lies outside the file';
  const raw = Array.from({ length: count }, (_, index) => {
    const head = at + index * entry;
    return {
      index,
      nameAt: reader.u32(head),
      type: reader.u32(head + 4),
      flags: reader.size64(head + 8),
      offset: reader.size64(head + 24),
      size: reader.size64(head + 32),
      link: reader.u32(head + 40),
      info: reader.u32(head + 44),
    };
  });
  const strings = raw[names];
  if (strings === undefined) return 'the section names are missing';
  const nameReader = new ByteReader(reader.slice(strings.offset, strings.size));
  const sections = raw.map(({ nameAt, offset, ...rest }) => ({
    ...rest,
    name: nameReader.text(nameAt),
    data:
      rest.type === SECTION_TYPE.NOBITS || rest.type === SECTION_TYPE.NULL ? new Uint8Array(0) : reader.slice(offset, rest.size),
  }));
  return reader.broken ? 'a section lies outside the file' : sections;
}

function readSymbols(sections: readonly ElfSection[]): ElfSymbol[] {
  const table = sections.find((section) => section.type === SECTION_TYPE.SYMTAB);
  if (table === undefined) return [];
  const reader = new ByteReader(table.data);
  const strings = new ByteReader(sections[table.link]?.data ?? new Uint8Array(0));
  const count = Math.min(COUNT_LIMIT, Math.floor(table.data.length / SYMBOL_BYTES));
  return Array.from({ length: count }, (_, index) => {
    const at = index * SYMBOL_BYTES;
    const info = reader.u8(at + 4);
    const section = reader.u16(at + 6);
    const type = info & 15;
    const name = strings.text(reader.u32(at));
    return {
      name: type === SYMBOL_TYPE.SECTION ? (sections[section]?.name ?? '') : name,
      value: reader.size64(at + 8),
      size: reader.size64(at + 16),
      type,
      bind: info >> 4,
      section,
    };
  });
}

function readRelocations(sections: readonly ElfSection[], symbols: readonly ElfSymbol[]): Map<number, ElfRelocation[]> {
  const found = new Map<number, ElfRelocation[]>();
  for (const section of sections) {
    if (section.type !== SECTION_TYPE.REL) continue;
    const reader = new ByteReader(section.data);
    const list: ElfRelocation[] = [];
    for (let at = 0; at + RELOCATION_BYTES <= section.data.length; at += RELOCATION_BYTES) {
      const symbol = symbols[reader.u32(at + 12)];
      if (symbol !== undefined) list.push({ offset: reader.size64(at), type: reader.u32(at + 8), symbol });
    }
    found.set(
      section.info,
      list.sort((a, b) => a.offset - b.offset),
    );
  }
  return found;
}

/** Takes the file apart; a sentence about what is wrong when it is no such file. */
export function readElf(bytes: Uint8Array): ElfFile | string {
  // A plain array, whatever subclass was given: a Buffer's `slice` would not copy, and relocations would be written into the file.
  const reader = new ByteReader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (reader.u32(0) !== 0x464c_457f) return 'this is not an ELF file';
  if (reader.u8(4) !== 2 || reader.u8(5) !== 1) return 'only 64-bit little-endian objects can be read (clang -target bpfel)';
  if (reader.u16(16) !== 1) return 'this is not a relocatable object (compile with clang -c)';
  if (reader.u16(18) !== MACHINE_BPF) return 'this object is not for BPF (compile with clang -target bpf)';
  const sections = readSections(reader);
  if (typeof sections === 'string') return sections;
  const symbols = readSymbols(sections);
  return { sections, symbols, relocations: readRelocations(sections, symbols) };
}
