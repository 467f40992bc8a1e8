// The walk as text, instruction by instruction in the order walked, in the manner of the kernel's log: level 1 the
// instructions, level 2 with the registers known before each. Knows nothing of verdicts.

import { OPCODE_LDDW } from '../isa/codec.ts';
import { disassemble } from '../isa/disassemble.ts';
import type { LinkedProgram } from '../object/link.ts';
import { KIND, regText } from './register.ts';
import type { Walk } from './walk.ts';

/** Lines kept: a log nobody can read to its end helps nobody. */
const LIMIT = 20_000;

export class WalkLog {
  readonly lines: string[] = [];
  private readonly text = new Map<number, string>();
  private readonly level: 1 | 2;

  constructor(program: LinkedProgram, level: 1 | 2) {
    this.level = level;
    let slot = 0;
    for (const line of disassemble(program.code)) {
      const opcode = program.code.opcode[slot] ?? 0;
      this.text.set(slot, `${slot}: (${opcode.toString(16).padStart(2, '0')}) ${line}`);
      slot += opcode === OPCODE_LDDW ? 2 : 1;
    }
  }

  /** Notes the instruction the walk stands at. */
  note(walk: Walk): void {
    if (this.lines.length >= LIMIT) return;
    const line = this.text.get(walk.insn) ?? `${walk.insn}:`;
    if (this.level === 1) {
      this.lines.push(line);
      return;
    }
    const registers = walk
      .frame()
      .regs.map((reg, r) => (reg.kind === KIND.NONE ? '' : ` R${r}=${regText(reg)}`))
      .join('');
    this.lines.push(`${line} ;${registers}`);
  }
}
