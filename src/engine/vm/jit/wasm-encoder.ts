// The WebAssembly binary format (core specification 1.0, section 5), as much as the translator needs: LEB128, sections, opcodes.
// Knows nothing of eBPF.

/** Value types. */
export const TYPE = { I32: 0x7f, I64: 0x7e } as const;
/** Block type of a block without a result. */
export const EMPTY_BLOCK = 0x40;

/** Instructions the translator emits. */
export const OP = {
  UNREACHABLE: 0x00,
  BLOCK: 0x02,
  LOOP: 0x03,
  IF: 0x04,
  ELSE: 0x05,
  END: 0x0b,
  BR: 0x0c,
  BR_IF: 0x0d,
  BR_TABLE: 0x0e,
  RETURN: 0x0f,
  CALL: 0x10,
  LOCAL_GET: 0x20,
  LOCAL_SET: 0x21,
  LOCAL_TEE: 0x22,
  I32_LOAD: 0x28,
  I64_LOAD: 0x29,
  I64_LOAD8_S: 0x30,
  I64_LOAD8_U: 0x31,
  I64_LOAD16_S: 0x32,
  I64_LOAD16_U: 0x33,
  I64_LOAD32_S: 0x34,
  I64_LOAD32_U: 0x35,
  I32_STORE: 0x36,
  I64_STORE: 0x37,
  I64_STORE8: 0x3c,
  I64_STORE16: 0x3d,
  I64_STORE32: 0x3e,
  I32_CONST: 0x41,
  I64_CONST: 0x42,
  I32_EQZ: 0x45,
  I32_EQ: 0x46,
  I32_NE: 0x47,
  I32_LT_S: 0x48,
  I32_LT_U: 0x49,
  I32_GT_S: 0x4a,
  I32_GT_U: 0x4b,
  I32_LE_S: 0x4c,
  I32_LE_U: 0x4d,
  I32_GE_S: 0x4e,
  I32_GE_U: 0x4f,
  I64_EQZ: 0x50,
  I64_EQ: 0x51,
  I64_NE: 0x52,
  I64_LT_S: 0x53,
  I64_LT_U: 0x54,
  I64_GT_S: 0x55,
  I64_GT_U: 0x56,
  I64_LE_S: 0x57,
  I64_LE_U: 0x58,
  I64_GE_S: 0x59,
  I64_GE_U: 0x5a,
  I32_ADD: 0x6a,
  I32_SUB: 0x6b,
  I32_MUL: 0x6c,
  I32_DIV_S: 0x6d,
  I32_DIV_U: 0x6e,
  I32_REM_S: 0x6f,
  I32_REM_U: 0x70,
  I32_AND: 0x71,
  I32_OR: 0x72,
  I32_XOR: 0x73,
  I32_SHL: 0x74,
  I32_SHR_S: 0x75,
  I32_SHR_U: 0x76,
  I32_ROTL: 0x77,
  I64_ADD: 0x7c,
  I64_SUB: 0x7d,
  I64_MUL: 0x7e,
  I64_DIV_S: 0x7f,
  I64_DIV_U: 0x80,
  I64_REM_S: 0x81,
  I64_REM_U: 0x82,
  I64_AND: 0x83,
  I64_OR: 0x84,
  I64_XOR: 0x85,
  I64_SHL: 0x86,
  I64_SHR_S: 0x87,
  I64_SHR_U: 0x88,
  I32_WRAP: 0xa7,
  I64_EXTEND_S: 0xac,
  I64_EXTEND_U: 0xad,
  I32_EXTEND8_S: 0xc0,
  I32_EXTEND16_S: 0xc1,
  I64_EXTEND8_S: 0xc2,
  I64_EXTEND16_S: 0xc3,
  I64_EXTEND32_S: 0xc4,
} as const;

/** A growing run of bytes. */
export class Bytes {
  private data = new Uint8Array(1024);
  length = 0;

  private room(more: number): void {
    if (this.length + more <= this.data.length) return;
    const wider = new Uint8Array(Math.max(this.data.length * 2, this.length + more));
    wider.set(this.data);
    this.data = wider;
  }

  byte(value: number): this {
    this.room(1);
    this.data[this.length++] = value;
    return this;
  }

  /** Unsigned LEB128 of a number below 2^32. */
  unsigned(value: number): this {
    let rest = value >>> 0;
    do {
      const low = rest & 127;
      rest >>>= 7;
      this.byte(rest === 0 ? low : low | 128);
    } while (rest !== 0);
    return this;
  }

  /** Signed LEB128 of a 32-bit number. */
  signed(value: number): this {
    let rest = value | 0;
    for (;;) {
      const low = rest & 127;
      rest >>= 7;
      if ((rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0)) return this.byte(low);
      this.byte(low | 128);
    }
  }

  /** Signed LEB128 of a 64-bit number in two halves. */
  signed64(low: number, high: number): this {
    let lo = low | 0;
    let hi = high | 0;
    for (;;) {
      const bits = lo & 127;
      lo = (lo >>> 7) | (hi << 25);
      hi >>= 7;
      const done = (lo === 0 && hi === 0 && (bits & 64) === 0) || (lo === -1 && hi === -1 && (bits & 64) !== 0);
      if (done) return this.byte(bits);
      this.byte(bits | 128);
    }
  }

  append(other: Bytes): this {
    this.room(other.length);
    this.data.set(other.data.subarray(0, other.length), this.length);
    this.length += other.length;
    return this;
  }

  text(value: string): this {
    this.unsigned(value.length);
    for (let i = 0; i < value.length; i++) this.byte(value.charCodeAt(i));
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.data.slice(0, this.length);
  }
}

/** A function type: parameter and result types. */
export interface FunctionShape {
  readonly params: readonly number[];
  readonly results: readonly number[];
}

/** A function body: locals by type, then code that ends with END. */
export interface FunctionBody {
  readonly type: number;
  readonly locals: readonly { readonly count: number; readonly type: number }[];
  readonly code: Bytes;
}

export interface ModuleParts {
  readonly types: readonly FunctionShape[];
  /** Imported functions, in order: they get the first function indices. */
  readonly imports: readonly { readonly name: string; readonly type: number }[];
  /** Pages of the imported memory `env.memory` (minimum and maximum alike). */
  readonly memoryPages: number;
  readonly functions: readonly FunctionBody[];
  readonly exports: readonly { readonly name: string; readonly index: number }[];
}

function section(out: Bytes, id: number, body: Bytes): void {
  out.byte(id).unsigned(body.length).append(body);
}

/** The bytes of a module. */
export function encodeModule(parts: ModuleParts): Uint8Array<ArrayBuffer> {
  const out = new Bytes();
  for (const byte of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) out.byte(byte);
  const types = new Bytes().unsigned(parts.types.length);
  for (const { params, results } of parts.types) {
    types.byte(0x60).unsigned(params.length);
    for (const type of params) types.byte(type);
    types.unsigned(results.length);
    for (const type of results) types.byte(type);
  }
  section(out, 1, types);
  const imports = new Bytes().unsigned(parts.imports.length + 1);
  for (const { name, type } of parts.imports) imports.text('env').text(name).byte(0).unsigned(type);
  imports.text('env').text('memory').byte(2).byte(1).unsigned(parts.memoryPages).unsigned(parts.memoryPages);
  section(out, 2, imports);
  const functions = new Bytes().unsigned(parts.functions.length);
  for (const { type } of parts.functions) functions.unsigned(type);
  section(out, 3, functions);
  const exports = new Bytes().unsigned(parts.exports.length);
  for (const { name, index } of parts.exports) exports.text(name).byte(0).unsigned(index);
  section(out, 7, exports);
  const code = new Bytes().unsigned(parts.functions.length);
  for (const body of parts.functions) {
    const inner = new Bytes().unsigned(body.locals.length);
    for (const { count, type } of body.locals) inner.unsigned(count).byte(type);
    inner.append(body.code);
    code.unsigned(inner.length).append(inner);
  }
  section(out, 10, code);
  return out.finish();
}
