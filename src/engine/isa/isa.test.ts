// Table, codec, assembler and disassembler against one another: every row must survive text and back.

import { describe, expect, it } from 'vitest';
import { assemble } from './assemble.ts';
import { codeOf, decode, encode, type Insn, OPCODE_LDDW } from './codec.ts';
import { disassemble } from './disassemble.ts';
import { findRow, isKnownOpcode, OPCODES, type OpcodeRow } from './opcodes.ts';

/** An instruction that uses every field its shape has, with values that differ from one another. */
function sample(row: OpcodeRow): Insn[] {
  const uses = (shapes: string): boolean => shapes.split(' ').includes(row.shape);
  const fetches = row.shape === 'atomic';
  const insn: Insn = {
    opcode: row.opcode,
    dst: uses('jump jump-long may-goto call exit load-abs load-ind') ? 0 : 3,
    src: row.src ?? (uses('dst-src load store-reg jump-reg load-ind addr-cast') || fetches ? 7 : 0),
    off: row.off ?? (uses('load store-imm store-reg jump jump-imm jump-reg may-goto') || fetches ? -5 : 0),
    imm: row.imm ?? (uses('dst-imm store-imm jump-imm jump-long call load-abs load-ind load-imm64') ? -77 : 0),
  };
  if (row.shape === 'call') return [{ ...insn, imm: 5 }];
  if (row.shape === 'load-abs') return [{ ...insn, imm: 14 }];
  return row.opcode === OPCODE_LDDW ? [insn, { opcode: 0, dst: 0, src: 0, off: 0, imm: 12 }] : [insn];
}

describe('instruction table', () => {
  it.each(OPCODES.map((row) => [`${row.mnemonic} ${row.shape} 0x${row.opcode.toString(16)}`, row] as const))(
    '%s survives encode, decode, disassemble, assemble',
    (_, row) => {
      const code = codeOf(sample(row));
      const again = decode(encode(code));
      expect(again).toEqual(code);
      const text = disassemble(code);
      expect(text[0]).not.toMatch(/^\.word/);
      const back = assemble(text.join('\n'));
      expect(back.problems).toEqual([]);
      expect(back.code).toEqual(code);
      const first = sample(row)[0];
      expect(first === undefined ? null : findRow(first.opcode, first.src, first.off, first.imm)).toBe(row);
    },
  );

  it('has no two rows that the same instruction matches', () => {
    for (const row of OPCODES) {
      const same = OPCODES.filter(
        (other) => other.opcode === row.opcode && other.off === row.off && other.imm === row.imm && other.src === row.src,
      );
      expect(same, row.mnemonic).toHaveLength(1);
    }
  });

  it('does not know opcode 0x8d (callx) or 0xff', () => {
    expect(isKnownOpcode(0x8d)).toBe(false);
    expect(isKnownOpcode(0xff)).toBe(false);
  });
});

describe('assembler', () => {
  it('resolves labels forwards and backwards', () => {
    const { code, problems } = assemble('again: r1 += -1\nif r1 != 0 goto again\ngoto out\nr0 = 7\nout: exit');
    expect(problems).toEqual([]);
    expect(disassemble(code)).toEqual(['r1 += -1', 'if r1 != 0 goto -2', 'goto +1', 'r0 = 7', 'exit']);
  });

  it('names the line of what it does not understand', () => {
    expect(assemble('r0 = 1\nr0 <- 2\ngoto nowhere\nexit').problems).toEqual([
      { line: 2, message: 'not an instruction: r0 <- 2' },
      { line: 3, message: 'no label nowhere' },
    ]);
  });

  it('prints unknown and unclean slots so that they come back the same', () => {
    const code = codeOf([
      { opcode: 0x95, dst: 2, src: 0, off: 0, imm: 0 },
      { opcode: 0xff, dst: 1, src: 2, off: 3, imm: 4 },
    ]);
    expect(disassemble(code)).toEqual(['.word 149 2 0 0 0', '.word 255 1 2 3 4']);
    expect(assemble(disassemble(code).join('\n')).code).toEqual(code);
  });
});
