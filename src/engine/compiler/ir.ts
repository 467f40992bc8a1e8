// The intermediate form: static single assignment over blocks (Cytron et al., 1991). Values are 32 or 64 bits wide, as the
// machine's operations are; addresses are 64-bit values. A 32-bit value says nothing about the upper half of its
// register. Knows nothing of C beyond the symbols it refers to, and nothing of registers.

import type { CType } from '../abi/ctype.ts';
import { invariant } from '../base/assert.ts';
import type { Insn } from '../isa/codec.ts';
import type { CoreReference } from './core-paths.ts';
import type { Place } from './token.ts';
import type { FunctionSymbol, GlobalVariable, LocalVariable } from './tree.ts';

export type Width = 32 | 64;
export type AccessSize = 1 | 2 | 4 | 8;

/** Two operands of one width, result of that width. Division by zero as eBPF defines it; shift counts are taken modulo the width. */
export type BinaryOp = 'add' | 'sub' | 'mul' | 'udiv' | 'sdiv' | 'umod' | 'smod' | 'and' | 'or' | 'xor' | 'shl' | 'lshr' | 'ashr';

export type Predicate = 'eq' | 'ne' | 'ult' | 'ule' | 'ugt' | 'uge' | 'slt' | 'sle' | 'sgt' | 'sge';

/** A call that was inlined: what its frame is called, and where the call stands. */
export interface InlineSite {
  readonly symbol: FunctionSymbol;
  readonly call: Place | null;
  /** The inlined call around it; null in the function itself. */
  readonly parent: InlineSite | null;
}

/** One variable of one (possibly inlined) run of the function that declares it. */
export interface VariableInstance {
  readonly variable: LocalVariable;
  readonly site: InlineSite | null;
}

/** Bytes [offset, offset + size) of a variable. */
export interface VariablePiece {
  readonly instance: VariableInstance;
  readonly offset: number;
  readonly size: number;
}

/** An object of a function's frame. */
export interface Slot {
  readonly name: string;
  readonly size: number;
  readonly align: number;
  readonly variable: LocalVariable | null;
  /** Nesting path of scopes: two slots whose paths part may share bytes. */
  readonly scope: readonly number[];
  /** The bytes of a variable that it holds, for the debugger. */
  readonly piece?: VariablePiece;
}

export type CallTarget =
  | { readonly kind: 'function'; readonly symbol: FunctionSymbol }
  | { readonly kind: 'helper'; readonly id: number; readonly name: string }
  | { readonly kind: 'kfunc'; readonly name: string }
  /** Through the pointer in args[0]; must be settled before code is selected. */
  | { readonly kind: 'indirect' };

export type AtomicKind = 'add' | 'and' | 'or' | 'xor' | 'xchg' | 'cmpxchg';

interface Common {
  readonly id: number;
  width: Width;
  args: Inst[];
  /** Null for values that stand in no block (constants, addresses, parameters) and for instructions taken out. */
  block: Block | null;
  place: Place | null;
  /** Set when another value takes this one's place; readers follow it ({@link resolve}). */
  forward: Inst | null;
}

export type Inst = Common &
  (
    | { readonly op: 'const'; readonly value: bigint }
    | { readonly op: 'undef' }
    | { readonly op: 'param'; readonly index: number }
    | { readonly op: 'slot'; readonly slot: Slot }
    | { readonly op: 'global'; readonly variable: GlobalVariable; readonly offset: number }
    | { readonly op: 'function'; readonly symbol: FunctionSymbol }
    /** `bound`: the largest value of a loop counter, as an unsigned number; null when unknown. */
    | { readonly op: 'phi'; incoming: Block[]; readonly variable: LocalVariable | null; bound: bigint | null }
    | { readonly op: 'binary'; readonly kind: BinaryOp }
    | { readonly op: 'compare'; readonly predicate: Predicate }
    /** args: condition value (compare or any), then, else; non-zero takes the first. */
    | { readonly op: 'select' }
    /** Sign-extends the low `from` bits to the width. */
    | { readonly op: 'sext'; readonly from: 8 | 16 | 32 }
    /** 32 to 64 bits, upper half zero. */
    | { readonly op: 'zext' }
    /** 64 to 32 bits. */
    | { readonly op: 'trunc' }
    | { readonly op: 'bswap'; readonly bits: 16 | 32 | 64 }
    /** `core` on an access: a loader fits the offset to its kernel. */
    | {
        readonly op: 'load';
        offset: number;
        readonly size: AccessSize;
        readonly isSigned: boolean;
        readonly isVolatile: boolean;
        core?: CoreReference | undefined;
      }
    | {
        readonly op: 'store';
        offset: number;
        readonly size: AccessSize;
        readonly isVolatile: boolean;
        core?: CoreReference | undefined;
      }
    /** `scope`: path of scopes of the call, for the slots of a callee that is inlined here. */
    | { readonly op: 'call'; target: CallTarget; readonly hasResult: boolean; readonly scope: readonly number[] }
    /** args: address, value (and the expected value first, for cmpxchg: address, expected, value). */
    | {
        readonly op: 'atomic';
        readonly kind: AtomicKind;
        readonly fetch: boolean;
        offset: number;
        readonly size: 4 | 8;
        core?: CoreReference | undefined;
      }
    | { readonly op: 'barrier' }
    /** The number of a type in the object's own table or the kernel's; known when the object is loaded. */
    | { readonly op: 'type-id'; readonly type: CType }
    /** A fact about a type, or the place of a field, that a loader fits to its kernel: never folded. */
    | { readonly op: 'core-value'; readonly core: CoreReference; readonly value: bigint }
    /** 1 while the loop budget lasts, 0 when it is used up (may_goto). */
    | { readonly op: 'may-goto' }
    /** Instructions as written in the source; may change R0 to R5 and memory. */
    | { readonly op: 'asm'; readonly code: readonly Insn[] }
    /**
     * For the debugger: from here on the piece of a variable is `holds` (no operand: code is the same with and without), or is in the memory
     * that `holds` points to; `undef`: it has no value yet; null: its value is nowhere. Makes no code. Its number is -1.
     */
    | { readonly op: 'debug'; readonly piece: VariablePiece; holds: Inst | null; readonly inMemory: boolean }
  );

export type Terminator =
  | { readonly kind: 'jump'; target: Block; place: Place | null }
  /** `condition` is 32 or 64 bits; non-zero goes to `yes`. */
  | { readonly kind: 'branch'; condition: Inst; yes: Block; no: Block; place: Place | null }
  | { readonly kind: 'return'; value: Inst | null; place: Place | null }
  | { readonly kind: 'unreachable'; place: Place | null };

export interface Block {
  readonly id: number;
  /** For the printer: `for.body`. */
  readonly label: string;
  phis: Inst[];
  body: Inst[];
  end: Terminator;
  /** Up to date after {@link computePredecessors}. */
  preds: Block[];
  /** Place in the last reverse postorder that reached the block, -1 before any; valid until the next one of its function. */
  order: number;
}

export type PhiInst = Extract<Inst, { op: 'phi' }>;
export type DebugInst = Extract<Inst, { op: 'debug' }>;
export type LoadInst = Extract<Inst, { op: 'load' }>;

/**
 * Fields of the instructions that there are most of. They start as a copy, so that all have one layout in memory: passes read them by the
 * million, and a property of twenty different layouts is slow to find.
 */
const USUAL: object = {
  id: 0,
  width: 64,
  args: null,
  block: null,
  place: null,
  forward: null,
  op: '',
  kind: undefined,
  predicate: undefined,
  offset: undefined,
  size: undefined,
  isSigned: undefined,
  isVolatile: undefined,
  core: undefined,
  from: undefined,
  value: undefined,
};

/** The same for the others. */
const RARE: object = {
  ...USUAL,
  slot: undefined,
  variable: undefined,
  symbol: undefined,
  incoming: undefined,
  bound: undefined,
  bits: undefined,
  index: undefined,
  target: undefined,
  hasResult: undefined,
  scope: undefined,
  fetch: undefined,
  type: undefined,
  code: undefined,
  piece: undefined,
  holds: undefined,
  inMemory: undefined,
};

const IS_USUAL: ReadonlySet<Inst['op']> = new Set<Inst['op']>([
  'const',
  'binary',
  'compare',
  'load',
  'store',
  'sext',
  'zext',
  'trunc',
  'select',
]);

type Payload = Inst extends infer I ? (I extends Inst ? Omit<I, keyof Common> : never) : never;

/** One function in the intermediate form. `blocks[0]` is the entry and has no predecessors. */
export class IrFunction {
  readonly symbol: FunctionSymbol;
  readonly params: Inst[] = [];
  blocks: Block[] = [];
  readonly slots: Slot[] = [];
  /** Loop headers with what the source asks of unrolling: a count, 0 fully, 1 not at all. */
  readonly unroll = new Map<Block, number>();
  /** Loop headers that were unrolled already. */
  readonly unrolled = new Set<Block>();
  /** Width of the result, null for void. */
  readonly resultWidth: Width | null;
  /** Whether variables are followed for the debugger. */
  isTracked = true;
  private nextInst = 0;
  private nextBlock = 0;
  private readonly constants = new Map<string, Inst>();
  private readonly symbols = new Map<object, Map<number, Inst>>();
  private undefs: { 32: Inst | null; 64: Inst | null } = { 32: null, 64: null };

  constructor(symbol: FunctionSymbol, resultWidth: Width | null) {
    this.symbol = symbol;
    this.resultWidth = resultWidth;
  }

  /** A new instruction that stands in no block yet. */
  make(payload: Payload, width: Width, args: Inst[], place: Place | null): Inst {
    return {
      ...(IS_USUAL.has(payload.op) ? USUAL : RARE),
      ...payload,
      id: this.nextInst++,
      width,
      args,
      block: null,
      place,
      forward: null,
    };
  }

  /** A copy of an instruction, of any function, without its operands, to stand in `block`. */
  copyOf(inst: Inst, block: Block): Inst {
    return { ...inst, id: inst.op === 'debug' ? -1 : this.nextInst++, args: [], block, forward: null };
  }

  constant(value: bigint, width: Width): Inst {
    const wrapped = BigInt.asUintN(width, value);
    const key = `${width}:${wrapped}`;
    let inst = this.constants.get(key);
    if (inst === undefined) {
      inst = this.make({ op: 'const', value: wrapped }, width, [], null);
      this.constants.set(key, inst);
    }
    return inst;
  }

  undef(width: Width): Inst {
    const inst = this.undefs[width] ?? this.make({ op: 'undef' }, width, [], null);
    this.undefs[width] = inst;
    return inst;
  }

  private symbolic(key: object, offset: number, payload: Payload): Inst {
    let byOffset = this.symbols.get(key);
    if (byOffset === undefined) {
      byOffset = new Map();
      this.symbols.set(key, byOffset);
    }
    let inst = byOffset.get(offset);
    if (inst === undefined) {
      inst = this.make(payload, 64, [], null);
      byOffset.set(offset, inst);
    }
    return inst;
  }

  slotAddress(slot: Slot): Inst {
    return this.symbolic(slot, 0, { op: 'slot', slot });
  }

  globalAddress(variable: GlobalVariable, offset: number): Inst {
    return this.symbolic(variable, offset, { op: 'global', variable, offset });
  }

  functionAddress(symbol: FunctionSymbol): Inst {
    return this.symbolic(symbol, 0, { op: 'function', symbol });
  }

  addParam(width: Width): Inst {
    const inst = this.make({ op: 'param', index: this.params.length }, width, [], null);
    this.params.push(inst);
    return inst;
  }

  addSlot(slot: Slot): Inst {
    this.slots.push(slot);
    return this.slotAddress(slot);
  }

  /** A new block, not yet in `blocks`. */
  makeBlock(label: string): Block {
    return { id: this.nextBlock++, label, phis: [], body: [], end: { kind: 'unreachable', place: null }, preds: [], order: -1 };
  }

  /** Upper bound of instruction ids, for arrays indexed by id. */
  get instCount(): number {
    return this.nextInst;
  }
  get blockCount(): number {
    return this.nextBlock;
  }
}

/** The value that stands for `inst` now. Shortens chains on the way. */
export function resolve(inst: Inst): Inst {
  if (inst.forward === null) return inst;
  let last: Inst = inst;
  while (last.forward !== null) last = last.forward;
  for (let step: Inst = inst; step.forward !== null && step !== last; ) {
    const next: Inst = step.forward;
    step.forward = last;
    step = next;
  }
  return last;
}

/** Makes every reader of `inst` see `by` instead. The caller takes `inst` out of its block, or dead-code removal does. */
export function replaceBy(inst: Inst, by: Inst): void {
  const target = resolve(by);
  invariant(target !== inst, 'a value is not replaced by itself');
  inst.forward = target;
}

export function successors(block: Block): Block[] {
  const { end } = block;
  if (end.kind === 'jump') return [end.target];
  if (end.kind === 'branch') return end.yes === end.no ? [end.yes] : [end.yes, end.no];
  return [];
}

/** Recomputes `preds` of all blocks in `fn.blocks` (each predecessor once). */
export function computePredecessors(fn: IrFunction): void {
  for (const block of fn.blocks) block.preds = [];
  for (const block of fn.blocks) {
    wayOut(block, 0)?.preds.push(block);
    wayOut(block, 1)?.preds.push(block);
  }
}

/** Blocks reachable from the entry in reverse postorder; numbers them (`order`), and those it does not reach -1. */
export function reversePostorder(fn: IrFunction): Block[] {
  const entry = fn.blocks[0];
  if (entry === undefined) return [];
  for (const block of fn.blocks) block.order = -1;
  const order: Block[] = [];
  // The block and how many of its two ways have been taken, side by side.
  const stack: Block[] = [entry];
  const taken: number[] = [0];
  entry.order = 0;
  for (let top = 0; top >= 0; ) {
    const block = stack[top];
    if (block === undefined) break;
    const child = wayOut(block, taken[top] ?? 0);
    if (child === null) {
      order.push(block);
      stack.pop();
      taken.pop();
      top--;
      continue;
    }
    taken[top] = (taken[top] ?? 0) + 1;
    if (child.order >= 0) continue;
    child.order = 0;
    stack.push(child);
    taken.push(0);
    top++;
  }
  order.reverse();
  for (let i = 0; i < order.length; i++) {
    const block = order[i];
    if (block !== undefined) block.order = i;
  }
  return order;
}

/** The block's way out number 0 or 1; null past the last. */
function wayOut(block: Block, which: number): Block | null {
  const { end } = block;
  if (end.kind === 'jump') return which === 0 ? end.target : null;
  if (end.kind !== 'branch') return null;
  if (which === 0) return end.yes;
  return which === 1 && end.no !== end.yes ? end.no : null;
}

/** Follows replacements in all operands, so that no `forward` is left in use. */
export function resolveOperands(fn: IrFunction): void {
  const list = (insts: Inst[]): void => {
    for (const inst of insts) {
      const { args } = inst;
      for (let i = 0; i < args.length; i++) {
        const arg = args[i];
        if (arg !== undefined && arg.forward !== null) args[i] = resolve(arg);
      }
    }
  };
  for (const block of fn.blocks) {
    list(block.phis);
    list(block.body);
    const { end } = block;
    if (end.kind === 'branch') end.condition = resolve(end.condition);
    else if (end.kind === 'return' && end.value !== null) end.value = resolve(end.value);
  }
}

/** Instructions of a block that make code. */
export function codeLength(block: Block): number {
  let count = 0;
  for (const inst of block.body) if (inst.op !== 'debug') count++;
  return count;
}

/** True for instructions that must stay even when nothing reads them. */
export function hasEffect(inst: Inst): boolean {
  switch (inst.op) {
    case 'store':
    case 'call':
    case 'atomic':
    case 'barrier':
    case 'may-goto':
    case 'asm':
      return true;
    case 'load':
      return inst.isVolatile;
    default:
      return false;
  }
}

/** Constant value as an unsigned number of its width, or null. */
export const constantValue = (inst: Inst): bigint | null => (inst.op === 'const' ? inst.value : null);

/** Removes the edge `from` → `to` from the phis of `to`. */
export function dropIncoming(to: Block, from: Block): void {
  for (const phi of to.phis) {
    if (phi.op !== 'phi') continue;
    const at = phi.incoming.indexOf(from);
    if (at < 0) continue;
    phi.incoming.splice(at, 1);
    phi.args.splice(at, 1);
  }
}

const OPPOSITE: Readonly<Record<Predicate, Predicate>> = {
  eq: 'ne',
  ne: 'eq',
  ult: 'uge',
  uge: 'ult',
  ule: 'ugt',
  ugt: 'ule',
  slt: 'sge',
  sge: 'slt',
  sle: 'sgt',
  sgt: 'sle',
};
const MIRRORED: Readonly<Record<Predicate, Predicate>> = {
  eq: 'eq',
  ne: 'ne',
  ult: 'ugt',
  ugt: 'ult',
  ule: 'uge',
  uge: 'ule',
  slt: 'sgt',
  sgt: 'slt',
  sle: 'sge',
  sge: 'sle',
};
/** The predicate that holds exactly when this one does not. */
export const opposite = (predicate: Predicate): Predicate => OPPOSITE[predicate];
/** The predicate with its operands exchanged. */
export const mirrored = (predicate: Predicate): Predicate => MIRRORED[predicate];
