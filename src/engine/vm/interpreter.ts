// The interpreter: the reference meaning of every instruction (RFC 9669 and the later rows of isa/opcodes.ts), on 32-bit
// halves in typed arrays. Addresses are checked against the program region on every access. Knows nothing of where the code came
// from, of helpers' meaning, or of the page.

import type { Code } from '../isa/codec.ts';
import { ALU, ATOMIC, JMP, PSEUDO_CALL } from '../isa/opcodes.ts';
import {
  type CallHandler,
  EndSignal,
  FRAME_BYTES,
  MAX_FRAMES,
  type Machine,
  type MachineFault,
  type ProgramInstance,
  type RunOutcome,
} from './machine.ts';
import type { RunMemory } from './memory.ts';
import { divide, divideSigned, high, modulo, moduloSigned, multiply } from './pair-arithmetic.ts';

/** Called before every instruction of a watched run: the machine as it is then, and the slot about to run. */
export type Watch = (machine: Machine, slot: number) => void;

/** What the interpreter needs besides code. */
export interface InterpreterSetup {
  readonly code: Code;
  readonly memory: RunMemory;
  /** First byte of `MAX_FRAMES * FRAME_BYTES` of program memory; frames grow upwards, each frame's r10 is its end. */
  readonly stackBase: number;
  /** Handler of the call at a slot, or undefined when the slot calls nothing known. */
  readonly handlerOf: (slot: number) => CallHandler | undefined;
  readonly instructionBudget: number;
}

/** Internal: unwinds a run; caught by run(), never seen outside. */
class FaultSignal {
  readonly fault: MachineFault;
  constructor(fault: MachineFault) {
    this.fault = fault;
  }
}

const SAVED = 4;

export class Interpreter implements ProgramInstance, Machine {
  readonly lo = new Int32Array(16);
  readonly hi = new Int32Array(16);
  readonly memory: RunMemory;
  callSlot = 0;
  /** Set while somebody steps or follows a run; null costs nothing. */
  watch: Watch | null = null;

  private readonly setup: InterpreterSetup;
  private readonly handlers: (CallHandler | undefined)[];
  private frame = 0;
  private executed = 0;
  private exitSlot = -1;
  private readonly savedLo = new Int32Array(MAX_FRAMES * SAVED);
  private readonly savedHi = new Int32Array(MAX_FRAMES * SAVED);
  private readonly returns = new Int32Array(MAX_FRAMES);

  constructor(setup: InterpreterSetup) {
    this.setup = setup;
    this.memory = setup.memory;
    this.handlers = Array.from({ length: setup.code.length }, (_, slot) => setup.handlerOf(slot));
  }

  run(r1: number, r2 = 0): RunOutcome {
    this.frame = 0;
    this.executed = 0;
    this.lo.fill(0);
    this.hi.fill(0);
    this.lo[1] = r1;
    this.lo[2] = r2;
    this.lo[10] = this.setup.stackBase + FRAME_BYTES;
    try {
      this.execute(0, 0);
      return { low: this.lo[0] ?? 0, high: this.hi[0] ?? 0, executed: this.executed, exitSlot: this.exitSlot, fault: null };
    } catch (signal) {
      if (signal instanceof EndSignal) return signal.outcome;
      if (!(signal instanceof FaultSignal)) throw signal;
      return { low: 0, high: 0, executed: this.executed, exitSlot: -1, fault: signal.fault };
    }
  }

  callFunction(slot: number, args: readonly number[]): number {
    const keepLo = this.lo.slice();
    const keepHi = this.hi.slice();
    const keepSlot = this.callSlot;
    this.enterFrame(this.callSlot, keepSlot);
    this.hi.fill(0, 1, 6);
    for (let i = 0; i < 5; i++) this.lo[i + 1] = args[i] ?? 0;
    this.execute(slot, this.frame);
    this.frame--;
    const result = this.lo[0] ?? 0;
    this.lo.set(keepLo);
    this.hi.set(keepHi);
    this.callSlot = keepSlot;
    return result;
  }

  fault(message: string): never {
    throw new FaultSignal({ code: 'helper', slot: this.callSlot, message });
  }

  endWith(next: () => RunOutcome): never {
    // The other program may be run by this very machine.
    const { executed } = this;
    const outcome = next();
    throw new EndSignal({ ...outcome, executed: executed + outcome.executed });
  }

  get depth(): number {
    return this.frame;
  }

  nested<T>(work: () => T): T {
    const { callSlot } = this;
    const result = work();
    this.callSlot = callSlot;
    return result;
  }

  private stop(code: MachineFault['code'], slot: number, message: string): never {
    throw new FaultSignal({ code, slot, message });
  }

  /** Opens a frame: r6 to r9 are kept, r10 points at the end of fresh stack bytes. */
  private enterFrame(slot: number, returnSlot: number): void {
    if (this.frame + 1 >= MAX_FRAMES) this.stop('call-depth', slot, `more than ${MAX_FRAMES} call frames`);
    const at = this.frame * SAVED;
    for (let i = 0; i < SAVED; i++) {
      this.savedLo[at + i] = this.lo[6 + i] ?? 0;
      this.savedHi[at + i] = this.hi[6 + i] ?? 0;
    }
    this.frame++;
    this.returns[this.frame] = returnSlot;
    this.lo[10] = this.setup.stackBase + (this.frame + 1) * FRAME_BYTES;
    this.hi[10] = 0;
  }

  private leaveFrame(): number {
    const back = this.returns[this.frame] ?? 0;
    this.frame--;
    const at = this.frame * SAVED;
    for (let i = 0; i < SAVED; i++) {
      this.lo[6 + i] = this.savedLo[at + i] ?? 0;
      this.hi[6 + i] = this.savedHi[at + i] ?? 0;
    }
    this.lo[10] = this.setup.stackBase + (this.frame + 1) * FRAME_BYTES;
    return back;
  }

  /** Address of `size` bytes at register + off, or a fault. */
  private address(register: number, off: number, size: number, slot: number): number {
    const base = this.lo[register] ?? 0;
    const at = (base >>> 0) + off;
    if (this.hi[register] !== 0 || at < this.memory.programBase || at + size > this.memory.programLimit) {
      const whole = (BigInt.asUintN(32, BigInt(this.hi[register] ?? 0)) << 32n) | BigInt(base >>> 0);
      const where = BigInt.asUintN(64, whole + BigInt(off)).toString(16);
      const hint = whole < 65536n ? ' (a NULL pointer was dereferenced)' : '';
      this.stop(
        'bad-address',
        slot,
        `access of ${size} byte${size === 1 ? '' : 's'} at 0x${where}, outside program memory${hint}`,
      );
    }
    return at;
  }

  private budget(slot: number): void {
    if (this.executed > this.setup.instructionBudget) {
      this.stop('instruction-budget', slot, `more than ${this.setup.instructionBudget} instructions in one call`);
    }
  }

  /** Runs from `pc` until the frame `base` exits. The one dispatch loop: what programs do most comes first, the rest by class. */
  private execute(start: number, base: number): void {
    const { code, memory } = this.setup;
    const { lo, hi } = this;
    const { view, programBase, programLimit } = memory;
    const { opcode: opcodes, dst: dsts, src: srcs, off: offs, imm: imms } = code;
    const { watch } = this;
    const { instructionBudget } = this.setup;
    let pc = start;
    for (;;) {
      if (pc >= code.length || pc < 0) this.stop('bad-instruction', pc, 'execution ran past the end of the code');
      if (watch !== null) watch(this, pc);
      this.executed++;
      const opcode = opcodes[pc] ?? 0;
      const d = dsts[pc] ?? 0;
      const s = srcs[pc] ?? 0;
      const imm = imms[pc] ?? 0;
      switch (opcode) {
        case 0xbf: // mov dst, src; with an offset it extends the sign
          if (offs[pc] !== 0) break;
          lo[d] = lo[s] ?? 0;
          hi[d] = hi[s] ?? 0;
          pc++;
          continue;
        case 0xb7: // mov dst, imm
          lo[d] = imm;
          hi[d] = imm >> 31;
          pc++;
          continue;
        case 0xb4: // mov32 dst, imm
          lo[d] = imm;
          hi[d] = 0;
          pc++;
          continue;
        case 0xbc: // mov32 dst, src
          if (offs[pc] !== 0) break;
          lo[d] = lo[s] ?? 0;
          hi[d] = 0;
          pc++;
          continue;
        case 0x07: {
          // add dst, imm
          const before = lo[d] ?? 0;
          const low = (before + imm) | 0;
          lo[d] = low;
          hi[d] = (hi[d] ?? 0) + (imm >> 31) + (low >>> 0 < before >>> 0 ? 1 : 0);
          pc++;
          continue;
        }
        case 0x0f: {
          // add dst, src
          const before = lo[d] ?? 0;
          const low = (before + (lo[s] ?? 0)) | 0;
          const upper = (hi[d] ?? 0) + (hi[s] ?? 0);
          lo[d] = low;
          hi[d] = upper + (low >>> 0 < before >>> 0 ? 1 : 0);
          pc++;
          continue;
        }
        case 0x04: // add32 dst, imm
          lo[d] = (lo[d] ?? 0) + imm;
          hi[d] = 0;
          pc++;
          continue;
        case 0x0c: // add32 dst, src
          lo[d] = (lo[d] ?? 0) + (lo[s] ?? 0);
          hi[d] = 0;
          pc++;
          continue;
        case 0x54: // and32 dst, imm
          lo[d] = (lo[d] ?? 0) & imm;
          hi[d] = 0;
          pc++;
          continue;
        case 0x57: // and dst, imm
          lo[d] = (lo[d] ?? 0) & imm;
          hi[d] = (hi[d] ?? 0) & (imm >> 31);
          pc++;
          continue;
        case 0xaf: // xor dst, src
          lo[d] = (lo[d] ?? 0) ^ (lo[s] ?? 0);
          hi[d] = (hi[d] ?? 0) ^ (hi[s] ?? 0);
          pc++;
          continue;
        case 0xac: // xor32 dst, src
          lo[d] = (lo[d] ?? 0) ^ (lo[s] ?? 0);
          hi[d] = 0;
          pc++;
          continue;
        case 0x64: // lsh32 dst, imm
          lo[d] = (lo[d] ?? 0) << (imm & 31);
          hi[d] = 0;
          pc++;
          continue;
        case 0x74: // rsh32 dst, imm
          lo[d] = (lo[d] ?? 0) >>> (imm & 31);
          hi[d] = 0;
          pc++;
          continue;
        case 0x61: // ldxw
        case 0x79: {
          // ldxdw
          const at = ((lo[s] ?? 0) >>> 0) + (offs[pc] ?? 0);
          const size = opcode === 0x79 ? 8 : 4;
          if (hi[s] !== 0 || at < programBase || at + size > programLimit) break;
          lo[d] = view.getInt32(at, true);
          hi[d] = size === 8 ? view.getInt32(at + 4, true) : 0;
          pc++;
          continue;
        }
        case 0x71: {
          // ldxb
          const at = ((lo[s] ?? 0) >>> 0) + (offs[pc] ?? 0);
          if (hi[s] !== 0 || at < programBase || at >= programLimit) break;
          lo[d] = view.getUint8(at);
          hi[d] = 0;
          pc++;
          continue;
        }
        case 0x63: // stxw
        case 0x7b: {
          // stxdw
          const at = ((lo[d] ?? 0) >>> 0) + (offs[pc] ?? 0);
          const size = opcode === 0x7b ? 8 : 4;
          if (hi[d] !== 0 || at < programBase || at + size > programLimit) break;
          view.setInt32(at, lo[s] ?? 0, true);
          if (size === 8) view.setInt32(at + 4, hi[s] ?? 0, true);
          pc++;
          continue;
        }
        case 0x73: {
          // stxb
          const at = ((lo[d] ?? 0) >>> 0) + (offs[pc] ?? 0);
          if (hi[d] !== 0 || at < programBase || at >= programLimit) break;
          view.setInt8(at, lo[s] ?? 0);
          pc++;
          continue;
        }
        case 0x15: // jeq imm
        case 0x55: // jne imm
        case 0x1d: // jeq reg
        case 0x5d: {
          // jne reg
          const register = (opcode & 8) !== 0;
          const same = lo[d] === (register ? lo[s] : imm) && hi[d] === (register ? hi[s] : imm >> 31);
          if (same === (opcode & 0xf0) < 0x50) {
            const target = pc + 1 + (offs[pc] ?? 0);
            if (target <= pc && this.executed > instructionBudget) this.budget(pc);
            pc = target;
          } else pc++;
          continue;
        }
        case 0x16: // jeq32 imm
        case 0x56: // jne32 imm
        case 0x1e: // jeq32 reg
        case 0x5e: {
          // jne32 reg
          const same = lo[d] === ((opcode & 8) !== 0 ? lo[s] : imm);
          if (same === (opcode & 0xf0) < 0x50) {
            const target = pc + 1 + (offs[pc] ?? 0);
            if (target <= pc && this.executed > instructionBudget) this.budget(pc);
            pc = target;
          } else pc++;
          continue;
        }
        default:
      }
      switch (opcode & 7) {
        case 7: // ALU64
        case 4: // ALU
          this.arithmetic(opcode, d, s, offs[pc] ?? 0, imm, pc);
          pc++;
          break;
        case 1: {
          // LDX
          const size = SIZE_OF[(opcode >> 3) & 3] ?? 1;
          const at = this.address(s, offs[pc] ?? 0, size, pc);
          const signed = opcode >> 5 === 4;
          if (size === 8) {
            lo[d] = view.getInt32(at, true);
            hi[d] = view.getInt32(at + 4, true);
          } else if (signed) {
            const value = size === 4 ? view.getInt32(at, true) : size === 2 ? view.getInt16(at, true) : view.getInt8(at);
            lo[d] = value;
            hi[d] = value >> 31;
          } else {
            lo[d] = size === 4 ? view.getInt32(at, true) : size === 2 ? view.getUint16(at, true) : view.getUint8(at);
            hi[d] = 0;
          }
          pc++;
          break;
        }
        case 2: // ST
        case 3: {
          // STX
          const size = SIZE_OF[(opcode >> 3) & 3] ?? 1;
          if (opcode >> 5 === 6) {
            this.atomic(size, d, s, offs[pc] ?? 0, imm, pc);
            pc++;
            break;
          }
          const at = this.address(d, offs[pc] ?? 0, size, pc);
          const register = (opcode & 7) === 3;
          const low = register ? (lo[s] ?? 0) : imm;
          if (size === 8) {
            view.setInt32(at, low, true);
            view.setInt32(at + 4, register ? (hi[s] ?? 0) : imm >> 31, true);
          } else if (size === 4) view.setInt32(at, low, true);
          else if (size === 2) view.setInt16(at, low, true);
          else view.setInt8(at, low);
          pc++;
          break;
        }
        case 5: // JMP
        case 6: {
          // JMP32
          const operation = opcode & 0xf0;
          if (operation === JMP.EXIT) {
            if (this.frame === base) {
              this.exitSlot = pc;
              return;
            }
            pc = this.leaveFrame();
            break;
          }
          if (operation === JMP.CALL && (opcode & 7) === 5) {
            pc = this.call(s, imm, pc);
            break;
          }
          let target = pc + 1;
          if (operation === JMP.JA) target += (opcode & 7) === 5 ? (offs[pc] ?? 0) : imm;
          else if (operation === JMP.JCOND) {
            if (this.executed > this.setup.instructionBudget / 2) target += offs[pc] ?? 0;
          } else if (this.condition(opcode, d, s, imm)) target += offs[pc] ?? 0;
          if (target <= pc) this.budget(pc);
          pc = target;
          break;
        }
        default:
          if (opcode === 0x18) {
            lo[d] = imm;
            hi[d] = imms[pc + 1] ?? 0;
            pc += 2;
            break;
          }
          this.stop('bad-instruction', pc, `opcode 0x${opcode.toString(16)} cannot be executed here`);
      }
    }
  }

  private call(kind: number, imm: number, pc: number): number {
    if (kind === PSEUDO_CALL.SUBPROGRAM) {
      this.budget(pc);
      this.enterFrame(pc, pc + 1);
      return pc + 1 + imm;
    }
    const handler = this.handlers[pc];
    if (handler === undefined) this.stop('bad-instruction', pc, `call of unknown function ${imm}`);
    this.callSlot = pc;
    handler(this);
    return pc + 1;
  }

  private condition(opcode: number, d: number, s: number, imm: number): boolean {
    const { lo, hi } = this;
    const register = (opcode & 8) !== 0;
    const wide = (opcode & 7) === 5;
    const al = lo[d] ?? 0;
    const bl = register ? (lo[s] ?? 0) : imm;
    const ah = wide ? (hi[d] ?? 0) : 0;
    const bh = wide ? (register ? (hi[s] ?? 0) : imm >> 31) : 0;
    switch (opcode & 0xf0) {
      case JMP.JEQ:
        return al === bl && ah === bh;
      case JMP.JNE:
        return al !== bl || ah !== bh;
      case JMP.JSET:
        return (al & bl) !== 0 || (ah & bh) !== 0;
      case JMP.JGT:
        return ah === bh ? al >>> 0 > bl >>> 0 : ah >>> 0 > bh >>> 0;
      case JMP.JGE:
        return ah === bh ? al >>> 0 >= bl >>> 0 : ah >>> 0 > bh >>> 0;
      case JMP.JLT:
        return ah === bh ? al >>> 0 < bl >>> 0 : ah >>> 0 < bh >>> 0;
      case JMP.JLE:
        return ah === bh ? al >>> 0 <= bl >>> 0 : ah >>> 0 < bh >>> 0;
      default: {
        if (!wide) return signedCondition(opcode & 0xf0, al, bl);
        if (ah !== bh) return signedCondition(opcode & 0xf0, ah, bh);
        return signedCondition(opcode & 0xf0, (al >>> 0) - (bl >>> 0), 0);
      }
    }
  }

  private arithmetic(opcode: number, d: number, s: number, off: number, imm: number, pc: number): void {
    const { lo, hi } = this;
    const operation = opcode & 0xf0;
    if (operation === ALU.END) {
      this.byteOrder(opcode, d, imm);
      return;
    }
    const register = (opcode & 8) !== 0;
    const bl = register ? (lo[s] ?? 0) : imm;
    const al = lo[d] ?? 0;
    if ((opcode & 7) === 4) {
      lo[d] = arithmetic32(operation, al, bl, off);
      hi[d] = 0;
      return;
    }
    const ah = hi[d] ?? 0;
    const bh = register ? (hi[s] ?? 0) : imm >> 31;
    switch (operation) {
      case ALU.ADD: {
        const low = (al + bl) | 0;
        lo[d] = low;
        hi[d] = ah + bh + (low >>> 0 < al >>> 0 ? 1 : 0);
        return;
      }
      case ALU.SUB:
        lo[d] = al - bl;
        hi[d] = ah - bh - (al >>> 0 < bl >>> 0 ? 1 : 0);
        return;
      case ALU.MUL:
        lo[d] = multiply(al, ah, bl, bh);
        break;
      case ALU.DIV:
        lo[d] = off === 1 ? divideSigned(al, ah, bl, bh) : divide(al, ah, bl, bh);
        break;
      case ALU.MOD:
        lo[d] = off === 1 ? moduloSigned(al, ah, bl, bh) : modulo(al, ah, bl, bh);
        break;
      case ALU.OR:
        lo[d] = al | bl;
        hi[d] = ah | bh;
        return;
      case ALU.AND:
        lo[d] = al & bl;
        hi[d] = ah & bh;
        return;
      case ALU.XOR:
        lo[d] = al ^ bl;
        hi[d] = ah ^ bh;
        return;
      case ALU.MOV:
        if (off === 0) {
          lo[d] = bl;
          hi[d] = bh;
          return;
        }
        if (off === 1) this.stop('bad-instruction', pc, 'address-space casts are not supported: there are no arenas here');
        lo[d] = off === 32 ? bl : signExtend(bl, off);
        hi[d] = (lo[d] ?? 0) >> 31;
        return;
      case ALU.NEG:
        lo[d] = -al;
        hi[d] = ~ah + (al === 0 ? 1 : 0);
        return;
      default:
        this.shift(operation, d, al, ah, bl & 63);
        return;
    }
    hi[d] = high[0] ?? 0;
  }

  private shift(operation: number, d: number, al: number, ah: number, count: number): void {
    const { lo, hi } = this;
    if (count === 0) return;
    if (operation === ALU.LSH) {
      lo[d] = count >= 32 ? 0 : al << count;
      hi[d] = count >= 32 ? al << (count - 32) : (ah << count) | (al >>> (32 - count));
      return;
    }
    const fill = operation === ALU.ARSH ? ah >> 31 : 0;
    if (count >= 32) {
      lo[d] = operation === ALU.ARSH ? ah >> (count - 32) : ah >>> (count - 32);
      hi[d] = fill;
      return;
    }
    lo[d] = (al >>> count) | (ah << (32 - count));
    hi[d] = operation === ALU.ARSH ? ah >> count : ah >>> count;
  }

  /** le, be and bswap; the machine is little endian. */
  private byteOrder(opcode: number, d: number, bits: number): void {
    const { lo, hi } = this;
    const low = lo[d] ?? 0;
    const swaps = (opcode & 7) === 7 || (opcode & 8) !== 0;
    if (bits === 64) {
      if (!swaps) return;
      const upper = hi[d] ?? 0;
      lo[d] = swap32(upper);
      hi[d] = swap32(low);
      return;
    }
    hi[d] = 0;
    if (bits === 32) lo[d] = swaps ? swap32(low) : low;
    else lo[d] = swaps ? ((low & 0xff) << 8) | ((low >>> 8) & 0xff) : low & 0xffff;
  }

  private atomic(size: number, d: number, s: number, off: number, imm: number, pc: number): void {
    const { lo, hi } = this;
    const { view } = this.memory;
    if (imm === ATOMIC.LOAD_ACQ) {
      const at = this.address(s, off, size, pc);
      lo[d] = size >= 4 ? view.getInt32(at, true) : size === 2 ? view.getUint16(at, true) : view.getUint8(at);
      hi[d] = size === 8 ? view.getInt32(at + 4, true) : 0;
      return;
    }
    const at = this.address(d, off, size, pc);
    const sl = lo[s] ?? 0;
    const sh = hi[s] ?? 0;
    if (imm === ATOMIC.STORE_REL) {
      if (size >= 4) view.setInt32(at, sl, true);
      else if (size === 2) view.setInt16(at, sl, true);
      else view.setInt8(at, sl);
      if (size === 8) view.setInt32(at + 4, sh, true);
      return;
    }
    const ol = view.getInt32(at, true);
    const oh = size === 8 ? view.getInt32(at + 4, true) : 0;
    if (imm === ATOMIC.CMPXCHG) {
      if (ol === lo[0] && (size === 4 || oh === hi[0])) {
        view.setInt32(at, sl, true);
        if (size === 8) view.setInt32(at + 4, sh, true);
      }
      lo[0] = ol;
      hi[0] = oh;
      return;
    }
    let nl = sl;
    let nh = sh;
    switch (imm & ~ATOMIC.FETCH) {
      case ATOMIC.ADD:
        nl = (ol + sl) | 0;
        nh = oh + sh + (nl >>> 0 < ol >>> 0 ? 1 : 0);
        break;
      case ATOMIC.OR:
        nl = ol | sl;
        nh = oh | sh;
        break;
      case ATOMIC.AND:
        nl = ol & sl;
        nh = oh & sh;
        break;
      case ATOMIC.XOR:
        nl = ol ^ sl;
        nh = oh ^ sh;
        break;
      default: // XCHG stores the operand as it is
    }
    view.setInt32(at, nl, true);
    if (size === 8) view.setInt32(at + 4, nh, true);
    if ((imm & ATOMIC.FETCH) !== 0) {
      lo[s] = ol;
      hi[s] = oh;
    }
  }
}

const SIZE_OF = [4, 2, 1, 8] as const;

const signExtend = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);
const swap32 = (v: number): number => ((v & 0xff) << 24) | ((v & 0xff00) << 8) | ((v >>> 8) & 0xff00) | (v >>> 24);

function signedCondition(operation: number, a: number, b: number): boolean {
  switch (operation) {
    case JMP.JSGT:
      return a > b;
    case JMP.JSGE:
      return a >= b;
    case JMP.JSLT:
      return a < b;
    default:
      return a <= b;
  }
}

/** The 32-bit operations; the result's low half (the high half is always zero). */
function arithmetic32(operation: number, a: number, b: number, off: number): number {
  switch (operation) {
    case ALU.ADD:
      return a + b;
    case ALU.SUB:
      return a - b;
    case ALU.MUL:
      return Math.imul(a, b);
    case ALU.DIV:
      return b === 0 ? 0 : off === 1 ? a / b : (a >>> 0) / (b >>> 0);
    case ALU.MOD:
      return b === 0 ? a : off === 1 ? a % b : (a >>> 0) % (b >>> 0);
    case ALU.OR:
      return a | b;
    case ALU.AND:
      return a & b;
    case ALU.XOR:
      return a ^ b;
    case ALU.LSH:
      return a << (b & 31);
    case ALU.RSH:
      return a >>> (b & 31);
    case ALU.ARSH:
      return a >> (b & 31);
    case ALU.NEG:
      return -a;
    default:
      return off === 0 ? b : signExtend(b, off);
  }
}
