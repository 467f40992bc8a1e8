// Growing little-endian output, and tables of zero-terminated strings. Knows nothing of formats.

import { encodeUtf8 } from './utf8.ts';

export class ByteWriter {
  private bytes = new Uint8Array(1024);
  private view = new DataView(this.bytes.buffer);
  length = 0;

  private reserve(size: number): number {
    const at = this.length;
    const needed = at + size;
    if (needed > this.bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    this.length = needed;
    return at;
  }

  u8(value: number): this {
    const at = this.reserve(1);
    this.view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.reserve(2);
    this.view.setUint16(at, value, true);
    return this;
  }

  u32(value: number): this {
    const at = this.reserve(4);
    this.view.setUint32(at, value, true);
    return this;
  }

  u64(value: number): this {
    return this.u32(value % 4294967296).u32(Math.floor(value / 4294967296));
  }

  raw(data: Uint8Array): this {
    const at = this.reserve(data.length);
    this.bytes.set(data, at);
    return this;
  }

  /** Zero bytes up to the next multiple of `unit`. */
  align(unit: number): this {
    const rest = this.length % unit;
    if (rest !== 0) this.reserve(unit - rest);
    return this;
  }

  setU32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}

/** Strings, each stored once; offset 0 is the empty string. */
export class StringTable {
  private readonly out = new ByteWriter().u8(0);
  private readonly offsets = new Map<string, number>([['', 0]]);

  offset(text: string): number {
    const known = this.offsets.get(text);
    if (known !== undefined) return known;
    const at = this.out.length;
    this.out.raw(encodeUtf8(text)).u8(0);
    this.offsets.set(text, at);
    return at;
  }

  finish(): Uint8Array {
    return this.out.finish();
  }
}
