// .BTF.ext: which instruction belongs to which function type and source line (Documentation/bpf/btf.rst, section 4.2).
// Reads and writes. Knows nothing of ELF.

import { BTF_MAGIC, type BtfWriter } from './btf-write.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

const HEADER_BYTES = 32;
const FUNCTION_BYTES = 8;
const LINE_BYTES = 16;

/** Function and line records of one ELF section; offsets are bytes from the section's start. */
export interface SectionInfo {
  readonly section: string;
  readonly functions: readonly { readonly offset: number; readonly type: number }[];
  readonly lines: readonly { readonly offset: number; readonly file: string; readonly line: number; readonly column: number }[];
  /** CO-RE records: an instruction whose immediate depends on a type (libbpf, struct bpf_core_relo). */
  readonly core: readonly CoreRecord[];
}

export interface CoreRecord {
  readonly offset: number;
  readonly type: number;
  /** Path of member indices; "0" is the type itself. */
  readonly access: string;
  readonly kind: number;
}

/** enum bpf_core_relo_kind. */
export const CORE_KIND = { TYPE_ID_LOCAL: 6, TYPE_ID_TARGET: 7 } as const;
const CORE_BYTES = 16;

/** Most columns a record can hold (10 bits). */
const COLUMN_LIMIT = 1023;

export function writeBtfExt(btf: BtfWriter, sections: readonly SectionInfo[]): Uint8Array {
  const functions = new ByteWriter().u32(FUNCTION_BYTES);
  const lines = new ByteWriter().u32(LINE_BYTES);
  const core = new ByteWriter().u32(CORE_BYTES);
  for (const { section, functions: own, lines: rows, core: records } of sections) {
    if (records.length > 0) {
      core.u32(btf.string(section)).u32(records.length);
      for (const { offset, type, access, kind } of records) core.u32(offset).u32(type).u32(btf.string(access)).u32(kind);
    }
    if (own.length > 0) {
      functions.u32(btf.string(section)).u32(own.length);
      for (const { offset, type } of own) functions.u32(offset).u32(type);
    }
    if (rows.length === 0) continue;
    lines.u32(btf.string(section)).u32(rows.length);
    for (const { offset, file, line, column } of rows) {
      lines
        .u32(offset)
        .u32(btf.string(file))
        .u32(0)
        .u32(((line << 10) | Math.min(column, COLUMN_LIMIT)) >>> 0);
    }
  }
  return new ByteWriter()
    .u16(BTF_MAGIC)
    .u8(1)
    .u8(0)
    .u32(HEADER_BYTES)
    .u32(0)
    .u32(functions.length)
    .u32(functions.length)
    .u32(lines.length)
    .u32(functions.length + lines.length)
    .u32(core.length > 4 ? core.length : 0)
    .raw(functions.finish())
    .raw(lines.finish())
    .raw(core.length > 4 ? core.finish() : new Uint8Array(0))
    .finish();
}

type Row = { readonly section: string; readonly at: number };

/** Rows of one part: a record size, then for each section its name, a count and so many records. */
function rowsOf(reader: ByteReader, start: number, length: number, least: number, text: (offset: number) => string): Row[] {
  const rows: Row[] = [];
  if (length < 4) return rows;
  const size = reader.u32(start);
  if (size < least || size > 256) return rows;
  let at = start + 4;
  // Whatever the header says, records end with the bytes.
  const end = Math.min(start + length, reader.length);
  while (at + 8 <= end) {
    const section = text(reader.u32(at));
    const count = reader.u32(at + 4);
    at += 8;
    if (at + count * size > end) return rows;
    for (let i = 0; i < count; i++) rows.push({ section, at: at + i * size });
    at += count * size;
  }
  return rows;
}

/** Records by section, in the order they stand; what cannot be read is left out. */
export function readBtfExt(bytes: Uint8Array, text: (offset: number) => string): SectionInfo[] {
  const reader = new ByteReader(bytes);
  if (reader.u16(0) !== BTF_MAGIC) return [];
  const header = reader.u32(4);
  const sections = new Map<
    string,
    { functions: SectionInfo['functions'][number][]; lines: SectionInfo['lines'][number][]; core: CoreRecord[] }
  >();
  const entry = (name: string) => {
    const known = sections.get(name);
    if (known !== undefined) return known;
    const made = { functions: [], lines: [], core: [] };
    sections.set(name, made);
    return made;
  };
  for (const { section, at } of rowsOf(reader, header + reader.u32(8), reader.u32(12), FUNCTION_BYTES, text)) {
    entry(section).functions.push({ offset: reader.u32(at), type: reader.u32(at + 4) });
  }
  for (const { section, at } of rowsOf(reader, header + reader.u32(16), reader.u32(20), LINE_BYTES, text)) {
    const packed = reader.u32(at + 12);
    entry(section).lines.push({
      offset: reader.u32(at),
      file: text(reader.u32(at + 4)),
      line: packed >>> 10,
      column: packed & COLUMN_LIMIT,
    });
  }
  // Only headers of 32 bytes and more have the third part.
  const coreLength = header >= HEADER_BYTES ? reader.u32(28) : 0;
  if (coreLength > 0) {
    for (const { section, at } of rowsOf(reader, header + reader.u32(24), coreLength, CORE_BYTES, text)) {
      const [offset, type, access, kind] = [reader.u32(at), reader.u32(at + 4), text(reader.u32(at + 8)), reader.u32(at + 12)];
      entry(section).core.push({ offset, type, access, kind });
    }
  }
  return [...sections].map(([section, { functions, lines, core }]) => ({ section, functions, lines, core }));
}
