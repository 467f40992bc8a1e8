// Text to instructions, for tests and hand-written programs; the exact inverse of disassemble.ts, with labels on top
// (`again:` and `goto again`). Comments run from `;` or `//` to the end of the line. Knows nothing of maps by name.

import { type Code, codeOf, type Insn, OPCODE_LDDW } from './codec.ts';
import { ALU_SIGN, JUMP_SIGN } from './disassemble.ts';
import { ALU, ATOMIC, CLASS, JMP, MODE, PSEUDO_CALL, PSEUDO_LD, SIZE, SOURCE } from './opcodes.ts';

/** What was wrong with the text. */
export interface AssemblyProblem {
  /** One-based. */
  readonly line: number;
  readonly message: string;
}

export interface Assembly {
  readonly code: Code;
  readonly problems: readonly AssemblyProblem[];
}

type Target = { readonly label: string; readonly field: 'off' | 'imm'; readonly line: number; readonly at: number };
type Parse = (match: readonly string[], at: Assembler) => void;

class Assembler {
  readonly insns: Insn[] = [];
  readonly targets: Target[] = [];
  readonly problems: AssemblyProblem[] = [];
  line = 0;

  put(opcode: number, dst = 0, src = 0, off = 0, imm = 0): void {
    this.insns.push({ opcode, dst, src, off, imm });
  }

  /** Distance text (`+3`, `-1`) as a number; a label is remembered and patched at the end. */
  distance(text: string, field: 'off' | 'imm'): number {
    if (/^[+-]?\d+$/.test(text)) return Number(text);
    this.targets.push({ label: text, field, line: this.line, at: this.insns.length });
    return 0;
  }
}

const invert = (table: Readonly<Record<number, string>>): Map<string, number> =>
  new Map(Object.entries(table).map(([bits, text]) => [text, Number(bits)]));
const aluBits = invert(ALU_SIGN);
const jumpBits = invert(JUMP_SIGN);
const sizeBits: Readonly<Record<string, number>> = { 8: SIZE.B, 16: SIZE.H, 32: SIZE.W, 64: SIZE.DW };
const number = (text: string | undefined): number => Number(BigInt.asIntN(32, BigInt((text ?? '0').replace(/\s/g, ''))));
const register = (text: string | undefined): number => Number((text ?? 'r0').slice(1));
const offset = (sign: string | undefined, digits: string | undefined): number => Number(digits ?? 0) * (sign === '-' ? -1 : 1);
const classOf = (name: string | undefined): number => ((name ?? 'r').startsWith('w') ? CLASS.ALU : CLASS.ALU64);

const R = '([rw]\\d+)';
const PLACE = '\\(\\s*(r\\d+)\\s*([+-])\\s*(\\d+)\\s*\\)';
const TYPE = '\\(([us])(8|16|32|64)\\s*\\*\\)';
const JUMP = '([+-]?\\d+|[A-Za-z_.][\\w.]*)';
const NUMBER = '(-?(?:0x[0-9a-fA-F]+|\\d+))';
const FETCH: Readonly<Record<string, number>> = { add: ATOMIC.ADD, or: ATOMIC.OR, and: ATOMIC.AND, xor: ATOMIC.XOR };

/** Every statement form, tried in order; the first that matches the whole line is taken. */
const FORMS: readonly (readonly [RegExp, Parse])[] = [
  [/^exit$/, (_, a) => a.put(JMP.EXIT | CLASS.JMP)],
  [
    /^\.word (\d+) (\d+) (\d+) (-?\d+) (-?\d+)$/,
    (m, a) => a.put(Number(m[1]), Number(m[2]), Number(m[3]), Number(m[4]), Number(m[5])),
  ],
  [new RegExp(`^goto ${JUMP}$`), (m, a) => a.put(JMP.JA | CLASS.JMP, 0, 0, a.distance(m[1] ?? '', 'off'))],
  [new RegExp(`^gotol ${JUMP}$`), (m, a) => a.put(JMP.JA | CLASS.JMP32, 0, 0, 0, a.distance(m[1] ?? '', 'imm'))],
  [new RegExp(`^may_goto ${JUMP}$`), (m, a) => a.put(JMP.JCOND | CLASS.JMP, 0, 0, a.distance(m[1] ?? '', 'off'))],
  [
    new RegExp(`^if ${R} (==|!=|&|s>=|s<=|s>|s<|>=|<=|>|<) (?:${R}|${NUMBER}) goto ${JUMP}$`),
    (m, a) => {
      const wide = (m[1] ?? '').startsWith('r') ? CLASS.JMP : CLASS.JMP32;
      const bits = jumpBits.get(m[2] ?? '') ?? 0;
      const off = a.distance(m[5] ?? '', 'off');
      if (m[3] !== undefined) a.put(bits | wide | SOURCE.X, register(m[1]), register(m[3]), off);
      else a.put(bits | wide, register(m[1]), 0, off, number(m[4]));
    },
  ],
  [
    new RegExp(`^call pc${JUMP}(?: dst (\\d+))?$`),
    (m, a) => a.put(JMP.CALL | CLASS.JMP, Number(m[2] ?? 0), PSEUDO_CALL.SUBPROGRAM, 0, a.distance(m[1] ?? '', 'imm')),
  ],
  [
    /^call kfunc (-?\d+)(?: dst (\d+))?$/,
    (m, a) => a.put(JMP.CALL | CLASS.JMP, Number(m[2] ?? 0), PSEUDO_CALL.KFUNC, 0, number(m[1])),
  ],
  [
    /^call src (\d+) (-?\d+)(?: dst (\d+))?$/,
    (m, a) => a.put(JMP.CALL | CLASS.JMP, Number(m[3] ?? 0), Number(m[1]), 0, number(m[2])),
  ],
  [/^call (-?\d+)(?: dst (\d+))?$/, (m, a) => a.put(JMP.CALL | CLASS.JMP, Number(m[2] ?? 0), 0, 0, number(m[1]))],
  [
    /^call ([A-Za-z_.][\w.]*)$/,
    (m, a) => a.put(JMP.CALL | CLASS.JMP, 0, PSEUDO_CALL.SUBPROGRAM, 0, a.distance(m[1] ?? '', 'imm')),
  ],
  [
    /^(r\d+) = addr_space_cast\((r\d+), (\d+), (\d+)\)$/,
    (m, a) => a.put(ALU.MOV | SOURCE.X | CLASS.ALU64, register(m[1]), register(m[2]), 1, (Number(m[3]) << 16) | Number(m[4])),
  ],
  [
    /^(r\d+) = map (\d+)(?: \+ (\d+))? ll$/,
    (m, a) => {
      a.put(OPCODE_LDDW, register(m[1]), PSEUDO_LD.MAP, 0, Number(m[2]));
      a.put(0, 0, 0, 0, Number(m[3] ?? 0));
    },
  ],
  [
    /^(r\d+) = map_value (\d+) \+ (-?\d+) ll$/,
    (m, a) => {
      a.put(OPCODE_LDDW, register(m[1]), PSEUDO_LD.MAP_VALUE, 0, Number(m[2]));
      a.put(0, 0, 0, 0, Number(m[3]));
    },
  ],
  [
    new RegExp(`^(r\\d+) = func ${JUMP}(?: (-?\\d+))? ll$`),
    (m, a) => {
      a.put(OPCODE_LDDW, register(m[1]), PSEUDO_LD.FUNCTION, 0, a.distance(m[2] ?? '', 'imm'));
      a.put(0, 0, 0, 0, Number(m[3] ?? 0));
    },
  ],
  [
    /^(r\d+) = pseudo (\d+) (-?\d+) (-?\d+) ll$/,
    (m, a) => {
      a.put(OPCODE_LDDW, register(m[1]), Number(m[2]), 0, Number(m[3]));
      a.put(0, 0, 0, 0, Number(m[4]));
    },
  ],
  [
    new RegExp(`^(r\\d+) = ${NUMBER} ll$`),
    (m, a) => {
      const value = (m[2] ?? '0').startsWith('-') ? -BigInt((m[2] ?? '0').slice(1)) : BigInt(m[2] ?? '0');
      a.put(OPCODE_LDDW, register(m[1]), 0, 0, Number(BigInt.asIntN(32, value)));
      a.put(0, 0, 0, 0, Number(BigInt.asIntN(32, value >> 32n)));
    },
  ],
  [
    /^(r\d+) = (le|be|bswap)(16|32|64) (r\d+)$/,
    (m, a) => {
      const kind = m[2] === 'bswap' ? CLASS.ALU64 : m[2] === 'be' ? CLASS.ALU | SOURCE.X : CLASS.ALU;
      a.put(ALU.END | kind, register(m[1]), 0, 0, Number(m[3]));
    },
  ],
  [new RegExp(`^${R} = -${R}$`), (m, a) => a.put(ALU.NEG | classOf(m[1]), register(m[1]))],
  [
    new RegExp(`^${R} = \\(s(8|16|32)\\)\\s*${R}$`),
    (m, a) => a.put(ALU.MOV | SOURCE.X | classOf(m[1]), register(m[1]), register(m[3]), Number(m[2])),
  ],
  [
    new RegExp(`^r0 = \\*${TYPE}skb\\[(-?\\d+)\\]$`),
    (m, a) => a.put(MODE.ABS | (sizeBits[m[2] ?? ''] ?? 0) | CLASS.LD, 0, 0, 0, number(m[3])),
  ],
  [
    new RegExp(`^r0 = \\*${TYPE}skb\\[(r\\d+) ([+-]) (\\d+)\\]$`),
    (m, a) => a.put(MODE.IND | (sizeBits[m[2] ?? ''] ?? 0) | CLASS.LD, 0, register(m[3]), 0, offset(m[4], m[5])),
  ],
  [
    new RegExp(`^(r\\d+) = \\*${TYPE}${PLACE}$`),
    (m, a) => {
      const mode = m[2] === 's' ? MODE.MEMSX : MODE.MEM;
      a.put(mode | (sizeBits[m[3] ?? ''] ?? 0) | CLASS.LDX, register(m[1]), register(m[4]), offset(m[5], m[6]));
    },
  ],
  [
    new RegExp(`^\\*${TYPE}${PLACE} = (?:(r\\d+)|${NUMBER})$`),
    (m, a) => {
      const opcode = MODE.MEM | (sizeBits[m[2] ?? ''] ?? 0);
      if (m[6] !== undefined) a.put(opcode | CLASS.STX, register(m[3]), register(m[6]), offset(m[4], m[5]));
      else a.put(opcode | CLASS.ST, register(m[3]), 0, offset(m[4], m[5]), number(m[7]));
    },
  ],
  [
    new RegExp(`^lock \\*${TYPE}${PLACE} (\\+|\\||&|\\^)= ${R}$`),
    (m, a) => {
      const operation = { '+': ATOMIC.ADD, '|': ATOMIC.OR, '&': ATOMIC.AND, '^': ATOMIC.XOR }[m[6] ?? '+'] ?? 0;
      a.put(MODE.ATOMIC | (sizeBits[m[2] ?? ''] ?? 0) | CLASS.STX, register(m[3]), register(m[7]), offset(m[4], m[5]), operation);
    },
  ],
  [
    new RegExp(`^${R} = atomic_fetch_(add|or|and|xor)\\(${TYPE}${PLACE}, ${R}\\)$`),
    (m, a) => {
      const operation = (FETCH[m[2] ?? 'add'] ?? 0) | ATOMIC.FETCH;
      a.put(MODE.ATOMIC | (sizeBits[m[4] ?? ''] ?? 0) | CLASS.STX, register(m[5]), register(m[8]), offset(m[6], m[7]), operation);
    },
  ],
  [
    new RegExp(`^${R} = xchg_(32|64)\\((r\\d+) ([+-]) (\\d+), ${R}\\)$`),
    (m, a) =>
      a.put(
        MODE.ATOMIC | (sizeBits[m[2] ?? ''] ?? 0) | CLASS.STX,
        register(m[3]),
        register(m[6]),
        offset(m[4], m[5]),
        ATOMIC.XCHG,
      ),
  ],
  [
    new RegExp(`^[rw]0 = cmpxchg_(32|64)\\((r\\d+) ([+-]) (\\d+), [rw]0, ${R}\\)$`),
    (m, a) =>
      a.put(
        MODE.ATOMIC | (sizeBits[m[1] ?? ''] ?? 0) | CLASS.STX,
        register(m[2]),
        register(m[5]),
        offset(m[3], m[4]),
        ATOMIC.CMPXCHG,
      ),
  ],
  [
    new RegExp(`^(r\\d+) = load_acquire\\(${TYPE}${PLACE}\\)$`),
    (m, a) =>
      a.put(
        MODE.ATOMIC | (sizeBits[m[3] ?? ''] ?? 0) | CLASS.STX,
        register(m[1]),
        register(m[4]),
        offset(m[5], m[6]),
        ATOMIC.LOAD_ACQ,
      ),
  ],
  [
    new RegExp(`^store_release\\(${TYPE}${PLACE}, (r\\d+)\\)$`),
    (m, a) =>
      a.put(
        MODE.ATOMIC | (sizeBits[m[2] ?? ''] ?? 0) | CLASS.STX,
        register(m[3]),
        register(m[6]),
        offset(m[4], m[5]),
        ATOMIC.STORE_REL,
      ),
  ],
  [
    new RegExp(`^${R} (s)?(\\+|-|\\*|/|\\||&|<<|s?>>|%|\\^)= (?:${R}|${NUMBER})$`),
    (m, a) => {
      const shift = m[2] === 's' && m[3] === '>>';
      const bits = aluBits.get(`${shift ? 's' : ''}${m[3]}=`) ?? 0;
      const off = m[2] === 's' && !shift ? 1 : 0;
      if (m[4] !== undefined) a.put(bits | classOf(m[1]) | SOURCE.X, register(m[1]), register(m[4]), off);
      else a.put(bits | classOf(m[1]), register(m[1]), 0, off, number(m[5]));
    },
  ],
  [
    new RegExp(`^${R} = (?:${R}|${NUMBER})$`),
    (m, a) => {
      if (m[2] !== undefined) a.put(ALU.MOV | classOf(m[1]) | SOURCE.X, register(m[1]), register(m[2]));
      else a.put(ALU.MOV | classOf(m[1]), register(m[1]), 0, 0, number(m[3]));
    },
  ],
];

/** Assembles; a line that fits no form, or a label that is not there, is a problem with its line number. */
export function assemble(text: string): Assembly {
  const a = new Assembler();
  const labels = new Map<string, number>();
  text.split('\n').forEach((raw, index) => {
    a.line = index + 1;
    let statement = raw.replace(/(;|\/\/).*$/, '').trim();
    const label = /^([A-Za-z_.][\w.]*):\s*/.exec(statement);
    if (label !== null) {
      labels.set(label[1] ?? '', a.insns.length);
      statement = statement.slice(label[0].length);
    }
    statement = statement.replace(/^\d+:\s*/, '').replace(/\s+/g, ' ');
    if (statement === '') return;
    for (const [form, put] of FORMS) {
      const match = form.exec(statement);
      if (match === null) continue;
      put([...match], a);
      return;
    }
    a.problems.push({ line: a.line, message: `not an instruction: ${statement}` });
  });
  for (const { label, field, line, at } of a.targets) {
    const to = labels.get(label);
    const insn = a.insns[at];
    if (to === undefined || insn === undefined) a.problems.push({ line, message: `no label ${label}` });
    else a.insns[at] = { ...insn, [field]: to - at - 1 };
  }
  return { code: codeOf(a.insns), problems: a.problems };
}
