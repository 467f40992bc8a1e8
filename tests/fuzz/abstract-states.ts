// The soundness net: what the verifier knew before an instruction, on all its visits, and whether a concrete machine's registers lie in
// it. Used with the real interpreter, over random programs and over the gallery's in simulation.

import { KIND, type Reg, regText } from '../../src/engine/verifier/register.ts';
import type { Scalar } from '../../src/engine/verifier/scalar.ts';
import { tnumContains } from '../../src/engine/verifier/tnum.ts';
import type { Walk } from '../../src/engine/verifier/walk.ts';
import type { Machine } from '../../src/engine/vm/machine.ts';

/** Visits of one instruction that are kept; an instruction with more is not judged. */
const VISITS = 4000;

interface Visit {
  readonly frame: number;
  readonly regs: readonly Reg[];
}

/** Addresses that pointers are measured from (that of the context is R1 at the start); a pointer whose base is not known is not judged. */
export interface Places {
  /** 0 when the packet is not known. */
  readonly packetStart: number;
  readonly packetEnd: number;
  /** First byte and distance of the values of an array, by the map's name. */
  readonly arrays: ReadonlyMap<string, { readonly values: number; readonly stride: number; readonly count: number }>;
}

/** A signed 64-bit number lies in every range and has every known bit. */
function holds({ bits, smin, smax, umin, umax, s32min, s32max, u32min, u32max }: Scalar, value: bigint): boolean {
  const unsigned = BigInt.asUintN(64, value);
  const low = BigInt.asUintN(32, value);
  const signedLow = BigInt.asIntN(32, value);
  return (
    value >= smin &&
    value <= smax &&
    unsigned >= umin &&
    unsigned <= umax &&
    signedLow >= s32min &&
    signedLow <= s32max &&
    low >= u32min &&
    low <= u32max &&
    tnumContains(bits, { value: unsigned, mask: 0n })
  );
}

export class AbstractStates {
  private readonly visits = new Map<number, Visit[]>();
  private readonly framePointers: bigint[] = [];
  private context = 0n;
  private live: Uint16Array = new Uint16Array(0);
  /** Instructions judged. */
  judged = 0;

  /** To be called by the verifier before every instruction it walks. */
  readonly observe = (walk: Walk): void => {
    this.live = walk.shape.live;
    const list = this.visits.get(walk.insn);
    const frame = walk.frame();
    const visit = { frame: frame.number, regs: frame.regs.slice() };
    if (list === undefined) this.visits.set(walk.insn, [visit]);
    else if (list.length < VISITS) list.push(visit);
  };

  private inside(reg: Reg, value: bigint, places: Places): boolean {
    if (reg.kind === KIND.SCALAR) return holds(reg.value, value);
    if (reg.nullable && value === 0n) return true;
    const from = (base: bigint | undefined): boolean => base === undefined || holds(reg.value, value - base);
    switch (reg.kind) {
      case KIND.STACK:
        return from(this.framePointers[reg.frame]);
      case KIND.CTX:
        return from(this.context);
      case KIND.PACKET: {
        if (places.packetStart === 0) return true;
        const reached = value - BigInt(reg.fixed) + BigInt(reg.range);
        return from(BigInt(places.packetStart)) && (reg.range <= 0 || reached <= BigInt(places.packetEnd));
      }
      case KIND.PACKET_END:
        return places.packetStart === 0 || from(BigInt(places.packetEnd));
      case KIND.MAP_VALUE: {
        const array = places.arrays.get(reg.map?.name ?? '');
        if (array === undefined) return value !== 0n;
        for (let i = 0; i < array.count; i++) if (from(BigInt(array.values + i * array.stride))) return true;
        return false;
      }
      case KIND.NONE:
        return true;
      default:
        return value !== 0n;
    }
  }

  /** What is wrong with the machine's state before `slot`; null when the verifier foresaw it. */
  judge(machine: Machine, slot: number, places: Places): string | null {
    const { lo, hi, depth } = machine;
    this.framePointers[depth] = (BigInt(hi[10] ?? 0) << 32n) | BigInt((lo[10] ?? 0) >>> 0);
    if (slot === 0 && depth === 0) this.context = BigInt((lo[1] ?? 0) >>> 0);
    const visits = this.visits.get(slot);
    if (visits === undefined) return `instruction ${slot} runs, and the verifier never came there`;
    if (visits.length >= VISITS) return null;
    this.judged++;
    const live = this.live[slot] ?? 0;
    const values: bigint[] = [];
    for (let r = 0; r < 10; r++) values.push((BigInt(hi[r] ?? 0) << 32n) | BigInt((lo[r] ?? 0) >>> 0));
    const fits = (visit: Visit): boolean => {
      if (visit.frame !== depth) return false;
      for (let r = 0; r < 10; r++) {
        const reg = visit.regs[r];
        if (((live >>> r) & 1) === 0 || reg === undefined) continue;
        if (!this.inside(reg, values[r] ?? 0n, places)) return false;
      }
      return true;
    };
    if (visits.some(fits)) return null;
    const shown = (r: number): string => `R${r}=${values[r]}`;
    const registers = [...values.keys()].filter((r) => ((live >>> r) & 1) !== 0);
    const known = visits
      .slice(0, 4)
      .map((visit) => registers.map((r) => `R${r}=${visit.regs[r] === undefined ? '?' : regText(visit.regs[r])}`).join(' '));
    return `instruction ${slot}: ${registers.map(shown).join(' ')} lies in none of ${visits.length} states:\n  ${known.join('\n  ')}`;
  }

  /** Mean of log2 of the number of values each live scalar can have: how much the verifier does not know. */
  meanWidth(): number {
    let bits = 0;
    let count = 0;
    for (const [slot, visits] of this.visits) {
      for (const { regs } of visits) {
        for (let r = 0; r < 10; r++) {
          const reg = regs[r];
          if (reg === undefined || reg.kind !== KIND.SCALAR || (((this.live[slot] ?? 0) >>> r) & 1) === 0) continue;
          bits += Math.log2(Number(reg.value.umax - reg.value.umin) + 1);
          count++;
        }
      }
    }
    return count === 0 ? 0 : bits / count;
  }
}
