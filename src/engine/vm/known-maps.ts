// Which map a lookup is about, where the code says so itself: the JIT looks arrays up without a call, as the kernel does
// (kernel/bpf/arraymap.c, array_map_gen_lookup). Knows nothing of maps' contents.

import { type Code, OPCODE_LDDW } from '../isa/codec.ts';
import { ALU, CLASS, JMP, PSEUDO_CALL, PSEUDO_LD, SOURCE } from '../isa/opcodes.ts';

const LOOKUP = 1;
const UNKNOWN = -1;

/** Slots that some jump leads to. */
function jumpTargets(code: Code): Set<number> {
  const targets = new Set<number>();
  for (let slot = 0; slot < code.length; slot++) {
    const opcode = code.opcode[slot] ?? 0;
    const cls = opcode & 7;
    if (opcode === OPCODE_LDDW) slot++;
    else if (cls === CLASS.JMP || cls === CLASS.JMP32) {
      const far = cls === CLASS.JMP32 && (opcode & 0xf0) === JMP.JA;
      targets.add(slot + 1 + (far ? (code.imm[slot] ?? 0) : (code.off[slot] ?? 0)));
    }
  }
  return targets;
}

/** Index of the map that bpf_map_lookup_elem is called with, by slot of the call, where R1 was set to it in the same stretch of code. */
export function knownLookups(code: Code): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  const targets = jumpTargets(code);
  const known = new Int32Array(11).fill(UNKNOWN);
  for (let slot = 0; slot < code.length; slot++) {
    if (targets.has(slot)) known.fill(UNKNOWN);
    const opcode = code.opcode[slot] ?? 0;
    const dst = code.dst[slot] ?? 0;
    switch (opcode & 7) {
      case CLASS.ALU64:
        known[dst] =
          opcode === (CLASS.ALU64 | ALU.MOV | SOURCE.X) && code.off[slot] === 0
            ? (known[code.src[slot] ?? 0] ?? UNKNOWN)
            : UNKNOWN;
        break;
      case CLASS.ALU:
      case CLASS.LDX:
        known[dst] = UNKNOWN;
        break;
      case CLASS.LD:
        if (opcode === OPCODE_LDDW) {
          known[dst] = code.src[slot] === PSEUDO_LD.MAP ? (code.imm[slot] ?? 0) : UNKNOWN;
          slot++;
        } else known.fill(UNKNOWN, 0, 6);
        break;
      case CLASS.STX:
        // An atomic may write its source register or R0.
        known[code.src[slot] ?? 0] = UNKNOWN;
        known[0] = UNKNOWN;
        break;
      case CLASS.JMP:
        if (opcode !== (CLASS.JMP | JMP.CALL)) break;
        if (code.src[slot] === PSEUDO_CALL.HELPER && code.imm[slot] === LOOKUP && (known[1] ?? UNKNOWN) >= 0) {
          found.set(slot, known[1] ?? UNKNOWN);
        }
        known.fill(UNKNOWN, 0, 6);
        break;
      default:
    }
  }
  return found;
}
