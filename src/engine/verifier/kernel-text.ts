// Registers, stack slots and instructions in the words of the kernel's log (Linux kernel/bpf/log.c, print_reg_state;
// kernel/bpf/disasm.c). Numbers are decimal up to 16 bits and hexadecimal beyond, as there. Knows nothing of walks.

import { OPCODE_LDDW } from '../isa/codec.ts';
import { ALU_SIGN, disassemble, JUMP_SIGN } from '../isa/disassemble.ts';
import { ALU, ATOMIC, CLASS, JMP, MODE, PSEUDO_CALL, PSEUDO_LD, SOURCE } from '../isa/opcodes.ts';
import type { LinkedProgram } from '../object/link.ts';
import { FLAG, isPacket, KIND, kindName, type Reg } from './register.ts';
import { isConst, S32_MAX, S32_MIN, S64_MAX, S64_MIN, type Scalar, U32_MAX, U64_MAX } from './scalar.ts';
import { BYTE, byteType, type Slot, slotLetters } from './state.ts';
import { tnumText } from './tnum.ts';

const SIGNED_LIMIT = 32_767n;
const UNSIGNED_LIMIT = 65_535n;

const isShortSigned = (value: bigint): boolean => value >= -SIGNED_LIMIT - 1n && value <= SIGNED_LIMIT;
const hex = (value: bigint): string => `0x${BigInt.asUintN(64, value).toString(16)}`;
const signedText = (value: bigint): string => (isShortSigned(value) ? `${value}` : hex(value));
const unsignedText = (value: bigint): string => (value <= UNSIGNED_LIMIT ? `${value}` : hex(value));
/** Narrow signed bounds are sign-extended only where they print in decimal. */
const narrowSigned = (value: bigint): bigint => (isShortSigned(value) ? value : BigInt.asUintN(32, value));

/** Bounds that say something, equal ones joined: `smin=umin=4,umax=0x7fffffffffffffff,var_off=(0x0; 0xff)`. */
function rangesText(s: Scalar): string[] {
  const bounds = [
    { name: 'smin', value: s.smin, silent: s.smin === S64_MIN },
    { name: 'smax', value: s.smax, silent: s.smax === S64_MAX },
    { name: 'umin', value: s.umin, silent: s.umin === 0n },
    { name: 'umax', value: s.umax, silent: s.umax === U64_MAX },
    { name: 'smin32', value: narrowSigned(s.s32min), silent: s.s32min === S32_MIN },
    { name: 'smax32', value: narrowSigned(s.s32max), silent: s.s32max === S32_MAX },
    { name: 'umin32', value: s.u32min, silent: s.u32min === 0n },
    { name: 'umax32', value: s.u32max, silent: s.u32max === U32_MAX },
  ];
  const parts: string[] = [];
  bounds.forEach((bound, i) => {
    if (bound.silent) return;
    let names = bound.name;
    for (let k = i + 2; k < bounds.length; k += 2) {
      const other = bounds[k];
      if (other === undefined || other.silent || BigInt.asUintN(64, other.value) !== BigInt.asUintN(64, bound.value)) continue;
      if (other.value < 0n !== bound.value < 0n) continue;
      other.silent = true;
      names += `=${other.name}`;
    }
    parts.push(`${names}=${bound.name.startsWith('s') ? signedText(bound.value) : unsignedText(bound.value)}`);
  });
  if (s.bits.mask !== U64_MAX) parts.push(`var_off=${tnumText(s.bits)}`);
  return parts;
}

/** A register as it stands after `R3=`, seen from call frame `frame`. */
export function kernelRegText(reg: Reg, frame: number): string {
  const constant = isConst(reg.value) ? reg.value.smin : null;
  if (reg.kind === KIND.SCALAR && constant !== null) return signedText(constant);
  if (reg.kind === KIND.STACK && constant !== null) return `fp${reg.frame === frame ? '' : `[${reg.frame}]`}${constant}`;
  const parts: string[] = [];
  if (reg.id !== 0) {
    const by = reg.delta?.by ?? 0n;
    parts.push(`id=${reg.id}${by === 0n ? '' : by < 0n ? by : `+${by}`}`);
  }
  if (reg.ref !== 0) parts.push(`ref_obj_id=${reg.ref}`);
  if ((reg.flags & FLAG.NON_OWNING) !== 0) parts.push('non_own_ref');
  if (reg.map !== null) {
    if (reg.map.name !== '') parts.push(`map=${reg.map.name}`);
    parts.push(`ks=${reg.map.keySize}`, `vs=${reg.map.valueSize}`);
  }
  const offset = isPacket(reg) ? BigInt(reg.fixed) : (constant ?? 0n);
  if (reg.kind !== KIND.SCALAR && offset !== 0n) parts.push(`off=${signedText(offset)}`);
  if (isPacket(reg)) parts.push(`r=${unsignedText(BigInt.asUintN(64, BigInt(reg.range)))}`);
  if (reg.kind === KIND.MEM) parts.push(`sz=${unsignedText(BigInt(reg.size))}`);
  if (constant === null) parts.push(...rangesText(reg.value));
  return `${kindName(reg)}${reg.struct?.name ?? ''}(${parts.join(',')})`;
}

/** A stack slot as ` fp-8=…`; the byte of the highest address first, as in the kernel. */
export function kernelSlotText(index: number, slot: Slot, frame: number): string {
  const letters = slotLetters(slot);
  const name = ` fp${-8 * (index + 1)}=`;
  if (byteType(slot, 0) === BYTE.SPILL && slot.reg !== null)
    return `${name}${letters.replace(/r+$/, '')}${kernelRegText(slot.reg, frame)}`;
  if (byteType(slot, 0) === BYTE.DYNPTR && slot.reg !== null) return `${name}dynptr_skb(id=${slot.reg.id})`;
  if (byteType(slot, 0) === BYTE.ITERATOR && slot.reg !== null) {
    const state = (slot.reg.flags & FLAG.DRAINED) !== 0 ? 'drained' : 'active';
    return `${name}iter_num(ref_id=${slot.reg.ref},state=${state},depth=${slot.reg.range})`;
  }
  return `${name}${letters}`;
}

const place = (register: number, off: number): string => `(r${register} ${off < 0 ? off : `+${off}`})`;
const jump = (off: number): string => `pc${off < 0 ? off : `+${off}`}`;

function atomicText(bits: number, dst: number, src: number, off: number, imm: number): string {
  const wide = bits === 64 ? '64' : '';
  const at = `((u${bits} *)${place(dst, off)}`;
  if (imm === ATOMIC.LOAD_ACQ) return `r${dst} = load_acquire((u${bits} *)${place(src, off)})`;
  if (imm === ATOMIC.STORE_REL) return `store_release${at}, r${src})`;
  if (imm === ATOMIC.CMPXCHG) return `r0 = atomic${wide}_cmpxchg${at}, r0, r${src})`;
  if (imm === ATOMIC.XCHG) return `r${src} = atomic${wide}_xchg${at}, r${src})`;
  const operation = imm & ~ATOMIC.FETCH;
  if ((imm & ATOMIC.FETCH) === 0) return `lock *(u${bits} *)${place(dst, off)} ${ALU_SIGN[operation] ?? '?'} r${src}`;
  const name = { [ALU.ADD]: 'add', [ALU.AND]: 'and', [ALU.OR]: 'or', [ALU.XOR]: 'xor' }[operation] ?? '?';
  return `r${src} = atomic${wide}_fetch_${name}${at}, r${src})`;
}

function jumpText(program: LinkedProgram, slot: number, nameOf: (id: number) => string): string {
  const { code, kfuncs } = program;
  const opcode = code.opcode[slot] ?? 0;
  const [dst, src, off, imm] = [code.dst[slot] ?? 0, code.src[slot] ?? 0, code.off[slot] ?? 0, code.imm[slot] ?? 0];
  const operation = opcode & 0xf0;
  const letter = (opcode & 7) === CLASS.JMP ? 'r' : 'w';
  if (operation === JMP.EXIT) return 'exit';
  if (operation === JMP.JA) return letter === 'r' ? `goto ${jump(off)}` : `gotol ${jump(imm)}`;
  if (operation === JMP.JCOND) return `may_goto ${jump(off)}`;
  if (operation === JMP.CALL) {
    if (src === PSEUDO_CALL.SUBPROGRAM) return `call ${jump(imm)}`;
    return src === PSEUDO_CALL.KFUNC ? `call ${kfuncs[imm] ?? 'kernel-function'}#${imm}` : `call ${nameOf(imm)}#${imm}`;
  }
  const right = (opcode & 8) === SOURCE.X ? `${letter}${src}` : `0x${(imm >>> 0).toString(16)}`;
  return `if ${letter}${dst} ${JUMP_SIGN[operation]} ${right} goto ${jump(off)}`;
}

/** Instructions whose text differs from the assembler's; null for the others. */
function differentText(program: LinkedProgram, slot: number, nameOf: (id: number) => string): string | null {
  const { code } = program;
  const opcode = code.opcode[slot] ?? 0;
  const [dst, src, off, imm] = [code.dst[slot] ?? 0, code.src[slot] ?? 0, code.off[slot] ?? 0, code.imm[slot] ?? 0];
  const bits = [32, 16, 8, 64][(opcode >> 3) & 3] ?? 8;
  const type = `*(${(opcode & 0xe0) === MODE.MEMSX ? 's' : 'u'}${bits} *)`;
  switch (opcode & 7) {
    case CLASS.LD: {
      if (opcode === OPCODE_LDDW) {
        const map = src === PSEUDO_LD.MAP || src === PSEUDO_LD.MAP_VALUE;
        const value = (BigInt((code.imm[slot + 1] ?? 0) >>> 0) << 32n) | BigInt(imm >>> 0);
        return src === PSEUDO_LD.FUNCTION ? `r${dst} = func[${imm}]` : `r${dst} = 0x${(map ? 0n : value).toString(16)}`;
      }
      return (opcode & 0xe0) === MODE.IND ? `r0 = ${type}skb[r${src} + ${imm}]` : `r0 = ${type}skb[${imm}]`;
    }
    case CLASS.LDX:
      return `r${dst} = ${type}${place(src, off)}`;
    case CLASS.ST:
      return `${type}${place(dst, off)} = ${imm}`;
    case CLASS.STX:
      if ((opcode & 0xe0) === MODE.ATOMIC) return atomicText(bits, dst, src, off, imm);
      return `${type}${place(dst, off)} = r${src}`;
    case CLASS.JMP:
    case CLASS.JMP32:
      return jumpText(program, slot, nameOf);
    default:
      return null;
  }
}

/** Every instruction as the log prints it, `3: (b7) r0 = 1`; empty for the second slot of a wide load. */
export function kernelListing(program: LinkedProgram, nameOf: (id: number) => string): string[] {
  return disassemble(program.code).map((line, slot) => {
    if (line === '') return '';
    const text = differentText(program, slot, nameOf) ?? line;
    return `${slot}: (${(program.code.opcode[slot] ?? 0).toString(16).padStart(2, '0')}) ${text}`;
  });
}
