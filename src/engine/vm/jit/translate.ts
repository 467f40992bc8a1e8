// A program to one WebAssembly module: one function a subprogram, registers as locals, control flow structured by the dominator tree
// (structure.ts) with a dispatcher for irreducible graphs. Counts instructions exactly as the interpreter does and checks the budget
// at backward jumps and calls. Knows nothing of what helpers do.

import { present } from '../../base/assert.ts';
import { type Code, OPCODE_LDDW } from '../../isa/codec.ts';
import { ATOMIC, CLASS, JMP, MODE, PSEUDO_CALL, PSEUDO_LD } from '../../isa/opcodes.ts';
import type { ArrayPlace } from '../load.ts';
import { FRAME_BYTES, MAX_FRAMES } from '../machine.ts';
import { NO_STACK_SLOTS, promotedSlots, type StackSlots } from './stack-slots.ts';
import { basicBlocks, type ControlFlow, callsSubprogram, controlFlow, dominatorChildren } from './structure.ts';
import {
  arithmetic,
  arrayLookup,
  atomic,
  condition,
  FAULT,
  type Fields,
  type Frame,
  load,
  loadLocal,
  pushRegister,
  store,
  storeLocal,
} from './translate-insn.ts';
import { Bytes, EMPTY_BLOCK, encodeModule, type FunctionBody, OP, TYPE } from './wasm-encoder.ts';

/** Addresses of the words that module and host share, below the null guard: no program can reach them, no snapshot holds them. */
export const SHARED = { lo: 0x2000, hi: 0x2040, executed: 0x2080, exitSlot: 0x2084, frame: 0x2088, result: 0x2090 } as const;

/** What a module is made from. */
export interface TranslateInput {
  readonly code: Code;
  /** First slots of all functions, ascending; the entry is the first. */
  readonly functions: readonly number[];
  readonly memoryPages: number;
  readonly stackBase: number;
  readonly instructionBudget: number;
  /** Registers a call hands over (0 to 5), by slot; undefined for a slot that calls nothing known. */
  readonly argumentsOf: (slot: number) => number | undefined;
  /** Which handler a call has, by slot: a number below `handlers`. */
  readonly handlerOf: (slot: number) => number;
  readonly handlers: number;
  /** Place of the array that the lookup called at a slot is about, where that is known. */
  readonly arrayLookupAt: (slot: number) => ArrayPlace | null;
  /** Bounds of program memory when every address must be checked (unverified code), else null. */
  readonly checked: { readonly low: number; readonly high: number } | null;
}

export interface Translation {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Functions that needed a dispatcher because their graph is irreducible. */
  readonly dispatchers: number;
}

/** Function types of every module. */
const SHAPES = [
  { params: [TYPE.I32], results: [] },
  { params: [TYPE.I32, TYPE.I32], results: [] },
  { params: [TYPE.I64, TYPE.I64, TYPE.I64, TYPE.I64, TYPE.I64, TYPE.I32], results: [TYPE.I64] },
  { params: [TYPE.I32, TYPE.I32], results: [] },
  { params: [TYPE.I32, TYPE.I32, TYPE.I32, TYPE.I32, TYPE.I32], results: [TYPE.I32] },
] as const;
const SHAPE = { CALL: 0, FAULT: 1, BODY: 2, RUN: 3, CALLBACK: 4 } as const;
/** Imported functions: the fault, then the handlers of calls. */
const IMPORT = { FAULT: 0, HANDLERS: 1 } as const;

/** Locals of a body: r1 to r5 and the frame pointer are parameters 0 to 5, then r0, r6 to r9, scratch, count, dispatch, promoted stack slots. */
const LOCAL = { frame: 5, r0: 6, r6: 7, scratch64: 11, scratch32: 12, count: 13, dispatch: 14, slots: 15 } as const;
const localOf = (register: number): number => {
  if (register === 0) return LOCAL.r0;
  if (register <= 5) return register - 1;
  return register === 10 ? LOCAL.frame : LOCAL.r6 + register - 6;
};

/** Nested blocks deeper than this are left to the dispatcher (engines bound nesting). */
const DEPTH_LIMIT = 400;

/** Copies of a loop of one block, by its instructions. */
const UNROLLED = [
  { upTo: 8, copies: 8 },
  { upTo: 16, copies: 4 },
  { upTo: 40, copies: 2 },
] as const;

type Label = { readonly kind: 'follow' | 'loop'; readonly block: number } | { readonly kind: 'if' };

class Unstructured {}

class FunctionTranslator {
  private readonly input: TranslateInput;
  private readonly indexOf: (slot: number) => number;
  private readonly flow: ControlFlow;
  private readonly children: readonly number[][];
  private readonly frame: Frame;
  private readonly out = new Bytes();
  private readonly slots: StackSlots;
  /** The program has functions beside its entry: helpers may call them, and ask how deep they are called from. */
  private readonly nests: boolean;
  private pending = 0;
  usedDispatcher = false;

  constructor(input: TranslateInput, start: number, end: number, indexOf: (slot: number) => number) {
    this.input = input;
    this.indexOf = indexOf;
    this.nests = input.functions.length > 1;
    this.flow = controlFlow(basicBlocks(input.code, start, end));
    this.children = dominatorChildren(this.flow);
    this.slots = input.checked === null ? promotedSlots(input.code, start, end, this.flow) : NO_STACK_SLOTS;
    const checked = input.checked === null ? null : { ...input.checked, fault: IMPORT.FAULT };
    this.frame = { out: this.out, local: localOf, scratch64: LOCAL.scratch64, scratch32: LOCAL.scratch32, checked };
  }

  translate(): FunctionBody {
    this.loadWord(SHARED.executed);
    this.out.byte(OP.LOCAL_SET).unsigned(LOCAL.count);
    const mark = this.out.length;
    let structured = this.flow.isReducible;
    if (structured) {
      try {
        this.tree(0, []);
      } catch (signal) {
        if (!(signal instanceof Unstructured)) throw signal;
        structured = false;
        this.out.length = mark;
      }
    }
    if (!structured) this.dispatcher();
    this.out.byte(OP.UNREACHABLE).byte(OP.END);
    return {
      type: SHAPE.BODY,
      locals: [
        { count: 6, type: TYPE.I64 },
        { count: 3, type: TYPE.I32 },
        ...(this.slots.size > 0 ? [{ count: this.slots.size, type: TYPE.I64 }] : []),
      ],
      code: this.out,
    };
  }

  // --- structure (Ramsey 2022) ----------------------------------------------------------------------------------

  private isMerge(block: number): boolean {
    return (this.flow.forwardIn[block] ?? 0) > 1;
  }

  private tree(block: number, context: readonly Label[]): void {
    if (context.length > DEPTH_LIMIT) throw new Unstructured();
    const merges = (this.children[block] ?? [])
      .filter((child) => this.isMerge(child))
      .sort((a, b) => (this.flow.order[b] ?? 0) - (this.flow.order[a] ?? 0));
    if (this.flow.isLoopHead[block] && this.copiesOf(block) === 1) {
      this.out.byte(OP.LOOP).byte(EMPTY_BLOCK);
      this.within(block, merges, [{ kind: 'loop', block }, ...context]);
      this.out.byte(OP.END);
    } else this.within(block, merges, context);
  }

  /** Merge nodes that `block` dominates follow it, the one last in order outermost. */
  private within(block: number, merges: readonly number[], context: readonly Label[]): void {
    const [first, ...rest] = merges;
    if (first === undefined) {
      if (this.copiesOf(block) > 1) return this.unrolled(block, context);
      this.body(block);
      this.terminator(block, context);
      return;
    }
    this.out.byte(OP.BLOCK).byte(EMPTY_BLOCK);
    this.within(block, rest, [{ kind: 'follow', block: first }, ...context]);
    this.out.byte(OP.END);
    this.pending = 0;
    this.tree(first, context);
  }

  private terminator(block: number, context: readonly Label[]): void {
    const { next, last } = present(this.flow.blocks[block], 'block');
    const [taken, after] = next;
    if (taken === undefined) {
      this.settle();
      if (((this.input.code.opcode[last] ?? 0) & 0xf7) === (JMP.EXIT | CLASS.JMP)) this.exit(last);
      return;
    }
    if (after === undefined) {
      this.branch(block, taken, context);
      return;
    }
    if (((this.input.code.opcode[last] ?? 0) & 0xf0) === JMP.JCOND) this.settle();
    this.test(last);
    // Both ways go on with what is not counted yet: it is counted where they meet others, go round or end.
    const { pending } = this;
    this.out.byte(OP.IF).byte(EMPTY_BLOCK);
    this.branch(block, taken, [{ kind: 'if' }, ...context]);
    this.out.byte(OP.ELSE);
    this.pending = pending;
    this.branch(block, after, [{ kind: 'if' }, ...context]);
    this.out.byte(OP.END);
  }

  /** Instructions of one turn of a block that is a loop by itself; 0 for other blocks, and for loops that call or that `may_goto` ends. */
  private turnOf(block: number): number {
    const { start, last, next } = present(this.flow.blocks[block], 'block');
    if (next.length !== 2 || !next.includes(block) || next[0] === next[1]) return 0;
    const { code } = this.input;
    let count = 0;
    for (let slot = start; slot <= last; slot++) {
      const opcode = code.opcode[slot] ?? 0;
      const isJump = (opcode & 7) === CLASS.JMP || (opcode & 7) === CLASS.JMP32;
      if (isJump && ((opcode & 0xf0) === JMP.CALL || (opcode & 0xf0) === JMP.JCOND)) return 0;
      count++;
      if (opcode === OPCODE_LDDW) slot++;
    }
    return count;
  }

  /** How often a block is written out in a row: more than once for small loops of one block. */
  private copiesOf(block: number): number {
    const turn = this.turnOf(block);
    if (turn === 0) return 1;
    const copies = UNROLLED.find(({ upTo }) => turn <= upTo)?.copies ?? 1;
    return this.input.instructionBudget > copies * turn ? copies : 1;
  }

  /**
   * A loop of one block, several times over with one count and one look at the budget; close to the budget, the plain loop,
   * so that a run stops at the very instruction at which the interpreter stops it.
   */
  private unrolled(block: number, context: readonly Label[]): void {
    const { out } = this;
    const { last, next } = present(this.flow.blocks[block], 'block');
    const stays = next[0] === block;
    const copies = this.copiesOf(block);
    const turn = this.turnOf(block);
    const test = (staying: boolean): void => {
      this.test(last);
      if (stays !== staying) out.byte(OP.I32_EQZ);
    };
    const count = (turns: number): void => {
      this.pending = turns * turn;
      this.settle();
    };
    // Labels from inside the fast loop: 0 goes round again, 1 leads to the plain loop, 2 behind both.
    out.byte(OP.BLOCK).byte(EMPTY_BLOCK).byte(OP.BLOCK).byte(EMPTY_BLOCK).byte(OP.LOOP).byte(EMPTY_BLOCK);
    const room = this.input.instructionBudget - copies * turn;
    out.byte(OP.LOCAL_GET).unsigned(LOCAL.count).byte(OP.I32_CONST).signed(room).byte(OP.I32_GT_U).byte(OP.BR_IF).unsigned(1);
    for (let done = 1; done < copies; done++) {
      this.body(block);
      test(false);
      out.byte(OP.IF).byte(EMPTY_BLOCK);
      count(done);
      out.byte(OP.BR).unsigned(3).byte(OP.END);
    }
    this.body(block);
    count(copies);
    test(true);
    out.byte(OP.BR_IF).unsigned(0).byte(OP.BR).unsigned(2);
    out.byte(OP.END).byte(OP.END).byte(OP.LOOP).byte(EMPTY_BLOCK);
    this.pending = 0;
    this.body(block);
    this.settle();
    test(true);
    out.byte(OP.IF).byte(EMPTY_BLOCK);
    this.overBudget(last);
    out.byte(OP.BR).unsigned(1).byte(OP.END).byte(OP.END).byte(OP.END);
    this.branch(block, present(stays ? next[1] : next[0], 'exit'), context);
  }

  private branch(from: number, to: number, context: readonly Label[]): void {
    const backward = (this.flow.order[to] ?? 0) <= (this.flow.order[from] ?? 0);
    const inline = !backward && !this.isMerge(to);
    if (!inline || this.flow.isLoopHead[to] || this.looksAtBudget(from, to)) this.settle();
    this.budgetFor(from, to);
    if (inline) {
      this.tree(to, context);
      return;
    }
    const wanted = backward ? 'loop' : 'follow';
    const depth = context.findIndex((label) => label.kind === wanted && label.block === to);
    if (depth < 0) throw new Unstructured();
    this.out.byte(OP.BR).unsigned(depth);
  }

  // --- the dispatcher -------------------------------------------------------------------------------------------

  /** A loop around a br_table over all blocks: right for any graph, slower than structure. */
  private dispatcher(): void {
    this.usedDispatcher = true;
    const { sequence, blocks } = this.flow;
    const place = new Map(sequence.map((block, index) => [block, index]));
    const { out } = this;
    out.byte(OP.LOOP).byte(EMPTY_BLOCK);
    for (let i = 0; i < sequence.length; i++) out.byte(OP.BLOCK).byte(EMPTY_BLOCK);
    out
      .byte(OP.LOCAL_GET)
      .unsigned(LOCAL.dispatch)
      .byte(OP.BR_TABLE)
      .unsigned(sequence.length - 1);
    for (let i = 0; i < sequence.length; i++) out.unsigned(i);
    sequence.forEach((block, index) => {
      out.byte(OP.END);
      this.body(block);
      const { next, last } = present(blocks[block], 'block');
      const [taken, after] = next;
      this.settle();
      const go = (to: number, inIf: number): void => {
        this.budgetFor(block, to);
        out
          .byte(OP.I32_CONST)
          .signed(place.get(to) ?? 0)
          .byte(OP.LOCAL_SET)
          .unsigned(LOCAL.dispatch);
        out.byte(OP.BR).unsigned(sequence.length - 1 - index + inIf);
      };
      if (taken === undefined) this.exit(last);
      else if (after === undefined) go(taken, 0);
      else {
        this.test(last);
        out.byte(OP.IF).byte(EMPTY_BLOCK);
        go(taken, 1);
        out.byte(OP.END);
        go(after, 0);
      }
    });
    out.byte(OP.END);
  }

  // --- blocks ---------------------------------------------------------------------------------------------------

  private fields(slot: number): Fields {
    const { code } = this.input;
    return {
      slot,
      opcode: code.opcode[slot] ?? 0,
      dst: code.dst[slot] ?? 0,
      src: code.src[slot] ?? 0,
      off: code.off[slot] ?? 0,
      imm: code.imm[slot] ?? 0,
    };
  }

  private body(block: number): void {
    const { start, last, next } = present(this.flow.blocks[block], 'block');
    const { code } = this.input;
    for (let slot = start; slot <= last; slot++) {
      const f = this.fields(slot);
      this.pending++;
      const cls = f.opcode & 7;
      const isJump = cls === CLASS.JMP || cls === CLASS.JMP32;
      if (isJump && !(cls === CLASS.JMP && (f.opcode & 0xf0) === JMP.CALL)) continue;
      if (isJump) this.call(f);
      else if (f.opcode === OPCODE_LDDW) {
        const target = f.src === PSEUDO_LD.VALUE ? (code.imm[slot + 1] ?? 0) : 0;
        this.out.byte(OP.I64_CONST).signed64(f.imm, target).byte(OP.LOCAL_SET).unsigned(localOf(f.dst));
        slot++;
      } else this.plain(f, cls);
    }
    if (next.length === 0 && ((code.opcode[last] ?? 0) & 0xf7) !== (JMP.EXIT | CLASS.JMP)) this.fault(FAULT.INSTRUCTION, last);
  }

  private plain(f: Fields, cls: number): void {
    if (cls === CLASS.ALU || cls === CLASS.ALU64) {
      if ((f.opcode & 0xf0) === 0xb0 && cls === CLASS.ALU64 && (f.opcode & 8) !== 0 && f.off === 1)
        return this.fault(FAULT.INSTRUCTION, f.slot);
      return arithmetic(this.frame, f);
    }
    const place = this.placeOf(f, cls);
    if (place !== undefined) return cls === CLASS.LDX ? loadLocal(this.frame, f, place) : storeLocal(this.frame, f, place);
    if (cls === CLASS.LDX) return load(this.frame, f);
    if (cls === CLASS.LD) return this.fault(FAULT.INSTRUCTION, f.slot);
    if ((f.opcode & 0xe0) === MODE.ATOMIC)
      return f.imm > ATOMIC.STORE_REL ? this.fault(FAULT.INSTRUCTION, f.slot) : atomic(this.frame, f);
    store(this.frame, f);
  }

  /** The local that an access of the stack stands for; undefined for accesses of memory. */
  private placeOf(f: Fields, cls: number): number | undefined {
    if (cls === CLASS.LD || (cls === CLASS.STX && (f.opcode & 0xe0) === MODE.ATOMIC)) return undefined;
    if ((cls === CLASS.LDX ? f.src : f.dst) !== 10) return undefined;
    const slot = this.slots.get(f.off);
    return slot === undefined ? undefined : LOCAL.slots + slot.number;
  }

  /** Adds the instructions since the last time to the count. */
  private settle(): void {
    if (this.pending === 0) return;
    this.out.byte(OP.LOCAL_GET).unsigned(LOCAL.count).byte(OP.I32_CONST).signed(this.pending).byte(OP.I32_ADD);
    this.out.byte(OP.LOCAL_SET).unsigned(LOCAL.count);
    this.pending = 0;
  }

  private fault(code: number, slot: number): void {
    this.settle();
    this.storeWord(SHARED.executed, () => this.out.byte(OP.LOCAL_GET).unsigned(LOCAL.count));
    this.out
      .byte(OP.I32_CONST)
      .signed(code)
      .byte(OP.I32_CONST)
      .signed(slot)
      .byte(OP.CALL)
      .unsigned(IMPORT.FAULT)
      .byte(OP.UNREACHABLE);
  }

  private overBudget(slot: number): void {
    this.out.byte(OP.LOCAL_GET).unsigned(LOCAL.count).byte(OP.I32_CONST).signed(this.input.instructionBudget).byte(OP.I32_GT_U);
    this.out.byte(OP.IF).byte(EMPTY_BLOCK);
    this.fault(FAULT.BUDGET, slot);
    this.out.byte(OP.END);
  }

  /** The interpreter looks at the budget when a jump goes backwards in slots. */
  private looksAtBudget(from: number, to: number): boolean {
    return present(this.flow.blocks[to], 'block').start <= present(this.flow.blocks[from], 'block').last;
  }

  private budgetFor(from: number, to: number): void {
    if (this.looksAtBudget(from, to)) this.overBudget(present(this.flow.blocks[from], 'block').last);
  }

  /** Pushes whether the conditional jump at `slot` is taken. */
  private test(slot: number): void {
    const f = this.fields(slot);
    if ((f.opcode & 0xf0) === JMP.JCOND) {
      this.out
        .byte(OP.LOCAL_GET)
        .unsigned(LOCAL.count)
        .byte(OP.I32_CONST)
        .signed(Math.floor(this.input.instructionBudget / 2))
        .byte(OP.I32_GT_U);
    } else condition(this.frame, f);
  }

  private exit(slot: number): void {
    this.storeWord(SHARED.executed, () => this.out.byte(OP.LOCAL_GET).unsigned(LOCAL.count));
    this.storeWord(SHARED.exitSlot, () => this.out.byte(OP.I32_CONST).signed(slot));
    this.out.byte(OP.LOCAL_GET).unsigned(LOCAL.r0).byte(OP.RETURN);
  }

  private loadWord(address: number): void {
    this.out.byte(OP.I32_CONST).signed(address).byte(OP.I32_LOAD).byte(2).unsigned(0);
  }

  private storeWord(address: number, push: () => void): void {
    this.out.byte(OP.I32_CONST).signed(address);
    push();
    this.out.byte(OP.I32_STORE).byte(2).unsigned(0);
  }

  // --- calls ----------------------------------------------------------------------------------------------------

  private call(f: Fields): void {
    const place = this.input.checked === null && f.src === PSEUDO_CALL.HELPER ? this.input.arrayLookupAt(f.slot) : null;
    if (place !== null) return arrayLookup(this.frame, place);
    this.settle();
    const { out } = this;
    const count = (): void => this.storeWord(SHARED.executed, () => out.byte(OP.LOCAL_GET).unsigned(LOCAL.count));
    if (f.src === PSEUDO_CALL.SUBPROGRAM) {
      this.overBudget(f.slot);
      const limit = this.input.stackBase + FRAME_BYTES * (MAX_FRAMES - 1);
      out
        .byte(OP.LOCAL_GET)
        .unsigned(LOCAL.frame)
        .byte(OP.I32_CONST)
        .signed(limit)
        .byte(OP.I32_GE_U)
        .byte(OP.IF)
        .byte(EMPTY_BLOCK);
      this.fault(FAULT.DEPTH, f.slot);
      out.byte(OP.END);
      count();
      for (let register = 1; register <= 5; register++) pushRegister(this.frame, register);
      out.byte(OP.LOCAL_GET).unsigned(LOCAL.frame).byte(OP.I32_CONST).signed(FRAME_BYTES).byte(OP.I32_ADD);
      out
        .byte(OP.CALL)
        .unsigned(this.indexOf(f.slot + 1 + f.imm))
        .byte(OP.LOCAL_SET)
        .unsigned(LOCAL.r0);
    } else {
      const registers = this.input.argumentsOf(f.slot);
      if (registers === undefined) return this.fault(FAULT.INSTRUCTION, f.slot);
      count();
      // Only where functions nest does a handler need the frame, and can the count change meanwhile.
      if (this.nests) this.storeWord(SHARED.frame, () => out.byte(OP.LOCAL_GET).unsigned(LOCAL.frame));
      for (let register = 1; register <= registers; register++) {
        this.storeWord(SHARED.lo + register * 4, () => out.byte(OP.LOCAL_GET).unsigned(localOf(register)).byte(OP.I32_WRAP));
        this.storeWord(SHARED.hi + register * 4, () => {
          out.byte(OP.LOCAL_GET).unsigned(localOf(register)).byte(OP.I64_CONST).signed(32).byte(OP.I64_SHR_U).byte(OP.I32_WRAP);
        });
      }
      out
        .byte(OP.I32_CONST)
        .signed(f.slot)
        .byte(OP.CALL)
        .unsigned(IMPORT.HANDLERS + this.input.handlerOf(f.slot));
      this.loadWord(SHARED.lo);
      out.byte(OP.I64_EXTEND_U);
      this.loadWord(SHARED.hi);
      out
        .byte(OP.I64_EXTEND_U)
        .byte(OP.I64_CONST)
        .signed(32)
        .byte(OP.I64_SHL)
        .byte(OP.I64_OR)
        .byte(OP.LOCAL_SET)
        .unsigned(LOCAL.r0);
      if (!this.nests) return;
    }
    this.loadWord(SHARED.executed);
    out.byte(OP.LOCAL_SET).unsigned(LOCAL.count);
  }
}

/** `run(r1, r2)`: zeroes the count, runs the entry, stores R0 at SHARED.result. */
function runWrapper(stackBase: number, entry: number): FunctionBody {
  const code = new Bytes();
  code.byte(OP.I32_CONST).signed(SHARED.executed).byte(OP.I32_CONST).signed(0).byte(OP.I32_STORE).byte(2).unsigned(0);
  code.byte(OP.I32_CONST).signed(SHARED.result);
  for (const local of [0, 1]) code.byte(OP.LOCAL_GET).unsigned(local).byte(OP.I64_EXTEND_U);
  for (let i = 0; i < 3; i++) code.byte(OP.I64_CONST).signed(0);
  code.byte(OP.I32_CONST).signed(stackBase + FRAME_BYTES);
  code.byte(OP.CALL).unsigned(entry).byte(OP.I64_STORE).byte(3).unsigned(0).byte(OP.END);
  return { type: SHAPE.RUN, locals: [], code };
}

/** A function as a callback: five small numbers in, the low half of R0 out, one frame above the caller's. */
function callbackWrapper(index: number): FunctionBody {
  const code = new Bytes();
  for (let i = 0; i < 5; i++) code.byte(OP.LOCAL_GET).unsigned(i).byte(OP.I64_EXTEND_U);
  code.byte(OP.I32_CONST).signed(SHARED.frame).byte(OP.I32_LOAD).byte(2).unsigned(0);
  code.byte(OP.I32_CONST).signed(FRAME_BYTES).byte(OP.I32_ADD);
  code.byte(OP.CALL).unsigned(index).byte(OP.I32_WRAP).byte(OP.END);
  return { type: SHAPE.CALLBACK, locals: [], code };
}

/** Slots of functions whose address some instruction takes. */
function callbacks(code: Code): Set<number> {
  const slots = new Set<number>();
  for (let slot = 0; slot < code.length; slot++) {
    if (code.opcode[slot] !== OPCODE_LDDW) continue;
    const target = code.imm[slot] ?? 0;
    // In unverified code the address may be any number.
    if (code.src[slot] === PSEUDO_LD.FUNCTION && target >= 0 && target < code.length) slots.add(target);
    slot++;
  }
  return slots;
}

/** Translates resolved code (function addresses are slots, see vm/load.ts). */
export function translate(input: TranslateInput): Translation {
  const { functions, code } = input;
  const firstBody = IMPORT.HANDLERS + input.handlers;
  const indexOf = (slot: number): number => firstBody + Math.max(0, functions.indexOf(slot));
  let dispatchers = 0;
  const bodies = functions.map((start, index) => {
    const translator = new FunctionTranslator(input, start, functions[index + 1] ?? code.length, indexOf);
    const body = translator.translate();
    if (translator.usedDispatcher) dispatchers++;
    return body;
  });
  const taken = [...callbacks(code)].filter((slot) => functions.includes(slot)).sort((a, b) => a - b);
  const wrappers = [runWrapper(input.stackBase, firstBody), ...taken.map((slot) => callbackWrapper(indexOf(slot)))];
  const firstWrapper = firstBody + bodies.length;
  const bytes = encodeModule({
    types: SHAPES,
    imports: [
      { name: 'fault', type: SHAPE.FAULT },
      ...Array.from({ length: input.handlers }, (_, number) => ({ name: `call${number}`, type: SHAPE.CALL })),
    ],
    memoryPages: input.memoryPages,
    functions: [...bodies, ...wrappers],
    exports: [
      { name: 'run', index: firstWrapper },
      ...taken.map((slot, index) => ({ name: `callback${slot}`, index: firstWrapper + 1 + index })),
    ],
  });
  return { bytes, dispatchers };
}

/** First slots of all functions of bare code: the entry, and everything called or taken the address of. */
export function functionStarts(code: Code): number[] {
  const starts = new Set([0]);
  for (let slot = 0; slot < code.length; slot++) {
    if (callsSubprogram(code, slot)) starts.add(slot + 1 + (code.imm[slot] ?? 0));
    if (code.opcode[slot] === OPCODE_LDDW) slot++;
  }
  for (const slot of callbacks(code)) starts.add(slot);
  return [...starts].sort((a, b) => a - b);
}
