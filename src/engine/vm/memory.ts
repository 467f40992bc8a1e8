// The one linear memory of a run ("kernel memory", architecture section 7). Everything that changes during a run lives in
// it: the host's own tables in the lower region, what programs may touch in the upper one. A pointer in a program is an
// offset in it. Nothing is allocated after a run has been built, so a snapshot is a copy of the pages in use. Knows
// nothing of what the regions hold.

import { InternalFault } from '../base/assert.ts';

const WASM_PAGE = 65_536;
/** Bytes below this address belong to nobody: address 0 and its neighbourhood always fault. */
const NULL_GUARD_BYTES = WASM_PAGE;

/** Sizes of the two regions in bytes. */
export interface MemoryPlan {
  readonly hostBytes: number;
  readonly programBytes: number;
}

const roundUp = (value: number, to: number): number => Math.ceil(value / to) * to;

export class RunMemory {
  readonly wasm: WebAssembly.Memory;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly view: DataView;
  /** First address a program may touch. */
  readonly programBase: number;
  /** One past the last address a program may touch. */
  readonly programLimit: number;
  private hostTop = NULL_GUARD_BYTES;
  private programTop: number;

  /** Reserves address space for the plan; pages are only backed once touched. */
  constructor(plan: MemoryPlan) {
    this.programBase = NULL_GUARD_BYTES + roundUp(plan.hostBytes, WASM_PAGE);
    this.programLimit = this.programBase + roundUp(plan.programBytes, WASM_PAGE);
    const pages = this.programLimit / WASM_PAGE;
    this.wasm = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { buffer } = this.wasm;
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.view = new DataView(buffer);
    this.programTop = this.programBase;
  }

  /** Zeroed bytes for the host, aligned to 8; returns their address. Throws when the plan was too small (ours to plan). */
  allocateHost(bytes: number): number {
    const address = this.hostTop;
    this.hostTop = address + roundUp(bytes, 8);
    if (this.hostTop > this.programBase) throw new InternalFault('host region exhausted: plan more host bytes');
    return address;
  }

  /** Zeroed bytes that programs may touch, aligned to `align` (a power of two, at least 8). */
  allocateProgram(bytes: number, align = 8): number {
    const address = roundUp(this.programTop, align);
    this.programTop = address + roundUp(bytes, 8);
    if (this.programTop > this.programLimit) throw new InternalFault('program region exhausted: plan more program bytes');
    return address;
  }

  /** The address ranges in use, [start, end) each: what a snapshot must hold. */
  inUse(): readonly (readonly [number, number])[] {
    return [
      [NULL_GUARD_BYTES, this.hostTop],
      [this.programBase, this.programTop],
    ];
  }

  /** Host columns: a typed view of `count` elements over freshly allocated zeroed host memory. */
  hostInt32(count: number): Int32Array {
    return new Int32Array(this.wasm.buffer, this.allocateHost(count * 4), count);
  }
  hostUint8(count: number): Uint8Array {
    return new Uint8Array(this.wasm.buffer, this.allocateHost(count), count);
  }
  hostFloat64(count: number): Float64Array {
    return new Float64Array(this.wasm.buffer, this.allocateHost(count * 8), count);
  }
}
