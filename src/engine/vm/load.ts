// From a linked program and the places of its maps to code that can run: map references become addresses, calls find
// their handlers. Knows nothing of how maps or helpers work.

import { type Code, OPCODE_LDDW } from '../isa/codec.ts';
import { JMP, PSEUDO_CALL, PSEUDO_LD } from '../isa/opcodes.ts';
import type { LinkedProgram } from '../object/link.ts';
import type { CallHandler } from './machine.ts';

/** Where an array map's values are: `maxEntries` of them from address `values` on, `stride` bytes apart. */
export interface ArrayPlace {
  readonly values: number;
  readonly stride: number;
  readonly maxEntries: number;
}

/** Where the outside world of a program is. */
export interface Bindings {
  /** Number a program holds as "pointer to map `index`" (a handle that helpers understand; not dereferenceable). */
  readonly mapHandle: (index: number) => number;
  /** Address of the first value byte of map `index` (array maps with one entry: data sections). */
  readonly mapValueAddress: (index: number) => number;
  /** Place of map `index` when it is an array, else null; absent where lookups are calls always. */
  readonly arrayPlace?: (index: number) => ArrayPlace | null;
  readonly helper: (id: number) => CallHandler | undefined;
  readonly kfunc: (name: string) => CallHandler | undefined;
}

/** A copy of the program's code with all addresses filled in. Function addresses are slots. */
export function resolveCode(program: LinkedProgram, bindings: Bindings): Code {
  const { code } = program;
  const imm = code.imm.slice();
  for (let slot = 0; slot < code.length; slot++) {
    if (code.opcode[slot] !== OPCODE_LDDW) continue;
    const index = code.imm[slot] ?? 0;
    switch (code.src[slot]) {
      case PSEUDO_LD.MAP:
        imm[slot] = bindings.mapHandle(index);
        imm[slot + 1] = 0;
        break;
      case PSEUDO_LD.MAP_VALUE:
        imm[slot] = bindings.mapValueAddress(index) + (code.imm[slot + 1] ?? 0);
        imm[slot + 1] = 0;
        break;
      case PSEUDO_LD.FUNCTION:
        imm[slot] = slot + 1 + index;
        imm[slot + 1] = 0;
        break;
      default:
    }
    slot++;
  }
  return { ...code, imm };
}

/** The handler of the call at a slot, for the engines' set-up; undefined where the slot is no outside call. */
export function handlerOf(program: LinkedProgram, bindings: Bindings): (slot: number) => CallHandler | undefined {
  const { code } = program;
  return (slot) => {
    const opcode = code.opcode[slot] ?? 0;
    if ((opcode & 0xf7) !== (JMP.CALL | 5)) return undefined;
    const target = code.imm[slot] ?? 0;
    if (code.src[slot] === PSEUDO_CALL.HELPER) return bindings.helper(target);
    if (code.src[slot] === PSEUDO_CALL.KFUNC) return bindings.kfunc(program.kfuncs[target] ?? '');
    return undefined;
  };
}
