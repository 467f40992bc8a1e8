// Bytecode to fields and back. A program is an array of 8-byte little-endian slots, as the kernel counts them;
// ld_imm64 takes two slots. Knows nothing of which instructions are valid: that is opcodes.ts and the verifier.

/** Slots taken apart, one column a field, all columns of the same length. */
export interface Code {
  /** Number of 8-byte slots. */
  readonly length: number;
  readonly opcode: Uint8Array;
  /** Destination register, 0 to 15 as encoded. */
  readonly dst: Uint8Array;
  /** Source register, 0 to 15 as encoded. */
  readonly src: Uint8Array;
  /** Signed 16-bit offset. */
  readonly off: Int16Array;
  /** Signed 32-bit immediate. */
  readonly imm: Int32Array;
}

/** One slot as a value, for tables, builders and tests; hot paths read {@link Code} columns. */
export interface Insn {
  readonly opcode: number;
  readonly dst: number;
  readonly src: number;
  readonly off: number;
  readonly imm: number;
}

/** Bytes a slot takes. */
const SLOT_BYTES = 8;
/** Opcode byte of ld_imm64, the only instruction of two slots. */
export const OPCODE_LDDW = 0x18;

/** Columns for `length` slots, all zero. */
export const emptyCode = (length: number): Code => ({
  length,
  opcode: new Uint8Array(length),
  dst: new Uint8Array(length),
  src: new Uint8Array(length),
  off: new Int16Array(length),
  imm: new Int32Array(length),
});

/** Decodes whole slots; a tail of fewer than 8 bytes is not read (the caller reports it). */
export function decode(data: Uint8Array): Code {
  const length = Math.floor(data.length / SLOT_BYTES);
  const code = emptyCode(length);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let i = 0; i < length; i++) {
    const at = i * SLOT_BYTES;
    code.opcode[i] = view.getUint8(at);
    const registers = view.getUint8(at + 1);
    code.dst[i] = registers & 15;
    code.src[i] = registers >> 4;
    code.off[i] = view.getInt16(at + 2, true);
    code.imm[i] = view.getInt32(at + 4, true);
  }
  return code;
}

/** Encodes to 8 bytes a slot; the exact inverse of {@link decode}. */
export function encode(code: Code): Uint8Array {
  const data = new Uint8Array(code.length * SLOT_BYTES);
  const view = new DataView(data.buffer);
  for (let i = 0; i < code.length; i++) {
    const at = i * SLOT_BYTES;
    view.setUint8(at, code.opcode[i] ?? 0);
    view.setUint8(at + 1, ((code.src[i] ?? 0) << 4) | (code.dst[i] ?? 0));
    view.setInt16(at + 2, code.off[i] ?? 0, true);
    view.setInt32(at + 4, code.imm[i] ?? 0, true);
  }
  return data;
}

/** Columns from values, in order. */
export function codeOf(insns: readonly Insn[]): Code {
  const code = emptyCode(insns.length);
  insns.forEach((insn, i) => {
    code.opcode[i] = insn.opcode;
    code.dst[i] = insn.dst;
    code.src[i] = insn.src;
    code.off[i] = insn.off;
    code.imm[i] = insn.imm;
  });
  return code;
}

/** One slot as a value. */
export const insnAt = (code: Code, index: number): Insn => ({
  opcode: code.opcode[index] ?? 0,
  dst: code.dst[index] ?? 0,
  src: code.src[index] ?? 0,
  off: code.off[index] ?? 0,
  imm: code.imm[index] ?? 0,
});
