// Structure of a program, apart from what it computes: every slot has a row in the table, unused fields are zero, registers
// exist, jumps land on instructions, the last one does not fall off the end (RFC 9669 sections 3 to 5; Linux
// kernel/bpf/verifier.c check_subprogs and resolve_pseudo_ldimm64). Knows nothing of values.

import { type Code, OPCODE_LDDW } from './codec.ts';
import { fieldsAreClean } from './disassemble.ts';
import { ATOMIC, CLASS, findRow, isKnownOpcode, JMP, MODE, type OpcodeRow, PSEUDO_CALL } from './opcodes.ts';

export interface StructuralProblem {
  readonly slot: number;
  readonly message: string;
}

const writesDst = (row: OpcodeRow): boolean => {
  const cls = row.opcode & 7;
  return cls === CLASS.ALU || cls === CLASS.ALU64 || cls === CLASS.LDX || row.shape === 'load-imm64';
};

/** Register that an atomic operation loads into; -1 for none. */
function fetchesInto({ opcode }: OpcodeRow, imm: number, dst: number, src: number): number {
  if ((opcode & 7) !== CLASS.STX || (opcode & 0xe0) !== MODE.ATOMIC) return -1;
  if (imm === ATOMIC.LOAD_ACQ) return dst;
  if (imm === ATOMIC.STORE_REL || imm === ATOMIC.CMPXCHG) return -1;
  return (imm & ATOMIC.FETCH) !== 0 ? src : -1;
}

function slotProblem(code: Code, slot: number): string | null {
  const opcode = code.opcode[slot] ?? 0;
  const dst = code.dst[slot] ?? 0;
  const src = code.src[slot] ?? 0;
  if (!isKnownOpcode(opcode)) return `unknown opcode ${opcode.toString(16).padStart(2, '0')}`;
  const row = findRow(opcode, src, code.off[slot] ?? 0, code.imm[slot] ?? 0);
  if (row === null) return 'reserved field or unknown variant of the instruction';
  if (row.shape === 'load-imm64' && slot + 1 >= code.length) return 'incomplete ld_imm64';
  if (!fieldsAreClean(row, code, slot)) return 'uses reserved fields';
  if (row.shape === 'call' && src > PSEUDO_CALL.KFUNC) return 'unknown kind of call';
  if (row.shape === 'call' && dst !== 0) return 'uses reserved fields';
  if (row.shape === 'load-imm64' && src > 6) return 'unknown kind of ld_imm64';
  const srcIsRegister = row.shape !== 'call' && row.shape !== 'load-imm64';
  if (dst > 10 || (srcIsRegister && src > 10)) return `R${dst > 10 ? dst : src} is invalid`;
  const written = writesDst(row) ? dst : fetchesInto(row, code.imm[slot] ?? 0, dst, src);
  if (written === 10) return 'frame pointer is read only';
  return null;
}

/** Slot a jump or call of a subprogram at `slot` goes to, or null for other instructions. */
function jumpTarget(code: Code, slot: number): number | null {
  const opcode = code.opcode[slot] ?? 0;
  const cls = opcode & 7;
  if (cls !== CLASS.JMP && cls !== CLASS.JMP32) return null;
  const operation = opcode & 0xf0;
  if (operation === JMP.EXIT) return null;
  if (operation === JMP.CALL) return code.src[slot] === PSEUDO_CALL.SUBPROGRAM ? slot + 1 + (code.imm[slot] ?? 0) : null;
  if (operation === JMP.JA && cls === CLASS.JMP32) return slot + 1 + (code.imm[slot] ?? 0);
  return slot + 1 + (code.off[slot] ?? 0);
}

/** Every structural problem, in order of slots; empty for a well-formed program. */
export function validateCode(code: Code): StructuralProblem[] {
  if (code.length === 0) return [{ slot: 0, message: 'the program is empty' }];
  const problems: StructuralProblem[] = [];
  const second = new Set<number>();
  for (let slot = 0; slot < code.length; slot++) {
    const message = slotProblem(code, slot);
    if (message !== null) problems.push({ slot, message });
    if (code.opcode[slot] === OPCODE_LDDW) second.add(++slot);
  }
  for (let slot = 0; slot < code.length; slot++) {
    if (second.has(slot)) continue;
    const target = jumpTarget(code, slot);
    if (target === null) continue;
    if (target < 0 || target >= code.length) problems.push({ slot, message: `jump out of range from insn ${slot} to ${target}` });
    else if (second.has(target)) problems.push({ slot, message: `jump into the middle of ldimm64 insn ${target}` });
  }
  const last = code.opcode[code.length - 1] ?? 0;
  const ends = last === (JMP.EXIT | CLASS.JMP) || last === (JMP.JA | CLASS.JMP) || last === (JMP.JA | CLASS.JMP32);
  if (!ends || second.has(code.length - 1)) problems.push({ slot: code.length - 1, message: 'last insn is not an exit or jmp' });
  return problems.sort((a, b) => a.slot - b.slot);
}
