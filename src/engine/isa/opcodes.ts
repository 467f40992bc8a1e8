// The instruction table: every encoding of RFC 9669 and of what Linux has added since (v4, may_goto, load-acquire and
// store-release, address-space casts), one row each. Codec, assembler, disassembler, verifier and both engines read
// these rows; nothing else lists opcodes. Knows nothing of what an instruction means to a verifier or an engine.

/** Low three bits of the opcode byte (RFC 9669 section 3). */
export const CLASS = { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, JMP: 5, JMP32: 6, ALU64: 7 } as const;
/** Bit 3 of arithmetic and jump opcodes: 0 the immediate is the operand, 1 the source register. */
export const SOURCE = { K: 0x00, X: 0x08 } as const;
/** Bits 3 and 4 of load and store opcodes. */
export const SIZE = { W: 0x00, H: 0x08, B: 0x10, DW: 0x18 } as const;
/** Top three bits of load and store opcodes. */
export const MODE = { IMM: 0x00, ABS: 0x20, IND: 0x40, MEM: 0x60, MEMSX: 0x80, ATOMIC: 0xc0 } as const;
/** Top four bits of arithmetic opcodes. */
export const ALU = {
  ADD: 0x00,
  SUB: 0x10,
  MUL: 0x20,
  DIV: 0x30,
  OR: 0x40,
  AND: 0x50,
  LSH: 0x60,
  RSH: 0x70,
  NEG: 0x80,
  MOD: 0x90,
  XOR: 0xa0,
  MOV: 0xb0,
  ARSH: 0xc0,
  END: 0xd0,
} as const;
/** Top four bits of jump opcodes. */
export const JMP = {
  JA: 0x00,
  JEQ: 0x10,
  JGT: 0x20,
  JGE: 0x30,
  JSET: 0x40,
  JNE: 0x50,
  JSGT: 0x60,
  JSGE: 0x70,
  CALL: 0x80,
  EXIT: 0x90,
  JLT: 0xa0,
  JLE: 0xb0,
  JSLT: 0xc0,
  JSLE: 0xd0,
  JCOND: 0xe0,
} as const;
/** Immediate of an atomic instruction (RFC 9669 section 5.3; load-acquire and store-release from Linux 6.15). */
export const ATOMIC = {
  ADD: 0x00,
  OR: 0x40,
  AND: 0x50,
  XOR: 0xa0,
  FETCH: 0x01,
  XCHG: 0xe1,
  CMPXCHG: 0xf1,
  LOAD_ACQ: 0x100,
  STORE_REL: 0x110,
} as const;
/** src_reg of ld_imm64 (RFC 9669 section 5.4). */
export const PSEUDO_LD = { VALUE: 0, MAP: 1, MAP_VALUE: 2, BTF_ID: 3, FUNCTION: 4, MAP_INDEX: 5, MAP_INDEX_VALUE: 6 } as const;
/** src_reg of call (RFC 9669 section 4.3.1). */
export const PSEUDO_CALL = { HELPER: 0, SUBPROGRAM: 1, KFUNC: 2 } as const;

/** What the five fields of an instruction hold; a field not named must be zero. */
export type OperandShape =
  | 'dst-imm'
  | 'dst-src'
  | 'dst'
  | 'dst-end'
  | 'load'
  | 'load-imm64'
  | 'load-abs'
  | 'load-ind'
  | 'store-imm'
  | 'store-reg'
  | 'atomic'
  | 'jump'
  | 'jump-long'
  | 'jump-imm'
  | 'jump-reg'
  | 'may-goto'
  | 'call'
  | 'exit'
  | 'addr-cast';

/** First instruction-set version of clang's `-mcpu` that has the row; `linux` marks what only newer kernels add. */
export type CpuVersion = 'v1' | 'v2' | 'v3' | 'v4' | 'linux';
/** Conformance group of RFC 9669 section 2.4. */
export type ConformanceGroup = 'base32' | 'base64' | 'divmul32' | 'divmul64' | 'atomic32' | 'atomic64' | 'packet' | 'none';

/** One row. `off`, `imm` and `src` fix a field where the opcode byte alone does not tell rows apart; `end` says where imm is a width. */
export interface OpcodeRow {
  readonly opcode: number;
  /** Stem of the assembly text, unique together with the operand kind: `add`, `add32`, `jeq`, `ldxw`, `atomic_fetch_add`. */
  readonly mnemonic: string;
  readonly shape: OperandShape;
  readonly off?: number;
  readonly imm?: number;
  readonly src?: number;
  /** Bytes moved by a load, store or atomic; otherwise absent. */
  readonly width?: 1 | 2 | 4 | 8;
  readonly cpu: CpuVersion;
  readonly group: ConformanceGroup;
  /** Clause of RFC 9669, or the kernel release that added the row. */
  readonly clause: string;
}

const rows: OpcodeRow[] = [];

const arithmetic: readonly [keyof typeof ALU, string, boolean][] = [
  ['ADD', 'add', false],
  ['SUB', 'sub', false],
  ['MUL', 'mul', true],
  ['DIV', 'div', true],
  ['OR', 'or', false],
  ['AND', 'and', false],
  ['LSH', 'lsh', false],
  ['RSH', 'rsh', false],
  ['MOD', 'mod', true],
  ['XOR', 'xor', false],
  ['MOV', 'mov', false],
  ['ARSH', 'arsh', false],
];
for (const [operation, name, divides] of arithmetic) {
  for (const wide of [true, false]) {
    const opcode = ALU[operation] | (wide ? CLASS.ALU64 : CLASS.ALU);
    const base = {
      cpu: 'v1',
      group: `${divides ? 'divmul' : 'base'}${wide ? 64 : 32}` as ConformanceGroup,
      clause: '4.1',
    } as const;
    const mnemonic = wide ? name : `${name}32`;
    rows.push({ opcode: opcode | SOURCE.K, mnemonic, shape: 'dst-imm', off: 0, ...base });
    rows.push({ opcode: opcode | SOURCE.X, mnemonic, shape: 'dst-src', off: 0, ...base });
    if (operation === 'DIV' || operation === 'MOD') {
      const signed = { ...base, cpu: 'v4' } as const;
      rows.push({ opcode: opcode | SOURCE.K, mnemonic: `s${mnemonic}`, shape: 'dst-imm', off: 1, ...signed });
      rows.push({ opcode: opcode | SOURCE.X, mnemonic: `s${mnemonic}`, shape: 'dst-src', off: 1, ...signed });
    }
    if (operation === 'MOV') {
      for (const bits of wide ? [8, 16, 32] : [8, 16]) {
        rows.push({
          opcode: opcode | SOURCE.X,
          mnemonic: `movsx${bits}${wide ? '' : '_32'}`,
          shape: 'dst-src',
          off: bits,
          ...base,
          cpu: 'v4',
        });
      }
    }
  }
}
rows.push({ opcode: ALU.NEG | CLASS.ALU64, mnemonic: 'neg', shape: 'dst', cpu: 'v1', group: 'base64', clause: '4.1' });
rows.push({ opcode: ALU.NEG | CLASS.ALU, mnemonic: 'neg32', shape: 'dst', cpu: 'v1', group: 'base32', clause: '4.1' });
for (const bits of [16, 32, 64]) {
  const group: ConformanceGroup = bits === 64 ? 'base64' : 'base32';
  rows.push({
    opcode: ALU.END | SOURCE.K | CLASS.ALU,
    mnemonic: 'le',
    shape: 'dst-end',
    imm: bits,
    cpu: 'v1',
    group,
    clause: '4.2',
  });
  rows.push({
    opcode: ALU.END | SOURCE.X | CLASS.ALU,
    mnemonic: 'be',
    shape: 'dst-end',
    imm: bits,
    cpu: 'v1',
    group,
    clause: '4.2',
  });
  rows.push({
    opcode: ALU.END | SOURCE.K | CLASS.ALU64,
    mnemonic: 'bswap',
    shape: 'dst-end',
    imm: bits,
    cpu: 'v4',
    group,
    clause: '4.2',
  });
}
for (const imm of [1, 1 << 16]) {
  rows.push({
    opcode: ALU.MOV | SOURCE.X | CLASS.ALU64,
    mnemonic: 'addr_space_cast',
    shape: 'addr-cast',
    off: 1,
    imm,
    cpu: 'linux',
    group: 'none',
    clause: 'Linux 6.9',
  });
}

rows.push({ opcode: JMP.JA | CLASS.JMP, mnemonic: 'ja', shape: 'jump', cpu: 'v1', group: 'base64', clause: '4.3' });
rows.push({ opcode: JMP.JA | CLASS.JMP32, mnemonic: 'gotol', shape: 'jump-long', cpu: 'v4', group: 'base32', clause: '4.3' });
const conditions = ['JEQ', 'JGT', 'JGE', 'JSET', 'JNE', 'JSGT', 'JSGE', 'JLT', 'JLE', 'JSLT', 'JSLE'] as const;
const sinceV2: readonly string[] = ['JLT', 'JLE', 'JSLT', 'JSLE'];
for (const condition of conditions) {
  for (const wide of [true, false]) {
    const opcode = JMP[condition] | (wide ? CLASS.JMP : CLASS.JMP32);
    const mnemonic = condition.toLowerCase() + (wide ? '' : '32');
    const cpu: CpuVersion = wide ? (sinceV2.includes(condition) ? 'v2' : 'v1') : 'v3';
    const group: ConformanceGroup = wide ? 'base64' : 'base32';
    rows.push({ opcode: opcode | SOURCE.K, mnemonic, shape: 'jump-imm', cpu, group, clause: '4.3' });
    rows.push({ opcode: opcode | SOURCE.X, mnemonic, shape: 'jump-reg', cpu, group, clause: '4.3' });
  }
}
rows.push({
  opcode: JMP.JCOND | CLASS.JMP,
  mnemonic: 'may_goto',
  shape: 'may-goto',
  src: 0,
  imm: 0,
  cpu: 'linux',
  group: 'none',
  clause: 'Linux 6.9',
});
rows.push({ opcode: JMP.CALL | CLASS.JMP, mnemonic: 'call', shape: 'call', cpu: 'v1', group: 'base64', clause: '4.3.1' });
rows.push({ opcode: JMP.EXIT | CLASS.JMP, mnemonic: 'exit', shape: 'exit', cpu: 'v1', group: 'base64', clause: '4.3' });

const widths: readonly [keyof typeof SIZE, 1 | 2 | 4 | 8, string][] = [
  ['B', 1, 'b'],
  ['H', 2, 'h'],
  ['W', 4, 'w'],
  ['DW', 8, 'dw'],
];
for (const [size, width, suffix] of widths) {
  const group: ConformanceGroup = width === 8 ? 'base64' : 'base32';
  const plain = { width, cpu: 'v1', group, clause: '5.1' } as const;
  rows.push({ opcode: MODE.MEM | SIZE[size] | CLASS.LDX, mnemonic: `ldx${suffix}`, shape: 'load', ...plain });
  rows.push({ opcode: MODE.MEM | SIZE[size] | CLASS.ST, mnemonic: `st${suffix}`, shape: 'store-imm', ...plain });
  rows.push({ opcode: MODE.MEM | SIZE[size] | CLASS.STX, mnemonic: `stx${suffix}`, shape: 'store-reg', ...plain });
  if (width < 8) {
    rows.push({
      opcode: MODE.MEMSX | SIZE[size] | CLASS.LDX,
      mnemonic: `ldxs${suffix}`,
      shape: 'load',
      width,
      cpu: 'v4',
      group,
      clause: '5.2',
    });
    const legacy = { width, cpu: 'v1', group: 'packet', clause: '5.5' } as const;
    rows.push({ opcode: MODE.ABS | SIZE[size] | CLASS.LD, mnemonic: `ldabs${suffix}`, shape: 'load-abs', ...legacy });
    rows.push({ opcode: MODE.IND | SIZE[size] | CLASS.LD, mnemonic: `ldind${suffix}`, shape: 'load-ind', ...legacy });
  }
  const atomicOpcode = MODE.ATOMIC | SIZE[size] | CLASS.STX;
  const suffixBits = width * 8;
  if (width >= 4) {
    const atomicGroup: ConformanceGroup = width === 8 ? 'atomic64' : 'atomic32';
    for (const operation of ['ADD', 'OR', 'AND', 'XOR'] as const) {
      const cpu: CpuVersion = operation === 'ADD' ? 'v1' : 'v3';
      const common = { opcode: atomicOpcode, shape: 'atomic', width, group: atomicGroup, clause: '5.3' } as const;
      rows.push({ ...common, mnemonic: `atomic_${operation.toLowerCase()}${suffixBits}`, imm: ATOMIC[operation], cpu });
      rows.push({
        ...common,
        mnemonic: `atomic_fetch_${operation.toLowerCase()}${suffixBits}`,
        imm: ATOMIC[operation] | ATOMIC.FETCH,
        cpu: 'v3',
      });
    }
    for (const operation of ['XCHG', 'CMPXCHG'] as const) {
      rows.push({
        opcode: atomicOpcode,
        mnemonic: `atomic_${operation.toLowerCase()}${suffixBits}`,
        shape: 'atomic',
        width,
        imm: ATOMIC[operation],
        cpu: 'v3',
        group: atomicGroup,
        clause: '5.3',
      });
    }
  }
  rows.push({
    opcode: atomicOpcode,
    mnemonic: `load_acq${suffixBits}`,
    shape: 'atomic',
    width,
    imm: ATOMIC.LOAD_ACQ,
    cpu: 'linux',
    group: 'none',
    clause: 'Linux 6.15',
  });
  rows.push({
    opcode: atomicOpcode,
    mnemonic: `store_rel${suffixBits}`,
    shape: 'atomic',
    width,
    imm: ATOMIC.STORE_REL,
    cpu: 'linux',
    group: 'none',
    clause: 'Linux 6.15',
  });
}
rows.push({
  opcode: MODE.IMM | SIZE.DW | CLASS.LD,
  mnemonic: 'lddw',
  shape: 'load-imm64',
  off: 0,
  cpu: 'v1',
  group: 'base64',
  clause: '5.4',
});

/** All rows, in a fixed order. */
export const OPCODES: readonly OpcodeRow[] = rows;

const byOpcode = new Map<number, OpcodeRow[]>();
for (const row of rows) byOpcode.set(row.opcode, [...(byOpcode.get(row.opcode) ?? []), row]);

/** True when some row has this opcode byte. */
export const isKnownOpcode = (opcode: number): boolean => byOpcode.has(opcode);
/** The rows that share an opcode byte (told apart by off, imm or src); empty for an unknown byte. */
const rowsOf = (opcode: number): readonly OpcodeRow[] => byOpcode.get(opcode) ?? [];

/** The row of an instruction, or null when no row has its opcode and fixed fields. */
export function findRow(opcode: number, src: number, off: number, imm: number): OpcodeRow | null {
  for (const row of rowsOf(opcode)) {
    if (row.off !== undefined && row.off !== off) continue;
    if (row.imm !== undefined && row.imm !== imm) continue;
    if (row.src !== undefined && row.src !== src) continue;
    return row;
  }
  return null;
}
