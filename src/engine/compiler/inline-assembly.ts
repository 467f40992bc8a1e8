// `asm volatile("…")` without operands: BPF instructions in the kernel's text form, taken as they are. Numeric labels (`1:`, `1b`,
// `1f`) and `;` between instructions are GNU as. Only R0 to R5 may be written: what a call may change as well.

import { assemble } from '../isa/assemble.ts';
import { type Insn, insnAt } from '../isa/codec.ts';
import { CLASS } from '../isa/opcodes.ts';

/** Longest template that is read. */
const TEXT_LIMIT = 4096;
const LAST_CALLER_SAVED = 5;

/** The instructions of a template; null when it has operands, or something that is no instruction. */
export function assembleTemplate(text: string): readonly Insn[] | null {
  if (text.length > TEXT_LIMIT || text.includes('%')) return null;
  const { code, problems } = assemble(localLabels(text.split(/[;\n]|\\n|\\t/)));
  if (problems.length > 0) return null;
  const insns: Insn[] = [];
  for (let at = 0; at < code.length; at++) {
    const insn = insnAt(code, at);
    if (writesRegister(insn.opcode) && insn.dst > LAST_CALLER_SAVED) return null;
    insns.push(insn);
  }
  return insns;
}

const writesRegister = (opcode: number): boolean => {
  const kind = opcode & 7;
  return kind === CLASS.ALU || kind === CLASS.ALU64 || kind === CLASS.LDX || kind === CLASS.LD;
};

/** Renames each definition of a numeric label and the references that mean it. */
function localLabels(statements: readonly string[]): string {
  const lines: string[] = [];
  const marks = statements.map((statement) => /^\s*(\d+):/.exec(statement)?.[1] ?? null);
  statements.forEach((statement, at) => {
    const resolved = statement.replace(/\b(\d+)([bf])\b/g, (whole, label: string, direction: string) => {
      const to = direction === 'b' ? marks.lastIndexOf(label, at) : marks.indexOf(label, at + 1);
      return to < 0 ? whole : `.L${to}`;
    });
    lines.push(marks[at] === null ? resolved : resolved.replace(/^\s*\d+:/, `.L${at}:`));
  });
  return lines.join('\n');
}
