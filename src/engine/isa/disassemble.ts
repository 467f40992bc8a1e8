// Instructions to text, in the notation of the kernel's verifier log and llvm-objdump. assemble.ts is the exact inverse.
// Knows nothing of symbols: jumps and calls print distances, map references print indices.

import { type Code, OPCODE_LDDW } from './codec.ts';
import { ALU, ATOMIC, CLASS, findRow, MODE, type OpcodeRow, PSEUDO_CALL, PSEUDO_LD } from './opcodes.ts';

/** Operator text of an arithmetic operation, by its top four bits. */
export const ALU_SIGN: Readonly<Record<number, string>> = {
  [ALU.ADD]: '+=',
  [ALU.SUB]: '-=',
  [ALU.MUL]: '*=',
  [ALU.DIV]: '/=',
  [ALU.OR]: '|=',
  [ALU.AND]: '&=',
  [ALU.LSH]: '<<=',
  [ALU.RSH]: '>>=',
  [ALU.MOD]: '%=',
  [ALU.XOR]: '^=',
  [ALU.ARSH]: 's>>=',
};

/** Operator text of a conditional jump, by its top four bits. */
export const JUMP_SIGN: Readonly<Record<number, string>> = {
  16: '==',
  32: '>',
  48: '>=',
  64: '&',
  80: '!=',
  96: 's>',
  112: 's>=',
  160: '<',
  176: '<=',
  192: 's<',
  208: 's<=',
};

const sign = (value: number): string => (value < 0 ? `- ${-value}` : `+ ${value}`);
const distance = (value: number): string => (value < 0 ? `${value}` : `+${value}`);
const bitsOf = (row: OpcodeRow): number => (row.width ?? 0) * 8;

function atomicText(row: OpcodeRow, dst: number, src: number, off: number, imm: number): string {
  const bits = bitsOf(row);
  const place = `(r${dst} ${sign(off)})`;
  const typed = `(u${bits} *)${place}`;
  const fetched = `${bits === 64 ? 'r' : 'w'}${src}`;
  switch (imm) {
    case ATOMIC.LOAD_ACQ:
      return `r${dst} = load_acquire((u${bits} *)(r${src} ${sign(off)}))`;
    case ATOMIC.STORE_REL:
      return `store_release(${typed}, r${src})`;
    case ATOMIC.XCHG:
      return `${fetched} = xchg_${bits}${place.slice(0, -1)}, ${fetched})`;
    case ATOMIC.CMPXCHG:
      return `${bits === 64 ? 'r' : 'w'}0 = cmpxchg_${bits}${place.slice(0, -1)}, ${bits === 64 ? 'r' : 'w'}0, ${fetched})`;
    default: {
      const operation = imm & ~ATOMIC.FETCH;
      if ((imm & ATOMIC.FETCH) === 0) return `lock *${typed} ${ALU_SIGN[operation] ?? '?'} ${fetched}`;
      const name = operation === ATOMIC.ADD ? 'add' : operation === ATOMIC.OR ? 'or' : operation === ATOMIC.AND ? 'and' : 'xor';
      return `${fetched} = atomic_fetch_${name}(${typed}, ${fetched})`;
    }
  }
}

function loadImm64Text(dst: number, src: number, low: number, high: number): string {
  switch (src) {
    case PSEUDO_LD.VALUE:
      return `r${dst} = 0x${((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString(16)} ll`;
    case PSEUDO_LD.MAP:
      return `r${dst} = map ${low}${high === 0 ? '' : ` + ${high}`} ll`;
    case PSEUDO_LD.MAP_VALUE:
      return `r${dst} = map_value ${low} + ${high} ll`;
    case PSEUDO_LD.FUNCTION:
      return `r${dst} = func ${distance(low)}${high === 0 ? '' : ` ${high}`} ll`;
    default:
      return `r${dst} = pseudo ${src} ${low} ${high} ll`;
  }
}

function callText(src: number, dst: number, imm: number): string {
  const target = dst === 0 ? '' : ` dst ${dst}`;
  if (src === PSEUDO_CALL.SUBPROGRAM) return `call pc${distance(imm)}${target}`;
  if (src === PSEUDO_CALL.KFUNC) return `call kfunc ${imm}${target}`;
  return src === 0 ? `call ${imm}${target}` : `call src ${src} ${imm}${target}`;
}

function arithmeticText(row: OpcodeRow, dst: number, src: number, off: number, imm: number): string {
  const wide = (row.opcode & 7) === CLASS.ALU64;
  const name = wide ? 'r' : 'w';
  const operation = row.opcode & 0xf0;
  const operand = row.shape === 'dst-src' ? `${name}${src}` : `${imm}`;
  if (operation === ALU.MOV) {
    if (off !== 0) return `${name}${dst} = (s${off})${name}${src}`;
    return `${name}${dst} = ${operand}`;
  }
  const signed = off === 1 && (operation === ALU.DIV || operation === ALU.MOD);
  return `${name}${dst} ${signed ? 's' : ''}${ALU_SIGN[operation]} ${operand}`;
}

/** Text of the instruction at `index`; a slot no row describes prints as `.word opcode registers off imm`. */
function disassembleOne(code: Code, index: number): string {
  const opcode = code.opcode[index] ?? 0;
  const dst = code.dst[index] ?? 0;
  const src = code.src[index] ?? 0;
  const off = code.off[index] ?? 0;
  const imm = code.imm[index] ?? 0;
  const row = findRow(opcode, src, off, imm);
  const raw = `.word ${opcode} ${dst} ${src} ${off} ${imm}`;
  if (row === null) return raw;
  const pointer = row.width === undefined ? '' : `(${(opcode & 0xe0) === MODE.MEMSX ? 's' : 'u'}${row.width * 8} *)`;
  const text = ((): string => {
    switch (row.shape) {
      case 'dst-imm':
      case 'dst-src':
        return arithmeticText(row, dst, src, off, imm);
      case 'dst':
        return (opcode & 7) === CLASS.ALU64 ? `r${dst} = -r${dst}` : `w${dst} = -w${dst}`;
      case 'dst-end':
        return `r${dst} = ${row.mnemonic}${imm} r${dst}`;
      case 'addr-cast':
        return `r${dst} = addr_space_cast(r${src}, ${imm >>> 16}, ${imm & 0xffff})`;
      case 'load':
        return `r${dst} = *${pointer}(r${src} ${sign(off)})`;
      case 'store-imm':
        return `*${pointer}(r${dst} ${sign(off)}) = ${imm}`;
      case 'store-reg':
        return `*${pointer}(r${dst} ${sign(off)}) = r${src}`;
      case 'atomic':
        return atomicText(row, dst, src, off, imm);
      case 'load-abs':
        return `r0 = *${pointer}skb[${imm}]`;
      case 'load-ind':
        return `r0 = *${pointer}skb[r${src} ${sign(imm)}]`;
      case 'load-imm64':
        return loadImm64Text(dst, src, imm, code.imm[index + 1] ?? 0);
      case 'jump':
        return `goto ${distance(off)}`;
      case 'jump-long':
        return `gotol ${distance(imm)}`;
      case 'may-goto':
        return `may_goto ${distance(off)}`;
      case 'jump-imm':
      case 'jump-reg': {
        const name = (opcode & 7) === CLASS.JMP ? 'r' : 'w';
        const operand = row.shape === 'jump-imm' ? `${imm}` : `${name}${src}`;
        return `if ${name}${dst} ${JUMP_SIGN[opcode & 0xf0]} ${operand} goto ${distance(off)}`;
      }
      case 'call':
        return callText(src, dst, imm);
      case 'exit':
        return 'exit';
    }
  })();
  return fieldsAreClean(row, code, index) ? text : raw;
}

/** True when every field the shape does not use is zero, so that the text loses nothing. */
export function fieldsAreClean(row: OpcodeRow, code: Code, index: number): boolean {
  const used = USED_FIELDS[row.shape];
  if (row.shape === 'load-imm64') {
    const clean =
      (code.opcode[index + 1] ?? 1) === 0 && code.dst[index + 1] === 0 && code.src[index + 1] === 0 && code.off[index + 1] === 0;
    return clean && index + 1 < code.length;
  }
  return (
    (used.includes('d') || code.dst[index] === 0) &&
    (used.includes('s') || code.src[index] === 0) &&
    (used.includes('o') || code.off[index] === (row.off ?? 0)) &&
    (used.includes('i') || code.imm[index] === (row.imm ?? 0))
  );
}

const USED_FIELDS: Readonly<Record<OpcodeRow['shape'], string>> = {
  'dst-imm': 'di',
  'dst-src': 'ds',
  dst: 'd',
  'dst-end': 'di',
  load: 'dso',
  'load-imm64': 'dsi',
  'load-abs': 'i',
  'load-ind': 'si',
  'store-imm': 'doi',
  'store-reg': 'dso',
  atomic: 'dsoi',
  jump: 'o',
  'jump-long': 'i',
  'jump-imm': 'doi',
  'jump-reg': 'dso',
  'may-goto': 'o',
  call: 'dsi',
  exit: '',
  'addr-cast': 'dsi',
};

/** One line a slot; the second slot of ld_imm64 is an empty string, so that line number equals slot. */
export function disassemble(code: Code): string[] {
  const lines: string[] = [];
  for (let index = 0; index < code.length; index++) {
    const text = disassembleOne(code, index);
    lines.push(text);
    if (code.opcode[index] === OPCODE_LDDW && !text.startsWith('.word')) {
      lines.push('');
      index++;
    }
  }
  return lines;
}
