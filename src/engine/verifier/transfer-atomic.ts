// Atomic updates, load-acquire and store-release: where they may be used and what they leave behind (Linux
// kernel/bpf/verifier.c, check_atomic). Knows nothing of plain loads and stores beyond their checks.

import { ATOMIC } from '../isa/opcodes.ts';
import { isPacket, isSocket, KIND, kindName, UNKNOWN, unlinked } from './register.ts';
import type { Step } from './state.ts';
import { checkAlignment, checkSameKind, load, readable, sizeOfOpcode, store } from './transfer-memory.ts';
import type { Walk } from './walk.ts';

/** Register that a fetching atomic fills, or -1. */
const fetchTarget = (imm: number, src: number): number => (imm === ATOMIC.CMPXCHG ? 0 : (imm & ATOMIC.FETCH) !== 0 ? src : -1);

function transferAtomicUpdate(walk: Walk, step: Step): boolean {
  const { code, insn } = walk;
  const dst = code.dst[insn] ?? 0;
  const src = code.src[insn] ?? 0;
  const offset = code.off[insn] ?? 0;
  const imm = code.imm[insn] ?? 0;
  const size = sizeOfOpcode(code.opcode[insn] ?? 0);
  if (readable(walk, src) === null) return false;
  const reg = readable(walk, dst);
  if (reg === null) return false;
  if (imm === ATOMIC.CMPXCHG && readable(walk, 0) === null) return false;
  if (
    isPacket(reg) ||
    isSocket(reg.kind) ||
    reg.kind === KIND.CTX ||
    reg.kind === KIND.SKB ||
    (reg.kind === KIND.BTF_PTR && reg.struct === null)
  ) {
    return walk.refuse('atomic-target', { reg: dst, kind: kindName(reg) });
  }
  const target = fetchTarget(imm, src);
  if (target === 10) return walk.refuse('frame-pointer-written', {});
  if (!checkAlignment(walk, reg, offset, size, true)) return false;
  const loaded = load(walk, step, dst, reg, offset, size);
  if (loaded === null) return false;
  step.stackSlot = -1;
  // What is stored is known only as "some number": a pointer given to an atomic ends as bytes.
  if (!store(walk, step, dst, reg, offset, size, { reg: UNKNOWN, index: -1, immediate: null })) return false;
  step.stackSlot = -1;
  if (target >= 0) walk.setReg(target, loaded.kind === KIND.SCALAR ? unlinked(loaded) : loaded);
  return checkSameKind(walk, reg);
}

/** Transfer of every atomic instruction. */
export function transferAtomic(walk: Walk, step: Step): boolean {
  const { code, insn } = walk;
  const imm = code.imm[insn] ?? 0;
  if (imm !== ATOMIC.LOAD_ACQ && imm !== ATOMIC.STORE_REL) return transferAtomicUpdate(walk, step);
  const through = imm === ATOMIC.LOAD_ACQ ? (code.src[insn] ?? 0) : (code.dst[insn] ?? 0);
  const dst = code.dst[insn] ?? 0;
  const src = code.src[insn] ?? 0;
  const offset = code.off[insn] ?? 0;
  const size = sizeOfOpcode(code.opcode[insn] ?? 0);
  const source = readable(walk, imm === ATOMIC.LOAD_ACQ ? through : src);
  const reg = readable(walk, through);
  if (reg === null || source === null) return false;
  if (imm === ATOMIC.LOAD_ACQ && dst === 10) return walk.refuse('frame-pointer-written', {});
  if (
    isPacket(reg) ||
    isSocket(reg.kind) ||
    reg.kind === KIND.CTX ||
    reg.kind === KIND.SKB ||
    (reg.kind === KIND.BTF_PTR && reg.struct === null)
  ) {
    const code2 = imm === ATOMIC.LOAD_ACQ ? 'atomic-load-target' : 'atomic-target';
    return walk.refuse(code2, { reg: through, kind: kindName(reg) });
  }
  if (!checkAlignment(walk, reg, offset, size, true)) return false;
  if (imm === ATOMIC.STORE_REL) {
    return (
      store(walk, step, through, reg, offset, size, { reg: source, index: src, immediate: null }) && checkSameKind(walk, reg)
    );
  }
  const loaded = load(walk, step, through, reg, offset, size);
  if (loaded === null || !checkSameKind(walk, reg)) return false;
  walk.setReg(dst, loaded);
  return true;
}
