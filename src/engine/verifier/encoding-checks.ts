// Every instruction on its own: known opcode, registers that exist, reserved fields zero, shapes of the two-slot load
// (Linux kernel/bpf/verifier.c, check_and_resolve_insns and the field checks of 7.x). Knows nothing of values or paths.

import type { Code } from '../isa/codec.ts';
import { ALU, ATOMIC, CLASS, isKnownOpcode, JMP, MODE, PSEUDO_CALL, PSEUDO_LD, SIZE, SOURCE } from '../isa/opcodes.ts';
import type { LinkedProgram } from '../object/link.ts';
import type { ShapeFault } from './control-flow.ts';

const fault = (code: string, insn: number, values: ShapeFault['values'] = {}): ShapeFault => ({ code, insn, values });
const reserved = (insn: number, name: string): ShapeFault => fault('reserved-field', insn, { name });

interface Fields {
  readonly opcode: number;
  readonly dst: number;
  readonly src: number;
  readonly off: number;
  readonly imm: number;
}

function checkArithmetic(slot: number, { opcode, src, off, imm }: Fields): ShapeFault | null {
  const operation = opcode & 0xf0;
  const wide = (opcode & 7) === CLASS.ALU64;
  const byRegister = (opcode & 8) === SOURCE.X;
  if (operation === ALU.END) {
    return src !== 0 || off !== 0 || (imm !== 16 && imm !== 32 && imm !== 64) ? reserved(slot, 'BPF_END') : null;
  }
  if (operation === ALU.NEG) return src !== 0 || off !== 0 || imm !== 0 ? reserved(slot, 'BPF_NEG') : null;
  if (operation === ALU.MOV) {
    if (!byRegister) return src !== 0 || off !== 0 ? reserved(slot, 'BPF_MOV') : null;
    if (wide && off === 1) return imm === 1 || imm === 1 << 16 ? fault('arena-cast', slot) : fault('address-space-cast', slot);
    const widths = wide ? [0, 8, 16, 32] : [0, 8, 16];
    return imm !== 0 || !widths.includes(off) ? reserved(slot, 'BPF_MOV') : null;
  }
  const signedAllowed = operation === ALU.DIV || operation === ALU.MOD;
  if (off !== 0 && !(signedAllowed && off === 1)) return reserved(slot, 'BPF_ALU');
  if (byRegister ? imm !== 0 : src !== 0) return reserved(slot, 'BPF_ALU');
  return null;
}

function checkJump(slot: number, { opcode, dst, src, off, imm }: Fields): ShapeFault | null {
  const operation = opcode & 0xf0;
  const narrow = (opcode & 7) === CLASS.JMP32;
  const byRegister = (opcode & 8) === SOURCE.X;
  switch (operation) {
    case JMP.CALL:
      if (src !== PSEUDO_CALL.KFUNC && off !== 0) return reserved(slot, 'BPF_CALL');
      return src > PSEUDO_CALL.KFUNC || dst !== 0 ? reserved(slot, 'BPF_CALL') : null;
    case JMP.EXIT:
      return imm !== 0 || src !== 0 || dst !== 0 || off !== 0 ? reserved(slot, 'BPF_EXIT') : null;
    case JMP.JA:
      return src !== 0 || dst !== 0 || (narrow ? off !== 0 : imm !== 0) ? reserved(slot, 'BPF_JA') : null;
    case JMP.JCOND:
      return src !== 0 || dst !== 0 || imm !== 0 ? fault('may-goto-fields', slot, { imm }) : null;
    default:
      return (byRegister ? imm !== 0 : src !== 0) ? reserved(slot, 'BPF_JMP/JMP32') : null;
  }
}

const ATOMICS: readonly number[] = [
  ATOMIC.ADD,
  ATOMIC.ADD | ATOMIC.FETCH,
  ATOMIC.AND,
  ATOMIC.AND | ATOMIC.FETCH,
  ATOMIC.OR,
  ATOMIC.OR | ATOMIC.FETCH,
  ATOMIC.XOR,
  ATOMIC.XOR | ATOMIC.FETCH,
  ATOMIC.XCHG,
  ATOMIC.CMPXCHG,
  ATOMIC.LOAD_ACQ,
  ATOMIC.STORE_REL,
];

function checkAtomic(slot: number, { opcode, imm }: Fields): ShapeFault | null {
  if (!ATOMICS.includes(imm)) return fault('atomic-opcode', slot, { imm: (imm >>> 0).toString(16).padStart(2, '0') });
  const size = opcode & 0x18;
  if (imm !== ATOMIC.LOAD_ACQ && imm !== ATOMIC.STORE_REL && size !== SIZE.W && size !== SIZE.DW)
    return fault('atomic-size', slot);
  return null;
}

function checkWideLoad(code: Code, slot: number, mapCount: number, { src, off, imm }: Fields): ShapeFault | null {
  const next = slot + 1;
  const second = (code.imm[next] ?? 0) | 0;
  if (next >= code.length || code.opcode[next] !== 0 || code.dst[next] !== 0 || code.src[next] !== 0 || code.off[next] !== 0) {
    return fault('wide-load-second-half', slot);
  }
  if (off !== 0) return reserved(slot, 'BPF_LD_IMM64');
  switch (src) {
    case PSEUDO_LD.VALUE:
    case PSEUDO_LD.FUNCTION:
      return null;
    case PSEUDO_LD.MAP:
      if (second !== 0) return fault('wide-load-unknown', slot);
      return imm < 0 || imm >= mapCount ? fault('not-a-map', slot, { fd: imm }) : null;
    case PSEUDO_LD.MAP_VALUE:
      return imm < 0 || imm >= mapCount ? fault('not-a-map', slot, { fd: imm }) : null;
    default:
      return fault('wide-load-unknown', slot);
  }
}

function checkOne(code: Code, slot: number, mapCount: number, fields: Fields): ShapeFault | null {
  const { opcode, dst, src, off, imm } = fields;
  if (!isKnownOpcode(opcode)) return fault('unknown-opcode', slot, { opcode: opcode.toString(16).padStart(2, '0') });
  switch (opcode & 7) {
    case CLASS.LD:
      if (opcode === 0x18) return checkWideLoad(code, slot, mapCount, fields);
      return dst !== 0 || off !== 0 || ((opcode & 0xe0) === MODE.ABS && src !== 0) ? reserved(slot, 'BPF_LD_[ABS|IND]') : null;
    case CLASS.LDX:
      return imm !== 0 ? reserved(slot, 'BPF_LDX') : null;
    case CLASS.ST:
      return src !== 0 ? reserved(slot, 'BPF_ST') : null;
    case CLASS.STX:
      if ((opcode & 0xe0) === MODE.ATOMIC) return checkAtomic(slot, fields);
      return imm !== 0 ? reserved(slot, 'BPF_STX') : null;
    case CLASS.ALU:
    case CLASS.ALU64:
      return checkArithmetic(slot, fields);
    default:
      return checkJump(slot, fields);
  }
}

/** The first instruction that no kernel would run whatever the registers hold, or null. */
export function checkEncodings(program: LinkedProgram): ShapeFault | null {
  const { code, maps } = program;
  for (let slot = 0; slot < code.length; slot++) {
    const fields: Fields = {
      opcode: code.opcode[slot] ?? 0,
      dst: code.dst[slot] ?? 0,
      src: code.src[slot] ?? 0,
      off: code.off[slot] ?? 0,
      imm: code.imm[slot] ?? 0,
    };
    for (const register of [fields.dst, fields.opcode === 0x18 ? 0 : fields.src]) {
      if (register > 10) return fault('no-such-register', slot, { reg: register });
    }
    const found = checkOne(code, slot, maps.length, fields);
    if (found !== null) return found;
    if (fields.opcode === 0x18) slot++;
  }
  return null;
}
