// Objects out and in again: what comes back equals what went out; clang's objects give the code, maps and data that libbpf
// makes of them; damaged files give diagnostics and never throw.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CType, type FunctionType, INT, LONG, type RecordType, UINT, ULONG, USHORT } from '../abi/ctype.ts';
import { assemble } from '../isa/assemble.ts';
import { encode } from '../isa/codec.ts';
import { readObject, writeObject } from './elf.ts';
import { linkProgram } from './link.ts';
import { NO_KERNEL_PARTS, type ObjectFunction, type ObjectMap, type ProgramObject } from './program-object.ts';

const NODE: RecordType = { kind: 'struct', tag: 'node', members: null, size: 24, align: 8 };
const NODE_POINTER: CType = { kind: 'pointer', to: NODE };
NODE.members = [
  { name: 'next', type: NODE_POINTER, offset: 0, tags: ['contains:node:next'] },
  { name: 'count', type: { kind: 'qualified', of: UINT, qualifiers: { const: true, volatile: true } }, offset: 8 },
  { name: 'low', type: UINT, offset: 12, bitOffset: 3, bitWidth: 5 },
  { name: 'ports', type: { kind: 'array', of: USHORT, length: 4 }, offset: 16 },
];
const CALLBACK: FunctionType = {
  kind: 'function',
  returns: LONG,
  params: [
    { name: 'map', type: { kind: 'pointer', to: { kind: 'void' } } },
    { name: 'key', type: { kind: 'pointer', to: { kind: 'typedef', name: '__u64', of: ULONG } } },
  ],
  variadic: false,
};

const map = (fields: Partial<ObjectMap> & { readonly name: string }): ObjectMap => ({
  type: 2,
  keySize: 4,
  valueSize: 4,
  maxEntries: 1,
  flags: 0,
  pinning: 0,
  keyType: null,
  valueType: null,
  data: null,
  inner: null,
  line: null,
  ...fields,
});

const fn = (name: string, section: string, text: string, rest: Partial<ObjectFunction>): ObjectFunction => ({
  name,
  section,
  linkage: 'global',
  code: assemble(text).code,
  relocations: [],
  lines: [],
  type: null,
  stackBytes: 0,
  ...rest,
});

const line = (slot: number, file: number, at: number, column: number) => ({
  slot,
  file,
  line: at,
  column,
  endLine: at,
  endColumn: column,
});

const enumType: CType = {
  kind: 'enum',
  tag: 'mode',
  enumerators: [
    { name: 'A', value: -1n },
    { name: 'B', value: 2n },
  ],
  underlying: INT,
};

const OBJECT: ProgramObject = {
  ...NO_KERNEL_PARTS,
  name: 'fifo',
  profile: 'v4',
  license: 'GPL',
  files: [
    { path: 'fifo.bpf.c', text: null },
    { path: 'qdisc/v4.h', text: null },
  ],
  functions: [
    fn('walk', '.text', 'r0 = 0\nexit', { linkage: 'static', type: CALLBACK, lines: [line(0, 1, 9, 3)] }),
    fn('enqueue', 'qdisc/enqueue', 'r1 = 0 ll\nr1 = 0 ll\nr2 = 0 ll\ncall 0\nr0 = 1\nexit', {
      type: { kind: 'function', returns: INT, params: [{ name: 'ctx', type: NODE_POINTER }], variadic: false },
      relocations: [
        { kind: 'map', slot: 0, target: 0 },
        { kind: 'map-value', slot: 2, target: 2, addend: 8 },
        { kind: 'function-address', slot: 4, target: 0 },
        { kind: 'function', slot: 6, target: 0 },
      ],
      lines: [line(0, 0, 20, 5), line(6, 0, 21, 9)],
    }),
    fn('dequeue', 'qdisc/dequeue', 'call 0\nr0 = 0\nexit', {
      relocations: [{ kind: 'kfunc', slot: 0, name: 'bpf_skb_get_hash' }],
      type: { kind: 'function', returns: INT, params: [], variadic: false },
    }),
  ],
  maps: [
    map({
      name: 'queue',
      type: 201,
      keySize: 8,
      valueSize: 0,
      maxEntries: 64,
      keyType: { kind: 'typedef', name: '__u64', of: ULONG },
    }),
    map({
      name: 'nodes',
      type: 1,
      keySize: 4,
      valueSize: 24,
      maxEntries: 8,
      flags: 1,
      pinning: 1,
      keyType: enumType,
      valueType: NODE,
    }),
    map({
      name: '.data',
      valueSize: 24,
      data: {
        section: '.data',
        bytes: Uint8Array.from({ length: 24 }, (_, i) => (i >= 16 ? 0 : i + 1)),
        variables: [
          { name: 'step', offset: 0, size: 4, type: INT, linkage: 'static' },
          { name: 'base', offset: 8, size: 4, type: UINT, linkage: 'global' },
          { name: 'link', offset: 16, size: 8, type: { kind: 'pointer', to: UINT }, linkage: 'global' },
        ],
        readOnly: false,
        relocations: [{ offset: 16, target: 2, addend: 8 }],
      },
    }),
    map({
      name: '.rodata',
      valueSize: 4,
      flags: 128,
      data: {
        section: '.rodata',
        bytes: Uint8Array.of(105, 0, 0, 0),
        variables: [
          {
            name: 'limit',
            offset: 0,
            size: 4,
            type: { kind: 'qualified', of: INT, qualifiers: { const: true, volatile: true } },
            linkage: 'global',
          },
        ],
        readOnly: true,
        relocations: [],
      },
    }),
    map({
      name: '.bss',
      valueSize: 16,
      data: {
        section: '.bss',
        bytes: new Uint8Array(16),
        variables: [{ name: 'now', offset: 8, size: 8, type: ULONG, linkage: 'global' }],
        readOnly: false,
        relocations: [],
      },
    }),
  ],
};

/** Relocated fields of the code differ before linking; linked programs must be equal. */
const linked = (object: ProgramObject, name: string) => {
  const entry = object.functions.findIndex((candidate) => candidate.name === name);
  const program = linkProgram(object, entry, 'qdisc/enqueue');
  return {
    code: encode(program.code),
    subprograms: program.subprograms,
    lines: program.lines.map((row) => ({ ...row, file: program.files[row.file]?.path })),
  };
};

describe('round trip', () => {
  const bytes = writeObject(OBJECT);
  const { object, diagnostics } = readObject(bytes, 'fifo');

  it('reads bytes that stand inside a larger buffer, and leaves them as they are', () => {
    const bytes = writeObject(OBJECT);
    const pool = Buffer.alloc(bytes.length + 64, 0xaa);
    pool.set(bytes, 24);
    const inside = pool.subarray(24, 24 + bytes.length);
    expect(readObject(inside, 'fifo')).toEqual(readObject(bytes, 'fifo'));
    expect([...inside]).toEqual([...bytes]);
  });

  it('keeps programs, lines, profile and license', () => {
    expect(diagnostics).toEqual([]);
    expect(object?.profile).toBe('v4');
    expect(object?.license).toBe('GPL');
    if (object === null) throw new Error('no object');
    expect(object.functions.map((one) => [one.name, one.section, one.linkage])).toEqual(
      OBJECT.functions.map((one) => [one.name, one.section, one.linkage]),
    );
    for (const name of ['enqueue', 'dequeue']) expect(linked(object, name)).toEqual(linked(OBJECT, name));
    expect(object.functions[1]?.relocations).toEqual(OBJECT.functions[1]?.relocations);
    expect(object.functions[2]?.relocations).toEqual(OBJECT.functions[2]?.relocations);
    expect(object.functions.map((one) => one.type)).toEqual(OBJECT.functions.map((one) => one.type));
  });

  it('keeps maps with their types, data sections with their variables', () => {
    expect(object?.maps).toEqual(OBJECT.maps);
  });

  it('gives the same bytes again', () => {
    if (object === null) throw new Error('no object');
    expect(writeObject(OBJECT)).toEqual(bytes);
    const again = writeObject(object);
    expect(readObject(again, 'fifo').object).toEqual(object);
    expect(writeObject(object)).toEqual(again);
  });
});

describe('damaged files', () => {
  it('never throws, whatever byte is changed or wherever the file is cut', () => {
    const good = writeObject(OBJECT);
    let seed = 20260;
    const next = (bound: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 4294967296) * bound);
    };
    for (let i = 0; i < 600; i++) {
      const bad = good.slice(0, i % 3 === 0 ? next(good.length) : good.length);
      for (let k = 0; k < 1 + next(4) && bad.length > 0; k++) bad[next(bad.length)] = next(256);
      const { object, diagnostics } = readObject(bad, 'bad');
      expect(object !== null || diagnostics.length > 0, `seed 20260, mutation ${i}`).toBe(true);
      if (object === null) continue;
      for (let entry = 0; entry < object.functions.length; entry++) linkProgram(object, entry, 'other');
    }
  });

  it('says what the file is not', () => {
    const message = (bytes: Uint8Array): string => readObject(bytes, 'x').diagnostics[0]?.message ?? '';
    expect(message(new Uint8Array(0))).toContain('not an ELF file');
    const other = writeObject(OBJECT);
    other[18] = 62;
    expect(message(other)).toContain('not for BPF');
  });
});

interface IndexedProgram {
  readonly name: string;
  readonly section: string;
  readonly libbpf_code: string;
  readonly map_refs: readonly (readonly [number, string, string])[];
}
interface IndexedObject {
  readonly object: string;
  readonly maps?: readonly {
    readonly name: string;
    readonly type: string;
    readonly key_size: number;
    readonly value_size: number;
    readonly max_entries: number;
    readonly initial_data?: string;
  }[];
  readonly programs?: readonly IndexedProgram[];
}

const FOLDER = '../shared/data/objects';
const present = existsSync(`${FOLDER}/index.json`);
if (!present) console.warn('skipped: clang objects, because ../shared/data/objects is absent');

describe.skipIf(!present)('clang objects', () => {
  const index: readonly IndexedObject[] = present ? JSON.parse(readFileSync(`${FOLDER}/index.json`, 'utf8')) : [];

  it.each(index.map((entry) => [entry.object, entry] as const))('%s reads as libbpf reads it', (file, entry) => {
    const { object, diagnostics } = readObject(readFileSync(`${FOLDER}/${file}`), file.replace(/\.clang\d+\.o$/, ''));
    expect(diagnostics).toEqual([]);
    if (object === null) throw new Error('no object');
    for (const program of entry.programs ?? []) {
      const position = object.functions.findIndex((candidate) => candidate.name === program.name);
      const { code, maps } = linkProgram(object, position, 'other');
      const theirs = Buffer.from(program.libbpf_code, 'hex');
      expect(code.length * 8, program.name).toBe(theirs.length);
      const references: [number, string, string][] = [];
      for (let slot = 0; slot < code.length; slot++) {
        if (code.opcode[slot] === 0x18 && (code.src[slot] === 1 || code.src[slot] === 2)) {
          references.push([slot, maps[code.imm[slot] ?? 0]?.name ?? '', code.src[slot] === 1 ? 'map' : 'value']);
        }
      }
      expect(references.map(([slot, , kind]) => [slot, kind])).toEqual(program.map_refs.map(([slot, , kind]) => [slot, kind]));
    }
    for (const theirs of entry.maps ?? []) {
      const ours = object.maps.find((candidate) => theirs.name.endsWith(candidate.data?.section ?? candidate.name));
      expect(ours, theirs.name).toBeDefined();
      expect([ours?.keySize, ours?.valueSize, ours?.maxEntries]).toEqual([
        theirs.key_size,
        theirs.value_size,
        theirs.max_entries,
      ]);
      if (theirs.initial_data !== undefined && ours?.data !== null && (ours?.data?.relocations.length ?? 0) === 0) {
        expect(Buffer.from(ours?.data?.bytes ?? []).toString('hex')).toBe(theirs.initial_data);
      }
    }
  });
});
