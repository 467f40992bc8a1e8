// A linked program as text with the names of what it refers to: helpers, kernel functions, maps, its own functions. For people;
// isa/disassemble.ts gives the plain form. Knows nothing of source lines.

import { callOf } from '../abi/calls.ts';
import { KERNEL_CALL_NAMES } from '../abi/calls-kernel.ts';
import { OPCODE_LDDW } from '../isa/codec.ts';
import { disassemble } from '../isa/disassemble.ts';
import { CLASS, JMP, PSEUDO_CALL, PSEUDO_LD } from '../isa/opcodes.ts';
import type { LinkedProgram } from './link.ts';

const CALL = CLASS.JMP | JMP.CALL;

function calleeText({ code, kfuncs, subprograms }: LinkedProgram, slot: number): string | null {
  const imm = code.imm[slot] ?? 0;
  switch (code.src[slot]) {
    case PSEUDO_CALL.HELPER: {
      const name = callOf(imm)?.name ?? KERNEL_CALL_NAMES[imm];
      return name === undefined ? null : `call ${name}#${imm}`;
    }
    case PSEUDO_CALL.KFUNC:
      return `call ${kfuncs[imm] ?? imm}`;
    default: {
      const target = subprograms.find(({ start }) => start === slot + 1 + imm);
      return target === undefined ? null : `call ${target.name}`;
    }
  }
}

function wideLoadText({ code, maps, subprograms }: LinkedProgram, slot: number): string | null {
  const imm = code.imm[slot] ?? 0;
  const into = `r${code.dst[slot]} =`;
  switch (code.src[slot]) {
    case PSEUDO_LD.MAP:
      return `${into} map[${maps[imm]?.name ?? imm}]`;
    case PSEUDO_LD.MAP_VALUE: {
      const map = maps[imm];
      const offset = (code.imm[slot + 1] ?? 0) >>> 0;
      const variable = map?.data?.variables.find((item) => offset >= item.offset && offset < item.offset + item.size);
      const within = offset - (variable?.offset ?? 0);
      return `${into} &${variable?.name ?? map?.name ?? imm}${within === 0 ? '' : ` + ${within}`}`;
    }
    case PSEUDO_LD.FUNCTION:
      return `${into} &${subprograms.find(({ start }) => start === slot + 1 + imm)?.name ?? imm}`;
    default:
      return null;
  }
}

/** One line a slot; second slots of wide loads are empty. */
export function listing(program: LinkedProgram): string[] {
  return disassemble(program.code).map((text, slot) => {
    const opcode = program.code.opcode[slot] ?? 0;
    if (text === '') return text;
    if (opcode === CALL) return calleeText(program, slot) ?? text;
    return (opcode === OPCODE_LDDW ? wideLoadText(program, slot) : null) ?? text;
  });
}
