// Reads little-endian numbers and strings from bytes that may be anything: a read outside gives 0 or '' and marks the
// reader as broken, it never throws. Knows nothing of formats.

import { decodeUtf8 } from './utf8.ts';

export class ByteReader {
  private readonly view: DataView;
  readonly bytes: Uint8Array;
  /** Set by the first read outside the bytes. */
  broken = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  private inside(at: number, size: number): boolean {
    if (at >= 0 && size >= 0 && at + size <= this.bytes.length) return true;
    this.broken = true;
    return false;
  }

  u8(at: number): number {
    return this.inside(at, 1) ? this.view.getUint8(at) : 0;
  }

  u16(at: number): number {
    return this.inside(at, 2) ? this.view.getUint16(at, true) : 0;
  }

  u32(at: number): number {
    return this.inside(at, 4) ? this.view.getUint32(at, true) : 0;
  }

  s32(at: number): number {
    return this.inside(at, 4) ? this.view.getInt32(at, true) : 0;
  }

  /** A 64-bit unsigned number that fits a double; larger ones mark the reader as broken. */
  size64(at: number): number {
    const low = this.u32(at);
    const high = this.u32(at + 4);
    if (high >= 0x20_0000) {
      this.broken = true;
      return 0;
    }
    return high * 4294967296 + low;
  }

  /** Text up to the next zero byte (or the end). */
  text(at: number): string {
    if (!this.inside(at, 0)) return '';
    const end = this.bytes.indexOf(0, at);
    return decodeUtf8(this.bytes.subarray(at, end < 0 ? this.bytes.length : end));
  }

  /** A view of [at, at + size); empty when that is outside. */
  slice(at: number, size: number): Uint8Array {
    return this.inside(at, size) ? this.bytes.subarray(at, at + size) : new Uint8Array(0);
  }
}
