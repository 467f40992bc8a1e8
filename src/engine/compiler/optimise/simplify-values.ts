// One walk over the dominator tree that simplifies every instruction, finds values computed before (Cocke, 1970), and forwards
// stored values to loads. Memory facts live inside a block and its only successors in the tree; aliasing is decided by where
// addresses come from. Knows nothing of C.

import {
  type AccessSize,
  type BinaryOp,
  type Block,
  computePredecessors,
  type Inst,
  type IrFunction,
  type Predicate,
  replaceBy,
  resolve,
  resolveOperands,
  type Slot,
  type Width,
} from '../ir.ts';
import { computeDominators, type Dominators } from './dominators.ts';
import { type FoldHost, fold } from './fold.ts';
import { boundCounters } from './induction.ts';

/** Returns true when anything changed. */
export function simplifyValues(fn: IrFunction, hasSignedDivision: boolean): boolean {
  return new Simplifier(fn, hasSignedDivision).run();
}

interface MemoryFact {
  readonly base: Inst;
  readonly offset: number;
  readonly size: AccessSize;
  /** How a load of this fact would extend; a store of 4 or 8 bytes fits either. */
  readonly isSigned: boolean;
  readonly fromStore: boolean;
  readonly value: Inst;
}

class Simplifier {
  private readonly fn: IrFunction;
  private readonly host: FoldHost;
  /** Computations that dominate the block at hand. */
  private readonly table = new Map<number, Inst>();
  private out: Inst[] = [];
  private changed = false;
  private facts: MemoryFact[] = [];
  private readonly exposed: ReadonlySet<Slot>;

  constructor(fn: IrFunction, hasSignedDivision: boolean) {
    this.fn = fn;
    this.host = { fn, hasSignedDivision, add: (payload, width, args, like) => this.add(payload, width, args, like) };
    this.exposed = exposedSlots(fn);
  }

  run(): boolean {
    computePredecessors(this.fn);
    const doms = computeDominators(this.fn);
    boundCounters(doms);
    this.walk(doms);
    resolveOperands(this.fn);
    return this.changed;
  }

  private walk(doms: Dominators): void {
    const entry = doms.order[0];
    if (entry === undefined) return;
    type Step = { kind: 'enter'; block: Block; facts: MemoryFact[] } | { kind: 'leave'; keys: number[] };
    const work: Step[] = [{ kind: 'enter', block: entry, facts: [] }];
    for (let step = work.pop(); step !== undefined; step = work.pop()) {
      if (step.kind === 'leave') {
        for (const key of step.keys) this.table.delete(key);
        continue;
      }
      this.facts = step.facts;
      const keys = this.block(step.block);
      work.push({ kind: 'leave', keys });
      for (const child of doms.children[step.block.order] ?? []) {
        const inherits = child.preds.length === 1 && child.preds[0] === step.block;
        work.push({ kind: 'enter', block: child, facts: inherits ? [...this.facts] : [] });
      }
    }
  }

  private block(block: Block): number[] {
    const keys: number[] = [];
    const phis: Inst[] = [];
    for (const phi of block.phis) {
      resolveArgs(phi);
      const simple = fold(this.host, phi);
      if (simple === phi) phis.push(phi);
      else this.replace(phi, simple);
    }
    block.phis = phis;
    this.out = [];
    for (const inst of block.body) this.visit(inst, block, keys);
    block.body = this.out;
    const { end } = block;
    if (end.kind === 'branch') {
      end.condition = this.branchCondition(resolve(end.condition));
    } else if (end.kind === 'return' && end.value !== null) end.value = resolve(end.value);
    return keys;
  }

  /** Branching on x != 0 is branching on x; on a widened value, on the value. */
  private branchCondition(condition: Inst): Inst {
    if (
      condition.op === 'compare' &&
      condition.predicate === 'ne' &&
      condition.args[1]?.op === 'const' &&
      condition.args[1].value === 0n
    ) {
      const inner = condition.args[0];
      if (inner?.op === 'compare') return inner;
    }
    return condition;
  }

  private replace(inst: Inst, by: Inst): void {
    replaceBy(inst, by);
    inst.block = null;
    this.changed = true;
  }

  private visit(inst: Inst, block: Block, keys: number[]): void {
    resolveArgs(inst);
    const simple = fold(this.host, inst);
    if (simple !== inst) return this.replace(inst, simple);
    const key = keyOf(inst);
    if (key >= 0) {
      const known = this.table.get(key);
      if (known !== undefined) return this.replace(inst, known);
      this.table.set(key, inst);
      keys.push(key);
    }
    if (inst.op === 'load') {
      const forwarded = this.forward(inst);
      if (forwarded !== null) return this.replace(inst, forwarded);
    } else if (inst.op === 'store' && this.isRedundant(inst)) {
      inst.block = null;
      this.changed = true;
      return;
    } else this.clobber(inst);
    inst.block = block;
    this.out.push(inst);
  }

  /** For folding: an instruction in front of the one at hand; equal ones are not shared until the next round. */
  private add(payload: Parameters<IrFunction['make']>[0], width: Width, args: Inst[], like: Inst): Inst {
    const made = this.fn.make(payload, width, args, like.place);
    made.block = like.block;
    const simple = fold(this.host, made);
    if (simple !== made) return simple;
    this.out.push(made);
    return made;
  }

  private forward(load: Extract<Inst, { op: 'load' }>): Inst | null {
    const base = load.args[0];
    if (base === undefined || load.isVolatile) return null;
    for (let i = this.facts.length - 1; i >= 0; i--) {
      const fact = this.facts[i];
      if (fact === undefined || fact.base !== base || fact.offset !== load.offset || fact.size !== load.size) continue;
      return this.asLoaded(fact, load);
    }
    this.facts.push({ base, offset: load.offset, size: load.size, isSigned: load.isSigned, fromStore: false, value: load });
    return null;
  }

  private asLoaded(fact: MemoryFact, load: Extract<Inst, { op: 'load' }>): Inst | null {
    const { value } = fact;
    if (load.size >= 4) return value.width === load.width ? value : null;
    if (!fact.fromStore && fact.isSigned === load.isSigned) return value;
    const narrow = value.width === 64 ? this.add({ op: 'trunc' }, 32, [value], load) : value;
    if (load.isSigned) return this.add({ op: 'sext', from: load.size === 1 ? 8 : 16 }, 32, [narrow], load);
    return this.add({ op: 'binary', kind: 'and' }, 32, [narrow, this.fn.constant(load.size === 1 ? 0xffn : 0xffffn, 32)], load);
  }

  /** A store of what the memory holds already. */
  private isRedundant(store: Extract<Inst, { op: 'store' }>): boolean {
    const [base, value] = store.args;
    if (base !== undefined && value !== undefined && !store.isVolatile) {
      const same = this.facts.find((fact) => fact.base === base && fact.offset === store.offset && fact.size === store.size);
      if (same?.value === value) return true;
    }
    this.clobber(store);
    return false;
  }

  private clobber(inst: Inst): void {
    switch (inst.op) {
      case 'store': {
        const [base, value] = inst.args;
        if (base === undefined || value === undefined) return;
        this.facts = this.facts.filter((fact) => !this.mayOverlap(fact, base, inst.offset, inst.size));
        if (!inst.isVolatile)
          this.facts.push({ base, offset: inst.offset, size: inst.size, isSigned: false, fromStore: true, value });
        return;
      }
      case 'atomic': {
        const base = inst.args[0];
        if (base !== undefined) this.facts = this.facts.filter((fact) => !this.mayOverlap(fact, base, inst.offset, inst.size));
        return;
      }
      case 'call':
      case 'asm':
      case 'barrier':
        this.facts = this.facts.filter((fact) => this.isPrivate(fact.base));
        return;
      default:
        return;
    }
  }

  /** Memory that no pointer leads to. */
  private isPrivate(base: Inst): boolean {
    return base.op === 'slot' && !this.exposed.has(base.slot);
  }

  private mayOverlap(fact: MemoryFact, base: Inst, offset: number, size: number): boolean {
    if (fact.base === base) return fact.offset < offset + size && offset < fact.offset + fact.size;
    const a = fact.base;
    if (a.op === 'global' && base.op === 'global' && a.variable === base.variable) return true;
    if (isObject(a) && isObject(base)) return false;
    return !this.isPrivate(a) && !this.isPrivate(base);
  }
}

const isObject = (inst: Inst): boolean => inst.op === 'slot' || inst.op === 'global';

/** Slots whose address is used for anything but direct access. */
export function exposedSlots(fn: IrFunction): Set<Slot> {
  const exposed = new Set<Slot>();
  const note = (inst: Inst | undefined): void => {
    if (inst?.op === 'slot') exposed.add(inst.slot);
  };
  for (const block of fn.blocks) {
    for (const phi of block.phis) phi.args.forEach(note);
    for (const inst of block.body) {
      if (inst.op === 'load') continue;
      const from = inst.op === 'store' || inst.op === 'atomic' ? 1 : 0;
      for (let i = from; i < inst.args.length; i++) note(inst.args[i]);
    }
    if (block.end.kind === 'return' && block.end.value !== null) note(block.end.value);
    if (block.end.kind === 'branch') note(block.end.condition);
  }
  return exposed;
}

function resolveArgs(inst: Inst): void {
  for (let i = 0; i < inst.args.length; i++) {
    const arg = inst.args[i];
    if (arg !== undefined) inst.args[i] = resolve(arg);
  }
}

const BINARY_CODE: Readonly<Record<BinaryOp, number>> = {
  add: 0,
  sub: 1,
  mul: 2,
  udiv: 3,
  sdiv: 4,
  umod: 5,
  smod: 6,
  and: 7,
  or: 8,
  xor: 9,
  shl: 10,
  lshr: 11,
  ashr: 12,
};
const COMPARE_CODE: Readonly<Record<Predicate, number>> = {
  eq: 13,
  ne: 14,
  ult: 15,
  ule: 16,
  ugt: 17,
  uge: 18,
  slt: 19,
  sle: 20,
  sgt: 21,
  sge: 22,
};
/** Ids up to which two of them and a code fit one exact number. */
const ID_LIMIT = 1 << 22;

/** Identity of a pure computation; -1 for what must not be shared. */
function keyOf(inst: Inst): number {
  switch (inst.op) {
    case 'binary':
      return pair(BINARY_CODE[inst.kind] * 2 + (inst.width >> 6), inst);
    case 'compare':
      return pair(COMPARE_CODE[inst.predicate] * 2, inst);
    case 'sext':
      return pair(64 + inst.from + (inst.width >> 6), inst);
    case 'zext':
      return pair(46, inst);
    case 'trunc':
      return pair(47, inst);
    case 'bswap':
      return pair(48 + (inst.bits >> 4), inst);
    default:
      return -1;
  }
}

function pair(code: number, { args }: Inst): number {
  const a = args[0]?.id ?? 0;
  const b = args[1]?.id ?? 0;
  return a >= ID_LIMIT || b >= ID_LIMIT ? -1 : (code * ID_LIMIT + a) * ID_LIMIT + b;
}
